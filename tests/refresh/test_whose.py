"""docs/WHOSE.md, row by row: each situation is made, and the line is the one that stands there."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tests.server import iso, usage_body
from tests.world import ACCOUNT, ORGANIZATION, REPOSITORY, SCOPES
from usageline.refresh.run import refresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

HOUR, DAY = 3600, 86400
ROW = re.compile(r"\| (\w+) \| (.+) \| `(.+)` \| (.+) \|")
ROWS = {
    row[1]: row[3]
    for line in (REPOSITORY / "docs" / "WHOSE.md").read_text().splitlines()
    if (row := ROW.fullmatch(line))
}
ELSEWHERE = (
    "sk-ant-oat01-ELSEWHERE",
    "33333333-3333-4333-8333-333333333333",
    "44444444-4444-4444-8444-444444444444",
)
"""Another sign-in: token, account, organization."""


@dataclass
class Scene:
    """A machine with one sign-in, at 12% and 7%, and a session of it."""

    world: World
    api: Api
    hot: Hot
    transcript: Path
    ends: tuple[float, float] = (3 * HOUR, 4 * DAY)
    payload: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, str | None] = field(default_factory=dict)

    def signed_in(self, ago_s: float) -> None:
        """Let the sign-in's files be that old."""
        for path in (self.world.paths.claude_credentials, self.world.paths.claude_state):
            set_age(path, ago_s)

    def look(self) -> None:
        """Let a refresh run."""
        refresh(self.world.env)

    def look_again(self, after_s: float = 200, *, windows: bool = False) -> None:
        """Refresh after everything on disk became older; with `windows` also windows and alerts."""
        self.backdate(after_s, windows=windows)
        refresh(self.world.env, force=True)

    def backdate(self, by_s: float, *, windows: bool = False) -> None:
        """Move the times of what is on disk back."""
        import sqlite3  # noqa: PLC0415

        def earlier(value: Any) -> Any:
            times = {
                "observed_at",
                "published_at",
                "requested_at",
                "signed_in_since",
                "readings_since",
                "good_until",
            }
            times |= {"resets_at", "at"} if windows else set()
            if isinstance(value, dict):
                return {
                    key: old - by_s if key in times and old else earlier(old)
                    for key, old in value.items()
                }
            return [earlier(item) for item in value] if isinstance(value, list) else value

        path = Path(self.world.paths.snapshot)
        path.write_text(json.dumps(earlier(json.loads(path.read_text()))))
        with sqlite3.connect(self.world.cache / "store" / "cache.db") as database:
            for row, value in database.execute("SELECT rowid, value FROM Cache").fetchall():
                database.execute(
                    "UPDATE Cache SET value = ? WHERE rowid = ?",
                    (json.dumps(earlier(json.loads(value))), row),
                )

    def say(
        self,
        session: float | None,
        week: float | None,
        *,
        ends: tuple[float, float] | None = None,
        answered_s: float | None,
    ) -> None:
        """Let the session's payload have these percentages.

        Its windows end `ends` seconds from now, its last answer came `answered_s` seconds ago.
        """
        ends = ends or self.ends
        names = zip(("five_hour", "seven_day"), (session, week), ends, strict=True)
        now = int(time.time())
        windows = {
            name: {"used_percentage": used, "resets_at": now + end}
            for name, used, end in names
            if used is not None
        }
        self.payload = {"rate_limits": windows}
        if answered_s is not None:
            self.transcript.touch()
            set_age(self.transcript, answered_s)
            self.payload["transcript_path"] = str(self.transcript)

    def line(self) -> str:
        """What the session shows, without bars and resets, and with one time of day for all."""
        line = re.sub(
            r"[█▏▎▍▌▋▊▉░╎]+ | ↻ [^│]*(?= │|$)", "", self.hot.line(self.payload, **self.extra)
        )
        return re.sub(r"until (\w{3} )?\d\d:\d\d", "until 14:17", line)


def set_age(path: str | Path, ago_s: float) -> None:
    os.utime(path, (time.time() - ago_s,) * 2)


def body(
    session: float = 12, weekly: float = 7, *, ends: tuple[float, float] = (3 * HOUR, 4 * DAY)
) -> dict[str, Any]:
    """The service's body for the account in the credentials file."""
    made, now = usage_body(session=session, weekly=weekly, scoped=77), time.time()
    soon, later = iso(now + ends[0]), iso(now + ends[1])
    made["five_hour"]["resets_at"] = made["limits"][0]["resets_at"] = soon
    for row in (made["seven_day"], *made["limits"][1:]):
        row["resets_at"] = later
    return made


