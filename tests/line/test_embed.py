from __future__ import annotations

import json
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from usageline import themes
from usageline.config.compile import compile_config
from usageline.core.text import sanitize
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
    assert "#[bold,fg=brightred,bg=black]95%#[default]" in output


def test_tmux_bar_of_any_color_has_no_foreground_without_a_background(hot: Hot) -> None:
    """The bar is green by default: gray or green text would be illegible on it."""
    hot.publish(
        limits=[
            {"kind": kind, "label": kind, "percent": percent, "resets_at": None}
            for kind, percent in (("session", 20), ("weekly_all", 80), ("weekly_scoped", 95))
        ]
    )
    for theme in themes.NAMES:
        hot.world.configure(f'theme = "{theme}"\n')
        compile_config(hot.world.env)
        output = embed.embedded_line(hot.world.env, "tmux", 200, time.time())
        assert "95%" in output
        for styles in re.findall(r"#\[(.*?)\]", output):
            assert ("fg=" in styles) <= ("bg=" in styles), (theme, styles)


def test_tmux_bar_has_the_colors_of_the_theme_if_chosen(hot: Hot) -> None:
    hot.publish()
    output = line(hot, "--for", "tmux", "--colors", "theme").stdout
    assert "#[fg=green]37%#[default]" in output
    assert "fg=" not in line(hot, "--for", "tmux", "--colors=bar").stdout


@pytest.mark.parametrize(
    ("form", "env", "escape"),
    [
        ("zellij", {"TERM": "dumb", "NO_COLOR": "1"}, "\x1b[32m"),
        ("wezterm", {"TERM": "dumb", "NO_COLOR": "1"}, "\x1b[32m"),
        ("wezterm", {"TERM": "dumb", "COLORFGBG": "15;0"}, "\x1b[38;2;"),
    ],
)
def test_bars_that_read_escape_sequences_get_them_without_a_terminal(
    hot: Hot, form: str, env: dict[str, str], escape: str
) -> None:
    hot.publish()
    assert escape in line(hot, "--for", form, **env).stdout


def test_for_swiftbar_it_is_a_title_and_a_menu(hot: Hot) -> None:
    hot.publish(
        limits=[
            {"kind": "session", "label": "Current session", "percent": 95, "resets_at": None},
            {"kind": "new", "label": "--a | b :sun: \\n", "percent": 5, "resets_at": None},
        ]
    )
    title, rule, *menu = line(hot, "--for", "swiftbar", "--width", "30").stdout.splitlines()
    assert title.startswith("5h 95%")
    assert title.endswith("| color=#b3001b,#ff6b6b symbolize=false emojize=false")
    assert rule == "---"
    assert [item.partition(" | ")[0] for item in menu] == [
        "5h: 95%",
        "\u200b--a ¦ b :sun: /n: 5%",
        "Usage credits: $12.34/$50",
        "as of <1m ago",
    ]


def test_for_claude_hud_it_is_the_file_that_it_reads(hot: Hot) -> None:
    now = int(time.time())
    hot.publish(
        observed_at=now - 60,
        limits=[
            {"kind": "session", "label": "S", "percent": 37.5, "resets_at": now + 600},
            {"kind": "weekly_all", "label": "W", "percent": 26, "resets_at": None},
            {"kind": "weekly_scoped", "label": "Fable", "percent": 55, "resets_at": now + 900},
            {"kind": "weekly_scoped", "label": "Old", "percent": 9, "resets_at": now - 30},
        ],
    )
    assert json.loads(line(hot, "--for", "claude-hud").stdout) == {
        "updated_at": iso(now - 60),
        "five_hour": {"used_percentage": 37.5, "resets_at": iso(now + 600)},
        "seven_day": {"used_percentage": 26, "resets_at": None},
        "model_scoped": [
            {"display_name": "Fable", "utilization": 55, "resets_at": iso(now + 900)},
            {"display_name": "Old", "utilization": None, "resets_at": iso(now - 30)},
        ],
        "balance_label": "$12.34/$50",
    }


def test_without_numbers_claude_hud_gets_a_file_that_it_ignores(hot: Hot) -> None:
    document = json.loads(line(hot, "--for", "claude-hud").stdout)
    assert document == {"updated_at": None, "model_scoped": []}


def iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


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
    assert not os.path.exists(hot.world.paths.stamp)
    hot.publish(next_refresh_at=0)
    assert "37%" in line(hot).stdout
    assert not os.path.exists(hot.world.paths.stamp)
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
        ["--colors", "green"],
        ["--for", "\x1b[2J"],
    ],
)
def test_wrong_usage_is_named(hot: Hot, arguments: list[str]) -> None:
    done = line(hot, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    wrong, usage, *_ = done.stderr.split("\n")
    words = " ".join(arguments).removeprefix("--for=tmux ")
    assert wrong == f"usageline: not understood: {sanitize(words)}"
    assert usage.startswith("usage: usageline line")
    assert "swiftbar" in done.stderr


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
