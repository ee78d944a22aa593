"""Compare the numbers with every row of the client's `/usage` screen, for every body."""

from __future__ import annotations

import math
import os
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.client import ours, usage_screen
from tests.client.bodies import bodies, leaves, time_of
from tests.client.download import VERSION
from tests.client.installation import opened
from tests.client.usage_screen import OFF, OUT, REACHED, REFUSED, UNLIMITED, Amount, Moment, Row
from tests.server import Api, Request
from tests.world import World
from usageline.core.vocabulary import title
from usageline.usage.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.client.ours import Ours, Shown
    from tests.client.sandbox import Sandbox
    from tests.world import Release

BODIES = bodies(time.time())
AT_ONCE = 3
OTHER_ZONE = "Asia/Kolkata"
ZONES = ("UTC", OTHER_ZONE) if os.path.exists(f"/usr/share/zoneinfo/{OTHER_ZONE}") else ("UTC",)
"""Half of the bodies use a zone with a fractional offset from the server's."""

MODELS = {"tengu_usage_overage_included_models": ["Fable"]}
"""Models with a weekly limit in the client's screen."""

SEGMENTS = {"Current session": "5h", "Current week (all models)": "7d", "Usage credits": "credits"}
"""The start of such a row in the line."""

TO_THE_MINUTE_S = 120
"""The client truncates a reset to the minute, the table rounds it, the line counts later."""

OWNER = {
    "organizationRole": "admin",
    "billingType": "stripe_subscription",
    "hasExtraUsageEnabled": True,
}
"""A user who can buy credits; the client hides disabled credits from others."""


@dataclass(frozen=True)
class Seen:
    """One body as the client and usageline showed it at `now`.

    `rows` is None if the client refused it.
    """

    body: dict[str, Any]
    zone: str
    now: float
    screen: str
    rows: list[Row] | None
    cached: object
    usageline: Ours

    def labels(self, row: Row) -> str:
        """Return usageline's label for a row of the client."""
        scoped = re.fullmatch(r"Current week \((?!all models)(.*?)(?: only)?\)", row.label)
        return scoped[1] if scoped else row.label

    def heading(self, row: Row) -> str:
        """Return the beginning of the table's row for a row of the client."""
        limits = self.usageline.snapshot["limits"]
        label = self.labels(row)
        return next(
            (title(limit["kind"], limit["label"]) for limit in limits if is_of(limit, label)), label
        )


@pytest.fixture(scope="module")
def screens(
    tmp_path_factory: pytest.TempPathFactory, built_release: Release
) -> Iterator[dict[str, Future[Seen]]]:
    """Show every body by a client and by usageline, a few at once."""
    root = tmp_path_factory.mktemp("usage screen")
    api = Api(body=body_of)
    with opened(root / "sandbox") as sandbox, ThreadPoolExecutor(AT_ONCE) as pool:
        sandbox.api.body = body_of
        yield {
            name: pool.submit(
                look, sandbox, api, built_release, root / name, ZONES[number % len(ZONES)]
            )
            for number, name in enumerate(BODIES)
        }
        pool.shutdown(cancel_futures=True)
    api.close()


def body_of(request: Request) -> dict[str, Any]:
    """Return the body that the token names."""
    return BODIES[request.headers["authorization"].rpartition("-for-")[2]]


def look(sandbox: Sandbox, api: Api, release: Release, root: Path, zone: str) -> Seen:
    """Sign in with the body of that name, and show it by the client and by usageline."""
    name = root.name
    world = World(root)
    world.sign_in(token=f"sk-ant-oat01-for-{name}")
    trusted = {
        "hasTrustDialogAccepted": True,
        "hasCompletedProjectOnboarding": True,
        "allowedTools": [],
    }
    world.write_state(
        oauthAccount={**world.read_state()["oauthAccount"], **OWNER},
        numStartups=5,
        hasCompletedOnboarding=True,
        lastOnboardingVersion=VERSION,
        theme="dark",
        cachedGrowthBookFeatures=MODELS,
        projects={str(sandbox.project): trusted},
    )
    world.env |= {"TZ": zone, "USAGELINE_API_URL": api.url}
    world.configure('sources = ["oauth"]')

    terminal = sandbox.start(name, columns=120, rows=70, env={"HOME": str(world.home), "TZ": zone})
    terminal.wait_for("❯")
    terminal.enter("/usage")
    shown = terminal.wait_for(
        lambda screen: was_asked(sandbox, name) and usage_screen.is_done(screen)
    )
    while shown != (shown := terminal.screen()):  # the client draws it in several steps
        time.sleep(0.2)
    now = time.time()
    sandbox.stop(name)
    rows = None if any(word in shown for word in REFUSED) else usage_screen.rows(shown, now, zone)
    cached = world.read_state().get("cachedUsageUtilization", {}).get("utilization")
    return Seen(BODIES[name], zone, now, shown, rows, cached, ours.look(world, release))