def another_sign_in(scene: Scene, **changes: Any) -> None:
    """`/login` to another account, now."""
    token, account, organization = ELSEWHERE
    scene.world.sign_in(
        **{"token": token, "account": account, "organization": organization, **changes}
    )


def write_credentials(scene: Scene, token: str, *, organization: str = "") -> None:
    """Replace the credentials file alone."""
    oauth = {
        "accessToken": token,
        "expiresAt": int((time.time() + 8 * HOUR) * 1000),
        "scopes": list(SCOPES),
        "subscriptionType": "max",
    }
    scene.world.write_credentials(
        {"claudeAiOauth": oauth, **({"organizationUuid": organization} if organization else {})}
    )


def no_session_yet(scene: Scene) -> None:
    scene.look()


def answered_since(scene: Scene) -> None:
    scene.look()
    scene.say(15, 8, answered_s=-1)


def idle_and_lower(scene: Scene) -> None:
    scene.look()
    scene.say(5, 6, answered_s=500)


def idle_and_higher(scene: Scene) -> None:
    scene.api.body = body(weekly=0)
    scene.look()
    scene.say(12, 60, answered_s=500)


def idle_without_transcript(scene: Scene) -> None:
    idle_and_higher(scene)
    scene.payload["transcript_path"] = str(scene.world.home / "none.jsonl")


def idle_with_prompt_cache(scene: Scene) -> None:
    """The payload is higher by a little, and says when its last request was."""
    no_transcript(scene)
    cache = {"ttl": "1h", "expires_at": int(time.time()) + 3000}
    scene.payload["prompt_cache"] = cache


def fell_with_prompt_cache(scene: Scene) -> None:
    fell_without_transcript(scene)
    scene.payload["prompt_cache"] = {"ttl": "5m", "expires_at": int(time.time()) + 301}


def idle_past_its_window_without_transcript(scene: Scene) -> None:
    scene.api.body = body(weekly=4)
    scene.look()
    scene.say(90, 7, ends=(-HOUR, 4 * DAY), answered_s=None)


def no_transcript(scene: Scene) -> None:
    scene.look()
    scene.say(15, 8, answered_s=None)


def fell_and_answered(scene: Scene) -> None:
    scene.api.body = body(session=37)
    scene.look()
    scene.api.body = body(session=36)
    scene.look_again()
    scene.say(44, 7, answered_s=-1)


def fell_and_idle(scene: Scene) -> None:
    fell_and_answered(scene)
    scene.say(44, 7, answered_s=60)


def fell_without_transcript(scene: Scene) -> None:
    fell_and_answered(scene)
    del scene.payload["transcript_path"]


def blocked_for_hours(scene: Scene) -> None:
    scene.api.body = body(session=3)
    scene.look()
    scene.api.fault = "429:3600"
    scene.look_again(2 * HOUR)
    scene.say(95, 60, answered_s=60)


def another_token(scene: Scene) -> None:
    scene.look()
    scene.say(41, 27, ends=(2 * HOUR, 3 * DAY), answered_s=-1)


def another_token_idle(scene: Scene) -> None:
    """Its last answer came before the client renewed the file's token."""
    scene.signed_in(3 * DAY)
    scene.look()
    write_credentials(scene, "sk-ant-oat01-RENEWED", organization=ORGANIZATION)
    scene.look_again()
    scene.say(41, 27, ends=(2 * HOUR, 3 * DAY), answered_s=1000)


def another_token_blocked(scene: Scene) -> None:
    another_token(scene)
    scene.api.fault = "429:3600"
    scene.look_again()


def another_token_not_started(scene: Scene) -> None:
    """The file's account is unused: its windows have not started."""
    made = body(0, 0)
    for row in (made["five_hour"], made["seven_day"], *made["limits"]):
        row["resets_at"] = None
    scene.api.body = made
    scene.look()
    scene.say(41, 27, answered_s=60)


def another_token_one_window(scene: Scene) -> None:
    scene.look()
    scene.say(41, None, ends=(2 * HOUR, 0), answered_s=-1)


