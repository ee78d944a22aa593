"""Publishing: the one file through which the cold side speaks to the hot one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.system.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.storage.snapshot import Snapshot


def publish(env: Mapping[str, str], snapshot: Snapshot) -> None:
    """Replace the snapshot that the status line reads. OSError where it cannot be written."""
    text = json.dumps(snapshot.as_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    replace_file(paths.snapshot(env), text.encode("utf-8", "replace") + b"\n", 0o600)
