"""How the line looks: what of a theme serves this terminal, and how parts of text are painted with it. `line/default.py` is a theme."""

from usageline.core.appearance import GLYPHS, is_light_background
from usageline.core.text import is_web_address

DEPTHS = ("16", "256", "true")
DEPTHS_BY_NAME = {"16": "16", "256": "256", "truecolor": "true"}
TRUE_COLOUR_PROGRAMS = (
    "iTerm.app",
    "WezTerm",
    "ghostty",
    "vscode",
    "Hyper",
    "Tabby",
    "WarpTerminal",
    "kitty",
    "rio",
    "zed",
    "mintty",
)
TRUE_COLOUR_TERMS = (
    " kitty ghostty alacritty foot wezterm contour rio iterm iterm2 iterm2.app mintty mlterm vte konsole"
    " terminology domterm hterm st xtermjs warp zutty ms "
)
"""First words of TERM, after an `xterm-`, that name a terminal with true color.

COLORTERM says it, too, but ssh passes TERM on and not COLORTERM.
"""


class Look:
    """A theme as this terminal shows it. Anything in `theme` that is not of a theme's form counts as the default's.

    `styles` maps style names to SGR codes, `over` (something cut out of a solid bar) among them, and is empty where there is no colour; `glyphs` and `icons` as in the theme; `separator` and `pad` as
    drawn; `blocks` maps segment kinds to [foreground, background] codes, or is None; `caps` are the left, between and right ends of blocks;
    `ascii` says that nothing else may be shown; `links` that OSC 8 links may be.
    """

    __slots__ = (
        "ascii",
        "blocks",
        "caps",
        "glyphs",
        "icons",
        "links",
        "pad",
        "separator",
        "styles",
    )

    def __init__(self, theme, env, *, color="auto", is_light=None, ansi=False):
        depth = colour_depth(env, color)
        if ansi and depth and color == "auto":
            depth = "16"  # as Claude Code itself is drawn
        if is_light is None and "COLORFGBG" in env:
            is_light = is_light_background(env["COLORFGBG"])
        light = _dict(theme, "light")
        # What suits a dark background does not suit a light one: while nobody knows, the terminal's own 16 colours are the safe ones.
        fitting = "16" if depth and light and is_light is None and color == "auto" else depth
        self.styles = {
            name: code
            for name, code in _nearest(
                light if light and is_light else _dict(theme, "styles"), fitting
            ).items()
            if _is_code(code)
        }
        if self.styles:
            self.styles["over"] = "7"
        glyphs = _dict(theme, "glyphs")
        if glyphs is not GLYPHS:
            glyphs = {name: _glyph(glyphs.get(name), fallback) for name, fallback in GLYPHS.items()}
        self.glyphs = glyphs
        self.icons = {kind: _glyph(icon, "") for kind, icon in _dict(theme, "icons").items()}
        self.ascii = _dict(theme, "glyphs").get("ascii") is True
        self.links = env.get("TERM") != "dumb"
        blocks = _nearest(_dict(theme, "blocks"), depth)
        self.blocks = {
            kind: pair
            for kind, pair in blocks.items()
            if type(pair) is list and len(pair) == 2 and all(map(_is_code, pair))
        } or None
        caps = theme.get("caps")
        self.caps = (
            [_glyph(cap, "") for cap in caps]
            if self.blocks and type(caps) is list and len(caps) == 3
            else None
        )
        # Blocks tell segments apart by their backgrounds; without colours something else has to.
        self.separator = "" if self.caps else _glyph(theme.get("separator"), " │ ")
        self.pad = _glyph(theme.get("pad"), "") if self.caps or "blocks" not in theme else ""


def colour_depth(env, wanted="auto"):
    """The depth `16`, `256` or `true`, or "" for no colour (no-color.org, bixense.com/clicolors)."""
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
    if program in TRUE_COLOUR_PROGRAMS or env.get("LC_TERMINAL") == "iTerm2":
        return "true"
    return term_depth(term.lower(), program)


def term_depth(term, program):
    """Return the depth for a TERM in lower case and a TERM_PROGRAM, when nothing else says one."""
    name = term[6:] if term[:6] == "xterm-" else term
    if "direct" in name or "truecolor" in name or "24bit" in name:
        return "true"
    if "256" in name or program == "Apple_Terminal":
        return "256"
    name = name.partition("-")[0].partition("+")[0]
    if name and f" {name} " in TRUE_COLOUR_TERMS and "16color" not in term and "mono" not in term:
        return "true"
    return "256" if name == "tmux" else "16"  # tmux takes 256 whatever its own terminal has


def painted_parts(parts, look, background=""):
    """The text of parts `(style, text)` or `(style, text, url)`; a style may be several names, one space between them."""
    line = ""
    for style, text, *link in parts:
        codes = [look.styles[name] for name in style.split(" ") if look.styles.get(name)]
        if style == "track" and "groove" in look.styles and text[:1] == look.glyphs["empty"]:
            # The empty part of a bar as a background, against which a cell that is partly filled leaves no gap.
            text, codes = " " * len(text), [look.styles["groove"]]  # noqa: PLW2901
        shown = styled(text, ";".join([background, *codes] if background else codes))
        line += (
            f"\x1b]8;;{link[0]}\x1b\\{shown}\x1b]8;;\x1b\\"
            if link and look.links and is_web_address(link[0])
            else shown
        )
    return line


def styled(text, code):
    """The text in these SGR codes."""
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _nearest(by_depth, depth):
    """What a theme has for this depth, or else for the next smaller one; nothing for no colour."""
    if not depth:
        return {}
    for name in reversed(DEPTHS[: DEPTHS.index(depth) + 1]):
        if type(by_depth.get(name)) is dict:
            return by_depth[name]
    return {}


def _is_code(code):
    return (
        type(code) is str and len(code) < 64 and code.isascii() and code.replace(";", "").isdigit()
    )


def _glyph(value, fallback):
    """A theme's own text: as it is where a terminal takes it for text, which private characters (icon fonts) are, too."""
    if type(value) is not str or len(value) > 16:
        return fallback
    if value.isprintable():
        return value
    return (
        value
        if all(char.isprintable() or 0xE000 <= ord(char) <= 0xF8FF for char in value)
        else fallback
    )


def _dict(mapping, name):
    found = mapping.get(name)
    return found if type(found) is dict else {}
