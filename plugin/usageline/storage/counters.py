"""Remember the highest counters of local usage between two exports of metrics.

    {"version": 1, "since": 1767225600, "counters": [["usageline_…_total", ["opus"], 12.5]]}

`since` is when they began to count. The file lies in the cache: without it only corrections of the
index are visible, so it is neither checked by a digest nor repaired.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from usageline.core.json_file import json_file
from usageline.system.files import write_atomic
from usageline.usage.metric_samples import LOCAL, Highest
from usageline.usage.values import number

if TYPE_CHECKING:
    from usageline.system.paths import Paths

NAME = "counters.json"
VERSION = 1
MAX_SERIES = 1000
MAX_LABEL = 64
MAX_VALUE = 1e15


# tried by: tests/storage
def load(paths: Paths, since: int) -> Highest:
    """Return the counters that began at `since`, {} for those of another year."""
    row = json_file(f"{paths.cache_dir}/{NAME}") or {}
    listed = row.get("counters") if row.get("since") == since else None
    highest: Highest = {}
    for entry in listed[:MAX_SERIES] if isinstance(listed, list) else ():
        if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[1], list):
            continue
        name, labels, value = entry[0], tuple(entry[1]), number(entry[2], 0, MAX_VALUE)
        is_series = any(
            metric.name == name and len(metric.labels) == len(labels) for metric in LOCAL
        )
        if is_series and value is not None and all(isinstance(label, str) for label in labels):
            highest[str(name), labels] = value
    return highest


def save(paths: Paths, since: int, highest: Highest) -> None:
    """Write the counters. Ignore a disk that is full or read-only: the next export repeats it."""
    content = {
        "version": VERSION,
        "since": since,
        "counters": [
            [name, [label[:MAX_LABEL] for label in labels], value]
            for (name, labels), value in [*highest.items()][:MAX_SERIES]
        ],
    }
    with contextlib.suppress(OSError):
        path = f"{paths.cache_dir}/{NAME}"
        write_atomic(path, json.dumps(content).encode() + b"\n", 0o600, sync=False)
