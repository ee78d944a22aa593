"""Where readings come from. One module a source, one shape: `fetch(context)` gives a reading or raises SourceFailure."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from usageline.config.sources import by_name
from usageline.system.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.auth.sign_in import SignIn
    from usageline.system.clock import Clock
    from usageline.usage.model import Reading


class Permit(Protocol):
    """What a source calls before it asks; `own_sign_in` where it does so without the token."""

    def __call__(self, *, own_sign_in: bool = False) -> None:
        """Raise SourceFailure where no request may be made now."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that a source may look at.

    `env` the environment, `now` epoch seconds, `deadline` the value of `time.monotonic()` by which it must be over. A reading that somebody
    else took may be `max_age_s` old, and not from before `not_before` (epoch seconds), when another may have been signed in.
    `permit` is called before every request: it raises SourceFailure where none may be made now, and remembers the ones that were.
    `client` is the path of `claude` as configured, or None.
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


def fetch(name: str, context: Context) -> Reading:
    """Return the reading of the source with that name in config.toml. Raise SourceFailure."""
    module = import_module(f"usageline.sources.{by_name()[name].module}")
    reading: Reading = module.fetch(context)
    return reading
