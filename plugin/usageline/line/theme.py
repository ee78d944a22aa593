"""How the line looks: the default theme, and what of a theme serves this terminal. CONFIGURATION.md describes a theme's parts."""

DEFAULT_GLYPHS = {
    "full": "█",
    "parts": " ▏▎▍▌▋▊▉",
    "empty": "░",
    "mark": "╎",
    "reset": "↻ ",
    "unknown": "–",
    "dot": " · ",
    "ellipsis": "…",
    "ahead": "↑",
    "behind": "↓",
    "dirty": "*",
    "alert": "▲ ",
    "added": "+",
    "removed": "−",
    "branch": "",
}

DEFAULT = {
    "name": "default",
    "separator": " │ ",
    "pad": "",
    "glyphs": DEFAULT_GLYPHS,
    "icons": {},
    "styles": {
        "16": {
            "name": "1",
            "normal": "32",
            "warning": "33",
            "critical": "1;31",
            "track": "2",
            "mark": "1",
            "separator": "2",
            "directory": "34",
            "branch": "35",
            "added": "32",
            "removed": "31",
            "link": "4;36",
            "alert": "1;33",
        },
        "256": {
            "plain": "38;5;250",
            "label": "38;5;247",
            "name": "1;38;5;254",
            "quiet": "38;5;247",
            "normal": "38;5;108",
            "warning": "38;5;179",
            "critical": "1;38;5;210",
            "track": "38;5;239",
            "groove": "48;5;238",
            "mark": "38;5;254",
            "separator": "38;5;59",
            "directory": "38;5;110",
            "branch": "38;5;146",
            "added": "38;5;108",
            "removed": "38;5;210",
            "link": "4;38;5;110",
            "alert": "1;38;5;179",
        },
        "true": {
            "plain": "38;2;188;192;200",
            "label": "38;2;154;159;169",
            "name": "1;38;2;228;230;234",
            "quiet": "38;2;154;159;169",
            "normal": "38;2;135;192;149",
            "warning": "38;2;229;181;103",
            "critical": "1;38;2;255;135;135",
            "track": "38;2;78;83;93",
            "groove": "48;2;59;64;75",
            "mark": "38;2;228;230;234",
            "separator": "38;2;88;93;103",
            "directory": "38;2;135;175;215",
            "branch": "38;2;187;166;227",
            "added": "38;2;135;192;149",
            "removed": "38;2;240;140;140",
            "link": "4;38;2;127;188;204",
            "alert": "1;38;2;229;181;103",
        },
    },
    "light": {
        "16": {
            "name": "1",
            "normal": "32",
            "warning": "33",
            "critical": "1;31",
            "track": "2",
            "mark": "1",
            "separator": "2",
            "directory": "34",
            "branch": "35",
            "added": "32",
            "removed": "31",
            "link": "4;36",
            "alert": "1;33",
        },
        "256": {
            "plain": "38;5;239",
            "label": "38;5;59",
            "name": "1;38;5;234",
            "quiet": "38;5;59",
            "normal": "38;5;22",
            "warning": "38;5;94",
            "critical": "1;38;5;124",
            "track": "38;5;252",
            "groove": "48;5;254",
            "mark": "38;5;234",
            "separator": "38;5;250",
            "directory": "38;5;25",
            "branch": "38;5;61",
            "added": "38;5;22",
            "removed": "38;5;124",
            "link": "4;38;5;23",
            "alert": "1;38;5;94",
        },
        "true": {
            "plain": "38;2;74;79;89",
            "label": "38;2;91;96;107",
            "name": "1;38;2;28;31;38",
            "quiet": "38;2;91;96;107",
            "normal": "38;2;27;111;58",
            "warning": "38;2;135;80;0",
            "critical": "1;38;2;179;32;26",
            "track": "38;2;200;204;212",
            "groove": "48;2;223;226;232",
            "mark": "38;2;28;31;38",
            "separator": "38;2;180;184;192",
            "directory": "38;2;31;90;158",
            "branch": "38;2;107;63;160",
            "added": "38;2;27;111;58",
            "removed": "38;2;179;32;26",
            "link": "4;38;2;15;102;116",
            "alert": "1;38;2;135;80;0",
        },
    },
}
"""As `usageline.themes` has it, resolved; `tests/themes` holds the two equal."""
"""The terminal's own 16 colours suit its dark or light background by themselves."""

DEPTHS = ("16", "256", "true")
DEPTHS_BY_NAME = {"16": "16", "256": "256", "truecolor": "true"}
TRUE_COLOUR_PROGRAMS = ("iTerm.app", "WezTerm", "ghostty", "vscode", "Hyper", "Tabby", "WarpTerminal")


