"""Test which incident of the status page is shown, and what a refresh publishes of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import CANARY
from usageline.line import view
from usageline.line.render import render
from usageline.refresh.run import refresh
from usageline.sources.status_page import PATH, fetch, start, worst_incident
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from tests.server import Api, Request
    from tests.world import World

NOW = 1_795_399_200


def incident(title: str = "Elevated errors", **values: Any) -> dict[str, Any]:
    return {
        "id": "k7c1",
        "name": title,
        "status": "investigating",
        "impact": "major",
        "components": [{"name": "Claude Code"}],
        **values,
    }


def pages(api: Api, *incidents: dict[str, Any]) -> None:
    """Let the server answer as the status page, too."""
    usage = api.body

    def body(request: Request) -> dict[str, Any]:
        is_page = request.path == PATH
        return {"incidents": [*incidents]} if is_page else usage  # type: ignore[return-value]

    api.body = body


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], None),
        ([incident()], "Elevated errors"),
        ([incident("minor", impact="minor"), incident("major")], "major"),
        ([incident("first"), incident("second")], "first"),
        ([incident(status="resolved")], None),
        ([incident(components=[{"name": "claude.ai"}])], None),
        ([incident(components=[{"name": "claude.ai"}, {"name": "Claude API"}])], "Elevated errors"),
        ([incident(components=[])], "Elevated errors"),
        ([incident(components="all")], "Elevated errors"),
        ([incident(impact="unheard of")], "Elevated errors"),
        ([incident("\x1b[31mred")], "red"),
        ([incident("")], None),
        ([incident(name=5)], None),
        (["incident", None, 5], None),
        ({"a": 1}, None),
        (None, None),
    ],
)
def test_the_worst_incident_that_concerns_sessions_is_chosen(rows: Any, title: str | None) -> None:
    chosen = worst_incident({"incidents": rows}, NOW)
    assert (chosen.title if chosen else None) == title


@pytest.mark.parametrize("identifier", ["../x", "a b", 5, None, "A" * 99])
def test_an_id_that_is_no_word_is_left_out(identifier: object) -> None:
    chosen = worst_incident({"incidents": [incident(id=identifier)]}, NOW)
    assert chosen is not None
    assert chosen.id == ""


def test_the_page_is_read_without_the_token_only_if_the_segment_is_configured(
    world: World, api: Api
) -> None:
    pages(api, incident())
    assert refresh(world.env).state == "refreshed"
    assert world.snapshot()["incident"] is None
    assert [request.path for request in api.requests] == ["/api/oauth/usage"]
    world.configure('rows = [["session", "service"]]')
    world.make_due()
    assert refresh(world.env).state == "refreshed"
    published = world.snapshot()["incident"]
    assert abs(published.pop("checked_at") - time.time()) < 60
    assert published == {"title": "Elevated errors", "impact": "major", "id": "k7c1"}
    page = next(request for request in api.requests if request.path == PATH)
    assert "authorization" not in page.headers
    assert CANARY not in json.dumps(page.headers)


@pytest.mark.parametrize("fault", ["500", "html", "429", "hang", "huge"])
def test_a_page_that_cannot_be_read_delays_nothing(world: World, api: Api, fault: str) -> None:
    api.fault = fault
    with pytest.raises(SourceFailure):
        fetch(world.env, time.monotonic() + 0.5)
    began = time.monotonic()
    assert start(world.env, began + 0.5)() == (False, None)
    assert time.monotonic() - began < 5


def test_the_last_incident_stays_for_a_while_if_the_page_cannot_be_read(
    world: World, api: Api
) -> None:
    pages(api, incident())
    world.configure('rows = [["session", "service"]]')
    refresh(world.env)
    first = world.snapshot()["incident"]
    assert first is not None
    api.fault = "500"
    world.make_due()
    refresh(world.env)
    assert world.snapshot()["incident"] == first


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "▲ Elevated errors"),
        ({"title": "\x1b]0;x\x07evil"}, "▲ ]0;xevil"),
        ({"checked_at": NOW - 3600}, ""),
        ({"checked_at": NOW + 60}, ""),
        ({"checked_at": None}, ""),
        ({"title": None}, ""),
        ({"title": "word " * 30}, "▲ word word word word word word word word…"),
    ],
)
def test_an_incident_is_shown_until_it_is_old(values: dict[str, Any], text: str) -> None:
    row = {"title": "Elevated errors", "impact": "minor", "id": "a", "checked_at": NOW - 60}
    snapshot = {"version": 1, "incident": {**row, **values}}
    context = view.build({}, snapshot, "", {}, NOW)
    rows = render(
        context, {"rows": [[["service", {}]]]}, {"NO_COLOR": "1", "TERM": "dumb"}, width=200
    )
    assert "".join(rows) == text
