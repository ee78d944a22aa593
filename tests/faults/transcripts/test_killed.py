"""Kill a pass over the transcripts at any statement, and run two at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.faults.promises import promise
from tests.local.invented import invented, whole
from tests.local.transcripts import Directory, encoded, everything, line
from tests.world import REPOSITORY
from usageline.jobs import transcript_reader
from usageline.storage.usage_index.database import open_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.world import World

ALL = 10_000
COMMAND = REPOSITORY / "plugin" / "usageline" / "cli" / "__main__.py"


def scan_until(directory: Directory, place: str, statement: int) -> bool:
    """Scan in another process, which is killed at that statement. Return whether it was."""
    child = os.fork()
    if child == 0:
        left = [statement]

        def trace(_: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            directory.index = open_index(place)
            directory.index.connection.set_trace_callback(trace)
            directory.scan()
            directory.index.close()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@promise(
    "If a pass over the transcripts is killed at any statement of SQL, the index is whole. The "
    "next pass continues, and ends with the same sums to the last byte.",
    sees="The same numbers, one run later.",
    topic="transcripts",
)
def test_a_pass_killed_at_any_statement_loses_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    files = invented(3)
    expected = whole(tmp_path / "whole", files)
    monkeypatch.setattr(transcript_reader, "BATCH_RESPONSES", 5)
    directory = Directory(tmp_path / "killed")
    for name, content in files.items():
        directory.write_bytes(name, content)
    step = size(19, 1)
    killed = 0
    for statement in range(0, ALL, step):
        place = str(tmp_path / f"index-{statement}")
        if not scan_until(directory, place, statement):
            break
        killed += 1
        directory.index = open_index(place)
        assert not directory.index.set_aside, statement
        directory.scan()
        assert everything(directory.index) == expected, statement
        directory.index.close()
    assert killed > 10
    figure(f"killed at {killed} statements, 0 responses lost or counted twice")


@promise(
    "Commands that read the transcripts at once wait for each other, and print the same numbers.",
    sees="The numbers, after the wait.",
    topic="transcripts",
)
def test_passes_at_once_count_each_response_once(
    world: World, figure: Callable[[str], None]
) -> None:
    responses, processes = 2000, 4
    path = world.home / ".claude" / "projects" / "p" / "s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(*(line(number, after_s=number) for number in range(responses))))
    started = [
        subprocess.Popen(
            [sys.executable, "-B", str(COMMAND), "usage", "--json", "--tz", "UTC"],
            env=world.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    outputs = [process.communicate() for process in started]
    assert [error for _, error in outputs] == [b""] * processes
    totals = [json.loads(output)["total"] for output, _ in outputs]
    assert [total["responses"] for total in totals] == [responses] * processes
    assert totals == [totals[0]] * processes
    figure(f"{processes} at once: the same {responses:,} responses")
