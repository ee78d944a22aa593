"""`usageline demo`: the line in every theme, without installing or writing anything."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from usageline import themes
from usageline.cli.config import preview, sample
from usageline.config.validate import Values, validate
from usageline.setup import program_files
from usageline.sources.auth import claude_state
from usageline.storage.snapshot import Snapshot
from usageline.system import terminal
from usageline.system.paths import Paths
from usageline.usage import whose
from usageline.usage.model import Credit, Limit, Reading, SourceFailure
from usageline.usage.parse import parse

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.sources.auth.claude_state import ClaudeState

THEME_S = 3.0
"""How long each theme is shown, unless a key is pressed."""

POLL_S = 0.1
"""How soon a new size of the terminal is seen."""

ESCAPE = b"\x1b"
END_KEYS = (b"q", b"Q", b"\x04")
HOUR_S = 3600
CALM, HIGH = (37, 26, 55, 1234), (92, 81, 97, 4450)
"""Percent of the 5-hour limit, the weekly one and a model's, and credits used (cents)."""


class Scene(NamedTuple):
    """One line of the demo: what it shows, and its snapshot."""

    title: str
    snapshot: dict[str, Any]


@click.command("demo")
def command() -> None:
    """Show the line in every theme, with your numbers if Claude Code has some.

    It installs nothing and writes nothing. In a terminal it cycles through the themes: any key
    shows the next one, q ends it.
    """
    env = terminal.output_env()
    scenes = _scenes(env)
    values = validate("").values
    if termios is not None and _is_terminal() and env.get("TERM", "dumb") != "dumb":
        with contextlib.suppress(KeyboardInterrupt):
            _cycle(scenes, values, env)
        for row in _frame(scenes, values, env, preview.terminal_columns()):
            click.echo(row, color=True)
    else:
        for name in themes.NAMES:
            for row in _theme_rows(scenes, values, env, preview.terminal_columns(), name):
                click.echo(row, color=True)
    click.echo(_closing(Paths(env), preview.terminal_columns()))


