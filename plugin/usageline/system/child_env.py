"""List the variables that reach each process that usageline starts.

`tools/security.py` generates SECURITY.md's table of processes from it. There are three kinds:
`passed` unchanged from the environment, `fixed` to the value that the installer recorded, and
`given` by usageline. No other variable reaches a process.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from usageline.core.background import ENV_ALLOWLIST
from usageline.core.jobs import CHAIN_ENV
from usageline.system import origin, origin_record

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCALE = ("LANG", "LC_ALL", "TZ")


class Process(NamedTuple):
    """A kind of process.

    program  the executable, and what chooses it
    cwd      its working directory
    passed   variables from the environment
    fixed    variables from the install
    given    variables that usageline sets
    """

    program: str
    cwd: str
    passed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


GIT_GIVEN = (
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
    "GIT_ALLOW_PROTOCOL",
    "GIT_NO_LAZY_FETCH",
    "GIT_PAGER",
    "GIT_CEILING_DIRECTORIES",
    "LC_ALL",
)
ALERT_GIVEN = tuple(
    "USAGELINE_ALERT_" + name
    for name in ("KIND", "LABEL", "THRESHOLD", "PERCENT", "RESETS_AT", "COST", "TEXT")
)
BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
USER_PATH = "{home}/.local/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
"""PATH of the user's command. That of the session may be a project's."""

RUNTIME_DIR = f"/run/user/{os.geteuid() if hasattr(os, 'geteuid') else 0}"
"""The directory in which systemd creates the user's bus."""

PROCESSES = {
    "refresh": Process(
        "the release's own Python with `-I`, for a refresh, a compilation of config.toml or a "
        "background job",
        "the session's",
        ENV_ALLOWLIST,
    ),
    "git": Process(
        "`git` in a fixed place, else on the PATH recorded by the install",
        "the repository",
        fixed=("HOME", "XDG_CONFIG_HOME", "PATH"),
        given=GIT_GIVEN,
    ),
    "claude": Process(
        "`client` in the user's own config.toml, else `claude` in a fixed place or on the PATH "
        "recorded by the install",
        "`/`",
        LOCALE,
        (*origin_record.PROFILE, *origin_record.NETWORK, "PATH"),
        ("USAGELINE_REFRESH", "DISABLE_AUTOUPDATER", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"),
    ),
    "alert": Process(
        "`/bin/sh` with `alerts.command` in the user's own config.toml",
        "HOME",
        LOCALE,
        ("HOME", "USER", "LOGNAME"),
        ("PATH", *BUS, *ALERT_GIVEN),
    ),
    "chain": Process(
        "`/bin/sh` with `chain.command` in the user's own config.toml",
        "the session's",
        tuple(name for name in CHAIN_ENV if name not in {*origin_record.PROFILE, "PATH"}),
        (*origin_record.PROFILE, "PATH"),
        ("COLUMNS", "USAGELINE_CHAIN"),
    ),
    "org_key": Process(
        "`/bin/sh` with `org.key_command` in the user's own config.toml, for `usageline org`",
        "HOME",
        (*LOCALE, "TERM", "GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"),
        ("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PATH"),
        BUS,
    ),
    "notifier": Process(
        "`osascript` or `notify-send` in a fixed place",
        "HOME",
        LOCALE,
        ("HOME", "USER", "LOGNAME"),
        ("PATH", *BUS),
    ),
    "keychain": Process(
        "`/usr/bin/security` (macOS)", "the session's", ("HOME", "USER", "LOGNAME")
    ),
    "watchdog": Process("`/bin/sh`, which kills processes whose parent died", "`/`"),
    "ps": Process("`/bin/ps`, if there is no /proc", "the session's", given=("LC_ALL", "TZ")),
}


def build(
    kind: str, env: Mapping[str, str], own: origin.Own | None, given: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a process of that kind.

    `own` is `origin.own(env)`; without it the process gets no paths of the profile. Raise KeyError
    if `given` has a variable that is not listed.
    """
    process = PROCESSES[kind]
    fixed = {**origin.network(env), "PATH": origin.search_path(env), **(own.fixed if own else {})}
    whole = {name: env[name] for name in process.passed if name in env}
    whole.update((name, fixed[name]) for name in process.fixed if name in fixed)
    unlisted = set(given) - set(process.given)
    if unlisted:
        raise KeyError(f"{kind}: {', '.join(sorted(unlisted))}")
    return {**whole, **given}


def chained(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the chained command, given its job's.

    That has no other variables than the listed ones and those of `chain.env` (line/chain.py). Those
    of the profile lead to programs, such as a plugin's, so they have their recorded values.
    """
    mine = origin.own(env)
    fixed = mine.fixed if mine else {"HOME": env["HOME"]} if "HOME" in env else {}
    names = PROCESSES["chain"].fixed
    passed = {name: value for name, value in env.items() if name not in names}
    recorded = {name: value for name, value in fixed.items() if name in names}
    return {**passed, **recorded, "PATH": origin.search_path(env)}


def session_bus(runtime_dir: str) -> dict[str, str]:
    """Return the variables of the session's bus, {} if no bus belongs to this user alone.

    Ignore those of the environment. A project's settings can set them, and a bus address can
    name a program to run (`unixexec:`).
    """
    if sys.platform == "win32":
        return {}
    path = os.path.join(runtime_dir, "bus")
    try:
        folder, bus = os.lstat(runtime_dir), os.lstat(path)
    except OSError:
        return {}
    is_own = (
        all(status.st_uid == os.geteuid() for status in (folder, bus))
        and not folder.st_mode & 0o022
    )
    if not is_own or not stat.S_ISDIR(folder.st_mode) or not stat.S_ISSOCK(bus.st_mode):
        return {}
    return dict(zip(BUS, (runtime_dir, f"unix:path={path}"), strict=True))
