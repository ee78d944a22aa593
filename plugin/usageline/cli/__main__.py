"""The entry point of the installed `usageline`.

It runs by path, so that it can report an environment that belongs to another Python.
"""

import gc
import os
import sys

# Nothing that an import makes is garbage.
gc.disable()
if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

try:
    from usageline.cli.main import main
except ImportError as error:
    sys.exit(
        f"usageline: {error}: the program is incomplete or its Python was replaced: "
        "install it again"
    )
gc.freeze()
# A command that ends soon makes thousands of objects, and no cycles of many.
gc.set_threshold(50_000)
gc.enable()

if __name__ == "__main__":
    main()
