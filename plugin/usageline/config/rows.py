"""Add, move and remove segments in rows. Every function returns new rows."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from usageline.config.schema import MAX_ROWS

Rows: TypeAlias = list[list[str]]

AT_THE_END = ("alerts", "status")
"""Segments that show up now and then: what is added at the end of a row goes before them."""


class RowsUnchangeable(Exception):
    """The change is not possible; the message is the reason."""


class Position(NamedTuple):
    """The place of a segment; `row` counts from 1. Without any, it is the end of the last row."""

    row: int | None = None
    before: str | None = None
    after: str | None = None
    first: bool = False


def place(rows: Rows, name: str) -> tuple[int, int] | None:
    """Return the row and the index of a segment, from 0, or None if no row has it."""
    for number, row in enumerate(rows):
        if name in row:
            return number, row.index(name)
    return None


def put(rows: Rows, name: str, at: Position) -> Rows:
    """Add a segment at a position, or move it there if a row has it already.

    Raise RowsUnchangeable if there is no such position.
    """
    rest = [[segment for segment in row if segment != name] for row in rows]
    neighbor = at.before or at.after
    if neighbor == name:
        raise RowsUnchangeable(f"{name} cannot stand beside itself")
    if neighbor:
        found_at = place(rest, neighbor)
        if found_at is None:
            raise RowsUnchangeable(f"{neighbor} is in no row: `usageline config list` shows them")
        number, index = found_at
        if at.row not in (None, number + 1):
            raise RowsUnchangeable(f"{neighbor} is in row {number + 1}, not in row {at.row}")
        index += 1 if at.after else 0
    else:
        rest = _tidy(rest) if at.row is None else rest
        number = (1 if at.first else max(len(rest), 1)) - 1 if at.row is None else at.row - 1
        if number >= len(rest):
            if number > len(rest) or number >= MAX_ROWS:
                last = min(len(rest) + 1, MAX_ROWS)
                raise RowsUnchangeable(f"there is no row {number + 1}: use 1 to {last}")
            rest.append([])
        index = 0 if at.first else _end(rest[number])
    rest[number].insert(index, name)
    return _tidy(rest)


def remove(rows: Rows, name: str) -> Rows:
    """Remove a segment, and a row that has no other.

    Raise RowsUnchangeable if no row has it, or if nothing would be left.
    """
    if place(rows, name) is None:
        raise RowsUnchangeable(f"{name} is in no row")
    rest = _tidy([[segment for segment in row if segment != name] for row in rows])
    if not rest:
        raise RowsUnchangeable(f"{name} is the only segment: add another one first")
    return rest


def shift(rows: Rows, number: int, index: int, step: int) -> tuple[Rows, int, int]:
    """Move a segment by one place, across the edge of its row if it is there.

    Return the rows and its new row and index. Beyond the last row it gets a row of its own.
    """
    rest = [list(row) for row in rows]
    name = rest[number].pop(index)
    index += step
    if not 0 <= index <= len(rest[number]):
        target = number + step
        alone = not rest[number]
        if not 0 <= target < MAX_ROWS or (target == len(rest) and alone):
            return rows, number, index - step
        if target == len(rest):
            rest.append([])
        index = 0 if step > 0 else len(rest[target])
        if alone:
            del rest[number]
            target -= 1 if step > 0 else 0
        number = target
    rest[number].insert(index, name)
    return rest, number, index


def split(rows: Rows, number: int, index: int) -> Rows:
    """Begin a new row with a segment; join its row with the one above if it is the first of it."""
    rest = [list(row) for row in rows]
    if index:
        if len(rest) < MAX_ROWS:
            rest[number : number + 1] = [rest[number][:index], rest[number][index:]]
    elif number:
        rest[number - 1 : number + 1] = [rest[number - 1] + rest[number]]
    return rest


def _end(row: list[str]) -> int:
    index = len(row)
    while index and row[index - 1] in AT_THE_END:
        index -= 1
    return index


def _tidy(rows: Rows) -> Rows:
    return [row for row in rows if row]
