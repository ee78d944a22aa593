"""config.toml as the refresh needs it: every key that is valid, whatever stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from usageline.config import file
from usageline.config.schema import MIN_INTERVAL_S, SOURCES
from usageline.config.validate import Validation, Values, validate
from usageline.core.errors import ConfigInvalid
from usageline.system import origin
from usageline.system.api_address import API, api_address
from usageline.system.origin import may_name_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem

DEFAULT_SOURCES = ("claude-cache", "oauth")
STARTS_A_PROGRAM = frozenset({"client"})
"""Sources that only the user's own file may name (system/origin.py)."""

SAFE_SOURCES = ("claude-cache",)
"""What is read where the file does not say what may be: who left `oauth` out does not want the token read."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """`thresholds` percent, `kinds` of limits or their labels (none: all), and where an alert is told."""

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
    floor_s: float = MIN_INTERVAL_S
    sources: tuple[str, ...] = ("claude-cache", "oauth")
    client: str | None = None
    alerts: Alerts = field(default_factory=Alerts)


def load(env: Mapping[str, str]) -> Config:
    """The configuration; the defaults where there is no file. ConfigInvalid names the file, the line, the key and what is allowed."""
    config, problem = load_lenient(env)
    if problem is not None:
        raise problem
    return config


def load_lenient(env: Mapping[str, str]) -> tuple[Config, ConfigInvalid | None]:
    """What of the configuration is valid, the defaults for the rest, and the first thing that is wrong.

    A mistake never adds a source.
    """
    path = origin.config_file(env)
    own = may_name_programs(env)
    try:
        text = file.read_text(path)
    except file.UnusableFile as unusable:
        return _config(env, Values({}, {}, {}), SAFE_SOURCES), _invalid(path, unusable.problem)
    checked = validate(text or "", _floor_s(env), programs=own)
    sources = _sources(checked, text or "")
    if not own:
        allowed = _own_sources() - STARTS_A_PROGRAM
        sources = tuple(name for name in sources if name in allowed)
    return _config(env, checked.values, sources), _invalid(
        path, checked.problems[0]
    ) if checked.problems else None


def _sources(checked: Validation, text: str) -> tuple[str, ...]:
    """Return the sources that a file names, whether or not it may."""
    if "sources" in checked.table:
        named = checked.table["sources"]
        names = (
            [name.lower() for name in named if isinstance(name, str)]
            if isinstance(named, list)
            else []
        )
        sources = tuple(dict.fromkeys(name for name in names if name in SOURCES))
        return sources or (() if "sources" in checked.values.top else SAFE_SOURCES)
    if checked.problems and not checked.table and "sources" in text:
        return SAFE_SOURCES
    return DEFAULT_SOURCES


def _own_sources() -> frozenset[str]:
    """Return the sources that the user's own files name: a file in another place cannot add one, such as the token."""
    named: list[tuple[str, ...]] = []
    for path in origin.own_config_files():
        try:
            text = file.read_text(path)
        except file.UnusableFile:
            text = None
            named.append(SAFE_SOURCES)
        if text is not None:
            named.append(_sources(validate(text), text))
    return frozenset(name for names in named or [DEFAULT_SOURCES] for name in names)


def problems(env: Mapping[str, str]) -> list[Problem]:
    """Everything that is wrong in the file, in the order of its lines."""
    path = origin.config_file(env)
    try:
        return validate(
            file.read_text(path) or "", _floor_s(env), programs=may_name_programs(env)
        ).problems
    except file.UnusableFile as unusable:
        return [unusable.problem]


def _config(env: Mapping[str, str], values: Values, sources: tuple[str, ...]) -> Config:
    alerts = values.table("alerts")
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in alerts.items()
    }
    return Config(values.get("ttl"), _floor_s(env), sources, values.get("client"), Alerts(**told))


def _floor_s(env: Mapping[str, str]) -> float:
    # Tests need no 120 seconds, and a server on this machine is nobody's budget.
    return MIN_INTERVAL_S if api_address(env)[0] == API else 1


def _invalid(path: str, problem: Problem) -> ConfigInvalid:
    return ConfigInvalid(problem.named(path))
