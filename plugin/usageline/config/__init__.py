"""config.toml: its schema, checked and read for the cold side (`cold`), and compiled for the line (`compile`).

What the refresh asks for is imported when it is asked for: `usageline.config.compile` is waited for by a line, and dataclasses and the
sources take longer to import than all that it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from usageline.config.loader import Alerts, Config, load, load_lenient, problems

__all__ = ["Alerts", "Config", "load", "load_lenient", "problems"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from usageline.config import loader  # noqa: PLC0415 - as said above

    return getattr(loader, name)
