"""Write what other programs read: files that the user named, CSV, and data on stdout."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING, Any

from usageline.core.errors import UsagelineError
from usageline.core.formatting import utc_time
from usageline.core.text import sanitize
from usageline.system import lookalikes
from usageline.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
"""Spreadsheets run text that starts with one of these as a formula."""

NUMBER = re.compile(r"\d+(\.\d+)?|-\d+\.\d{6,}", re.ASCII)
"""Texts that are numbers: of negative ones only exact amounts, as of a refund."""


def echo_data(text: str) -> None:
    """Print text for a program or a file: in UTF-8 if the locale is C, unless on a terminal."""
    is_plain = sys.stdout.encoding == lookalikes.CODEC and not sys.stdout.isatty()
    if is_plain:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    else:
        sys.stdout.write(text)


def csv_text(names: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a line for each row, below a line of the names. A missing value is empty.

    Texts lose control characters, and get an apostrophe before a formula.
    """
    import csv  # noqa: PLC0415 - most output is not CSV
    import io  # noqa: PLC0415 - as above

    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerows(map(_csv_cell, row) for row in (names, *rows))
    return text.getvalue()


def csv_table(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the values of these names as `csv_text` does, a line for each mapping."""
    return csv_text(names, ([row.get(name) for name in names] for row in rows))


def _csv_cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else ""
    if not isinstance(value, str) or NUMBER.fullmatch(value):
        return value
    clean = sanitize(value)
    return "'" + clean if clean.lstrip()[:1] in FORMULA_STARTS else clean


def data_time(timestamp: int | None) -> str | None:
    """Return epoch seconds as JSON and CSV have them, None for None."""
    return None if timestamp is None else utc_time(timestamp)


def write_files(files: Iterable[tuple[str | None, Callable[[], bytes]]]) -> None:
    """Write the files that have a path, and print their names. The path `-` is stdout."""
    # Make all of them before writing: a failed conversion must not leave one of two files.
    for path, content in [(path, make()) for path, make in files if path is not None]:
        if path == "-":
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            continue
        write_file(path, content)
        echo_data(f"wrote {sanitize(path)}\n")


def write_file(path: str, content: bytes, mode: int | None = None) -> None:
    """Write the file atomically. Without `mode` an existing file keeps its own, a new one has 0600.

    Raise `UsagelineError` if `path` is not a regular file or cannot be written.
    """
    try:
        old_mode = _mode_of(path)
        write_atomic(os.path.abspath(path), content, old_mode if mode is None else mode)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsagelineError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from None


def _mode_of(path: str) -> int:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return 0o600
    if not stat.S_ISREG(mode):
        raise UsagelineError(f"{path} is not a regular file: usageline left it unchanged")
    return stat.S_IMODE(mode)
