"""Contexts for calling a source directly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from usageline.sources.auth import sign_in as sign_ins
from usageline.sources.context import Context

if TYPE_CHECKING:
    from tests.world import World


def context_of(
    world: World,
    *,
    max_age_s: float = 300,
    not_before: float = 0,
    within_s: float = 9,
    client: str | None = None,
) -> Context:
    """Return the context that a refresh would pass now, with each request allowed."""
    return Context(
        env=world.env,
        now=time.time(),
        deadline=time.monotonic() + within_s,
        sign_in=sign_ins.read(world.env),
        max_age_s=max_age_s,
        not_before=not_before,
        permit=lambda *, own_sign_in=False: None,  # noqa: ARG005 - the shape that sources call
        client=client,
    )
