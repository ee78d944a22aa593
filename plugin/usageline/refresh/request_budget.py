"""Asking somebody for a reading: whether that may be done now, noted on disk before it is done."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnwritable, StoreBroken
from usageline.refresh.rate_limit import UNTIL_SIGN_IN_CHANGES, check

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.refresh.account_gate import AccountGate
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.account_state import Record
    from usageline.storage.accounts import Store
    from usageline.usage.model import SourceFailure

CLIENTS_OWN = "client"
"""Stands for the fingerprint of the sign-in that Claude Code looks after itself."""


@dataclass(slots=True)
class RequestBudget:
    """The requests of one attempt: whether one may be made, that one was, and how the source before this one failed."""

    store: Store
    config: Config
    signed_in: SignIn
    record: Record
    force: bool
    gate: AccountGate | None = None
    asked: bool = False
    last: SourceFailure | None = None

    def permit(self, *, own_sign_in: bool = False) -> None:
        """Before a request. It is noted on disk first: a run that is killed in its middle must not make the next one ask at once.

        CacheUnwritable where that cannot be. A source with a sign-in of its own may ask at once where it was the token that was refused.
        """
        now, token = time.time(), CLIENTS_OWN if own_sign_in else self.signed_in.token_fingerprint
        token_refused = (
            self.asked and self.last is not None and self.last.status in UNTIL_SIGN_IN_CHANGES
        )
        asked = replace(
            self.record,
            requested_at=int(now),
            asked_with=token,
            unfinished=self.record.unfinished + 1,
        )
        if not (own_sign_in and token_refused):
            same = own_sign_in or self.signed_in.names_organization
            check(
                self.record,
                self.config,
                token=token,
                now=now,
                force=self.force,
                is_same_account=same,
            )
            if self.gate:
                self.gate.enter(
                    self.config, asked, force=self.force, note=lambda: self._note(asked)
                )
        if self.record is not asked:
            self._note(asked)

    def ended(self, record: Record) -> None:
        """Remember for all caches how the request ended."""
        if self.gate and self.asked:
            self.gate.leave(record)

    def _note(self, asked: Record) -> None:
        try:
            self.store.put(self.signed_in.account, asked)
        except StoreBroken as broken:
            raise CacheUnwritable(str(broken)) from broken.__cause__
        self.record, self.asked = asked, True
