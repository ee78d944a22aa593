"""Limit the requests of one account over all caches, in a directory that no variable moves.

The store remembers the last request, but it is in the cache, which a project's settings can move.
Twelve projects would make twelve requests.

The gates are beside the releases of the installed program. If they cannot be written, the store
alone limits the requests.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.config.schema import MIN_INTERVAL_S
from usageline.core import paths
from usageline.core.json_file import json_file
from usageline.refresh.rate_limit import RateLimited, check
from usageline.storage.account_state import AccountState, as_json, from_json
from usageline.system import files, flock, origin
from usageline.system.api_address import API

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.config import Config

LOCK_TIMEOUT_S = 1.0
MAX_GATES = 128
"""Files kept. Those of servers on this machine are removed first, then the oldest."""

LOCAL = "local-"
"""Prefix of the gate of a server on this machine, of which a project can name any number."""


def directory(root: str | None = None) -> str:
    """Return the directory of the gates: `releases/gates` of an installation, "" for another tree.

    An upgrade keeps them; every version's uninstall removes them with the releases.
    """
    releases = os.path.dirname(origin.installation(root or ""))
    return releases + "/gates" if os.path.basename(releases) == "releases" else ""


def names(account: str, token: str, address: str) -> list[str]:
    """Return the names of an account's gates: its own, and that of the token.

    The token has one because a project can name another account. Each service has its own gates.
    """
    kind = "" if address == API else LOCAL
    return [
        kind + paths.digest(f"{address}\n{key}".encode("utf-8", "surrogatepass"))
        for key in (account, token)
        if key
    ]


class AccountGate:
    """The gates of one account, as the cache directory of `env` has to pass them.

    This cache's own requests do not count: they are limited by its store, which the user may clear.
    """

    def __init__(self, env: Mapping[str, str], account: str, token: str, address: str) -> None:
        self._directory = directory()
        cache = os.path.realpath(paths.cache_dir(env))
        self._cache = paths.digest(cache.encode("utf-8", "surrogateescape"))
        self._paths = (
            [f"{self._directory}/{name}.json" for name in names(account, token, address)]
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
        with flock.hold(self._directory, LOCK_TIMEOUT_S) as is_acquired:
            if not is_acquired:
                raise RateLimited(
                    "offline", "asked a moment ago", request.requested_at + 1, is_cooldown=False
                )
            self._check(config, request, force=force)
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

    def _prepared(self) -> bool:
        """Make the directory; return whether no other user can write to it."""
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._directory, 0o700)
            stat = os.lstat(self._directory)
        except OSError:
            return False
        if not hasattr(os, "geteuid"):
            return True
        return (
            stat.st_mode & 0o170000 == 0o040000
            and stat.st_uid == os.geteuid()
            and not stat.st_mode & 0o022
        )

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
            self._prune()

    def _prune(self) -> None:
        entries = sorted(
            os.scandir(self._directory),
            key=lambda entry: (
                not entry.name.startswith(LOCAL),
                entry.stat(follow_symlinks=False).st_mtime,
            ),
        )
        for entry in entries[: max(0, len(entries) - MAX_GATES)]:
            os.unlink(entry.path)
