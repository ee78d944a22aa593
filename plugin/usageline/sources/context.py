"""Call a source: what it gets, and its module by its name in config.toml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from usageline.config.sources import by_name
from usageline.system.paths import Paths
from usageline.system.this_process import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from usageline.sources.auth.sign_in import SignIn
    from usageline.system.this_process import Clock
    from usageline.usage.model import Reading


class Permit(Protocol):
    """A function to call before each request, with `own_sign_in` if it does not use the token."""

    def __call__(self, *, own_sign_in: bool = False) -> None:
        """Raise SourceFailure if no request is allowed now."""


@dataclass(frozen=True, slots=True)
class Context:
    """The input of a source.

    env         the environment
    now         epoch seconds
    deadline    the value of `time.monotonic()` by which the source must return
    sign_in     the current sign-in
    max_age_s   maximum age of a reading that the client took
    not_before  epoch seconds; an earlier reading may belong to another sign-in
    permit      checks the rate limit and records the request; called before each request
    client      the configured path of `claude`, or None
    """

    env: Mapping[str, str]
    now: float
    deadline: float
    sign_in: SignIn
    max_age_s: float
    not_before: float
    permit: Permit
    client: str | None = None
    clock: Clock = SYSTEM_CLOCK

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)


def fetch(name: str, context: Context) -> Reading:
    """Return the reading of the source with that name in config.toml. Raise SourceFailure."""
    reading: Reading = _module(name).fetch(context)
    return reading


def can_request(name: str, context: Context) -> bool:
    """Return whether the source of that name could send a request with the current sign-in.

    A source whose module has no `can_request` of its own always can.
    """
    return bool(getattr(_module(name), "can_request", lambda _: True)(context))


def _module(name: str) -> ModuleType:
    return import_module(f"usageline.sources.{by_name()[name].module}")
