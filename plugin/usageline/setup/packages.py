"""Build a release's environment: a venv with the pinned packages, by uv if present, else by pip.

Both tools use the user's own index, proxy and certificates; nothing here names an index.
"""

from __future__ import annotations

import errno
import glob
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import UsagelineError
from usageline.setup import tool_config
from usageline.system import directories, process
from usageline.system.files import FULL, remove_file, replace_link, write_atomic
from usageline.system.trust import untrusted_interpreter_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.setup.interpreters import Interpreter

INSTALL_TIMEOUT_S = 600
MAX_OUTPUT_BYTES = 4 << 20
"""The limit for a tool's output."""

SCRATCH = "tmp"
"""The tools' temporary directory, inside the release: /tmp may be full or read-only."""

IMPORT_CHECK = (
    "import click, ctypes, diskcache, filelock, httpx, plotille, rich, sqlite3, ssl,"
    " tomlkit, truststore, zlib, usageline.cli.main, usageline.refresh.run"
)
"""Imports of the refresh and the command, with standard modules that some systems package apart."""

EXTRAS = {"otlp": "opentelemetry.sdk.metrics", "png": "resvg_py", "redis": "redis"}
"""Optional extras: `requirements-<name>.lock`, and a module that must be importable afterwards."""

MIN_FREE_BYTES = 32 << 20
"""With less free space a failed install is explained by a full disk."""


class PackagesFailed(UsagelineError):
    """The packages could not be installed; the text is the end of the tool's output."""


class VenvFailed(PackagesFailed):
    """An interpreter cannot create a venv or import its packages; another interpreter may."""


@dataclass(frozen=True, slots=True)
class PackageInstaller:
    """How to build a venv.

    `check` are the imports that must then succeed, `env` is the tools' environment,
    and `uv` is the path of uv or "".
    """

    requirements: tuple[str, ...]
    check: str
    env: dict[str, str]
    uv: str

    def install(self, interpreter: Interpreter, release: str) -> str:
        """Create `<release>/venv` for `interpreter`. Returns the name of the tool that did it.

        Raises `PackagesFailed` if no tool succeeds.
        """
        venv = release + "/venv"
        methods = [("uv", self._by_uv)] if self.uv else []
        failures: list[PackagesFailed] = []
        for name, method in [*methods, ("pip", self._by_pip)]:
            directories.remove_tree(venv)
            try:
                method(interpreter, venv)
                _add_program_path(venv)
                load = [venv + "/bin/python", "-I", "-B", "-c", self.check]
                self._run(load, release, failure=VenvFailed)
            except PackagesFailed as failure:
                failures.append(failure)
            else:
                directories.remove_tree(f"{release}/{SCRATCH}")
                return name
        # Both mostly fail for the same reason. Report uv's only if pip could not start to install.
        pip_did_not_run = isinstance(failures[-1], VenvFailed) and len(failures) > 1
        raise failures[0] if pip_did_not_run else failures[-1]

    def _by_uv(self, interpreter: Interpreter, venv: str) -> None:
        release = os.path.dirname(venv)
        directories.make_directory(f"{release}/{SCRATCH}")
        config = tool_config.uv_options(self.env, f"{release}/{SCRATCH}/uv.toml")
        uv = [self.uv, "--quiet", *config, *self._uv_cache()]
        self._run([*uv, "venv", "--python", interpreter.path, venv], release)
        pin_interpreter(venv, interpreter.path)
        # Copies: changes in uv's cache must not affect the installed program.
        target = ["--python", venv + "/bin/python", "--compile-bytecode", "--link-mode", "copy"]
        self._run([*uv, "pip", "install", *target, *self._requirements()], release)
        # Every user may write to uv's lock, whatever the umask.
        remove_file(venv + "/.lock")

    def _uv_cache(self) -> list[str]:
        # Use the user's cache if it exists; an uninstall would not remove a new one.
        base = self.env.get("XDG_CACHE_HOME") or self.env.get("HOME", "") + "/.cache"
        return [] if self.env.get("UV_CACHE_DIR") or os.path.isdir(base + "/uv") else ["--no-cache"]

    def _by_pip(self, interpreter: Interpreter, venv: str) -> None:
        release = os.path.dirname(venv)
        create = [interpreter.path, "-I", "-B", "-m", "venv", venv]
        self._run(create, release, failure=VenvFailed)
        pin_interpreter(venv, interpreter.path)
        options = ["--disable-pip-version-check", "--no-input", "--no-cache-dir"]
        pip = [venv + "/bin/python", "-I", "-m", "pip", *options]
        pip_config = self.env.get("PIP_CONFIG_FILE")
        listed = self._run([*pip, "config", "list"], release, pip_config=pip_config)
        config = tool_config.pip_env(listed, self.env)
        install = [*pip, "install", "--quiet", "--compile", *self._requirements()]
        self._run(install, release, config)
        # They are half of the venv's size, and a release is never changed.
        self._run([*pip, "uninstall", "--quiet", "--yes", "setuptools", "pip"], release)

    def _requirements(self) -> list[str]:
        lists = [word for path in self.requirements for word in ("--requirement", path)]
        return ["--require-hashes", "--only-binary", ":all:", *lists]

    def _run(
        self,
        command: Sequence[str],
        directory: str,
        more: Mapping[str, str] | None = None,
        *,
        pip_config: str | None = os.devnull,
        failure: type[PackagesFailed] = PackagesFailed,
    ) -> str:
        """Run a tool in `directory`, which holds no project's configuration; return its output.

        Of the user's settings for pip and uv it gets those that name a package source. `pip_config`
        is pip's configuration file, None for the usual ones. Raise `failure` if it fails.
        """
        env = {**tool_config.filter_env(self.env), **(more or {})}
        if pip_config:
            env["PIP_CONFIG_FILE"] = pip_config
        # Temporary files of a killed tool are removed with the release; elsewhere they would stay.
        env["TMPDIR"] = f"{directory}/{SCRATCH}"
        directories.make_directory(env["TMPDIR"])
        if "RUSTUP_HOME" not in env and not os.path.isdir(env.get("HOME", "") + "/.rustup"):
            # pip asks rustc for its version, and rustup creates its directory to answer.
            env["RUSTUP_HOME"] = env["TMPDIR"]
        deadline = time.monotonic() + INSTALL_TIMEOUT_S
        try:
            result = process.run(
                command,
                env,
                directory,
                deadline=deadline,
                max_bytes=MAX_OUTPUT_BYTES,
                keep_errors=True,
            )
        except OSError as error:
            raise failure(str(error)) from None
        if result.stop_reason == "timeout":
            raise failure(f"{command[0]} took more than {INSTALL_TIMEOUT_S} s")
        if result.stop_reason:
            raise failure(f"{command[0]} printed more than {MAX_OUTPUT_BYTES >> 20} MiB")
        if result.status != 0:
            output = (result.output + result.errors).decode("utf-8", "replace")
            last = output.strip().splitlines()[-12:]
            # venv runs pip itself and hides its output.
            full = [f"{directory}: {os.strerror(errno.ENOSPC)}"] if _is_disk_full(directory) else []
            status = f"{command[0]} ended with status {result.status}"
            raise failure("\n".join([*(last or [status]), *full]))
        return result.output.decode("utf-8", "replace")


