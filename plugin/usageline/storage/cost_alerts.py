"""Remember the alerts on cost beside the index, in `alerts.json`: it survives a new index."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from usageline.core.json_file import json_file
from usageline.storage.codec import Codec
from usageline.system.files import write_atomic
from usageline.usage.local.cost_alerts import KINDS, MAX_SENT, CostAlert
from usageline.usage.values import flag, integer, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.system.paths import Paths

NAME = "alerts.json"
VERSION = 1
MAX_BYTES = 1 << 14
MAX_NAME = len("2026-11-29")

_count = partial(integer, minimum=0, maximum=10**15)


CODEC: Codec[CostAlert] = Codec(
    CostAlert,
    {
        "kind": lambda value: value if value in KINDS else None,
        "name": partial(text, max_length=MAX_NAME),
        "ends_at": _count,
        "amount": partial(integer, minimum=1, maximum=10**15),
        "cost": _count,
        "at_least": flag,
        "unpriced": _count,
        "at": _count,
    },
    ("kind", "name", "ends_at", "amount", "cost", "unpriced", "at"),
)


def path(paths: Paths) -> str:
    """Return the path of the file."""
    return os.path.join(paths.usage_dir, NAME)


# tried by: tests/jobs
def load(paths: Paths) -> tuple[CostAlert, ...]:
    """Return the alerts that were sent; () if the file is missing, broken or of another version."""
    content = json_file(path(paths), MAX_BYTES) or {}
    rows = content.get("sent") if content.get("version") == VERSION else None
    return CODEC.decode_valid(rows, MAX_SENT)


def save(paths: Paths, alerts: Sequence[CostAlert]) -> bool:
    """Remember the alerts, before they are sent; return False if that fails."""
    content = {"version": VERSION, "sent": [asdict(alert) for alert in alerts]}
    with contextlib.suppress(OSError):
        write_atomic(path(paths), json.dumps(content).encode() + b"\n", 0o600)
        return True
    return False
