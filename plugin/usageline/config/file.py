"""Read and parse config.toml; reporter.py finds a key's line, and validate.py has the schema."""

from __future__ import annotations

from usageline.config.problem import Problem, key_text
from usageline.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_BYTES = 256 << 10
MAX_DOTS = 500
"""In one line, outside of strings. The parser takes quadratic time for a key with more dots."""


class UnusableFile(Exception):
    """The file as a whole cannot be used; `problem` is the reason."""

    def __init__(self, text: str, line: int | None = None, key: str = "") -> None:
        super().__init__(text)
        self.problem = Problem(line, key, text)


def read_text(path: str) -> str | None:
    """Return the text of the file at `path`, or None if there is no file. Never wait for a FIFO.

    Raise UnusableFile if it cannot be read or is too long.
    """
    try:
        content = files.read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnusableFile(f"cannot be read: {reason}") from None
    return decode(content)


def decode(content: bytes) -> str:
    """Return `content` as text with LF line ends.

    Raise UnusableFile if it is too long or not UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise UnusableFile(f"at most {MAX_BYTES >> 10} KiB are allowed")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableFile("not TOML: this is not UTF-8", line) from None
    text = text.replace("\r\n", "\n")
    if _dotted_line(text):
        from usageline.config.reporter import without_strings  # noqa: PLC0415 - seldom

        number = _dotted_line(without_strings(text))
        if number:
            raise UnusableFile("not TOML: nested too deeply", number)
    return text


def _dotted_line(text: str) -> int | None:
    """Return the number of the first line with too many dots."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if line.count(".") > MAX_DOTS), None)


def parse(text: str) -> dict[str, Any]:
    """Return the table in `text`. Raise UnusableFile if it is not TOML."""
    try:
        import tomllib  # type: ignore[import-not-found]  # noqa: PLC0415 - new in 3.11
    except ImportError:
        return parse_before_311(text)
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text) from None
    except (ValueError, RecursionError) as error:
        raise _unparsable(error) from None
    return table


def parse_before_311(text: str) -> dict[str, Any]:
    """Do the same as `parse`, with tomlkit, which takes three times as long to import."""
    from tomlkit import parse  # noqa: PLC0415 - as above
    from tomlkit.exceptions import ParseError, TOMLKitError  # noqa: PLC0415

    from usageline.config.reporter import KeyLines  # noqa: PLC0415 - as above

    try:
        return parse(text).unwrap()
    except ParseError as error:
        if "levels deep" in str(error):
            raise _unparsable(RecursionError()) from None
        place = min(error.line, _last_line(text))
        raise UnusableFile(f"not TOML: {_without_place(str(error))}", place) from None
    except TOMLKitError as error:
        lines = KeyLines(text)
        message = f"not TOML: {_without_place(str(error))}"
        if lines.repeated is None:
            raise UnusableFile(message) from None
        line, key = lines.find(lines.repeated), key_text(lines.repeated)
        raise UnusableFile(message, line, key) from None
    except (ValueError, RecursionError) as error:
        raise _unparsable(error) from None


def _not_toml(message: str, text: str) -> UnusableFile:
    """Return the exception for the parser's message.

    It ends in its place: "Invalid value (at line 3, column 5)" or "… (at end of document)".
    """
    _, _, place = message.rpartition("(at line ")
    digits = place.partition(",")[0]
    line = int(digits) if digits.isascii() and digits.isdigit() else _last_line(text)
    return UnusableFile(f"not TOML: {_without_place(message)}", line)


def _last_line(text: str) -> int:
    return text.rstrip("\n").count("\n") + 1


def _without_place(message: str) -> str:
    message = message.rpartition(" (at ")[0] or message.partition(" at line ")[0]
    return "".join(char if char.isprintable() else "?" for char in message[:120])


def _unparsable(error: Exception) -> UnusableFile:
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]
    return UnusableFile(f"not TOML: {reason}")
