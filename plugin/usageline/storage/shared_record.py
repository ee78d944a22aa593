"""What a profile remembers of the server that it shares readings on: a file in its cache.

A refresh reads and writes it under the refresh lock. `doctor` and `usageline shared` read it, so
that they need no connection to say what the last refresh met.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from usageline.core.json_file import json_file
from usageline.storage.codec import moment
from usageline.system.files import write_atomic
from usageline.usage.model import STATUSES
from usageline.usage.values import LATEST, integer, text

if TYPE_CHECKING:
    from usageline.system.paths import Paths

VERSION = 1
MAX_MACHINES = 1000
MAX_FAILURES = 100
MAX_PROBLEM = 160
MAX_TOOK_MS = 60_000
MACHINE = re.compile("[0-9a-f]{8}", re.ASCII)
ACCOUNT = re.compile("[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """The record of one account. Times are epoch seconds of this machine's clock, 0 for never.

    machine        a random name of this machine
    account        the key of the account
    machines       how many machines could send requests when the server last answered
    at_ms          the server's time of the newest reading that this machine took or posted
    checked_at     when the server last answered
    took_ms        how long the calls of the last refresh took
    blocked_since  since when the server has let this machine neither read nor ask
    wait_until     until when all machines leave the service alone, because of `wait_why`, a status
    failures       calls in a row without an answer
    retry_at       no call before this time
    problem        why the last call had no answer, ""
    refused        why the last reading on the server was not used, ""
    """

    machine: str
    account: str
    machines: int = 1
    at_ms: int = 0
    checked_at: int = 0
    took_ms: int = 0
    blocked_since: int = 0
    wait_until: int = 0
    wait_why: str = ""
    failures: int = 0
    retry_at: int = 0
    problem: str = ""
    refused: str = ""


def load(paths: Paths, account: str) -> SharedRecord:
    """Return the record of the account. Begin a new one if there is none or it is invalid."""
    record = read(paths)
    if record is None or record.account != account:
        return SharedRecord(os.urandom(4).hex(), account)
    return record


# tried by: tests/storage
def read(paths: Paths) -> SharedRecord | None:
    """Return the record of the last account, None if there is none or it is invalid."""
    row = json_file(paths.shared_record) or {}
    machine, account = str(row.get("machine")), str(row.get("account"))
    if (
        row.get("version") != VERSION
        or not MACHINE.fullmatch(machine)
        or not ACCOUNT.fullmatch(account)
    ):
        return None
    why = row.get("wait_why")
    return SharedRecord(
        machine=machine,
        account=account,
        machines=integer(row.get("machines"), 1, MAX_MACHINES) or 1,
        at_ms=integer(row.get("at_ms"), 0, LATEST * 1000) or 0,
        checked_at=moment(row.get("checked_at")) or 0,
        took_ms=integer(row.get("took_ms"), 0, MAX_TOOK_MS) or 0,
        blocked_since=moment(row.get("blocked_since")) or 0,
        wait_until=moment(row.get("wait_until")) or 0,
        wait_why=why if why in STATUSES else "",
        failures=integer(row.get("failures"), 0, MAX_FAILURES) or 0,
        retry_at=moment(row.get("retry_at")) or 0,
        problem=text(row.get("problem"), MAX_PROBLEM) or "",
        refused=text(row.get("refused"), MAX_PROBLEM) or "",
    )


def save(paths: Paths, record: SharedRecord) -> None:
    """Store the record. Without it the next refresh begins a new one, so ignore errors."""
    content = json.dumps({"version": VERSION, **asdict(record)}, separators=(",", ":"))
    with contextlib.suppress(OSError):
        write_atomic(paths.shared_record, content.encode(), 0o600, sync=False)


def remove(paths: Paths) -> None:
    """Remove the record."""
    with contextlib.suppress(OSError):
        os.unlink(paths.shared_record)
