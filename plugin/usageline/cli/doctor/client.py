"""Check Claude Code: its version, and whether it runs a status line in this folder."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from usageline.cli.doctor.context import Context, Result, ok, problem, run, warning
from usageline.core import json_file, paths
from usageline.jobs import git_status
from usageline.line import segments, settings
from usageline.sources.auth import claude_state
from usageline.sources.claude_files import read_keys
from usageline.sources.client import PLACES, find_claude, missing_reason
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator


MIN_VERSION = (2, 1, 153)
"""The first that passes the terminal's width (FACTS: the statusLine command)."""

ENV_ALLOWLIST = (
    "HOME",
    "PATH",
    "LANG",
    "TMPDIR",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_SECURESTORAGE_CONFIG_DIR",
)


def version(context: Context) -> Result:
    """Check that the installed version passes the terminal's width."""
    oldest = ".".join(map(str, MIN_VERSION))
    path = next(
        (path for path in _paths(context) if os.path.isfile(path) and os.access(path, os.X_OK)), ""
    )
    if not path:
        return warning(
            "`claude` is not on PATH or in the usual places",
            f"if you run it from another place, it must be {oldest} or newer",
        )
    name = context.short(path)
    env = {key: context.env[key] for key in ENV_ALLOWLIST if key in context.env}
    result = run(context, [path, "--version"], {**env, "DISABLE_AUTOUPDATER": "1"})
    match = re.match(r"\s*(\d{1,4})\.(\d{1,4})\.(\d{1,6})", result.output, re.ASCII)
    if result.error or not match:
        return warning(
            f"{name} does not print its version: {result.error or 'no number in its output'}",
            "check that it starts",
        )
    number = ".".join(match.groups())
    if tuple(map(int, match.groups())) < MIN_VERSION:
        return problem(
            f"Claude Code {number} ({name}) is older than {oldest}: "
            "the status line may not fit the terminal",
            "run claude update",
        )
    return ok(f"Claude Code {number} ({name})")


def allowed(context: Context) -> Result | None:
    """Check that a refresh may run `claude`, if the configuration has the source `client`.

    A program that another user can replace is not run.
    """
    config = context.config[0]
    if "client" not in config.sources:
        return None
    program = config.client or find_claude(context.env)
    if program is None:
        return problem(
            missing_reason(context.env), "do that, or set `client` in config.toml to its path"
        )
    return ok(f"a refresh may run {context.short(program)}")


def git(context: Context) -> Result | None:
    """Check that a background job may run git, if the line shows its counts."""
    compiled = json_file.json_file(context.paths.line_config, paths.MAX_LINE_CONFIG_BYTES) or {}
    options = settings.segment(settings.checked(compiled), "git")
    if options is None or {"dirty", "ahead"}.isdisjoint(
        segments.with_defaults("git", options)["show"]
    ):
        return None
    program = git_status.find_git(context.env)
    if program is None:
        return problem(
            git_status.missing_reason(context.env), "do that; until then no changes are counted"
        )
    return ok(f"a background job may run {context.short(program)}")


def trust(context: Context) -> Result | None:
    """Check that the user trusts this folder or one above: Claude Code requires it."""
    try:
        state = read_keys(
            claude_state.state_file(context.paths),
            ("projects", "numStartups"),
            claude_state.MAX_BYTES,
        )
    except (OSError, ValueError):
        return None
    if "projects" not in state and "numStartups" in state:
        return None  # the list is too large to read here
    projects = mapping(state.get("projects"))
    for start in dict.fromkeys((context.cwd, os.path.realpath(context.cwd))):
        folder, below = start, ""
        while folder != below:
            if mapping(projects.get(folder)).get("hasTrustDialogAccepted") is True:
                return ok(f"{context.short(context.cwd)} is trusted")
            folder, below = os.path.dirname(folder), folder
    return warning(
        f"{context.short(context.cwd)} is not trusted: Claude Code shows no status line there",
        "start claude there and accept its dialog",
    )


def _paths(context: Context) -> Iterator[str]:
    """Yield the candidates, that of the user's shell first.

    Relative entries of PATH are ignored: they depend on the current directory.
    """
    for folder in context.env.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield folder + "/claude"
    for path in PLACES:
        yield path.replace("~", context.paths.home, 1)
