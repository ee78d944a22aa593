"""The user's own themes: `themes/NAME.toml` beside config.toml.

A project can move the directory by a variable, so nothing in it is trusted. A theme sets colors,
which become SGR codes here, and short texts of visible characters.
"""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from usageline import themes
from usageline.config import file
from usageline.config.appearance_types import BAR_TYPES, Color, Glyphs, Style
from usageline.config.problem import quote
from usageline.config.reporter import MAX_NAME, Reporter, is_name
from usageline.config.types import Choice, Flag, InvalidValue, Key, Text, keyed
from usageline.core.freshness import file_fingerprint
from usageline.core.text import sanitize
from usageline.core.vocabulary import GLYPHS
from usageline.system import origin
from usageline.themes import colors, contrast, default
from usageline.themes.theme import STYLES, Palette, Theme, with_visible_bars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from usageline.config.problem import Problem

MAX_THEMES = 64
MAX_COLORS = 64
FOLDER, SUFFIX = "themes", ".toml"
MAX_SEPARATOR_CELLS = 12
MAX_GLYPH_CELLS = 4

TOP = keyed(
    Key("about", Text(80), "", "a few words for `usageline config themes`"),
    Key("base", Choice(*themes.NAMES), "default", "the theme with all that this one does not set"),
    Key("separator", Glyphs(MAX_SEPARATOR_CELLS), None, "text between two segments"),
    Key("adjust", Flag(), True, "change the lightness of colors that are hard to read"),
)
TABLES = {
    "palette": "names for colors, which the styles below can use",
    "styles": "styles on any background",
    "dark": "styles on a dark background, and that `background`, to measure the contrast",
    "light": "the same on a light background",
    "glyphs": "glyphs",
}
"""The tables, and what each has."""

GLYPH_KEYS = {
    name: Key(name, BAR_TYPES.get(name, Glyphs(MAX_GLYPH_CELLS)), None, name) for name in GLYPHS
}
BACKGROUND = Key("background", Color(), None, "the background")


_environment: ContextVar[Mapping[str, str]] = ContextVar("environment", default=os.environ)


@contextlib.contextmanager
def of(env: Mapping[str, str]) -> Iterator[None]:
    """Find themes beside the config.toml of `env`, instead of this process's environment."""
    token = _environment.set(env)
    try:
        yield
    finally:
        _environment.reset(token)


def names() -> list[str]:
    """Return the names of the user's themes in order, at most MAX_THEMES."""
    return [name for name in _file_names() if is_usable(name)][:MAX_THEMES]


def all_names() -> list[str]:
    """Return the names of usageline's themes and of the user's."""
    return [*themes.NAMES, *names()]


def unused_files() -> list[str]:
    """Return a sentence for each theme file that cannot be used because of its name."""
    unused = [name for name in _file_names() if not is_usable(name)][:MAX_THEMES]
    return [
        f"the built-in theme {name} is used instead of {FOLDER}/{name}{SUFFIX}: "
        "give that file another name"
        if name in themes.NAMES
        else f"the theme file {quote(name + SUFFIX)} is not used: "
        f"give it a name of at most {MAX_NAME} small letters, digits, - and _"
        for name in unused
    ]


# tried by: tests/config
def _file_names() -> list[str]:
    """Return the names of all files of themes in order, without the suffix."""
    try:
        entries = os.listdir(_directory())
    except (OSError, ValueError, LookupError):
        return []
    return sorted(entry.removesuffix(SUFFIX) for entry in entries if entry.endswith(SUFFIX))


def stamp(name: str) -> str:
    """Return the fingerprint of a theme's file, "" without one."""
    if not is_usable(name):
        return ""
    try:
        return file_fingerprint(f"{_directory()}/{name}{SUFFIX}")
    except LookupError:  # no home
        return ""


def find(name: str) -> Theme:
    """Return usageline's or the user's theme of that name.

    Raise KeyError if there is none, and ThemeInvalid if it has a mistake.
    """
    if not stamp(name):
        return themes.find(name)
    theme, problems = _load(_directory(), name, stamp(name))
    if theme is None:
        raise ThemeInvalid([problem.message(f"{FOLDER}/{name}{SUFFIX}") for problem in problems])
    return theme


