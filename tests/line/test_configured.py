from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hot import Hot
    from tests.world import World

PAYLOAD = {
    "session_id": "s1",
    "model": {"display_name": "Opus 5.5"},
    "context_window": {"used_percentage": 12},
}
MAX_LINE_S = 10.0
"""For a line that waits for nothing, on a busy machine. The commands would take a minute."""


def rows(hot: Hot, payload: object = None, **env: str | None) -> list[str]:
    """The rows of one run, which ends well."""
    done = hot.run_configured(json.dumps(payload or PAYLOAD), env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


@pytest.fixture
def published(hot: Hot) -> Hot:
    """The line with numbers to show."""
    hot.publish()
    return hot


def compiled_stamp(world: World) -> str:
    path = Path(world.paths.line_config)
    return str(json.loads(path.read_text())["stamp"]) if path.exists() else ""


def test_an_edit_is_seen_at_the_next_line(published: Hot, world: World) -> None:
    world.configure('rows = [["model"]]')
    assert rows(published) == ["Opus 5.5"]
    world.configure('rows = [["context"], ["model"]]')
    assert rows(published) == ["ctx 12%", "Opus 5.5"]


def test_an_edit_of_the_users_theme_is_seen_at_the_next_line(published: Hot, world: World) -> None:
    theme = Path(world.paths.config_file).with_name("themes") / "mine.toml"
    world.configure('theme = "mine"\nrows = [["model", "context"]]')
    assert rows(published) == ["Opus 5.5 │ ctx 12% │ config.toml:1: theme"]
    theme.parent.mkdir()
    theme.write_text('separator = " + "')
    assert rows(published) == ["Opus 5.5 + ctx 12%"]
    theme.write_text('separator = " = "')
    assert rows(published) == ["Opus 5.5 = ctx 12%"]
    theme.write_text('separator = "\\u001b[2J"')
    assert rows(published) == ["Opus 5.5 = ctx 12% = config.toml:1: theme"]
    theme.unlink()
    assert rows(published) == ["Opus 5.5 = ctx 12% = config.toml:1: theme"]


@pytest.mark.parametrize(
    "own_themes", [{"../../x": ""}, {"a\0": ""}, {"x" * 5000: 1}, [["mine", ""]], {"mine": None}]
)
def test_hostile_names_of_themes_in_the_compiled_file_do_no_harm(
    published: Hot, world: World, own_themes: object
) -> None:
    world.configure('rows = [["model"]]')
    assert rows(published) == ["Opus 5.5"]
    path = Path(world.paths.line_config)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"own_themes": own_themes}))
    assert rows(published) == ["Opus 5.5"]


def test_without_the_file_the_defaults_hold_at_once(published: Hot, world: World) -> None:
    world.configure('rows = [["model"]]')
    assert rows(published) == ["Opus 5.5"]
    Path(world.paths.config_file).unlink()
    assert rows(published)[0].startswith("Opus 5.5 │ ctx 12% │ 5h ")


def test_a_mistake_leaves_the_last_good_configuration_and_is_named_with_its_line(
    published: Hot, world: World
) -> None:
    world.configure('rows = [["model"]]')
    assert rows(published) == ["Opus 5.5"]
    world.configure('theme = "minimal"\nrows = [["modle"]]')
    assert rows(published) == ["Opus 5.5 │ config.toml:2: rows"]
    assert rows(published) == ["Opus 5.5 │ config.toml:2: rows"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("theme = ", "config.toml:1"),
        ("\nttl = 1\n", "config.toml:2: ttl"),
        ("[segments.sesion]\n", "config.toml:1"),
    ],
)
def test_with_no_good_one_before_the_line_is_there_all_the_same(
    published: Hot, world: World, text: str, place: str
) -> None:
    world.configure(text)
    line = rows(published)[0]
    assert line.startswith("Opus 5.5 │ ctx 12% │ 5h ")
    assert place in line


def test_one_state_of_the_file_is_compiled_once(
    published: Hot, world: World, eventually: Callable[..., None]
) -> None:
    world.configure('rows = [["model"]]')
    payload = world.root / "payload.json"  # a file is there at once, however many wait to run
    payload.write_text(json.dumps(PAYLOAD))
    runs = []
    for _ in range(20):
        with payload.open() as file:
            runs.append(
                subprocess.Popen(
                    published.command,
                    stdin=file,
                    stdout=subprocess.PIPE,
                    env={**world.env, "NO_COLOR": "1"},
                )
            )
    lines = [run.communicate(timeout=30)[0] for run in runs]
    assert all(line.strip() for line in lines)
    eventually(lambda: compiled_stamp(world))
    made_at = os.stat(world.paths.line_config).st_mtime_ns
    assert rows(published) == ["Opus 5.5"]
    assert os.stat(world.paths.line_config).st_mtime_ns == made_at


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"version": 1}',
        '{"version": 1, "rows": 5, "theme": [], "problem": {}}',
        '{"version": 9}',
        "[1]",
    ],
)
def test_a_spoilt_compiled_file_is_made_anew(published: Hot, world: World, content: str) -> None:
    world.configure('rows = [["model"]]')
    path = Path(world.paths.line_config)
    path.write_text(content)
    path.chmod(0o600)
    assert rows(published) == ["Opus 5.5"]


def test_the_line_reports_a_config_that_cannot_be_compiled_when_the_cache_is_read_only(
    published: Hot, world: World
) -> None:
    world.configure('rows = [["model"]]')
    world.cache.chmod(0o777)
    assert "config.toml is not read: the cache cannot be written" in rows(published)[0]


