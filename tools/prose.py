"""Measure the prose of this repository against the house style in CONTRIBUTING.md.

    .tests-env/bin/python -m tools.prose                  a table: product, tools, tests, docs
    .tests-env/bin/python -m tools.prose --check          fail over a limit, with each offender
    .tests-env/bin/python -m tools.prose --list PATH...   every offender in these files or folders

Prose is docstrings, comments, Markdown outside code blocks, messages of the program, and the names
of tests. Code in backticks, links' targets and HTML tags do not count.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeGuard

    class _Text(ast.Constant):
        value: str


ROOT = Path(__file__).resolve().parent.parent
GROUPS = {
    "product": ("plugin", "hooks", "commands", ".claude-plugin", "install.sh"),
    "tools": ("tools", ".ci", ".github", ".pre-commit-config.yaml", "pyproject.toml"),
    "tests": ("tests",),
    "docs": ("docs", "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
}
MESSAGES_IN = ("plugin", "hooks", "tools")
"""In these folders, a string of several words is a message to a person."""
TEST_CALLS = frozenset({"promise", "skip", "skipif", "xfail"})
"""In tests, only the strings in these calls are prose."""

MAX_COLUMNS = 100
MAX_SENTENCE_WORDS = 25
MIN_MESSAGE_WORDS = 4
MIN_WORD_SHARE = 0.75
"""A string with fewer words among its tokens than this is code or data."""

WHERE, NOBODY, LONG, BRITISH, WIDE = "where", "nobody", "long", "british", "wide"
CHAIN, VERB = "chain", "verb"
HINTS = (CHAIN, VERB)
"""For writers, without a limit: a sentence of several colons or semicolons, a word to avoid."""
MAX_PER_1000_WORDS = {WHERE: 1.0, NOBODY: 0.1, LONG: 0.0, BRITISH: 0.0, WIDE: 0.0}
"""What `--check` holds in each group."""

_BRITISH = r"""
    (?:colour|behaviour|favour|honour|labour|neighbour|rumour|flavour|endeavour|harbour|vapour)
        (?:s|ed|ing|ful|able|less|ite|ites|al|hood|ly|er|ers)?
  | (?:organ|recogn|normal|initial|serial|deserial|synchron|optim|minim|maxim|custom|author|summar
      |categor|util|real|special|visual|sanit|token|apolog|capital|final|general|local|memor
      |priorit|standard|stabil|random|penal|critic|character|container|parallel|vector|modern
      |neutral|symbol|parameter|ideal|equal|material|formal|central|harmon|familiar|monet
      |un(?:author|recogn|organ|util))
        is(?:e|es|ed|er|ers|ing|ation|ations|ational|able)
  | (?:emphas|hypothes|synthes|paralys|analys|catalys)(?:e|ed|ing|er|ers)
  | (?:centre|metre|litre|fibre|theatre|calibre|kilometre|millimetre)(?:s|d)?
  | (?:licence|defence|offence|pretence)s? | practis(?:e|es|ed|ing)
  | (?:catalogue|analogue)(?:s|d)? | grey(?:s|ed|ish|scale)?
  | (?:cancel|label|relabel|model|remodel|travel|signal|total|level|marshal|unmarshal|tunnel
      |channel|fuel|dial|equal|quarrel|counsel|initial|panel|trial)l(?:ed|ing|er|ers)
  | programmes? | cheques? | whilst | amongst | artefacts? | ageing | judgements?
  | sceptic(?:al|ism|s)? | mould(?:s|ed)? | enquir(?:e|y|ies|ed) | fulfil(?:s|ment)? | learnt
  | spelt | skilful(?:ly)? | instalments? | enrol(?:s|ment)? | jewellery | manoeuvres? | plough
