"""The readings as CSV or JSON, and the picture as PNG."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from usageline.cli.output import csv_text, data_time
from usageline.cli.svg import FONTS
from usageline.core.errors import UsagelineError
from usageline.setup.program_files import is_packaged, own_source
from usageline.storage import codec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.usage.model import Reading

COLUMNS = ("observed_at", "source", "plan", "kind", "label", "percent", "resets_at")

PNG_ZOOM = 2
"""For screens with more than one dot per pixel."""

EMPTY_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>'
LETTER_SVG = EMPTY_SVG.replace("></", f'><text x="2" y="16" font-family="{FONTS}">M</text></')


def as_json(readings: Iterable[Reading]) -> str:
    """Return an array of readings with all limits and credits; times in epoch seconds."""
    return json.dumps([codec.as_json(reading) for reading in readings], indent=1)


def as_csv(readings: Iterable[Reading]) -> str:
    """Return a row for each limit of each reading, below a row of `COLUMNS`.

    Times are UTC (`2026-11-24T21:56:55Z`). What is not known is empty.
    """
    rows = (
        (
            data_time(reading.observed_at),
            reading.source,
            reading.plan,
            limit.kind,
            limit.label,
            limit.percent,
            data_time(limit.resets_at),
        )
        for reading in readings
        for limit in reading.limits
    )
    return csv_text(COLUMNS, rows)


def png(svg: bytes) -> bytes:
    """Convert the picture to PNG.

    Raise `UsagelineError` if the package that does it, or every font, is missing.
    """
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - an extra
    except ImportError:
        way = (
            "install `usageline[png]` instead of `usageline`"
            if is_packaged(own_source())
            else "run `usageline install --with png` (or `install.sh --with png`) once"
        )
        raise UsagelineError(f"PNG needs the extra `png`: {way}, or use --svg") from None
    # Without a font, the renderer leaves out all text and reports nothing.
    if svg_to_bytes(svg_string=LETTER_SVG) == svg_to_bytes(svg_string=EMPTY_SVG):
        raise UsagelineError(
            "PNG needs a font for its labels: install one, such as DejaVu Sans, or use --svg"
        )
    return bytes(svg_to_bytes(svg_string=svg.decode(), zoom=PNG_ZOOM))
