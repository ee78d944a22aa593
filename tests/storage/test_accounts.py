"""Test that the store survives damage and hostile content.

No code runs, nothing outside is read or removed, and the store works afterwards.
"""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import stat
from typing import TYPE_CHECKING

import diskcache
import pytest

from usageline.core.errors import StoreBroken
from usageline.storage import database_check
from usageline.storage.account_state import AccountState, Cooldown, as_json, from_json
from usageline.storage.accounts import TextDisk, open_store
from usageline.usage.model import Credit, Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READING = Reading(
    (Limit("session", "Current session", 37.5, 1795471200, "normal"),),
    (Credit("Usage credits", 1, None, 2, "EUR", None),),
    "oauth",
    1795464000,
    "Pro",
)
RECORD = AccountState(
    READING,
    1795464300,
    "0123456789abcdef",
    True,
    1795464000,
    "0123456789abcdef",
    2,
    Cooldown("offline", "x", 1795464030, 3, "t"),
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A store with RECORD in it as account `a`."""
    path = tmp_path / "cache" / "store"
    path.parent.mkdir(mode=0o700)
    with open_store(str(path)) as store:
        store.put("a", RECORD)
    return path


def change(directory: Path, *statements: str, arguments: tuple[object, ...] = ()) -> None:
    """Run SQL in the database as an attacker could; `arguments` go to the last statement."""
    connection = sqlite3.connect(directory / "cache.db", isolation_level=None)
    try:
        for statement in statements[:-1]:
            connection.execute(statement)
        connection.execute(statements[-1], arguments)
    finally:
        connection.close()


def test_a_record_comes_back_as_it_was(directory: Path) -> None:
    """In another process's turn; an account that was never stored has an empty one."""
    with open_store(str(directory)) as store:
        assert store.get("a") == RECORD
        assert store.get("b") == AccountState()
        store.put("b", AccountState(requested_at=1795464001))
        assert store.get("a") == RECORD


def test_the_keys_on_disk_are_those_of_0_1_0_and_later_ones() -> None:
    """Another installed version reads them, and a downgrade does. It ignores the later ones."""
    assert list(as_json(RECORD)) == [
        *("reading", "good_until", "token", "confirmed", "requested_at", "asked_with"),
        *("unfinished", "cooldown", "doubts", "alerts", "requests"),
    ]
    assert from_json(json.loads(json.dumps(as_json(RECORD)))) == RECORD


def test_a_damaged_record_is_what_is_left_of_it() -> None:
    """Field by field; nothing in it is an error."""
    assert (
        from_json(None)
        == from_json([])
        == from_json({"reading": 5, "doubts": {}, "cooldown": []})
        == AccountState()
    )
    assert (
        from_json({**as_json(RECORD), "reading": {"limits": 3}}).requested_at == RECORD.requested_at
    )
    assert (
        from_json(
            {**as_json(RECORD), "requested_at": "now", "unfinished": -1, "confirmed": 1}
        ).interrupted_requests
        == 0
    )


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_its_files_are_0600_and_its_directory_0700(tmp_path: Path, umask: int) -> None:
    """SQLite alone would ask the umask."""
    before = os.umask(umask)
    try:
        with open_store(str(tmp_path / "store")) as store:
            store.put("a", RECORD)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "store").iterdir()} == {0o600}


