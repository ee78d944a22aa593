"""The entries in settings.json, added and removed."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.errors import SetupRefused
from usageline.setup.settings_changes import (
    add_to_settings,
    describe_other_status_line,
    remove_from_settings,
)
from usageline.setup.settings_entries import make_entries

OURS = make_entries("/usr/bin/python3.12", "/home/me/.local/share/usageline")
NEWER = make_entries("/opt/it's new/python3", "/home/me/.local/share/usageline")

HOOK = {"type": "command", "command": "echo hi"}
USERS: list[dict[str, Any]] = [
    {},
    {"model": "opus"},
    {"statusLine": {"type": "command", "command": "mine.sh", "padding": 2}},
    {"statusLine": None},
    {"hooks": {}},
    {"hooks": {"SessionStart": []}},
    {"hooks": {"Stop": [{"hooks": [HOOK]}]}},
    {
        "hooks": {"SessionStart": [{"matcher": "startup", "hooks": [HOOK]}]},
        "statusLine": {"type": "command", "command": "x"},
        "z": [1],
    },
]


def commands(text: str) -> list[str]:
    """The status line's command and every SessionStart command."""
    settings = json.loads(text)
    entries = settings["hooks"]["SessionStart"]
    return [
        settings["statusLine"]["command"],
        *(hook["command"] for entry in entries for hook in entry["hooks"]),
    ]


@pytest.mark.parametrize("before", USERS, ids=repr)
@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_remove_from_settings_undoes_add_to_settings(
    before: dict[str, Any], indent: int | str | None
) -> None:
    """With the previous text nothing of the user's is lost or added."""
    text = json.dumps(before, indent=indent)
    wired = add_to_settings(text, OURS)
    assert {OURS.line, OURS.hook} <= set(commands(wired))
    assert json.loads(remove_from_settings(wired, text, OURS)) == before


@pytest.mark.parametrize("before", USERS, ids=repr)
def test_add_to_settings_twice_changes_nothing(before: dict[str, Any]) -> None:
    wired = add_to_settings(json.dumps(before, indent=2), OURS)
    assert add_to_settings(wired, OURS) == wired


@given(
    st.sampled_from(USERS),
    st.dictionaries(st.text(min_size=1).map("k".__add__), st.integers(), max_size=3),
)
def test_later_additions_of_the_user_survive(before: dict[str, Any], added: dict[str, int]) -> None:
    """Uninstall removes only usageline's entries."""
    text = json.dumps(before, indent=2)
    settings = json.loads(add_to_settings(text, OURS))
    later = json.dumps({**added, **settings}, indent=4)
    assert json.loads(remove_from_settings(later, text, OURS)) == {**added, **before}


def test_another_interpreter_replaces_the_command_and_keeps_the_tuning() -> None:
    """The user may have changed `refreshInterval` and `padding`."""
    settings = json.loads(add_to_settings("{}", OURS))
    settings["statusLine"]["refreshInterval"] = 1
    wired = add_to_settings(json.dumps(settings), NEWER)
    assert commands(wired) == [NEWER.line, NEWER.hook]
    assert json.loads(wired)["statusLine"]["refreshInterval"] == 1


def test_another_hook_in_the_same_entry_stays() -> None:
    settings = json.loads(add_to_settings("{}", OURS))
    settings["hooks"]["SessionStart"][0]["hooks"].append(HOOK)
    left = json.loads(remove_from_settings(json.dumps(settings), "", OURS))
    assert [entry["hooks"] for entry in left["hooks"]["SessionStart"]] == [[HOOK]]


def test_wrapper_of_the_users_stays() -> None:
    """It calls usageline's command."""
    wrapper = json.dumps(
        {"statusLine": {"type": "command", "command": "wrap -- " + shlex.quote(OURS.line)}}
    )
    assert remove_from_settings(wrapper, "", OURS) == wrapper
    assert describe_other_status_line(wrapper, OURS).startswith("wrap")


def test_other_status_line_is_recognized() -> None:
    """It may have any shape."""
    assert describe_other_status_line("", OURS) == ""
    assert describe_other_status_line('{"statusLine": null}', OURS) == ""
    assert describe_other_status_line('{"statusLine": "odd"}', OURS) == '"odd"'
    assert describe_other_status_line(add_to_settings("{}", NEWER), OURS) == ""
    assert (
        describe_other_status_line('{"statusLine": {"type": "command", "command": "a b"}}', OURS)
        == "a b"
    )


@pytest.mark.parametrize(
    "text", ['{"hooks": []}', '{"hooks": {"SessionStart": {}}}', '{"hooks": null}']
)
def test_unknown_shape_of_hooks_is_refused(text: str) -> None:
    with pytest.raises(SetupRefused):
        add_to_settings(text, OURS)


def test_invalid_entries_of_hooks_are_skipped() -> None:
    odd = [None, "x", {"hooks": None}, {"hooks": [None, {"command": 3}]}]
    text = json.dumps({"hooks": {"SessionStart": odd}})
    wired = add_to_settings(text, OURS)
    assert json.loads(wired)["hooks"]["SessionStart"][:-1] == odd
    assert remove_from_settings(wired, text, OURS) == text
