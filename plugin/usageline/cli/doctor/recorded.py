"""What the installer recorded of its shell: without it no program of the user's runs, and no proxy is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.sources.net import network
from usageline.system import origin

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context

AGAIN = "if they are yours, run `usageline install` from this shell"


def places(context: Context) -> Result:
    """HOME, config.toml and Claude Code's directory are ones that were there at an install."""
    if not origin.is_recorded():
        return problem(
            "this release has no record of its install: client, chain.command, alerts.command and proxies are not used",
            "run `usageline install`",
        )
    own = origin.own(context.env)
    if own is None:
        return warning(
            "HOME and XDG_CONFIG_HOME of this shell are not those of an install: no program that config.toml names is run",
            AGAIN,
        )
    if not own.claude_dir:
        return warning(
            "Claude Code's directory of this shell is not that of an install: `claude` is not asked",
            AGAIN,
        )
    return ok("HOME, config.toml and Claude Code's directory are those of an install")


def proxies(context: Context) -> Result | None:
    """The proxies and certificates of this shell are the ones that requests use."""
    used, unused = network.variables(context.env), network.unused_variables(context.env)
    if unused:
        return warning(f"requests do not use {', '.join(unused)} of this shell", AGAIN)
    return (
        ok(f"requests use {', '.join(used)} of the install or of your settings") if used else None
    )
