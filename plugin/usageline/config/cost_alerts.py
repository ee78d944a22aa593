"""Load the alerts on cost, for a job that runs often and seldom has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.config import file
from usageline.system import origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.loader import Alerts

WORDS = ("cost_", "\\")
"""A config.toml without them names no amount. TOML can write a key with escapes."""


# tried by: tests/jobs
def load(env: Mapping[str, str]) -> Alerts | None:
    """Return how to alert, None if no amount is configured."""
    try:
        text = file.read_text(origin.config_file(env)) or ""
    except file.UnusableFile:
        return None
    if not any(word in text for word in WORDS):
        return None
    # Imported here: the schema takes longer than all else, and most files name no amount.
    from usageline.config.loader import load_lenient  # noqa: PLC0415

    alerts = load_lenient(env)[0].alerts
    return alerts if alerts.watches_cost else None