def before_the_sign_in(scene: Scene) -> None:
    scene.look()
    another_sign_in(scene)
    scene.look()
    scene.say(90, 80, ends=(4 * HOUR, 5 * DAY), answered_s=60)


def before_the_sign_in_same_ends(scene: Scene) -> None:
    before_the_sign_in(scene)
    scene.say(90, 80, answered_s=60)


def before_the_first_look(scene: Scene) -> None:
    scene.look()
    another_sign_in(scene)
    Path(scene.world.paths.stamp).write_text("")  # another line has just started the refresh
    scene.say(90, 80, ends=(4 * HOUR, 5 * DAY), answered_s=60)


def before_a_look_that_failed(scene: Scene) -> None:
    scene.look()
    another_sign_in(scene)
    scene.api.fault = "529"
    scene.look()
    scene.say(90, 80, ends=(4 * HOUR, 5 * DAY), answered_s=60)


def answered_before_the_first_look(scene: Scene) -> None:
    before_the_first_look(scene)
    scene.say(90, 80, answered_s=-1)


def there_and_back(scene: Scene) -> None:
    """Signed in as A, as B, and as A again; the session is B's."""
    scene.look()
    another_sign_in(scene)
    scene.look()
    scene.world.sign_in()
    scene.look()
    scene.say(90, 80, ends=(4 * HOUR, 5 * DAY), answered_s=60)


def one_window_differs(scene: Scene) -> None:
    scene.look()
    scene.say(12, 1, ends=(3 * HOUR, 6 * DAY), answered_s=-1)


def idle_past_its_window(scene: Scene) -> None:
    scene.look()
    scene.say(90, 7, ends=(-HOUR, 4 * DAY), answered_s=2 * HOUR)


def offline_past_both_windows(scene: Scene) -> None:
    scene.api.body = body(90, 80, ends=(HOUR, HOUR))
    scene.look()
    scene.api.fault = "500"
    scene.look_again(2 * HOUR, windows=True)
    scene.say(4, 1, answered_s=60)


def no_credentials(scene: Scene) -> None:
    scene.world.sign_out()
    scene.look()
    scene.say(41, 27, answered_s=60)


def blank_credentials(scene: Scene) -> None:
    """A renewal was lost.

    The file is newer than the session's last answer, and has no sign-in.
    """
    scene.world.write_credentials({"mcpOAuth": {}})
    scene.look()
    scene.say(41, 27, answered_s=60)


def another_plan_in_settings(scene: Scene) -> None:
    """The user's settings name a helper for a key, but the session has a plan's windows."""
    settings = Path(scene.world.paths.claude_settings)
    settings.write_text(json.dumps({"apiKeyHelper": "true"}))
    scene.look()
    scene.say(41, 27, answered_s=60)


def no_credentials_but_a_token_in_settings(scene: Scene) -> None:
    settings = Path(scene.world.paths.claude_settings)
    settings.write_text(json.dumps({"env": {"CLAUDE_CODE_OAUTH_TOKEN": ELSEWHERE[0]}}))
    no_credentials_no_windows(scene)


def token_in_settings_and_windows(scene: Scene) -> None:
    no_credentials_but_a_token_in_settings(scene)
    scene.say(41, 27, answered_s=60)


def expired_and_a_token_in_settings(scene: Scene) -> None:
    """The user no longer uses the stored sign-in, so nothing renews it."""
    no_credentials_but_a_token_in_settings(scene)
    scene.world.sign_in(expires_at=time.time() - 60)
    scene.look()


def behind_a_gateway(scene: Scene) -> None:
    """No variable of the session and no file names the gateway."""
    scene.look()
    limit = {"used_percentage": 44, "resets_at": int(time.time()) + 3 * DAY}
    scene.payload = {"rate_limits": {"spend_limit": limit}}


def no_credentials_no_windows(scene: Scene) -> None:
    scene.world.sign_out()
    scene.look()


def no_scope(scene: Scene) -> None:
    scene.world.sign_in(scopes=("user:inference",))
    scene.signed_in(DAY)
    scene.look()
    scene.say(41, 27, answered_s=60)


def no_scope_no_windows(scene: Scene) -> None:
    no_scope(scene)
    scene.payload = {}


def expired(scene: Scene) -> None:
    scene.world.sign_in(expires_at=time.time() - 60)
    scene.signed_in(DAY)
    scene.look()
    scene.say(41, 27, answered_s=1000)


