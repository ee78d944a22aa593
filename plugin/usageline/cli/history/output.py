"""Pictures as files: PNG made of the SVG, and either put where the user wants it."""

from __future__ import annotations

import os
import stat

from usageline.cli.history.drawing import FONTS
from usageline.core.errors import UsagelineError
from usageline.system.files import write_atomic

ZOOM = 2
"""For screens with more than one dot a pixel."""

NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>'
LETTER = NOTHING.replace("></", f'><text x="2" y="16" font-family="{FONTS}">M</text></')


def png(svg: bytes) -> bytes:
    """The picture as PNG. UsagelineError where the package that makes it is not installed, or no font."""
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsagelineError(
            "a PNG needs the extra `png`: run `usageline install --with png` (or `install.sh --with png`) once; --svg needs none"
        ) from None
    if svg_to_bytes(svg_string=LETTER) == svg_to_bytes(
        svg_string=NOTHING
    ):  # it would leave every word out, without a word
        raise UsagelineError(
            "a PNG needs a font for its labels, and there is none: install one, such as DejaVu Sans; --svg needs none"
        )
    return bytes(svg_to_bytes(svg_string=svg.decode(), zoom=ZOOM))


def write(path: str, data: bytes) -> None:
    """Put it there in one step: a new file is for the user alone, an old one keeps its mode. UsagelineError where that cannot be."""
    try:
        mode = _mode_of(path)
        write_atomic(os.path.abspath(path), data, mode)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsagelineError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from None


def _mode_of(path: str) -> int:
    try:
        found = os.lstat(path).st_mode
    except FileNotFoundError:
        return 0o600
    if not stat.S_ISREG(found):
        raise UsagelineError(f"{path} is no regular file: it was left alone")
    return stat.S_IMODE(found)
