"""Convert text from and for the terminal, and detect whether it is dark or light."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import re
import select
import sys
import time
from typing import TYPE_CHECKING

from usageline.core import json_file
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.core.vocabulary import is_light_background
from usageline.system import lookalikes
from usageline.system.directories import prepare
from usageline.system.files import read_regular, write_atomic
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]


MIN_COLUMNS = 20
"""A narrower terminal breaks the lines itself."""

UNBROKEN = "\x00"
"""Stands for a blank that must not become the end of a line. No sanitized text has it."""

ASCII = "ascii"
LETTERS = "Az09 ~"
C_LOCALES = ("", "C", "POSIX")
COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""Python sets LC_CTYPE to one of these in the C locale."""

MAX_ENVIRON_BYTES = 4 << 20

TIMEOUT_S = 0.6
"""Long enough for a terminal behind ssh. Only a terminal that never answers takes all of it."""

SILENT_INTERVAL_S = 7 * 86400
"""Minimum interval between queries to a terminal that did not answer."""

VERSION = 1
MAX_BYTES = 1024
REQUEST = b"\x1b]11;?\x1b\\\x1b[c"
"""Background, then device attributes: every terminal answers the latter, which ends the wait."""

SILENT_TERMS = ("", "dumb", "linux", "unknown", "cons25")
"""Values of TERM whose terminals ignore the request or print it."""

COLOR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")


def sanitize_lines(text: str) -> str:
    """Sanitize each line of `text`. An argument or a file name may contain control sequences."""
    return "\n".join(map(sanitize, text.split("\n")))


