"""Recreate `written/<name>/`: install each earlier version, use it, and copy its files.

PYTHONPATH=plugin:. .tests-env/bin/python -m tests.faults.versions.write
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tests.faults.versions.earlier import ALL, Earlier, clone_of
from tests.hot import INTERPRETER
from tests.server import Api
from tests.setup.machine import make_machine
from usageline.core import paths

SETTINGS = (
    b'{\n  "model": "opus",\n  "statusLine": {"type": "command", "command": "echo theirs"}\n}\n'
)


def write(earlier: Earlier) -> None:
    """One state's files."""
    shutil.rmtree(earlier.written, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        machine = make_machine(Path(scratch, "world"), clone_of(earlier, Path(scratch, "clone")))
        api = Api()
        machine.env["USAGELINE_API_URL"] = api.url
        machine.write_settings(SETTINGS)
        machine.world.configure(earlier.config)
        machine.run("--yes")
        machine.line()  # has config.toml compiled
        machine.wait_for_refreshes()
        api.close()
        keep(machine.env, earlier.written)


def keep(env: dict[str, str], target: Path) -> None:
    """Copy what the program has written in that environment."""
    files = {
        "snapshot.json": paths.snapshot(env),
        "line.json": paths.line_config(env),
        "store/cache.db": paths.store_dir(env) + "/cache.db",
        "install.json": paths.install_manifest(env),
        "settings.json": paths.claude_settings(env),
        "config.toml": paths.config_file(env),
    }
    files |= {
        f"history/{path.parent.name}/{path.name}": str(path)
        for path in Path(paths.history_dir(env)).glob("*/*.jsonl")
    }
    for name, place in files.items():
        if Path(place).exists():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = Path(place).read_bytes().replace(env["HOME"].encode(), b"{HOME}")
            path.write_bytes(content.replace(os.path.dirname(INTERPRETER).encode(), b"{PYTHON}"))


if __name__ == "__main__":
    for state in ALL:
        write(state)
