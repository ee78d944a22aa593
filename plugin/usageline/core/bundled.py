"""Run modules from the bundle, which takes a tenth of the time of finding them on disk.

`system/bundle.py` writes the bundle, and `statusline.py` runs it: this module's code, and then
`start` with the other modules.
"""

from __future__ import annotations

import gc
import marshal
import sys
from _frozen_importlib_external import _os as syscalls  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType


def start(
    script: str, modules: bytes, deferred: dict[str, tuple[str, int, int]], name: str
) -> None:
    """Run the status line of the entry file `script`.

    `modules` are those of `load` as `marshal` writes them. `name` is the file of the deferred ones.
    """
    gc.disable()  # a run ends before a collection pays
    root = script[: -len("/usageline/statusline.py")]
    sys.path.append(root)
    codes = marshal.loads(modules)  # noqa: S302 - trusted as bytecode is
    load(root, codes, deferred, f"{root}/usageline/__pycache__/{name}")
    sys.modules["usageline.line.main"].main()


def load(
    root: str,
    modules: tuple[tuple[str, str, CodeType], ...],
    deferred: dict[str, tuple[str, int, int]],
    codes: str,
) -> None:
    """Run all of `modules`. Each of `deferred` runs when another module first needs it.

    `root` is the directory above the package. `modules` are `(name, path below root, code)`.
    `deferred` maps a name to the path, and to the place and the size of the code in file `codes`.

    The modules do not import each other: an import statement takes the time of twenty look-ups, and
    350,000 instructions for a module not yet loaded. They use `__bundled__` instead, and for a
    deferred module `__deferred__`.
    """
    loaded = sys.modules

    def needed(name: str) -> ModuleType:
        if name in loaded:
            return loaded[name]
        path, place, size = deferred[name]
        try:
            if syscalls.stat(codes).st_mode & 0o170000 != 0o100000:  # a FIFO would block
                raise OSError(codes)
            with open(codes, "rb", 0) as file:
                file.seek(place)
                code = marshal.loads(file.read(size))  # noqa: S302 - trusted as bytecode is
        except (OSError, ValueError, TypeError, EOFError):
            __import__(name)  # from disk, by the usual way
            return loaded[name]
        return run(name, path, code)

    def run(name: str, path: str, code: CodeType) -> ModuleType:
        module = loaded[name] = type(sys)(name)
        namespace = module.__dict__
        namespace["__bundled__"] = loaded
        namespace["__deferred__"] = needed
        namespace["__file__"] = f"{root}/{path}"
        if path.endswith("/__init__.py"):
            namespace["__path__"] = [f"{root}/{path[:-12]}"]
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(loaded[parent], child, module)
        exec(code, namespace)  # noqa: S102 - as an import does
        return module

    for name, path, code in modules:
        run(name, path, code)
