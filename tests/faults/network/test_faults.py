"""Run the refresh against every fault of the service and the network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.faults.network.cases import WORDS
from tests.faults.network.people import AGE
from tests.faults.promises import promise
from tests.world import CANARY
from usageline import __version__
from usageline.refresh.rate_limit import UNTIL_SIGN_IN_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.network.outcomes import Outcome

    Figure = Callable[[str], None]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

MAX_REFRESH_S = 10
SLACK_S = 4
"""For a busy machine: the start of an interpreter counts too."""

MAX_KIB = 48 << 10
LATE_S = 3
"""Between the start of the cooldown and the end of the process."""


@promise(
    "A refresh ends within ten seconds, whatever the service answers or fails to answer. "
    "Decompression bombs and floods need no more memory. No process is left.",
    sees="The line as always: it never waits for a refresh.",
    topic="service",
)
def test_it_ends_in_time(outcomes: list[Outcome], figure: Figure) -> None:
    for outcome in outcomes:
        first = outcome.first
        assert first.seconds < MAX_REFRESH_S + SLACK_S, outcome.case.name
        assert first.peak_kib < MAX_KIB, outcome.case.name
        assert (first.code, first.left, first.stdout, first.stderr) == (0, 0, "", ""), (
            outcome.case.name
        )
    longest, peak = (
        max(one.first.seconds for one in outcomes),
        max(one.first.peak_kib for one in outcomes),
    )
    cpu_s = sorted(one.first.cpu_s for one in outcomes)
    figure(
        f"{len(outcomes)} faults: {longest:.1f} s at most, {peak >> 10} MiB at most, CPU "
        f"{cpu_s[len(cpu_s) // 2]:.2f} s (most {cpu_s[-1]:.2f})"
    )


@promise(
    "After a failure the last numbers stay, with their age and the reason in plain words. "
    "An answer that is valid despite the fault is used.",
    sees=(
        "`37% … offline · 12m ago`, or: `usage unreadable`, `rate-limited until 14:05`, "
        "`sign-in expired`, `token without user:profile`"
    ),
    topic="service",
)
def test_the_line_says_what_is_wrong_and_how_old_the_numbers_are(
    outcomes: list[Outcome], figure: Figure
) -> None:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        case, snapshot, before = outcome.case, outcome.snapshot, outcome.before
        assert (case.name, snapshot["status"]) == (case.name, case.status)
        assert case.detail in (snapshot["detail"] or ""), case.name
        counts[case.status] = counts.get(case.status, 0) + 1
        if case.status == "ok":
            assert " 41% " in outcome.line, (case.name, outcome.line)
            assert " ago" not in outcome.line
            continue
        unchanged = ("limits", "credits", "observed_at", "account", "plan", "source")
        assert [snapshot[name] for name in unchanged] == [before[name] for name in unchanged], (
            case.name
        )
        assert " 37% " in outcome.line, (case.name, outcome.line)
        assert re.search(rf"{re.escape(WORDS[case.status])}.* · {AGE}$", outcome.line), (
            case.name,
            outcome.line,
        )
    figure(", ".join(f"{number} {status}" for status, number in sorted(counts.items())))


@promise(
    "One run sends at most one request. After a failure there is no request before the "
    "wait is over: 30 s if no server was reached, 5 minutes or more otherwise.",
    sees="The same words until then.",
    topic="service",
)
def test_it_asks_once_and_then_waits(outcomes: list[Outcome], figure: Figure) -> None:
    waits = []
    for outcome in outcomes:
        case = outcome.case
        assert (case.name, outcome.asked) == (case.name, case.asked)
        assert (case.name, outcome.requests) == (case.name, case.asked), "the second run asked"
        wait_s = outcome.snapshot["next_refresh_at"] - outcome.ended_at
        assert case.least_wait_s - LATE_S <= wait_s <= case.least_wait_s * 1.1 + 2, (
            case.name,
            wait_s,
        )
        assert outcome.again["status"] == case.status, case.name
        assert outcome.again["limits"] == outcome.snapshot["limits"], case.name
        if case.status != "ok":
            again_at, first_at = (
                one["next_refresh_at"] for one in (outcome.again, outcome.snapshot)
            )
            # If only another sign-in helps, each run may put it off to a TTL from then.
            is_put_off = case.status in UNTIL_SIGN_IN_CHANGES and again_at > first_at
            assert is_put_off or again_at == first_at, case.name
            waits.append(wait_s)
    figure(
        f"{len(outcomes)} runs: {sum(one.requests for one in outcomes)} requests, 0 by the "
        f"runs after them; waits {min(waits):.0f} to {max(waits):.0f} s"
    )


@promise(
    "The token is sent in one header of one request to the API and is in no other place. "
    "Not at a redirect's target, not at a proxy, in no file, in no output.",
    sees="No difference.",
    topic="token",
)
def test_the_token_is_nowhere_else(outcomes: list[Outcome], figure: Figure) -> None:
    searched, sent, files = 0, 0, 0
    header = f"\r\nAuthorization: Bearer {CANARY}\r\n".encode()
    for outcome in outcomes:
        if outcome.way is None:
            assert outcome.servers[1].connections == 0, (
                f"{outcome.case.name}: the second host was called"
            )
        for server in outcome.servers:
            received = server.received
            searched += len(received)
            assert (
                received.count(b"CANARY") == received.lower().count(header.lower()) == server.asked
            ), outcome.case.name
            for request in re.findall(rb"GET /api/.*?\r\n\r\n", received, re.DOTALL):
                assert f"\r\nUser-Agent: usageline/{__version__}\r\n".encode() in request, (
                    outcome.case.name
                )
            sent += server.asked
        for path in outcome.world.files():
            files += 1
            assert path.name == ".credentials.json" or b"CANARY" not in path.read_bytes(), path
        for run in (outcome.first, outcome.second):
            assert "CANARY" not in run.stdout + run.stderr, outcome.case.name
    figure(
        f"{sent} requests with it; {searched} bytes at "
        f"{sum(len(one.servers) for one in outcomes)} servers and {files} files searched: "
        "nowhere else"
    )


@promise(
    "`usageline refresh` reports in one sentence what is wrong.",
    sees="`usageline: offline (the certificate is not trusted)`",
    topic="service",
)
def test_the_command_says_one_sentence(outcomes: list[Outcome], figure: Figure) -> None:
    sentences = set()
    for outcome in outcomes:
        case, second = outcome.case, outcome.second
        if case.status == "ok":
            assert (second.code, second.stderr) == (0, ""), case.name
            continue
        assert (second.code, second.stdout, second.stderr.count("\n")) == (1, "", 1), (
            case.name,
            second,
        )
        sentence = second.stderr.rstrip("\n")
        assert sentence.startswith(f"usageline: {WORDS[case.status]}"), (case.name, sentence)
        assert outcome.snapshot["detail"] is None or sentence.endswith(
            f" ({outcome.snapshot['detail']})"
        ), (case.name, sentence)
        assert not re.search(r"Traceback|Error|Exception|httpx|ssl\.|\[", sentence), (
            case.name,
            sentence,
        )
        sentences.add(sentence)
    figure(f"{len(sentences)} sentences for {len(outcomes)} faults, no traceback")
