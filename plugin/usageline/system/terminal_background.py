"""Whether the user's terminal is dark or light: the terminal is asked (OSC 11), and the answer kept.

Claude Code's theme `auto` says nothing of it, and the status line's own process has no terminal.
The installer and `usageline` do: they ask, and the next refresh publishes the answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import sys
import time
from typing import TYPE_CHECKING

from usageline.core import json_file, paths
from usageline.core.appearance import is_light_background
from usageline.core.errors import UsagelineError
from usageline.system.directories import prepare
from usageline.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

TIMEOUT_S = 0.6
"""A terminal behind ssh may take so long. It is waited for in full only if it answers nothing."""

SILENT_S = 7 * 86400
"""A terminal that did not answer is not asked again for so long."""

VERSION = 1
MAX_BYTES = 1024
QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
"""The background, and then the attributes that every terminal tells: their answer ends the wait."""

MUTE = ("", "dumb", "linux", "unknown", "cons25")
"""TERMs that do not know the question, or show it."""

COLOR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")


def detect(env: Mapping[str, str]) -> str:
    """Ask the terminal if there is one, keep the answer, and return it: `dark`, `light` or "".

    Raises nothing. Without a terminal on stdin and stdout nothing is asked and nothing kept.
    """
    try:
        if not _may_ask(env):
            return ""
        kept = _kept(env)
        asked_at = kept.get("asked_at")
        silent = isinstance(asked_at, int | float) and 0 <= time.time() - asked_at < SILENT_S
        if kept and not kept.get("background") and silent and kept.get("term") == env.get("TERM"):
            return ""
        background = _named(query(TIMEOUT_S)) or _hint(env)
        # A terminal that answered before and is silent now is another one: the answer stays.
        if background or not kept.get("background"):
            _keep(env, background)
    except (OSError, ValueError, LookupError, UsagelineError):
        return ""
    return background


def cached_background(env: Mapping[str, str]) -> str:
    """Return what the last terminal that was asked said: `dark`, `light` or ""."""
    background = _kept(env).get("background")
    return str(background) if background in ("dark", "light") else ""


def query(timeout_s: float) -> tuple[float, float, float] | None:
    """Return the terminal's background, three shares of 0–1, or None if it does not tell in time.

    Keys that are pressed meanwhile would be lost, so nothing is asked if there are some already.
    """
    fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if os.tcgetpgrp(fd) != os.getpgrp() or select.select([fd], [], [], 0)[0]:
            return None
        before = termios.tcgetattr(fd)
        quiet = termios.tcgetattr(fd)
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 0, 0
        try:
            termios.tcsetattr(fd, termios.TCSANOW, quiet)
            os.write(fd, QUESTION)
            return parse_color(_answer(fd, time.monotonic() + timeout_s))
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)
    except termios.error as error:
        raise OSError(*error.args) from None
    finally:
        os.close(fd)


def parse_color(answer: bytes) -> tuple[float, float, float] | None:
    """Return the color in a terminal's answer, three shares of 0–1, or None if there is none."""
    match = COLOR.search(answer)
    if match is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in match.groups())
    return red, green, blue


def _named(color: tuple[float, float, float] | None) -> str:
    if color is None:
        return ""
    red, green, blue = color
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


def _hint(env: Mapping[str, str]) -> str:
    is_light = is_light_background(env.get("COLORFGBG", ""))
    return "" if is_light is None else ("light" if is_light else "dark")


def _may_ask(env: Mapping[str, str]) -> bool:
    streams = (sys.stdin, sys.stdout)
    has_terminal = all(stream is not None and stream.isatty() for stream in streams)
    return termios is not None and has_terminal and env.get("TERM", "") not in MUTE


def _answer(fd: int, deadline: float) -> bytes:
    answer = b""
    while len(answer) < MAX_BYTES and not ATTRIBUTES.search(answer):
        if not select.select([fd], [], [], max(deadline - time.monotonic(), 0))[0]:
            break
        chunk = os.read(fd, MAX_BYTES)
        if not chunk:
            break
        answer += chunk
    return answer


def _kept(env: Mapping[str, str]) -> dict[str, object]:
    with contextlib.suppress(LookupError):
        content = json_file.json_file(paths.terminal_background(env)) or {}
        return content if content.get("version") == VERSION else {}
    return {}


def _keep(env: Mapping[str, str], background: str) -> None:
    content = {
        "version": VERSION,
        "background": background,
        "term": env.get("TERM"),
        "asked_at": int(time.time()),
    }
    prepare(env)
    write_atomic(paths.terminal_background(env), json.dumps(content).encode(), 0o600)
