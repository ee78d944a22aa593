from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from usageline.core import paths
from usageline.line import embed

if TYPE_CHECKING:
    from tests.hot import Hot
    from tests.server import Api


def line(hot: Hot, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*hot.command, "line", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**hot.world.env, **env},
        check=False,
        timeout=20,
    )


def test_the_line_serves_a_plain_prompt(hot: Hot) -> None:
    hot.publish()
    done = line(hot, "--for", "plain")
    assert done.stdout.startswith("5h ███▋░╎░░░░ 37% ↻ 2h00m │ 7d ")
    assert "\x1b" not in done.stdout
    assert line(hot).stdout == done.stdout


def test_for_starship_it_has_escape_sequences(hot: Hot) -> None:
    hot.publish()
    assert "\x1b[32m37%\x1b[0m" in line(hot, "--for", "starship", TERM="xterm").stdout


def test_for_tmux_it_has_tmuxs_styles_and_no_escape_sequence(hot: Hot) -> None:
    hot.publish(
        limits=[{"kind": "weekly_scoped", "label": "a#[fg=red]b", "percent": 95, "resets_at": None}]
    )
    output = line(hot, "--for", "tmux").stdout
    assert "\x1b" not in output
    assert "a##[fg=red]b" in output
    assert "#[default]" in output
    assert "#[bold,fg=red]95%#[default]" in output


def test_for_a_bar_it_is_an_object(hot: Hot) -> None:
    hot.publish()
    document = json.loads(line(hot, "--for", "json").stdout)
    assert (document["class"], document["percentage"], document["status"]) == ("normal", 55, "ok")
    assert document["text"] == document["rows"][0]
    assert document["text"].startswith("5h ")


def test_a_width_is_kept_to(hot: Hot) -> None:
    hot.publish()
    assert len(line(hot, "--width=20").stdout.rstrip("\n")) <= 20


def test_it_reads_the_snapshot_and_starts_nothing(hot: Hot, api: Api) -> None:
    assert line(hot).stdout == "usage: loading…\n"
    assert not os.path.exists(paths.stamp(hot.world.env))
    hot.publish(next_refresh_at=0)
    assert "37%" in line(hot).stdout
    assert not os.path.exists(paths.stamp(hot.world.env))
    assert api.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--for", "emacs"],
        ["--for"],
        ["--width", "0"],
        ["--width", "x"],
        ["x"],
        ["--for=tmux", "--loud"],
    ],
)
def test_wrong_usage_is_named(hot: Hot, arguments: list[str]) -> None:
    done = line(hot, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: usageline line")


@pytest.mark.parametrize(
    ("codes", "styles"),
    [
        (["1", "31"], ["bold", "fg=red"]),
        (["38", "5", "208"], ["fg=colour208"]),
        (["48", "2", "255", "0", "16"], ["bg=#ff0010"]),
        (["92", "100"], ["fg=brightgreen", "bg=brightblack"]),
        (["2", "3", "4", "7"], ["dim", "italics", "underscore", "reverse"]),
    ],
)
def test_every_color_becomes_a_tmux_style(codes: list[str], styles: list[str]) -> None:
    assert embed.tmux_styles(codes) == styles


def test_a_link_leaves_its_text() -> None:
    assert (
        embed.for_tmux("a \x1b]8;;https://x\x1b\\\x1b[4m#1\x1b[0m\x1b]8;;\x1b\\ b")
        == "a #[underscore]##1#[default] b"
    )
