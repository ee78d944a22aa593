"""Store each model, project and session once, as a number."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


class Numbers(dict[str, int]):
    """The numbers of the names."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, name: str) -> int:
        """Return the number of a name, which is stored if it is new."""
        insert = "INSERT OR IGNORE INTO names (name) VALUES (?)"
        self._connection.execute(insert, (_storable(name),))
        (number,) = self._connection.execute(
            "SELECT id FROM names WHERE name = ?", (_storable(name),)
        ).fetchone()
        self[name] = number
        return int(number)


class Names:
    """The names of the index, by number and by name. Reading `numbers` stores a new name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.numbers = Numbers(connection)
        self._connection = connection
        self._names: dict[int, str] = {}

    def name(self, number: int) -> str:
        """Return the name of a number, "" if there is none."""
        name = self._names.get(number)
        if name is None:
            row = self._connection.execute(
                "SELECT name FROM names WHERE id = ?", (number,)
            ).fetchone()
            name = self._names[number] = row[0] if row else ""
        return name


def _storable(name: str) -> str:
    # SQLite's text is UTF-8: a lone surrogate cannot be stored.
    return name.encode("utf-8", "replace").decode()
