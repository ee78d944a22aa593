"""Compile the hot side: its bytecode, and the bundle of modules that `statusline.py` runs.

The interpreter needs as long to find one module as to run ten lines of it. So the bundle holds
every module of the hot side. It runs those that an unconfigured line imports, and the others when
they are needed. Without a bundle, all of them are imported as usual.

The bundle is a file of bytecode, `<plugin>/usageline/__pycache__/statusline.<tag>.opt-bundle.pyc`.
Python's own loader checks its magic number. Its code is that of `core/bundled.py` and a call of
`start`, with the modules to run and the places of the deferred ones as constants. A second file has
the code of the deferred modules; the digest in its name belongs to the bundle. Both end with the
SHA-256 of what is before.

A bundle is trusted as the bytecode beside it is. Only the cold side checks the digest, because the
check would add a hundredth to the time of each line.

Docstrings and annotations cost the hot side nothing, because the compilation drops them and the
imports that serve them.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import marshal
import os
import sys
from importlib.util import MAGIC_NUMBER
from typing import TYPE_CHECKING

from usageline.system import files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import CodeType

MODULES = (
    "usageline",
    "usageline.core",
    "usageline.core.paths",
    "usageline.core.freshness",
    "usageline.core.json_file",
    "usageline.core.formatting",
    "usageline.core.text",
    "usageline.core.windows",
    "usageline.core.vocabulary",
    "usageline.core.git_repo",
    "usageline.line",
    "usageline.line.layout",
    "usageline.line._defaults",
    "usageline.line.theme",
    "usageline.line.whose",
    "usageline.line.context",
    "usageline.line.view",
    "usageline.line._catalog",
    "usageline.line.segments",
    "usageline.line.segments.model",
    "usageline.line.segments.limits",
    "usageline.line.segments.credits",
    "usageline.line.segments.workspace",
    "usageline.line.render",
    "usageline.line.main",
)
"""Every module that an unconfigured line imports, each after all that it imports itself."""

LOADER = "usageline.core.bundled"
"""The module that loads the bundle."""

HOT_PACKAGES = ("core", "line", "line/segments")

MODULES_MARK, DEFERRED_MARK, NAME_MARK = "<modules>", "<deferred>", "<name>"
"""The texts in the call of `start` that become its constants."""

LOADED_MODULES = "__bundled__"
"""The name under which core/bundled.py gives each module of the bundle those that have run."""

DEFERRED_MODULE = "__deferred__"
"""The name of its function that returns a deferred module."""

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""PEP 552's flags of bytecode that is not checked against its source at each start."""

DIGEST_BYTES = hashlib.sha256().digest_size
MAX_BYTES = 4 << 20


def path(plugin: str, tag: str) -> str:
    """Return the bundle's path for interpreters with that `sys.implementation.cache_tag`."""
    return f"{plugin}/usageline/__pycache__/statusline.{tag}.opt-bundle.pyc"


def write(plugin: str) -> None:
    """Write the bundle and the hot side's bytecode for the interpreter that runs this.

    `plugin` is the directory above the package. Raise OSError if a file cannot be written.
    """
    sources = dict(_hot_sources(plugin))
    entries, deferred, codes = [], {}, b""
    for name, relative in sources.items():
        source_path = f"{plugin}/{relative}"
        with open(source_path, "rb") as file:
            source = file.read()
        _write_bytecode(source_path, source)
        tree = link_imports(strip_types(ast.parse(source, source_path)), sources.keys())
        code = _compile(tree, source_path)
        if name in MODULES:
            entries.append((name, relative, code))
        elif name == LOADER:
            call = ast.parse(f"start(__file__, {MODULES_MARK!r}, {DEFERRED_MARK!r}, {NAME_MARK!r})")
            tree.body += call.body
            loader = _compile(tree, source_path)
        else:
            data = marshal.dumps(code)
            deferred[name] = (relative, len(codes), len(data))
            codes += data
    entries.sort(key=lambda entry: MODULES.index(entry[0]))
    target = path(plugin, sys.implementation.cache_tag)
    folder = os.path.dirname(target)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    digest = hashlib.sha256(codes)
    name = f"line.{sys.implementation.cache_tag}.{digest.hexdigest()[:16]}.deferred"
    files.write_atomic(f"{folder}/{name}", codes + digest.digest(), 0o600)
    constants = {
        MODULES_MARK: marshal.dumps(tuple(entries)),
        DEFERRED_MARK: deferred,
        NAME_MARK: name,
    }
    replaced = (
        constants.get(value, value) if type(value) is str else value for value in loader.co_consts
    )
    loader = loader.replace(co_consts=tuple(replaced))
    content = MAGIC_NUMBER + UNCHECKED_HASH + bytes(8) + marshal.dumps(loader)
    files.write_atomic(target, content + hashlib.sha256(content).digest(), 0o600)