def _scenes(env: Mapping[str, str]) -> tuple[Scene, Scene]:
    """Return a calm line, with the user's numbers if there are any, and one at high usage."""
    now = time.time()
    state = claude_state.read(env)
    if state.theme == claude_state.AUTO and not state.background and _is_terminal():
        state = replace(state, background=_background())
    title, calm = "A sample", _sample_reading(now, CALM)
    if own := _own_reading(state, now):
        minutes = max(int(now - own.observed_at) // 60, 0)
        title = f"Your numbers, as Claude Code got them {minutes} min ago; the rest is a sample"
        calm = own
    return (
        Scene(title, _snapshot(calm, state, now)),
        Scene("At high usage (a sample)", _snapshot(_sample_reading(now, HIGH), state, now)),
    )


def _own_reading(state: ClaudeState, now: float) -> Reading | None:
    """Return the usage that Claude Code fetched last, if it is of the account that is signed in."""
    claim = whose.claim_of(state.cached)
    is_own = claim.account_uuid in (None, "", state.account_uuid)
    if not claim.fetched_at or claim.fetched_at > now or not is_own:
        return None
    try:
        limits, credits = parse(state.cached.get("utilization"))  # noqa: A001 - as in the glossary
    except SourceFailure:
        return None
    return Reading(limits, credits, "claude-cache", int(claim.fetched_at)) if limits else None


def _sample_reading(now: float, used: tuple[int, int, int, int]) -> Reading:
    at = int(now)
    session, weekly, model, cents = used
    limits = (
        Limit("session", "Current session", session, at + 2 * HOUR_S - 60),
        Limit("weekly_all", "Current week (all models)", weekly, at + 52 * HOUR_S),
        Limit("weekly_scoped", "Fable", model, at + 52 * HOUR_S),
    )
    credits = Credit("Usage credits", cents, 5000, 2, "USD", cents / 50)  # noqa: A001 - as above
    return Reading(limits, (credits,), "claude-cache", at - 60)


def _snapshot(reading: Reading, state: ClaudeState, now: float) -> dict[str, Any]:
    return Snapshot(
        account=None,
        plan=None,
        reading=reading,
        published_at=int(now),
        next_refresh_at=int(now) + HOUR_S,
        status="ok",
        credentials=sample.STAMP,
        appearance=state.appearance,
        palette=state.palette,
    ).as_json()


def _frame(
    scenes: tuple[Scene, ...], values: Values, env: Mapping[str, str], columns: int
) -> list[str]:
    """Return each scene with its title and an empty row after it."""
    rows: list[str] = []
    for scene in scenes:
        rows += [scene.title, *preview.rows(values, env, columns, scene.snapshot), ""]
    return rows


def _theme_rows(
    scenes: tuple[Scene, ...], values: Values, env: Mapping[str, str], columns: int, name: str
) -> list[str]:
    number = f"{themes.NAMES.index(name) + 1} of {len(themes.NAMES)}"
    title = terminal.wrap_words(f"Theme {number}: {name}: {themes.find(name).about}", columns)
    return [*title.split("\n"), "", *_frame(scenes, preview.with_theme(values, name), env, columns)]


def _cycle(scenes: tuple[Scene, ...], values: Values, env: Mapping[str, str]) -> None:
    """Show one theme after the other on the alternate screen, until a key or a signal ends it."""
    with _terminal() as screen:
        for name in cycle(themes.NAMES):
            shown_until = time.monotonic() + THEME_S
            size = None
            while time.monotonic() < shown_until:
                if size != os.get_terminal_size():
                    size = os.get_terminal_size()
                    rows = _theme_rows(scenes, values, env, size.columns, name)
                    _draw([*rows, "any key: next theme    q: end"][: size.lines], size.columns)
                key = screen(POLL_S)
                if key[:1] in END_KEYS or key == ESCAPE:  # an arrow is ESC and more
                    return
                if key:
                    break


def _draw(rows: list[str], columns: int) -> None:
    plain = [row if "\x1b" in row else row[:columns] for row in rows]
    sys.stdout.write("\x1b[H\x1b[J" + "\r\n".join(plain))
    sys.stdout.flush()


@contextlib.contextmanager
def _terminal() -> Iterator[Any]:
    """Yield `key(seconds)` on the alternate screen, and restore the terminal afterwards.

    `key` returns what was typed within that time, b"" without a key. Other signals than Ctrl-C end
    the process after the terminal is restored.
    """
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    handlers = {
        number: signal.signal(number, lambda number, _: sys.exit(128 + number))
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    interrupts: list[int] = []
    # Python would lose a KeyboardInterrupt in a callback, such as those of an import.
    handlers[signal.SIGINT] = signal.signal(
        signal.SIGINT, lambda number, _: interrupts.append(number)
    )

    # tried by: tests/cli
    def key(seconds: float) -> bytes:
        ready = select.select([fd], [], [], 0 if interrupts else seconds)[0]
        if interrupts:
            return END_KEYS[0]
        return os.read(fd, 64) or END_KEYS[0] if ready else b""

    try:
        tty.setcbreak(fd)
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        yield key
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
        with contextlib.suppress(OSError):
            sys.stdout.write("\x1b[?25h\x1b[?1049l")
            sys.stdout.flush()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _is_terminal() -> bool:
    """Return whether this process may read the terminal: a background job would be stopped."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def _background() -> str:
    """Return the terminal's background, `dark`, `light` or "", without keeping the answer."""
    if os.environ.get("TERM", "") in terminal.SILENT_TERMS:
        return ""
    try:
        color = terminal.query_background(terminal.TIMEOUT_S)
    except OSError:
        return ""
    return terminal.name_of(color)


def _closing(paths: Paths, columns: int) -> str:
    """Return what the user can do next: install, or configure if it is installed."""
    if os.path.exists(paths.data_dir + "/current"):
        done = "usageline is installed here. Choose a theme and segments: `usageline config`"
        return terminal.wrap_words(done, columns)
    is_package = program_files.is_packaged(program_files.own_source())
    tool = program_files.package_tool().name if is_package else ""
    install = {
        "uvx": "uv tool install usageline && usageline install",
        "pipx run": "pipx install usageline && usageline install",
        "": "./install.sh",
    }.get(tool, "usageline install")
    steps = ((install, "show it in Claude Code"), ("usageline config", "then choose yours"))
    width = max(len(step) for step, _ in steps)
    rows = "\n".join(f"  {step:<{width}}  {about}" for step, about in steps)
    return f"Nothing was installed or changed. Next:\n\n{rows}"
