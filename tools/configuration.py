"""Generate the tables and the recipes' lines of docs/CONFIGURATION.md.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.configuration`

A table is between `<!-- NAME -->` and `<!-- end -->`; the text around it is written by hand.
Below each recipe (```toml) its line is drawn (```text).
"""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

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

FILE = Path(__file__).parent.parent / "docs" / "CONFIGURATION.md"
COMMON = ("label", "style", "priority", "hide")
"""Options that every segment has."""

RECIPE = re.compile(r"```toml\n(?P<toml>.*?)```\n\n```text\n(?P<line>.*?)```", re.DOTALL)
COLUMNS = 160
DRAWN_AT = 1_790_000_000
"""When the recipes' lines are drawn: any time will do, if it is always the same."""

DRAWN_IN = {"HOME": "/nonexistent", "NO_COLOR": "1", "TERM": "xterm-256color"}


def written(text: str) -> str:
    """Return the file with its tables and lines replaced."""
    text = re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda match: match[1] + "\n" + _table(match[2]) + "\n" + match[3],
        text,
        flags=re.DOTALL,
    )
    return RECIPE.sub(
        lambda match: f"```toml\n{match['toml']}```\n\n```text\n{drawn(match['toml'])}```", text
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
        return _rows(
            ("theme", "appearance"),
            ((f"`{theme}`", themes.find(theme).about) for theme in themes.NAMES),
        )
    if name == "adjusted":
        return _adjusted()
    if name == "common":
        return _keys(key for key in options_of("model").values() if key.name in COMMON)
    if name == "segments":
        return _rows(
            ("segment", "shows", "label", "options"),
            (
                (
                    f"`{kind}`",
                    segment.doc,
                    segment.label and f"`{segment.label}`",
                    ", ".join(f"`{key.name}`" for key in segment.options),
                )
                for kind, segment in SEGMENTS.items()
            ),
        )
    if name == "options":
        return _options()
    if name in {"styles", "glyphs"}:
        return _rows(
            ("key", "used for"), ((f"`{key.name}`", key.doc) for key in TABLES[name][0].values())
        )
    return _keys(TABLES[name][0].values())


def _adjusted() -> str:
    """Return the table of the colors that are not as their authors published them."""
    names: dict[tuple[str, str, str], list[str]] = {}
    styles: dict[tuple[str, str, str], list[str]] = {}
    for published in PALETTES:
        for background, fitted in zip(("dark", "light"), published.fitted(), strict=True):
            for style, before, after in fitted.changes if fitted else ():
                change = (background, before, after)
                names.setdefault(change, []).append(published.name)
                styles.setdefault(change, []).append(style)
    return _rows(
        ("theme", "on", "styles", "published", "shown"),
        (
            (
                ", ".join(f"`{name}`" for name in dict.fromkeys(names[change])),
                change[0],
                ", ".join(dict.fromkeys(styles[change])),
                f"`{change[1]}`",
                f"`{change[2]}`",
            )
            for change in names
        ),
    )


def _options() -> str:
    """Return one table of the segments' options. Options with the same meaning share a row."""
    shared: dict[tuple[str, str, str], dict[str, str]] = {}
    for kind, segment in SEGMENTS.items():
        for key in segment.options:
            shared.setdefault((key.name, key.type.allowed, key.doc), {})[kind] = toml_value(
                key.default
            )
    return _rows(
        ("option", "of", "allowed", "default", "effect"),
        (
            (
                f"`{name}`",
                ", ".join(f"`{kind}`" for kind in defaults),
                allowed,
                _defaults(defaults),
                doc,
            )
            for (name, allowed, doc), defaults in shared.items()
        ),
    )


def _defaults(defaults: dict[str, str]) -> str:
    """Return the default of an option, with the segments that have another one."""
    usual, *others = dict.fromkeys(defaults.values())
    cells = [f"`{usual}`"]
    for other in others:
        kinds = ", ".join(kind for kind, value in defaults.items() if value == other)
        cells.append(f"{kinds}: `{other}`")
    return "; ".join(cells)


def _keys(keys: Iterable[Key]) -> str:
    return _rows(
        ("key", "allowed", "default", "effect"),
        (
            (
                f"`{key.name}`",
                key.type.allowed,
                "" if key.default is None else f"`{toml_value(key.default)}`",
                key.doc,
            )
            for key in keys
        ),
    )


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8")), encoding="utf-8")
