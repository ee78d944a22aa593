"""Explain the line: every piece on the screen, and why another is not there."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from usageline.cli.explain import describe
from usageline.cli.line_pieces import explained_line
from usageline.core import jobs

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

HOSTILE = "Fa\x1b[31mble\x07 │ 5h"
CONTENT = re.compile(r"[\w%$█]")
"""What no separator has."""


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """Return a world with a snapshot."""
    hot = Hot(world, built_release)
    hot.publish(source="oauth")
    return hot


@pytest.mark.parametrize("theme", ["default", "minimal", "powerline", "ascii"])
@pytest.mark.parametrize("columns", [40, 80, 160])
def test_pieces_are_the_whole_line(hot: Hot, theme: str, columns: int) -> None:
    hot.world.configure(f'theme = "{theme}"\n')
    line = explained_line({**hot.world.env, "NO_COLOR": "1", "TERM": "dumb"}, columns)
    left = "\n".join(line.rows)
    for piece in line.pieces:
        assert not piece.text or piece.text in left
        left = left.replace(piece.text, "", 1) if piece.text else left
    assert not CONTENT.search(left)


def test_pieces_have_the_colors_of_the_line(hot: Hot) -> None:
    line = explained_line({**hot.world.env, "TERM": "xterm-256color"}, 160)
    session = next(piece for piece in line.pieces if piece.name == "session")
    assert session.text in line.rows[0]
    assert "\x1b[" in session.text


def test_explanation_has_meaning_source_age_and_change(hot: Hot, usageline: Run) -> None:
    hot.publish(source="oauth", observed_at=int(time.time()) - 125)
    done = usageline("explain", "session", "--width", "160")
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0].startswith("5h ███▋")
    assert re.match(r"session +the 5-hour limit: 37% is used; ╎ in the bar is even use", lines[1])
    assert re.match(r"from +Anthropic's API, 2 minutes old; the next refresh is due in", lines[2])
    assert re.match(r"changes +grows with each request of this account; resets at", lines[3])


def test_only_claude_codes_own_pieces_are_examples(hot: Hot) -> None:
    line = explained_line(hot.world.env, 200)
    examples = {
        piece.name
        for piece in line.pieces
        if piece.text and "example" in describe(piece, line.snapshot).origin
    }
    assert examples == {"model", "context"}


def test_absent_piece_has_its_reason(hot: Hot, usageline: Run) -> None:
    hot.world.configure(
        'rows = [["session", "credits", "text", "weekly", "forecast"]]\n'
        "[segments.session]\nhide_below = 50\n[segments.weekly]\nhide = true\n"
    )
    text = usageline("explain", "--width", "100").stdout
    assert re.search(r"session +hidden below 50 by its option `hide_below`", text)
    assert re.search(r"text +its option `text` is not set", text)
    assert re.search(r"forecast +no limit is likely to be reached", text)
    assert "$12.34/$50" in text


@pytest.mark.usefixtures("hot")
def test_piece_without_room_is_named(usageline: Run) -> None:
    text = usageline("explain", "--width", "30").stdout
    assert re.search(r"credits +no room in this width", text)


def test_hostile_label_reaches_the_terminal_as_text(hot: Hot, usageline: Run) -> None:
    hot.publish(
        source="oauth",
        limits=[
            {"kind": "weekly_scoped", "label": label, "percent": 5, "resets_at": None}
            for label in (HOSTILE, "5h", "[bold]x[/bold]")
        ],
    )
    done = usageline("explain", "--width", "160")
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\x07"} & set(done.stdout)
    assert "the weekly limit for [bold]x[/bold]: 5% is used" in done.stdout


@pytest.mark.parametrize(
    "content", ["[", "[]", '{"version": 1, "limits": [1, {}], "source": 7}', "{}"]
)
def test_broken_snapshot_is_no_fault(hot: Hot, usageline: Run, content: str) -> None:
    (hot.world.cache / "snapshot.json").write_text(content)
    assert usageline("explain").returncode == 0


def test_missing_snapshot_and_broken_configuration_are_no_fault(
    world: World, usageline: Run
) -> None:
    world.configure("rows = [[[")
    done = usageline("explain")
    assert done.returncode == 0, done.stderr
    assert "there are no numbers yet" in done.stdout


@pytest.mark.parametrize("arguments", [["nope"], ["--width", "3"]])
def test_wrong_usage_exits_with_2(usageline: Run, arguments: list[str]) -> None:
    assert usageline("explain", *arguments).returncode == 2


def test_explain_changes_nothing(hot: Hot, usageline: Run) -> None:
    hot.world.configure('rows = [["git", "session"]]\n')
    before = {path: path.read_bytes() for path in hot.world.files()}
    usageline("explain")
    assert {path: path.read_bytes() for path in hot.world.files()} == before


def test_limits_have_the_names_of_the_line(hot: Hot, usageline: Run) -> None:
    """The service's own labels are not shown."""
    label = "Current week (other)"
    limits = [
        {"kind": "weekly_scoped", "label": label, "percent": 5, "resets_at": None},
        {"kind": "weekly_scoped", "label": "Fable", "percent": 6, "resets_at": None},
        {"kind": "monthly", "label": "Monthly", "percent": 7, "resets_at": None},
    ]
    hot.publish(limits=limits)
    printed = usageline("explain", "scoped", "--width", "160").stdout
    for text in (
        "7d other models 5%",
        "the weekly limit for other models: 5% is used",
        "the weekly limit for Fable: 6% is used",
        "the limit Monthly: 7% is used",
    ):
        assert text in printed
    assert label not in printed
    assert "scoped (7d Fable)" in usageline("explain", "scoped", "--width", "20").stdout


