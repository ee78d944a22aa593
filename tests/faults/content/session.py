"""A session with hostile text in any place that takes text from outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.faults.content.fuzz.drawn import NOW, ROWS
from tests.faults.content.judge import WRITTEN
from usageline.cli.config import sample
from usageline.config.segments import SEGMENTS, Segment
from usageline.jobs import ansi
from usageline.line import chain, render, view

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Place = tuple[str, ...]
"""The place of a text: the kind of input, and the path in it."""


def texts(sample: Mapping[str, Any], path: Place = ()) -> Iterator[Place]:
    """Yield the paths of the texts in a sample, without the indexes of lists."""
    for name, value in sample.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if isinstance(row, str):
                yield (*path, name)
            elif isinstance(row, dict):
                yield from texts(row, (*path, name))


def places_of(segment: Segment) -> list[Place]:
    """Return the places of a segment's texts: all texts in its sample."""
    return [
        (source, *path)
        for source, sample in segment.sample._asdict().items()
        for path in texts(sample)
    ]


OTHER_PLACES: tuple[Place, ...] = (
    ("payload", "session_id"),
    ("snapshot", "limits", "severity"),
    ("config", "text"),
    ("config", "problem"),
    ("chain", "output"),
    ("env", "HOME"),
)
"""Texts that no segment reads."""

PLACES = list(
    dict.fromkeys(
        [
            *(place for segment in SEGMENTS.values() for place in places_of(segment)),
            *OTHER_PLACES,
        ]
    )
)


class Session:
    """A session as the line reads it, with a text in some of PLACES."""

    def __init__(self, text: str, places: list[Place]) -> None:
        self.text = text
        self.payload = json.loads(json.dumps(sample.payload(NOW)))
        self.snapshot = json.loads(json.dumps(sample.snapshot(NOW, light=False)))
        self.git: dict[str, Any] = dict(sample.GIT)
        self.rows: list[list[tuple[str, dict[str, Any]]]] = [[*row] for row in ROWS]
        self.configured: dict[str, Any] = {}
        self.chained: Any = ()
        self.home = sample.HOME
        if len(places) == 1:
            self._clear_beside(places[0])
        for where, *path in places:
            getattr(self, f"_put_{where}")(*path)

    def drawn(
        self,
        theme: str,
        *,
        nerd_font: bool = False,
        color: str = "256",
        columns: int = 120,
        **more: Any,
    ) -> list[str]:
        """Return the drawn rows."""
        context = view.build(self.payload, self.snapshot, sample.STAMP, {"HOME": self.home}, NOW)
        context = context.replaced(git=self.git, local=sample.LOCAL)
        whole = {
            **self.configured,
            "rows": self.rows,
            "theme": WRITTEN[theme, nerd_font][0],
            "color": color,
            **more,
        }
        rows: list[str] = render.render(
            context, whole, {"COLUMNS": str(columns), "TERM": "xterm"}, self.chained
        )
        return rows

    def _clear_beside(self, place: Place) -> None:
        """Remove the payload's other texts of the same segment: it may read this one only then."""
        for segment in SEGMENTS.values():
            own = places_of(segment)
            for source, *path, last in own if place in own else ():
                if source == "payload" and (source, *path, last) != place:
                    _at(self.payload, path).pop(last, None)

    def _put_payload(self, *path: str) -> None:
        inner = _at(self.payload, path[:-1])
        is_path = str(inner.get(path[-1], "")).startswith("/")
        inner[path[-1]] = "/" + self.text if is_path else self.text

    def _put_snapshot(self, *path: str) -> None:
        value = self.snapshot[path[0]] if len(path) > 1 else self.snapshot
        for row in value if isinstance(value, list) else [value]:
            row[path[-1]] = self.text[:8] if path[-1] == "currency" else self.text
            if path[-1] == "disabled_reason":
                row["enabled"] = False

    def _put_git(self, name: str) -> None:
        self.git[name] = self.text

    def _put_config(self, name: str) -> None:
        if name == "problem":
            self.configured["problem"] = self.text
        else:
            own = {"text": self.text, "label": self.text, "style": self.text}
            self.rows[0] += [("text", own), ("account", own)]

    def _put_chain(self, _name: str) -> None:
        self.chained = chain.checked_rows(
            ansi.parse_rows(self.text.encode("utf-8", "surrogatepass"))
        )

    def _put_env(self, _name: str) -> None:
        self.home = "/" + self.text


def _at(table: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    for name in path:
        table = table.setdefault(name, {})
    return table
