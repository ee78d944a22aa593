"""Show texts and bars of the commands in the theme, the colors and the clock of the line."""

from __future__ import annotations

import contextlib
import math
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rich.style import Style
from rich.text import Text

from usageline import themes
from usageline.config.compile import compile_config
from usageline.core import formatting, freshness
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize, sanitize_ascii
from usageline.line import _defaults, segments, settings, view
from usageline.line.theme import TerminalTheme, color_depth, painted_parts
from usageline.system.paths import Paths
from usageline.system.terminal import output_encoding, output_env
from usageline.themes.theme import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


RICH_DEPTHS = {"": None, "16": "standard", "256": "256", "true": "truecolor"}
"""What rich calls the numbers of colors."""


class Appearance:
    """The theme as this terminal shows it, with the user's colors and clock.

    `depth` is the number of colors by its name in the line, "" without colors. `theme_name` is the
    name of the theme.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        snapshot: Mapping[str, Any] | None = None,
        configured: Mapping[str, Any] | None = None,
        theme: dict[str, Any] | None = None,
    ) -> None:
        self.configured = line_config(env) if configured is None else configured
        snapshot = snapshot or {}
        self.is_light = {"light": True, "dark": False}.get(str(snapshot.get("appearance")))
        palette = snapshot.get("palette")
        theme = theme or _theme(self.configured, is_color_blind=palette == "daltonized")
        color = self.configured.get("color", "auto")
        if output_encoding(env) != "utf-8":
            ascii_glyphs = resolve(themes.find("ascii"))["glyphs"]
            theme = {**theme, "glyphs": ascii_glyphs}
        terminal = TerminalTheme(
            theme, env, color=color, is_light=self.is_light, ansi=palette == "ansi"
        )
        self.terminal = terminal
        self.theme_name = str(theme.get("name", "default"))
        self.depth = color_depth(env, color)
        self.half_days = self.configured.get("clock") == "12h"
        self.ascii = terminal.ascii
        self._styles: dict[str, Style] = {}

    @property
    def color_system(self) -> Any:
        """Return the number of colors in rich's words, None without colors."""
        return RICH_DEPTHS[self.depth]

    def style(self, name: str) -> Style:
        """Return rich's style for one or more styles of a theme, with spaces between them."""
        if name not in self._styles:
            codes = [self.terminal.styles.get(word, "") for word in name.split()]
            code = ";".join(filter(None, codes))
            sample = Text.from_ansi(f"\x1b[{code}mx\x1b[0m") if code else Text("x")
            style = sample.spans[0].style if sample.spans else Style()
            self._styles[name] = Style.parse(style) if isinstance(style, str) else style
        return self._styles[name]

    def text(self, value: object, style: str = "plain") -> Text:
        """Return sanitized text in a style of the theme, without markup."""
        words = str("" if value is None else value)
        return Text(sanitize_ascii(words) if self.ascii else sanitize(words), self.style(style))

    def number(self, percent: float | None, severity: str, cells: int = 0) -> Text:
        """Return a percentage at the right of that many cells; without one the sign for that."""
        if percent is None:
            return self.text(f"{self.terminal.glyphs['unknown']:>{cells}}")
        return self.text(f"{f'{math.floor(percent)}%':>{cells}}", severity)

    def bar(
        self, percent: float | None, cells: int, severity: str, mark: float | None = None
    ) -> Text:
        """Return the line's bar, with a mark at that percentage if it is not None.

        Without a percentage or a cell it is blank.
        """
        if percent is None or not cells:
            return Text(" " * cells)
        return self.parts(segments.bar(percent, cells, self.terminal.glyphs, severity, mark))

    def parts(self, parts: Iterable[tuple[str, ...]]) -> Text:
        """Return the parts of a segment, as the line paints them."""
        return Text.from_ansi(painted_parts(list(parts), self.terminal))

    def context(self, snapshot: dict[str, Any] | None, credentials: Any, now: float) -> Any:
        """Return the line's context of a snapshot, with the user's clock."""
        ctx = view.build(None, snapshot, credentials, {}, now)
        return ctx.replaced(half_days=self.half_days)

    def clock(self, at: float, now: float) -> str:
        """Return the time of `at` in the format of the configuration."""
        return formatting.clock(at, now, half_days=self.half_days)


def joined(parts: Iterable[tuple[str, Style | str]]) -> Text:
    """Return parts `(text, style)` as one text, with one span for each run of a style."""
    runs = groupby(parts, key=itemgetter(1))
    return Text.assemble(*(("".join(part for part, _ in run), style) for style, run in runs))


def line_config(env: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration as the line reads it; compile it first if it changed."""
    try:
        stamp = freshness.file_fingerprint(Paths(env).config_file)
    except LookupError:
        return {}
    if not stamp:
        return {}
    configured, is_old = settings.load(env, stamp)
    if is_old:
        # A disk that cannot be written leaves the last configuration.
        with contextlib.suppress(OSError, UsagelineError):
            compile_config(env)
        configured, _ = settings.load(env, stamp)
    return configured


def plain() -> Appearance:
    """Return the default appearance without colors, on a terminal with Unicode."""
    return Appearance({"NO_COLOR": "1", "LANG": "C.UTF-8"}, configured={})


def current(snapshot: Mapping[str, Any] | None = None) -> Appearance:
    """Return the appearance for output to stdout."""
    return Appearance(output_env(), snapshot)


def _theme(configured: Mapping[str, Any], *, is_color_blind: bool) -> dict[str, Any]:
    """Return the theme that the line uses, by the rule of `usageline.line.render`."""
    theme: dict[str, Any] = configured.get("theme", _defaults.THEME)
    if is_color_blind and "theme_daltonized" in configured:
        theme = configured["theme_daltonized"]
    elif is_color_blind and not ("theme" in configured or configured.get("theme_chosen")):
        theme = resolve(themes.find(themes.COLOR_BLIND_SAFE))
    return theme
