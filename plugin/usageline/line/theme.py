"""Choose what this terminal can show of a theme, and paint parts of text with it.

`line/_defaults.py` is a theme.
"""

from __future__ import annotations

from usageline.core import freshness, json_file, paths
from usageline.core.text import is_web_address
from usageline.core.vocabulary import GLYPHS, is_light_background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from usageline.line.layout import Part, Row

DEPTHS = ("16", "256", "true")
DEPTHS_BY_NAME = {"16": "16", "256": "256", "truecolor": "true"}
TRUE_COLOR_PROGRAMS = (
    *("iTerm.app", "WezTerm", "ghostty", "vscode", "Hyper", "Tabby"),
    *("WarpTerminal", "kitty", "rio", "zed", "mintty"),
)
TRUE_COLOR_TERMS = (
    " kitty ghostty alacritty foot wezterm contour rio iterm iterm2 iterm2.app mintty mlterm vte"
    " konsole terminology domterm hterm st xtermjs warp zutty ms "
)
"""First words of TERM, after an `xterm-`, that name a terminal with true color.

COLORTERM names it, too, but ssh passes TERM on and not COLORTERM.
"""


class TerminalTheme:
    """A theme as this terminal shows it. The default replaces invalid values.

    `styles` maps style names to SGR codes and is empty without colors. Its `over` cuts something
    out of a solid bar. `glyphs` and `icons` are the theme's. `separator` and `pad` are texts.
    `blocks` maps segment kinds to [foreground, background] codes, or is None. `caps` are the left,
    middle and right ends of blocks, or None. `ascii` forbids other characters, and `links` allows
    OSC 8 links.
    """

    def __init__(
        self,
        theme: dict[str, Any],
        env: Mapping[str, str],
        *,
        color: str = "auto",
        is_light: bool | None = None,
        ansi: bool = False,
    ) -> None:
        depth = color_depth(env, color)
        if ansi and depth and color == "auto":
            depth = "16"  # Claude Code itself shows 16 colors then
        if is_light is None and "COLORFGBG" in env:
            is_light = is_light_background(env["COLORFGBG"])
        light = _dict(theme, "light")
        # On an unknown background, the terminal's own 16 colors are the safe ones. Blocks are a
        # known one.
        is_unknown = is_light is None and color == "auto" and "blocks" not in theme
        fitting = "16" if depth and light and is_unknown else depth
        styles = _nearest(light if light and is_light else _dict(theme, "styles"), fitting)
        self.styles = {name: code for name, code in styles.items() if _is_code(code)}
        if self.styles:
            self.styles["over"] = "7"
        glyphs = _dict(theme, "glyphs")
        if glyphs is not GLYPHS:
            glyphs = {name: _glyph(glyphs.get(name), fallback) for name, fallback in GLYPHS.items()}
        self.glyphs: dict[str, str] = glyphs
        self.icons = {kind: _glyph(icon, "") for kind, icon in _dict(theme, "icons").items()}
        self.ascii = _dict(theme, "glyphs").get("ascii") is True
        self.links = env.get("TERM") != "dumb"
        backgrounds = "light_blocks" if light and is_light else "blocks"
        blocks = _nearest(_dict(theme, backgrounds), depth)
        self.blocks: dict[str, list[str]] | None = {
            kind: pair
            for kind, pair in blocks.items()
            if type(pair) is list and len(pair) == 2 and all(map(_is_code, pair))
        } or None
        caps: Any = theme.get("caps")
        has_caps = self.blocks and type(caps) is list and len(caps) == 3
        self.caps = [_glyph(cap, "") for cap in caps] if has_caps else None
        # Backgrounds separate blocks. Without colors a text has to.
        self.separator = "" if self.caps else _glyph(theme.get("separator"), " │ ")
        self.pad = _glyph(theme.get("pad"), "") if self.caps or "blocks" not in theme else ""


