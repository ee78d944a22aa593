"""Report new alerts at the start of a session, if configured, and start a refresh if one is due.

Without an alert it prints nothing, because plain output would go into the model's context.
"""

import sys
import time

FILE = __file__.replace("\\", "/") if sys.platform == "win32" else __file__
ROOT = FILE.rpartition("/hooks/")[0]
sys.path.insert(0, ROOT + "/plugin")

try:
    from usageline.core import freshness, json_file, paths, syscalls

    env, now = paths.environment(), time.time()
    snapshot = json_file.json_file(paths.snapshot(env))
    if snapshot and (snapshot.get("alerts") or snapshot.get("cost_alerts")):
        from usageline.line import session_start

        session_start.notify(snapshot, env, now)
    sign_in = freshness.file_fingerprint(paths.claude_credentials(env))
    # With USAGELINE_REFRESH, a refresh started this Claude Code to read its usage.
    if freshness.is_stale(snapshot, sign_in, now) and "USAGELINE_REFRESH" not in env:
        from usageline.line import spawn

        spawn.start_refresh(spawn.installations(ROOT), env, now)
    syscalls._exit(0)
except Exception:  # noqa: BLE001 - Claude Code shows an error unless the exit status is 0
    sys.exit(0)
