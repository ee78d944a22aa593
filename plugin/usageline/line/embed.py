"""Print the line for another program: a tmux status, a shell prompt, a bar on the desktop.

It reads the snapshot and starts nothing.

usageline line [--for FORM] [--width CELLS] [--colors bar|theme]
"""

from __future__ import annotations

import time

from usageline.core import freshness, paths, syscalls
from usageline.core.text import sanitize
from usageline.line import _defaults, emit, render, settings, theme, view
from usageline.line.context import StatusContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, NoReturn

FORMS = ("plain", "starship", "tmux", "zellij", "wezterm", "swiftbar", "claude-hud", "json")
NO_COLORS = {"NO_COLOR": "1"}
COLORS = {
    "plain": NO_COLORS,
    "json": NO_COLORS,
    "swiftbar": NO_COLORS,
    "claude-hud": NO_COLORS,
    "tmux": {"NO_COLOR": "", "TERM": "xterm-256color"},
    "zellij": {"NO_COLOR": "", "TERM": "xterm-256color"},
    "wezterm": {"NO_COLOR": "", "TERM": "xterm-256color", "COLORTERM": "truecolor"},
}
"""Variables that choose the colors of a form. The others have those of the terminal."""

COLOR_CHOICES = ("bar", "theme")
BAR_STYLES = {"warning": "33;40", "critical": "1;91;40", "alert": "33;40"}
"""Styles for a bar of any color: text has the bar's own, and a warning is on black.

The color of a warning is the foreground, because the cells of a limit's bar are full of that.
"""

WIDTH = 200
USAGE = f"""usage: usageline line [--for FORM] [--width CELLS] [--colors bar|theme]
FORM: {", ".join(FORMS)}
CELLS: a whole number above 0
"""
BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ATTRIBUTES = {"1": "bold", "2": "dim", "3": "italics", "4": "underscore", "7": "reverse"}
ASCII = ("", "ANSI_X3.4-1968", "US-ASCII", "ASCII", "646")
"""The names of the C locale's encoding on several systems."""


def main(arguments: Sequence[str]) -> NoReturn:
    """Print the line in the chosen form and exit, with status 2 for wrong usage."""
    chosen = parse_arguments(arguments)
    if isinstance(chosen, str):
        wrong = f"usageline: not understood: {sanitize(chosen)}\n{USAGE}"
        syscalls.write(2, wrong.encode("utf-8", "replace"))
        syscalls._exit(2)
    form, width, colors = chosen
    try:
        line = embedded_line(paths.environment(), form, width, time.time(), colors=colors)
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


def parse_arguments(arguments: Sequence[str]) -> tuple[str, int, str] | str:
    """Return form, width and colors, or the first words that are wrong.

    The word `line` may come first.
    """
    words: list[str] = []
    for word in arguments[1:] if arguments[:1] == ["line"] else arguments:
        words += word.split("=", 1) if word.startswith("--") else [word]
    form, width, colors = "plain", WIDTH, ""
    while words:
        name, value, *words = [*words, ""] if len(words) == 1 else words
        if name == "--for" and value in FORMS:
            form = value
        elif name == "--width" and value.isascii() and value.isdigit() and int(value[:6]) > 0:
            width = int(value[:6])
        elif name == "--colors" and value in COLOR_CHOICES:
            colors = value
        else:
            return f"{name} {value}".rstrip()
    return form, width, colors


def embedded_line(
    env: Mapping[str, str], form: str, width: int, now: float, *, colors: str = ""
) -> str:
    """Return the line in one of FORMS, all rows in one.

    `colors` is `bar` for those of the bar around it, `theme` for those of the theme. The default is
    `bar` in tmux, whose bar is green unless the user changed it.
    """
    env = {**env, **COLORS.get(form, {})}
    problem = ""
    try:
        credentials = freshness.file_fingerprint(paths.claude_credentials(env))
        home = {"HOME": env.get("HOME", "")}
        ctx = view.build(None, theme.published(env), credentials, home, now)
        config = freshness.file_fingerprint(paths.config_file(env))
        configured = settings.load(env, config)[0] if config else {}
    except LookupError:
        ctx, configured = StatusContext(now), {}
        problem = "HOME is not set: no plan usage"
    if (colors or ("bar" if form == "tmux" else "theme")) == "bar":
        configured = with_bar_styles(configured)
    env["LINES"] = "1"  # the default is one row
    return output(form, render.render(ctx, configured, env, width=width, problem=problem), ctx)


def output(form: str, rows: Sequence[str], ctx: StatusContext) -> str:
    """Return the text of one of FORMS for the painted rows and the numbers behind them."""
    if form in ("json", "swiftbar", "claude-hud"):
        from usageline.line import documents  # noqa: PLC0415 - for these forms alone

        return documents.document(form, rows, ctx)
    return " ".join(for_tmux(row) if form == "tmux" else row for row in rows)


def with_bar_styles(configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with BAR_STYLES, unless its theme has backgrounds of its own."""
    themes = {
        name: {**theme, "light": {}, "styles": {"16": BAR_STYLES}}
        for name in ("theme", "theme_daltonized")
        for theme in [configured.get(name, _defaults.THEME)]
        if not theme.get("blocks")
    }
    return {**configured, **themes}


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
