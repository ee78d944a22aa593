"""Print the line for another program: a tmux status, a shell prompt, a bar on the desktop.

It reads the snapshot and starts nothing.

usageline line [--for tmux|starship|plain|json] [--width CELLS]
"""

from __future__ import annotations

import time

from usageline.core import freshness, json_file, paths, syscalls
from usageline.core.environment import environment
from usageline.core.text import sanitize
from usageline.line import emit, render, settings, theme, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn

    from usageline.line.view import StatusContext

FORMS = ("plain", "starship", "tmux", "json")
WIDTH = 200
USAGE = f"usage: usageline line [--for {'|'.join(FORMS)}] [--width CELLS]"
BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ATTRIBUTES = {"1": "bold", "2": "dim", "3": "italics", "4": "underscore", "7": "reverse"}
ASCII = ("", "ANSI_X3.4-1968", "US-ASCII", "ASCII", "646")
"""The names of the C locale's encoding on several systems."""

GRAVEST = ("critical", "warning", "normal")


def main(arguments: Sequence[str]) -> NoReturn:
    """Print the line in the chosen form and exit, with status 2 for wrong usage."""
    chosen = parse_arguments(arguments)
    if chosen is None:
        syscalls.write(2, (USAGE + "\n").encode())
        syscalls._exit(2)
    try:
        line = embedded_line(environment(), chosen[0], chosen[1], time.time())
    except Exception as error:  # noqa: BLE001 - a traceback would break a prompt
        line = f"usageline: {type(error).__name__}; please report it"
    emit((line + "\n").encode(locale_encoding(), "replace"))
    syscalls._exit(0)


def locale_encoding() -> str:
    """Return the encoding of the locale. It is UTF-8 if that is unknown, or ASCII as for Python."""
    try:
        from _locale import CODESET, nl_langinfo  # noqa: PLC0415 - a C built-in, for this alone

        encoding: str = nl_langinfo(CODESET)
        "".encode(encoding)
    except (ImportError, LookupError, ValueError):
        return "utf-8"
    return "utf-8" if encoding in ASCII else encoding


def parse_arguments(arguments: Sequence[str]) -> tuple[str, int] | None:
    """Return `(form, width)`, or None for wrong usage. The word `line` may come first."""
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


def embedded_line(env: Mapping[str, str], form: str, width: int, now: float) -> str:
    """Return the line in one of FORMS, all rows in one.

    `plain` has no colors, `starship` escape sequences, `tmux` its own styles. `json` is an object
    of `text`, `rows`, `class`, `percentage` and `status`. Its `class` is the gravest severity
    (`normal`, `warning`, `critical`), its `percentage` the highest one or null. Its `status` is the
    snapshot's.
    """
    colors = {
        "plain": {"NO_COLOR": "1"},
        "json": {"NO_COLOR": "1"},
        "tmux": {"NO_COLOR": "", "TERM": "xterm-256color"},
    }
    env = {**env, **colors.get(form, {})}
    problem = ""
    try:
        snapshot = json_file.json_file(paths.snapshot(env))
        if snapshot is not None:
            snapshot = theme.with_current_theme(snapshot, env)
        ctx = view.build(
            None,
            snapshot,
            freshness.file_fingerprint(paths.claude_credentials(env)),
            {"HOME": env.get("HOME", "")},
            now,
        )
        config = freshness.file_fingerprint(paths.config_file(env))
        configured = settings.load(env, config)[0] if config else {}
    except LookupError:
        ctx, configured = view.StatusContext(now), {}
        problem = "HOME is not set: no plan usage"
    rows = render.render(ctx, configured, env, width=width, problem=problem)
    if form == "json":
        return as_json(rows, ctx)
    return " ".join(for_tmux(row) if form == "tmux" else row for row in rows)


def as_json(rows: Sequence[str], ctx: StatusContext) -> str:
    """Return the JSON form."""
    import json  # noqa: PLC0415 - for this form alone

    windows = [window for window in ctx.windows if window.percent is not None]
    graded = [word for word in GRAVEST if any(window.severity == word for window in windows)]
    return json.dumps(
        {
            "text": " ".join(rows),
            "rows": rows,
            "class": graded[0] if graded else "normal",
            "percentage": max((int(window.percent or 0) for window in windows), default=None),
            "status": sanitize(ctx.status),
        },
        ensure_ascii=False,
    )


def for_tmux(row: str) -> str:
    """Return a painted row with tmux's styles for the escape sequences, and `##` for `#`."""
    text, *pieces = row.split("\x1b")
    text = text.replace("#", "##")
    for piece in pieces:
        if piece[:1] == "[":
            code, _, rest = piece[1:].partition("m")
            text += f"#[{','.join(tmux_styles(code.split(';')))}]" if code != "0" else "#[default]"
        else:  # drop a link's address: tmux has no links
            rest = piece[1:] if piece[:1] == "\\" else ""
        text += rest.replace("#", "##")
    return text


def tmux_styles(sgr_codes: Iterable[str]) -> list[str]:
    """Return SGR codes as tmux styles: ["1", "38", "5", "208"] → ["bold", "fg=colour208"]."""
    styles = []
    codes = list(sgr_codes)
    while codes:
        code = codes.pop(0)
        if code in ("38", "48"):
            kind, count = (codes[:1] or [""])[0], 2 if codes[:1] == ["5"] else 4
            values, codes = codes[1:count], codes[count:]
            if len(values) != count - 1 or not all(
                value.isdigit() and int(value) < 256 for value in values
            ):
                break  # not a color, so what follows is unknown
            color = (
                f"colour{values[0]}"
                if kind == "5"
                else "#" + "".join(f"{int(value):02x}" for value in values)
            )
            styles.append(f"{'fg' if code == '38' else 'bg'}={color}")
        elif code in ATTRIBUTES:
            styles.append(ATTRIBUTES[code])
        elif len(code) >= 2 and code[-1] in "01234567" and code[:-1] in ("3", "4", "9", "10"):
            bright = "bright" if code[:-1] in ("9", "10") else ""
            styles.append(
                f"{'fg' if code[:-1] in ('3', '9') else 'bg'}={bright}{BASIC[int(code[-1])]}"
            )
    return styles