def was_asked(sandbox: Sandbox, name: str) -> bool:
    """Return whether the client has received its answer."""
    return any(
        request.headers.get("authorization", "").endswith(f"-for-{name}")
        for request in sandbox.api.usage_requests
    )


@pytest.mark.parametrize("name", BODIES)
def test_every_row_of_the_clients_screen_is_ours_too(
    screens: dict[str, Future[Seen]], name: str
) -> None:
    """`--json` has label, percentage, reset and amounts."""
    screen = screens[name].result()
    if screen.rows is None:
        assert screen.usageline.snapshot["status"] == "unreadable", screen.screen
        return
    for row in screen.rows:
        limits = [
            limit
            for limit in screen.usageline.snapshot["limits"]
            if is_of(limit, screen.labels(row))
        ]
        credits_found = [
            credit
            for credit in screen.usageline.snapshot["credits"]
            if credit["label"] == screen.labels(row)
        ]
        if row.state == OFF:
            assert not any(credit["enabled"] for credit in credits_found), screen.screen
            continue
        assert len(limits) + len(credits_found) == 1, (row, screen.usageline.snapshot)
        meter = (limits + credits_found)[0]
        assert " ".join(row.unknown) == (meter.get("terms") or ""), screen.screen
        if row.percent is not None:
            assert math.floor(meter["percent"]) == row.percent, (row, meter)
        if row.ends is not None:
            assert row.ends.holds(meter["resets_at"] if limits else meter["ends_at"]), (row, meter)
        if credits_found:
            assert_money(row, meter)


def is_of(limit: dict[str, Any], label: str) -> bool:
    """Return whether the limit is the row with that label; the client omits a model's surface."""
    return bool(
        limit["label"] == label
        or (limit["kind"] == "weekly_scoped" and limit["label"].startswith(label + " ("))
    )


def assert_money(row: Row, credit: dict[str, Any]) -> None:
    """Assert that the row's amounts and state are those of the credit."""
    for shown, minor in ((row.used, credit["used_minor"]), (row.limit, credit["limit_minor"])):
        if shown is not None:
            assert (
                Amount(Decimal(minor).scaleb(-credit["exponent"]), credit["currency"]) == shown
            ), (row, credit)
    if row.state == UNLIMITED:
        assert (credit["enabled"], credit["limit_minor"]) == (True, None)
    if row.state == OUT:
        assert (credit["enabled"], credit["disabled_reason"]) == (False, "out_of_credits")
    assert credit["reached"] == (row.state == REACHED)


@pytest.mark.parametrize("name", BODIES)
def test_the_table_shows_what_the_clients_screen_shows(
    screens: dict[str, Future[Seen]], name: str
) -> None:
    """`usageline` prints the same rows."""
    screen = screens[name].result()
    for row in screen.rows or ():
        ours_row = ours.row(
            screen.usageline.table,
            screen.heading(row),
            screen.now,
            usage_screen.zone_of(screen.zone),
        )
        if row.state == OFF:
            assert ours_row is None or "off" in ours_row.text
            continue
        assert ours_row is not None, screen.usageline.table
        assert_same(row, ours_row)
        if row.state:
            assert {OUT: "out of credits", UNLIMITED: "no cap", REACHED: "limit reached"}[
                row.state
            ] in ours_row.text


