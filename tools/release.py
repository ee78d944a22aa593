"""Build what is published, and try it as a user would:

    python -m tools.release build          write a wheel and a source archive to dist/
    python -m tools.release try WHEEL      install the wheel into a new environment and run it
    python -m tools.release tag v1.2.3     fail unless the tag names the version that is built

`build` needs the packages of tests/requirements-build.lock. Nothing else here needs a package.
"""

from __future__ import annotations

import argparse
import json
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
REPOSITORY = "USAGELINE_REPOSITORY"
"""The variable that tools/package_metadata.py reads."""


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
    """Build with the pinned packages of this environment, not with what the index has today.

    On GitHub the metadata has the repository's address. The index must be able to show README.
    """
    env = dict(os.environ)
    server, name = env.get("GITHUB_SERVER_URL"), env.get("GITHUB_REPOSITORY")
    if server and name:
        env.setdefault(REPOSITORY, f"{server}/{name}")
    python = [sys.executable, "-m"]
    dist = ROOT / "dist"
    subprocess.run(
        [*python, "build", "--no-isolation", "--outdir", str(dist)], cwd=ROOT, env=env, check=True
    )
    built = [str(path) for path in dist.glob(f"usageline-{version()}*")]
    subprocess.run([*python, "twine", "check", "--strict", *built], cwd=ROOT, check=True)


def try_wheel(wheel: Path) -> None:
    """Raise `ReleaseError` unless its command installs a status line that runs."""
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
        # Nothing of this user's may be changed.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("XDG_")
        }
        env = {
            **inherited,
            "HOME": str(home),
            "CLAUDE_CONFIG_DIR": str(home / ".claude"),
            "PYTHONSAFEPATH": "1",
        }
        output = _run([str(programs / "usageline"), "--version"], env)
        if version() not in output:
            raise ReleaseError(f"usageline --version printed {output!r}, not {version()}")
        usageline = str(programs / "usageline")
        _run([usageline, "demo"], env)
        _run([usageline, "install"], env)
        settings = home / ".claude" / "settings.json"
        command = json.loads(settings.read_text("utf-8"))["statusLine"]["command"]
        line = _run(["/bin/sh", "-c", command], env, "{}")
        _run([usageline, "uninstall", "--purge"], env)
        if settings.exists():
            raise ReleaseError(f"an uninstall left {settings.read_text('utf-8')}")
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
