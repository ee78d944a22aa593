"""The picker's draft, and what it shows, without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usageline import themes
from usageline.cli.config.picker.draft import Draft
from usageline.cli.config.picker.drawing import Drawing, has_unicode
from usageline.cli.config.picker.lists import as_typed, in_words, next_value
from usageline.config.edit import EditRejected
from usageline.config.presets import PRESETS
from usageline.config.rows import RowsUnchangeable
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.config.types import Key

MINE = """# mine
clock = "12h"  # at home
rows = [["model", "session"], ["weekly", "status"]]

[segments.git]
hide = true
"""
KEYS = [
    *TOP.values(),
    *(key for keys, _ in TABLES.values() for key in keys.values()),
    *(key for kind in SEGMENTS for key in options_of(kind).values()),
]


def test_set_writes_a_value_and_removes_the_default() -> None:
    draft = Draft(MINE).set("theme", "dark")
    assert 'theme = "dark"' in draft.text
    assert draft.set("theme", "default").text == MINE
    assert draft.text.startswith('# mine\nclock = "12h"  # at home\n')


def test_undo_and_redo_go_through_every_edit() -> None:
    first = Draft(MINE).set("theme", "dark")
    second = first.set("clock", "24h")
    assert (second.undo().text, second.undo().undo().text) == (first.text, MINE)
    assert not second.undo().undo().is_changed
    assert second.undo().undo().redo().redo().text == second.text
    assert second.undo().set("wrap", True).redo().text.count("wrap") == 1  # nothing to redo
    assert Draft(MINE).undo() == Draft(MINE)


def test_an_edit_without_an_effect_needs_no_undo() -> None:
    assert Draft(MINE).set("clock", "12h").edits == ()


def test_toggle_adds_removes_and_shows_a_segment() -> None:
    draft = Draft(MINE)
    assert draft.toggle("cost").rows == [["model", "session"], ["weekly", "cost", "status"]]
    assert draft.toggle("session").rows == [["model"], ["weekly", "status"]]
    assert Draft("").toggle("credits").values.is_hidden("credits")
    assert Draft("").toggle("credits").toggle("credits").text == ""
    with_git = Draft(MINE.replace('"model"', '"git"'))
    assert with_git.values.is_hidden("git")
    assert not with_git.toggle("git").values.is_hidden("git")
    assert with_git.toggle("git").rows == with_git.rows


def test_the_only_key_can_be_typed_away_and_unset() -> None:
    assert Draft('separator = "~"\n').set_typed("separator", "").text == ""
    assert Draft('clock = "12h"\n').set("clock", "24h").text == ""
    assert Draft('theme = "minimal"\n').use_preset("two-rows").value("theme") == "minimal"
    preset = Draft("").use_preset("minimal")
    assert preset.use_preset("two-rows").value("theme") == "default"


def test_the_last_segment_stays() -> None:
    with pytest.raises(RowsUnchangeable, match="only segment"):
        Draft('rows = [["model"]]\n').toggle("model")


def test_shift_and_split_change_the_rows() -> None:
    draft = Draft(MINE)
    assert draft.shift(1, 0, -1).rows == [["model", "session", "weekly"], ["status"]]
    assert draft.split(0, 1).rows == [["model"], ["session"], ["weekly", "status"]]


def test_available_segments_are_those_in_no_row() -> None:
    draft = Draft(MINE + '[segments.text.note]\ntext = "x"\n')
    assert "text.note" in draft.available()
    assert {"model", "session", "weekly", "status"}.isdisjoint(draft.available())


def test_a_typed_value_is_read_as_in_the_shell() -> None:
    draft = Draft(MINE).set_typed("alerts.thresholds", "80,95")
    assert draft.value("alerts.thresholds") == [80, 95]
    assert draft.set_typed("alerts.thresholds", "").text == MINE
    with pytest.raises(EditRejected):
        draft.set_typed("alerts.thresholds", "x")


@pytest.mark.parametrize("name", [preset.name for preset in PRESETS])
def test_a_preset_is_recognized_and_standard_takes_it_back(name: str) -> None:
    base = '# mine\nclock = "12h"\n'
    draft = Draft(base).use_preset(name)
    assert draft.preset == name
    assert draft.use_preset("standard").text == base


def test_the_edits_apply_to_a_text_that_changed_in_the_meantime() -> None:
    draft = Draft(MINE).set("theme", "dark").toggle("cost")
    changed = MINE.replace('"12h"', '"24h"')
    assert draft.on(changed) == draft.text.replace('"12h"', '"24h"')
    with pytest.raises(EditRejected):
        draft.on("theme = ")


def test_an_edit_of_a_segment_that_is_gone_is_refused() -> None:
    with pytest.raises(RowsUnchangeable, match="no longer"):
        Draft(MINE).shift(0, 1, -1).on('rows = [["cost"]]\n')


def test_diff_has_the_changed_lines() -> None:
    diff = Draft(MINE).set("clock", "24h").diff()
    assert '-clock = "12h"  # at home' in diff
    assert not any(line.startswith("+") for line in diff)


Step = st.one_of(
    st.sampled_from([*SEGMENTS]).map(lambda name: lambda draft: draft.toggle(name)),
    st.sampled_from(themes.NAMES).map(lambda name: lambda draft: draft.set("theme", name)),
    st.sampled_from([preset.name for preset in PRESETS]).map(
        lambda name: lambda draft: draft.use_preset(name)
    ),
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.sampled_from([-1, 0, 1])).map(
        lambda place: lambda draft: _arranged(draft, *place)
    ),
    st.sampled_from([Draft.undo, Draft.redo]),
)


def _arranged(draft: Draft, number: int, index: int, step: int) -> Draft:
    number %= len(draft.rows)
    index %= len(draft.rows[number])
    return draft.shift(number, index, step) if step else draft.split(number, index)


@given(st.sampled_from(["", MINE]), st.lists(Step, max_size=8))
@settings(max_examples=30, deadline=None)
def test_whatever_is_chosen_the_text_is_valid_and_can_be_taken_back(
    base: str, steps: list[Callable[[Draft], Draft]]
) -> None:
    draft = Draft(base)
    for step in steps:
        try:
            draft = step(draft)
        except RowsUnchangeable:  # the only segment
            continue
        assert validate(draft.text).problems == []
        assert draft.on(base) == draft.text
    while draft.edits:
        draft = draft.undo()
    assert draft.text == base


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_stepping_through_the_values_of_a_key_stays_in_what_it_allows(key: Key) -> None:
    for step in (-1, 1):
        value = key.default
        for _ in range(30):
            value = next_value(key.type, value, step)
            if value is None:
                break
            assert key.type.read(value) == value


def test_values_are_shown_in_words_without_control_characters() -> None:
    assert [in_words(value) for value in (True, [75, 90], [], None, "", 5)] == [
        "on",
        "75, 90",
        "none",
        "",
        "",
        "5",
    ]
    assert "\x1b" not in in_words("\x1b[31m") + as_typed("\x1b[31m") + as_typed(["\x1b"])


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({"LANG": "C"}, False),
        ({}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # Python sets LC_CTYPE
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, False),
    ],
)
def test_unicode_is_shown_only_if_locale_and_terminal_have_it(
    env: dict[str, str], *, expected: bool
) -> None:
    assert has_unicode({"TERM": "xterm", **env}) is expected


@pytest.mark.parametrize("theme", themes.NAMES)
def test_without_unicode_the_line_is_ascii_and_as_wide(theme: str) -> None:
    env = {"HOME": "/nowhere", "TERM": "xterm-256color"}
    values = Draft("").use_preset("full").set("theme", theme).set("nerd_font", True).values
    plain = Drawing({**env, "LANG": "C"}).line(values, 200)
    full = Drawing({**env, "LANG": "C.UTF-8"}).line(values, 200)
    assert all(row.plain.isascii() for row in plain)
    assert [row.cell_len for row in plain] == [row.cell_len for row in full]