@pytest.mark.parametrize("name", BODIES)
def test_the_line_shows_what_the_clients_screen_shows(
    screens: dict[str, Future[Seen]], name: str
) -> None:
    """The line has the same rows, if it has a place for them."""
    screen = screens[name].result()
    for row in screen.rows or ():
        label = SEGMENTS.get(row.label, screen.labels(row))
        segment = ours.row(
            screen.usageline.segments, label, screen.now, usage_screen.zone_of(screen.zone)
        )
        if row.state == OUT:
            assert "out of credits" in screen.usageline.segments
        elif row.state == OFF:
            assert segment is None
        else:
            assert segment is not None, screen.usageline.segments
            assert_same(row, segment)


def assert_same(row: Row, shown: Shown) -> None:
    """Assert that both show the same; one may omit what the other shows."""
    if row.percent is not None and shown.percent is not None:
        assert shown.percent == row.percent, (row, shown)
    else:
        assert row.percent is None or row.used or row.label.endswith("credit"), (
            row,
            shown,
        )  # amounts replace a percentage
    if row.ends is not None and shown.at is not None:
        assert_same_moment(row.ends, shown.at)
    if row.used is not None:
        amounts = [row.used, *([row.limit] if row.limit else [])]
        assert shown.amounts[: len(amounts)] == amounts, (row, shown)


def assert_same_moment(expected: Moment, shown: Moment) -> None:
    """Assert equality to the minute, or to the day if one of them has no time."""
    if expected.day or shown.day:
        assert expected.at.date() == shown.at.date(), (expected, shown)
    else:
        assert abs((expected.at - shown.at).total_seconds()) <= TO_THE_MINUTE_S, (expected, shown)


@pytest.mark.parametrize("name", BODIES)
def test_what_ours_shows_besides_is_in_the_body(
    screens: dict[str, Future[Seen]], name: str
) -> None:
    """Each number, time and word is there; the client computes the end of the month."""
    screen = screens[name].result()
    values = list(leaves(screen.body))
    numbers = [
        Decimal(str(value))
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    moments = [moment for value in values if (moment := time_of(value))]
    end_of_month = first_of_next_month(screen)
    for meter in (*screen.usageline.snapshot["limits"], *screen.usageline.snapshot["credits"]):
        at = meter["resets_at"] if "resets_at" in meter else meter["ends_at"]
        assert (
            at is None
            or at == end_of_month
            or at in numbers
            or any(abs(moment.timestamp() - at) <= 1 for moment in moments)
        ), meter
        amounts = {
            name: Decimal(meter[name]).scaleb(-meter["exponent"])
            for name in ("used_minor", "limit_minor")
            if meter.get(name)
        }
        for value in amounts.values():
            assert is_told(value, numbers), (meter, value)
        if meter["percent"] is not None and Decimal(str(meter["percent"])) not in numbers:
            cap = amounts.get("limit_minor")
            assert meter["percent"] == (
                pytest.approx(float(100 * amounts["used_minor"] / cap)) if cap else 100
            ), meter


def first_of_next_month(screen: Seen) -> int:
    """Return it in the client's zone, computed in another way than the program's."""
    today = datetime.fromtimestamp(screen.now, usage_screen.zone_of(screen.zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return int((today.replace(day=28) + timedelta(days=4)).replace(day=1).timestamp())


def is_told(value: Decimal, numbers: list[Decimal]) -> bool:
    """Return whether the body has the amount: in units, in hundredths, or as a difference of two.

    Accept an error of half a hundredth.
    """
    amounts = [number.scaleb(-places) for number in numbers for places in (0, 2, 3)]
    amounts += [abs(one - other) for one in numbers for other in numbers]
    return any(abs(value - one) <= Decimal("0.005") for one in amounts)


@pytest.mark.parametrize("name", BODIES)
def test_the_clients_cache_says_the_same_as_the_service(
    screens: dict[str, Future[Seen]], name: str
) -> None:
    """If the client wrote its cache, `claude-cache` returns the same numbers as `oauth`."""
    screen = screens[name].result()
    if screen.cached is not None and screen.rows is not None:
        assert parse(screen.cached) == parse(screen.body)
