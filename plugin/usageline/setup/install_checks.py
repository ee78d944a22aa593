"""Check before any change whether an install can work here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.setup import shell_files

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