def expired_and_answered(scene: Scene) -> None:
    expired(scene)
    scene.say(41, 27, answered_s=-2)


def cache_of_another_account(scene: Scene) -> None:
    scene.world.client_saw(body(61, 51), account=ELSEWHERE[1])
    scene.api.fault = "529"
    scene.look()


def cache_from_before_the_switch(scene: Scene) -> None:
    scene.look()
    scene.world.client_saw(body(61, 51), age_s=30)
    scene.world.sign_in(organization=ELSEWHERE[2])
    scene.api.fault = "529"
    scene.look()


def cache_from_before_the_switch_again(scene: Scene) -> None:
    """The next refresh knows of the switch, too."""
    cache_from_before_the_switch(scene)
    scene.world.make_due()
    scene.look()


def cache_since_the_switch(scene: Scene) -> None:
    cache_from_before_the_switch(scene)
    scene.world.client_saw(body(61, 51), age_s=0)
    scene.world.make_due()
    scene.look()


def only_the_state_changed(scene: Scene) -> None:
    """The credentials name no organization, and stay as they are."""
    write_credentials(scene, "sk-ant-oat01-OTHER")
    scene.signed_in(DAY)
    scene.look()
    scene.world.client_saw(body(61, 51), age_s=30)
    scene.world.write_state(oauthAccount={"accountUuid": ACCOUNT, "organizationUuid": ELSEWHERE[2]})
    scene.api.fault = "529"
    scene.world.make_due()
    scene.look()


def two_organizations(scene: Scene) -> None:
    scene.world.client_saw(body(61, 51), age_s=5)
    scene.world.write_state(oauthAccount={"accountUuid": ACCOUNT, "organizationUuid": ELSEWHERE[2]})
    scene.api.fault = "529"
    scene.look()


def client_answering(
    scene: Scene, made: dict[str, Any], *, fetched_s: float, moves: bool = False
) -> None:
    """Set up a stand-in for `claude` that answers `made`.

    Claude Code's cache was fetched `fetched_s` ago, or at the answer if it `moves`.
    """
    scene.world.client_saw(made, age_s=fetched_s)
    answer = {"subscription_type": "max", "rate_limits_available": True, "rate_limits": made}
    response = {
        "type": "control_response",
        "response": {"subtype": "success", "request_id": "usageline", "response": answer},
    }
    text, state = scene.world.root / "answer", scene.world.root / "state"
    text.write_text(json.dumps(response) + "\n")
    later = {
        **scene.world.read_state()["cachedUsageUtilization"],
        "fetchedAtMs": int(time.time() * 1000) + 3000,
    }
    state.write_text(json.dumps({**scene.world.read_state(), "cachedUsageUtilization": later}))
    program = scene.world.home / ".local" / "bin" / "claude"
    program.parent.mkdir(parents=True, mode=0o755, exist_ok=True)
    move = f"cat {state} >{scene.world.paths.claude_state}; " if moves else ""
    program.write_text(f"#!/bin/sh\nread question; {move}cat {text}\n")
    program.chmod(0o755)
    scene.world.configure(f'sources = ["client"]\nclient = "{program}"\n')


def client_fetched(scene: Scene) -> None:
    client_answering(scene, body(), fetched_s=1500, moves=True)
    scene.look()


def client_fetched_just_now(scene: Scene) -> None:
    client_answering(scene, body(), fetched_s=40)
    scene.look()


def client_had_it_in_its_cache(scene: Scene) -> None:
    client_answering(scene, body(), fetched_s=1500, moves=True)
    scene.look()
    scene.backdate(3000)
    made = body(20, 9)
    del made["limits"]
    client_answering(scene, made, fetched_s=1500)
    scene.world.make_due()
    scene.look()


def client_had_nothing_newer(scene: Scene) -> None:
    client_answering(scene, body(), fetched_s=1500, moves=True)
    scene.look()
    scene.backdate(1000)
    made = body(3, 2)
    del made["limits"]
    client_answering(scene, made, fetched_s=1500)
    scene.world.make_due()
    scene.look()


def client_had_it_from_before_the_switch(scene: Scene) -> None:
    client_answering(scene, body(), fetched_s=1500, moves=True)
    scene.look()
    scene.world.sign_in(organization=ELSEWHERE[2])
    client_answering(scene, body(61, 51), fetched_s=20)
    scene.look()


