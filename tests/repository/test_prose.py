"""The gauge for prose: what counts as prose, what breaks a rule, and on which line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from tools import prose

if TYPE_CHECKING:
    from pathlib import Path

LONG = "A sentence of many words " + "and then some " * 8 + "ends here."
BRITISH = """
colours behaviour grey recognised organisation organisations optimising centre licence
cancelled labelling analyse artefact judgement neighbours favourite unrecognised
"""
AMERICAN = """
color behavior gray recognized promise promised exercise rise otherwise precise advise
revised noise surprise raised compromise analysis license control canceled enrolled
filled called installed spelling program controlled modeled
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an empty repository in the place of this one."""
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    for folder in ("plugin", "docs"):
        (tmp_path / folder).mkdir()
    return tmp_path


def offenders(path: str, text: str) -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in prose.measure(path, textwrap.dedent(text))[1]]


def words(path: str, text: str) -> int:
    return prose.measure(path, textwrap.dedent(text))[0].words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"""Stop where it ends."""\n', 1),
        ('"""One.\n\nStop\nwhere it ends.\n"""\n', 4),
        ('"""Fields.\n\n    name    what it is called where it has a name\n"""\n', 3),
        ('X = 1\n"""Used where it counts."""\n', 2),
        ('class A:\n    """A."""\n\n    def b(self):\n        """Stop where it ends."""\n', 5),
        ("X = 1\n# Stop\n# where it ends.\n", 3),
        ("X = 1  # only where it counts\n", 1),
        ("import os  # noqa: F401 - used where it counts\n", 1),
        ("def test_it_stops_where_it_ends():\n    pass\n", 1),
    ],
)
def test_a_word_in_python_prose_is_reported_with_its_line(text: str, line: int) -> None:
    assert offenders("tests/a.py", text) == [(line, "where")]


@pytest.mark.parametrize(
    "text",
    [
        "where = 1\n",
        "def nowhere_where():\n    pass\n",
        'X = "stop where it ends now"\n',
        '"""Set `where` and ``x where y``."""\n',
        '"""Set `a\nwhere b`."""\n',
        '"""Run:\n\n    usageline where\n"""\n',
        '"""Run:\n\n```\nstop where it ends now\n```\n"""\n',
        "X = 1  # type: ignore[where]\n",
        '"""Elsewhere, everywhere, `SELECT`."""\n',
    ],
)
def test_code_is_not_prose(text: str) -> None:
    assert offenders("tests/a.py", text) == []


def test_a_message_of_the_program_is_prose_and_keeps_its_line() -> None:
    text = """
        raise E(
            "the file is not readable, "
            f"or {path} is not a file where one is needed"
        )
        QUERY = "SELECT a FROM b WHERE c = 1"
        click.option("--where", help="Stop where the file ends.")
    """
    assert offenders("plugin/a.py", text) == [(4, "where"), (7, "where")]
    assert offenders("tests/a.py", text) == []


def test_a_promise_in_a_test_is_prose() -> None:
    text = '@promise("it holds", sees="a word where one is needed")\ndef test_a(): ...\n'
    assert offenders("tests/a.py", text) == [(1, "where")]


def test_markdown_is_prose_except_code_and_link_targets() -> None:
    text = """\
        # Heading where

        One line
        where [a link](docs/where.md "where") ends. `where`

        ```
        where
        ```

        | cell | where |
        | --- | --- |
        - item
          where it ends
        <img alt="where">
        <!-- where -->
    """
    assert offenders("docs/a.md", text) == [(n, "where") for n in (1, 4, 10, 13)]


def test_comments_of_scripts_and_configuration_are_prose() -> None:
    text = '#!/bin/sh\n# Stop where it ends.\necho "a # where" # and where\nx=${a#where}\n'
    assert offenders("tests/run", text) == [(2, "where"), (3, "where")]
    assert offenders("a.yml", "# shellcheck disable=SC1 # where\na: where\n") == [(1, "where")]


@pytest.mark.parametrize("word", ["nobody", "Somebody's", "whoever"])
def test_an_actor_without_a_name_is_reported(word: str) -> None:
    assert offenders("a.md", f"{word} is here.\n") == [(1, "nobody")]


@pytest.mark.parametrize("word", BRITISH.split())
def test_british_spelling_is_reported(word: str) -> None:
    assert offenders("a.md", f"A {word} here.\n") == [(1, "british")]
    assert offenders("a.md", f"A {word.upper()} here.\n") == [(1, "british")]


@pytest.mark.parametrize("word", AMERICAN.split())
def test_american_spelling_is_not_reported(word: str) -> None:
    assert offenders("a.md", f"A {word} here.\n") == []


def test_a_sentence_over_the_limit_is_reported_at_its_first_line() -> None:
    allowed = prose.MAX_SENTENCE_WORDS
    assert offenders("a.md", f"Short.\n{'a ' * (allowed - 1)}end.\n") == []
    assert offenders("a.md", f"Short.\n{'a ' * allowed}\nend.\n") == [(2, "long")]


def test_code_counts_as_one_word_of_a_sentence() -> None:
    assert words("a.md", "Run `one two three` now.\n") == 3
    assert words("a.md", "See https://example.com/a/b now.\n") == 3


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?\n", 3),
        ("One, e.g. this. Version 3.10 too.\n", 2),
        ('He wrote "Stop." Then he left.\n', 2),
        ("One\n\nTwo\n", 2),
        ("- One\n- Two\n", 2),
        ("| One | Two |\n", 2),
        ("One … and so on.\n", 1),
    ],
)
def test_a_paragraph_is_split_into_sentences(text: str, count: int) -> None:
    assert prose.measure("a.md", text)[0].sentences == count


def test_a_line_over_the_limit_is_reported_unless_markdown_cannot_break_it() -> None:
    wide = "x" + " y" * 60
    assert (1, "wide") in offenders("a.py", f"# {wide}\n")
    assert (1, "wide") in offenders("a.md", f"{wide}\n")
    for allowed in (f"| {wide} |", f'<img alt="{wide}">', "[a](" + "b" * 100 + ")"):
        assert (1, "wide") not in offenders("a.md", f"{allowed}\n")
    assert offenders("a.md", f"```\n{wide}\n```\n") == []


def test_check_fails_over_a_limit_and_names_the_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = "One plain sentence of six words.\n" * 200
    (root / "plugin" / "a.py").write_text(f'"""{plain}"""\n')
    (root / "docs" / "b.md").write_text(plain + "Stop where it ends.\n")
    assert prose.main(["--check"]) == 0
    (root / "docs" / "b.md").write_text(plain + "Stop where it ends.\nGo where it began.\n")
    assert prose.main(["--check"]) == 1
    out, err = capsys.readouterr()
    assert "docs/b.md:201: where: " in out
    assert "docs/b.md:202: where: " in out
    assert err == "docs: too many of “where”\n"


def test_list_names_every_offender_and_does_not_fail(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "docs" / "b.md").write_text(f"Nobody says so.\n\n{LONG}\n")
    assert prose.main(["--list", "docs/b.md"]) == 0
    out = capsys.readouterr().out
    assert "docs/b.md:1: nobody: Nobody says so." in out
    assert "docs/b.md:1: verb: " in out
    assert "docs/b.md:3: long: 31 words: A sentence of many words" in out


def test_every_offender_is_on_a_line_of_its_file() -> None:
    groups = {group: prose.GROUPS[group] for group in ("tools", "docs")}
    tallies, offenders = prose.survey(groups)
    assert all(tallies[group].words > 1000 for group in groups)
    for _, offender in offenders:
        assert (
            0 < offender.line <= len((prose.ROOT / offender.path).read_text("utf-8").splitlines())
        )


def test_an_unknown_path_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        prose.main(["--list", str(root / "docs" / "no.md")])
    assert "not in the repository" in capsys.readouterr().err
