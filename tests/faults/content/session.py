"""Draw a session with a text in any place that others can set."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.content.fuzz.drawn import NOW, ROWS
from tests.faults.content.judge import WRITTEN
from usageline.cli.config import sample
from usageline.jobs import ansi
from usageline.line import chain, render, view

Place = tuple[str, ...]
"""Where a text is put: the kind of input, and the path in it."""

PAYLOAD_PLACES = (
    *(
        ("model", "display_name"),
        ("model", "id"),
        ("effort", "level"),
        ("output_style", "name"),
        ("vim", "mode"),
        ("agent", "name"),
    ),
    *(
        ("version",),
        ("cwd",),
        ("worktree", "name"),
        ("pr", "url"),
        ("pr", "review_state"),
        ("session_id",),
    ),
)
"""The texts in the payload."""

SNAPSHOT_PLACES = (
    *(
        ("plan",),
        ("detail",),
        ("status",),
        ("limits", "label"),
        ("limits", "kind"),
        ("limits", "severity"),
    ),
    *(
        ("credits", "label"),
        ("credits", "currency"),
        ("credits", "disabled_reason"),
        ("alerts", "label"),
        ("alerts", "kind"),
    ),
)
PLACES: list[Place] = [
    *(("payload", *place) for place in PAYLOAD_PLACES),
    *(("snapshot", *place) for place in SNAPSHOT_PLACES),
]
PLACES += [
    ("git", "branch"),
    ("git", "state"),
    ("config", "text"),
    ("config", "problem"),
    ("chain", "output"),
    ("env", "HOME"),
]


class Session:
    """A session as the line reads it, with a text in some of PLACES."""

    def __init__(self, text: str, places: list[Place]) -> None:
        self.text = text
        self.payload = json.loads(json.dumps(sample.payload(NOW)))
        self.payload.pop("workspace")
        self.snapshot = json.loads(json.dumps(sample.snapshot(NOW, light=False)))
        self.git: dict[str, Any] = dict(sample.GIT)
        self.rows: list[list[tuple[str, dict[str, Any]]]] = [[*row] for row in ROWS]
        self.configured: dict[str, Any] = {}
        self.chained: Any = ()
        self.home = sample.HOME
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
        seen = view.build(self.payload, self.snapshot, sample.STAMP, {"HOME": self.home}, NOW)
        seen.git = self.git
        whole = {
            **self.configured,
            "rows": self.rows,
            "theme": WRITTEN[theme, nerd_font][0],
            "color": color,
            **more,
        }
        rows: list[str] = render.render(
            seen, whole, {"COLUMNS": str(columns), "TERM": "xterm"}, self.chained
        )
        return rows

    def _put_payload(self, *path: str) -> None:
        inner = self.payload
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = ("/" + self.text) if path == ("cwd",) else self.text
        if path == ("model", "id"):
            self.payload["model"].pop("display_name", None)

    def _put_snapshot(self, *path: str) -> None:
        for row in self.snapshot[path[0]] if len(path) > 1 else [self.snapshot]:
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
        self.chained = chain._rows(ansi.rows(self.text.encode("utf-8", "surrogatepass")))

    def _put_env(self, _name: str) -> None:
        self.home = "/" + self.text
