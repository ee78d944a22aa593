"""Every problem of a config.toml is found, with its line and what is allowed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from usageline.config import file
from usageline.config.compile import resolve_values
from usageline.config.schema import TABLES, TOP
from usageline.config.segments import SEGMENTS, options_of
from usageline.config.validate import validate

VARIABLE_NAMES = 'a list of at most 64 names of variables, such as "NAME" or "PREFIX_*",'


def named(text: str) -> list[str]:
    """Return the problems of a text, as they are printed."""
    return [problem.message("c") for problem in validate(text).problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '\n\n[segments.session]\nbar_width = "wide"',
            'c:4: segments.session.bar_width: a whole number from 2 to 40 is allowed, not "wide"',
        ),
        (
            "[segments.session]\nbar_width = 5.0",
            "c:2: segments.session.bar_width: a whole number from 2 to 40 is allowed, not 5.0",
        ),
        (
            "[segments]\nsession = { bar = 'theme',\\\n bar_width = 1 }".replace("\\\n", ""),
            "c:2: segments.session.bar_width: a whole number from 2 to 40 is allowed, not 1",
        ),
        (
            'segments.text.note.txet = "x"',
            'c:1: segments.text.note.txet: there is no such option; did you mean "text"?',
        ),
        *(
            (
                f"[chain]\nenv = [{name}]",
                f"c:2: chain.env: {VARIABLE_NAMES} is allowed, not {name}",
            )
            for name in ('"*"', '"A B"', '"A=1"', '""', '"1A"', '"A*B"', "5")
        ),
        (
            "[segments.sesion]",
            'c:1: segments.sesion: there is no such segment; did you mean "session"?',
        ),
        (
            "[segments]\nmodel = false",
            "c:2: segments.model: a table of options is allowed, not false",
        ),
        (
            'rows = [\n  ["model"],\n  # none\n  ["weekly",\n   "sesion"],\n]',
            'c:5: rows: there is no segment "sesion"; did you mean "session"?',
        ),
        (
            'rows = [["text.note"]]',
            'c:1: rows: there is no segment "text.note"; did you mean "text"?',
        ),
        ("rows = [[], 5]", "c:1: rows: a list of at most 24 segments is allowed, not 5"),
        ("rows = [\n['model', 7]]", "c:2: rows: a list of at most 24 segments is allowed, not 7"),
        ('thme = "dark"', 'c:1: thme: there is no such key; did you mean "theme"?'),
        ("[stylse]\nx = 1", 'c:1: stylse: there is no such key; did you mean "styles"?'),
        ("styles = 5", "c:1: styles: a table is allowed, not 5"),
        (
            '[styles]\nnomral = "red"',
            'c:2: styles.nomral: there is no such key; did you mean "normal"?',
        ),
        (
            '[styles]\nnormal = "bold gren"',
            'and on with another are allowed, not "gren"; did you mean "green"?',
        ),
        ('[segments.model]\nstyle = "nam"', 'not "nam"; did you mean "name"?'),
        ('[glyphs]\nfull = "🟩"', "one character that takes one cell is allowed"),
        ('[glyphs]\nfull = "ab"', "one character that takes one cell is allowed"),
        ('[glyphs]\nparts = "abc"', "text of 0 or 8 characters"),
        ('theme = "powrline"', 'c:1: theme: "powrline" is not allowed; did you mean "powerline"?'),
        (
            "[alerts]\nthresholds = [75, 101]",
            (
                "c:2: alerts.thresholds: "
                "a list of at most 8 whole numbers from 1 to 100 is allowed, not 101"
            ),
        ),
        ("[alerts]\nthresholds = [75, true]", "not true"),
        (
            "[chain]\ntimeout = inf",
            "c:2: chain.timeout: seconds from 0.1 to 30 are allowed, not inf",
        ),
        ("wrap = 1979-05-27", "c:1: wrap: true or false is allowed, not 1979-05-27"),
        ("'x' = 1\n\"\\u001b[31m\" = 1", '"?[31m": there is no such key'),
        ("theme = 'dark'\ntheme = 'light'", "c:2"),
        ("[alerts]\n[alerts]", "c:2"),
        ("theme = 'dark'\nclock =", "c:2: not TOML"),
        ('a = """\n\n', "c:1: not TOML"),
        ('a = "\\u001b"', "there is no such key"),
        (
            '[chain]\ncommand = "a\\u0000"',
            "c:2: chain.command: a shell command of at most 131071 bytes is allowed",
        ),
        ("[[segments]]", "c:1: segments: a table is allowed, not [a table]"),
        ("[[x]]\n[[x]]\n[x.y]\ntheme = 1", "c:1: x: there is no such key"),
        (
            "max_rows = 0x" + "f" * 20000,
            "c:1: max_rows: a whole number from 1 to 6 is allowed, not a number that long",
        ),
        ("[segments.text.'no name']\n", "a name of at most 32 letters, digits, - and _ is allowed"),
        (
            "[segments.session.bar]\n",
            (
                "c:1: segments.session.bar: "
                "one of theme, blocks, dots, squares, line, ascii is allowed, not a table"
            ),
        ),
    ],
)
def test_a_problem_is_named_with_line_key_and_what_is_allowed(text: str, problem: str) -> None:
    """In nested tables, lists of several lines, inline tables, dotted keys; safe to print."""
    messages = named(text)
    assert any(problem in line for line in messages), messages
    assert all(line.isprintable() and len(line) < 400 for line in messages)


