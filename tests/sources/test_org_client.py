"""Pages, cursors and waits of the organization APIs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.org_server import OrgServer
from tests.world import REPOSITORY
from usageline.sources.org import pace
from usageline.sources.org.client import next_cursor, retry_after
from usageline.sources.org.errors import OrgFailure
from usageline.sources.org.pace import Pace
from usageline.system.this_process import Clock

OFFICIAL = REPOSITORY.parent / "shared" / "official"
NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        ({"has_more": True, "next_page": "p"}, "p"),
        ({"next_page": "p"}, "p"),
        ({"has_more": False, "next_page": "p"}, ""),
        ({"has_more": True, "next_page": None}, None),
        ({"next_page": ""}, ""),
        ({"next_page": 7}, None),
        ({"next_page": "\ud800"}, None),
        ({"next_page": "p\r\nx-header: 1"}, None),
        ({"next_page": "p" * 10**4}, None),
        ({"has_more": True, "first_id": "a", "last_id": "b"}, "after_id=b"),
        ({"has_more": False, "last_id": "b"}, ""),
        ({"last_id": "b"}, ""),
        ({"has_more": True, "next_page": 7, "last_id": "b"}, None),
        ({"has_more": True, "last_id": []}, None),
        ({}, ""),
    ],
)
def test_cursor_of_each_kind_of_paging(body: dict[str, Any], cursor: str | None) -> None:
    assert next_cursor(body) == cursor


@pytest.mark.parametrize("first", sorted(OFFICIAL.glob("*.page1.json")), ids=lambda path: path.name)
def test_cursor_of_a_sample_is_that_of_its_second_page(first: Any) -> None:
    index = json.loads((OFFICIAL / "_index.json").read_text())["samples"]
    second = first.name.replace("page1", "page2")
    (query,) = [one["request"]["query"] for one in index if one["file"] == second]
    cursor = next_cursor(json.loads(first.read_text()))
    assert cursor
    name = "" if cursor.startswith("after_id=") else "page="
    assert query.endswith(f"&{name}{cursor}")
    assert next_cursor(json.loads((OFFICIAL / second).read_text())) == ""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("25", 25),
        ("0", 0),
        ("1.5", 1.5),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("9" * 80, None),
        ("Wed, 18 Nov 2026 11:07:00 GMT", 20),
        ("Wed, 18 Nov 2020 11:07:00 GMT", 0),
        ("Wed, 99 Nov 2026 11:07:00 GMT", None),
    ],
)
def test_wait_that_a_header_asks_for(header: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": header}, NOW) == seconds


def test_two_processes_share_their_pace(tmp_path: Any) -> None:
    times = [NOW]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        times[0] += seconds

    clock = Clock(lambda: times[0], lambda: times[0], sleep)
    first, second = (Pace(str(tmp_path), clock) for _ in range(2))
    first.wait("host")
    assert slept == []
    times[0] += 0.25
    first.sent()
    second.wait("host")
    assert slept == [pytest.approx(pace.INTERVAL_S, abs=1e-3)]
    second.pause(60)
    with pytest.raises(OrgFailure, match="in 60 s"):
        first.wait("host")
    times[0] -= 10 * 86400  # a clock that was wrong blocks no request
    first.wait("host")


def test_directory_that_is_missing_stops_no_request(tmp_path: Any) -> None:
    clock = Clock(lambda: NOW, lambda: NOW, lambda _seconds: None)
    missing = Pace(str(tmp_path / "none"), clock)
    missing.wait("host")
    missing.sent()
    missing.pause(5)


def test_server_of_the_tests_refuses_a_cursor_of_another_query() -> None:
    server = OrgServer()
    try:
        query = {
            "starting_at": ["2026-11-01T00:00:00Z"],
            "ending_at": ["2026-11-02T00:00:00Z"],
            "page": ["[0, 1, 5]"],
        }
        assert server.organization.answer("cost", query)[0] == 400
    finally:
        server.close()
