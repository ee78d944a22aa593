"""Find the program's files, wherever the installer runs from, and its copies as a plugin.

A clone and a release have `plugin/` and `hooks/`. A package that uv, pipx or pip installed is the
directory `usageline/` of an environment. The build puts what a release has beside it, the locks
and the hook, into `usageline/release_files/` (pyproject.toml, `force-include`). Each copy that
Claude Code runs as a plugin gets a file, by which its hook finds the program.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.background import PLUGIN_POINTER
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system import files
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.setup.context import SetupContext

PARTS = ("plugin", "hooks")
PACKAGE = "plugin/usageline"
"""The package, relative to a clone or a release."""

PACKAGED = "release_files"
MAX_BYTES = 1 << 20
"""The limit for a list of Claude Code's plugins."""


@dataclass(frozen=True, slots=True)
class PackageTool:
    """A tool that installs packages, and the commands that upgrade and remove usageline's.

    `remove` is "" if the tool forgets the package by itself.
    """

    name: str
    upgrade: str
    remove: str = ""


TOOLS = {
    "uv": PackageTool("uv", "uv tool upgrade usageline", "uv tool uninstall usageline"),
    "uvx": PackageTool("uvx", "uvx usageline@latest install"),
    "pipx": PackageTool("pipx", "pipx upgrade usageline", "pipx uninstall usageline"),
    "pipx run": PackageTool("pipx run", "pipx run --no-cache usageline install"),
    "pip": PackageTool("pip", "pip install --upgrade usageline", "pip uninstall usageline"),
}


def own_source() -> str:
    """Return the clone, the release or the installed package that this code belongs to."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return package if is_packaged(package) else os.path.dirname(os.path.dirname(package))


def is_packaged(source: str) -> bool:
    """Return whether `source` is a package that uv, pipx or pip installed."""
    return os.path.isdir(f"{source}/{PACKAGED}")


def package_of(command: str) -> str:
    """Return the installed package that the program `command` runs, "" if it runs none.

    It is the package of the environment whose directory of programs has the command.
    """
    environment = os.path.dirname(os.path.dirname(os.path.realpath(command)))
    packages = glob.glob(glob.escape(environment) + "/lib/python3*/*-packages/usageline")
    return next(filter(is_packaged, packages), "")


def package_tool(environment: str = "") -> PackageTool:
    """Return the tool that made the environment, by default the one that runs this."""
    environment = environment or sys.prefix
    parent = os.path.basename(os.path.dirname(environment))
    if os.path.exists(environment + "/uv-receipt.toml"):
        return TOOLS["uv"]
    if parent.startswith(("archive-", "environments-")):
        return TOOLS["uvx"]
    if os.path.exists(environment + "/pipx_metadata.json"):
        return TOOLS["pipx" if parent == "venvs" else "pipx run"]
    return TOOLS["pip"]


def locks(source: str) -> str:
    """Return the directory of the requirements' locks of that source."""
    return f"{source}/{PACKAGED}/plugin" if is_packaged(source) else f"{source}/plugin"


def program_files(source: str) -> dict[str, str]:
    """Return the program's files: the path in a release of each, and its path in `source`.

    Bytecode, editors' files and links are left out.
    """
    if not is_packaged(source):
        return {path: f"{source}/{path}" for part in PARTS for path in _files(source, part)}
    package = {
        f"{PACKAGE}/{path}": f"{source}/{path}"
        for path in _files(source, ".")
        if not path.startswith(PACKAGED + "/")
    }
    beside = f"{source}/{PACKAGED}"
    return package | {path: f"{beside}/{path}" for part in PARTS for path in _files(beside, part)}


def _files(source: str, part: str) -> Iterator[str]:
    """Yield the files in that part of `source`, relative to `source`."""
    for directory, names, leaves in os.walk(f"{source}/{part}"):
        names[:] = sorted(
            name for name in names if name != "__pycache__" and not name.startswith(".")
        )
        for leaf in leaves:
            path = os.path.join(directory, leaf)
            if (
                not leaf.startswith(".")
                and not leaf.endswith((".pyc", "~", ".swp"))
                and os.path.isfile(path)
                and not os.path.islink(path)
            ):
                yield os.path.relpath(path, source)


def write_pointers(ctx: SetupContext) -> None:
    """Write the data directory into each copy of the plugin.

    A failed write is ignored: the hook in settings.json does not need the file.
    """
    data = json.dumps({"data_dir": ctx.paths.data_dir}).encode()
    for copy in _plugin_copies(ctx):
        with contextlib.suppress(OSError):
            files.write_atomic(copy + PLUGIN_POINTER, data, 0o600)


def remove_pointers(ctx: SetupContext) -> None:
    """Remove the files that `write_pointers` created."""
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
