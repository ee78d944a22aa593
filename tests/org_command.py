"""Run `usageline org` many times as a process, at a time of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.jobs.org_world import OrgWorld
    from tests.world import Release

TIMEOUT_S = 900
"""A loaded machine may take ten times as long."""

DRIVER = """
import json, os, sys, time
from usageline.system import this_process

at = [1795593600.0]  # 25 November 2026, 08:00 UTC
def sleep(seconds):
    at[0] += seconds
this_process.SYSTEM_CLOCK = this_process.Clock(lambda: at[0], lambda: at[0], sleep)
from usageline.cli.main import main
import rich.console
import usageline.cli.org.command, usageline.cli.org.table
for name in usageline.cli.org.command.SUBCOMMANDS:
    name.load()
import usageline.cli.org.limits_table, usageline.cli.org.activity_table
import usageline.jobs.org_check, usageline.jobs.org_limits, usageline.jobs.org_activity
sys.modules["httpx._main"] = None  # as in usageline.sources.http
import httpx, httpcore, h11, anyio, certifi
import encodings.idna, importlib.resources
del sys.modules["httpx._main"]

def run(case):
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        flags = os.O_RDWR | os.O_CREAT
        os.dup2(os.open(case[name], flags, 0o600), number)
    with open(os.environ["KEY_FILE"], "w") as file:
        file.write(case["key"])
    sys.argv = ["usageline", *case["arguments"]]
    main()

for case in json.load(sys.stdin):
    child = os.fork()
    if not child:
        run(case)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs `usageline` once for each case, at a time at which the samples are a day old."""


class Printed(NamedTuple):
    """What a command printed."""

    status: int
    output: str
    errors: str


def run_all(
    org: OrgWorld, release: Release, commands: Sequence[tuple[tuple[str, ...], str]]
) -> list[Printed]:
    """Run commands, given as arguments and key, in a terminal of 100 columns.

    Each has the number of the command at the end of its key, and so a cache of its own.
    """
    root = org.world.root
    names = ("stdin", "stdout", "stderr")
    cases = [
        {
            "arguments": arguments,
            "key": f"{key}-{number}",
            **{name: str(root / f"{number}.{name}") for name in names},
        }
        for number, (arguments, key) in enumerate(commands)
    ]
    done = org.world.run(
        *(release.python, "-I", "-c", DRIVER),
        input=json.dumps(cases),
        stdin=None,
        env={**org.world.env, "COLUMNS": "100", "KEY_FILE": str(org.key_file)},
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    statuses = done.stdout.split()
    assert len(statuses) == len(cases)
    return [
        Printed(int(status), *((root / f"{number}.{name}").read_text() for name in names[1:]))
        for number, status in enumerate(statuses)
    ]


def command_of(org: OrgWorld) -> int:
    """Return the number of the command that sent the last request."""
    return int(org.server.requests[-1].headers["x-api-key"].rpartition("-")[2])
