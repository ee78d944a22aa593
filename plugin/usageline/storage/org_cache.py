"""Cache what `usageline org` read: finished days without end, newer ones for an hour, and pages.

Everything is in the state directory, in a directory for each key and address that is named by a
keyed digest of both. The key itself is in no file. What is read is not trusted: a file that is not
as it was written counts as missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from usageline.core.errors import CacheUnsafe
from usageline.storage.org_codec import Sums, plain_ledger, plain_sums, read_ledger, read_sums
from usageline.system import files
from usageline.system.directories import private_directory, remove_tree
from usageline.usage.org.records import MAX_TEXT
from usageline.usage.values import mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from usageline.system.paths import Paths
    from usageline.usage.org.merge import Ledger

VERSION = 1
MAX_BYTES = 64 << 20
SALT_BYTES = 32
RECENT_S = 3600.0
"""Days that the service may revise are requested again after so long."""

RESUMABLE_S = 3600.0
"""A cursor may expire, and the numbers change meanwhile."""

NAMES_S = 86400.0
CHOICE_S = 7 * 86400.0
"""After so long the adapter is chosen again: an organization may have got the newer endpoints."""

MAX_KEYS = 16
SHORT_LIVED = re.compile(r"(recent|pages)-[0-9a-f]{16}\.jsonl?")


def directory(paths: Paths) -> str:
    """Return the directory of all keys."""
    return paths.state_dir + "/org"


class OrgCache:
    """What was read with one key.

    With `is_anonymous` it has neither names nor addresses, and separate files. If the state
    directory cannot be used, `path` is "" and nothing is kept: a report needs no disk.
    """

    def __init__(self, paths: Paths, secret: str, url: str, *, is_anonymous: bool) -> None:
        self._suffix = "-anonymous" if is_anonymous else ""
        try:
            root = private_directory(directory(paths))
            self.salt = _salt(root)
            name = blake2b(f"{url}\0{secret}".encode(), key=self.salt, digest_size=8).hexdigest()
            self.path = private_directory(f"{root}/{name}")
            _remove_old_keys(root, self.path)
        except (CacheUnsafe, OSError):
            self.salt, self.path = os.urandom(SALT_BYTES), ""

    def choice(self, now: float) -> str:
        """Return the name of the adapter that answered last, "" if none is known."""
        content = _read(self._file("choice.json"))
        name = content.get("adapter")
        return name if isinstance(name, str) and _is_fresh(content, now, CHOICE_S) else ""

    def set_choice(self, name: str, now: float) -> None:
        """Remember the adapter that answers."""
        _write(self._file("choice.json"), {"adapter": name, "at": now})

    def days(self, adapter: str, by: str, wanted: Iterable[date]) -> dict[date, Sums]:
        """Return the finished days that are cached."""
        result: dict[date, Sums] = {}
        months: dict[str, Mapping[str, Any]] = {}
        for day in wanted:
            path = self._month(adapter, by, day)
            if path not in months:
                months[path] = mapping(_read(path).get("days"))
            sums = read_sums(months[path].get(day.isoformat()))
            if sums:
                result[day] = sums
        return result

    def add_days(self, adapter: str, by: str, days: Mapping[date, Sums]) -> None:
        """Keep finished days."""
        months: dict[str, dict[str, Any]] = {}
        for day, sums in days.items():
            path = self._month(adapter, by, day)
            if path not in months:
                months[path] = dict(mapping(_read(path).get("days")))
            months[path][day.isoformat()] = plain_sums(sums)
        for path, content in months.items():
            _write(path, {"days": content})

    def recent(self, query: str, now: float) -> Sums | None:
        """Return a span, if it was read within the hour."""
        content = _read(self._recent(query))
        is_it = content.get("query") == query + self._suffix and _is_fresh(content, now, RECENT_S)
        return read_sums(content.get("sums")) if is_it else None

    def set_recent(self, query: str, sums: Sums, now: float) -> None:
        """Keep a span for an hour."""
        self._remove_old(now)
        content = {"query": query + self._suffix, "at": now, "sums": plain_sums(sums)}
        _write(self._recent(query), content)

    def names(self, by: str, now: float) -> dict[str, str] | None:
        """Return the names by id, None if they are not there or a day old."""
        content = _read(self._file(f"names-{by}.json"))
        names = content.get("names")
        if not isinstance(names, dict) or not _is_fresh(content, now, NAMES_S):
            return None
        return {
            key: name
            for key, name in names.items()
            if isinstance(name, str) and len(name) <= MAX_TEXT
        }

    def set_names(self, by: str, names: Mapping[str, str], now: float) -> None:
        """Keep names for a day."""
        _write(self._file(f"names-{by}.json"), {"names": dict(names), "at": now})

    # tried by: tests/storage
    def pages(self, listing: str, now: float) -> list[dict[str, Any]]:
        """Return the pages of an unfinished listing, [] if there are none to go on from.

        Each has `cursor`, `refreshed_at` and `ledger`.
        """
        pages: list[dict[str, Any]] = []
        with (
            contextlib.suppress(OSError),
            files.open_regular(self._pages(listing)) as descriptor,
            os.fdopen(descriptor, "rb", closefd=False) as file,
        ):
            while line := file.readline(MAX_BYTES):
                page = _page(_parsed(line), listing + self._suffix, now)
                if page is None:
                    break  # a killed process may leave half a line
                pages.append(page)
        return pages

    # tried by: tests/storage
    def add_page(
        self, listing: str, cursor: str, refreshed_at: str, ledger: Ledger, now: float
    ) -> None:
        """Add a page to an unfinished listing. Ignore errors: it only saves requests."""
        content = {
            "version": VERSION,
            "listing": listing + self._suffix,
            "at": now,
            "cursor": cursor,
            "refreshed_at": refreshed_at,
            "rows": plain_ledger(ledger),
        }
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | files.NO_LINK
            descriptor = os.open(self._pages(listing), flags, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(content).encode() + b"\n")

    def remove_pages(self, listing: str) -> None:
        """Forget an unfinished listing."""
        with contextlib.suppress(OSError):
            files.remove_file(self._pages(listing))

    def _file(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else ""

    def _month(self, adapter: str, by: str, day: date) -> str:
        return self._file(f"days-{adapter}-{by}{self._suffix}-{day:%Y-%m}.json")

    def _recent(self, query: str) -> str:
        return self._file(f"recent-{_digest(query + self._suffix)}.json")

    def _pages(self, listing: str) -> str:
        return self._file(f"pages-{_digest(listing + self._suffix)}.jsonl")

    # tried by: tests/storage
    def _remove_old(self, now: float) -> None:
        with contextlib.suppress(OSError):
            for name in os.listdir(self.path):
                path = f"{self.path}/{name}"
                if SHORT_LIVED.fullmatch(name) and now - os.stat(path).st_mtime > 2 * RECENT_S:
                    files.remove_file(path)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


# tried by: tests/storage
def _salt(root: str) -> bytes:
    """Return the salt of the digests, and create it first if it is missing."""
    path = f"{root}/salt"
    with contextlib.suppress(OSError):
        salt = files.read_regular(path, SALT_BYTES + 1)
        if len(salt) == SALT_BYTES:
            return salt
    salt = os.urandom(SALT_BYTES)
    files.write_atomic(path, salt, 0o600)
    return salt


# tried by: tests/storage
def _remove_old_keys(root: str, current: str) -> None:
    """Keep the directories of the keys that were used last."""
    with contextlib.suppress(OSError):
        others = [
            entry.path
            for entry in os.scandir(root)
            if re.fullmatch("[0-9a-f]{16}", entry.name)
            and entry.path != current
            and entry.is_dir(follow_symlinks=False)  # a link may lead to files of the user's
        ]
        others.sort(key=lambda path: os.stat(path).st_mtime, reverse=True)
        for path in others[MAX_KEYS - 1 :]:
            remove_tree(path)


def _is_fresh(content: Mapping[str, Any], now: float, max_age_s: float) -> bool:
    at = number(content.get("at"), 0, now)
    return at is not None and now - at < max_age_s


def _write(path: str, content: Mapping[str, Any]) -> None:
    """Write a file. Ignore errors: a full disk must not cost the report."""
    if not path:
        return
    data = json.dumps({"version": VERSION, **content}).encode()
    with contextlib.suppress(OSError):
        files.write_atomic(path, data, 0o600, sync=False)


# tried by: tests/storage
def _read(path: str) -> Mapping[str, Any]:
    try:
        data = files.read_regular(path, MAX_BYTES + 1)
    except OSError:
        return {}
    return _parsed(data) if len(data) <= MAX_BYTES else {}


# tried by: tests/storage
def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and content.get("version") == VERSION else {}


def _page(content: Mapping[str, Any], listing: str, now: float) -> dict[str, Any] | None:
    ledger = read_ledger(content.get("rows"))
    cursor, refreshed_at = content.get("cursor"), content.get("refreshed_at")
    if (
        ledger is None
        or content.get("listing") != listing
        or not isinstance(cursor, str)
        or not isinstance(refreshed_at, str)
        or not _is_fresh(content, now, RESUMABLE_S)
    ):
        return None
    return {"cursor": cursor, "refreshed_at": refreshed_at, "ledger": ledger}