class ThemeInvalid(Exception):
    """The file of a theme has `mistakes`, each with its file and line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class ThemeName(Choice):
    """The name of one of usageline's themes or of the user's."""

    def read(self, value: object) -> str:
        """Return the name. The user's theme must be valid, too."""
        if not isinstance(value, str) or not stamp(value):
            return Choice(*all_names()).read(value)
        try:
            find(value)
        except ThemeInvalid as invalid:
            raise InvalidValue("a valid theme", value, messages=invalid.mistakes) from None
        return value


def is_usable(name: str) -> bool:
    """Return whether a user's theme may have that name."""
    return is_name(name) and name == name.lower() and name not in themes.NAMES


def _directory() -> str:
    return f"{origin.config_file(_environment.get()).rpartition('/')[0]}/{FOLDER}"


# tried by: tests/config
@lru_cache(maxsize=MAX_THEMES)
def _load(directory: str, name: str, _stamp: str) -> tuple[Theme | None, list[Problem]]:
    """Return a theme, None if its file has a problem, and its problems by line."""
    try:
        text = file.read_text(f"{directory}/{name}{SUFFIX}") or ""
        table = file.parse(text)
    except file.UnusableFile as unusable:
        return None, [unusable.problem]
    reader = _Reader(text)
    values = reader.whole(table)
    reader.problems.sort(key=lambda problem: problem.line or 0)
    return (None if reader.problems else _theme(name, values)), reader.problems


class _Reader(Reporter):
    def whole(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """Return the valid values, with `palette` replaced in the styles."""
        values: dict[str, Any] = {name: key.default for name, key in TOP.items()}
        tables = dict(self.tables(table, TOP, TABLES, values))
        names = self.palette(tables.pop("palette", {}))
        styles = {name: Key(name, Style(palette=names), None, name) for name in STYLES}
        for name, entries in tables.items():
            keys = GLYPH_KEYS if name == "glyphs" else styles
            if name in {"dark", "light"}:
                keys = {**styles, BACKGROUND.name: BACKGROUND}
            values[name] = self.table((name,), entries, keys)
        return values

    def palette(self, table: Mapping[str, Any]) -> dict[str, str]:
        """Return the colors by name."""
        names: dict[str, str] = {}
        for name, value in table.items():
            path = ("palette", name)
            if name in colors.WORDS or name != name.lower() or not name.isidentifier():
                self.report(path, "a new name of small letters, digits and _ is allowed")
            elif len(names) >= MAX_COLORS:
                self.report(path, f"at most {MAX_COLORS} colors are allowed")
            else:
                self.value(Key(name, Color(), None, ""), path, value, names)
        return names


def _theme(name: str, values: Mapping[str, Any]) -> Theme:
    base = themes.find(values["base"])
    dark, light = (
        _palette(base, before, values, mode)
        for before, mode in zip(base.palettes(), ("dark", "light"), strict=True)
    )
    separator = values["separator"]
    return base._replace(
        name=name,
        about=sanitize(values["about"]),
        dark=dark or light or base.dark,
        light=light if dark else None,
        only="" if dark and light else "dark" if dark else "light",
        separator=base.separator if separator is None else separator,
        glyphs={**base.glyphs, **values.get("glyphs", {})},
    )


def _palette(
    base: Theme, before: Palette | None, values: Mapping[str, Any], mode: str
) -> Palette | None:
    """Return the palette for `dark` or `light` backgrounds, None if neither theme has one."""
    own = dict(values.get(mode, {}))
    if before is None:
        if not own:
            return None
        before = default.LIGHT if mode == "light" else default.DARK
    background = own.pop("background", None)
    changed = with_visible_bars({**values.get("styles", {}), **own}, values.get("glyphs", {}))
    palette = Palette(
        {**before.styles, **changed},
        _without(before.sixteen, changed),
        _without(before.of_256, changed),
    )
    if not values["adjust"]:
        return palette
    light = mode == "light"
    fitted = contrast.fit(palette.styles, _backgrounds(base, background, light=light), light=light)
    return Palette(fitted.styles, palette.sixteen, {**fitted.of_256, **palette.of_256})


def _backgrounds(base: Theme, background: str | None, *, light: bool) -> Iterable[str]:
    blocks = base.light_blocks if light else base.blocks
    if blocks:
        return [block.color for block in blocks.values()]
    if background is not None:
        return [background]
    return contrast.LIGHT_BACKGROUNDS if light else contrast.DARK_BACKGROUNDS


def _without(specs: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    return {style: spec for style, spec in specs.items() if style not in changed}
