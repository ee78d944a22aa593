"""Run the status line: `python -I -S -B statusline.py`, payload on stdin, line on stdout.

Python compiles a script anew at every start, so this one is small. What it runs is compiled once,
by system/bundle.py.
"""

import gc
import marshal
import sys

gc.disable()  # a run ends before a collection pays

# Without /usageline/statusline.py. A backslash may be a letter: /home/CORP\\name
ROOT = __file__[:-24]
sys.path.insert(0, ROOT)

try:
    bundle = f"{ROOT}/usageline/__pycache__/line.{sys.implementation.cache_tag}.bundle"
    with open(bundle, "rb") as file:
        if file.read(4) == sys.modules["_frozen_importlib_external"].MAGIC_NUMBER:
            loader, *contents = marshal.loads(file.read())  # noqa: S302 - trusted as bytecode is
            bundled = {}  # type: ignore[var-annotated]
            exec(loader, bundled)  # noqa: S102 - as an import does
            bundled["load"](ROOT, *contents)
except Exception:  # noqa: BLE001 - a missing or damaged bundle only makes the line slower
    # A string, because compiling these statements would slow down every start.
    exec("for name in [*sys.modules]:\n if name[:9] == 'usageline': del sys.modules[name]")  # noqa: S102

try:
    from usageline.line.main import main

    main()
except Exception:  # noqa: BLE001 - a traceback or a non-zero exit would blank the line
    sys.stdout.write("usageline: this installation is damaged; run its install.sh again\n")
    # The wired command prints the same for a script that does not exit by itself.
    sys.exit(0)
