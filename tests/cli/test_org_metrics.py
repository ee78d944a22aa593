"""`usageline org metrics` exports what a report has, and people only if that is asked for."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.org_reports import hostile, people, report, sums
from tests.jobs.org_world import START, OrgWorld
from tests.org_server import Event, Organization, OrgServer, Reply
from tests.world import REPOSITORY
from usageline.cli.org.exposition import (
    MAX_NAMES,
    MONTH,
    OTHER,
    TODAY,
    Numbers,
    exposition,
    load,
)
from usageline.cli.org.loading import Progress
from usageline.usage.org.limits import IncreaseRequest, LimitsReport, read_limits
from usageline.usage.org.model import Row, Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World
    from usageline.usage.org.model import Report

Series = dict[str, dict[tuple[tuple[str, str], ...], float]]
PREFIX = "usageline_org_"


def products(seed: int) -> Report:
    """Return a report by product whose models lack a part of the cost."""
    rng = random.Random(seed)
    rows = [Row(name, sums(rng)) for name in ("claude_code", "chat", "something_new")]
    rows.append(Row("other", Sums(Decimal(5), models={"claude-opus-5-5": Decimal(2)})))
    return report(rows, "product")


def models(seed: int, count: int = 4) -> Report:
    """Return a report by model."""
    rng = random.Random(seed)
    return report(
        [Row(f"claude-{number}", sums(rng, models={})) for number in range(count)], "model"
    )


def numbers(**changes: Any) -> Numbers:
    """Return the numbers of an organization."""
    whole = Numbers({TODAY: products(1), MONTH: products(2)}, {TODAY: models(1), MONTH: models(2)})
    return whole._replace(**changes)


def limits() -> LimitsReport:
    """Return limits of two people, one of them nearly reached."""
    rows = [
        {
            "actor": {
                "type": "user_actor",
                "user_id": user,
                "name": "Ana",
                "email_address": "a@b.c",
            },
            "amount": amount,
            "currency": "USD",
            "period": "monthly",
            "period_to_date_spend": "9000",
        }
        for user, amount in (("user_1", "10000"), ("user_2", None), ("user_3", "0"))
    ]
    read = tuple(read_limits(rows))
    request = IncreaseRequest("s", read[0].holder, "monthly", "pending", None, None)
    return LimitsReport(read, (request,), 1_795_936_515)


def series(shown: Numbers) -> Series:
    """Return each value of the text by name and labels."""
    result: Series = defaultdict(dict)
    for family in text_string_to_metric_families(exposition(shown)):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            name = sample.name.removeprefix(PREFIX)
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in result[name]
            result[name][labels] = sample.value
    return result


def of(period: str, values: dict[tuple[tuple[str, str], ...], float]) -> float:
    """Return the sum of the series of a period."""
    return sum(value for labels, value in values.items() if ("period", period) in labels)


def test_cost_adds_up_to_the_total_of_each_period() -> None:
    shown = numbers()
    exported = series(shown)
    for period, whole in shown.products.items():
        assert of(period, exported["cost_dollars"]) == pytest.approx(float(whole.total.cost or 0))
    for period, whole in shown.models.items():
        listed = float(whole.total.list_cost or 0)
        assert of(period, exported["list_cost_dollars"]) == pytest.approx(listed)


def test_cost_without_a_model_is_a_series_of_its_own() -> None:
    exported = series(numbers())["cost_dollars"]
    assert exported[(("model", ""), ("period", TODAY), ("product", "other"))] == 3
    assert exported[(("model", ""), ("period", TODAY), ("product", ""))] == 0.12


def test_tokens_and_requests_are_those_of_the_models() -> None:
    exported = series(numbers())
    row = models(2).rows[0]
    labels = (("model", row.key), ("period", MONTH))
    written = exported["tokens"][labels + (("type", "cache_write_1h"),)]  # noqa: RUF005
    assert written == row.sums.cache_write_1h
    assert exported["requests"][labels] == row.sums.requests


def test_number_that_no_source_reports_has_no_series() -> None:
    only = {MONTH: report([Row("claude-x", Sums(Decimal(1)))], "model", unattributed=None)}
    exported = series(numbers(models=only, products={}))
    assert exported["cost_dollars"] == {
        (("model", "claude-x"), ("period", MONTH), ("product", "")): 1.0
    }
    assert not {"tokens", "requests", "list_cost_dollars"} & {
        name for name, values in exported.items() if values
    }


def test_people_are_exported_only_if_asked_for_and_by_id() -> None:
    rows = people(3)
    plain = exposition(numbers(limits=limits()))
    assert "user_" not in plain.replace("user_id", "")
    with_people = numbers(people={MONTH: report(rows)}, limits=limits(), with_people=True)
    exported = series(with_people)
    assert of(MONTH, exported["person_cost_dollars"]) == pytest.approx(
        float(sum(row.sums.cost or 0 for row in rows)) + 0.12
    )
    ratios = exported["spend_limit_utilization_ratio"]
    assert ratios == {(("kind", "user"), ("period", "monthly"), ("user_id", "user_1")): 0.9}
    for text in (plain, exposition(with_people)):
        assert "@" not in text
        assert "Person" not in text
        assert "Ana" not in text


def test_limits_are_counted_by_state() -> None:
    exported = series(numbers(limits=limits()))
    counts = {dict(labels)["state"]: value for labels, value in exported["spend_limits"].items()}
    assert counts == {"limited": 1, "none": 1, "plan-only": 1, "blocked": 0, "unreadable": 0}
    assert exported["spend_limits_near"] == {(): 1}
    assert exported["spend_limit_requests"] == {(): 1}
    without = replace(limits(), requests=None)
    assert "spend_limit_requests" not in series(numbers(limits=without))


def test_labels_stay_few_however_many_names_the_service_has() -> None:
    many = {MONTH: models(5, 400)}
    exported = series(numbers(models=many, products={}))["cost_dollars"]
    assert len({dict(labels)["model"] for labels in exported}) <= MAX_NAMES + 2
    assert any(("model", OTHER) in labels for labels in exported)
    assert sum(exported.values()) == pytest.approx(float(many[MONTH].total.cost or 0))


def test_hostile_names_leave_the_text_readable() -> None:
    shown = hostile()
    whole = numbers(
        products={TODAY: replace(shown, by="product")},
        models={TODAY: replace(shown, by="model")},
        people={TODAY: shown},
    )
    series(whole)
    assert not set("\x1b\u202e\x07\x9b") & set(exposition(whole))


def test_numbers_of_today_and_of_the_month_are_loaded(world: World) -> None:
    server = OrgServer()
    org = OrgWorld(world, server)
    actor = {"type": "user_actor", "user_id": "user_1", "name": "Ana", "email_address": "a@b.c"}
    server.organization = Organization(
        [
            Event(
                START.date() - timedelta(days=ago),
                {"actor": actor, "model": "claude-opus-5-5", "product": "claude_code"},
                Decimal(cents),
                Decimal(cents),
                (1, 2, 3, 4, 5),
                6,
            )
            for ago, cents in ((0, "100.5"), (3, "50"), (40, "7"))
        ]
    )
    shown = load(world.env, Progress(), with_people=True, clock=org.time.clock())
    server.close()
    exported = series(shown)
    labels = ("model", "claude-opus-5-5"), ("product", "claude_code")
    assert {
        period: exported["cost_dollars"][labels[0], ("period", period), labels[1]]
        for period in (TODAY, MONTH)
    } == {TODAY: 1.005, MONTH: 1.505}
    assert {dict(one)["user_id"] for one in exported["person_cost_dollars"]} == {"user_1"}
    assert "spend_limits" not in exported


def test_fullest_limit_counts_if_two_have_the_same_labels() -> None:
    whole = limits()
    first = whole.limits[0]
    second = replace(first, spent=Decimal(10), source="organization")
    both = replace(whole, limits=(first, second))
    exported = series(numbers(limits=both, with_people=True))
    assert [*exported["spend_limit_utilization_ratio"].values()] == [0.9]


def test_costs_in_another_currency_leave_the_limits(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    server = OrgServer()
    org = OrgWorld(world, server)
    events = [Event(START.date(), {}, Decimal(1), Decimal(1), (1, 1, 1, 1, 1), 1)]
    server.organization = Organization(events, currency="EUR")
    server.reply = lambda path, _query: Reply(200, {"data": []}) if "limit" in path else None
    shown = load(world.env, Progress(), with_people=False, clock=org.time.clock())
    server.close()
    assert "usageline: without cost and tokens: the costs are in EUR" in capsys.readouterr().err
    assert "cost_dollars" not in series(shown)
    assert series(shown)["spend_limits_near"] == {(): 0}


def test_documentation_names_every_gauge_with_its_labels() -> None:
    shown = numbers(people={MONTH: report(people(3))}, limits=limits(), with_people=True)
    exported = {
        PREFIX + name: {label for labels in values for label, _ in labels}
        for name, values in series(shown).items()
    }
    text = (REPOSITORY / "docs" / "ORGANIZATION.md").read_text()
    rows = re.findall(r"^\| `(usageline_org_\w+)` \| (.*) \|$", text, re.MULTILINE)
    documented = {
        name: set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", labels.partition(": only")[0])))
        for name, labels in rows
    }
    assert documented == exported


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here")
@pytest.mark.parametrize(
    "shown",
    [
        lambda: numbers(people={MONTH: report(people(3))}, limits=limits(), with_people=True),
        lambda: numbers(products={}, models={}, limits=limits()),
    ],
)
def test_promtool_accepts_the_text(shown: Callable[[], Numbers]) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=exposition(shown()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
