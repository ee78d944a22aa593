"""Check the installed program, and what the installer recorded of its shell."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.cli.doctor.context import INSTALL_AGAIN, Context, Result, ok, problem, run, warning
from usageline.setup import manifest
from usageline.setup.packages import IMPORT_CHECK
from usageline.setup.program_files import package_of
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.sources.proxies import network_variables, unused_network_variables
from usageline.system import origin
from usageline.usage.values import mapping, text

if TYPE_CHECKING:
    from usageline.setup.releases import Release

RECORD_SHELL = "if they are yours, run `usageline install` from this shell"
REMOVE_ONE = "remove the one that you do not want"

PACKAGES_TIMEOUT_S = 6.0
"""Loading them from a cold disk takes seconds."""

MAX_PLUGINS_BYTES = 4 << 20


def release(context: Context) -> Result:
    """Check that the current release is complete and its interpreter exists."""
    current = context.release
    if current is None:
        return problem(
            f"usageline is not installed in {context.short(context.data_dir)}",
            "run `usageline install` or ./install.sh",
        )
    if not os.path.isfile(current.root + "/complete"):
        return problem(f"the program in {context.short(current.root)} is incomplete", INSTALL_AGAIN)
    if not os.access(current.python, os.X_OK):
        return problem(
            f"the interpreter of the refresh does not exist: {context.short(current.python)}",
            f"{INSTALL_AGAIN}, which chooses another",
        )
    if manifest.is_newer(context.paths.install_manifest):
        return warning(
            "a later version wrote the install record, and only that can uninstall",
            "install that version again",
        )
    if context.manifest is None:
        return warning(
            "there is no install record: an uninstall cannot restore the earlier settings",
            INSTALL_AGAIN,
        )
    return ok(f"the program is complete: {context.short(current.root)}")


def packages(context: Context) -> Result | None:
    """Check that a refresh can load its packages."""
    current = context.release
    if current is None or not current.is_complete():
        return None
    result = run(
        context, [current.python, "-I", "-B", "-c", IMPORT_CHECK], {}, timeout_s=PACKAGES_TIMEOUT_S
    )
    if result.was_slow:
        return warning(
            f"whether the refresh can load its packages is unknown: {result.error}",
            "run usageline doctor again when this machine is less busy",
        )
    if result.error:
        return problem(f"the refresh cannot load its packages: {result.error}", INSTALL_AGAIN)
    return ok("the refresh can load its packages")


def single(context: Context) -> Result | None:
    """Check that this command and the one on PATH are of the current release, or equal to it."""
    current = context.release
    if current is None:
        return None
    is_own = os.path.realpath(context.own_root) == os.path.realpath(current.root)
    if not is_own and not context.own_package:
        return warning(
            f"this command belongs to another installation: {context.short(context.own_root)}",
            REMOVE_ONE,
        )
    if not is_own and not current.has_files_of(context.own_package):
        return _other_version(context, context.own_package)
    on_path = shutil.which("usageline", path=context.env.get("PATH", ""))
    if on_path and not _runs(current, on_path):
        return warning(
            f"`usageline` on PATH is another program: {context.short(on_path)}",
            REMOVE_ONE,
        )
    return ok("`usageline` on PATH is this program") if on_path else None


def command(context: Context) -> Result | None:
    """Check that ~/.local/bin/usageline runs the program or its package, and is on PATH."""
    if context.release is None:
        return None
    path = context.paths.command
    name = context.short(path)
    package = package_of(path)
    if not os.path.lexists(path):
        if context.own_package:
            return None
        return warning(f"{name} does not exist", INSTALL_AGAIN)
    if package and not context.release.has_files_of(package):
        return _other_version(context, package)
    if not package and not _runs(context.release, path):
        return warning(
            f"{name} is a link to another program: {context.short(os.path.realpath(path))}",
            "remove it, then install usageline again",
        )
    if os.path.dirname(path) not in context.env.get("PATH", "").split(os.pathsep):
        return warning(
            f"{context.short(os.path.dirname(path))} is not on PATH",
            "add it to use the command `usageline`",
        )
    what = f"the command of {context.short(package)}" if package else "a link to it"
    return ok(f"{name} is {what}")


def _runs(release: Release, command: str) -> bool:
    """Return whether that command is the release's, or of a package with the same files."""
    package = package_of(command)
    if package:
        return release.has_files_of(package)
    return os.path.realpath(command) == os.path.realpath(release.root + "/bin/usageline")


def _other_version(context: Context, package: str) -> Result:
    """Return the warning that a package was upgraded, and the status line was not."""
    release = context.release.id if context.release else ""
    return warning(
        f"the status line runs {release}, not what the package has: {context.short(package)}",
        "run the package's `usageline install`",
    )


def plugin(context: Context) -> Result | None:
    """Check that an installed plugin of usageline has the same version.

    Plugin and settings have the same hook; the throttle lets only one of them start a refresh.
    """
    path = context.paths.claude_dir + "/plugins/installed_plugins.json"
    listed = parse_object(read_bytes(path, MAX_PLUGINS_BYTES)) or {}
    for name, entries in mapping(listed.get("plugins")).items():
        entry: dict[str, Any] = mapping(entries[0]) if isinstance(entries, list) and entries else {}
        if (
            name.partition("@")[0] != "usageline"
            or mapping(context.settings.content.get("enabledPlugins")).get(name) is False
        ):
            continue
        version = text(entry.get("version")) or "unknown"
        if context.release is None:
            return problem(
                "the plugin is installed, but a plugin alone cannot set statusLine",
                "run /usageline:setup in Claude Code",
            )
        if version not in {__version__, "unknown"} and not context.release.id.startswith(
            version + "-"
        ):
            return warning(
                f"the plugin has version {version}, the program {context.release.id}",
                "run /usageline:setup in Claude Code",
            )
        return ok("the plugin is installed with the same version")
    return None


def places(context: Context) -> Result:
    """Check that HOME, config.toml and Claude Code's directory are those of an install.

    With others, usageline runs no program of the user.
    """
    if not origin.is_recorded():
        if context.own_package and context.release and origin.is_recorded(context.release.root):
            command = f"{context.data_dir}/current/bin/usageline"
            return warning(
                "this command uses none of your programs and proxies: it is a package's, and the "
                "program is not in your account's default place",
                f"use {context.short(command)} instead",
            )
        return problem(
            "this release has no install record: client, chain.command, alerts.command and "
            "proxies are not used",
            "run `usageline install`",
        )
    own = origin.own(context.env)
    if own is None:
        return warning(
            "HOME and XDG_CONFIG_HOME of this shell are not those of an install: programs that "
            "config.toml names are not run",
            RECORD_SHELL,
        )
    if not own.claude_dir:
        return warning(
            "Claude Code's directory of this shell is not that of an install: `claude` is not run",
            RECORD_SHELL,
        )
    return ok("HOME, config.toml and Claude Code's directory are those of an install")


def proxies(context: Context) -> Result | None:
    """Check that requests use the proxies and certificates of this shell."""
    used, unused = network_variables(context.env), unused_network_variables(context.env)
    if unused:
        return warning(f"requests do not use {', '.join(unused)} of this shell", RECORD_SHELL)
    if not used:
        return None
    return ok(f"requests use {', '.join(used)} of the install or of your settings")
