"""The client's own copy of the repository, where usageline is installed as a plugin: its hook has to find the installation."""

from __future__ import annotations

import contextlib
import glob
import json
import os
from typing import TYPE_CHECKING

from usageline import atomic, paths
from usageline.line.start import PLUGIN_POINTER

if TYPE_CHECKING:
    from usageline.setup.job import Job

POINTER = PLUGIN_POINTER.removeprefix("/")

COPIES = ("cache/*/*/*", "marketplaces/*")


def point(job: Job) -> None:
    """Note in the plugin's copy, if the install runs from it, where the program is. It is no loss if that cannot be written."""
    if os.path.realpath(job.source).startswith(os.path.realpath(_plugins(job)) + "/"):
        with contextlib.suppress(OSError):
            atomic.replace_file(f"{job.source}/{POINTER}", json.dumps({"data_dir": job.data_dir}).encode(), 0o600)


def forget(job: Job) -> None:
    """Remove those notes."""
    for copy in COPIES:
        for path in glob.glob(f"{glob.escape(_plugins(job))}/{copy}/{POINTER}"):
            with contextlib.suppress(OSError):
                atomic.remove_file(path)


def _plugins(job: Job) -> str:
    return str(paths.claude_dir(job.env)) + "/plugins"
