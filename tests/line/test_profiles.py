from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot
from tests.server import usage_body
from usageline.core import paths
from usageline.sources.auth import keychain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World


def test_two_profiles_never_see_each_others_numbers(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None]
) -> None:
    hot = Hot(world, built_release)
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(world.paths.snapshot))
    assert " 37% " in hot.line()

    world.env["CLAUDE_CONFIG_DIR"] = str(world.root / "other")
    world.sign_in(account="99999999-9999-4999-8999-999999999999", token="sk-ant-oat01-OTHER")
    api.body = usage_body(session=81)
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(world.paths.snapshot))
    assert " 81% " in hot.line()

    del world.env["CLAUDE_CONFIG_DIR"]
    assert " 37% " in hot.line()
    assert len(api.usage_requests) == 2


def test_the_sign_in_that_is_kept_elsewhere_is_the_one_that_is_asked_with_and_shown(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None]
) -> None:
    """CLAUDE_SECURESTORAGE_CONFIG_DIR moves it alone, and not Claude Code's state and cache."""
    hot = Hot(world, built_release)
    world.client_saw(usage_body(session=99))
    state = world.read_state()
    world.env["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = str(world.root / "store")
    world.sign_in(account="9", organization="8", token="sk-ant-oat01-STORE")
    world.write_state(**state)
    api.body = usage_body(session=81)
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(world.paths.snapshot))
    assert " 81% " in hot.line()
    assert [request.headers["authorization"] for request in api.usage_requests] == [
        "Bearer sk-ant-oat01-STORE"
    ]

    here = dict(world.env)
    del world.env["CLAUDE_SECURESTORAGE_CONFIG_DIR"]
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(world.paths.snapshot))
    assert " 99% " in hot.line()
    world.env.update(here)
    assert " 81% " in hot.line()
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    ("variables", "directory"),
    [
        ({}, "/home/u/.claude"),
        ({"CLAUDE_CONFIG_DIR": "/c"}, "/c"),
        ({"CLAUDE_SECURESTORAGE_CONFIG_DIR": "/s"}, "/s"),
        ({"CLAUDE_CONFIG_DIR": "/c", "CLAUDE_SECURESTORAGE_CONFIG_DIR": "/s"}, "/s"),
        ({"CLAUDE_CONFIG_DIR": "/c", "CLAUDE_SECURESTORAGE_CONFIG_DIR": ""}, "/home/u/.claude"),
        ({"CLAUDE_SECURESTORAGE_CONFIG_DIR": ""}, "/home/u/.claude"),
        ({"CLAUDE_SECURESTORAGE_CONFIG_DIR": "store"}, "store"),
        ({"CLAUDE_SECURESTORAGE_CONFIG_DIR": "/jo\u0308rg"}, "/j\u00f6rg"),
    ],
)
def test_the_sign_in_is_read_from_claude_codes_own_directory(
    variables: dict[str, str], directory: str
) -> None:
    """An empty value means ~/.claude, whatever CLAUDE_CONFIG_DIR says; letters are composed."""
    env = {"HOME": "/home/u", **variables}
    assert paths.claude_credentials(env) == directory + "/.credentials.json"


def test_each_place_of_a_sign_in_has_a_profile_of_its_own() -> None:
    """And one that says nothing new has none; what was installed is one with the settings."""
    home = {"HOME": "/home/u"}
    same = [
        {},
        {"CLAUDE_SECURESTORAGE_CONFIG_DIR": ""},
        {"CLAUDE_SECURESTORAGE_CONFIG_DIR": "/home/u/.claude/"},
    ]
    assert {paths.profile({**home, **env}) for env in same} == {"default"}
    other = [
        *(
            {"CLAUDE_CONFIG_DIR": "/c"},
            {"CLAUDE_SECURESTORAGE_CONFIG_DIR": "/c"},
            {"CLAUDE_SECURESTORAGE_CONFIG_DIR": "/s"},
        ),
        *(
            {"CLAUDE_CONFIG_DIR": "/c", "CLAUDE_SECURESTORAGE_CONFIG_DIR": place}
            for place in ("/s", "")
        ),
    ]
    assert len({"default", *(paths.profile({**home, **env}) for env in other)}) == 6
    assert paths.profile(
        {**home, "CLAUDE_CONFIG_DIR": "/c", "CLAUDE_SECURESTORAGE_CONFIG_DIR": "/c"}
    ) == paths.profile({**home, "CLAUDE_CONFIG_DIR": "/c"})
    assert paths.install_manifest(
        {**home, "CLAUDE_SECURESTORAGE_CONFIG_DIR": "/s"}
    ) == paths.install_manifest(home)


@pytest.mark.parametrize("marks", ["\u0300\u0316", "\u0345\u0300\u0316"])
def test_a_path_of_combining_marks_delays_no_line(marks: str) -> None:
    """A project can set it. To compose so many takes several seconds each time."""
    size = 64_000 // len(marks)
    long = "/a" + "".join(mark * size for mark in marks)
    env = {"HOME": "/home/x", "CLAUDE_SECURESTORAGE_CONFIG_DIR": long}
    began = time.process_time()
    assert paths.credentials_dir(env) == long
    assert keychain.services(env)
    assert time.process_time() - began < 1
