"""The cold side's environment: a venv with exactly the pinned packages, by uv where there is one, else by venv and pip.

Both keep the user's own configuration (index, proxy, certificates); nothing here names an index.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import UsagelineError
from usageline.setup import tool_config
from usageline.system import directories
from usageline.system.files import replace_link, write_atomic
from usageline.system.process import run_bounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.setup.interpreters import Interpreter

INSTALL_TIMEOUT_S = 600
MOST_BYTES = 4 << 20
"""Of what a tool says."""

SCRATCH = "tmp"
"""The directory in the release, while it is built, for the tools' temporary files: its disk must have room anyway, and /tmp may be full or read-only."""

CHECK = (
    "import click, ctypes, diskcache, filelock, httpx, plotille, rich, sqlite3, ssl, tomlkit, truststore, zlib,"
    " usageline.cli.main, usageline.refresh.run"
)
"""What a refresh and the command load, and what of the standard library some systems package apart."""

EXTRAS = {"png": "resvg_py"}
"""What may be installed besides: the list `requirements-<name>.lock`, and a module that must then be there."""

FULL_BYTES = 32 << 20
"""A disk with less left has no room for the packages and for what unpacks them."""

_DROPPED = ("VIRTUAL_ENV", "CONDA_PREFIX")
"""And every `PYTHON*`: some stop an interpreter, others have it write elsewhere."""


class PackagesFailed(UsagelineError):
    """An interpreter could not be given the packages; the text is the tool's own last words."""


class NoVenv(PackagesFailed):
    """An interpreter cannot make a venv, or load what is in it: another one may."""


@dataclass(frozen=True, slots=True)
class Packages:
    """How to fill a venv: the lists, what it must then be able to do, the environment of the tools, and uv's path or ""."""

    requirements: tuple[str, ...]
    check: str
    env: dict[str, str]
    uv: str

    def install(self, interpreter: Interpreter, release: str) -> str:
        """Make `<release>/venv` for `interpreter`; gives the name of the tool that did it. `PackagesFailed` where none could."""
        venv = release + "/venv"
        ways = [("uv", self._by_uv)] if self.uv else []
        failures: list[PackagesFailed] = []
        for name, way in [*ways, ("pip", self._by_pip)]:
            directories.remove_tree(venv)
            try:
                way(interpreter, venv)
                _point_to_program(venv)
                self._load(venv, release)
            except PackagesFailed as failure:
                failures.append(failure)
            else:
                directories.remove_tree(f"{release}/{SCRATCH}")
                return name
        # What uv said counts only where pip never came to install: they mostly fail for the same reason.
        raise (
            failures[0] if isinstance(failures[-1], NoVenv) and len(failures) > 1 else failures[-1]
        )

    def _load(self, venv: str, release: str) -> None:
        try:
            self._run([venv + "/bin/python", "-I", "-B", "-c", self.check], release)
        except PackagesFailed as failure:
            raise NoVenv(str(failure)) from None

    def _by_uv(self, interpreter: Interpreter, venv: str) -> None:
        release = os.path.dirname(venv)
        directories.make_directory(f"{release}/{SCRATCH}")
        uv = [
            self.uv,
            "--quiet",
            *tool_config.uv_options(self.env, f"{release}/{SCRATCH}/uv.toml"),
            *self._uv_cache(),
        ]
        self._run([*uv, "venv", "--python", interpreter.path, venv], release)
        pin_venv(venv, interpreter.path)
        wanted = ["--require-hashes", "--only-binary", ":all:", *self._lists()]
        # Copies: neither a change nor a removal of uv's cache may reach the installed program.
        into = ["--python", venv + "/bin/python", "--compile-bytecode", "--link-mode", "copy"]
        self._run([*uv, "pip", "install", *into, *wanted], release)

    def _uv_cache(self) -> list[str]:
        # A cache that is there is the user's to be used; one that is not would be left behind by an uninstall.
        base = self.env.get("XDG_CACHE_HOME") or self.env.get("HOME", "") + "/.cache"
        return [] if self.env.get("UV_CACHE_DIR") or os.path.isdir(base + "/uv") else ["--no-cache"]

    def _by_pip(self, interpreter: Interpreter, venv: str) -> None:
        try:
            self._run([interpreter.path, "-I", "-B", "-m", "venv", venv], os.path.dirname(venv))
        except PackagesFailed as failure:
            raise NoVenv(str(failure)) from None
        pin_venv(venv, interpreter.path)
        wanted = ["--require-hashes", "--only-binary", ":all:", *self._lists()]
        pip = [
            venv + "/bin/python",
            "-I",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "--no-cache-dir",
        ]
        config = tool_config.pip_variables(
            self._run([*pip, "config", "list"], os.path.dirname(venv), config=True), self.env
        )
        self._run([*pip, "install", "--quiet", "--compile", *wanted], os.path.dirname(venv), config)
        # Half of the venv's size is what made it; nothing in it is ever changed again.
        self._run(
            [*pip, "uninstall", "--quiet", "--yes", "setuptools", "pip"], os.path.dirname(venv)
        )

    def _lists(self) -> list[str]:
        return [argument for path in self.requirements for argument in ("--requirement", path)]

    def _run(
        self,
        command: Sequence[str],
        directory: str,
        more: Mapping[str, str] | None = None,
        *,
        config: bool = False,
    ) -> str:
        """Run to the end in `directory`, where no project's configuration lies; return the output.

        Of the user's settings of pip and uv only those reach it that say where packages come from; with `config` pip's files do, too.
        """
        kept = {
            name: value
            for name, value in self.env.items()
            if name not in _DROPPED and not name.startswith("PYTHON")
        }
        env = {**tool_config.without_targets(kept), **(more or {})}
        if config:
            env |= {name: value for name, value in kept.items() if name == "PIP_CONFIG_FILE"}
        else:
            env["PIP_CONFIG_FILE"] = os.devnull
        # What a killed tool leaves of its working files lies in the release, which is swept; elsewhere nobody would find it again.
        env["TMPDIR"] = f"{directory}/{SCRATCH}"
        directories.make_directory(env["TMPDIR"])
        deadline = time.monotonic() + INSTALL_TIMEOUT_S
        try:
            done = run_bounded(
                command, env, directory, deadline=deadline, most=MOST_BYTES, errors=True
            )
        except OSError as error:
            raise PackagesFailed(str(error)) from None
        if done.fault:
            raise PackagesFailed(
                f"{command[0]} "
                + (
                    f"took more than {INSTALL_TIMEOUT_S} s"
                    if done.fault == "time"
                    else "said too much"
                )
            )
        if done.status != 0:
            said = (done.output + done.errors).decode("utf-8", "replace").strip().splitlines()[-12:]
            # venv runs pip for itself, and keeps to itself what it said.
            full = [f"{directory}: {os.strerror(errno.ENOSPC)}"] if _is_full(directory) else []
            raise PackagesFailed(
                "\n".join([*(said or [f"{command[0]} ended with status {done.status}"]), *full])
            )
        return done.output.decode("utf-8", "replace")


