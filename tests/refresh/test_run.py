"""One refresh from beginning to end: what is published after each turn of events."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tests.server import usage_body
from usageline.core import throttle
from usageline.core.freshness import file_fingerprint
from usageline.refresh.log_entry import Outcome
from usageline.refresh.run import refresh

if TYPE_CHECKING:
    from tests.refresh.conftest import Later
    from tests.server import Api, Request
    from tests.world import Release, World


def stamp(world: World) -> str:
    """The credentials file as the status line sees it."""
    return str(file_fingerprint(world.paths.claude_credentials))


def percents(snapshot: dict[str, Any] | None) -> list[float | None]:
    """The percentages of a snapshot's limits."""
    assert snapshot is not None
    return [limit["percent"] for limit in snapshot["limits"]]


def test_the_first_refresh_asks_once_and_publishes_everything(world: World, api: Api) -> None:
    """Account, plan, source, times, status, limits and credits, and the fingerprint."""
    before = int(time.time())
    outcome = refresh(world.env)
    assert outcome.state == "refreshed"
    snapshot = world.snapshot()
    assert snapshot == outcome.snapshot
    assert percents(snapshot) == [37, 26, 55]
    assert [credit["used_minor"] for credit in snapshot["credits"]] == [1234]
    assert (
        snapshot["plan"],
        snapshot["source"],
        snapshot["status"],
        snapshot["until"],
        snapshot["detail"],
    ) == (
        "Max 5x",
        "oauth",
        "ok",
        None,
        None,
    )
    assert snapshot["credentials"] == stamp(world)
    assert before <= snapshot["observed_at"] <= snapshot["published_at"] <= before + 9
    assert 269 <= snapshot["next_refresh_at"] - snapshot["observed_at"] <= 331
    assert len(api.usage_requests) == 1


def test_before_it_is_due_nothing_is_asked_and_nothing_written(world: World, api: Api) -> None:
    """Also not by a second process that got the lock later."""
    refresh(world.env)
    written = Path(world.paths.snapshot).stat().st_mtime_ns
    assert refresh(world.env).state == "not-due"
    assert Path(world.paths.snapshot).stat().st_mtime_ns == written
    assert len(api.usage_requests) == 1


def test_the_clients_own_reading_saves_the_request(world: World, api: Api) -> None:
    """If it is younger than the TTL; the next refresh is due by its age."""
    world.client_saw(usage_body(session=12), age_s=100)
    snapshot = refresh(world.env).snapshot
    assert percents(snapshot)[0] == 12
    assert snapshot is not None
    assert snapshot["source"] == "claude-cache"
    assert snapshot["next_refresh_at"] <= time.time() + 331 - 100
    assert api.requests == []


def test_a_forced_refresh_asks_the_service(world: World, api: Api) -> None:
    """Not what the client saw a minute ago."""
    world.client_saw(usage_body(session=12), age_s=60)
    assert percents(refresh(world.env, force=True).snapshot)[0] == 37
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("500", "offline"),
        ("429", "rate-limited"),
        ("html", "unreadable"),
        ("reset", "offline"),
        ("401", "expired"),
        ("403-scope", "no-scope"),
        ("404", "unreadable"),
    ],
)
def test_a_failure_keeps_the_last_good_numbers_and_names_the_reason(
    world: World, api: Api, later: Later, fault: str, status: str
) -> None:
    """With their own age; the status and the next try change, the numbers do not."""
    good = refresh(world.env).snapshot
    assert good is not None
    api.fault = fault
    outcome = later.refresh()
    assert outcome.state == "failed"
    snapshot = world.snapshot()
    assert snapshot["status"] == status
    assert {
        key: snapshot[key]
        for key in ("limits", "credits", "observed_at", "source", "account", "plan")
    } == {
        key: good[key] for key in ("limits", "credits", "observed_at", "source", "account", "plan")
    }
    assert snapshot["next_refresh_at"] > time.time()


