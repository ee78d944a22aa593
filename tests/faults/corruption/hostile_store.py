"""Stores that harm: what each statement or file would make SQLite or diskcache do."""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.corruption.damage import ESCAPES, bomb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS = (
    "key",
    "raw",
    "store_time",
    "expire_time",
    "access_time",
    "access_count",
    "tag",
    "size",
    "mode",
    "filename",
    "value",
)
PAGE = 4096
FAN_OUT = 500
LEVELS = 8
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")

ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'a' AS key, "
    "x AS value FROM n"
)
SCHEMA = {
    "a trigger that removes": "CREATE TRIGGER t AFTER UPDATE ON Cache BEGIN DELETE FROM Cache; END",
    "a trigger that never ends": (
        f"CREATE TRIGGER t AFTER INSERT ON Cache BEGIN INSERT INTO Settings {ENDLESS}; END"
    ),
    "an endless view": f"DROP TABLE Settings; CREATE VIEW Settings AS {ENDLESS}",
    "a view that loads": (
        "DROP TABLE Settings; CREATE VIEW Settings AS SELECT "
        "load_extension('/nowhere') AS key, 1 AS value"
    ),
    "a view that writes": (
        "DROP TABLE Settings; CREATE VIEW Settings AS SELECT "
        "writefile('/tmp/nowhere', 'x') AS key, 1 AS value"
    ),
    "an index that reads": "CREATE INDEX i ON Cache (length(value))",
    "a generated column": "ALTER TABLE Cache ADD COLUMN extra AS (hex(zeroblob(1000000000)))",
    "a default": "ALTER TABLE Cache ADD COLUMN extra DEFAULT 'x'",
    "no tables": "DROP TABLE Cache; DROP TABLE Settings",
    "another table": "CREATE TABLE other (x)",
    "no version": "PRAGMA user_version = 99; PRAGMA application_id = 7; PRAGMA journal_mode = wal",
}
WRITABLE_SCHEMA = {
    "roots swapped": (
        "UPDATE sqlite_master SET rootpage = CASE name WHEN 'Cache' THEN (SELECT "
        "rootpage FROM sqlite_master WHERE name = 'Settings') "
        "ELSE (SELECT rootpage FROM sqlite_master WHERE name = 'Cache') END WHERE type = 'table'"
    ),
    "one root for all": "UPDATE sqlite_master SET rootpage = 2",
    "roots nowhere": "UPDATE sqlite_master SET rootpage = 1000000",
    "no statements": "UPDATE sqlite_master SET sql = NULL",
    "statements of zeros": "UPDATE sqlite_master SET sql = zeroblob(100000)",
    "a table that is a view": "UPDATE sqlite_master SET type = 'view' WHERE name = 'Cache'",
}
SETTINGS: dict[str, tuple[str, object]] = {
    "PRAGMA": ("sqlite_writable_schema", 1),
    "PRAGMA with a tail": ("sqlite_user_version = 7; --", 1),
    "a temporary directory": ("sqlite_temp_store_directory", "'/tmp'"),
    "memory": ("sqlite_cache_size", -(10**9)),
    "mapped memory": ("sqlite_mmap_size", 1 << 40),
    "a protocol": ("disk_pickle_protocol", 5),
    "a class": ("disk", "pickle"),
    "a method": ("__class__", "x"),
    "a directory": ("disk__directory", "/"),
    "an eviction policy": ("eviction_policy", "x'; DELETE FROM Cache; --"),
}


