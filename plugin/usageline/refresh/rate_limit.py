"""Whether the service may be asked now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.core.errors import SourceFailure
from usageline.refresh.cooldown import LONGEST_S, OFFLINE_LEAST_S, UNTIL_SIGN_IN_CHANGES, doubled
from usageline.storage.account_state import CLOCK_SLACK_S

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.refresh.cooldown import Cooldown
    from usageline.storage.account_state import Record

FORCED_GAP_S = 15
"""The least time between two requests where the user asks for one, or somebody signed in anew."""


class Blocked(SourceFailure):
    """No request may be made before `until` (epoch seconds). `known` says that an earlier failure is the reason, and that `status` names it."""

    def __init__(self, status: str, detail: str, until: int, *, known: bool) -> None:
        super().__init__(status, detail)
        self.until = until
        self.known = known


def pass_gate(  # noqa: PLR0913 - all of them decide it
    record: Record, config: Config, *, token: str, now: float, force: bool, is_same_account: bool = True
) -> None:
    """Blocked where the service may not be asked with that token now.

    Without `is_same_account` a token other than the one that was told to wait may be another account's, and gets one try.
    `force` passes a cooldown, but for one after 429, and the time between two requests down to FORCED_GAP_S.
    """
    cooldown = record.cooldown
    if cooldown and cooldown.status in UNTIL_SIGN_IN_CHANGES and cooldown.token != token:
        return  # what was refused was the old token; the client has renewed it
    if cooldown and (is_same_account or cooldown.token == token):
        _pass_cooldown(cooldown, config, now=now, force=force)
    if record.requested_at > now + CLOCK_SLACK_S:
        return
    if record.unfinished and not force:
        until = int(record.requested_at + doubled(OFFLINE_LEAST_S, record.unfinished, config.ttl_s)) + 1
        if now < until:
            raise Blocked("offline", "an earlier refresh was cut off", until, known=True)
    # After a failure its cooldown decides; the time between two requests spares a service that answers.
    short = force or cooldown is not None or record.asked_with != token
    until = int(record.requested_at + (min(config.floor_s, FORCED_GAP_S) if short else config.floor_s)) + 1
    if now < until - 1:
        status, detail = (cooldown.status, cooldown.detail) if cooldown else ("offline", "asked a moment ago")
        raise Blocked(status, detail, until, known=cooldown is not None)


def _pass_cooldown(cooldown: Cooldown, config: Config, *, now: float, force: bool) -> None:
    until = cooldown.until
    if cooldown.status in UNTIL_SIGN_IN_CHANGES:
        until = max(until, int(now + config.ttl_s))
    elif until > now + max(LONGEST_S, 1.1 * config.ttl_s + 1):
        return  # made under another clock
    if now < until and (cooldown.status == "rate-limited" or not force):
        raise Blocked(cooldown.status, cooldown.detail, until, known=True)
