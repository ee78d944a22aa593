"""The picker of `usageline config`: choose the line on the screen, with keys or a mouse.

Textual takes long to import, so only `run` imports the modules that use it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_possible(env: Mapping[str, str]) -> bool:
    """Return whether this is a terminal that can move the cursor."""
    return env.get("TERM", "dumb") not in {"", "dumb"} and all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def run(env: dict[str, str]) -> None:
    """Open the picker."""
    raise NotImplementedError(env)
