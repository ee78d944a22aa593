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
    if sys.argv[1:2] == ["usage"]:
        from usageline.cli.usage.quick import main
    else:
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


def _exit(code: object) -> None:
    """Exit without freeing each object alone, which takes as long as summing a month of usage."""
    import atexit  # noqa: PLC0415 - after all else

    threading = sys.modules.get("threading")
    if isinstance(code, int) and (threading is None or threading.active_count() == 1):
        atexit._run_exitfuncs()  # noqa: SLF001 - nothing public runs them before `os._exit`
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    try:
        main()
    except SystemExit as exiting:
        _exit(exiting.code)
        raise
