"""Since when a sign-in holds, and which readings of Claude Code's own are of it."""

from __future__ import annotations

from typing import Any

import pytest

from usageline.usage.whose import TOO_EARLY, Claim, Files, Held, claim_of, held, refusal

NOW = 1_795_400_000.0
STAMP = "1-2-3"
FILES = Files(STAMP, NOW - 50, NOW - 10)
"""Of credentials that were written 50 s ago, and a state that was written 10 s ago."""


def published(**changes: Any) -> dict[str, Any]:
    """The snapshot before."""
    return {
        "account": "a",
        "credentials": STAMP,
        "signed_in_since": NOW - 9000,
        "readings_since": NOW - 8000,
        "observed_at": NOW - 300,
        **changes,
    }


@pytest.mark.parametrize(
    ("previous", "files", "expected"),
    [
        (None, FILES, Held(NOW - 50, 0)),
        (None, Files("", None, NOW), Held(0, 0)),
        (published(), FILES, Held(NOW - 9000, NOW - 8000)),
        (published(credentials="0-0-0"), FILES, Held(NOW - 9000, NOW - 50)),
        (
            published(credentials="", published_at=int(NOW - 50)),
            FILES,
            Held(NOW - 9000, NOW - 8000),
        ),
        (published(credentials="", published_at=NOW - 60), FILES, Held(NOW - 9000, NOW - 50)),
        (published(account="b", credentials="0-0-0"), FILES, Held(NOW - 50, NOW - 50)),
        (published(account="b"), FILES, Held(NOW - 10, NOW - 10)),
        (published(account="b", credentials=""), Files("", None, None), Held(NOW, NOW)),
        (published(account=None), FILES, Held(NOW - 10, NOW - 10)),
        (published(signed_in_since=None, readings_since=None), FILES, Held(NOW - 300, 0)),
        (
            published(signed_in_since=None, readings_since=None, observed_at=None),
            FILES,
            Held(NOW - 50, 0),
        ),
        (published(signed_in_since=NOW + 9000, readings_since="then"), FILES, Held(NOW - 300, 0)),
    ],
    ids=[
        "first look",
        "first look, Keychain",
        "nothing changed",
        "token renewed",
        "too early for a first request",
        "changed since it was too early",
        "another account",
        "another account in .claude.json alone",
        "another account, Keychain, no state",
        "signed in again",
        "by 0.1.0",
        "by 0.1.0, without numbers",
        "written under another clock",
    ],
)
def test_a_sign_in_holds_since_its_account_was_first_seen(
    previous: Any, files: Files, expected: Held
) -> None:
    assert held(previous, "a", files, NOW) == expected


@pytest.mark.parametrize(
    ("claim", "organizations", "reason"),
    [
        (Claim("a", NOW), ("o", "o"), ""),
        (Claim("a", NOW), ("", "o"), ""),
        (Claim("a", NOW), ("", ""), ""),
        (Claim("a", NOW), ("o", "p"), "of one of two organizations"),
        (Claim("a", NOW - 101), ("o", "o"), TOO_EARLY),
        (Claim("a", NOW - 100), ("o", "o"), ""),
        (Claim("b", NOW), ("o", "o"), "of another account"),
        (Claim(None, NOW), ("o", "o"), "of another account"),
        (Claim("a", None), ("o", "o"), "without a time"),
    ],
)
def test_a_reading_of_the_clients_own_counts_if_it_is_of_this_sign_in(
    claim: Claim, organizations: tuple[str, str], reason: str
) -> None:
    assert refusal(claim, "a", organizations, NOW - 100) == reason


def test_without_an_account_no_reading_of_the_clients_own_counts() -> None:
    assert refusal(Claim("", NOW), "", ("", ""), 0)


@pytest.mark.parametrize(
    "cached",
    [
        {},
        {"fetchedAtMs": True},
        {"fetchedAtMs": "now"},
        {"fetchedAtMs": -1},
        {"fetchedAtMs": 1e300},
    ],
)
def test_a_time_that_is_none_is_none(cached: dict[str, Any]) -> None:
    assert claim_of({"accountUuid": "a", **cached}) == Claim("a", None)
    assert claim_of({"accountUuid": "a", "fetchedAtMs": 1_795_400_000_500}) == Claim(
        "a", 1_795_400_000.5
    )
