"""Load config.toml for a refresh: every valid key, even if others are invalid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from usageline.config import file, user_themes
from usageline.config.schema import MIN_INTERVAL_S
from usageline.config.segments import SEGMENTS
from usageline.config.sources import DEFAULT, PROGRAMS, SAFE, by_name
from usageline.config.validate import NO_VALUES, Validation, Values, validate
from usageline.core.errors import ConfigInvalid
from usageline.system import origin
from usageline.system.api_address import API, api_address
from usageline.system.origin import may_run_programs
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem

LOCAL_MIN_INTERVAL_S = 1
"""For a server on this machine, which has no budget to protect."""

_ALERTS = NO_VALUES.table("alerts")


@dataclass(frozen=True, slots=True)
class Alerts:
    """When and how a user is alerted.

    `thresholds` are percent; `kinds` are kinds or labels of limits, () for all. `cost_day` and
    `cost_month` are dollars, 0 for none. The others are means of alerting.
    """

    thresholds: tuple[int, ...] = tuple(_ALERTS["thresholds"])
    kinds: tuple[str, ...] = tuple(_ALERTS["kinds"])
    cost_day: float = _ALERTS["cost_day"]
    cost_month: float = _ALERTS["cost_month"]
    line: bool = _ALERTS["line"]
    session_start: bool = _ALERTS["session_start"]
    desktop: bool = _ALERTS["desktop"]
    command: str = _ALERTS["command"]

    @property
    def watches_cost(self) -> bool:
        """Return whether an amount is configured."""
        return bool(self.cost_day or self.cost_month)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The destinations of metrics: a text file, a collector, and the file with headers for it.

    The paths are absolute.
    """

    textfile: str | None = None
    otlp: str | None = None
    headers_file: str | None = None

    @property
    def is_configured(self) -> bool:
        """Return whether they go anywhere."""
        return bool(self.textfile or self.otlp)


@dataclass(frozen=True, slots=True)
class Shared:
    """The server with the reading of all machines: its URL, "" for none.

    `password_file` is an absolute path, "" for none. `account` is the key of the account to show
    without a sign-in, "" for none.
    """

    url: str = ""
    password_file: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """What a refresh needs.

    `ttl_s`    how long a reading is fresh
    `floor_s`  the minimum time between two requests
    `sources`  the names of the sources, in order
    `segments` the segments that the rows show
    `client`   the path of `claude` for the source `client`, None to search for it
    `shows_cost`  the rows or an alert show what the transcripts cost
    `shared`   the server with the reading of all machines
    `refused`  the sources that only a file of another place names
    """

    ttl_s: float = NO_VALUES.get("ttl")
    floor_s: float = MIN_INTERVAL_S
    sources: tuple[str, ...] = DEFAULT
    client: str | None = None
    alerts: Alerts = field(default_factory=Alerts)
    segments: frozenset[str] = frozenset()
    shows_cost: bool = False
    metrics: Metrics = field(default_factory=Metrics)
    shared: Shared = field(default_factory=Shared)
    refused: tuple[str, ...] = ()


def load(env: Mapping[str, str]) -> Config:
    """Return the configuration; the defaults if there is no file.

    Raise ConfigInvalid, which names the file, the line, the key and what is allowed.
    """
    config, problem = load_lenient(env)
    if problem is not None:
        raise problem
    return config


def load_lenient(env: Mapping[str, str]) -> tuple[Config, ConfigInvalid | None]:
    """Return the valid part of the configuration with defaults for the rest, and the first problem.

    A mistake never adds a source.
    """
    validation, text = _validated(env)
    named = _sources(validation, text)
    is_free = text is None or may_run_programs(env)
    allowed = frozenset(named) if is_free else _own_sources() - PROGRAMS
    config = _config(env, validation.values, tuple(name for name in named if name in allowed))
    first = next(iter(validation.problems), None)
    problem = first and ConfigInvalid(first.message(origin.config_file(env)))
    return replace(config, refused=tuple(name for name in named if name not in allowed)), problem


def problems(env: Mapping[str, str]) -> list[Problem]:
    """Return all problems of the file, in the order of its lines."""
    return _validated(env)[0].problems


# tried by: config
def _validated(env: Mapping[str, str]) -> tuple[Validation, str | None]:
    """Return the validated file and its text, None if it cannot be read."""
    try:
        text = file.read_text(origin.config_file(env)) or ""
    except file.UnusableFile as unusable:
        return Validation(NO_VALUES, [unusable.problem], {}), None
    with user_themes.of(env):
        return validate(text, _floor_s(env), programs=may_run_programs(env)), text


def _sources(validation: Validation, text: str | None) -> tuple[str, ...]:
    """Return the sources that a file names, whether or not it may.

    Return the safe ones if its sources cannot be read: a user who left out `oauth` does not want
    the token to be read.
    """
    if "sources" in validation.table:
        listed = validation.table["sources"]
        items = listed if isinstance(listed, list) else []
        names = [item.lower() for item in items if isinstance(item, str)]
        sources = tuple(dict.fromkeys(name for name in names if name in by_name()))
        return sources or (() if "sources" in validation.values.top else SAFE)
    if text is None or (validation.problems and not validation.table and "sources" in text):
        return SAFE
    return DEFAULT


def _own_sources() -> frozenset[str]:
    """Return the sources in the user's own files; a file elsewhere cannot add one."""
    sources: list[tuple[str, ...]] = []
    for path in origin.recorded_config_files():
        try:
            text = file.read_text(path)
        except file.UnusableFile:
            sources.append(SAFE)
            continue
        if text is not None:
            sources.append(_sources(validate(text), text))
    return frozenset(name for names in sources or [DEFAULT] for name in names)


def _config(env: Mapping[str, str], values: Values, sources: tuple[str, ...]) -> Config:
    alerts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.table("alerts").items()
    }
    names = [name for row in values.get("rows") for name in row]
    to_raise = Alerts(**alerts)
    return Config(
        values.get("ttl"),
        _floor_s(env),
        sources,
        values.get("client"),
        to_raise,
        frozenset(name.partition(".")[0] for name in names),
        to_raise.watches_cost or any(_shows_cost(name, values) for name in names),
        _metrics(env, values.table("metrics")),
        _shared(env, values.table("shared")),
    )


def _shows_cost(name: str, values: Values) -> bool:
    kind = name.partition(".")[0]
    options = values.segments.get(name, values.segments.get(kind, {}))
    return SEGMENTS[kind].needs == "local" or (kind == "cost" and options.get("today") is True)


def _metrics(env: Mapping[str, str], values: Mapping[str, str]) -> Metrics:
    textfile, headers_file = (
        Paths(env).expand(values.get(name, "")) or None for name in ("textfile", "headers_file")
    )
    return Metrics(textfile, values.get("otlp"), headers_file)


def _shared(env: Mapping[str, str], values: Mapping[str, str]) -> Shared:
    path = Paths(env).expand(values.get("password_file", ""))
    return Shared(values.get("url", ""), path, values.get("account", ""))


def _floor_s(env: Mapping[str, str]) -> float:
    return MIN_INTERVAL_S if api_address(env)[0] == API else LOCAL_MIN_INTERVAL_S
