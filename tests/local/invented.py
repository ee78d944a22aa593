"""Invent transcripts with every way in which a response can be repeated."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.local.transcripts import (
    MAIN,
    OTHER,
    SESSION,
    Directory,
    cost_state,
    encoded,
    everything,
    line,
)

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    MAIN,
    f"-home-dev-work-one/{OTHER}.jsonl",
    f"-home-dev-work-one/{SESSION}/subagents/agent-a1.jsonl",
)


def invented(seed: int) -> dict[str, bytes]:
    """Return files with lines of thirty responses, repeated, forked, unfinished and grouped."""
    choose = random.Random(seed)
    lines: list[dict[str, Any]] = []
    for number in range(30):
        grouped: dict[str, Any] = (
            {"message_id": "relay", "requestId": None} if choose.random() < 0.2 else {}
        )
        lines += [
            line(
                number,
                output=choose.choice((1, 50, 50 + number)),
                after_s=number * choose.choice((3, 40, 900)) + block,
                stop=choose.choice((None, "end_turn")),
                isSidechain=choose.random() < 0.3,
                sessionId=choose.choice((SESSION, SESSION, OTHER, "33333333", "44444444")),
                forkedFrom=choose.choice((None, None, {"sessionId": SESSION})),
                cwd=choose.choice(("/one", "/two")),
                **grouped,
            )
            for block in range(choose.randint(1, 4))
        ]
    lines += [cost_state(output, session=choose.choice((SESSION, OTHER))) for output in (50, 70)]
    return {name: encoded(*choose.sample(lines, choose.randint(5, 60))) for name in NAMES}


def whole(tmp: Path, files: dict[str, bytes]) -> list[str]:
    """Return what an index knows that reads the finished files once."""
    directory = Directory(tmp)
    for name, content in files.items():
        directory.write_bytes(name, content)
    directory.scan()
    return everything(directory.index)
