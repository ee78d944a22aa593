"""Run modules from the bundle, which takes a tenth of the time of finding them on disk.

`system/bundle.py` writes the bundle, and `statusline.py` runs it: this module's code, and then
`start` with the other modules.
"""

from __future__ import annotations

import _imp
import marshal
import sys
from _frozen_importlib_external import _os as syscalls  # type: ignore[attr-defined]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any


# tried by: tests/system
def start(
    script: str, modules: bytes, deferred: dict[str, tuple[str, int, int]], name: str
) -> None:
    """Run the status line of the entry file `script`.

    `modules` are those of `load` as `marshal` writes them. `name` is the file of the deferred ones.
    """
    c_module("gc").disable()  # a run ends before a collection pays
    root = script[: -len("/usageline/statusline.py")]
    preload_scanner()
    sys.path.append(root)
    codes = marshal.loads(modules)  # noqa: S302 - trusted as bytecode is
    load(root, codes, deferred, f"{root}/usageline/__pycache__/{name}")
    sys.modules["usageline.line.main"].main()
    sys.exit(0)


def c_module(name: str, path: str = "") -> Any:
    """Return the C module that is built in, or in the file `path`.

    An import statement would search for it, which takes 130,000 to 500,000 instructions.
    """
    namespace: Any = type(sys.implementation)
    spec = namespace(name=name, origin=path)
    module = _imp.create_dynamic(spec) if path else _imp.create_builtin(spec)
    (_imp.exec_dynamic if path else _imp.exec_builtin)(module)
    return module


def preload_scanner() -> None:
    """Load the JSON scanner from where most interpreters have it, else leave it to the import."""
    if "_json" not in sys.builtin_module_names and sys.path:
        path = f"{sys.path[-1]}/_json{_imp.extension_suffixes()[0]}"
        try:
            sys.modules["_json"] = c_module("_json", path)
        except ImportError:
            return


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
                raise OSError(codes)  # noqa: TRY301 - the import below is the answer to both
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