class Bomb:
    """What it unpickles to makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self._path),)


def hostile_value(column: str) -> Callable[[Path, Path], None]:
    """Return a change that puts a pickle, or a file's name, into a column that diskcache trusts."""

    def put(directory: Path, outside: Path) -> None:
        bomb = pickle.dumps(Bomb(outside / "ran"))
        (outside / "bomb").write_bytes(bomb)
        (outside / "secret").write_text('"secret"')
        aimed = os.path.relpath(outside, directory)
        statements: dict[str, tuple[str, tuple[object, ...]]] = {
            "pickle": ("UPDATE Cache SET mode = 4, value = ?", (bomb,)),
            "pickle file": (
                "UPDATE Cache SET mode = 4, value = NULL, filename = ?",
                (f"{aimed}/bomb",),
            ),
            "text file": (
                "UPDATE Cache SET mode = 3, value = NULL, filename = ?",
                (f"{aimed}/secret",),
            ),
            "binary file": (
                "UPDATE Cache SET mode = 2, value = NULL, filename = ?",
                (f"{aimed}/secret",),
            ),
            "file to remove": ("UPDATE Cache SET filename = ?", (f"{aimed}/secret",)),
            "file to remove on expiry": (
                "UPDATE Cache SET expire_time = 1, filename = ?",
                (f"{aimed}/secret",),
            ),
            "pickled key": ("UPDATE Cache SET raw = 0, key = ?", (bomb,)),
            "blob": ("UPDATE Cache SET value = ?", (bomb,)),
            "null": ("UPDATE Cache SET value = NULL, mode = NULL, raw = NULL", ()),
            "gigantic": ("UPDATE Cache SET value = hex(zeroblob(?))", (1_500_000,)),
            "nested": ("UPDATE Cache SET value = ?", ("[" * 60_000,)),
            "number": ("UPDATE Cache SET value = ?", ("1" * 60_000,)),
            "no JSON": ("UPDATE Cache SET value = ?", ("{",)),
            "pragma": ("INSERT INTO Settings VALUES ('sqlite_writable_schema', 1)", ()),
            "pragma with a tail": (
                "INSERT INTO Settings VALUES ('sqlite_user_version = 7; --', 1)",
                (),
            ),
            "directory": (
                "INSERT OR REPLACE INTO Settings VALUES ('disk__directory', ?)",
                (str(outside),),
            ),
            "method": ("INSERT OR REPLACE INTO Settings VALUES ('get', 'x')", ()),
            "disk method": ("INSERT OR REPLACE INTO Settings VALUES ('disk_fetch', 'x')", ()),
            "eviction": (
                "UPDATE Settings SET value = 'no-such-policy' WHERE key = 'eviction_policy'",
                (),
            ),
            "count": ("UPDATE Settings SET value = 'many' WHERE key = 'count'", ()),
            "no settings": ("DELETE FROM Settings", ()),
            "trigger": (
                "CREATE TRIGGER t AFTER UPDATE ON Cache BEGIN DELETE FROM Settings; END",
                (),
            ),
            "table": ("CREATE TABLE other (x)", ()),
        }
        statement, arguments = statements[column]
        change(directory, statement, arguments=arguments)

    return put


HOSTILE = [
    "pickle",
    "pickle file",
    "text file",
    "binary file",
    "file to remove",
    "file to remove on expiry",
    "pickled key",
    "blob",
    "null",
    "gigantic",
    "nested",
    "number",
    "no JSON",
    "pragma",
    "pragma with a tail",
    "directory",
    "method",
    "disk method",
    "eviction",
    "count",
    "no settings",
    "trigger",
    "table",
]


def endless_view(directory: Path, _outside: Path) -> None:
    """A view in the place of the settings, which would never end."""
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT 'a' AS key, x AS value FROM n"
    )
    change(directory, "DROP TABLE Settings", f"CREATE VIEW Settings AS {endless}")


@pytest.mark.parametrize(
    "damage",
    [*(hostile_value(column) for column in HOSTILE), endless_view],
    ids=[*HOSTILE, "endless view"],
)
def test_a_hostile_database_is_set_aside_and_nothing_in_it_is_followed(
    directory: Path, tmp_path: Path, damage: Callable[[Path, Path], None]
) -> None:
    """No pickle, no file name, no PRAGMA, no attribute, no trigger."""
    outside = tmp_path / "outside"
    outside.mkdir()
    damage(directory, outside)
    with open_store(str(directory)) as store:
        assert store.get("a") in {AccountState(), RECORD}
        store.put("a", RECORD)
        assert store.get("a") == RECORD
    assert not (outside / "ran").exists()
    assert sorted(path.name for path in outside.iterdir()) in (["bomb", "secret"], [])
    assert (directory.parent / "store.broken").is_dir()