def changes(directory: Path, outside: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return hostile changes to the store in `directory`, by name.

    If one has an effect, it touches `outside` or creates `outside`/ran.
    """
    secret, ran = outside / "secret", outside / "ran"
    pickle, aimed = bomb(ran), os.path.relpath(secret, directory)
    for column in COLUMNS:
        for what, value in (
            ("a pickle", pickle),
            ("a path", aimed),
            ("an absolute path", str(secret)),
            ("NULL", None),
        ):
            yield (
                f"{what} in {column}",
                partial(
                    _execute,
                    directory,
                    f"UPDATE Cache SET {column} = ?",  # noqa: S608 - it is meant to do harm
                    value,
                ),
            )
        for mode in (1, 2, 3, 4, 5, "x"):
            statement = (
                f"UPDATE Cache SET mode = '{mode}', raw = 0, "  # noqa: S608 - as above
                f"filename = '{aimed}', {column} = ?"
            )
            yield (
                f"a pickle in {column}, mode {mode}",
                partial(_execute, directory, statement, pickle),
            )
    for what, record in (
        ("a megabyte", "x" * 1_000_000),
        ("100,000 levels", "[" * 100_000),
        ("60,000 levels", "[" * 60_000),
        ("NaN", "NaN"),
        ("10^4000 digits", "9" * 60_000),
        ("escapes", ESCAPES),
        ("NUL", "{}\0{}"),
        ("a number", 7),
    ):
        yield (
            f"{what} as a record",
            partial(_execute, directory, "UPDATE Cache SET value = ?", record),
        )
    for what, (key, setting) in SETTINGS.items():
        statement = f"INSERT OR REPLACE INTO Settings VALUES ('{key}', ?)"  # noqa: S608 - as above
        yield f"{what} as a setting", partial(_execute, directory, statement, setting)
        yield f"{what} as a setting, a pickle", partial(_execute, directory, statement, pickle)
    for what, statements in SCHEMA.items():
        yield what, partial(_script, directory, statements)
    for what, statements in WRITABLE_SCHEMA.items():
        yield what, partial(_script, directory, f"PRAGMA writable_schema = 1; {statements}")
    for table in ("Cache", "sqlite_master"):
        yield f"endless pages in {table}", partial(endless_pages, directory / "cache.db", table)
    yield from _files(directory, secret)


def _files(directory: Path, secret: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return replacements for the database and SQLite's files beside it."""
    kinds: dict[str, Callable[[str], object]] = {
        "a FIFO": os.mkfifo,
        "a directory": os.mkdir,
        "a link to another file": partial(os.symlink, secret),
        "a hard link": partial(os.link, secret),
        "a link to a device": partial(os.symlink, "/dev/zero"),
        "a gigabyte": _gigabyte,
        "NUL bytes": partial(_write, b"\0" * 100_000),
        "ones": partial(_write, b"\xff" * 100_000),
        "a journal that names another file": partial(_write, journal(str(secret))),
        "a journal of a large database": partial(_write, journal("", pages=0xFFFFFF00)),
    }
    for name in ("cache.db", "cache.db-journal", "cache.db-wal", "cache.db-shm"):
        for what, make in kinds.items():
            yield f"{name} is {what}", partial(_replace, directory / name, make)
            if name.endswith("-wal"):
                yield (
                    f"{name} is {what}, in WAL mode",
                    partial(_replace, directory / name, make, wal=True),
                )


def journal(names: str, pages: int = 1) -> bytes:
    """Return a rollback journal without pages for a database of that size.

    `names` is the file of a transaction over several databases.
    """
    head = (JOURNAL_MAGIC + struct.pack(">IIIII", 0, 7, pages, 512, PAGE)).ljust(512, b"\0")
    name = names.encode()
    return head + (
        struct.pack(">I", 262_145) + name + struct.pack(">II", len(name), sum(name)) + JOURNAL_MAGIC
        if name
        else b""
    )


def endless_pages(database: Path, table: str) -> None:
    """Make the table's root the top of an endless tree.

    Every page names another FAN_OUT times, the last the table's own rows.
    """
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    root = row[0] if row else 1
    content = bytearray(database.read_bytes())
    start = (root - 1) * PAGE
    skip = 100 if root == 1 else 0
    page = content[start : start + PAGE]
    cells = struct.unpack(">H", page[skip + 3 : skip + 5])[0]
    leaf = bytearray(page)
    leaf[: 8 + 2 * cells] = page[skip : skip + 8 + 2 * cells]
    content += leaf
    for _ in range(LEVELS):
        content += _interior(len(content) // PAGE)
    content[start + skip : start + PAGE] = _interior(len(content) // PAGE, skip)[skip:]
    content[28:32] = struct.pack(">I", len(content) // PAGE)
    content[92:96] = content[24:28]
    database.write_bytes(content)


def _interior(child: int, skip: int = 0) -> bytes:
    page = bytearray(PAGE)
    top = PAGE - 5 * FAN_OUT
    page[skip : skip + 12] = struct.pack(">BHHHBI", 5, 0, FAN_OUT, top, 0, child)
    for number in range(FAN_OUT):
        page[skip + 12 + 2 * number : skip + 14 + 2 * number] = struct.pack(">H", top + 5 * number)
        page[top + 5 * number : top + 5 * number + 5] = struct.pack(">IB", child, 1)
    return bytes(page)


def _execute(directory: Path, statement: str, value: object) -> None:
    with closing(sqlite3.connect(directory / "cache.db", isolation_level=None)) as connection:
        connection.execute(statement, (value,))


def _script(directory: Path, statements: str) -> None:
    with closing(sqlite3.connect(directory / "cache.db", isolation_level=None)) as connection:
        for statement in statements.split("; ") if "BEGIN" not in statements else [statements]:
            connection.execute(statement)


def _gigabyte(path: str) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 30)


def _write(content: bytes, path: str) -> None:
    Path(path).write_bytes(content)


def _replace(path: Path, make: Callable[[str], object], *, wal: bool = False) -> None:
    if wal:  # by the header: SQLite itself would create the file that is replaced
        with path.with_name("cache.db").open("r+b") as file:
            file.seek(18)
            file.write(b"\x02\x02")
    path.unlink(missing_ok=True)
    make(str(path))
