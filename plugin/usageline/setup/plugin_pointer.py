"""The copies of the repository that the client runs as a plugin: the plugin's hook has to find the installation."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.background import PLUGIN_POINTER
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system import files
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.setup.context import Job

MAX_BYTES = 1 << 20


def point(job: Job) -> None:
    """Note in each copy where the program is. It is no loss if one cannot be written: the hook in settings.json needs none."""
    for copy in _copies(job):
        with contextlib.suppress(OSError):
            files.write_atomic(
                copy + PLUGIN_POINTER, json.dumps({"data_dir": job.data_dir}).encode(), 0o600
            )


def forget(job: Job) -> None:
    """Remove those notes."""
    for copy in _copies(job):
        with contextlib.suppress(OSError):
            files.remove_file(copy + PLUGIN_POINTER)


def _copies(job: Job) -> Iterator[str]:
    """Yield the directories that the client lists for the plugin, as far as they are the user's and hold it."""
    folder = f"{paths.claude_dir(job.env)}/plugins"
    marketplaces = parse_object(read_bytes(folder + "/known_marketplaces.json", MAX_BYTES)) or {}
    installed = parse_object(read_bytes(folder + "/installed_plugins.json", MAX_BYTES)) or {}
    plugins = mapping(installed.get("plugins")).get("usageline@usageline")
    named = [mapping(marketplaces.get("usageline")).get("installLocation")]
    named += (
        [mapping(one).get("installPath") for one in plugins] if isinstance(plugins, list) else []
    )
    for path in dict.fromkeys(
        path for path in named if isinstance(path, str) and os.path.isabs(path)
    ):
        with contextlib.suppress(OSError):
            if os.stat(path).st_uid == os.geteuid() and os.path.isfile(
                path + "/hooks/session_start.py"
            ):
                yield path
