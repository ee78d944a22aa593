"""Check the rate limit and record the request on disk before a source makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnwritable, StoreBroken
from usageline.refresh.rate_limit import UNTIL_SIGN_IN_CHANGES, check

if TYPE_CHECKING:
    from usageline.config import Config
    from usageline.refresh.account_gate import AccountGate
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.account_state import AccountState
    from usageline.storage.accounts import AccountStore
    from usageline.system.clock import Clock
    from usageline.usage.model import SourceFailure

CLIENT_SIGN_IN = "client"
"""Stands for the fingerprint of the sign-in that Claude Code renews itself."""


@dataclass(slots=True)
class RequestBudget:
    """The requests of one attempt.

    account       the state of the account, with the request in it once one was made
    requested     whether one was made
    last_failure  how the source before this one failed, if any
    """

    store: AccountStore
    config: Config
    sign_in: SignIn
    account: AccountState
    clock: Clock
    force: bool = False
    gate: AccountGate | None = None
    requested: bool = False
    last_failure: SourceFailure | None = None

    def acquire(self, *, own_sign_in: bool = False) -> None:
        """Record a request, or raise RateLimited. Raise CacheUnwritable if it cannot be recorded.

        A refresh that is killed during its request must not let the next one ask at once. A source
        with a sign-in of its own may ask at once after the service refused the token.
        """
        now = self.clock.now()
        token = CLIENT_SIGN_IN if own_sign_in else self.sign_in.token_fingerprint
        request = replace(
            self.account,
            requested_at=int(now),
            requested_with=token,
            interrupted_requests=self.account.interrupted_requests + 1,
        )
        if own_sign_in and self._was_token_refused():
            self._record(request)
            return
        check(
            self.account,
            self.config,
            token=token,
            now=now,
            force=self.force,
            is_same_account=own_sign_in or self.sign_in.names_organization,
        )
        if self.gate is None:
            self._record(request)
        else:
            self.gate.enter(
                self.config, request, force=self.force, record=lambda: self._record(request)
            )

    def release(self, account: AccountState) -> None:
        """Record for all caches how the request ended, if there was one."""
        if self.gate and self.requested:
            self.gate.leave(account)

    def _was_token_refused(self) -> bool:
        failure = self.last_failure
        return self.requested and failure is not None and failure.status in UNTIL_SIGN_IN_CHANGES

    def _record(self, request: AccountState) -> None:
        try:
            self.store.put(self.sign_in.account, request)
        except StoreBroken as error:
            raise CacheUnwritable(str(error)) from error.__cause__
        self.account, self.requested = request, True