def published(env: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the snapshot with the current colors of Claude Code's theme, None without one."""
    snapshot = json_file.json_file(paths.snapshot(env))
    if snapshot is None:
        return None
    if snapshot.get("settings") in (None, freshness.file_fingerprint(paths.claude_settings(env))):
        return snapshot
    from usageline.core import client_theme  # noqa: PLC0415 - only after a change

    appearance, palette = client_theme.current(env, snapshot)
    return {**snapshot, "appearance": appearance, "palette": palette}


def color_depth(env: Mapping[str, str], wanted: str = "auto") -> str:
    """Return the depth `16`, `256` or `true`, or "" for no color.

    It follows no-color.org and bixense.com/clicolors.
    """
    if env.get("NO_COLOR") or wanted == "none":
        return ""
    if wanted in DEPTHS_BY_NAME:
        return DEPTHS_BY_NAME[wanted]
    term = env.get("TERM", "")
    if term == "dumb" and env.get("CLICOLOR_FORCE", "0") in ("", "0"):
        return ""
    if env.get("COLORTERM") in ("truecolor", "24bit") or "WT_SESSION" in env:
        return "true"
    program = env.get("TERM_PROGRAM")
    # iTerm2 names itself in LC_TERMINAL, which ssh passes on.
    if program in TRUE_COLOR_PROGRAMS or env.get("LC_TERMINAL") == "iTerm2":
        return "true"
    return term_depth(term.lower(), program)


def term_depth(term: str, program: str | None) -> str:
    """Return the depth for a TERM in lower case and a TERM_PROGRAM, if no variable states it."""
    name = term[6:] if term[:6] == "xterm-" else term
    if "direct" in name or "truecolor" in name or "24bit" in name:
        return "true"
    if "256" in name or program == "Apple_Terminal":
        return "256"
    name = name.partition("-")[0].partition("+")[0]
    if name and f" {name} " in TRUE_COLOR_TERMS and "16color" not in term and "mono" not in term:
        return "true"
    return "256" if name == "tmux" else "16"  # tmux converts 256 for its terminal


def painted_parts(parts: Iterable[Part], look: TerminalTheme, background: str = "") -> str:
    """Return the text of parts `(style, text)` or `(style, text, url)`.

    A style may be several names, with one space between them.
    """
    line = ""
    for style, text, *link in parts:
        codes = [look.styles[name] for name in style.split(" ") if look.styles.get(name)]
        if style == "track" and "groove" in look.styles and text[:1] == look.glyphs["empty"]:
            # As a background, the empty part of a bar leaves no gap after a partly filled cell.
            text, codes = " " * len(text), [look.styles["groove"]]  # noqa: PLW2901
        painted = styled(text, ";".join([background, *codes] if background else codes))
        line += (
            f"\x1b]8;;{link[0]}\x1b\\{painted}\x1b]8;;\x1b\\"
            if link and look.links and is_web_address(link[0])
            else painted
        )
    return line


def joined(row: Row, look: TerminalTheme) -> str:
    """Return the text of a row, with the theme's separator between its segments."""
    separator = styled(look.separator, look.styles.get("separator", ""))
    return separator.join(look.pad + painted_parts(parts, look) + look.pad for _, parts in row)


def styled(text: str, code: str) -> str:
    """Return the text in these SGR codes."""
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _nearest(by_depth: dict[str, Any], depth: str) -> dict[str, Any]:
    """Return a theme's entry for this depth, or for the next smaller one; {} without colors."""
    if not depth:
        return {}
    names = reversed(DEPTHS[: DEPTHS.index(depth) + 1])
    return next((by_depth[name] for name in names if type(by_depth.get(name)) is dict), {})


def _is_code(code: Any) -> bool:
    return (
        type(code) is str and len(code) < 64 and code.isascii() and code.replace(";", "").isdigit()
    )


def _glyph(value: Any, fallback: str) -> str:
    """Return a theme's own text if it is printable, else `fallback`.

    Private characters, which icon fonts use, count as printable.
    """
    if type(value) is not str or len(value) > 16:
        return fallback
    others = "" if value.isprintable() else [char for char in value if not char.isprintable()]
    return value if all("\ue000" <= char <= "\uf8ff" for char in others) else fallback


def _dict(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    value = mapping.get(name)
    return value if type(value) is dict else {}
