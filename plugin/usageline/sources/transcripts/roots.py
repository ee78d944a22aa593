"""Choose the configuration directories of Claude Code whose transcripts count.

Start the job that reads them.
"""

from __future__ import annotations

import contextlib

from usageline.config import local as local_config
from usageline.core import jobs
from usageline.core.errors import UsagelineError
from usageline.sources.transcripts import files
from usageline.system import origin
from usageline.system.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.local import Local

DISABLED = (
    "the transcripts are not read, because local.enabled is false: run "
    "`usageline config set local.enabled true`, or read them once with --roots ~/.claude"
)
LEFT_OUT = (
    "CLAUDE_CONFIG_DIR is not a directory that `usageline install` recorded, so its transcripts "
    "do not count: run `usageline install` from here, or add it to local.roots"
)
FOREIGN = (
    "HOME or XDG_CONFIG_HOME is not that of the installation, whose index is not changed: run "
    "`usageline install` from here, or read transcripts once with --roots DIR"
)

HOUR_S = 3600
"""If nothing shows the cost, transcripts need to be read long before Claude Code deletes them."""

SHOWN_S = 240
"""If something shows it: less than the time between two refreshes."""


def settings(env: Mapping[str, str]) -> Local:
    """Return the user's settings. Raise UsagelineError if they forbid reading transcripts."""
    local = local_config.load(env)
    if not local.enabled:
        raise UsagelineError(DISABLED)
    if origin.own(env) is None and origin.is_own_state(env):
        raise UsagelineError(FOREIGN)
    return local


def directories(env: Mapping[str, str], local: Local) -> list[str]:
    """Return the configuration directories of Claude Code whose transcripts count.

    Those of the environment count if the installer recorded them, or if the index is not the
    user's. A project's settings can set each variable.
    """
    paths = Paths(env)
    own = origin.own(env)
    if own is None:
        home, base, current = paths.home, env.get("XDG_CONFIG_HOME", ""), paths.claude_dir
    else:
        home, base = own.fixed.get("HOME", paths.home), own.fixed.get("XDG_CONFIG_HOME", "")
        current = own.claude_dir
    home = home.rstrip("/")
    config = base if base[:1] == "/" else home + "/.config"
    usual = [home + "/.claude", config + "/claude"]
    recorded = origin.claude_dirs(home) if own else []
    listed = [*usual, *recorded, *local.profiles, *local.roots]
    return files.roots([*filter(None, [current]), *listed])


def empty(local: Local) -> list[str]:
    """Return those of `local.roots` that have no transcripts."""
    return [root for root in local.roots if not files.roots([root])]


def is_left_out(env: Mapping[str, str], local: Local) -> bool:
    """Return whether the transcripts of CLAUDE_CONFIG_DIR are not among those that count."""
    current = files.roots([Paths(env).claude_dir])
    listed = directories(env, local)
    return files.roots([*listed, *current]) != listed


def start_if_due(
    python: str, env: Mapping[str, str], now: float, *, is_shown: bool = False
) -> bool:
    """Start the job that reads the transcripts, and return whether it was started. Do not wait.

    It is not if another process started it lately, if there are no transcripts, or if the user's
    settings forbid it.
    """
    with contextlib.suppress(UsagelineError, OSError, LookupError, ValueError):
        if directories(env, settings(env)) and jobs.claim(
            env, jobs.LOCAL, jobs.LOCAL_KEY, now, SHOWN_S if is_shown else HOUR_S
        ):
            from usageline.core import background  # noqa: PLC0415 - mostly no job is due
            from usageline.system.process import start_detached  # noqa: PLC0415 - as above

            command = [python, *background.PYTHON_FLAGS, "-m", "usageline.jobs", jobs.LOCAL]
            start_detached(command, background.refresh_environment(env))
            return True
    return False