NOW = int(time.time())


def limit(**changes: Any) -> dict[str, Any]:
    """Return a session limit as it is published."""
    return {
        "kind": "session",
        "label": "Current session",
        "percent": 37,
        "resets_at": NOW + 7200,
        "severity": "normal",
        **changes,
    }


@pytest.mark.parametrize(
    ("segment", "published", "texts"),
    [
        ("session", {"limits": [limit(percent=92)]}, ["92% is used; critical from 90% on"]),
        (
            "session",
            {"limits": [limit(severity="warning")]},
            ["37% is used; warning, as the service says"],
        ),
        ("session", {"limits": [limit(percent=None)]}, ["an unknown part is used"]),
        (
            "session",
            {"limits": [limit(resets_at=NOW - 60)]},
            ["its window has ended; the next refresh has the new number"],
        ),
        (
            "session",
            {"limits": [limit(resets_at=None)]},
            ["its window starts with the next request of this account"],
        ),
        (
            "session",
            {"next_refresh_at": NOW - 5},
            ["a refresh is due, and the next line starts it"],
        ),
        ("session", {"observed_at": NOW + 9999}, ["of an unknown age"]),
        ("session", {"source": "unheard of"}, ["no number yet: run usageline refresh"]),
        ("pace", {}, ["points used more (+) or fewer (-)", "computed from your own past use"]),
        (
            "forecast",
            {"limits": [limit(percent=80, chance=0.9, exhausts_at=NOW + 3600)]},
            ["when a limit will be reached before its reset"],
        ),
        (
            "alerts",
            {
                "alerts_in": ["line"],
                "alerts": [
                    {
                        "kind": "session",
                        "label": "Current session",
                        "threshold": 75,
                        "percent": 76,
                        "resets_at": NOW + 7200,
                        "at": NOW - 60,
                        "line": True,
                    }
                ],
            },
            ["the background process that saw the number pass", "goes away after"],
        ),
        (
            "status",
            {"status": "offline", "observed_at": NOW - 9999},
            ["`usageline doctor` shows what to do"],
        ),
        ("clock", {}, ["config.toml and this machine's clock", "with its options"]),
        ("directory", {}, ["the directory of the session; here that of this shell"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_piece_is_explained_in_every_state(
    hot: Hot, usageline: Run, segment: str, published: dict[str, Any], texts: list[str]
) -> None:
    hot.world.configure(f'rows = [["{segment}"]]\n')
    hot.publish(**{"source": "oauth", **published})
    done = usageline("explain", segment, "--width", "160")
    assert done.returncode == 0, done.stderr
    printed = " ".join(done.stdout.split())
    for text in texts:
        assert text in printed, printed


def test_cost_of_today_is_explained(hot: Hot, usageline: Run) -> None:
    """The background job has published it."""
    directory = Path(hot.world.paths.claude_dir, "projects")
    directory.mkdir(parents=True)
    result = Path(jobs.result_file(hot.world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    result.parent.mkdir(parents=True, mode=0o700)
    sums = {"cost_micro": 4_560_000, "tokens": 1200, "at_least": False, "unpriced": 0}
    result.write_text(
        json.dumps(
            {
                "version": 1,
                "at": NOW,
                "from": NOW - 3600,
                "midnight": NOW + 3600,
                "today": sums,
                "block": {"rate": {**sums, "until": NOW + 1800}},
            }
        )
    )
    result.chmod(0o600)
    hot.world.configure('rows = [["usage_today", "burn"]]\n')
    printed = " ".join(usageline("explain", "--width", "160").stdout.split())
    assert printed.count("Claude Code's transcripts on this machine, at list prices") == 2
    assert printed.count("within half a minute of a response") == 2


@pytest.mark.parametrize(
    "text",
    ['rows = [["session"]]\n', 'rows = [["session", "clock"]]\n[segments.clock]\nhide = true\n'],
    ids=["no row", "hidden"],
)
def test_segment_that_the_line_does_not_have_is_explained(
    hot: Hot, usageline: Run, text: str
) -> None:
    hot.world.configure(text)
    advice = "no row has it, or it is hidden: `usageline config add clock` shows it"
    assert advice in usageline("explain", "clock", "clock", "--width", "100").stdout
    assert advice not in usageline("explain", "--width", "100").stdout
    assert usageline("config", "add", "clock").returncode == 0
    assert "this machine's clock" in usageline("explain", "clock").stdout


def test_line_of_a_profile_is_explained(hot: Hot, usageline: Run) -> None:
    hot.world.configure(
        'rows = [["account"]]\n[profiles.default]\nlabel = "home"\ntheme = "ascii"\n'
    )
    printed = usageline("explain", "--width", "100").stdout
    assert printed.splitlines()[0] == hot.line() == "home"
