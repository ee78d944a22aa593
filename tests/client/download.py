"""Download the real client's npm package once and check it against the registry's hash."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.world import REPOSITORY

VERSION = "2.1.330"
PACKAGE = f"@anthropic-ai/claude-code-linux-x64@{VERSION}"
INTEGRITY = (
    "sha512-9Gn+V7DtJ8M1nztP9CeDVl9g3RtrepI7rOFTyPRRnZe8D6zebIHKmC7O"
    "vBauucuAP0X0k85SDN/LPVZyjsGezQ=="
)
"""The output of `npm view PACKAGE dist.integrity`."""

CACHE = REPOSITORY / ".tests-env" / f"claude-{VERSION}"


def client() -> Path:
    """Return the directory of the program `claude`; the first call downloads 175 MB.

    Raise `RuntimeError` if the hash is wrong.
    """
    if not CACHE.exists():
        CACHE.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE.parent) as work:
            package = _pack(Path(work))
            digest = integrity(package)
            if digest != INTEGRITY:
                raise RuntimeError(f"{PACKAGE} has the hash {digest}, not {INTEGRITY}: not run")
            with tarfile.open(package) as archive:
                archive.extractall(work, filter="data")
            # Rename last: an interrupted download must not look like the program.
            (Path(work) / "package").rename(CACHE)
    return CACHE


def integrity(file: Path) -> str:
    """Return the hash of a file in npm's form."""
    return "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()


def _pack(directory: Path) -> Path:
    command = ["npm", "pack", "--json", "--ignore-scripts", PACKAGE]
    done = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm pack {PACKAGE} failed:\n{done.stderr}")
    return directory / str(json.loads(done.stdout)[0]["filename"])