def make_installer(plugin: str, extras: Sequence[str], env: dict[str, str]) -> PackageInstaller:
    """Return the installer for the lists in the directory `plugin`, including those of `extras`.

    It uses uv if that is on PATH or in one of its usual directories.
    """
    lists = ("requirements.lock", *(f"requirements-{extra}.lock" for extra in extras))
    return PackageInstaller(
        requirements=tuple(f"{plugin}/{name}" for name in lists),
        check=", ".join((IMPORT_CHECK, *(EXTRAS[extra] for extra in extras))),
        env=env,
        uv=find_uv(env),
    )


def find_uv(env: Mapping[str, str]) -> str:
    """Return the first uv that no other user can change, "" if there is none.

    pip serves as well, so another one is ignored. A relative directory of PATH is a project's.
    """
    home = env.get("HOME", "")
    searched = env.get("PATH", "").split(os.pathsep)
    usual = (home + "/.local/bin", home + "/.cargo/bin", "/opt/homebrew/bin", "/usr/local/bin")
    paths = (f"{folder}/uv" for folder in (*searched, *usual) if os.path.isabs(folder))
    programs = (path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK))
    return next((path for path in programs if not untrusted_interpreter_reason(path)), "")


def failure_advice(failure: PackagesFailed) -> str:
    """Return the message for the user, with what to do."""
    message = f"The packages could not be installed:\n\n{failure}\n\nNothing else was changed. "
    if any(os.strerror(number) in str(failure) for number in FULL):
        return (
            f"{message}Free some space on the disk that the message names"
            " (about 60 MiB in all) and try again."
        )
    if "resvg" in str(failure) and "hash" not in str(failure).lower():
        return (
            f"{message}The extra png may have no package for this system:"
            " install without --with png; everything else works."
        )
    return (
        f"{message}Behind a proxy or a mirror set what pip or uv reads"
        " (HTTPS_PROXY, PIP_INDEX_URL, UV_DEFAULT_INDEX);\n"
        "on Debian and Ubuntu install python3-venv; or install uv. Then try again."
    )


def unsupported_platform(extra: str, machine: str, abi: str) -> str:
    """Return the platform for which `extra` has no package, or "" if this one is supported.

    `abi` is Python's name of the ABI, such as x86_64-linux-gnu.
    """
    if extra != "png":
        return ""
    if "musl" in abi:
        return "musl (Alpine and similar)"
    return machine if machine.startswith("riscv") else ""


def _is_disk_full(directory: str) -> bool:
    try:
        status = os.statvfs(directory)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < MIN_FREE_BYTES or (
        status.f_files > 0 and not status.f_favail
    )


def _add_program_path(venv: str) -> None:
    """Let the venv import usageline from the release, by a relative path in ASCII."""
    packages = glob.glob(glob.escape(venv) + "/lib/python3*/site-packages")
    if not packages:
        raise PackagesFailed(f"{venv} has no site-packages")
    for directory in packages:
        with open(directory + "/usageline.pth", "w", encoding="ascii") as file:
            file.write("../../../../plugin\n")


def pin_interpreter(venv: str, interpreter: str) -> None:
    """Link a venv to its interpreter by that path.

    The tool may have used a path that the next patch version removes.
    """
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
    changed = [home if line.partition("=")[0].strip() == "home" else line for line in lines]
    write_atomic(config, ("\n".join(changed) + "\n").encode("utf-8", "surrogateescape"), 0o600)
