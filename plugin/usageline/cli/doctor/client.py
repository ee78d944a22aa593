"""Claude Code itself: new enough, and willing to run a status line in this folder."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.doctor.run import run
from usageline.core import compiled_config, json_file, paths
from usageline.jobs import git_status
from usageline.line import segments, settings
from usageline.sources.auth import claude_state
from usageline.sources.claude_files import read_keys
from usageline.sources.client import PLACES, find_claude, missing_reason
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.cli.doctor.context import Context

OLDEST = (2, 1, 153)
"""The first that tells the status line how wide the terminal is (FACTS: the statusLine command)."""

PASSED_ON = (
    "HOME",
    "PATH",
    "LANG",
    "TMPDIR",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_SECURESTORAGE_CONFIG_DIR",
)


def version(context: Context) -> Result:
    """It says by itself how new it is."""
    oldest = ".".join(map(str, OLDEST))
    path = next(
        (path for path in _places(context) if os.path.isfile(path) and os.access(path, os.X_OK)), ""
    )
    if not path:
        return warning(
            "no `claude` was found on PATH or in the usual places",
            f"if you use one from elsewhere, see that it is {oldest} or newer",
        )
    name = context.short(path)
    done = run(
        context,
        [path, "--version"],
        {key: context.env[key] for key in PASSED_ON if key in context.env}
        | {"DISABLE_AUTOUPDATER": "1"},
    )
    said = re.match(r"\s*(\d{1,4})\.(\d{1,4})\.(\d{1,6})", done.output, re.ASCII)
    if done.fault or not said:
        return warning(
            f"{name} does not say its version: {done.fault or 'no number in its answer'}",
            "see whether it starts at all",
        )
    found = tuple(map(int, said.groups()))
    number = ".".join(said.groups())
    if found < OLDEST:
        return problem(
            f"Claude Code {number} ({name}) is older than {oldest}: the line does not fit the terminal",
            "update it: claude update",
        )
    return ok(f"Claude Code {number} ({name})")


def asked(context: Context) -> Result | None:
    """It may be asked by a refresh, if that is configured: nobody else can have written the program."""
    configured = context.config[0]
    if "client" not in configured.sources:
        return None
    program = configured.client or find_claude(context.env)
    if program is None:
        return problem(
            missing_reason(context.env), "do that, or set `client` in config.toml to its path"
        )
    return ok(f"a refresh may ask {context.short(program)}")


def git(context: Context) -> Result | None:
    """A look may run git, if its counts are configured."""
    compiled = json_file.json_file(paths.line_config(context.env), compiled_config.MAX_BYTES) or {}
    options = settings.segment(settings.checked(compiled), "git")
    if options is None or {"dirty", "ahead"}.isdisjoint(
        segments.with_defaults("git", options)["show"]
    ):
        return None
    program = git_status.find_git(context.env)
    if program is None:
        return problem(
            git_status.missing_reason(context.env), "do that: until then the line counts no changes"
        )
    return ok(f"{context.short(program)} may count what was changed")


def trust(context: Context) -> Result | None:
    """It runs no status line in a folder whose trust dialog was not accepted; one that was accepted holds for the folders below."""
    try:
        state = read_keys(
            claude_state.state_file(context.env),
            ("projects", "numStartups"),
            claude_state.MAX_BYTES,
        )
    except (OSError, ValueError):
        return None
    if "projects" not in state and "numStartups" in state:
        return None  # too much to be read here
    projects = mapping(state.get("projects"))
    for start in dict.fromkeys((context.cwd, os.path.realpath(context.cwd))):
        folder, below = start, ""
        while folder != below:
            if mapping(projects.get(folder)).get("hasTrustDialogAccepted") is True:
                return ok(f"{context.short(context.cwd)} is trusted")
            folder, below = os.path.dirname(folder), folder
    return warning(
        f"{context.short(context.cwd)} is not trusted in Claude Code, which shows no status line there until it is",
        "start claude there and accept its dialog",
    )


def _places(context: Context) -> Iterator[str]:
    """What the user's shell would start comes first. Nothing relative: it would be looked for in whatever folder this is run in."""
    for folder in context.env.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield folder + "/claude"
    for place in PLACES:
        yield place.replace("~", paths.home(context.env), 1)