def test_all_problems_are_found_in_the_order_of_their_lines() -> None:
    """All are reported, and the valid keys beside them are used."""
    text = (
        'nerd_font = 1\nclock = "12h"\nttl = 1\n[styles]\nwarning = "yelow"\nnormal = "green"\n'
        '[segments.model]\nlabl = ""\n'
    )
    checked = validate(text)
    assert [problem.line for problem in checked.problems] == [1, 3, 5, 8]
    assert checked.values.top == {"clock": "12h"}
    assert checked.values.tables == {"styles": {"normal": "green"}}


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('theme = "Colour-Blind-Safe"', "theme", "color-blind-safe"),
        ("color = 256", "color", "256"),
        ("\ufefftheme = 'dark'\r\n", "theme", "dark"),
        ('sources = ["oauth", "oauth", "payload"]', "sources", ["oauth", "payload"]),
        ('rows = [["clock", "text", "clock"]]', "rows", [["clock", "text", "clock"]]),
        ('separator = ""', "separator", ""),
    ],
)
def test_what_is_allowed_is_read(text: str, key: str, value: object) -> None:
    """In any case and either spelling."""
    values, problems, _ = validate(file.decode(text.encode()))
    assert problems == []
    assert values.top[key] == value


def test_an_instance_has_its_segments_options_and_its_own() -> None:
    """Its own take precedence."""
    values = validate(
        '[segments.session]\nbar_width = 5\nlabel = "x"\n[segments.session.mini]\nlabel = "y"\n'
    ).values
    assert values.segments == {
        "session": {"bar_width": 5, "label": "x"},
        "session.mini": {"bar_width": 5, "label": "y"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\na = 2\n",
        "[a]\n[b]\n[a]\n",
        "a = [1,\n2\nb = 3\n",
        "a = ",
        'a = """\n\n',
        "[" * 5000,
        "a = " + "[" * 3000,
    ],
)
def test_both_parsers_name_the_same_line(text: str) -> None:
    """Python 3.10 has no parser of its own."""
    lines = []
    for parse in (file.parse, file.parse_before_311):
        with pytest.raises(file.UnusableFile) as unusable:
            parse(text)
        assert unusable.value.problem.text.startswith("not TOML")
        lines.append(unusable.value.problem.line)
    assert lines[0] == lines[1] or None in lines


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.just(dt.date(1979, 5, 27)),
    st.sampled_from(
        ["model", "session", "bold red", "#12ab9f", "theme", "dots", "auto", "text.a", 1, 50, 0.5]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = set(TOP) | set(TABLES) | {"segments"} | {"nonesuch"}
OPTIONS = st.sampled_from([*sorted({name for kind in SEGMENTS for name in options_of(kind)}), "a"])
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(sorted(KEYS), VALUES),
        "rows": st.one_of(
            VALUES,
            st.lists(
                st.lists(st.sampled_from([*SEGMENTS, "text.a", "nonesuch"]), max_size=4), max_size=3
            ),
        ),
        "segments": st.dictionaries(
            st.sampled_from([*SEGMENTS, "nonesuch"]),
            st.one_of(
                VALUES,
                st.dictionaries(
                    OPTIONS,
                    st.one_of(VALUES, st.dictionaries(OPTIONS, VALUES, max_size=2)),
                    max_size=3,
                ),
            ),
            max_size=3,
        ),
        **{
            name: st.dictionaries(st.sampled_from(list(keys)), VALUES, max_size=3)
            for name, (keys, _) in TABLES.items()
        },
    },
)


@given(DOCUMENTS)
def test_the_line_can_read_every_compiled_configuration(document: dict[str, Any]) -> None:
    """Every problem has a line and a key; the rest is bounded JSON of the expected shape."""
    text = tomlkit.dumps(document)
    checked = validate(text)
    assert all(problem.line and problem.key for problem in checked.problems)
    compiled = resolve_values(checked.values)
    assert len(json.dumps(compiled, ensure_ascii=False).encode()) < 1 << 18
    assert all(
        kind in SEGMENTS and isinstance(options, dict)
        for row in compiled["rows"]
        for kind, options in row
    )
    for row in compiled["rows"]:
        for kind, options in row:
            assert options.keys() <= options_of(kind).keys() | {"bar_glyphs"}
            assert options.get("bar", "theme") == "theme"


@given(st.text(max_size=300))
def test_any_text_is_checked_without_a_crash(text: str) -> None:
    """Most of it is not TOML."""
    for problem in validate(text).problems:
        assert problem.message("c").isprintable()


@pytest.mark.parametrize(
    ("address", "is_valid"),
    [
        ("http://127.0.0.1:4318", True),
        ("https://collector.example:4318/otlp/", True),
        ("http://[::1]:4318", True),
        ("collector:4318", False),
        ("ftp://collector", False),
        ("http://", False),
        ("http://user:secret@collector", False),
        ("http://collector/?token=secret", False),
        ("http://collector:99999", False),
        ("http://collector:0", False),
        ("http://coll ector", False),
        ("http://collector\\@elsewhere", False),
        ("http://" + "a" * 2000, False),
    ],
)
def test_address_of_a_collector_is_http_without_secrets(address: str, is_valid: bool) -> None:
    result = validate(f"[metrics]\notlp = {json.dumps(address)}")
    assert (result.problems == []) == is_valid
    if is_valid:
        assert result.values.tables["metrics"]["otlp"] == address.rstrip("/")
