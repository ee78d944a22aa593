"""Read what the dashboard shows: the snapshot, the history, the log and the other accounts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline import themes
from usageline.cli import profile_accounts
from usageline.cli.appearance import Appearance, line_config
from usageline.cli.dashboard import model
from usageline.cli.formatting import capitalized
from usageline.cli.history import cost
from usageline.cli.live import Refreshes
from usageline.cli.usage.result import cost_text
from usageline.config.schema import MIN_INTERVAL_S
from usageline.core import background, formatting, freshness, jobs, json_file, windows
from usageline.core.alert_text import brief_cost_text
from usageline.core.errors import UsagelineError
from usageline.line import local
from usageline.storage import history, refresh_log
from usageline.storage.usage_index import database
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines
from usageline.themes.theme import resolve
from usageline.usage.values import epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.dashboard.model import View
    from usageline.cli.history.cost import Costs

MAX_LOG_LINES = 2000
REFRESH_TIMEOUT_S = 20
"""A refresh ends itself after 10 s."""

ASKING = re.compile(r"(oauth|client): (ok|[a-z-]+ \(\d{3}\))")
"""Entries of the log that stand for a request: a source that was asked answered."""

MAX_MODELS = 12
"""Further models are shown as one."""


class Data:
    """All that the dashboard reads, for one profile."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self._refreshes = Refreshes(env)
        self._theme: str | None = None
        self._read: dict[str, object] = {}
        self.past = model.Past()
        self.today: model.Today | None = None

    def snapshot(self) -> dict[str, Any] | None:
        """Return the published snapshot, or None."""
        return json_file.json_file(Paths(self.env).snapshot)

    def look(self, snapshot: dict[str, Any] | None) -> Appearance:
        """Return the appearance: the line's, or that of the theme chosen here."""
        chosen = None if self._theme is None else resolve(themes.find(self._theme))
        return Appearance(self.env, snapshot, line_config(self.env), chosen)

    def next_theme(self) -> str:
        """Choose the next theme until the end of this program; return its name."""
        names = list(themes.NAMES)
        current = self._theme or self.look(self.snapshot()).theme_name
        self._theme = (
            names[(names.index(current) + 1) % len(names)] if current in names else names[0]
        )
        return self._theme

    def view(self, snapshot: dict[str, Any] | None, look: Appearance, now: float) -> View:
        """Return what to show now. Start a refresh if one is due."""
        credentials = freshness.file_fingerprint(Paths(self.env).claude_credentials)
        note = self._refreshes.start_if_due(snapshot, credentials, now)
        rows = profile_accounts.all_profiles(self.env)
        own = next((row for row in rows if row.is_current), None)
        return model.build(
            snapshot,
            credentials,
            now,
            look,
            self.past,
            label=own.name if own else "",
            note=note,
            accounts=[model.account(row, now) for row in rows] if len(rows) > 1 else [],
            today=self.today,
        )

    def needs_history(self, snapshot: dict[str, Any] | None, now: float) -> bool:
        """Return whether the history is older than the snapshot, or than a minute."""
        return self._is_new("history", (snapshot or {}).get("observed_at"), now)

    def needs_costs(self, now: float) -> bool:
        """Return whether the index of local usage or the day has changed, or a minute passed."""
        return self._is_new("costs", database.stamp(Paths(self.env).usage_dir), now)

    def _is_new(self, name: str, version: object, now: float) -> bool:
        earlier, self._read[name] = self._read.get(name), (version, int(now // 60))
        return self._read[name] != earlier

    def read_costs(self) -> None:
        """Read what today cost. It takes a moment, as `read_history`."""
        has_index = database.exists(Paths(self.env).usage_dir)
        self.today = self._today(time.time()) if has_index else None

    def _today(self, now: float) -> model.Today | None:
        self._refreshes.start_local_if_due(now)
        result = jobs.result(self.env, jobs.LOCAL, jobs.LOCAL_KEY, jobs.MAX_LOCAL_BYTES) or {}
        alerts = local.current(result, now).get("alerts", [])
        try:
            return today(cost.read(self.env, now, 1), alerts)
        except UsagelineError as error:
            return today(None, alerts) if str(error) == cost.NO_RESPONSES else None

    def read_history(self, snapshot: dict[str, Any] | None) -> None:
        """Read the history of the snapshot's account. It takes a moment, so call it in a thread."""
        now = time.time()
        account = (snapshot or {}).get("account")
        readings = (
            history.load(Paths(self.env), account, now - model.FORECAST_PAST_S)
            if isinstance(account, str)
            else []
        )
        self.past = model.past(readings, now, self._requests(now))

    def refresh_now(self, snapshot: dict[str, Any] | None) -> str:
        """Run `usageline refresh` and return what it printed. It takes up to ten seconds.

        A reading that is younger than the minimum interval counts as fresh.
        """
        observed_at = (snapshot or {}).get("observed_at")
        is_young = isinstance(observed_at, int) and 0 <= time.time() - observed_at < MIN_INTERVAL_S
        command = [sys.executable, *background.PYTHON_FLAGS, "-m", "usageline.cli", "refresh"]
        try:
            done = subprocess.run(
                [*command, *([] if is_young else ["--force"])],
                env=background.refresh_environment(self.env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd="/",
                timeout=REFRESH_TIMEOUT_S,
                check=False,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired):
            return "the refresh does not end: run usageline doctor"
        printed = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
        return sanitize_lines(printed[-1].removeprefix("usageline: ")) if printed else ""

    def _requests(self, now: float) -> int | None:
        """Return the number of requests of the last 24 hours by the log, None without one."""
        try:
            lines = refresh_log.read_last(Paths(self.env), MAX_LOG_LINES)
        except refresh_log.ERRORS:
            return None
        return sum(_requests_of(line, now - model.PAST_S) for line in lines)


def _requests_of(line: bytes, since: float) -> int:
    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        return 0
    if not isinstance(entry, dict) or (epoch(entry.get("at")) or 0) < since:
        return 0
    tried = entry.get("tried")
    texts = [text for text in tried if isinstance(text, str)] if isinstance(tried, list) else []
    return sum(bool(ASKING.match(text)) for text in texts)


def today(costs: Costs | None, alerts: Sequence[dict[str, Any]]) -> model.Today:
    """Return what is shown of today's costs; `costs` is None without a response today."""
    lines = tuple(
        ("warning", capitalized(brief_cost_text(row)))
        for row in alerts
        if windows.percent(row.get("threshold")) is not None
    )
    if costs is None:
        return model.Today("$0.00", "$0.00 at list prices", (), lines)
    amount, tokens = cost.facts(costs.total)
    whole = costs.total.cost or costs.total.tokens or 1
    models = tuple(
        model.ModelCost(
            cost.short_name(row.key),
            cost_text(row),
            formatting.count(row.tokens),
            (row.cost if costs.total.cost else row.tokens) / whole,
        )
        for row, _ in costs.groups(MAX_MODELS)
    )
    return model.Today(amount, f"{amount} at list prices · {tokens}", models, lines)