@pytest.mark.parametrize("header", ["", ":0", ":10", ":soon"])
def test_after_429_no_refresh_asks_for_five_minutes_in_any_case(
    world: World, api: Api, header: str
) -> None:
    """Not by force, not with a new token, not without a snapshot: the store remembers."""
    api.fault = "429" + header
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert snapshot["status"] == "rate-limited"
    assert 299 <= snapshot["until"] - time.time() <= 332
    assert snapshot["next_refresh_at"] == snapshot["until"]

    api.fault = ""
    refresh(world.env, force=True)
    world.sign_in(token="sk-ant-oat01-renewed")
    refresh(world.env)
    os.unlink(world.paths.snapshot)
    again = refresh(world.env).snapshot
    assert again is not None
    assert (again["status"], again["until"]) == ("rate-limited", snapshot["until"])
    assert len(api.usage_requests) == 1


def test_retry_after_is_kept(world: World, api: Api) -> None:
    """If it asks for more than five minutes."""
    api.fault = "429:1800"
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert 1799 <= snapshot["until"] - time.time() <= 1982


def test_a_vanished_snapshot_is_published_again_without_a_request(world: World, api: Api) -> None:
    """The store has the reading."""
    first = refresh(world.env).snapshot
    os.unlink(world.paths.snapshot)
    again = refresh(world.env).snapshot
    assert percents(again) == percents(first)
    assert len(api.usage_requests) == 1


def test_a_credentials_file_written_anew_with_the_same_token_costs_no_request(
    world: World, api: Api
) -> None:
    """Only the stamp is new."""
    refresh(world.env)
    before = stamp(world)
    world.sign_in()
    assert stamp(world) != before
    outcome = refresh(world.env)
    assert outcome.state == "refreshed"
    assert world.snapshot()["credentials"] == stamp(world)
    assert percents(world.snapshot()) == [37, 26, 55]
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"expires_at": 1795000000}, "expired"),
        ({"token": "", "expires_at": 0}, "signed-out"),
        ({"scopes": ("user:inference",)}, "no-scope"),
    ],
)
def test_a_token_that_cannot_succeed_costs_no_request_and_a_renewed_one_brings_the_numbers_back(
    world: World, api: Api, change: dict[str, Any], status: str
) -> None:
    """Claude Code renews it without the user."""
    world.sign_in(**change)
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert snapshot["status"] == status
    assert snapshot["next_refresh_at"] >= time.time() + 269
    assert api.requests == []
    world.sign_in(token="sk-ant-oat01-renewed")
    assert percents(refresh(world.env).snapshot) == [37, 26, 55]


def test_an_expired_token_keeps_the_numbers_of_its_account(
    world: World, api: Api, later: Later
) -> None:
    refresh(world.env)
    later.refresh()
    requests = len(api.usage_requests)
    world.sign_in(token="sk-ant-oat01-renewed", expires_at=1795000000)
    snapshot = later.refresh(1).snapshot
    assert snapshot is not None
    assert (snapshot["status"], percents(snapshot)) == ("expired", [37, 26, 55])
    assert len(api.usage_requests) == requests


def test_a_refused_token_is_not_sent_again_until_it_changes(world: World, api: Api) -> None:
    """However often a refresh runs; the renewed one is tried at once."""
    api.fault = "401"
    refresh(world.env)
    for _ in range(3):
        os.unlink(world.paths.snapshot)
        assert refresh(world.env).state == "failed"
    assert len(api.usage_requests) == 1
    api.fault = ""
    world.sign_in(token="sk-ant-oat01-renewed")
    assert refresh(world.env).state == "refreshed"
    assert len(api.usage_requests) == 2


