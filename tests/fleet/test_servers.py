"""The servers of this tier are those that users run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fleet.servers import Server


def test_server_is_of_a_version_that_users_run(
    server: Server, figure: Callable[[str], None]
) -> None:
    info = server.admin().info("server")
    name, major = info.get("server_name", "redis"), {"redis": "7.", "valkey": "9."}[server.kind]
    version = info.get("valkey_version", info["redis_version"])
    assert name == server.kind
    assert version.startswith(major)
    figure(f"{name} {version}")
