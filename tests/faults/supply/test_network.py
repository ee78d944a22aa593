"""No network, and none wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.cli.installed import install
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.sources.shared import secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World

NOWHERE = ("unshare", "--user", "--map-root-user", "--net")
"""Before a command: a network namespace of its own, with no interface that is up."""

QUICK: tuple[list[str], ...] = (["--json"], ["doctor"])
COMMANDS: tuple[list[str], ...] = (
    *QUICK,
    [],
    ["info"],
    ["config", "check"],
    ["config", "preview"],
    ["history"],
    ["doctor", "--schema"],
    ["line"],
    ["metrics"],
    ["usage"],
    ["--version"],
)


@promise(
    "Only a refresh, `usageline shared` and `usageline org` open a network socket, and "
    "`usageline metrics --listen` listens. Everything starts and works without any network.",
    sees="The last numbers with their age, and `offline`.",
    topic="offline",
)
def test_nothing_needs_the_network_to_start(
    world: World, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    needs("strace", mounts=True)
    installed = install(world)
    hot, python = Hot(world, installed.release), str(installed.release.python)
    refresh = [*installed.release.refresh_command, "--force"]
    hot.publish()
    # A shared server is configured, so that whatever would call it does.
    world.configure('[shared]\nurl = "redis://127.0.0.1:9/0"\n')
    secret.make_key(world.paths.shared_key)
    commands = [
        hot.command,
        [*hot.command[:-1], str(installed.release.hook)],
        *(
            [python, "-I", "-B", "-m", "usageline.cli", *words]
            for words in COMMANDS[: size(len(QUICK), len(COMMANDS))]
        ),
    ]
    for number, command in enumerate([*commands, refresh]):
        log = world.root / f"network-{number}"
        trace = ["strace", "-f", "-e", "trace=%network", "-e", "signal=none", "-o", str(log)]
        done = hot.run(b"{}", command=[*NOWHERE, *trace, *command])
        assert done.returncode in ({0, 1} if "usageline.cli" in command else {0}), (
            done
        )  # 1: it names what is not there
        assert b"Traceback" not in done.stdout + done.stderr
        sockets = re.findall(r"socket\(AF_INET6?, ", log.read_text())
        assert sockets == [] or command is refresh, command
    assert world.snapshot()["status"] == "offline"
    figure(f"{len(commands)} commands without any network: 0 network sockets, all ended well")
