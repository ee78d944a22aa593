"""SessionStart: starts a refresh if one is due, so that the first line has numbers. It prints nothing, for its output would go into the model's context."""

import sys
import time

ROOT = __file__.replace("\\", "/").rpartition("/hooks/")[0]
sys.path.insert(0, ROOT + "/plugin")

try:
    from usageline import paths
    from usageline.line import environment, read, start, system

    env = environment()
    # Installed as a plugin, this file lies in the client's own copy of the repository, which has no environment for the cold side.
    roots = (ROOT, paths.data_dir(env) + "/current")
    start.start_if_due(roots, env, read.json_file(paths.snapshot(env)), time.time())
    system._exit(0)
except Exception:  # noqa: BLE001 - the client shows an error for any other exit status than 0; the line itself says what is wrong
    sys.exit(0)
