"""Allow a request: check the rate limit and the account's gate, and record it on disk first."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.config.schema import MIN_INTERVAL_S
from usageline.core.errors import CacheUnwritable, StoreBroken
from usageline.core.json_file import json_file
from usageline.core.ownership import is_private_directory
from usageline.core.paths import digest
from usageline.refresh.rate_limit import MAX_BACKOFF_S, UNTIL_SIGN_IN_CHANGES, RateLimited, check
from usageline.storage.account_state import AccountState, as_json, from_json
from usageline.system import files, lock, origin
from usageline.system.api_address import API

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.config.loader import Config
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.accounts import AccountStore
    from usageline.system.paths import Paths
    from usageline.system.this_process import Clock
    from usageline.usage.model import SourceFailure


CLIENT_SIGN_IN = "client"
"""Stands for the fingerprint of the sign-in that Claude Code renews itself."""

LOCK_TIMEOUT_S = 1.0
MAX_GATES = 128
"""Files kept. Those of servers on this machine are removed first, then the oldest.

One that still forbids a request is never removed: a project can name any number of sign-ins. While
so many do, another account waits.
"""

FULL_WAIT_S = 60

LOCAL = "local-"
"""Prefix of the gate of a server on this machine, of which a project can name any number."""


def gates_directory(root: str | None = None) -> str:
    """Return the directory of the gates: `releases/gates` of an installation, "" for another tree.

    An upgrade keeps them; every version's uninstall removes them with the releases.
    """
    releases = os.path.dirname(origin.installation(root or ""))
    return releases + "/gates" if os.path.basename(releases) == "releases" else ""


def gate_names(account: str, token: str, address: str) -> list[str]:
    """Return the names of an account's gates: its own, and that of the token.

    The token has one because a project can name another account. Each service has its own gates.
    """
    kind = "" if address == API else LOCAL
    return [
        kind + digest(f"{address}\n{key}".encode("utf-8", "surrogatepass"))
        for key in (account, token)
        if key
    ]


class AccountGate:
    """The gates of one account, as the cache directory of `paths` has to pass them.

    This cache's own requests do not count: they are limited by its store, which the user may clear.
    """

    def __init__(self, paths: Paths, account: str, token: str, address: str) -> None:
        self._directory = gates_directory()
        cache = os.path.realpath(paths.cache_dir)
        self._cache = digest(cache.encode("utf-8", "surrogateescape"))
        self._paths = (
            [f"{self._directory}/{name}.json" for name in gate_names(account, token, address)]
            if self._directory
            else []
        )

    def enter(
        self, config: Config, request: AccountState, *, force: bool, record: Callable[[], None]
    ) -> None:
        """Call `record` and remember `request`, the account's state with the request in it.

        Raise RateLimited if another cache's last request forbids it. Other processes wait.
        """
        if not self._paths or not self._prepared():
            record()
            return
        with lock.hold_existing(self._directory, LOCK_TIMEOUT_S) as is_acquired:
            if not is_acquired:
                raise RateLimited(
                    "offline", "asked a moment ago", request.requested_at + 1, is_cooldown=False
                )
            self._check(config, request, force=force)
            self._check_room(request.requested_at)
            record()
            self._write(request)

    def leave(self, account: AccountState) -> None:
        """Remember how the request ended."""
        if self._paths and self._prepared():
            self._write(account)

    def _check(self, config: Config, request: AccountState, *, force: bool) -> None:
        # A test's server may have a lower floor; other caches are not asked about it.
        shared = config if force else replace(config, floor_s=max(config.floor_s, MIN_INTERVAL_S))
        for account, cache in map(self._read, self._paths):
            if cache != self._cache:
                check(
                    account,
                    shared,
                    token=request.requested_with,
                    now=request.requested_at,
                    force=force,
                )

    def _check_room(self, now: int) -> None:
        if any(os.path.basename(path).startswith(LOCAL) for path in self._paths):
            return
        if any(map(os.path.exists, self._paths)) or len(self._names()) < MAX_GATES:
            return
        if sum(self._holds(name, now) for name in self._names()) >= MAX_GATES:
            raise RateLimited(
                "offline", "too many sign-ins at once", now + FULL_WAIT_S, is_cooldown=False
            )

    # tried by: tests/refresh
    def _names(self) -> list[str]:
        return os.listdir(self._directory)

    def _holds(self, name: str, now: float) -> bool:
        """Return whether the account of that gate may not ask yet."""
        if name.startswith(LOCAL):
            return False
        account, _ = self._read(f"{self._directory}/{name}")
        until, cooldown = account.requested_at + MIN_INTERVAL_S, account.cooldown
        if cooldown and cooldown.status == "rate-limited":
            until = max(until, cooldown.until)
        return now < until <= now + MAX_BACKOFF_S

    def _prepared(self) -> bool:
        """Make the directory; return whether no other user can write to it."""
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._directory, 0o700)
        except OSError:
            return False
        return is_private_directory(self._directory)

    def _read(self, path: str) -> tuple[AccountState, str]:
        row = json_file(path) or {}
        return from_json(row), str(row.get("cache"))

    def _write(self, account: AccountState) -> None:
        shared = AccountState(
            requested_at=account.requested_at,
            requested_with=account.requested_with,
            interrupted_requests=account.interrupted_requests,
            cooldown=account.cooldown,
        )
        row = {**as_json(shared), "cache": self._cache}
        content = json.dumps(row, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            for path in self._paths:
                files.write_atomic(path, content, 0o600)
            self._prune(account.requested_at)

    def _prune(self, now: float) -> None:
        names = self._names()
        if len(names) <= MAX_GATES:
            return
        ended = [name for name in names if not self._holds(name, now)]
        ended.sort(key=lambda name: (not name.startswith(LOCAL), self._age_key(name)))
        for name in ended[: len(names) - MAX_GATES]:
            os.unlink(f"{self._directory}/{name}")

    def _age_key(self, name: str) -> float:
        return os.lstat(f"{self._directory}/{name}").st_mtime


@dataclass(slots=True)
class RequestBudget:
    """The requests of one attempt.

    account       the state of the account, with the request in it once one was made
    requested     whether one was made
    is_open       whether the last one has not been counted yet
    last_failure  how the source before this one failed, if any
    """

    store: AccountStore
    config: Config
    sign_in: SignIn
    account: AccountState
    clock: Clock
    gate: AccountGate
    force: bool = False
    requested: bool = False
    is_open: bool = False
    last_failure: SourceFailure | None = None

    def acquire(self, *, own_sign_in: bool = False) -> None:
        """Record a request, or raise RateLimited. Raise CacheUnwritable if it cannot be recorded.

        A refresh that is killed during its request must not let the next one ask at once. A source
        with a sign-in of its own may ask at once after the service refused the token.
        """
        now, token = self.clock.now(), self._token(own_sign_in=own_sign_in)
        request = replace(
            self.account,
            requested_at=int(now),
            requested_with=token,
            interrupted_requests=self.account.interrupted_requests + 1,
        )
        if own_sign_in and self._was_token_refused():
            self._record(request)
            return
        self._check(token, now, own_sign_in=own_sign_in)
        self.gate.enter(
            self.config, request, force=self.force, record=lambda: self._record(request)
        )

    def allows(self, *, own_sign_in: bool = False) -> bool:
        """Return whether a request would be allowed now, as far as this cache knows."""
        try:
            self._check(
                self._token(own_sign_in=own_sign_in), self.clock.now(), own_sign_in=own_sign_in
            )
        except RateLimited:
            return False
        return True

    def count(self, status: str) -> None:
        """Count the request that ended with `status`, if there was one."""
        if self.is_open:
            self.account, self.is_open = self.account.with_request(status), False

    def release(self, account: AccountState) -> None:
        """Record for all caches how the request ended, if there was one."""
        if self.requested:
            self.gate.leave(account)

    def _token(self, *, own_sign_in: bool) -> str:
        return CLIENT_SIGN_IN if own_sign_in else self.sign_in.token_fingerprint

    def _check(self, token: str, now: float, *, own_sign_in: bool) -> None:
        check(
            self.account,
            self.config,
            token=token,
            now=now,
            force=self.force,
            is_same_account=own_sign_in or self.sign_in.names_organization,
        )

    def _was_token_refused(self) -> bool:
        failure = self.last_failure
        return self.requested and failure is not None and failure.status in UNTIL_SIGN_IN_CHANGES

    def _record(self, request: AccountState) -> None:
        try:
            self.store.put(self.sign_in.account, request)
        except StoreBroken as error:
            raise CacheUnwritable(str(error)) from error.__cause__
        self.account, self.requested, self.is_open = request, True, True