def is_whole(bundle_path: str) -> bool:
    """Return whether that file is a bundle exactly as it was written."""
    try:
        data = files.read_regular(bundle_path, MAX_BYTES)
    except OSError:
        return False
    return hashlib.sha256(data[:-DIGEST_BYTES]).digest() == data[-DIGEST_BYTES:]


# tried by: tests/system
def is_complete(plugin: str, tag: str) -> bool:
    """Return whether the bundle for that tag and the code of its deferred modules are whole."""
    bundle_path = path(plugin, tag)
    folder, deferred = os.path.dirname(bundle_path), []
    with contextlib.suppress(OSError):
        names = [name for name in os.listdir(folder) if name.startswith(f"line.{tag}.")]
        deferred = [f"{folder}/{name}" for name in names if name.endswith(".deferred")]
    return bool(deferred) and all(map(is_whole, [bundle_path, *deferred]))


def sweep(plugin: str) -> None:
    """Remove the damaged bundles in `plugin`, because an interpreter may crash on one.

    Never raises.
    """
    with contextlib.suppress(OSError), os.scandir(os.path.dirname(path(plugin, ""))) as entries:
        for entry in entries:
            if entry.name.endswith((".opt-bundle.pyc", ".deferred")) and not is_whole(entry.path):
                os.unlink(entry.path)


def strip_types(tree: ast.Module) -> ast.Module:
    """Remove annotations, `if TYPE_CHECKING` blocks and the imports that serve them from `tree`."""
    _TypeStripper().visit(tree)
    return ast.fix_missing_locations(tree)


def link_imports(tree: ast.Module, modules: Collection[str]) -> ast.Module:
    """Replace the imports from hot `modules` by look-ups of what has run, also in functions.

    An import statement takes some 10,000 instructions even if the module is already loaded, and
    350,000 if it is not.
    """
    _Linker(modules).visit(tree)
    return ast.fix_missing_locations(tree)


class _Linker(ast.NodeTransformer):
    def __init__(self, modules: Collection[str]) -> None:
        self._modules = modules

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        if node.module not in self._modules:
            return node
        return [self._look_up(node.module, alias) for alias in node.names]

    def _look_up(self, module: str | None, alias: ast.alias) -> ast.stmt:
        submodule = f"{module}.{alias.name}"
        is_module = submodule in self._modules
        name = ast.Constant(submodule if is_module else module)
        value: ast.expr = (
            ast.Subscript(ast.Name(LOADED_MODULES, ast.Load()), name, ast.Load())
            if name.value in MODULES
            else ast.Call(ast.Name(DEFERRED_MODULE, ast.Load()), [name], [])
        )
        if not is_module:
            value = ast.Attribute(value, alias.name, ast.Load())
        return ast.Assign([ast.Name(alias.asname or alias.name, ast.Store())], value, lineno=1)


class _TypeStripper(ast.NodeTransformer):
    """Removes what only a reader or a type checker needs."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "__future__" else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if _is_type_checking(node.targets[0]) else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:
        self.generic_visit(node)
        return node.orelse or None if _is_type_checking(node.test) else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._with_body(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._with_body(node)

    def _with_body(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


def _is_type_checking(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"


def _hot_sources(plugin: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each hot module and its path below `plugin`."""
    yield "usageline", "usageline/__init__.py"
    for package in HOT_PACKAGES:
        for file in sorted(os.listdir(f"{plugin}/usageline/{package}")):
            if file.endswith(".py"):
                relative = f"usageline/{package}/{file}"
                name = relative.removesuffix("/__init__.py").removesuffix(".py")
                yield name.replace("/", "."), relative


def _write_bytecode(source_path: str, source: bytes) -> None:
    code = _compile(strip_types(ast.parse(source, source_path)), source_path)
    target = importlib.util.cache_from_source(source_path)
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    header = MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)
    mode = os.stat(source_path).st_mode & 0o666
    files.write_atomic(target, header + marshal.dumps(code), mode, sync=False)


def _compile(tree: ast.Module, source_path: str) -> CodeType:
    return compile(tree, source_path, "exec", dont_inherit=True, optimize=2)
