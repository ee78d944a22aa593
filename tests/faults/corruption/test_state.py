"""Use a client state, `.claude.json`, that a project made: long, deep and expensive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

MIB = 1 << 20
WHOLE = {
    "nested lists": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "empty lists": lambda size: b"[" + b"[]," * (size // 3) + b"0]",
    "texts": lambda size: b"[" + b'"",' * (size // 3) + b"0]",
    "escapes": lambda size: b'["' + b"\\\\" * (size // 2) + b'"]',
    "numbers": lambda size: b"[" + b"9" * size + b"]",
    "keys": lambda size: b"[" + b'{"oauthAccount":0},' * (size // 19) + b"0]",
}
MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); usage = "
    "resource.getrusage(resource.RUSAGE_CHILDREN); "
    "print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime)"
)
"""From a small process: a child's peak counts its parent's memory at the fork."""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count the peak in other units")
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[] if kind == "nested lists" else pytest.mark.full)
        for kind in WHOLE
    ],
)
@promise(
    "A `.claude.json` of 60 MB that is crafted to cost time and memory costs a refresh "
    "little of either. The sign-in is found without it.",
    sees="The numbers. `usageline doctor` reports that the file cannot be used.",
    topic="planted",
)
@pytest.mark.serial  # it measures time
@pytest.mark.slow
def test_a_state_that_is_made_to_cost_costs_little(
    world: World, api: Api, built_release: Release, figure: Callable[[str], None], kind: str
) -> None:
    state = Path(world.paths.claude_state)
    state.write_bytes(b'{"projects":' + WHOLE[kind](60 * MIB) + b',"theme":"dark"}')
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *built_release.refresh_command],
        env=world.env,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    peak_kib, spent_s = map(float, done.stdout.split())
    assert world.snapshot()["status"] == "ok"
    assert len(api.usage_requests) == 1
    assert peak_kib < 128 * 1024
    assert spent_s < 5
    figure(f"{kind}: {peak_kib / 1024:.0f} MiB, {spent_s:.1f} s of CPU")