def test_a_chained_command_appears_at_its_configured_position(
    published: Hot, world: World, eventually: Callable[..., None]
) -> None:
    for position, expected in (
        ("below", ["Opus 5.5", "theirs"]),
        ("above", ["theirs", "Opus 5.5"]),
        ("left", ["theirs │ Opus 5.5"]),
    ):
        world.configure(
            f'rows = [["model"]]\n[chain]\ncommand = "echo theirs"\nposition = "{position}"'
        )
        eventually(lambda expected=expected: rows(published) == expected)


def test_a_chained_command_gets_the_payload_and_what_was_shown_last_is_shown_meanwhile(
    published: Hot, world: World, eventually: Callable[..., None]
) -> None:
    received = world.home / "seen"
    world.configure(f"rows = [[\"model\"]]\n[chain]\ncommand = 'cat > {received}; date +%s%N'")
    eventually(lambda: len(rows(published)) == 2)
    assert json.loads(received.read_text()) == PAYLOAD
    first = rows(published)[1]
    eventually(lambda: rows(published)[1] != first)


@pytest.mark.parametrize(
    "command", ["sleep 60", "yes", "sleep 60 & sleep 60", "kill -9 $$", "exit 3", "/nowhere/at/all"]
)
def test_a_chained_command_that_misbehaves_is_named_and_holds_nothing_up(
    published: Hot, world: World, eventually: Callable[..., None], command: str
) -> None:
    world.configure(f'rows = [["model"]]\n[chain]\ncommand = "{command}"\ntimeout = 0.3')
    rows(published)  # compiles it

    def is_named() -> bool:
        began = time.monotonic()
        shown = rows(published)
        assert time.monotonic() - began < MAX_LINE_S
        assert shown[0].startswith("Opus 5.5")
        return command == "yes" or "chain:" in shown[0]

    eventually(is_named)


def test_a_line_that_waits_for_a_chained_command_waits_no_longer_than_its_limit(
    published: Hot, world: World
) -> None:
    world.configure(
        'rows = [["model"]]\n[chain]\ncommand = "echo theirs"\nwait = true\ntimeout = 20'
    )
    assert rows(published) == ["Opus 5.5", "theirs"]
    world.configure('rows = [["model"]]\n[chain]\ncommand = "sleep 60"\nwait = true\ntimeout = 0.5')
    began = time.monotonic()
    assert rows(published)[0].startswith("Opus 5.5")
    assert time.monotonic() - began < MAX_LINE_S


def test_only_colors_and_web_links_of_a_chained_command_reach_the_terminal(
    published: Hot, world: World, eventually: Callable[..., None]
) -> None:
    output = (
        r"\033]0;title\007\033[31mred\033[0m\033[2J "
        r"\033]8;;https://example.com\033\\\\link\033]8;;\033\\\\ \033]52;c;eA==\007end"
    )
    world.configure(f"rows = [[\"model\"]]\n[chain]\ncommand = '''printf \"{output}\"'''")
    eventually(lambda: len(rows(published)) == 2)
    row = rows(published, NO_COLOR=None, TERM="xterm")[1]
    assert row == "\x1b[31mred\x1b[0m \x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\ end"


def test_the_branch_is_read_without_git_and_the_counts_follow(
    published: Hot, world: World, eventually: Callable[..., None]
) -> None:
    folder = world.home / "project"
    world.run("git", "init", "-q", "-b", "topic", folder)
    (folder / "new").write_text("x")
    payload = {**PAYLOAD, "workspace": {"current_dir": str(folder)}}
    world.configure('rows = [["directory", "git"]]\n[segments.git]\nshow = ["branch", "dirty"]')
    assert rows(published, payload) == ["~/project │ topic"]
    eventually(lambda: rows(published, payload) == ["~/project │ topic *1"])


def test_a_pull_request_is_a_link(published: Hot, world: World) -> None:
    payload = {
        **PAYLOAD,
        "pr": {"number": 12, "url": "https://example.com/12", "review_state": "CHANGES_REQUESTED"},
    }
    world.configure('rows = [["pr"]]')
    assert rows(published, payload) == [
        "\x1b]8;;https://example.com/12\x1b\\#12\x1b]8;;\x1b\\ changes requested"
    ]
    assert rows(published, payload, TERM="dumb") == ["#12 changes requested"]


TRUE_COLOR = {"NO_COLOR": None, "COLORTERM": "truecolor", "TERM": "xterm-256color"}
GREEN, BLUE = "38;2;135;192;149", "38;2;106;174;240"
"""A limit with room left, in the default theme and in color-blind-safe."""


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (None, BLUE),
        ('rows = [["session"]]', BLUE),
        ('separator = " + "', BLUE),
        ('theme = "default"', GREEN),
        ('theme = "default"\nseparator = " + "', GREEN),
        ('[styles]\nnormal = "#010203"', "38;2;1;2;3"),
    ],
)
def test_a_color_blind_theme_of_the_clients_has_the_color_blind_line_unless_a_theme_was_chosen(
    hot: Hot, world: World, config: str | None, code: str
) -> None:
    hot.publish(appearance="dark", palette="daltonized")
    if config is not None:
        world.configure(config)
    assert f"\x1b[{code}m" in "\n".join(rows(hot, **TRUE_COLOR))


@pytest.mark.parametrize(
    ("config", "code"), [(None, "\x1b[32m"), ('color = "truecolor"', f"\x1b[{GREEN}m")]
)
def test_an_ansi_theme_of_the_clients_has_the_16_colors_unless_others_were_chosen(
    hot: Hot, world: World, config: str | None, code: str
) -> None:
    hot.publish(appearance="dark", palette="ansi")
    if config is not None:
        world.configure(config)
    assert code in "\n".join(rows(hot, **TRUE_COLOR))