def wrap_words(text: str, columns: int, margin: str = "") -> str:
    """Return a line of text in lines of at most `columns`, if its words and commands allow it.

    A command in backquotes stays on one line, so that it can be copied. The first line begins with
    `margin`, the others with as many blanks.
    """
    import textwrap  # noqa: PLC0415 - slow to import

    joined = re.sub("`[^`]+`", lambda command: command[0].replace(" ", UNBROKEN), text)
    lines = textwrap.wrap(
        joined,
        max(columns - len(margin), MIN_COLUMNS),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return margin + ("\n" + " " * len(margin)).join(lines).replace(UNBROKEN, " ")


def locale_encoding() -> str:
    """Return the encoding of arguments: that of the locale, UTF-8 for the C locale as in Python.

    Python itself runs in UTF-8 mode here, which keeps paths as they are on disk.
    """
    try:
        from locale import CODESET, nl_langinfo  # noqa: PLC0415 - Windows has none

        encoding = codecs.lookup(nl_langinfo(CODESET)).name
    except (ImportError, LookupError, ValueError):
        return "utf-8"
    return "utf-8" if encoding == ASCII else encoding


def output_encoding(env: Mapping[str, str]) -> str:
    """Return the encoding of texts for the terminal. In the C locale it is ASCII."""
    name = _locale_name(env)
    if name in C_LOCALES:
        return ASCII
    for codec in (name.partition(".")[2].partition("@")[0] or name, locale_encoding()):
        with contextlib.suppress(LookupError, UnicodeError):
            if LETTERS.encode(codec) == LETTERS.encode(ASCII):
                return codecs.lookup(codec).name
    return "utf-8"


def output_env() -> dict[str, str]:
    """Return this process's environment, with colors only for a terminal or if they are forced."""
    env = dict(os.environ)
    if not sys.stdout.isatty() and env.get("CLICOLOR_FORCE", "0") in {"", "0"}:
        env.update(NO_COLOR="1", TERM="dumb")
    return env


def _locale_name(env: Mapping[str, str]) -> str:
    ctype, lang = env.get("LC_CTYPE", ""), env.get("LANG", "")
    if ctype in COERCED and lang in C_LOCALES and not _is_users("LC_CTYPE"):
        ctype = ""
    return env.get("LC_ALL") or ctype or lang


# tried by: nothing, the kernel writes it
def _is_users(name: str) -> bool:
    """Return whether a variable was set before Python started. On macOS no terminal lacks UTF-8."""
    if sys.platform == "darwin":
        return True
    try:
        variables = read_regular("/proc/self/environ", MAX_ENVIRON_BYTES)
    except OSError:
        return False
    return any(variable.startswith(f"{name}=".encode()) for variable in variables.split(b"\0"))


def adapt_output() -> None:
    """Make stdout and stderr write what the terminal shows, with lookalikes for the rest."""
    lookalikes.register()
    encoding = output_encoding(os.environ)
    encoding = lookalikes.CODEC if encoding == ASCII else encoding
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # a stream may be closed
            stream.reconfigure(  # type: ignore[union-attr]
                encoding=encoding, errors=lookalikes.HANDLER
            )


def limit_environment() -> None:
    """Remove variables of this process that make Textual import a module or write a file.

    A project's settings can set them. COLUMNS and LINES do not change with the window: remove them.
    """
    for name in [*os.environ]:
        if name.startswith("TEXTUAL") or name in {"COLUMNS", "LINES"}:
            del os.environ[name]


def decode_argument(text: str) -> str:
    """Return an argument as the user typed it, if the locale is not UTF-8."""
    if text.isascii():
        return text
    try:
        return os.fsencode(text).decode(locale_encoding())
    except (UnicodeError, LookupError):
        return text


def detect_background(env: Mapping[str, str]) -> str:
    """Query the terminal, cache the answer, and return it: `dark`, `light` or "".

    Raise nothing. Do nothing unless stdin and stdout are a terminal.
    """
    try:
        if not _may_query(env):
            return ""
        cache = _read_cache(Paths(env))
        asked_at = cache.get("asked_at")
        is_silent = (
            isinstance(asked_at, int | float) and 0 <= time.time() - asked_at < SILENT_INTERVAL_S
        )
        if is_silent and not cache.get("background") and cache.get("term") == env.get("TERM"):
            return ""
        background = name_of(query_background(TIMEOUT_S)) or _hint(env)
        # A silent terminal after one that answered is another terminal: keep that answer.
        if background or not cache.get("background"):
            _write_cache(env, background)
    except (OSError, ValueError, LookupError, UsagelineError):
        return ""
    return background


def cached_background(paths: Paths) -> str:
    """Return the last answer: `dark`, `light` or ""."""
    background = _read_cache(paths).get("background")
    return str(background) if background in ("dark", "light") else ""


def query_background(timeout_s: float) -> tuple[float, float, float] | None:
    """Return the terminal's background as red, green and blue of 0–1, None without an answer.

    Do not query if keys are waiting: reading the answer would consume them.
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
            os.write(fd, REQUEST)
            return parse_color(_answer(fd, time.monotonic() + timeout_s))
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)
    except termios.error as error:
        raise OSError(*error.args) from None
    finally:
        os.close(fd)


def parse_color(answer: bytes) -> tuple[float, float, float] | None:
    """Return the color in an answer as red, green and blue of 0–1, None if there is none."""
    match = COLOR.search(answer)
    if match is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in match.groups())
    return red, green, blue


def name_of(color: tuple[float, float, float] | None) -> str:
    """Return `dark` or `light` for a background, "" if it is unknown."""
    if color is None:
        return ""
    red, green, blue = color
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


def _hint(env: Mapping[str, str]) -> str:
    is_light = is_light_background(env.get("COLORFGBG", ""))
    return "" if is_light is None else ("light" if is_light else "dark")


def _may_query(env: Mapping[str, str]) -> bool:
    streams = (sys.stdin, sys.stdout)
    has_terminal = all(stream is not None and stream.isatty() for stream in streams)
    return termios is not None and has_terminal and env.get("TERM", "") not in SILENT_TERMS


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


def _read_cache(paths: Paths) -> dict[str, object]:
    with contextlib.suppress(LookupError):
        content = json_file.json_file(paths.terminal_background) or {}
        return content if content.get("version") == VERSION else {}
    return {}


def _write_cache(env: Mapping[str, str], background: str) -> None:
    paths = Paths(env)
    content = {
        "version": VERSION,
        "background": background,
        "term": env.get("TERM"),
        "asked_at": int(time.time()),
    }
    prepare(paths)
    write_atomic(paths.terminal_background, json.dumps(content).encode(), 0o600)
