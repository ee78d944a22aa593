"""One gate for each account, in a place that no variable moves.

The store remembers when an account was asked for, but it lies in the cache, which a project's settings can move: twelve projects
would make twelve requests. The same is remembered here, beside the releases of the installed program, for all caches together.
A place that cannot be written leaves the store's own gate alone.
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
from usageline.storage.account_state import Record, as_json, from_json
from usageline.system import files, flock, origin
from usageline.system.api_address import API

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.config import Config

LOCK_TIMEOUT_S = 1.0
MAX_GATES = 128
"""Files kept; the ones of servers on this machine go first, then the ones written longest ago."""

LOCAL = "local-"
"""Begins the name of a gate of a server on this machine: a project can name any number of those."""


def directory(root: str | None = None) -> str:
    """Return where the gates are: `releases/gates` beside an installed release, "" for another tree.

    An upgrade leaves them, and whatever version uninstalls removes them with the releases.
    """
    releases = os.path.dirname(origin.installation(root or ""))
    return releases + "/gates" if os.path.basename(releases) == "releases" else ""


def names(account: str, token: str, address: str) -> list[str]:
    """Return the names of an account's gates: its own, and that of the token, for a project can name another account.

    Each service has its own: what a server on this machine is asked is nobody's budget.
    """
    kind = "" if address == API else LOCAL
    return [
        kind + paths.digest(f"{address}\n{key}".encode("utf-8", "surrogatepass"))
        for key in (account, token)
        if key
    ]


class AccountGate:
    """The gates of one account's requests, as the cache directory of `env` has to pass them.

    What this cache asked itself is the store's business: a cache that the user cleared may ask at once, as ever.
    """

    def __init__(self, env: Mapping[str, str], account: str, token: str, address: str) -> None:
        self._directory = directory()
        self._cache = paths.digest(
            os.path.realpath(paths.cache_dir(env)).encode("utf-8", "surrogateescape")
        )
        self._paths = (
            [f"{self._directory}/{name}.json" for name in names(account, token, address)]
            if self._directory
            else []
        )

    def enter(
        self, config: Config, request: Record, *, force: bool, note: Callable[[], None]
    ) -> None:
        """Raise Blocked if the last request of another cache forbids this one; else call `note`, and remember `request`.

        No other process passes the gate meanwhile. `request` is the record with the request noted in it.
        """
        if not self._paths or not self._prepared():
            note()
            return
        with flock.held(self._directory, LOCK_TIMEOUT_S) as free:
            if not free:
                raise RateLimited(
                    "offline", "asked a moment ago", request.requested_at + 1, known=False
                )
            # Not the floor of a server on this machine, which only tests have.
            shared = (
                config if force else replace(config, floor_s=max(config.floor_s, MIN_INTERVAL_S))
            )
            for known, cache in map(self._read, self._paths):
                if cache != self._cache:
                    check(
                        known,
                        shared,
                        token=request.asked_with,
                        now=request.requested_at,
                        force=force,
                    )
            note()
            self._write(request)

    def leave(self, record: Record) -> None:
        """Remember how the request ended."""
        if self._paths and self._prepared():
            self._write(record)

    def _prepared(self) -> bool:
        """Make the directory; return whether it is the user's alone."""
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._directory, 0o700)
            found = os.lstat(self._directory)
        except OSError:
            return False
        if not hasattr(os, "geteuid"):
            return True
        return (
            found.st_mode & 0o170000 == 0o040000
            and found.st_uid == os.geteuid()
            and not found.st_mode & 0o022
        )

    def _read(self, path: str) -> tuple[Record, str]:
        row = json_file(path) or {}
        return from_json(row), str(row.get("cache"))

    def _write(self, record: Record) -> None:
        kept = Record(
            requested_at=record.requested_at,
            asked_with=record.asked_with,
            unfinished=record.unfinished,
            cooldown=record.cooldown,
        )
        content = json.dumps(
            {**as_json(kept), "cache": self._cache}, separators=(",", ":")
        ).encode()
        with contextlib.suppress(OSError):
            for path in self._paths:
                files.write_atomic(path, content, 0o600)
            self._sweep()

    def _sweep(self) -> None:
        entries = list(os.scandir(self._directory))
        entries.sort(
            key=lambda entry: (
                not entry.name.startswith(LOCAL),
                entry.stat(follow_symlinks=False).st_mtime,
            )
        )
        for entry in entries[: max(0, len(entries) - MAX_GATES)]:
            os.unlink(entry.path)
