"""What Claude Code runs: `python -I -S -B statusline.py`, the payload on stdin, the line on stdout.

It stays this small because a script is compiled anew at every start; what it runs is compiled once (system/bundle.py).
"""

import gc
import marshal
import sys

gc.disable()  # a run is over before there is anything worth collecting
ROOT = __file__[
    :-24
]  # without /usageline/statusline.py; a backslash may be a letter: /home/CORP\\name
sys.path.insert(0, ROOT)

try:
    with open(
        f"{ROOT}/usageline/__pycache__/line.{sys.implementation.cache_tag}.bundle", "rb"
    ) as file:
        if file.read(4) == sys.modules["_frozen_importlib_external"].MAGIC_NUMBER:
            loader, *contents = marshal.loads(file.read())  # noqa: S302 - as the bytecode beside it
            bundled = {}
            exec(loader, bundled)  # noqa: S102 - as an import does
            bundled["load"](ROOT, *contents)
except Exception:  # noqa: BLE001 - whatever a damaged one does: without it a line takes longer, and nothing else
    # As a text, for the compiler has better things to do at each start.
    exec("for name in [*sys.modules]:\n if name[:9] == 'usageline': del sys.modules[name]")  # noqa: S102 - ours

try:
    from usageline.line.main import main

    main()
except Exception:  # noqa: BLE001 - a traceback and a non-zero exit would only blank the line
    sys.stdout.write("usageline: this installation is damaged; run its install.sh again\n")
    sys.exit(0)  # the wired command says the same of a script that does not end by itself
