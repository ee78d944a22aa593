"""Damage the bundle of the hot side's modules."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.corruption.damage import contents
from tests.faults.corruption.measured import run
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.system import bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

MAX_LINE_S = 5.0


def place(release: Release) -> Path:
    return Path(bundle.path(str(release.root / "plugin"), sys.implementation.cache_tag))


@pytest.fixture
def hot(world: World, release: Release) -> Hot:
    """Return the line of a release that the test may damage; its output is constant for hours."""
    hot, now = Hot(world, release), int(time.time())
    week = {
        "kind": "weekly_all",
        "label": "Current week",
        "percent": 26,
        "resets_at": now + 50 * 3600,
        "severity": "normal",
    }
    hot.publish(limits=[week], next_refresh_at=now + 86400)
    return hot


MAX_OTHER_BYTES = 1 << 16
"""With more nested lists, `marshal` requests more memory than there is.

An attacker who can write it can write bytecode too.
"""


@promise(
    "If the line's bundle of modules is truncated, from another version or has any other "
    "content, the line imports its modules one by one.",
    sees="The same line, some milliseconds later.",
    topic="damaged",
)
def test_a_bundle_that_is_none_costs_time_alone(
    hot: Hot,
    release: Release,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    path = place(release)
    good = path.read_bytes()
    wanted = hot.line()
    cuts = [good[:end] for end in range(0, len(good) - bundle.DIGEST_BYTES, size(9001, 701))]
    others = [
        good[:4] + content
        for content in contents(b"{}", tmp_path / "ran").values()
        if len(content) <= MAX_OTHER_BYTES
    ]
    wrong = [good[:4] + b"\xa9\x01" + good[6:], b"\0\0\r\n" + good[4:], *others[:: size(6, 1)]]
    for number, content in enumerate([*cuts, *wrong]):
        path.write_bytes(content)
        assert hot.line() == wanted, number
    assert not (tmp_path / "ran").exists()
    figure(f"{len(cuts)} lengths, {len(wrong)} other contents")


@promise(
    "A bundle with any flipped bit is detected, and the next refresh removes it. An "
    "install creates it again.",
    sees=(
        "The line. If the bit crashes the interpreter, no line until that refresh, which the "
        "next session start begins."
    ),
    topic="damaged",
)
@pytest.mark.slow
def test_a_damaged_bundle_is_removed_by_the_next_refresh(
    hot: Hot,
    release: Release,
    api: Api,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    del api
    path = place(release)
    good = path.read_bytes()
    wanted = hot.line()
    detected = 0
    for bit in range(0, 8 * len(good), size(7001, 101)):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        assert not bundle.is_whole(str(path)), bit
        detected += 1
    lines = {"the same": 0, "another": 0, "none": 0}
    for bit in range(0, 8 * len(good), size(60_013, 4001)):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        done = hot.run(b"{}")
        text = done.stdout.decode("utf-8", "replace").rstrip("\n")
        lines[
            "the same" if text == wanted else "another" if text and done.returncode == 0 else "none"
        ] += 1
    assert run([*release.refresh_command, "--force"], hot.world.env).status == 0
    assert not path.exists()
    assert "7d" in hot.line()
    figure(
        f"{detected} bits, all known as damage; of {sum(lines.values())} lines over one "
        f"{lines['the same']} were the same, {lines['none']} were none"
    )
