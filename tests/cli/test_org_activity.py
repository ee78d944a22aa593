"""The tables and exports of `usageline org activity` and `telemetry`."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.org_reports import HOSTILE, SINCE
from tests.cli.test_org import violations
from tests.cli.test_org_table import ASCII, WIDTHS
from tests.org_bodies import DESTINATION, coder, person, summary
from usageline.cli import appearance
from usageline.cli.org import activity_export, activity_table, telemetry
from usageline.core.text import display_width
from usageline.usage.org.activity import (
    BY_DAY,
    BY_PERSON,
    Activity,
    coders_by_day,
    merged,
    read_coders,
    read_days,
    read_people,
)
from usageline.usage.org.settings import read_destinations

if TYPE_CHECKING:
    from usageline.cli.appearance import Appearance

DAY = "2026-11-{:02}T00:00:00Z"


def days(count: int = 20) -> Activity:
    """Return the activity of some days; one product has a hostile name, one is empty."""
    rows = [summary(DAY.format(number + 1), 10 + number) for number in range(count)]
    odd = [{**row, "void_daily_active_user_count": None} for row in rows]
    body = json.loads(json.dumps({"data": odd}), parse_float=Decimal)  # as the client reads it
    until = SINCE + timedelta(days=count)
    return Activity(BY_DAY, SINCE, until, days=tuple(read_days(body)))


def people(*, code_alone: bool = False) -> Activity:
    """Return the activity of people whose names and addresses are hostile."""
    texts = (*HOSTILE, "漢字 の とても長い名前", "👩‍👩‍👧‍👦", "مرحبا", "ana@example.com")
    if code_alone:
        actors = [{"type": "user_actor", "email_address": text} for text in texts]
        read = read_coders({"data": [coder(one, 1) for one in actors]})
    else:
        rows = [person(number, f"{text}@x") for number, text in enumerate(texts)]
        read = read_people({"data": rows})
    until = SINCE + timedelta(days=9)
    return Activity(BY_PERSON, SINCE, until, people=tuple(merged(read)), code_alone=code_alone)


ACTIVITIES = {
    "days": days(),
    "people": people(),
    "coders": people(code_alone=True),
    "days of coders": Activity(
        BY_DAY,
        SINCE,
        SINCE,
        days=tuple(coders_by_day([("2026-11-01", read_coders({"data": []}))])),
        code_alone=True,
    ),
    "nothing": Activity(BY_PERSON, SINCE, SINCE),
}


@pytest.mark.parametrize("name", ACTIVITIES)
@pytest.mark.parametrize("look", [appearance.plain(), ASCII], ids=["unicode", "ascii"])
def test_activity_fits_and_is_clean_at_every_width(name: str, look: Appearance) -> None:
    for width in WIDTHS:
        lines = [str(line) for line in activity_table.render(ACTIVITIES[name], look, width)]
        assert max(map(display_width, lines)) <= width
        assert all(line.isprintable() for line in lines)
        assert not any("\u202e" in line for line in lines)


def test_last_days_and_first_people_are_shown() -> None:
    lines = [str(one) for one in activity_table.render(days().top(2), appearance.plain(), 100)]
    assert [line[:10] for line in lines if "Nov" in line[:10]][1:] == ["Thu 19 Nov", "Fri 20 Nov"]
    assert "18 earlier days" in lines
    assert [one.day for one in days().top(1).days] == ["2026-11-20"]
    first = people().top(1)
    assert (len(first.people), first.people[0].work.sessions) == (1, 8)


def test_seats_and_invitations_are_one_sentence() -> None:
    text = "\n".join(str(one) for one in activity_table.render(days(), appearance.plain(), 100))
    assert (
        "39 of 50 seats were active in the 30 days to 20 Nov (78%); 1 invitation is pending" in text
    )


@pytest.mark.parametrize("name", ACTIVITIES)
def test_json_of_activity_agrees_with_its_schema(name: str) -> None:
    printed = json.loads(activity_export.as_json(ACTIVITIES[name]))
    assert violations(activity_export.schema(), printed) == []


@pytest.mark.parametrize("name", ACTIVITIES)
def test_csv_of_activity_has_a_line_for_each_row_and_no_formula(name: str) -> None:
    activity = ACTIVITIES[name]
    rows = list(csv.DictReader(io.StringIO(activity_export.as_csv(activity))))
    assert len(rows) == len(activity.days) + len(activity.people)
    for row in rows:
        assert not any(str(value).startswith("=") for value in row.values())
        assert all(str(value).isprintable() for value in row.values())


def destinations() -> list[Any]:
    """Return destinations of each state, with hostile names."""
    failing = {**DESTINATION, "state": {"type": "enabled"}}
    named = [{**DESTINATION, "display_name": text, "endpoint_url": text} for text in HOSTILE]
    return [*read_destinations([DESTINATION, failing, {}, *named])]


@pytest.mark.parametrize("look", [appearance.plain(), ASCII], ids=["unicode", "ascii"])
def test_telemetry_fits_and_is_clean_at_every_width(look: Appearance) -> None:
    for width in WIDTHS:
        lines = [str(line) for line in telemetry.render(destinations(), look, width)]
        assert max(map(display_width, lines)) <= width
        assert all(line.isprintable() for line in lines)
    text = "\n".join(str(line) for line in telemetry.render(destinations(), look, 160))
    assert "failing: HTTP error (status 503)" in text
    assert "secret" not in text
    assert "there are no destinations" in str(telemetry.render([], look, 160)[0])


def test_json_of_telemetry_agrees_with_its_schema() -> None:
    printed = {"version": 1, "destinations": [telemetry.plain(one) for one in destinations()]}
    assert violations(telemetry.schema(), json.loads(json.dumps(printed))) == []
    assert set(telemetry.ROW) == set(printed["destinations"][0])  # type: ignore[index]


@pytest.mark.parametrize("name", ["activity", "telemetry"])
def test_schema_is_printed_without_a_key(usageline: Any, name: str) -> None:
    done = usageline("org", name, "--json-schema")
    assert json.loads(done.stdout)["title"] == f"usageline org {name} --json"
