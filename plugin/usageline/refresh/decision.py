"""What a refresh works with, and the input and the result of `decide`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from usageline.config.loader import Config
    from usageline.refresh.log_entry import RunLog
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.account_state import AccountState
    from usageline.storage.accounts import AccountStore
    from usageline.storage.snapshot import Snapshot
    from usageline.system.this_process import Clock
    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading, SourceFailure
    from usageline.usage.whose import Held


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one refresh works with.

    previous  the published snapshot
    deadline  a time of `clock.monotonic`
    jitter    a source of random numbers from 0 to 1
    notes     what the user must know of the configuration
    """

    env: Mapping[str, str]
    store: AccountStore
    config: Config
    clock: Clock
    jitter: Callable[[], float]
    deadline: float
    log: RunLog
    force: bool
    previous: Mapping[str, Any] | None
    notes: tuple[str, ...]

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)


@dataclass(frozen=True, slots=True)
class State:
    """What one attempt knows.

    sign_in      who is signed in
    fingerprint  that of the credentials file, taken before anything was read
    held         since when the sign-in has held
    account      what is remembered of the account, with the request in it if one was made
    requested    whether a request was made
    previous     the published snapshot as JSON, or None
    """

    sign_in: SignIn
    fingerprint: str
    held: Held
    account: AccountState
    requested: bool = False
    previous: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StillFresh:
    """The remembered reading is fresh: no source was asked."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Answered:
    """A source returned a reading.

    `sign_in` is who was signed in afterwards, `history` earlier readings of the account.
    """

    reading: Reading
    sign_in: SignIn | SourceFailure
    history: Sequence[Reading] = ()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No source returned a reading; `fingerprint` is that of the credentials file afterwards."""

    failure: SourceFailure
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The new state of the account, the snapshot, and the effects.

    account     the state after this attempt, None without a sign-in
    snapshot    what to publish; None keeps what is published
    retry       the sign-in changed meanwhile: apply the effects, then attempt again
    remember    whether to store `account`
    append      the reading to add to the history, if any
    notify      alerts to send, once they are remembered
    prune_sent  whether the marks of old alerts may be removed
    notes       notes for the log
    """

    account: AccountState | None = None
    snapshot: Snapshot | None = None
    retry: bool = False
    remember: bool = False
    append: Reading | None = None
    notify: tuple[Alert, ...] = ()
    prune_sent: bool = False
    notes: tuple[str, ...] = ()

    def unremembered(self) -> Decision:
        """Return the decision for a state that could not be stored: without alerts.

        Every refresh would send them again.
        """
        snapshot = replace(self.snapshot, alerts=()) if self.snapshot else None
        return replace(self, snapshot=snapshot, notify=())
