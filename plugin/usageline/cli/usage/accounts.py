"""Name the accounts of sessions by the user's labels, and find one by its label or key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.profile_accounts import labels, matching
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.storage.usage_index.selection import SEVERAL, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMES = {UNKNOWN: "not named in the transcripts", SEVERAL: "several accounts"}
NONE_NAMED = (
    "no transcript names an account: Claude Code writes it only in sessions that are also open "
    "elsewhere, such as in a browser"
)


def names(env: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return what each account is called."""
    by_key = {**NAMES, **labels(env)}
    return {key: by_key.get(key, key) for key in keys}


def find(env: Mapping[str, str], requested: str, owners: Mapping[str, str]) -> str:
    """Return the key of the account with that label or key, or the beginning of one.

    Raise UsagelineError with those to choose from.
    """
    called = names(env, [*sorted(set(owners.values())), UNKNOWN])
    if not owners:
        raise UsagelineError(NONE_NAMED)
    matches = matching(requested, called)
    if len(matches) == 1:
        return matches[0]
    listed = ", ".join(
        sanitize(key if key == name else f"{key} ({name})") for key, name in called.items()
    )
    raise UsagelineError(f"{sanitize(requested)!r} is not one account: choose from {listed}")
