"""The service: how it would be asked, and what it answered last. It is not asked now."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.core import paths
from usageline.core.errors import LockUnsupported, StoreBroken
from usageline.core.formatting import clock
from usageline.core.status_text import REASONS
from usageline.system.api_address import API, api_address
from usageline.system.lock import hold

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context
    from usageline.storage.account_state import AccountState


def configuration(context: Context) -> Result:
    """config.toml is valid, or absent."""
    config, fault = context.config
    if fault is not None:
        return problem(
            context.short(str(fault)), "mend it; what is wrong in it counts as not there"
        )
    return ok(
        f"sources: {', '.join(config.sources) or 'the payload alone'}; looked at every {config.ttl_s / 60:g} minutes at most"
    )


def address(context: Context) -> Result | None:
    """USAGELINE_API_URL, where it is set, is one that is followed."""
    found, note = api_address(context.env)
    if note:
        return warning(note, "unset it, or aim it at this machine")
    return (
        warning(f"USAGELINE_API_URL has {found} asked in place of Anthropic's service", "unset it")
        if found != API
        else None
    )


def last_answer(context: Context) -> Result | None:
    """What the service answered last, and until when it is left alone."""
    account = (context.snapshot or {}).get("account")
    if not isinstance(account, str) or not os.path.isfile(paths.lock(context.env)):
        return None
    try:
        # Under the lock, so that the copy is whole; for as long as copying takes, and not at all while a refresh is under way.
        with tempfile.TemporaryDirectory(prefix="usageline-doctor-") as scratch:
            with hold(paths.lock(context.env)) as ours:
                copied = ours and _copy(paths.store_dir(context.env), scratch)
            record = _record(scratch, account) if copied else None
    except (LockUnsupported, OSError):
        return None
    except StoreBroken as fault:
        return warning(
            f"what was remembered of the service cannot be read: {fault}",
            "nothing: the next refresh begins it anew",
        )
    return None if record is None or not record.requested_at else _told(record, context.now)


def _told(record: AccountState, now: float) -> Result:
    asked, found = (
        f"the service was asked last {span(now - record.requested_at)} ago",
        record.cooldown,
    )
    if found is None:
        cut_off = warning(
            f"{asked}, and the refresh was cut off", "nothing: it is asked again by itself"
        )
        return cut_off if record.interrupted_requests else ok(f"{asked}, and answered")
    why = REASONS.get(found.status, found.status) + (f" ({found.detail})" if found.detail else "")
    times = f", {found.failures} times in a row" if found.failures > 1 else ""
    until = f"; it is left alone until {clock(found.until, now)}" if found.until > now else ""
    return warning(f"{asked}: {why}{times}{until}", "wait: it is asked again by itself")


def _copy(directory: str, scratch: str) -> bool:
    """Copy the store's files to `scratch`: whoever opens a store may repair it, or begin it anew. False where there is none."""
    from usageline.storage.database_check import DATABASE, JOURNAL, MAX_BYTES  # noqa: PLC0415 - sqlite, for this one check

    for name in (DATABASE, JOURNAL):
        try:
            found = os.lstat(f"{directory}/{name}")
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            raise StoreBroken("the database is no file of ours")
        shutil.copyfile(f"{directory}/{name}", f"{scratch}/{name}", follow_symlinks=False)
    return os.path.exists(f"{scratch}/{DATABASE}")


def _record(directory: str, account: str) -> AccountState:
    import sqlite3  # noqa: PLC0415 - as above

    from usageline.storage.accounts import BUSY_TIMEOUT_S, open_store  # noqa: PLC0415 - as above
    from usageline.storage.database_check import check_database  # noqa: PLC0415 - as above

    try:
        check_database(directory, BUSY_TIMEOUT_S)
    except sqlite3.Error as error:
        raise StoreBroken(type(error).__name__) from None
    with open_store(directory) as store:
        return store.get(account)
