"""Every key is documented: in the file that `init` writes, and in docs/."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tools import configuration
from usageline.cli.config import sample
from usageline.config.compile import resolve_values
from usageline.config.file import parse
from usageline.config.schema import PROFILE, TABLES, TOP
from usageline.config.segments import SEGMENTS, non_defaults, options_of
from usageline.config.template import EXAMPLES, default_file, full_file, minimal_file
from usageline.config.validate import NO_VALUES, validate
from usageline.usage.alerts import evaluate
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release, World

KEY = re.compile(r"^#(?=[a-z\[])", re.MULTILINE)
"""The # before a key that is commented out; one before words has a space after it."""


def uncommented() -> dict[str, Any]:
    """Return the default file with all its keys."""
    return parse(KEY.sub("", full_file()))


def test_the_full_file_is_valid_and_changes_nothing() -> None:
    """It leaves every key at its default."""
    values, problems, table = validate(full_file())
    assert problems == []
    assert values.top == {}
    assert not any(values.tables.values())
    assert not any(values.segments.values())
    assert table.keys() == TABLES.keys() | {"segments"}
    assert resolve_values(values) == resolve_values(NO_VALUES)


def test_with_its_keys_uncommented_it_is_valid_and_means_the_same() -> None:
    """Keys without a default show an example."""
    values, problems, _ = validate(KEY.sub("", full_file()))
    assert problems == []
    assert {name: value for name, value in values.top.items() if name not in EXAMPLES} == {
        key.name: key.default for key in TOP.values() if key.name not in EXAMPLES
    }
    for name in ("chain", "alerts"):
        assert values.tables[name] == NO_VALUES.table(name)
    for kind, options in values.segments.items():
        if "." not in kind:
            assert non_defaults(kind, options) == {"priority": EXAMPLES["priority"]}


def test_every_key_is_in_the_full_file() -> None:
    """Of every table and every segment."""
    document = uncommented()
    assert document.keys() == TOP.keys() | TABLES.keys() | {"segments", "profiles"}
    assert document["profiles"]["work"].keys() <= PROFILE.keys()
    for name, (keys, _) in TABLES.items():
        assert document[name].keys() == keys.keys()
    for kind in SEGMENTS:
        assert document["segments"][kind].keys() - {"note"} == options_of(kind).keys()


@pytest.mark.parametrize("file", [default_file, minimal_file])
def test_the_short_files_are_valid_change_nothing_and_are_short(file: Callable[[], str]) -> None:
    values, problems, _ = validate(KEY.sub("", file()))
    assert problems == []
    assert resolve_values(values)["rows"] == resolve_values(NO_VALUES)["rows"]
    assert resolve_values(validate(file()).values) == resolve_values(NO_VALUES)
    assert len(file().splitlines()) < 60
    assert "init --full" in file()


def test_every_key_has_a_purpose_and_an_allowed_default() -> None:
    """The purpose fits in a line."""
    keys = [
        *TOP.values(),
        *(key for table, _ in TABLES.values() for key in table.values()),
        *PROFILE.values(),
        *(key for kind in SEGMENTS for key in options_of(kind).values()),
    ]
    for key in keys:
        assert 3 < len(key.doc) < 140
        assert key.type.allowed
        if key.default is not None:
            assert key.type.read(key.default) == key.default


def document() -> str:
    return "".join(file.read_text(encoding="utf-8") for file in configuration.FILES)


def recipe(heading: str, number: int = 0) -> str:
    """Return the configuration of a recipe; `number` is its place below that heading."""
    section = (
        document()
        .partition("## Recipes\n")[2]
        .partition("\n## ")[0]
        .partition(f"### {heading}\n")[2]
        .partition("\n### ")[0]
    )
    toml: str = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)[number]
    return toml


def drawn(heading: str, number: int = 0, **env: str) -> str:
    """Return the line that a recipe draws from the preview's sample data."""
    line: str = configuration.drawn(recipe(heading, number), {**configuration.DRAWN_IN, **env})
    return line


def test_the_documentation_has_the_tables_of_the_schema_and_the_recipes_lines() -> None:
    """If this fails, run tools/configuration.py."""
    text = document()
    assert configuration.written(text) == text
    assert all(f"`{name}`" in text for kind in SEGMENTS for name in options_of(kind))


