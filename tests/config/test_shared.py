"""[shared] in config.toml: only addresses without a password, and only in the user's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from usageline.config import loader
from usageline.config.loader import Shared
from usageline.config.server_types import Address, parse_address
from usageline.config.validate import validate
from usageline.system import origin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", Address("redis", "h", 6379)),
        ("rediss://me@cache.example:6380/3", Address("rediss", "cache.example", 6380, "", 3, "me")),
        ("redis://[::1]:7/0", Address("redis", "::1", 7)),
        ("redis://a%40b@h/", Address("redis", "h", 6379, user="a@b")),
        ("unix:///run/redis/s.sock", Address("unix", path="/run/redis/s.sock")),
    ],
)
def test_address_is_read(url: str, address: Address) -> None:
    assert parse_address(url) == address
    assert parse_address(str(address)) == address or "%" in url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis:",
        "redis://",
        "redis://h:0",
        "redis://h:70000",
        "redis://h/x",
        "redis://h/99999999",
        "redis://h/0/1",
        "redis://:pw@h",
        "redis://u:@h",
        "redis://h?ssl_cert_reqs=none",
        "redis://h?",
        "redis://h#x",
        "REDIS+x://h",
        "file:///etc/passwd",
        "unix://host/path",
        "unix://",
        "redis://h\n",
        "redis://h h",
        "redis://\u200bh",
        "redis://u%0a@h",
        "redis://" + "h" * 600,
        "redis://[::1",
    ],
)
def test_address_that_could_mean_something_else_is_refused(url: str) -> None:
    assert parse_address(url) is None


def test_password_in_an_address_is_not_repeated() -> None:
    (problem,) = validate('[shared]\nurl = "redis://u:hunter2@h"').problems
    assert "hunter2" not in problem.text
    assert "without a password" in problem.text


def test_keys_are_loaded(world: World) -> None:
    world.configure(
        '[shared]\nurl = "redis://h"\npassword_file = "~/pw"\naccount = "0123456789abcdef"\n'
    )
    expected = Shared("redis://h", f"{world.home}/pw", "0123456789abcdef")
    assert loader.load(world.env).shared == expected


def test_file_that_is_not_the_users_own_names_no_server(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(tmp_path / "releases" / "a release"))
    world.configure('[shared]\nurl = "redis://h"\naccount = "0123456789abcdef"\nttl = 1\n')
    config, problem = loader.load_lenient(world.env)
    assert config.shared == Shared()
    assert problem is not None
    refused = [text for text in map(str, loader.problems(world.env)) if "servers" in text]
    assert len(refused) == 2
