"""SessionStart: tells of limits that reached a threshold, where the user wants that, and starts a refresh if one is due.

Without an alert it prints nothing: plain output would go into the model's context.
"""

import sys
import time

FILE = __file__.replace("\\", "/") if sys.platform == "win32" else __file__
ROOT = FILE.rpartition("/hooks/")[0]
sys.path.insert(0, ROOT + "/plugin")

try:
    from usageline.core import json_file, paths, syscalls
    from usageline.core.environment import environment
    from usageline.line import spawn

    env, now = environment(), time.time()
    snapshot = json_file.json_file(paths.snapshot(env))
    if snapshot and snapshot.get("alerts"):
        from usageline.line import session_start

        session_start.tell(snapshot, env, now)
    spawn.start_if_due(spawn.installations(ROOT), env, snapshot, now)
    syscalls._exit(0)
except Exception:  # noqa: BLE001 - the client shows an error for any other exit status than 0; the line itself says what is wrong
    sys.exit(0)