class Look:
    """A theme as this terminal shows it. Anything in `theme` that is not of a theme's form counts as the default's.

    `styles` maps style names to SGR codes, `over` (something cut out of a solid bar) among them, and is empty where there is no colour; `glyphs` and `icons` as in the theme; `separator` and `pad` as
    drawn; `blocks` maps segment kinds to [foreground, background] codes, or is None; `caps` are the left, between and right ends of blocks;
    `ascii` says that nothing else may be shown; `links` that OSC 8 links may be.
    """

    __slots__ = ("ascii", "blocks", "caps", "glyphs", "icons", "links", "pad", "separator", "styles")

    def __init__(self, theme, env, *, color="auto", is_light=None):
        depth = colour_depth(env, color)
        light = _dict(theme, "light")
        # What suits a dark background does not suit a light one: while nobody knows, the terminal's own 16 colours are the safe ones.
        fitting = "16" if depth and light and is_light is None and color == "auto" else depth
        self.styles = {
            name: code
            for name, code in _nearest(light if light and is_light else _dict(theme, "styles"), fitting).items()
            if _is_code(code)
        }
        if self.styles:
            self.styles["over"] = "7"
        glyphs = _dict(theme, "glyphs")
        if glyphs is not DEFAULT_GLYPHS:
            glyphs = {name: _glyph(glyphs.get(name), fallback) for name, fallback in DEFAULT_GLYPHS.items()}
        self.glyphs = glyphs
        self.icons = {kind: _glyph(icon, "") for kind, icon in _dict(theme, "icons").items()}
        self.ascii = _dict(theme, "glyphs").get("ascii") is True
        self.links = env.get("TERM") != "dumb"
        blocks = _nearest(_dict(theme, "blocks"), depth)
        self.blocks = {
            kind: pair for kind, pair in blocks.items() if type(pair) is list and len(pair) == 2 and all(map(_is_code, pair))
        } or None
        caps = theme.get("caps")
        self.caps = [_glyph(cap, "") for cap in caps] if self.blocks and type(caps) is list and len(caps) == 3 else None
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
    if env.get("COLORTERM") in ("truecolor", "24bit") or term.endswith("-direct") or "WT_SESSION" in env:
        return "true"
    program = env.get("TERM_PROGRAM")
    if program in TRUE_COLOUR_PROGRAMS:
        return "true"
    return "256" if "256" in term or program == "Apple_Terminal" else "16"


def paint(row, look):
    """The text of a row of `(kind, parts)`, coloured. Every text is clean already; what is written besides is the theme's own."""
    if look.caps:
        from usageline.line.blocks import paint_blocks  # noqa: PLC0415 - only some themes have them

        return paint_blocks(row, look)
    separator = styled(look.separator, look.styles.get("separator", ""))
    return separator.join(look.pad + painted_parts(parts, look) + look.pad for _, parts in row)


def painted_parts(parts, look, background=""):
    """The text of parts `(style, text)` or `(style, text, url)`; a style may be several names, one space between them."""
    line = ""
    for style, text, *link in parts:
        codes = [look.styles[name] for name in style.split(" ") if look.styles.get(name)]
        if style == "track" and "groove" in look.styles and text[:1] == look.glyphs["empty"]:
            # The empty part of a bar as a background, against which a cell that is partly filled leaves no gap.
            text, codes = " " * len(text), [look.styles["groove"]]  # noqa: PLW2901
        shown = styled(text, ";".join([background, *codes] if background else codes))
        line += f"\x1b]8;;{link[0]}\x1b\\{shown}\x1b]8;;\x1b\\" if link and look.links and is_web_address(link[0]) else shown
    return line


def is_web_address(url):
    """Whether `url` may stand in an OSC 8 link: http or https, and nothing in it that a terminal could act on."""
    return isinstance(url, str) and url.startswith(("https://", "http://")) and url.isascii() and url.isprintable() and len(url) < 2000


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
    return type(code) is str and len(code) < 64 and code.isascii() and code.replace(";", "").isdigit()


def _glyph(value, fallback):
    """A theme's own text: as it is where a terminal takes it for text, which private characters (icon fonts) are, too."""
    if type(value) is not str or len(value) > 16:
        return fallback
    if value.isprintable():
        return value
    return value if all(char.isprintable() or 0xE000 <= ord(char) <= 0xF8FF for char in value) else fallback


def _dict(mapping, name):
    found = mapping.get(name)
    return found if type(found) is dict else {}
