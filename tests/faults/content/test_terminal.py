"""Write the program's output to real terminals, and check title, clipboard and screen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pyte
import pytest

from tests.cli.terminal import Terminal
from tests.faults.content.hostile import RUN, TEXTS
from tests.faults.content.judge import visible
from tests.faults.content.session import PLACES, Session
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.core.text import display_width
from usageline.line import embed, render, view
from usageline.storage.codec import encode
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.world import Release, World

ROW, ROWS, COLUMNS = 10, 24, 160
COMMANDS = (
    ["table"],
    ["info"],
    ["history"],
    ["config", "get", "segments.text.text"],
    ["explain"],
    ["doctor"],
    ["config", "check"],
    ["refresh"],
)
ALLOWED = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;https?://[!-~]*\x1b\\|\x1b\]8;;\x1b\\")


class Screen(pyte.Screen):
    """A screen that also records what the terminal would have answered."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, ROWS)
        self.answers: list[str] = []

    def write_process_input(self, data: str) -> None:
        """Record an answer of the terminal, which the shell would read as typed."""
        self.answers.append(data)


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """Return the status line in this test's world."""
    return Hot(world, built_release)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run a tmux command on a server of this test."""
    needs("tmux")
    words = ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "server")]
    env = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
    }

    def run(*arguments: str) -> str:
        return subprocess.run(
            [*words, *arguments], check=True, capture_output=True, text=True, env=env, timeout=20
        ).stdout

    yield run
    subprocess.run([*words, "kill-server"], check=False, capture_output=True, env=env, timeout=20)


def repository(place: Path, text: str) -> str:
    """Create a directory whose branch has that name, as far as a file can hold it."""
    (place / ".git").mkdir(parents=True, exist_ok=True)
    (place / ".git" / "HEAD").write_bytes(
        b"ref: refs/heads/" + text.encode("utf-8", "surrogatepass") + b"\n"
    )
    return str(place)


def payload(text: str, cwd: str) -> str:
    """Return a payload with the text everywhere but in the directory, which must be one."""
    session = Session(
        text,
        [
            place
            for place in PLACES
            if place[0] == "payload" and place[1] not in {"cwd", "workspace"}
        ],
    )
    return json.dumps({**session.payload, "cwd": cwd, "workspace": {"current_dir": cwd}})


@promise(
    "The status line leaves a terminal's title, clipboard, modes and all other rows as they were.",
    sees="One row, in the place that Claude Code gives it.",
    topic="terminal",
)
def test_the_line_touches_its_own_row_alone(
    hot: Hot, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    texts = list(TEXTS.values())[:: size(6, 1)]
    hot.world.configure(
        'rows = [["model", "git", "text", "pr", "output_style", "agent", "scoped", "credits", '
        '"alerts", "status"]]\n'
    )
    for text in texts:
        session = Session(text, [place for place in PLACES if place[0] == "snapshot"])
        stored = {
            name: session.snapshot[name]
            for name in ("limits", "credits", "alerts", "plan", "detail", "status")
        }
        hot.publish(**stored)
        done = hot.run(
            payload(text, repository(tmp_path / "r", text)),
            env={"COLUMNS": str(COLUMNS), "NO_COLOR": None, "TERM": "xterm"},
        )
        assert (done.returncode, done.stderr) == (0, b"")
        line = done.stdout.decode()
        assert line.endswith("\n")
        assert line.count("\n") == 1
        visible(line[:-1])
        screen = Screen()
        stream = pyte.ByteStream(screen)
        stream.feed(
            b"\r\n".join(b"row %d" % number for number in range(ROWS))
            + b"\x1b[%d;1H\x1b[2K" % (ROW + 1)
        )
        before = (
            screen.title,
            screen.icon_name,
            set(screen.mode),
            screen.charset,
            screen.g0_charset,
        )
        stream.feed(done.stdout[:-1])
        assert (
            screen.title,
            screen.icon_name,
            set(screen.mode),
            screen.charset,
            screen.g0_charset,
        ) == before
        assert screen.answers == []
        assert screen.cursor.y == ROW
        assert [row.rstrip() for number, row in enumerate(screen.display) if number != ROW] == [
            f"row {number}" for number in range(ROWS) if number != ROW
        ]
    figure(f"{len(texts)} texts in pyte")


@promise(
    "No command of `usageline` changes them either: table, info, history, doctor, config, "
    "a refresh that fails.",
    topic="terminal",
)
def test_commands_write_text_alone(
    hot: Hot, built_release: Release, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    text = "".join(
        TEXTS[name]
        for name in (
            "title",
            "clipboard",
            "clear",
            "title, C1",
            "bidi override",
            "newline",
            "APC",
            "rich",
            "CR",
        )
    )
    world = hot.world
    _fill(world, hot, text)
    commands = COMMANDS[: size(4, len(COMMANDS))]
    for words in commands:
        command = [
            str(built_release.python),
            "-I",
            "-B",
            "-m",
            "usageline.cli",
            *(words if words != ["table"] else []),
        ]
        env = {**world.env, "TERM": "xterm-256color", "COLUMNS": "160"}
        with Terminal(command, env, world.home, columns=160, rows=60) as terminal:
            terminal.end()
            shown = terminal.received.decode()
            assert terminal.screen.title == ""
        assert "Traceback" not in shown
        assert ALLOWED.sub("", shown).replace("\r\n", "").isprintable(), (
            words,
            ALLOWED.sub("", shown),
        )
    figure(f"{len(commands)} commands in a terminal")


def _fill(world: World, hot: Hot, text: str) -> None:
    """Write the text to every file that a command reads."""
    world.sign_in(plan=text, tier=text, scopes=("user:profile", text), token="t", organization=text)
    world.configure(
        f"[segments.text]\ntext = {json.dumps(text.encode('utf-8', 'ignore').decode()[:200])}\n"
    )
    world.env.update(HTTPS_PROXY="gopher://x", PATH="/usr/bin:/bin:/" + text.replace("\0", ""))
    session = Session(text, [place for place in PLACES if place[0] == "snapshot"])
    stored = {
        name: session.snapshot[name] for name in ("limits", "credits", "alerts", "plan", "detail")
    }
    hot.publish(**stored, account="0123456789abcdef")
    now = int(time.time())
    limits = (
        Limit(text, text, 5.0, now + 3600, text),
        Limit("session", "Current session", 50.0, now + 60),
    )
    place = world.home / ".local" / "state" / "usageline" / "history" / "0123456789abcdef"
    place.mkdir(parents=True, mode=0o700)
    name = time.strftime("%Y-%m.jsonl", time.gmtime(now))
    (place / name).write_bytes(
        b"".join(
            encode(Reading(limits, (), "oauth", now - ago, "Max")) + b"\n"
            for ago in (1200, 600, 10)
        )
    )
    (world.home / "x").mkdir()


@promise(
    "In tmux, with its clipboard and passthrough enabled, the line writes only text in "
    "its own rows.",
    topic="terminal",
)
def test_tmux_keeps_its_title_and_its_buffers(
    tmux: Callable[..., str], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    texts = [
        row
        for text in TEXTS.values()
        for row in Session(text, PLACES).drawn("default", columns=COLUMNS)
    ]
    (tmp_path / "lines").write_bytes("".join(row + "\n" for row in texts).encode())
    tmux("new-session", "-d", "-x", str(COLUMNS), "-y", "10", "-s", "s", "sleep 60")
    for name, value in (
        ("set-clipboard", "on"),
        ("allow-passthrough", "on"),
        ("history-limit", "5000"),
        ("allow-rename", "on"),
    ):
        tmux("set", "-g", name, value)
    before = tmux("display", "-p", "#{pane_title}")
    tmux(
        "new-window",
        "-n",
        "named",
        f"cat {tmp_path}/lines; tmux -S {tmp_path}/server wait-for -S done; sleep 60",
    )
    tmux("wait-for", "done")
    state = "#{pane_title} #{window_name} #{alternate_on} #{mouse_any_flag} #{cursor_x}"
    assert tmux("display", "-p", state).split() == [*before.split(), "named", "0", "0", "0"]
    assert tmux("list-buffers") == ""
    shown = tmux("capture-pane", "-p", "-S", "-", "-E", "-").splitlines()
    assert len([row for row in shown if row.strip()]) == sum(
        display_width(visible(row)) > 0 for row in texts
    )
    figure(f"{len(texts)} rows in tmux")


@promise(
    "In tmux's own status line and in a shell's prompt, a name is neither a command nor a style.",
    sees="The name unchanged, including its # and $.",
    topic="terminal",
)
def test_a_status_line_and_a_prompt_run_nothing(
    tmux: Callable[..., str], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    needs("tmux", "bash")
    for form, text in (("tmux", TEXTS["tmux"]), ("plain", TEXTS["shell"])):
        (tmp_path / form).write_text(_elsewhere(form, text) + "\n")
    tmux("new-session", "-d", "-x", "80", "-y", "10", "sleep 60")
    for name, value in (
        ("status-interval", "1"),
        ("status-right-length", "150"),
        ("status-left", ""),
        ("window-status-current-format", ""),
    ):
        tmux("set", "-g", name, value)
    tmux("set", "-g", "status-right", f"#(cat {tmp_path}/tmux)")
    env = {
        "TERM": "xterm-256color",
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
    }
    name = TEXTS["tmux"][:30]
    with Terminal(
        ["/usr/bin/env", "tmux", "-S", str(tmp_path / "server"), "attach"],
        env,
        tmp_path,
        columns=200,
        rows=10,
    ) as terminal:
        assert name in terminal.wait_for(lambda screen: "a#(" in screen)
    bash = ["/usr/bin/env", "bash", "--norc", "--noprofile", "-i"]
    with Terminal(
        bash, {**env, "PS1": f"$(cat {tmp_path}/plain)\\n> "}, tmp_path, columns=200, rows=10
    ) as terminal:
        assert "$(touch" in terminal.wait_for(lambda screen: "\n>" in screen)
        terminal.press(b"exit\r")
        terminal.end()
    assert not os.path.exists(RUN)
    figure("tmux and bash, real ones")


def _elsewhere(form: str, text: str) -> str:
    """Return the line for other programs with a limit of that name."""
    session = Session(text, [])
    row: dict[str, Any] = {"kind": "weekly_scoped", "label": text, "percent": 95, "resets_at": None}
    context = view.build(
        None,
        {**session.snapshot, "limits": [row], "credits": [], "alerts": []},
        "sample",
        {},
        time.time(),
    )
    shown = {"rows": [[("scoped", {"show": ["percent"]}), ("text", {"text": text})]]}
    env = {"TERM": "xterm-256color", **({"NO_COLOR": "1"} if form == "plain" else {})}
    rows = render.render(context, shown, env, width=190)
    return embed.output(form, rows, context)
