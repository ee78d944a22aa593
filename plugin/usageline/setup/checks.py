"""Check before any change whether an install can work on this system."""

from __future__ import annotations

import os
import sysconfig
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import shell_files
from usageline.setup.packages import unsupported_platform

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext


def required_directories(ctx: SetupContext) -> list[str]:
    """Return the directories that an install writes to."""
    return [
        ctx.paths.data_dir,
        ctx.paths.state_dir,
        ctx.paths.cache_dir,
        os.path.dirname(os.path.realpath(ctx.paths.claude_settings)),
        os.path.dirname(ctx.paths.claude_settings),
        os.path.dirname(ctx.paths.command),
        *shell_files.directories_of(ctx),
    ]


def check_directories(ctx: SetupContext) -> None:
    """Raise `SetupRefused` if a file stands at the place of a directory."""
    for path in (ctx.paths.data_dir, ctx.paths.state_dir, os.path.dirname(ctx.paths.cache_dir)):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise SetupRefused(
                f"{ctx.display_path(path)} is not a directory: move it away and try again."
                " Nothing was changed."
            )


def check_extras(ctx: SetupContext) -> None:
    """Raise `SetupRefused` if this system cannot have a requested extra."""
    abi = " ".join(str(sysconfig.get_config_var(name)) for name in ("SOABI", "HOST_GNU_TYPE"))
    for extra in ctx.extras:
        advice = f"install without --with {extra}"
        platform = unsupported_platform(extra, os.uname().machine, abi)
        if platform:
            raise SetupRefused(
                f"The extra {extra} has no package for {platform}: {advice};"
                " everything else works. Nothing was changed."
            )
        if is_noexec(ctx, ctx.paths.data_dir):
            raise SetupRefused(
                f"The extra {extra} cannot be loaded from a directory that is mounted noexec:"
                f" {advice}. Nothing was changed."
            )


def is_noexec(ctx: SetupContext, path: str = "") -> bool:
    """Return whether `path` (default: the command's directory) is mounted noexec.

    False if the system does not report it.
    """
    path = path or os.path.dirname(ctx.paths.command)
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    try:
        return bool(os.statvfs(path).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False
