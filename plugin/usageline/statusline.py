"""What Claude Code runs: `python -I -S -B statusline.py`, the payload on stdin, the line on stdout.

It stays this small because a script is compiled anew at every start; what it imports is compiled once.
"""

import gc
import sys

gc.disable()  # a run is over before there is anything worth collecting
sys.path.insert(0, __file__.replace("\\", "/").rpartition("/usageline/")[0])

try:
    from usageline.line.run import main
except Exception:  # noqa: BLE001 - a traceback and a non-zero exit would only blank the line
    sys.stdout.write("usageline: this installation is damaged; run its install.sh again\n")
else:
    main()
