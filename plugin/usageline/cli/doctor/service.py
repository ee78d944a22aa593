"""Check how requests are sent, and what the service last answered. This sends none."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from typing import TYPE_CHECKING

from usageline.cli.doctor.context import Context, Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.config import user_themes
from usageline.core.errors import LockUnsupported, StoreBroken
from usageline.core.formatting import clock
from usageline.core.vocabulary import REASONS
from usageline.sources.http import UNTRUSTED_CERTIFICATE
from usageline.system.api_address import API, api_address
from usageline.system.lock import hold

if TYPE_CHECKING:
    from usageline.storage.account_state import AccountState


def configuration(context: Context) -> Result:
    """Check that config.toml is valid or absent."""
    config, error = context.config
    if error is not None:
        return problem(context.short(str(error)), "fix it; invalid keys are ignored")
    if config.refused:
        return warning(
            f"no config.toml of yours names the sources {', '.join(config.refused)}, so this one"
            " cannot add them",
            "add them to your own, or if this one is yours, run `usageline install` from here",
        )
    return ok(
        f"sources: {', '.join(config.sources) or 'only the payload'}; "
        f"a refresh every {config.ttl_s / 60:g} minutes at most"
    )


def themes(context: Context) -> Result | None:
    """Check that the name of each theme file of the user allows its use."""
    with user_themes.of(context.env):
        unused = user_themes.unused_files()
    if not unused:
        return None
    text, _, advice = unused[0].rpartition(": ")
    more = f" (and {len(unused) - 1} more: usageline config themes)" if unused[1:] else ""
    return warning(text + more, advice)


def address(context: Context) -> Result | None:
    """Report USAGELINE_API_URL if it is set."""
    url, note = api_address(context.env)
    if note:
        return warning(note, "unset it, or set it to an address of this machine")
    if url == API:
        return None
    return warning(
        f"USAGELINE_API_URL is set: requests go to {url} instead of Anthropic's service", "unset it"
    )


def last_answer(context: Context) -> Result | None:
    """Report the last answer of the service, and the cooldown."""
    account = (context.snapshot or {}).get("account")
    if not isinstance(account, str) or not os.path.isfile(context.paths.lock):
        return None
    try:
        # The lock keeps the copy consistent. While a refresh runs, skip this check.
        with tempfile.TemporaryDirectory(prefix="usageline-doctor-") as scratch:
            with hold(context.paths.lock) as is_free:
                copied = is_free and _copy(context.paths.store_dir, scratch)
            record = _record(scratch, account) if copied else None
    except (LockUnsupported, OSError):
        return None
    except StoreBroken as error:
        return warning(
            f"cached account state is unreadable: {error}",
            "no action needed: the next refresh recreates it",
        )
    return None if record is None or not record.requested_at else _report(record, context.now)


def _report(record: AccountState, now: float) -> Result:
    request = f"the last request was {span(now - record.requested_at)} ago"
    cooldown = record.cooldown
    if cooldown is None and record.interrupted_requests:
        return warning(
            f"{request}, and its refresh was interrupted",
            "no action needed: usageline retries automatically",
        )
    if cooldown is None:
        return ok(f"{request} and succeeded")
    detail = f" ({cooldown.detail})" if cooldown.detail else ""
    reason = REASONS.get(cooldown.status, cooldown.status) + detail
    times = f", {cooldown.failures} times in a row" if cooldown.failures > 1 else ""
    until = f"; waiting until {clock(cooldown.until, now)}" if cooldown.until > now else ""
    return warning(
        f"{request} and failed: {reason}{times}{until}",
        certificate_advice(cooldown.detail) or "wait: usageline retries automatically",
    )


def certificate_advice(detail: str) -> str:
    """Return what to do if the detail of a failure names the certificate, else ""."""
    if detail != UNTRUSTED_CERTIFICATE:
        return ""
    return (
        "if your company has an authority of its own: set SSL_CERT_FILE to its certificate, "
        "and install again"
    )


def _copy(directory: str, scratch: str) -> bool:
    """Copy the store's files to `scratch`, because opening a store may repair or replace it.

    Return False if there is none.
    """
    # Imported here: only this check needs sqlite.
    from usageline.storage.database_check import DATABASE, JOURNAL, MAX_BYTES  # noqa: PLC0415

    for name in (DATABASE, JOURNAL):
        try:
            status = os.lstat(f"{directory}/{name}")
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise StoreBroken("the database is not a file of usageline")
        shutil.copyfile(f"{directory}/{name}", f"{scratch}/{name}", follow_symlinks=False)
    return os.path.exists(f"{scratch}/{DATABASE}")


def _record(directory: str, account: str) -> AccountState:
    import sqlite3  # noqa: PLC0415 - as above

    from usageline.storage.accounts import open_store  # noqa: PLC0415 - as above
    from usageline.storage.database_check import check_database  # noqa: PLC0415 - as above

    try:
        check_database(directory)
    except sqlite3.Error as error:
        raise StoreBroken(type(error).__name__) from None
    with open_store(directory) as store:
        return store.get(account)
