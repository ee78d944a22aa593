"""config.toml as the cold side needs it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from usageline import paths
from usageline.errors import ConfigInvalid
from usageline.sources import SOURCES
from usageline.sources.address import API, api_address
from usageline.sources.files import read_bytes
from usageline.usage.values import number

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 64 << 10
FLOOR_S = 120
"""The service refuses anybody who asks every minute; 180 s works for one machine alone (FACTS: budget)."""

MOST_TTL_S = 86400
HOT_SOURCES = ("payload",)
"""Sources that the status line reads by itself; they may stand in the list and mean nothing here."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """`thresholds` in percent, `kinds` of limits by kind or label (() for all), and where they are told of: `command` is run by a shell."""

    thresholds: tuple[int, ...] = (75, 90)
    kinds: tuple[str, ...] = ()
    line: bool = True
    session_start: bool = False
    desktop: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """`ttl_s` how long a reading is good, `floor_s` the least time between two requests, `sources` the names of sources in order.

    `client` is the path of `claude` for the source of that name, None where it is to be found.
    """

    ttl_s: float = 300
    floor_s: float = FLOOR_S
    sources: tuple[str, ...] = ("claude-cache", "oauth")
    client: str | None = None
    alerts: Alerts = Alerts()


def load(env: Mapping[str, str]) -> Config:
    """The configuration; the defaults where there is no file. ConfigInvalid names the file, the key and what is allowed."""
    config, problem = tolerant(env)
    if problem is not None:
        raise problem
    return config


def tolerant(env: Mapping[str, str]) -> tuple[Config, ConfigInvalid | None]:
    """What of the configuration is valid, the defaults for the rest, and the first thing that is wrong.

    A wrong name in `sources` never adds a source: who left `oauth` out does not want the token read.
    """
    path = paths.config_file(env)
    # Tests need no 120 seconds, and a server on this machine is nobody's budget.
    defaults = Config() if api_address(env)[0] == API else Config(floor_s=1)
    content = read_bytes(path, MOST_BYTES)
    if not content:
        return defaults, None
    try:
        table = _parse(content)
    except ValueError as error:
        return defaults, ConfigInvalid(f"{path}: not TOML: {str(error)[:120]}")
    config, first_ttl = _ttl(path, table, defaults)
    config, first_sources = _sources(path, table, config)
    config, first_client = _client(path, table, config)
    config, first_alerts = _alerts(path, table, config)
    return config, first_ttl or first_sources or first_client or first_alerts


def _parse(content: bytes) -> dict[str, Any]:
    import tomlkit  # noqa: PLC0415 - most users have no config.toml
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(content).unwrap()
    except (TOMLKitError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _ttl(path: str, table: dict[str, Any], config: Config) -> tuple[Config, ConfigInvalid | None]:
    if "ttl" not in table:
        return config, None
    ttl_s = number(table["ttl"], config.floor_s, MOST_TTL_S)
    if ttl_s is None:
        return config, ConfigInvalid(f"{path}: ttl: seconds from {config.floor_s:g} to {MOST_TTL_S} are allowed")
    return replace(config, ttl_s=ttl_s), None


def _sources(path: str, table: dict[str, Any], config: Config) -> tuple[Config, ConfigInvalid | None]:
    if "sources" not in table:
        return config, None
    named = table["sources"] if isinstance(table["sources"], list) else []
    known = tuple(dict.fromkeys(name for name in named if isinstance(name, str) and name in SOURCES))
    allowed = (*HOT_SOURCES, *SOURCES)
    if named and all(name in allowed for name in named):
        return replace(config, sources=known), None
    problem = ConfigInvalid(f"{path}: sources: a list of {', '.join(allowed)} is allowed")
    return replace(config, sources=known or ("claude-cache",)), problem


def _client(path: str, table: dict[str, Any], config: Config) -> tuple[Config, ConfigInvalid | None]:
    named = table.get("client")
    if named is None:
        return config, None
    if isinstance(named, str) and os.path.isabs(named):
        return replace(config, client=named), None
    return config, ConfigInvalid(f"{path}: client: the absolute path of `claude` is allowed")


def _alerts(path: str, table: dict[str, Any], config: Config) -> tuple[Config, ConfigInvalid | None]:
    """All of `[alerts]` or nothing of it."""
    named = table.get("alerts")
    if named is None:
        return config, None
    found = named if isinstance(named, dict) else {"": named}
    wanted: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    valid = {
        "thresholds": lambda value: (
            isinstance(value, tuple) and len(value) <= 8 and all(type(one) is int and 1 <= one <= 100 for one in value)
        ),
        "kinds": lambda value: isinstance(value, tuple) and all(isinstance(one, str) for one in value),
        **dict.fromkeys(("line", "session_start", "desktop"), lambda value: isinstance(value, bool)),
        "command": lambda value: isinstance(value, str) and "\0" not in value,
    }
    for name, value in wanted.items():
        if name not in valid or not valid[name](value):
            return config, ConfigInvalid(f"{path}: alerts: {name or 'a table'} is not allowed so")
    return replace(config, alerts=Alerts(**wanted)), None
