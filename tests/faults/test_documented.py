"""docs/FAULTS.md lists exactly the promises of these tests, with figures of a run that passed.

docs/RELIABILITY.md summarizes them for users, and covers each promise.
"""

from __future__ import annotations

import re

import pytest

from tests.faults.promises import AREAS, FAULTS_DIR, promises
from tests.faults.topics import TOPICS
from tests.world import REPOSITORY

TEXT = (REPOSITORY / "docs" / "FAULTS.md").read_text("utf-8")
USERS_TEXT = (REPOSITORY / "docs" / "RELIABILITY.md").read_text("utf-8")
_TEST_LINK = r"\[`(?P<name>\w+)`\]\(\.\./tests/faults/(?P<file>[\w/.]+)\)"
_ROW = re.compile(rf"^\| (?P<holds>.*?) \| (?P<sees>.*?) \| (?P<measured>.*?) \| {_TEST_LINK} \|$")
_USERS_ROW = re.compile(
    r"^\| … (?P<question>.*?) \| (?P<answer>.*?) \| (?P<sees>.*?) \| (?P<links>.*?) \|$",
    re.MULTILINE,
)
_LINK = re.compile(r"\[(?P<area>\w+)\]\(FAULTS\.md#(?P<anchor>[\w-]+)\) × (?P<count>\d+)")
_MESSAGE = re.compile(r"`([^`]+)`")


def rows_of(area: str) -> list[dict[str, str]]:
    table = TEXT.partition(f"<!-- {area} -->\n")[2].partition("<!-- end -->")[0]
    return [match.groupdict() for match in map(_ROW.match, table.splitlines()) if match]


def users_row(name: str) -> dict[str, str]:
    """Return the row of docs/RELIABILITY.md for a topic."""
    (row,) = (
        match.groupdict()
        for match in _USERS_ROW.finditer(USERS_TEXT)
        if match["question"] == TOPICS[name].question
    )
    return row


@pytest.mark.parametrize("area", AREAS)
def test_every_promise_stands_in_its_table(area: str) -> None:
    promised = [
        (made.holds, made.sees or "–", made.test) for made in promises() if made.area == area
    ]
    assert promised
    assert [
        (row["holds"], row["sees"], f"{row['file']}::{row['name']}") for row in rows_of(area)
    ] == promised


@pytest.mark.parametrize("area", AREAS)
def test_every_figure_is_of_a_run_that_passed(area: str) -> None:
    assert [
        row["name"] for row in rows_of(area) if row["measured"] in {"", "not run", "FAILED"}
    ] == []


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_its_heading(area: str) -> None:
    assert f"## {AREAS[area]}\n" in TEXT


def test_every_fault_test_is_in_an_area() -> None:
    """A new folder must be listed in `promises.AREAS`, or its promises are documented nowhere."""
    assert {
        path.relative_to(FAULTS_DIR).parts[0] for path in FAULTS_DIR.rglob("*/test_*.py")
    } == set(AREAS)


def test_every_promise_has_a_topic_and_every_topic_a_promise() -> None:
    """A new promise names a row of the page for users that covers it."""
    assert {made.topic for made in promises()} == TOPICS.keys()


def test_the_page_for_users_has_one_row_per_topic_in_order() -> None:
    """If this fails, run the generator of the two pages."""
    rows = [
        (match["question"], match["answer"], match["sees"])
        for match in _USERS_ROW.finditer(USERS_TEXT)
    ]
    assert rows == [tuple(topic) for topic in TOPICS.values()]


@pytest.mark.parametrize("name", TOPICS)
def test_a_row_for_users_links_to_every_area_that_tests_it(name: str) -> None:
    areas = [made.area for made in promises() if made.topic == name]
    links = [
        (match["area"], match["anchor"], int(match["count"]))
        for match in _LINK.finditer(users_row(name)["links"])
    ]
    anchors = {
        area: re.sub(r"[^a-z0-9 -]", "", AREAS[area].lower()).replace(" ", "-") for area in areas
    }
    assert links == [(area, anchor, areas.count(area)) for area, anchor in anchors.items()]


@pytest.mark.parametrize("name", TOPICS)
def test_a_row_for_users_quotes_only_messages_of_its_promises(name: str) -> None:
    """So a message that changes in a test cannot stay behind on the page for users."""
    visible = " ".join(made.sees for made in promises() if made.topic == name)
    assert [
        message for message in _MESSAGE.findall(TOPICS[name].sees) if message not in visible
    ] == []
