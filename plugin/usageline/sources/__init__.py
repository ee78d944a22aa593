"""The sources of readings: modules whose `fetch(context)` returns one or raises SourceFailure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from usageline.sources import claude_cache, client, oauth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.sources.auth.sign_in import SignIn
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


SOURCES: dict[str, Callable[[Context], Reading]] = {
    "claude-cache": claude_cache.fetch,
    "oauth": oauth.fetch,
    "client": client.fetch,
}
"""The sources by their names in config.toml."""

READS_THE_TOKEN = frozenset({"oauth"})
"""The sources that need the credentials, which are opened only if one of these is configured."""