"""
_WORDS = {
    WHERE: re.compile(r"(?<![\w-])[Ww]here(?![\w-])"),
    NOBODY: re.compile(r"(?<![\w-])(?:nobody|somebody|whoever)(?![\w-])", re.IGNORECASE),
    BRITISH: re.compile(rf"(?<![\w-])(?:{_BRITISH})(?![\w])", re.IGNORECASE | re.VERBOSE),
    VERB: re.compile(
        r"(?<![\w-])(?:tells?|told|says?|said|mend(?:s|ed|ing)?|looks?|looked|in vain"
        r"|comes? to nothing|came to nothing|ours|theirs)(?![\w-])",
        re.IGNORECASE,
    ),
}

CODE = "\N{CURRENCY SIGN}"
"""Stands for each character of code in a sentence, so that code counts as one word."""
_MASKED = (  # what becomes CODE
    re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL),
    re.compile(r"<?https?://[^\s)>\]]+>?"),
)
_TAGS = (
    "a|b|br|code|dd|details|div|dl|dt|em|h[1-6]|i|img|kbd|li|ol|p|picture|source|span|strong"
    "|sub|summary|sup|t[dhr]|table|ul"
)
_BLANKED = (  # what vanishes
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>"),
    re.compile(r"(?<=\])\([^()\s]*(?:\s\"[^\"]*\")?\)"),
)
_SENTENCE_END = re.compile(r"(?:[.!?]|…(?=\W*\s\W*[A-Z]))[\"')\]”’*_]*(?=\s)")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:e\.g|i\.e|vs|cf|etc|approx|ca|St|No)\.$")
_WORD = re.compile(r"\S*[\w¤]\S*")
_PLAIN_WORD = re.compile(r"[\"'(“‘*]*(?:[A-Za-z][A-Za-z'’-]*|¤+|\d+)[\"')”’*,.;:!?…]*")
_CHAIN = re.compile(r"[:;](?=\s)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_COLUMNS = re.compile(r"\S {3,}\S")
_GAP = re.compile(r" {2,}")
_DIRECTIVE = re.compile(
    r"(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?|shellcheck\s+disable=\S+"
    r"|pragma:\s*no \w+|nosec\S*|zizmor:\s*\S+)(?:\s*[-#–]\s*)?"
    r"|(?:fmt|mypy|ruff|isort):.*|!.*|-\*-.*"
)
_HASH = re.compile(r"(?:^|(?<=\s))#")


@dataclass(frozen=True)
class Block:
    """One piece of prose. A message is in the lines `line` to `last`, with other line breaks."""

    kind: str
    line: int
    text: str
    last: int = 0


@dataclass(frozen=True)
class Offender:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass
class Tally:
    """Counts over some files."""

    words: int = 0
    sentences: int = 0
    sentence_words: int = 0
    rules: Counter[str] = field(default_factory=Counter)

    def per_1000(self, rule: str) -> float:
        """Return the offenders of a rule per 1,000 words."""
        return 1000 * self.rules[rule] / max(self.words, 1)


def blocks(path: str, text: str) -> list[Block]:
    """Return the prose of a file; `path` is relative to the repository."""
    if path.endswith((".py", ".pyi")):
        return list(_python(path, text))
    if path.endswith(".md"):
        return list(_paragraphs("text", 1, text.splitlines()))
    if path.endswith((".sh", ".toml", ".yml", ".yaml")) or text.startswith("#!"):
        return list(_hash_comments(text))
    return []


def _python(path: str, text: str) -> Iterator[Block]:
    nodes = list(ast.walk(ast.parse(text)))  # a parent comes before its parts
    yield from _documented(nodes)
    yield from _python_comments(text)
    if path.split("/", maxsplit=1)[0] in MESSAGES_IN:
        yield from _messages(nodes)
    else:
        yield from _messages_of_calls(nodes)


def _documented(nodes: list[ast.AST]) -> Iterator[Block]:
    """Return the docstrings, those of attributes too, and the names of tests."""
    for node in nodes:
        if isinstance(node, ast.Expr) and _is_text(node.value):
            yield from _paragraphs(
                "docstring", node.lineno, _dedented(node.value.value, node.col_offset)
            )
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            yield Block("test name", node.lineno, node.name.replace("_", " "))


def _messages(nodes: list[ast.AST]) -> Iterator[Block]:
    """Return every other string that reads like a message."""
    parts: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, ast.Expr):
            parts.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            yield from _message(node, "".join(map(_part, node.values)))
        elif _is_text(node) and node not in parts:
            yield from _message(node, node.value)


def _messages_of_calls(nodes: list[ast.AST]) -> Iterator[Block]:
    for node in nodes:
        if isinstance(node, ast.Call) and _name(node) in TEST_CALLS:
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                if _is_text(argument):
                    yield from _message(argument, argument.value)


def _is_text(node: ast.AST) -> TypeGuard[_Text]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _part(node: ast.expr) -> str:
    return node.value if _is_text(node) else CODE


def _message(node: ast.expr, text: str) -> Iterator[Block]:
    if _is_mostly_words(text):
        last = node.end_lineno or node.lineno
        for block in _paragraphs("message", 0, text.splitlines()):
            yield Block("message", node.lineno, block.text.replace("\n", " "), last)


def _is_mostly_words(text: str) -> bool:
    tokens = _masked(text).split()
    words = sum(_PLAIN_WORD.fullmatch(token) is not None for token in tokens)
    return words >= MIN_MESSAGE_WORDS and words >= MIN_WORD_SHARE * len(tokens)


def _dedented(docstring: str, margin: int) -> list[str]:
    """Return the lines of a docstring without the indentation of its code."""
    first, *rest = docstring.split("\n")
    return [first, *(line[margin:] if not line[:margin].strip() else line for line in rest)]


def _python_comments(text: str) -> Iterator[Block]:
    comments: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            comments.append((token.start[0] if alone else -token.start[0], token.string[1:]))
    yield from _comments(comments)


def _hash_comments(text: str) -> Iterator[Block]:
    comments = []
    for number, line in enumerate(text.splitlines(), 1):
        for mark in _HASH.finditer(line):
            code = line[: mark.start()]
            if code.count('"') % 2 == code.count("'") % 2 == 0:
                comments.append((-number if code.strip() else number, line[mark.end() :]))
                break
    yield from _comments(comments)


def _comments(comments: Iterable[tuple[int, str]]) -> Iterator[Block]:
    """Join whole-line comments on successive lines. A negative number is a line that has code."""
    group: list[str] = []
    begin = 0
    for number, raw in comments:
        text = _DIRECTIVE.sub("", raw.strip(), count=1) if _DIRECTIVE.match(raw.strip()) else raw
        if number != begin + len(group) or not group:
            yield from _paragraphs("comment", begin, group)
            group, begin = [], number
        if number < 0:
            yield from _paragraphs("comment", -number, [text])
            group = []
        else:
            group.append(text.removeprefix(" "))
    yield from _paragraphs("comment", begin, group)


def _paragraphs(kind: str, begin: int, lines: list[str]) -> Iterator[Block]:
    """Split text into paragraphs, list items, table cells and headings; skip code blocks."""
    paragraph: list[str] = []
    first = begin
    fence = ""
    after_blank = True
    for number, line in enumerate(lines, begin):
        stripped = line.strip()
        mark = stripped[:3] if stripped.startswith(("```", "~~~")) else ""
        is_code = bool(fence or mark) or (
            kind != "text" and after_blank and line.startswith("    ")
        )
        alone = _is_alone(line, kind)
        if is_code or alone or not stripped or _ITEM.match(line):
            yield from _block(kind, first, paragraph)
            paragraph = []
        if not stripped or not is_code:
            after_blank = not stripped
        if is_code:
            # A table of fields is indented like code, but its last column is prose.
            column = _GAP.split(stripped)[-1]
            if not fence and not mark and _is_mostly_words(column):
                yield from _block(kind, number, [column])
            fence = "" if fence and mark == fence else fence or mark
        elif alone:
            for cell in stripped.strip("|").split("|") if stripped.startswith("|") else [stripped]:
                yield from _block(kind, number, [cell])
        elif stripped:
            first = number if not paragraph else first
            paragraph.append(line)
    yield from _block(kind, first, paragraph)


def _is_alone(line: str, kind: str) -> bool:
    """Return whether a line is no part of a paragraph: a table's row, a heading, columns."""
    stripped = line.strip()
    return stripped.startswith(("|", "#", "---", "===")) or (
        kind != "text" and _COLUMNS.search(stripped) is not None
    )


