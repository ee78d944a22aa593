"""Build what is published, and try it as a user would:

    python -m tools.release build          write a wheel and a source archive to dist/
    python -m tools.release try WHEEL      install the wheel into a new environment and run it
    python -m tools.release tag v1.2.3     fail unless the tag names the version that is built

`build` needs the packages of tests/requirements-build.lock. Nothing else here needs a package.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "plugin" / "requirements.lock"
TIMEOUT_S = 300


class ReleaseError(Exception):
    """The release is not one to publish."""


def version() -> str:
    """Return the version of the program in this clone."""
    match = re.search(
        r'__version__ = "(.+)"', (ROOT / "plugin" / "usageline" / "__init__.py").read_text("utf-8")
    )
    if match is None:
        raise ReleaseError("plugin/usageline/__init__.py has no version")
    return match[1]


def check_tag(tag: str) -> None:
    """Raise `ReleaseError` unless the tag, the version and the changelog agree."""
    if tag != f"v{version()}":
        raise ReleaseError(f"the tag is {tag}, the version is {version()}: tag v{version()}")
    heading = re.search(
        rf"^## {re.escape(version())}\b(.*)",
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    if heading is None:
        raise ReleaseError(f"CHANGELOG.md has no section {version()}")
    if "unreleased" in heading[1]:
        raise ReleaseError(f"CHANGELOG.md calls {version()} unreleased: put the date there")


def build() -> None:
    """Build with the pinned packages of this environment, not with what the index has today."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"], cwd=ROOT, check=True
    )


def try_wheel(wheel: Path) -> None:
    """Raise `ReleaseError` unless the installed command and the status line run."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=True)
        programs = environment / ("Scripts" if os.name == "nt" else "bin")
        python = str(programs / "python")
        pip = [python, "-I", "-m", "pip", "install", "--quiet"]
        _run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)])
        _run([*pip, "--no-deps", "--no-index", str(wheel.resolve())])
        env = {
            **os.environ,
            "HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(home / ".claude"),
            "PYTHONSAFEPATH": "1",
        }
        output = _run([str(programs / "usageline"), "--version"], env)
        if version() not in output:
            raise ReleaseError(f"usageline --version printed {output!r}, not {version()}")
        package = _run(
            [python, "-I", "-c", "import usageline; print(usageline.__path__[0])"]
        ).strip()
        line = _run(
            [python, "-I", "-S", "-B", "-X", "utf8", str(Path(package) / "statusline.py")],
            env,
            "{}",
        )
        if not line.strip():
            raise ReleaseError("the status line printed nothing")
        print(f"{output.strip()} runs, and its status line printed {line.strip()!r}")


def _run(command: list[str], env: dict[str, str] | None = None, data: str | None = None) -> str:
    result = subprocess.run(
        command,
        input=data,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    if result.returncode:
        raise ReleaseError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if the release is not one to publish."""
    parser = argparse.ArgumentParser(description="Build what is published, and try it.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="write a wheel and a source archive to dist/")
    commands.add_parser("try", help="install a wheel and run it").add_argument("wheel", type=Path)
    commands.add_parser("tag", help="compare a tag with the version").add_argument("tag")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "build":
            build()
        elif chosen.command == "try":
            try_wheel(chosen.wheel)
        else:
            check_tag(chosen.tag)
    except (ReleaseError, OSError, subprocess.SubprocessError) as error:
        print(f"tools.release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
