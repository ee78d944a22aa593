"""Write a file into each copy that Claude Code runs as a plugin: its hook finds the program."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from usageline.core.background import PLUGIN_POINTER
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system import files
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.setup.context import SetupContext

MAX_BYTES = 1 << 20


def write(ctx: SetupContext) -> None:
    """Write the data directory into each copy.

    A failed write is ignored: the hook in settings.json does not need the file.
    """
    for copy in _plugin_copies(ctx):
        with contextlib.suppress(OSError):
            files.write_atomic(
                copy + PLUGIN_POINTER, json.dumps({"data_dir": ctx.paths.data_dir}).encode(), 0o600
            )


def remove(ctx: SetupContext) -> None:
    """Remove the files that `write` created."""
    for copy in _plugin_copies(ctx):
        with contextlib.suppress(OSError):
            files.remove_file(copy + PLUGIN_POINTER)


def _plugin_copies(ctx: SetupContext) -> Iterator[str]:
    """Yield the plugin's directories that Claude Code lists, if the user owns them."""
    folder = f"{ctx.paths.claude_dir}/plugins"
    marketplaces = parse_object(read_bytes(folder + "/known_marketplaces.json", MAX_BYTES)) or {}
    installed = parse_object(read_bytes(folder + "/installed_plugins.json", MAX_BYTES)) or {}
    plugins = mapping(installed.get("plugins")).get("usageline@usageline")
    listed = [mapping(marketplaces.get("usageline")).get("installLocation")]
    if isinstance(plugins, list):
        listed += [mapping(plugin).get("installPath") for plugin in plugins]
    copies = [path for path in listed if isinstance(path, str) and os.path.isabs(path)]
    for path in dict.fromkeys(copies):
        with contextlib.suppress(OSError):
            if files.is_own(os.stat(path)) and os.path.isfile(path + "/hooks/session_start.py"):
                yield path