def test_a_token_renewed_while_it_was_being_refused_is_tried_in_the_same_run(
    world: World, api: Api
) -> None:
    """The refresh reads the credentials again: Claude Code may have renewed them just now."""

    def renew(request: Request) -> None:
        old = "CANARY" in request.headers["authorization"]
        api.fault = "401" if old else ""
        if old:
            world.sign_in(token="sk-ant-oat01-renewed")

    api.on_request = renew
    assert percents(refresh(world.env).snapshot) == [37, 26, 55]
    assert len(api.usage_requests) == 2


@pytest.mark.parametrize(
    "setting", [{"apiKeyHelper": "x"}, {"env": {"ANTHROPIC_API_KEY": "sk-ant-api03-x"}}]
)
def test_without_a_plan_there_are_no_numbers_and_no_request(
    world: World, api: Api, setting: dict[str, Any]
) -> None:
    """Also not the ones of the subscription used before."""
    refresh(world.env)
    Path(world.paths.claude_settings).write_text(json.dumps(setting))
    os.unlink(world.paths.snapshot)
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert (snapshot["status"], snapshot["limits"], snapshot["credits"], snapshot["account"]) == (
        "no-plan",
        [],
        [],
        None,
    )
    assert "API key" in snapshot["detail"]
    assert len(api.usage_requests) == 1


def test_a_logout_takes_the_numbers_away(world: World, api: Api) -> None:
    """No account is signed in."""
    refresh(world.env)
    world.sign_out()
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert (
        snapshot["status"],
        snapshot["limits"],
        snapshot["account"],
        snapshot["credentials"],
    ) == ("signed-out", [], None, "")
    assert len(api.usage_requests) == 1


@pytest.mark.usefixtures("api")
def test_an_invalid_configuration_is_reported_and_delays_nothing(world: World) -> None:
    """The defaults are taken."""
    world.configure('ttl = "often"')
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert snapshot["status"] == "ok"
    assert "config.toml:1: ttl" in snapshot["detail"]


def test_an_address_that_is_ignored_is_reported(world: World) -> None:
    """The user learns why."""
    world.env["USAGELINE_API_URL"] = "http://example.com"
    world.client_saw(usage_body())
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    assert snapshot["detail"] == "USAGELINE_API_URL ignored: not a loopback address"


def test_without_the_source_oauth_no_credentials_are_opened(world: World, api: Api) -> None:
    """A directory in the file's place would be noticed."""
    world.configure('sources = ["claude-cache"]')
    world.client_saw(usage_body())
    path = Path(world.paths.claude_credentials)
    path.unlink()
    path.mkdir()
    assert percents(refresh(world.env).snapshot) == [37, 26, 55]
    assert api.requests == []


def test_a_window_nearly_full_at_its_start_is_unknown_until_the_second_reading(
    world: World, api: Api, later: Later
) -> None:
    """The old percentage under the new reset time."""
    now = time.time()
    body = usage_body()
    body["limits"][0] |= {
        "percent": 98,
        "resets_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 5 * 3600 - 30)),
    }
    body["five_hour"] = None
    api.body = body
    assert percents(refresh(world.env).snapshot) == [None, 26, 55]
    assert percents(later.refresh().snapshot) == [98, 26, 55]


def test_a_cache_that_other_users_can_write_is_not_used(world: World, api: Api) -> None:
    """Nothing is asked and nothing written."""
    world.cache.mkdir(parents=True)
    world.cache.chmod(0o777)
    outcome = refresh(world.env)
    assert outcome.state == "failed"
    assert "written by others" in (outcome.problem or "")
    assert api.requests == []
    assert list(world.cache.iterdir()) == []


def test_without_a_home_there_is_a_reason_and_no_crash() -> None:
    """An environment that names none."""
    assert refresh({}) == Outcome("failed", None, "HOME is not set")


