"""Test `[local]`: what is read of the transcripts, and what is kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.config.test_validate import named
from usageline.config import compile as compiling
from usageline.config import loader, local
from usageline.config.edit import EditRejected, effective_value, set_key
from usageline.config.validate import validate
from usageline.core.errors import ConfigInvalid
from usageline.system import origin, origin_record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

PRICES = "[local.prices.mine]\ninput = 3\noutput = 15\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[local]\nkeep_days = 0",
            "c:2: local.keep_days: days from 1 to 3650 are allowed, not 0",
        ),
        (
            '[local]\nroots = ["here"]',
            "c:2: local.roots: a list of at most 16 directories with absolute paths or below ~/ is",
        ),
        (
            "[local.prices.mine]\ninput = 3",
            "c:1: local.prices.mine: output is missing",
        ),
        (
            "[local.prices.mine]\ninput = 3\noutput = -1",
            "c:3: local.prices.mine.output: dollars per million tokens from 0 to 100000 are allo",
        ),
        (
            "[local.prices.mine]\ninput = 3\noutput = 1\ncache_raed = 1",
            "c:4: local.prices.mine.cache_raed: one of input, output, cache_write_5m, cache_writ",
        ),
        (
            '[local.prices]\n"glm-4.6" = 3',
            'c:2: local.prices."glm-4.6": a table such as { input = 3, output = 15 } is allowed',
        ),
        (
            "[local.prices.glm-4.6]\ninput = 3",
            "c:1: local.prices.glm-4.6: one of input, output, cache_write_5m, cache_write_1h, cac",
        ),
        ("local.prices = []", "c:1: local.prices: a table of prices for each model is allowed"),
        ("[local]\nenable = true", 'c:2: local.enable: there is no such key; did you mean "enab'),
    ],
)
def test_mistake_is_named_with_its_line(text: str, problem: str) -> None:
    (message,) = named(text)
    assert message.startswith(problem)


def test_prices_are_set_and_shown_by_their_model() -> None:
    text = set_key("", 'local.prices."glm-4.6"', "{ input = 0.6, output = 2.2 }")
    values = validate(text).values
    assert values.table("local")["prices"] == {"glm-4.6": {"input": 0.6, "output": 2.2}}
    assert effective_value(values, 'local.prices."glm-4.6".output') == 2.2
    with pytest.raises(EditRejected, match="a model's name with a dot needs quotes"):
        set_key(text, "local.prices.glm-4.6.output", "3")
    text = set_key(text, 'local.prices."glm-4.6".output', "3")
    assert effective_value(validate(text).values, "local.prices") == {
        "glm-4.6": {"input": 0.6, "output": 3}
    }
    with pytest.raises(EditRejected, match="output is missing"):
        set_key(text, "local.prices.mine.input", "3")


def test_settings_are_those_of_the_file(world: World) -> None:
    assert local.load(world.env) == local.Local()
    world.configure(
        '[profiles.work]\ndirectory = "~/.claude-work"\n'
        '[local]\nroots = ["~/copy/", "/mnt/c/Users/x/.claude"]\nkeep_days = 30\n' + PRICES
    )
    assert local.load(world.env) == local.Local(
        roots=(f"{world.home}/copy", "/mnt/c/Users/x/.claude"),
        profiles=(f"{world.home}/.claude-work",),
        keep_days=30,
        prices={"mine": {"input": 3, "output": 15}},
    )


@pytest.mark.parametrize(
    "text",
    [
        "[local]\nkeep_days = 4000",
        "[local]\nkeep_days = 500\nprices = 1",
        "[local]\nkeep_days = 500\n[local",
        "\0",
        "\u202e[local]\nkeep_days = '\x1b[31m'",
        "[local]\n" + "keep_days = 1\n" * 2,
        "local.keep_days = " + "[" * 3000,
    ],
)
def test_mistake_lets_nothing_be_forgotten(world: World, text: str) -> None:
    world.configure(text)
    with pytest.raises(ConfigInvalid, match=r"config\.toml") as raised:
        local.load(world.env)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize("kind", ["directory", "fifo", "not utf-8"])
def test_file_that_cannot_be_read_is_named(world: World, kind: str) -> None:
    world.configure("")
    path = world.paths.config_file
    os.unlink(path)
    if kind == "directory":
        os.mkdir(path)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        with open(path, "wb") as file:
            file.write(b"local = '\xff'")
    with pytest.raises(ConfigInvalid, match=r"config\.toml"):
        local.load(world.env)


def test_mistake_elsewhere_changes_nothing(world: World) -> None:
    world.configure('clock = "noon"\n[local]\nkeep_days = 500')
    assert local.load(world.env).keep_days == 500


def test_project_aims_the_index_nowhere(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CONFIG_HOME of a project leads to its own config.toml."""
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.write_record(str(tmp_path), world.env)
    world.env["XDG_CONFIG_HOME"] = str(tmp_path / "project")
    text = '[local]\nroots = ["/etc"]\nkeep_days = 1\n' + PRICES
    world.configure(text)
    assert local.load(world.env) == local.Local(keep_days=None)
    problems = [problem.key for problem in validate(text, programs=False).problems]
    assert problems == ["local.roots", "local.keep_days", "local.prices"]
    world.configure("[local]\nenabled = false")
    assert not local.load(world.env).enabled


def test_segments_are_hidden_if_local_usage_is_disabled() -> None:
    rows = 'rows = [["cost", "usage_today", "burn"]]\nsegments.cost.today = true\n'
    compiled = compiling.resolve_values(validate(rows + "[local]\nenabled = false").values)
    assert [name for name, _ in compiled["rows"][0]] == ["cost"]
    assert not compiled["rows"][0][0][1]
    compiled = compiling.resolve_values(validate(rows).values)
    assert compiled["rows"][0][0] == ["cost", {"today": True}]
    assert [name for name, _ in compiled["rows"][0]] == ["cost", "usage_today", "burn"]


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("", False),
        ('rows = [["usage_today"]]', True),
        ('rows = [["cost"]]', False),
        ('rows = [["cost.x"]]\nsegments.cost.x.today = true', True),
        ('rows = [["cost.x"]]\nsegments.cost.today = true\nsegments.cost.x.today = false', False),
    ],
)
def test_refresh_knows_whether_the_line_shows_the_cost(
    world: World, text: str, shows: bool
) -> None:
    world.configure(text)
    assert loader.load(world.env).shows_cost is shows
