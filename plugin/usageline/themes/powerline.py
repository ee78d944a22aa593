"""Segments as blocks of color, with arrows between them if there is a Nerd Font."""

from usageline.themes.theme import Block, Palette, Theme

DARK = Palette.of(
    {
        "plain": "#d7dae0",
        "label": "#d3d7de",
        "name": "bold #ffffff",
        "quiet": "#cdd2da",
        "normal added": "#a5e0a9",
        "warning": "#ffd87a",
        "critical": "bold #ff9d95",
        "track": "#77808f",
        "groove": "on #56616f",
        "mark directory branch": "#ffffff",
        "separator": "#9aa3b1",
        "removed": "#ff9d95",
        "link": "underline #d5e9ff",
        "alert": "bold #ffd87a",
    },
    {
        "plain label quiet mark directory branch": "bright-white",
        "name": "bold bright-white",
        "normal added": "bright-green",
        "warning": "bright-yellow",
        "critical": "bold bright-red",
        "track separator": "white",
        "groove": "",
        "removed": "bright-red",
        "link": "underline bright-cyan",
        "alert": "bold bright-yellow",
    },
    # The only dark teal of the 256 colors is not dark enough for a stronger red.
    {"critical": "bold 224", "removed": "224"},
)

LIGHT = Palette.of(
    {
        "plain": "#343a44",
        "label quiet": "#4a515d",
        "name": "bold #10151c",
        "normal added": "#0a5c2b",
        "warning": "#5f5200",
        "critical": "bold #9c0f0b",
        "track": "#8a94a3",
        "groove": "on #b3bbc6",
        "mark directory branch": "#10151c",
        "separator": "#7d8795",
        "removed": "#9c0f0b",
        "link": "underline #0b4a8f",
        "alert": "bold #5f5200",
    },
    {
        "plain label quiet mark directory branch normal added": "black",
        "name warning alert": "bold black",
        "critical": "bold red",
        "track separator": "bright-black",
        "groove": "",
        "removed": "red",
        "link": "underline blue",
    },
)


def _blocks(**colors: tuple[str, ...]) -> dict[str, Block]:
    """Return the blocks of all segments: the parts of a `Block` by the name of its color."""
    blocks = {name: Block(*pair) for name, pair in colors.items()}
    return {kind: blocks[name] for kind, name in _KINDS.items()}


_KINDS = {
    "*": "ink",
    **dict.fromkeys(("model", "directory"), "blue"),
    **dict.fromkeys(("effort", "context", "weekly", "forecast", "clock", "text"), "slate"),
    **dict.fromkeys(("session", "credits"), "teal"),
    **dict.fromkeys(("git", "worktree", "account"), "plum"),
    "alerts": "red",
    "status": "gray",
}

THEME = Theme(
    "powerline",
    "blocks of color, with arrows between them if nerd_font = true",
    DARK,
    LIGHT,
    pad=" ",
    blocks=_blocks(
        ink=("#262b33", "black"),
        blue=("#005f87", "blue"),
        slate=("#303a46", "black"),
        teal=("#0b4a50", "black", "23"),
        plum=("#4a2a5e", "magenta"),
        red=("#5f0000", "black"),
        gray=("#3b3b3b", "black"),
    ),
    light_blocks=_blocks(
        ink=("#e9ebf0", "white"),
        blue=("#b8d7f5", "cyan"),
        slate=("#dbe0e7", "white"),
        teal=("#c2e5e1", "bright-white"),
        plum=("#e3d3f0", "white"),
        red=("#ffd5cf", "bright-yellow"),
        gray=("#e2e2e2", "white"),
    ),
)