def test_a_database_cut_short_anywhere_is_rebuilt(directory: Path) -> None:
    """At each of some lengths: the record, or an empty one, and a store that works."""
    whole = (directory / "cache.db").read_bytes()
    for length in range(0, len(whole), max(len(whole) // 24, 1)):
        (directory / "cache.db").write_bytes(whole[:length])
        with open_store(str(directory)) as store:
            assert store.get("a") in {AccountState(), RECORD}
            store.put("b", RECORD)
            assert store.get("b") == RECORD


def test_flipped_bits_are_noticed_or_harmless(directory: Path) -> None:
    """One byte in each stretch of the file."""
    whole = bytearray((directory / "cache.db").read_bytes())
    for at in range(0, len(whole), max(len(whole) // 40, 1)):
        flipped = bytearray(whole)
        flipped[at] ^= 0xFF
        (directory / "cache.db").write_bytes(flipped)
        with open_store(str(directory)) as store:
            store.get("a")
            store.put("b", RECORD)
            assert store.get("b") == RECORD


@pytest.mark.parametrize(
    "content",
    [
        b"not a database",
        b"\0" * 5000,
        b"SQLite format 3\0" + b"\xff" * 4096,
        b"x" * (database_check.MAX_BYTES + 1),
    ],
)
def test_a_file_that_is_no_database_is_set_aside(directory: Path, content: bytes) -> None:
    """A database that is too large is rejected, too."""
    (directory / "cache.db").write_bytes(content)
    with open_store(str(directory)) as store:
        assert store.get("a") == AccountState()
        store.put("a", RECORD)


def test_only_the_last_broken_store_is_kept(directory: Path) -> None:
    """It is kept for inspection; a store that breaks every time leaves one copy only."""
    for _ in range(3):
        (directory / "cache.db").write_bytes(b"broken")
        with open_store(str(directory)) as store:
            store.get("a")
    assert sorted(path.name for path in directory.parent.iterdir()) == ["store", "store.broken"]


@pytest.mark.parametrize(
    "kind",
    ["symlink", "file", "shared", "database is a symlink", "database is a directory", "hard link"],
)
def test_what_stands_in_its_place_is_set_aside_untouched(
    directory: Path, tmp_path: Path, kind: str
) -> None:
    """Nothing is written through it."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"")
    database = directory / "cache.db"
    database.unlink()
    aim = tmp_path / "aim"
    aim.mkdir()
    if kind == "database is a symlink":
        database.symlink_to(precious)
    elif kind == "database is a directory":
        database.mkdir()
    elif kind == "hard link":
        database.hardlink_to(precious)
    else:
        directory.rmdir()
        if kind == "symlink":
            directory.symlink_to(aim)
        elif kind == "file":
            directory.write_text("x")
        else:
            directory.mkdir()
            directory.chmod(0o777)
    with open_store(str(directory)) as store:
        store.put("a", RECORD)
        assert store.get("a") == RECORD
    assert precious.read_bytes() == b""
    assert list(aim.iterdir()) == []


def test_a_database_that_another_process_locks_is_set_aside_within_seconds(directory: Path) -> None:
    """Diskcache alone would wait for a minute."""
    holder = sqlite3.connect(directory / "cache.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with open_store(str(directory)) as store:
        store.put("a", AccountState())
    holder.close()


def test_put_raises_if_nothing_can_be_written(tmp_path: Path) -> None:
    """And reading gives an empty record."""
    (tmp_path / "file").write_text("x")
    with open_store(str(tmp_path / "file" / "store")) as store:
        assert store.get("a") == AccountState()
        with pytest.raises(StoreBroken):
            store.put("a", RECORD)


@pytest.mark.parametrize(
    "name", ["$AIM", "${AIM}", "a$AIM.d", "~", "%AIM%", "CORP\\jdoe", "new\nline", "j\udcf6rg"]
)
def test_a_path_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Diskcache by itself expands variables in it."""
    monkeypatch.setenv("AIM", "aim")
    for _ in range(2):
        with open_store(str(tmp_path / name)) as store:
            store.put("a", RECORD)
            assert store.get("a") == RECORD
            assert not store.set_aside
    assert os.listdir(tmp_path) == [name]


def test_the_schema_that_is_checked_is_the_one_that_diskcache_makes(directory: Path) -> None:
    """A new version of it would have every store set aside at every run."""
    connection = sqlite3.connect(directory / "cache.db")
    assert database_check.schema_digest(connection) == database_check.SCHEMA
    connection.close()
    assert set(database_check.SETTINGS) == set(diskcache.DEFAULT_SETTINGS)
    assert set(database_check.COUNTERS) == set(diskcache.core.METADATA)
    assert not (directory.parent / "store.broken").exists()


def test_the_disk_refuses_whatever_is_not_text_by_itself(tmp_path: Path) -> None:
    """The second line of defense, if a row changes between the check and the use."""
    disk = TextDisk(str(tmp_path))
    bomb = pickle.dumps(Bomb(tmp_path / "ran"))
    (tmp_path / "file").write_text('"x"')
    for mode, filename, value, read in (
        (4, None, bomb, False),
        (4, "file", None, False),
        (3, "file", None, False),
        (2, "file", None, False),
        (1, "file", '"x"', False),
        (1, None, b'"x"', False),
        (1, None, 5, False),
        (1, None, '"x"', True),
        (None, None, '"x"', False),
    ):
        with pytest.raises(StoreBroken):
            disk.fetch(mode, filename, value, read)
    for key, raw in ((bomb, 0), (bomb, 1), ("a", 0)):
        with pytest.raises(StoreBroken):
            disk.get(key, raw)
    for refused in (
        lambda: disk.put(b"a"),
        lambda: disk.put(("a",)),
        lambda: disk.store("x" * 70_000, False),
        lambda: disk.filename(),  # noqa: PLW0108 - patched later
    ):
        with pytest.raises(StoreBroken):
            refused()
    disk.remove("file")
    assert (tmp_path / "file").exists()
    assert not (tmp_path / "ran").exists()
