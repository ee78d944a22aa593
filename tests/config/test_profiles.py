"""Keys that only one profile has."""

from __future__ import annotations

import pytest

from usageline.config import edit, profiles
from usageline.config.compile import resolve_values
from usageline.config.validate import validate
from usageline.system.paths import Paths

HOME = {"HOME": "/home/me"}
WORK = {**HOME, "CLAUDE_CONFIG_DIR": "/home/me/.claude-work"}
TEXT = """
clock = "12h"
rows = [["account", "session"]]

[profiles.work]
directory = "~/.claude-work"
label = "Work"
clock = "24h"
theme = "minimal"
rows = [["account", "weekly"]]

[profiles.default]
label = "private"
"""


def test_profile_replaces_its_keys_only_in_its_directory() -> None:
    values = validate(TEXT).values
    work, other = resolve_values(values, WORK), resolve_values(values, HOME)
    assert (work["clock"], other["clock"]) == ("24h", "12h")
    assert work["theme"]["name"] == "minimal"
    assert "theme" not in other
    assert work["rows"] == [[["account", {"text": "Work"}], ["weekly", {}]]]
    assert other["rows"] == [[["account", {"text": "private"}], ["session", {}]]]


def test_own_text_of_the_segment_outranks_the_label() -> None:
    values = validate(TEXT + '[segments.account]\ntext = "mine"\n').values
    assert resolve_values(values, WORK)["rows"][0][0] == ["account", {"text": "mine"}]


def test_another_directory_has_the_common_keys() -> None:
    values = validate(TEXT).values
    env = {**HOME, "CLAUDE_CONFIG_DIR": "/elsewhere"}
    assert profiles.chosen(values, Paths(env)) is None
    assert resolve_values(values, env)["clock"] == "12h"


@pytest.mark.parametrize("env", [HOME, {**HOME, "CLAUDE_CONFIG_DIR": "/home/me/.claude/"}])
def test_the_usual_directory_is_one_profile_with_and_without_the_variable(
    env: dict[str, str],
) -> None:
    values = validate('[profiles.home]\ndirectory = "/home/me/.claude"\n').values
    assert profiles.chosen(values, Paths(env)) == "home"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[profiles.work]\nrows = [['nonesuch']]", 'there is no segment "nonesuch"'),
        ("[profiles.work]\ndirectory = 'work'", "below ~/"),
        ("[profiles.work]\nlable = 'x'", 'did you mean "label"?'),
        ("[profiles.'a b']\nlabel = 'x'", "letters, digits, - and _"),
        ("[profiles]\nwork = 1", "a table of keys is allowed"),
        ("[profiles.work]\nttl = 300", "there is no such key"),
        ("[profils.work]\nlabel = 'x'", 'did you mean "profiles"?'),
    ],
)
def test_mistake_is_reported_with_its_line(text: str, problem: str) -> None:
    (reported,) = validate(text).problems
    assert problem in reported.text
    assert reported.line is not None


def test_one_command_sets_up_a_profile() -> None:
    text = edit.set_key("", "profiles.work.directory", "~/.claude-work")
    values = validate(text).values
    assert profiles.chosen(values, Paths(WORK)) == "work"
    assert profiles.label("work", values) == "work"
    assert edit.effective_value(values, "profiles.work.directory") == "~/.claude-work"
    assert edit.effective_value(values, "profiles.work.label") is None