def packages(plugin: str, extras: Sequence[str], env: dict[str, str]) -> Packages:
    """The lists in the directory `plugin`, those of `extras` as well, with uv where it is found on PATH or in its usual places."""
    home = env.get("HOME", "")
    places = os.pathsep.join(
        [
            env.get("PATH", ""),
            home + "/.local/bin",
            home + "/.cargo/bin",
            "/opt/homebrew/bin",
            "/usr/local/bin",
        ]
    )
    lists = ("requirements.lock", *(f"requirements-{extra}.lock" for extra in extras))
    check = ", ".join((CHECK, *(EXTRAS[extra] for extra in extras)))
    return Packages(
        tuple(f"{plugin}/{name}" for name in lists),
        check,
        env,
        shutil.which("uv", path=places) or "",
    )


def unsupported(extra: str, machine: str, abi: str) -> str:
    """Return why there is no package of `extra` for a system, "" if there is one. `abi` is Python's own name of it, such as x86_64-linux-gnu."""
    if extra != "png":
        return ""
    if "musl" in abi:
        return "musl (Alpine and its like)"
    return machine if machine.startswith("riscv") else ""


def _is_full(directory: str) -> bool:
    try:
        found = os.statvfs(directory)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < FULL_BYTES or (
        found.f_files > 0 and not found.f_favail
    )


def _point_to_program(venv: str) -> None:
    """Let the venv import usageline from the release. Relative, so that it needs no encoding and follows the release."""
    found = glob.glob(glob.escape(venv) + "/lib/python3*/site-packages")
    if not found:
        raise PackagesFailed(f"{venv} has no site-packages")
    for directory in found:
        with open(directory + "/usageline.pth", "w", encoding="ascii") as file:
            file.write("../../../../plugin\n")


def pin_venv(venv: str, interpreter: str) -> None:
    """Let a venv lead to its interpreter by that path; its tool may have written one that a patch release moves."""
    link, config = venv + "/bin/python", venv + "/pyvenv.cfg"
    if (
        not os.path.islink(link)
        or os.readlink(link) == interpreter
        or os.path.realpath(link) != os.path.realpath(interpreter)
    ):
        return
    replace_link(link, interpreter)
    with open(config, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    home = f"home = {os.path.dirname(interpreter)}"
    text = (
        "\n".join(home if line.partition("=")[0].strip() == "home" else line for line in lines)
        + "\n"
    )
    write_atomic(config, text.encode("utf-8", "surrogateescape"), 0o600)