def wait_of_another_account(scene: Scene) -> None:
    scene.api.fault = "429:1022"
    scene.look()
    scene.api.fault = ""
    another_sign_in(scene)
    scene.look()


def wait_of_the_account(scene: Scene) -> None:
    scene.api.fault = "429:1022"
    scene.look()
    scene.api.fault = ""
    scene.world.sign_in(token="sk-ant-oat01-RENEWED")
    scene.look()
    assert len(scene.api.usage_requests) == 1


def wait_of_a_token_alone(scene: Scene) -> None:
    write_credentials(scene, "sk-ant-oat01-OTHER")
    scene.api.fault = "429:1022"
    scene.look()
    scene.backdate(20)
    scene.api.fault = ""
    write_credentials(scene, "sk-ant-oat01-NEWER")
    scene.look()


def wait_of_the_account_before(scene: Scene) -> None:
    """Two accounts of one organization; a refresh runs between the writes of the two files.

    The credentials are written first, `.claude.json` a moment later.
    """
    scene.api.fault = "429:1022"
    scene.look()
    scene.api.fault = ""
    write_credentials(scene, ELSEWHERE[0], organization=ORGANIZATION)
    scene.look()
    assert len(scene.api.usage_requests) == 1
    assert scene.world.snapshot()["next_refresh_at"] <= time.time() + 16
    scene.world.write_state(
        oauthAccount={"accountUuid": ELSEWHERE[1], "organizationUuid": ORGANIZATION}
    )
    scene.world.make_due()
    scene.look()


SITUATIONS: dict[str, Callable[[Scene], None]] = {
    "S1": no_session_yet,
    "S2": answered_since,
    "S3": idle_and_lower,
    "S4": idle_and_higher,
    "S5": no_transcript,
    "S6": fell_and_answered,
    "S7": fell_and_idle,
    "S8": fell_without_transcript,
    "S9": blocked_for_hours,
    "S10": one_window_differs,
    "S11": idle_past_its_window,
    "S12": offline_past_both_windows,
    "S13": idle_without_transcript,
    "S14": idle_with_prompt_cache,
    "S15": fell_with_prompt_cache,
    "S16": idle_past_its_window_without_transcript,
    "O1": another_token,
    "O2": another_token_idle,
    "O3": another_token_blocked,
    "O4": another_token_not_started,
    "O5": another_token_one_window,
    "B1": before_the_sign_in,
    "B2": before_the_sign_in_same_ends,
    "B3": before_the_first_look,
    "B4": before_a_look_that_failed,
    "B5": answered_before_the_first_look,
    "B6": there_and_back,
    "N1": no_credentials,
    "N2": no_credentials_no_windows,
    "N3": no_scope,
    "N4": no_scope_no_windows,
    "N5": expired,
    "N6": expired_and_answered,
    "N7": blank_credentials,
    "N8": another_plan_in_settings,
    "N9": no_credentials_but_a_token_in_settings,
    "N10": token_in_settings_and_windows,
    "N11": expired_and_a_token_in_settings,
    "N12": behind_a_gateway,
    "R1": cache_of_another_account,
    "R2": cache_from_before_the_switch,
    "R3": cache_from_before_the_switch_again,
    "R4": cache_since_the_switch,
    "R5": only_the_state_changed,
    "R6": two_organizations,
    "R7": client_fetched,
    "R8": client_fetched_just_now,
    "R9": client_had_it_in_its_cache,
    "R10": client_had_nothing_newer,
    "R11": client_had_it_from_before_the_switch,
    "W1": wait_of_another_account,
    "W2": wait_of_the_account,
    "W3": wait_of_a_token_alone,
    "W4": wait_of_the_account_before,
}


@pytest.fixture
def scene(world: World, api: Api, built_release: Release) -> Scene:
    """The machine before anything has happened on it; its session is an hour old."""
    api.body = body()
    made = Scene(world, api, Hot(world, built_release), world.home / "session.jsonl")
    made.signed_in(DAY)
    return made


def test_every_row_of_the_table_is_tried() -> None:
    assert set(ROWS) == set(SITUATIONS)


@pytest.mark.parametrize("row", SITUATIONS)
def test_the_line_matches_its_row_of_the_table(row: str, scene: Scene) -> None:
    SITUATIONS[row](scene)
    assert scene.line() == ROWS[row]