def test_without_locks_no_refresh_asks_and_the_line_learns_why(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every session would ask otherwise."""

    def no_flock(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    before = refresh(world.env).snapshot
    asked = len(api.requests)
    assert throttle.acquire_refresh(world.env, time.time()) == ""
    monkeypatch.setattr("fcntl.flock", no_flock)
    outcome = refresh(world.env, force=True)
    assert outcome.state == "failed"
    assert "cannot be locked" in (outcome.problem or "")
    assert throttle.last_failure(world.paths.stamp, time.time()) == "unlockable"
    assert world.snapshot() == before
    assert len(api.requests) == asked


def test_if_nothing_can_be_remembered_the_service_is_not_asked(world: World, api: Api) -> None:
    """Without a memory every run would ask anew."""
    world.cache.mkdir(parents=True, mode=0o700)
    (world.cache / "store").write_text("x")
    (world.cache / "store.broken").mkdir()
    blocked = world.cache / "store.broken"
    blocked.rmdir()
    world.env["XDG_CACHE_HOME"] = str(
        world.root / ("a" * 200) / ("b" * 200) / ("c" * 200)
    )  # too long for SQLite
    outcome = refresh(world.env)
    assert (outcome.state, outcome.snapshot) == ("failed", None)
    assert "cannot be written" in (outcome.problem or "")
    assert api.requests == []


@pytest.mark.usefixtures("api")
def test_a_clock_put_back_by_a_year_delays_nothing(world: World) -> None:
    """What was written under the other clock counts for nothing."""
    refresh(world.env)
    path = Path(world.paths.snapshot)
    ahead = 31_536_000
    path.write_text(
        json.dumps(
            world.snapshot()
            | {
                "published_at": int(time.time()) + ahead,
                "next_refresh_at": int(time.time()) + ahead,
            }
        )
    )
    assert refresh(world.env).state == "refreshed"


@pytest.mark.parametrize(
    ("theme", "appearance", "palette"),
    [
        ("light-daltonized", "light", "daltonized"),
        ("dark-ansi", "dark", "ansi"),
        ("dark", "dark", None),
        ("auto", "light", None),
    ],
)
def test_the_snapshot_has_the_colors_of_the_clients_theme(
    world: World, api: Api, theme: str, appearance: str, palette: str | None
) -> None:
    """As the terminal answered for `auto`, and seen by the next refresh, also one that fails."""
    Path(world.paths.claude_settings).write_text(json.dumps({"theme": theme}))
    world.cache.mkdir(parents=True, mode=0o700)
    background = Path(world.paths.terminal_background)
    background.write_text('{"version": 1, "background": "light"}')
    background.chmod(0o600)
    refresh(world.env)
    assert (world.snapshot()["appearance"], world.snapshot()["palette"]) == (appearance, palette)
    Path(world.paths.claude_settings).write_text('{"theme": "dark-ansi"}')
    api.fault = "500"
    refresh(world.env, force=True)
    assert (world.snapshot()["appearance"], world.snapshot()["palette"]) == ("dark", "ansi")
    assert world.snapshot()["settings"] == file_fingerprint(world.paths.claude_settings)


def test_payload_as_the_only_source_is_no_fault(
    world: World, api: Api, built_release: Release
) -> None:
    world.configure('sources = ["payload"]\n')
    assert refresh(world.env).state == "refreshed"
    snapshot = world.snapshot()
    assert (snapshot["status"], snapshot["limits"], snapshot["detail"]) == ("ok", [], None)
    windows = {"five_hour": {"used_percentage": 20, "resets_at": int(time.time()) + 5000}}
    line = Hot(world, built_release).line({"rate_limits": windows})
    assert "5h" in line
    assert "20%" in line
    assert "usage" not in line
    assert api.requests == []


def test_numbers_from_before_the_payload_became_the_only_source_stay_with_their_age(
    world: World, api: Api, later: Later
) -> None:
    later.refresh(0)
    observed_at = world.snapshot()["observed_at"]
    world.configure('sources = ["payload"]\n')
    assert later.refresh().state == "refreshed"
    snapshot = world.snapshot()
    assert (percents(snapshot), snapshot["observed_at"]) == ([37, 26, 55], observed_at)
    assert len(api.usage_requests) == 1
