"""The line as a part of something else: a tmux status, a shell prompt, a bar on the desktop. It reads the snapshot and starts nothing.

usageline line [--for tmux|starship|plain|json] [--width CELLS]
"""

import time

from usageline.core import freshness, json_file, paths, syscalls
from usageline.core.environment import environment
from usageline.core.text import sanitize
from usageline.line import emit, render, settings, view

FORMS = ("plain", "starship", "tmux", "json")
WIDTH = 200
USAGE = f"usage: usageline line [--for {'|'.join(FORMS)}] [--width CELLS]"
BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ATTRIBUTES = {"1": "bold", "2": "dim", "3": "italics", "4": "underscore", "7": "reverse"}
ASCII = ("", "ANSI_X3.4-1968", "US-ASCII", "ASCII", "646")
"""How systems name the encoding of the C locale."""

GRAVEST = ("critical", "warning", "normal")


def main(arguments):
    """Print the line in the form asked for and leave; 2 for wrong usage, as everywhere."""
    asked = parsed(arguments)
    if asked is None:
        syscalls.write(2, (USAGE + "\n").encode())
        syscalls._exit(2)
    try:
        said = text(environment(), asked[0], asked[1], time.time())
    except Exception as error:  # noqa: BLE001 - a traceback in somebody's prompt
        said = f"usageline: {type(error).__name__}; please report it"
    emit((said + "\n").encode(locale_encoding(), "replace"))
    syscalls._exit(0)


def locale_encoding():
    """Return the encoding of the locale; UTF-8 if it is only ASCII, as Python has it, or unknown."""
    try:
        from _locale import CODESET, nl_langinfo  # noqa: PLC0415 - a C built-in, for this alone

        encoding = nl_langinfo(CODESET)
        "".encode(encoding)
    except (ImportError, LookupError, ValueError):
        return "utf-8"
    return "utf-8" if encoding in ASCII else encoding


def parsed(arguments):
    """`(form, width)`, or None for wrong usage. `line` itself may stand first."""
    words: list[str] = []
    for word in arguments[1:] if arguments[:1] == ["line"] else arguments:
        words += word.split("=", 1) if word.startswith("--") else [word]
    form, width = "plain", WIDTH
    while words:
        name, value, *words = [*words, ""] if len(words) == 1 else words
        if name == "--for" and value in FORMS:
            form = value
        elif name == "--width" and value.isascii() and value.isdigit() and int(value[:6]) > 0:
            width = int(value[:6])
        else:
            return None
    return form, width


def text(env, form, width, now):
    """The line in one of FORMS, all rows in one.

    `plain` has no colours, `starship` escape sequences, `tmux` its own styles. `json` is an object: `text`; `rows`; `class`, the gravest
    severity (`normal`, `warning`, `critical`); `percentage`, the highest percentage used, or null; `status` as in the snapshot.
    """
    colours = {
        "plain": {"NO_COLOR": "1"},
        "json": {"NO_COLOR": "1"},
        "tmux": {"NO_COLOR": "", "TERM": "xterm-256color"},
    }
    env = {**env, **colours.get(form, {})}
    try:
        snapshot = json_file.json_file(paths.snapshot(env))
        seen = view.build(
            None,
            snapshot,
            freshness.file_stamp(paths.claude_credentials(env)),
            {"HOME": env.get("HOME", "")},
            now,
        )
        config = freshness.file_stamp(paths.config_file(env))
        configured = settings.load(env, config)[0] if config else {}
    except LookupError:
        seen, configured = view.View(now), {}
        seen.problem = "HOME is not set: no plan usage"
    rows = render.render(seen, configured, env, width=width)
    if form == "json":
        return as_json(rows, seen)
    return " ".join(for_tmux(row) if form == "tmux" else row for row in rows)


def as_json(rows, seen):
    """The JSON form."""
    import json  # noqa: PLC0415 - for this form alone

    known = [window for window in seen.windows if window.percent is not None]
    graded = [word for word in GRAVEST if any(window.severity == word for window in known)]
    return json.dumps(
        {
            "text": " ".join(rows),
            "rows": rows,
            "class": graded[0] if graded else "normal",
            "percentage": max((int(window.percent) for window in known), default=None),
            "status": sanitize(seen.status),
        },
        ensure_ascii=False,
    )


def for_tmux(row):
    """A painted row with tmux's styles in place of the escape sequences, and its `#` doubled."""
    said, *pieces = row.split("\x1b")
    said = said.replace("#", "##")
    for piece in pieces:
        if piece[:1] == "[":
            code, _, rest = piece[1:].partition("m")
            said += f"#[{','.join(tmux_styles(code.split(';')))}]" if code != "0" else "#[default]"
        else:  # a link, of which tmux has none: its address goes, up to the end of the sequence
            rest = piece[1:] if piece[:1] == "\\" else ""
        said += rest.replace("#", "##")
    return said


def tmux_styles(codes):
    """SGR codes in tmux's words: ["1", "38", "5", "208"] → ["bold", "fg=colour208"]."""
    styles = []
    codes = list(codes)
    while codes:
        code = codes.pop(0)
        if code in ("38", "48"):
            kind, count = (codes[:1] or [""])[0], 2 if codes[:1] == ["5"] else 4
            values, codes = codes[1:count], codes[count:]
            if len(values) != count - 1 or not all(
                value.isdigit() and int(value) < 256 for value in values
            ):
                break  # no colour: what follows cannot be told apart
            colour = (
                f"colour{values[0]}"
                if kind == "5"
                else "#" + "".join(f"{int(value):02x}" for value in values)
            )
            styles.append(f"{'fg' if code == '38' else 'bg'}={colour}")
        elif code in ATTRIBUTES:
            styles.append(ATTRIBUTES[code])
        elif len(code) >= 2 and code[-1] in "01234567" and code[:-1] in ("3", "4", "9", "10"):
            bright = "bright" if code[:-1] in ("9", "10") else ""
            styles.append(
                f"{'fg' if code[:-1] in ('3', '9') else 'bg'}={bright}{BASIC[int(code[-1])]}"
            )
    return styles