def _block(kind: str, line: int, lines: list[str]) -> Iterator[Block]:
    if any(character.isalpha() for text in lines for character in text):
        yield Block(kind, line, "\n".join(lines))


def _masked(text: str) -> str:
    """Return the text with code masked and markup blanked, each character in its place."""
    for pattern in _MASKED:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", CODE, match[0]), text)
    for pattern in _BLANKED:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def sentences(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a paragraph, each with its offset."""
    parts, begin = [], 0
    for end in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[begin : end.end()]):
            parts.append((begin, text[begin : end.end()]))
            begin = end.end()
    parts.append((begin, text[begin:]))
    return [
        (offset + len(part) - len(part.lstrip()), part.strip())
        for offset, part in parts
        if part.strip()
    ]


def measure(path: str, text: str) -> tuple[Tally, list[Offender]]:
    """Count the prose of one file and list its offenders, by line."""
    tally, offenders = Tally(), _wide(path, text)
    source = text.splitlines()
    for block in blocks(path, text):
        prose = _masked(block.text)
        tally.words += len(_WORD.findall(prose))
        for rule, pattern in _WORDS.items():
            for match in pattern.finditer(prose):
                excerpt = _excerpt(block.text, match.start(), match.end())
                line = _line(block, match.start(), match.end(), source)
                offenders.append(Offender(path, line, rule, excerpt))
        if block.kind == "test name":
            continue
        for offset, sentence in sentences(prose):
            words = len(_WORD.findall(sentence))
            tally.sentences += 1
            tally.sentence_words += words
            line = _line(block, offset, offset + len(sentence.split(maxsplit=1)[0]), source)
            excerpt = _excerpt(block.text, offset, offset + 60, before=0)
            if words > MAX_SENTENCE_WORDS:
                offenders.append(Offender(path, line, LONG, f"{words} words: {excerpt}"))
            if len(_CHAIN.findall(sentence)) > 1:
                offenders.append(Offender(path, line, CHAIN, excerpt))
    tally.rules.update(offender.rule for offender in offenders)
    return tally, sorted(offenders, key=lambda offender: offender.line)


def _line(block: Block, begin: int, end: int, source: list[str]) -> int:
    """Return the line of the source that has this part of a block."""
    if not block.last:
        return block.line + block.text.count("\n", 0, begin)
    word = re.compile(rf"(?<!\w){re.escape(block.text[begin:end])}(?!\w)")
    earlier = len(word.findall(block.text[:begin]))
    for number in range(block.line, block.last + 1):
        earlier -= len(word.findall(source[number - 1]))
        if earlier < 0:
            return number
    return block.line


def _excerpt(text: str, begin: int, end: int, before: int = 30) -> str:
    start = max(begin - before, 0)
    part = " ".join(text[start : end + before].split())
    return ("…" if start else "") + part + ("…" if end + before < len(text) else "")


def _wide(path: str, text: str) -> list[Offender]:
    """Return the lines that are too long, but for those that Markdown cannot break."""
    is_markdown, fence, wide = path.endswith(".md"), False, []
    for number, line in enumerate(text.splitlines(), 1):
        fence ^= is_markdown and line.lstrip().startswith(("```", "~~~"))
        if len(line) <= MAX_COLUMNS or (is_markdown and (fence or _is_unbreakable(line))):
            continue
        wide.append(Offender(path, number, WIDE, f"{len(line)} columns"))
    return wide


def _is_unbreakable(line: str) -> bool:
    """Return whether a line is a table's row, HTML, or one link that is too long by itself."""
    stripped = line.strip()
    return stripped.startswith(("|", "<")) or len(max(stripped.split(), key=len)) > MAX_COLUMNS - 20


def files(paths: Iterable[str]) -> list[str]:
    """Return the files with prose in these files and folders, relative to the repository."""
    result = []
    for name in paths:
        path = (ROOT / name).resolve()
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        result += [file for file in inside if file.is_file() and _has_prose(file)]
    return [file.relative_to(ROOT).as_posix() for file in result]


def _has_prose(path: Path) -> bool:
    if "__pycache__" in path.parts or "corpus" in path.parts:
        return False
    if path.suffix in {".py", ".pyi", ".md", ".sh", ".toml", ".yml", ".yaml"}:
        return True
    return not path.suffix and path.read_bytes()[:2] == b"#!"


def survey(
    groups: dict[str, tuple[str, ...]],
) -> tuple[dict[str, Tally], list[tuple[str, Offender]]]:
    """Measure groups of files. Each offender comes with its group."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    offenders: list[tuple[str, Offender]] = []
    for group, paths in groups.items():
        whole = tallies[group]
        for path in files(name for name in paths if (ROOT / name).exists()):
            tally, in_file = measure(path, (ROOT / path).read_text("utf-8"))
            whole.words += tally.words
            whole.sentences += tally.sentences
            whole.sentence_words += tally.sentence_words
            whole.rules.update(tally.rules)
            offenders += [(group, offender) for offender in in_file]
    return tallies, offenders


def over_limits(tallies: dict[str, Tally]) -> list[tuple[str, str]]:
    """Return each group and rule with more offenders than its limit allows."""
    return [
        (group, rule)
        for group, tally in tallies.items()
        for rule, limit in MAX_PER_1000_WORDS.items()
        if tally.per_1000(rule) > limit
    ]


def table(tallies: dict[str, Tally]) -> str:
    """Return the counts of each group: words, words a sentence, and offenders by rule."""
    rules = (*MAX_PER_1000_WORDS, *HINTS)
    lines = [f"{'':10}{'words':>8}{'mean':>7}" + "".join(f"{rule:>16}" for rule in rules)]
    for group, tally in tallies.items():
        mean = tally.sentence_words / max(tally.sentences, 1)
        counts = (f"{tally.rules[rule]:8}{tally.per_1000(rule):8.2f}" for rule in rules)
        lines.append(f"{group:10}{tally.words:8}{mean:7.1f}" + "".join(counts))
    limits = "".join(f"{limit:16.2f}" for limit in MAX_PER_1000_WORDS.values())
    return "\n".join([*lines, f"{'at most':25}{limits}   (count, per 1,000 words)"])


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if `--check` finds more than the limits allow."""
    parser = argparse.ArgumentParser(description="Measure prose against the house style.")
    parser.add_argument("--check", action="store_true", help="fail if a count is over its limit")
    parser.add_argument("--list", action="store_true", help="print every offender in PATH")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders")
    chosen = parser.parse_args(arguments)
    if missing := [path for path in chosen.paths if not (ROOT / path).exists()]:
        parser.error(f"not in the repository: {', '.join(missing)}")
    groups = {"chosen": tuple(chosen.paths)} if chosen.paths else GROUPS
    tallies, offenders = survey(groups)
    over = over_limits(tallies) if chosen.check else []
    for group, offender in offenders:
        if chosen.list or (group, offender.rule) in over:
            print(offender)
    print(table(tallies))
    for group, rule in over:
        print(f"{group}: too many of “{rule}”", file=sys.stderr)
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
