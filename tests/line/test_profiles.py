from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hot import Hot
from server import usage_body
from usageline import paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Api
    from world import Release, World


def test_two_profiles_never_see_each_others_numbers(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None]
) -> None:
    hot = Hot(world, built_release)
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(paths.snapshot(world.env)))
    assert " 37% " in hot.line()

    world.env["CLAUDE_CONFIG_DIR"] = str(world.root / "other")
    world.sign_in(account="99999999-9999-4999-8999-999999999999", token="sk-ant-oat01-OTHER")
    api.body = usage_body(session=81)
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(paths.snapshot(world.env)))
    assert " 81% " in hot.line()

    del world.env["CLAUDE_CONFIG_DIR"]
    assert " 37% " in hot.line()
    assert len(api.usage_requests) == 2
