"""The installed program: whole, and only there once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.doctor.run import run
from usageline.core import paths
from usageline.setup import manifest
from usageline.setup.packages import IMPORT_CHECK
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.usage.values import mapping, text

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context

AGAIN = "run install.sh again"
PACKAGES_S = 6.0
"""From a cold disk they take a while."""

PLUGINS_MOST_BYTES = 4 << 20


def release(context: Context) -> Result:
    """The release in use was built to its end, and its environment is there."""
    found = context.release
    if found is None:
        return problem(
            f"no program is installed in {context.short(context.data_dir)}", "run install.sh"
        )
    if not os.path.isfile(found.root + "/complete"):
        return problem(f"the program in {context.short(found.root)} is not whole", AGAIN)
    if not os.access(found.python, os.X_OK):
        return problem(
            f"the interpreter of the refresh is gone: {context.short(found.python)}",
            f"{AGAIN}, which chooses another",
        )
    if manifest.is_newer(manifest.path(context.env)):
        return warning(
            "the install record is of a later version, which alone can uninstall",
            "install that version again",
        )
    if context.record is None:
        return warning(
            "there is no install record, by which an uninstall knows what was there before", AGAIN
        )
    return ok(f"the program is whole: {context.short(found.root)}")


def packages(context: Context) -> Result | None:
    """The refresh can load what it needs."""
    found = context.release
    if found is None or not found.is_complete():
        return None
    done = run(context, [found.python, "-I", "-B", "-c", IMPORT_CHECK], {}, longest_s=PACKAGES_S)
    if done.fault:
        return problem(f"the refresh cannot load its packages: {done.fault}", AGAIN)
    return ok("the refresh can load its packages")


def single(context: Context) -> Result | None:
    """What runs here is what the status line runs, and so is what the user's shell finds."""
    found = context.release
    if found is None:
        return None
    if os.path.realpath(context.own_root) != os.path.realpath(found.root):
        return warning(
            f"this command is of another installation: {context.short(context.own_root)}",
            "remove the one that is not wanted",
        )
    on_path = shutil.which("usageline", path=context.env.get("PATH", ""))
    if on_path and os.path.realpath(on_path) != os.path.realpath(found.root + "/bin/usageline"):
        return warning(
            f"`usageline` on PATH is another program: {context.short(on_path)}",
            "remove the one that is not wanted",
        )
    return ok("`usageline` on PATH is this program") if on_path else None


def command(context: Context) -> Result | None:
    """~/.local/bin/usageline leads to the program, and PATH to it."""
    if context.release is None:
        return None
    path: str = paths.command(context.env)
    name = context.short(path)
    if not os.path.lexists(path):
        return warning(f"there is no {name}", AGAIN)
    if os.path.realpath(path) != os.path.realpath(context.release.root + "/bin/usageline"):
        return warning(
            f"{name} leads elsewhere: {context.short(os.path.realpath(path))}",
            "remove it, and run install.sh again",
        )
    if os.path.dirname(path) not in context.env.get("PATH", "").split(os.pathsep):
        return warning(
            f"{context.short(os.path.dirname(path))} is not on PATH",
            "add it to use the command `usageline`",
        )
    return ok(f"{name} leads to it")


def plugin(context: Context) -> Result | None:
    """A plugin of usageline beside the settings is of the same version. Its hook and ours are one: the stamp lets only one of them start a refresh."""
    listed = (
        parse_object(
            read_bytes(
                paths.claude_dir(context.env) + "/plugins/installed_plugins.json",
                PLUGINS_MOST_BYTES,
            )
        )
        or {}
    )
    for name, places in mapping(listed.get("plugins")).items():
        place: dict[str, Any] = mapping(places[0]) if isinstance(places, list) and places else {}
        if (
            name.partition("@")[0] != "usageline"
            or mapping(context.settings.content.get("enabledPlugins")).get(name) is False
        ):
            continue
        version = text(place.get("version")) or "unknown"
        if context.release is None:
            return problem(
                "the plugin is installed, but it cannot set a status line by itself",
                "run /usageline:setup in Claude Code",
            )
        if version not in {__version__, "unknown"} and not context.release.id.startswith(
            version + "-"
        ):
            return warning(
                f"the plugin is of version {version}, the program is {context.release.id}",
                "run /usageline:setup in Claude Code",
            )
        return ok("the plugin is installed, too, in the same version")
    return None