def test_every_option_of_a_segment_is_in_one_table_row() -> None:
    """With its segment: options of the same meaning share a row."""
    table = document().partition("<!-- options -->")[2].partition("<!-- end -->")[0]
    rows = [
        (match[1], set(re.findall(r"`(\w+)`", match[2])))
        for match in re.finditer(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    ]
    own = [(key.name, kind) for kind, segment in SEGMENTS.items() for key in segment.options]
    assert sorted((name, kind) for name, kinds in rows for kind in kinds) == sorted(own)


def test_every_recipe_is_valid_and_its_line_is_drawn_below_it() -> None:
    section = document().partition("## Recipes\n")[2].partition("\n## ")[0]
    recipes = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    assert recipes
    assert [validate(toml).problems for toml in recipes] == [[]] * len(recipes)
    assert [match["toml"] for match in configuration.RECIPE.finditer(section)] == recipes


def test_the_contents_list_every_section_and_recipe() -> None:
    text = configuration.FILES[0].read_text(encoding="utf-8")
    contents = re.findall(r"\]\(#([\w-]+)\)", text.partition("## The file")[0])
    headings = [match[1] for match in re.finditer(r"^##{1,2} (.+)$", text, re.MULTILINE)]
    assert contents == [
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings
    ]


def test_recipe_hide_credits_draws_no_credits() -> None:
    credit = sample.snapshot(0, light=False)["credits"][0]["used_minor"]
    assert f"{credit / 100:.2f}" in configuration.drawn("")
    assert f"{credit / 100:.2f}" not in drawn("Hide credits")


def test_recipe_git_first_begins_with_the_branch_and_its_state() -> None:
    assert re.match(r"feature/themes \*2↑1 │ ", drawn("Git first"))


def test_recipe_two_rows_draws_two_rows() -> None:
    where, limits = drawn("Two rows").splitlines()
    assert ("ctx" in where, "5h" in where) == (True, False)
    assert ("ctx" in limits, "5h" in limits) == (False, True)


def test_recipe_two_accounts_names_the_account() -> None:
    assert drawn("Two accounts").startswith("private │ ")
    work = drawn("Two accounts", HOME="/home/me", CLAUDE_CONFIG_DIR="/home/me/.claude-work")
    assert work.startswith("work ")
    assert "│" not in work  # the theme of this profile


def test_recipe_two_accounts_keeps_their_numbers_and_names_apart(
    world: World,
    built_release: Release,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    """Both accounts have one config.toml, and a Claude Code directory each."""
    hot = Hot(world, built_release)
    (world.home / ".claude-work").mkdir()
    world.configure(recipe("Two accounts"))
    hot.publish(plan="Max 5x")
    first = world.env
    world.env = {**first, "CLAUDE_CONFIG_DIR": str(world.home / ".claude-work")}
    world.sign_in(token="sk-ant-oat01-WORK", account="55555555-5555-4555-8555-555555555555")
    hot.publish(
        plan="Max 5x",
        limits=[
            {
                "kind": "session",
                "label": "Current session",
                "percent": 64,
                "resets_at": int(time.time()) + 7230,
            }
        ],
    )
    payload = {"model": {"display_name": "Opus 5.5"}}
    eventually(lambda: re.match(r"work +Opus 5.5 +5h .*64%", hot.line(payload)))
    world.env = first
    eventually(lambda: re.match(r"private │ Opus 5.5 │ 5h .*37%", hot.line(payload)))


def test_recipe_alert_at_80_percent_fires_at_80_and_not_below() -> None:
    def alerted(percent: float) -> list[int]:
        limit = Limit("weekly_all", "Current week (all models)", percent, 4_000_000_000)
        return [
            alert.threshold
            for alert in evaluate(Reading((limit,), (), "oauth", 0), thresholds, (), (), 0)[0]
        ]

    table = validate(recipe("Alert at 80%")).values.table("alerts")
    thresholds = tuple(table["thresholds"])
    assert (alerted(79), alerted(80), table["line"], table["desktop"]) == ([], [80], True, True)
    assert "▲ 7d passed 80%" in drawn("Alert at 80%")


def test_recipe_12_hour_clock_draws_times_with_am_or_pm() -> None:
    line = drawn("12-hour clock")
    assert re.findall(r"\d+:\d\d(?![ap]m)", line) == []
    assert len(re.findall(r"\d+:\d\d[ap]m", line)) > 1


def test_recipe_over_ssh_needs_ascii_and_16_colors_only() -> None:
    """Whatever TERM the remote machine sees."""
    for term in ("xterm-256color", "xterm-kitty", "screen"):
        line = drawn("Over ssh", NO_COLOR="", TERM=term)
        assert line.isascii()
        codes = {
            code for codes in re.findall(r"\x1b\[([\d;]*)m", line) for code in codes.split(";")
        }
        assert codes
        assert not codes & {"38", "48"}
    assert validate(recipe("Over ssh")).values.table("alerts")["session_start"] is True
