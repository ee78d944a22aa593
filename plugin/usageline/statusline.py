"""Run the status line. Python compiles this file at every start, so keep it short."""

import gc
import marshal
import sys

gc.disable()  # a run ends before a collection pays
ROOT = __file__[:-24]  # a backslash in it may be a letter
sys.path.insert(0, ROOT)

try:
    name = f"{ROOT}/usageline/__pycache__/line.{sys.implementation.cache_tag}.bundle"
    with open(name, "rb") as file:
        if file.read(4) == sys.modules["_frozen_importlib_external"].MAGIC_NUMBER:
            size = int.from_bytes(file.read(4), "little")
            loader, modules, deferred = marshal.loads(file.read(size))
            exec(loader)
            load(ROOT, modules, deferred, name, size + 8)  # type: ignore[name-defined]
except Exception:  # a damaged bundle only makes the line slower
    exec("for name in [*sys.modules]:\n if name[:9] == 'usageline': del sys.modules[name]")

try:
    from usageline.line.main import main

    main()
except Exception:  # a traceback or a non-zero exit would blank the line
    sys.stdout.write("usageline: this installation is damaged; install it again\n")
    sys.exit(0)
