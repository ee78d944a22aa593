"""Generate the tables and the recipes' lines of docs/CONFIGURATION.md and docs/THEMES.md.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.configuration`

Below each recipe (```toml) its line is drawn (```text).
"""

from __future__ import annotations

import os
import re
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from tools.markdown import replaced, rewrite, table
from usageline import themes
from usageline.cli.config import preview, sample
from usageline.config import profiles
from usageline.config.schema import PROFILE, PROFILE_OVERRIDES, TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.template import toml_value
from usageline.config.validate import validate
from usageline.system.paths import Paths
from usageline.themes.palettes import PALETTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from usageline.config.types import Key

FILES = tuple(
    Path(__file__).parent.parent / "docs" / name for name in ("CONFIGURATION.md", "THEMES.md")
)
COMMON = ("label", "style", "priority", "hide")
"""Options that every segment has."""

RECIPE = re.compile(r"```toml\n(?P<toml>.*?)```\n\n```text\n(?P<line>.*?)```", re.DOTALL)
COLUMNS = 160
DRAWN_AT = 1_790_000_000
"""When the recipes' lines are drawn: any time will do, if it is always the same."""

DRAWN_IN = {"HOME": "/nonexistent", "NO_COLOR": "1", "TERM": "xterm-256color"}


def written(text: str) -> str:
    """Return the file with its tables and lines replaced."""
    return RECIPE.sub(
        lambda match: f"```toml\n{match['toml']}```\n\n```text\n{drawn(match['toml'])}```",
        replaced(text, _table),
    )


def drawn(toml: str, env: Mapping[str, str] = DRAWN_IN) -> str:
    """Return the line that a configuration draws from the preview's sample data."""
    values = validate(toml).values
    with (
        _drawing_time(),
        mock.patch.object(preview, "sample", _Sample(values.table("alerts")["thresholds"])),
    ):
        rows = preview.rows(profiles.apply(values, Paths(env)), env, COLUMNS)
    return "".join(f"{row.removeprefix(preview.INDENT)}\n" for row in rows)


@contextmanager
def _drawing_time() -> Iterator[None]:
    with (
        mock.patch("time.time", return_value=float(DRAWN_AT)),
        mock.patch.dict(os.environ, TZ="UTC"),
    ):
        time.tzset()
        yield
    time.tzset()


class _Sample:
    """The preview's sample data, with its alert at the highest of `thresholds` that it reached."""

    def __init__(self, thresholds: list[int]) -> None:
        self._thresholds = thresholds

    def __getattr__(self, name: str) -> Any:
        return getattr(sample, name)

    def snapshot(self, now: float, *, light: bool) -> dict[str, Any]:
        """Return the sample's snapshot at `now` (epoch s)."""
        snapshot = sample.snapshot(now, light=light)
        reached = [
            {**alert, "threshold": max(at for at in self._thresholds if at <= alert["percent"])}
            for alert in snapshot["alerts"]
            if any(at <= alert["percent"] for at in self._thresholds)
        ]
        return {**snapshot, "alerts": reached}


def _table(name: str) -> str:
    if name == "top":
        return _keys(TOP.values())
    if name == "profiles":
        return _keys(key for key in PROFILE.values() if key.name not in PROFILE_OVERRIDES)
    if name == "themes":
        abouts = ((f"`{theme}`", themes.find(theme).about) for theme in themes.NAMES)
        return table(("theme", "appearance"), abouts)
    if name == "adjusted":
        return _adjusted()
    if name == "common":
        return _keys(key for key in options_of("model").values() if key.name in COMMON)
    if name == "segments":
        return _segments()
    if name == "options":
        return _options()
    if name in {"styles", "glyphs"}:
        documented = TABLES[name][0].values()
        return table(("key", "used for"), ((f"`{key.name}`", key.doc) for key in documented))
    return _keys(TABLES[name][0].values())


def _segments() -> str:
    rows = [
        (
            f"`{kind}`",
            segment.doc,
            segment.label and f"`{segment.label}`",
            ", ".join(f"`{key.name}`" for key in segment.options),
        )
        for kind, segment in SEGMENTS.items()
    ]
    return table(("segment", "shows", "label", "options"), rows)


def _adjusted() -> str:
    """Return the table of the colors that are not as their authors published them."""
    names: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    styles: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for published in PALETTES:
        for background, fitted in zip(("dark", "light"), published.fitted(), strict=True):
            for style, before, after in fitted.changes if fitted else ():
                change = (background, f"`{before}`", f"`{after}`")
                names[change][f"`{published.name}`"] = None
                styles[change][style] = None
    rows = [
        (", ".join(names[change]), change[0], ", ".join(styles[change]), *change[1:])
        for change in names
    ]
    return table(("theme", "on", "styles", "published", "shown"), rows)


def _options() -> str:
    """Return one table of the segments' options. Options with the same meaning share a row."""
    shared: dict[tuple[str, str, str], dict[str, str]] = {}
    for kind, segment in SEGMENTS.items():
        for key in segment.options:
            meaning = (key.name, key.type.allowed, key.doc)
            shared.setdefault(meaning, {})[kind] = toml_value(key.default)
    rows = [
        (f"`{name}`", ", ".join(map("`{}`".format, defaults)), allowed, _defaults(defaults), doc)
        for (name, allowed, doc), defaults in shared.items()
    ]
    return table(("option", "of", "allowed", "default", "effect"), rows)


def _defaults(defaults: dict[str, str]) -> str:
    """Return the default of an option, with the segments that have another one."""
    usual, *others = dict.fromkeys(defaults.values())
    cells = [f"`{usual}`"]
    for other in others:
        kinds = ", ".join(kind for kind, value in defaults.items() if value == other)
        cells.append(f"{kinds}: `{other}`")
    return "; ".join(cells)


def _keys(keys: Iterable[Key]) -> str:
    rows = []
    for key in keys:
        default = "" if key.default is None else f"`{toml_value(key.default)}`"
        rows.append((f"`{key.name}`", key.type.allowed, default, key.doc))
    return table(("key", "allowed", "default", "effect"), rows)


if __name__ == "__main__":
    for file in FILES:
        rewrite(file, written)
