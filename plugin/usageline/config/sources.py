"""Every source of usage. A new one is a module in `usageline.sources` and an entry here.

Nothing is imported: the status line waits for the config to compile.
"""

from __future__ import annotations

from typing import NamedTuple

SHARED = "shared"
"""The source of a reading that another machine of the account took: [shared] switches it on."""


class SourceInfo(NamedTuple):
    """What the program has to know of a source without importing it.

    name               in config.toml and in the snapshot
    label              whose numbers they are, for `usageline`
    module             in `usageline.sources`; its `fetch(context)` returns a Reading or raises
                       SourceFailure. "" if only the status line reads it
    is_default         used if config.toml names no sources
    reads_token        needs the credentials; without such a source no refresh opens them
    starts_a_program   only the user's own config.toml may name it (system/origin.py)
    quiet_when_stale   its failure is reported only if every source failed
    sends_no_request   its reading costs none of the account's requests
    is_listed          config.toml may name it in `sources`; another key switches the others on
    """

    name: str
    label: str
    module: str
    is_default: bool = False
    reads_token: bool = False
    starts_a_program: bool = False
    quiet_when_stale: bool = False
    sends_no_request: bool = False
    is_listed: bool = True


SOURCES = (
    SourceInfo("payload", "this session", ""),
    SourceInfo(
        "claude-cache",
        "Claude Code's own cache",
        "claude_cache",
        is_default=True,
        # Its cache is usually old, which no user has to know.
        quiet_when_stale=True,
        sends_no_request=True,
    ),
    SourceInfo("oauth", "Anthropic's API", "oauth", is_default=True, reads_token=True),
    SourceInfo("client", "Claude Code", "client", starts_a_program=True),
    SourceInfo(SHARED, "another machine", "", quiet_when_stale=True, is_listed=False),
)
"""In the order in which messages and docs name them."""


LISTED = tuple(source.name for source in SOURCES if source.is_listed)
"""The names that `sources` in config.toml may have."""

DEFAULT = tuple(source.name for source in SOURCES if source.is_default)
"""The sources that are read if config.toml names none."""

PROGRAMS = frozenset(source.name for source in SOURCES if source.starts_a_program)
"""The sources that start a program."""

SAFE = tuple(
    source.name
    for source in SOURCES
    if source.is_default and not source.reads_token and not source.starts_a_program
)
"""Those of the default sources that need neither the token nor a program."""


def label_of(name: object) -> str:
    """Return whose numbers a source has, "" for an unknown one."""
    return next((source.label for source in SOURCES if source.name == name), "")


def sends_no_request(name: str) -> bool:
    """Return whether a reading of that source costs none of the account's requests."""
    return any(source.sends_no_request for source in SOURCES if source.name == name)


def is_quiet(name: str) -> bool:
    """Return whether a source often has nothing to offer, so that this is no fault."""
    return any(source.quiet_when_stale for source in SOURCES if source.name == name)


def by_name() -> dict[str, SourceInfo]:
    """Return the sources that a refresh can read, by name."""
    return {source.name: source for source in SOURCES if source.module}


def reads_token(names: tuple[str, ...]) -> bool:
    """Return whether one of these sources needs the credentials."""
    return any(source.reads_token for source in SOURCES if source.name in names)
