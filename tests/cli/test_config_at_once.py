"""Run two commands that change config.toml at the same time."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import REPOSITORY
from usageline.config.file import parse

if TYPE_CHECKING:
    from tests.world import World

KEYS = [f"segments.{name}.bar_width" for name in ("session", "weekly", "scoped", "context")]
KEYS += ["theme", "clock", "ttl", "alerts.desktop"]
VALUES = ["7", "7", "7", "7", "dark", "12h", "600", "true"]
SET = "import sys; sys.path.insert(0, sys.argv.pop(1)); from usageline.cli.main import main; main()"


def _start(world: World, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-B", "-c", SET, str(REPOSITORY / "plugin"), "config", *words]
    return subprocess.Popen(
        command, env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_concurrent_sets_are_all_saved(world: World) -> None:
    running = [_start(world, "set", key, value) for key, value in zip(KEYS, VALUES, strict=True)]
    assert [process.communicate(timeout=50)[1] for process in running] == [""] * len(KEYS)
    text = Path(world.paths.config_file).read_text()
    for key in KEYS:
        value: object = parse(text)
        for name in key.split("."):
            assert isinstance(value, dict)
            value = value[name]
    assert [path.name for path in Path(world.paths.config_file).parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("delay_s", [0.1, 0.2, 0.3])
def test_killed_set_does_not_undo_another(world: World, delay_s: float) -> None:
    world.configure("# mine\n")
    victim = _start(world, "set", "theme", "dark")
    time.sleep(delay_s)  # any moment will do
    other = _start(world, "set", "ttl", "600")
    victim.kill()
    victim.communicate()
    assert other.communicate(timeout=50)[1] == ""
    text = Path(world.paths.config_file).read_text()
    assert text.startswith("# mine\n")
    assert "ttl = 600" in text
