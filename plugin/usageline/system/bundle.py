"""The hot side's modules in one file, `<plugin>/usageline/__pycache__/line.<tag>.bundle`, which `statusline.py` runs.

The interpreter spends as long on finding a module as on ten lines of it: with the modules of an unconfigured line taken from one file, a line
costs hardly more than a bare start. What a configured line needs besides is imported as usual, and so is everything where there is no bundle.

A bundle is the interpreter's magic number, then, marshalled, a tuple of `(name, path below <plugin>, code)`, and then the SHA-256 of all that. It is
trusted just as the bytecode beside it is. The digest is for the cold side: to look at it would cost each line a hundredth of its time.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from importlib.util import MAGIC_NUMBER

from usageline.system import files

MODULES = (
    "usageline",
    "usageline.core",
    "usageline.core.paths",
    "usageline.core.environment",
    "usageline.core.freshness",
    "usageline.core.json_file",
    "usageline.core.formatting",
    "usageline.core.text",
    "usageline.core.windows",
    "usageline.core.appearance",
    "usageline.core.status_text",
    "usageline.line",
    "usageline.line.layout",
    "usageline.line.default",
    "usageline.line.theme",
    "usageline.line.paint",
    "usageline.line.whose",
    "usageline.line.view",
    "usageline.line._catalog",
    "usageline.line.segments",
    "usageline.line.segments.model",
    "usageline.line.segments.limits",
    "usageline.line.render",
    "usageline.line.main",
)
"""What an unconfigured line imports, each after all that it imports itself."""


DIGEST_BYTES = hashlib.sha256().digest_size
MOST_BYTES = 4 << 20


def path(plugin: str, tag: str) -> str:
    """Where the bundle for interpreters of that `sys.implementation.cache_tag` is."""
    return f"{plugin}/usageline/__pycache__/line.{tag}.bundle"


def write(plugin: str) -> None:
    """Write the bundle of the program in `plugin` for the interpreter that runs this."""
    found = []
    for name in MODULES:
        place = name.replace(".", "/")
        place = f"{place}/__init__.py" if os.path.isdir(f"{plugin}/{place}") else f"{place}.py"
        with open(f"{plugin}/{place}", "rb") as file:
            code = compile(file.read(), f"{plugin}/{place}", "exec", dont_inherit=True, optimize=2)
        found.append((name, place, code))
    target = path(plugin, sys.implementation.cache_tag)
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    content = MAGIC_NUMBER + marshal.dumps(tuple(found))
    files.write_atomic(target, content + hashlib.sha256(content).digest(), 0o600)


def is_whole(place: str) -> bool:
    """Whether that file is a bundle as it was written, to the bit."""
    try:
        data = files.read_regular(place, MOST_BYTES)
    except OSError:
        return False
    return hashlib.sha256(data[:-DIGEST_BYTES]).digest() == data[-DIGEST_BYTES:]


def sweep(plugin: str) -> None:
    """Remove the bundles of the program in `plugin` that are damaged: an interpreter may crash on one. Raises nothing."""
    with contextlib.suppress(OSError), os.scandir(os.path.dirname(path(plugin, ""))) as entries:
        for entry in entries:
            if (
                entry.name.startswith("line.")
                and entry.name.endswith(".bundle")
                and not is_whole(entry.path)
            ):
                os.unlink(entry.path)
