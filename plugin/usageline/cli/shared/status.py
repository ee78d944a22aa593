"""What `usageline shared` shows: the reading on the server, and the machines that use it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.cli.shared.joining import BUDGET_S
from usageline.config import loader
from usageline.config.server_types import parse_address
from usageline.core import formatting
from usageline.core.errors import UsagelineError
from usageline.refresh.shared_rules import MAX_REQUESTS_PER_HOUR
from usageline.sources.shared import server
from usageline.sources.shared.message import MessageRefused
from usageline.sources.shared.server import Server
from usageline.storage import shared_record
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.shared.server import View

OFF = (
    "this machine does not share a reading: run usageline shared init URL, with the URL of a Redis"
    " or Valkey server"
)
NO_ACCOUNT = (
    "no account is known here: sign in with /login, or set shared.account to the account that"
    " `usageline --json` prints on a machine that is signed in"
)
MAX_LISTED = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """What to show. `own` is this machine's name, `ignored` why the reading there is not used."""

    address: str
    account: str
    own: str
    took_s: float
    view: View
    ignored: str

    def as_json(self) -> dict[str, Any]:
        """Return it as an object for `json.dumps`. Ages are in seconds."""
        view = self.view
        return {
            "server": self.address,
            "account": self.account,
            "machine": self.own,
            "reading_age_s": self._age_s(view.at_ms) if view.at_ms else None,
            "reading_by": view.by or None,
            "reading_ignored": self.ignored or None,
            "requests_last_hour": view.requests,
            "max_requests_per_hour": MAX_REQUESTS_PER_HOUR,
            "wait_s": max(0, (view.wait_until_ms - view.now_ms) // 1000),
            "wait_why": view.why or None,
            "machines": {name: self._age_s(at) for name, at in view.askers.items()},
            "readers": {name: self._age_s(at) for name, at in view.viewers.items()},
        }

    def __str__(self) -> str:
        view = self.view
        rows = [
            ("server", f"{self.address} ({self.took_s * 1000:.0f} ms)"),
            ("account", self.account),
            ("reading", self._reading()),
            ("requests", f"{view.requests} of {MAX_REQUESTS_PER_HOUR} in the last hour"),
            ("machines", self._machines(view.askers)),
        ]
        if view.viewers:
            rows.append(("readers", self._machines(view.viewers)))
        if view.wait_until_ms > view.now_ms and view.why not in {"", "ok", "unused", "failed"}:
            left = formatting.age((view.wait_until_ms - view.now_ms) / 1000).removesuffix(" ago")
            rows.append(("waiting", f"{view.why}, for {left}"))
        return "\n".join(f"{name:<10}{value}" for name, value in rows)

    def _reading(self) -> str:
        view = self.view
        if not view.sealed:
            return "none yet"
        if self.ignored:
            return f"ignored: {self.ignored}"
        return f"{formatting.age(self._age_s(view.at_ms))}, by {self._name(view.by)}"

    def _machines(self, members: Mapping[str, int]) -> str:
        newest = sorted(members, key=lambda name: -members[name])
        listed = [
            f"{self._name(name)} {formatting.age(self._age_s(members[name]))}"
            for name in newest[:MAX_LISTED]
        ]
        more = f", and {len(newest) - MAX_LISTED} more" if len(newest) > MAX_LISTED else ""
        return f"{len(newest)}: {', '.join(listed)}{more}" if newest else "none yet"

    def _name(self, machine: str) -> str:
        return f"{machine} (this one)" if machine == self.own else machine

    def _age_s(self, at_ms: int) -> int:
        return max(0, (self.view.now_ms - at_ms) // 1000)


def read(env: Mapping[str, str]) -> Shown:
    """Return what the server has of this account. Raise UsagelineError with advice."""
    paths = Paths(env)
    whole = loader.load(env)
    config = whole.shared
    if not config.url:
        raise UsagelineError(OFF)
    account = server.account_key(env, whole)
    if not account:
        raise UsagelineError(NO_ACCOUNT)
    record = shared_record.load(paths, account)
    connection, key = server.connect(config, env, paths, BUDGET_S)
    address = parse_address(config.url)
    with closing(Server(connection, key, account, record.machine)) as one:
        try:
            view = one.show()
        except UsagelineError as error:
            raise UsagelineError(f"{address} cannot be used: {error}") from None
        ignored = ""
        try:
            if view.sealed:
                one.unseal(view.sealed, view.now_ms)
        except MessageRefused as error:
            ignored = str(error)
    return Shown(str(address), account, record.machine, connection.spent_s, view, ignored)
