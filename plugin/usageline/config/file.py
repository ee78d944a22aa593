"""config.toml as a file: read whole or refused by name, parsed, and no wiser."""

from __future__ import annotations

import os
import re
import stat
from typing import Any

from usageline.config.key_lines import Places
from usageline.config.problem import Problem, key_text

MAX_BYTES = 256 << 10
MAX_DOTS = 2100
"""In one line, outside of quotes. Of a key with thousands the parser takes the time of their square."""

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


class UnusableFile(Exception):
    """The file as a whole cannot be used; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def read_text(path: str) -> str | None:
    """The text of the file at `path`, None where there is none. Unusable where it cannot be read or is too long, and never a wait."""
    try:
        # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnusableFile(
            Problem(None, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        ) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnusableFile(Problem(None, "", "cannot be read: it is no regular file"))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnusableFile(Problem(None, "", f"cannot be read: {error.strerror}")) from None
    finally:
        os.close(descriptor)
    return decode(content)


def decode(content: bytes) -> str:
    """`content` as text with a line feed at the end of each line. Unusable where it is too long or no UTF-8."""
    if len(content) > MAX_BYTES:
        raise UnusableFile(Problem(None, "", f"at most {MAX_BYTES >> 10} KiB are allowed"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(
            Problem(content.count(b"\n", 0, error.start) + 1, "", "not TOML: this is no UTF-8")
        ) from None
    text = text.replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS and QUOTED.sub("", line).count(".") > MAX_DOTS:
            raise UnusableFile(Problem(number, "", "not TOML: nested too deeply"))
    return text


def parse(text: str) -> dict[str, Any]:
    """The table that `text` is. Unusable where it is no TOML."""
    try:
        import tomllib  # type: ignore[import-not-found]  # noqa: PLC0415 - three times as fast to import as what there is before Python 3.11
    except ImportError:
        return parse_before_311(text)
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile(_parser_problem(str(error), text)) from None
    except (ValueError, RecursionError) as error:
        raise UnusableFile(_unparsable(error)) from None
    return table


def parse_before_311(text: str) -> dict[str, Any]:
    """As `parsed`, by tomlkit."""
    from tomlkit import parse  # noqa: PLC0415 - as above
    from tomlkit.exceptions import ParseError, TOMLKitError  # noqa: PLC0415

    try:
        return parse(text).unwrap()
    except ParseError as error:
        raise UnusableFile(
            Problem(error.line, "", f"not TOML: {_without_place(str(error))}")
        ) from None
    except TOMLKitError as error:
        places = Places(text)
        line, key = (
            (None, "")
            if places.again is None
            else (places.line(places.again), key_text(places.again))
        )
        raise UnusableFile(Problem(line, key, f"not TOML: {_without_place(str(error))}")) from None
    except (ValueError, RecursionError) as error:
        raise UnusableFile(_unparsable(error)) from None


def _parser_problem(message: str, text: str) -> Problem:
    """The parser's message with its line: "Invalid value (at line 3, column 5)", "… (at end of document)"."""
    _, _, place = message.rpartition("(at line ")
    digits = place.partition(",")[0]
    line = (
        int(digits) if digits.isascii() and digits.isdigit() else text.rstrip("\n").count("\n") + 1
    )
    return Problem(line, "", f"not TOML: {_without_place(message)}")


def _without_place(message: str) -> str:
    message = message.rpartition(" (at ")[0] or message.partition(" at line ")[0]
    return "".join(char if char.isprintable() else "?" for char in message[:120])


def _unparsable(error: Exception) -> Problem:
    return Problem(
        None,
        "",
        "not TOML: nested too deeply"
        if isinstance(error, RecursionError)
        else f"not TOML: {str(error)[:80]}",
    )
