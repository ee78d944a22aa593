"""One key set or taken out in a text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usageline.config import edit
from usageline.config.file import parse
from usageline.config.rows import RowsUnchangeable
from usageline.config.template import full_file
from usageline.config.validate import NO_VALUES, validate

TEXT = """# mine
theme = "dark"  # for now
rows = [
    ["model"],  # one
]

[segments.session]
# narrow
bar_width = 5
[styles]
normal = "green"
"""


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("theme", "light", 'theme = "light"  # for now'),
        ("theme", '"light"', 'theme = "light"  # for now'),
        ("clock", "12h", 'clock = "12h"'),
        ("segments.session.bar_width", "7", "bar_width = 7"),
        ("segments.session.show", '["bar"]', 'show = ["bar"]'),
        ("segments.text.note.text", "two words", 'text = "two words"'),
        ("segments.text.text", "5", 'text = "5"'),
        ("styles.normal", "110", 'normal = "110"'),
        ("styles.warning", "bold #ffaa00", 'warning = "bold #ffaa00"'),
        ("rows", '[["session", "weekly"]]', '    ["session", "weekly"],  # one'),
        ("rows", "git, model/session", 'rows = [["git", "model"], ["session"]]'),
        ("segments.session.show", "percent,reset", 'show = ["percent", "reset"]'),
        ("alerts.thresholds", "80,95", "thresholds = [80, 95]"),
        ("alerts.thresholds", "80", "thresholds = [80]"),
        ("alerts.kinds", "Fable,weekly_all", 'kinds = ["Fable", "weekly_all"]'),
        ("sources", "oauth", 'sources = ["oauth"]'),
        ("nerd_font", "on", "nerd_font = true"),
        ("wrap", "No", "wrap = false"),
        ("alerts.thresholds", "[]", "thresholds = []"),
        ("alerts.cost_day", "12.5", "cost_day = 12.5"),
        ("alerts.cost_month", "200", "cost_month = 200"),
        ("separator", " | ", 'separator = " | "'),
        ("color", "256", "color = 256"),
        ("ttl", "600", "ttl = 600"),
    ],
)
def test_a_key_is_set_and_all_else_stays(key: str, value: str, line: str) -> None:
    """Comments, order, and other keys."""
    changed = edit.set_key(TEXT, key, value)
    assert line in changed.splitlines()
    assert validate(changed).problems == []
    unchanged = [line for line in TEXT.splitlines() if line.startswith(("# ", "["))]
    assert [line for line in changed.splitlines() if line in unchanged] == unchanged
    assert edit.unset_key(changed, key) is not None


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("theme", "drak", 'theme: "drak" is not allowed; did you mean "dark"?'),
        (
            "segments.session.bar_width",
            "wide",
            'segments.session.bar_width: a whole number from 2 to 40 is allowed, not "wide"',
        ),
        (
            "segments.sesion.bar_width",
            "5",
            'segments.sesion: there is no such segment; did you mean "session"?',
        ),
        ("thme", "dark", 'thme: there is no such key; did you mean "theme"?'),
        ("theme.dark", "1", "theme.dark: cannot be set here"),
        ("rows", "[]", "rows: a list of 1 to 6 lists of segments is allowed"),
        ("rows", "git,sesion", 'rows: there is no segment "sesion"; did you mean "session"?'),
        ("alerts.cost_day", "-1", "dollars from 0 to 100000 are allowed"),
        ("alerts.thresholds", "80,x", "a list of at most 8 whole numbers from 1 to 100"),
        ("thresholds", "80", 'did you mean "alerts.thresholds"?'),
        ("session.bar_width", "5", 'did you mean "segments.session.bar_width"?'),
        ("bar_widht", "5", 'did you mean "segments.'),
        ("rows", '[["modle"]]', 'rows: there is no segment "modle"; did you mean "model"?'),
        ("", "1", "there is no such key"),
        ("segments..x", "1", "there is no such key"),
        ("ttl", "1\nsources = []", "ttl"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(key: str, value: str, problem: str) -> None:
    """Nothing is returned that could be written."""
    with pytest.raises(edit.EditRejected) as refused:
        edit.set_key(TEXT, key, value)
    assert any(problem in reported.message("") for reported in refused.value.problems)


def test_rows_that_are_too_wide_get_a_line_each() -> None:
    rows = [["directory", "git", "model", "context"], ["session", "weekly", "scoped", "credits"]]
    text = edit.set_value("", "rows", [rows[0], rows[1] + ["forecast", "alerts", "status"]])
    assert text.splitlines()[:2] == ["rows = [", '    ["directory", "git", "model", "context"],']


def test_removing_the_last_key_removes_its_table() -> None:
    assert edit.unset_key('theme = "dark"\n\n[alerts]\nline = false\n', "alerts.line") == (
        'theme = "dark"\n'
    )
    assert edit.unset_key("[segments.text.note]\nhide = true\n", "segments.text.note.hide") == ""


def test_a_table_with_a_comment_or_another_key_stays() -> None:
    assert edit.unset_key(TEXT, "segments.session.bar_width") == TEXT.replace("bar_width = 5\n", "")
    text = "[alerts]\nline = true\ndesktop = true\n"
    assert edit.unset_key(text, "alerts.line") == "[alerts]\ndesktop = true\n"


HIDDEN = "[segments.credits]\nhide = true\n"


def test_rows_show_a_hidden_segment_again_if_asked_to() -> None:
    rows = [["session", "credits"]]
    assert (
        edit.set_rows(HIDDEN, rows, ["credits"]) == 'rows = [["session", "credits"]]\nfold = true\n'
    )
    assert "hide = true" in edit.set_rows(HIDDEN, rows)
    kind = "[segments.text]\nhide = true\n[segments.text.note]\n"
    shown = edit.set_rows(kind, [["text.note"]], ["text.note"])
    assert validate(shown).values.segments["text.note"]["hide"] is False


def test_a_segment_removed_from_the_default_rows_is_hidden_in_them() -> None:
    """Rows in the file would be fixed, and the default rows adapt to the width."""
    assert edit.remove_segments("", ["credits"]) == HIDDEN
    assert edit.set_rows(HIDDEN, NO_VALUES.get("rows"), ["credits"]) == ""
    rows = 'rows = [["model", "credits"]]\n'
    assert edit.remove_segments(rows, ["credits"]) == 'rows = [["model"]]\n'


def test_the_last_segment_of_the_default_rows_is_not_hidden() -> None:
    *others, last = [name for row in NO_VALUES.get("rows") for name in row]
    text = edit.remove_segments("", others)
    with pytest.raises(RowsUnchangeable, match="only segment"):
        edit.remove_segments(text, [last])


def test_a_mistake_elsewhere_does_not_stand_in_the_way() -> None:
    """Else a user could not fix two, one by one."""
    text = 'theme = "drak"\nclock = "13h"\n'
    mended = edit.set_key(text, "theme", "dark")
    assert [problem.key for problem in validate(mended).problems] == ["clock"]
    taken = edit.unset_key(mended, "clock")
    assert taken is not None
    assert validate(taken).problems == []


def test_invalid_toml_is_not_changed() -> None:
    """Its line is reported."""
    with pytest.raises(edit.EditRejected) as refused:
        edit.set_key("a = 1\nb = \n", "theme", "dark")
    assert refused.value.problems[0].line == 2
    with pytest.raises(edit.EditRejected):
        edit.unset_key("b = ", "b")


def test_an_instance_in_use_is_not_removed() -> None:
    """The rows would name a segment that is gone."""
    text = 'rows = [["text.note"]]\n[segments.text.note]\ntext = "x"\n'
    with pytest.raises(edit.EditRejected):
        edit.unset_key(text, "segments.text.note")


@pytest.mark.parametrize(
    "key",
    [
        "theme",
        "segments.weekly.label",
        "segments.session.bar",
        "alerts",
        "theme.x",
        "x",
        "segments.text.y.z",
    ],
)
def test_a_key_that_is_not_set_is_not_removed(key: str) -> None:
    """That is not a failure."""
    assert edit.unset_key("[segments.session]\nbar_width = 5\n", key) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "dark"),
        ("clock", "24h"),
        ("separator", None),
        ("segments.session.bar_width", 5),
        ("segments.weekly.bar_width", 10),
        ("alerts.line", True),
        ("styles.normal", "green"),
        ("styles.warning", None),
    ],
)
def test_the_effective_value_is_the_given_one_or_the_default(key: str, value: object) -> None:
    """None if the theme decides."""
    assert edit.effective_value(validate(TEXT).values, key) == value


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("thme", "theme"),
        ("segments.sesion", "session"),
        ("alerts.lin", "line"),
        ("segments.session.bar.x", "no such key"),
    ],
)
def test_an_unknown_key_is_refused_with_a_suggestion(key: str, meant: str) -> None:
    """As a KeyError."""
    with pytest.raises(KeyError, match=meant):
        edit.effective_value(validate(TEXT).values, key)


@given(
    st.sampled_from(
        [
            "theme",
            "rows",
            "segments.session.label",
            "segments.text.a.text",
            "styles.name",
            "alerts.kinds",
            "chain.command",
            "glyphs.reset",
            "segments",
        ]
    ),
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.sampled_from(["[]", "[1]", "{}", '""', "5", "true", "'x'", "red", "[['model']]"]),
    ),
    st.sampled_from(
        [
            "",
            TEXT,
            full_file(),
            "segments = {session = {bar_width = 5}}",
            "segments.text.a.label = 'x'",
            "[segments]\ntext = {}",
        ]
    ),
)
@settings(max_examples=40)
def test_whatever_is_set_the_text_stays_valid_or_as_it_was(key: str, value: str, text: str) -> None:
    """Also beside inline tables and dotted keys."""
    try:
        changed = edit.set_key(text, key, value)
    except edit.EditRejected:
        return
    assert validate(changed).problems == []
    assert parse(changed)


def test_row_made_from_the_default_one_still_has_two_lines_in_a_narrow_terminal() -> None:
    row = ["git", *NO_VALUES.get("rows")[0]]
    text = edit.set_rows("", [row])
    assert validate(text).values.get("fold") is True
    assert "fold" not in edit.set_rows("", [row, ["cost"]])
    assert "fold" not in edit.set_rows('rows = [["model"]]\n', [row])
    assert "fold = false" in edit.set_rows("fold = false\n", [row])
