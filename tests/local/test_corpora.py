"""Compare with corpora whose truth is known, if they are beside the repository."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import Directory
from tests.world import REPOSITORY
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from pathlib import Path

    from usageline.storage.usage_index.queries import Row

GENERATOR = REPOSITORY.parent / "shared" / "transcripts" / "gen_transcripts.py"

pytestmark = pytest.mark.skipif(not GENERATOR.exists(), reason="no corpora here")


def flat(row: Row) -> dict[str, Any]:
    return {
        "input": row.input,
        "output": row.output,
        "cache_write_5m": row.write_5m,
        "cache_write_1h": row.write_1h,
        "cache_read": row.read,
        "web_searches": row.searches,
        "responses": row.responses,
        "cost_usd": round(row.cost / PICO, 9),
    }


def generate(*arguments: str) -> None:
    subprocess.run([sys.executable, str(GENERATOR), *arguments], check=True, capture_output=True)


def check(root: Path, kinds: dict[str, str]) -> None:
    """Compare the tables of a corpus with its truth."""
    truth = json.loads((root / "truth.json").read_text())
    directory = Directory(root)
    assert flat(directory.total()) == {
        **truth["tokens"],
        **{name: truth[name] for name in ("web_searches", "responses", "cost_usd")},
    }
    for kind, name in kinds.items():
        assert {key: flat(row) for key, row in directory.rows(kind).items()} == truth[name]


def test_every_trap_is_counted_right(tmp_path: Path) -> None:
    generate("traps", str(tmp_path))
    traps = sorted(path for path in tmp_path.iterdir() if (path / "truth.json").exists())
    assert len(traps) > 50
    for trap in traps:
        check(trap, {"day": "days", "model": "models"})


@pytest.mark.parametrize("seed", [11, 12, 25])
def test_a_corpus_is_counted_right(tmp_path: Path, seed: int) -> None:
    generate("corpus", str(tmp_path), "--mb", "8", "--sessions", "20", "--seed", str(seed))
    check(tmp_path, {kind: f"{kind}s" for kind in ("day", "model", "project", "session")})
