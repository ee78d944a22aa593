"""Parse a body of the usage endpoint. Pure; FACTS and the captured bodies have the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.usage.credits import credits as read_credits
from usageline.usage.limits import limits as read_limits
from usageline.usage.model import SourceFailure
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from usageline.usage.model import Credit, Limit
    from usageline.usage.values import Body


def parse(body: object) -> tuple[tuple[Limit, ...], tuple[Credit, ...]]:
    """Return the limits and the credits of `body`, both in the server's order.

    A value out of its range is dropped alone: the limit or credit stays without it. Raise
    SourceFailure `unreadable` if the body has nothing known, which is not the same as nothing used.
    """
    if not isinstance(body, dict):
        raise SourceFailure("unreadable", "the answer is no JSON object")
    limits, credits = read_limits(body), read_credits(body)  # noqa: A001 - the glossary's word
    if not limits and not credits and not _says_nothing_used(body):
        raise SourceFailure("unreadable", "no limit and no credit known in the answer")
    return limits, credits


def _says_nothing_used(body: Body) -> bool:
    """Whether known keys are there, but empty.

    That is an account without limits, whose credits are off.
    """
    if body.get("limits") == []:
        return True
    if any(
        key in body and body[key] is None
        for key in ("five_hour", "seven_day", "extra_usage", "spend")
    ):
        return True
    flags = (
        mapping(body.get("extra_usage")).get("is_enabled"),
        mapping(body.get("spend")).get("enabled"),
    )
    return any(isinstance(flag, bool) for flag in flags)
