"""Segments are added to rows, moved in them, and removed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.config import rows
from usageline.config.rows import Position
from usageline.config.schema import MAX_ROWS

TWO = [["a", "b"], ["c", "status"]]


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("x", Position(), [["a", "b"], ["c", "x", "status"]]),
        ("x", Position(first=True), [["x", "a", "b"], ["c", "status"]]),
        ("x", Position(row=1), [["a", "b", "x"], ["c", "status"]]),
        ("x", Position(row=2, first=True), [["a", "b"], ["x", "c", "status"]]),
        ("x", Position(row=3), [["a", "b"], ["c", "status"], ["x"]]),
        ("x", Position(before="b"), [["a", "x", "b"], ["c", "status"]]),
        ("x", Position(after="c"), [["a", "b"], ["c", "x", "status"]]),
        ("b", Position(first=True), [["b", "a"], ["c", "status"]]),
        ("a", Position(), [["b"], ["c", "a", "status"]]),
        ("c", Position(row=1), [["a", "b", "c"], ["status"]]),
    ],
)
def test_put_adds_or_moves_a_segment(name: str, at: Position, expected: rows.Rows) -> None:
    assert rows.put(TWO, name, at) == expected


@pytest.mark.parametrize(
    ("place", "step", "expected"),
    [
        ((0, 0), 1, [["b", "a"], ["c", "status"]]),
        ((0, 1), 1, [["a"], ["b", "c", "status"]]),
        ((1, 0), -1, [["a", "b", "c"], ["status"]]),
        ((1, 1), 1, [["a", "b"], ["c"], ["status"]]),
        ((0, 0), -1, TWO),
    ],
)
def test_shift_moves_a_segment_across_the_edge_of_its_row(
    place: tuple[int, int], step: int, expected: rows.Rows
) -> None:
    assert rows.shift(TWO, *place, step)[0] == expected


def test_split_begins_a_row_and_joins_it_again() -> None:
    three = [["a", "b"], ["c"], ["status"]]
    assert rows.split(TWO, 1, 1) == three
    assert rows.split(three, 2, 0) == TWO
    assert rows.split(TWO, 0, 0) == TWO


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4), min_size=1, max_size=6),
    st.data(),
)
def test_shift_and_split_keep_every_segment_and_leave_no_row_empty(
    shown: rows.Rows, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(shown) - 1))
    index = data.draw(st.integers(0, len(shown[number]) - 1))
    step = data.draw(st.sampled_from([-1, 1]))
    name = shown[number][index]
    moved, row, column = rows.shift(shown, number, index, step)
    assert moved[row][column] == name
    for changed in (moved, rows.split(shown, number, index)):
        assert sorted(itertools.chain(*changed)) == sorted(itertools.chain(*shown))
        assert all(changed)
        assert len(changed) <= MAX_ROWS
