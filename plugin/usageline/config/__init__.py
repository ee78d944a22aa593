"""config.toml: its schema, loaded for a refresh (loader.py) and compiled for the line (compile.py).

The names of loader.py are imported lazily: the status line waits for compile.py, which takes less
time than the import of dataclasses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from usageline.config.loader import Alerts, Config, load, load_lenient, problems

__all__ = ["Alerts", "Config", "load", "load_lenient", "problems"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from usageline.config import loader  # noqa: PLC0415 - see above

    return getattr(loader, name)
