"""Find the Pythons of a machine, and choose one for the line."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from usageline.setup import interpreters, packages, release_plan
from usageline.setup.interpreters import Interpreter
from usageline.setup.release_plan import Timing

if TYPE_CHECKING:
    from pathlib import Path

REAL = interpreters.stable_path(getattr(sys, "_base_executable", sys.executable))


def script(path: Path, text: str) -> Path:
    """Create an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_probe_resolves_a_shim(tmp_path: Path) -> None:
    """pyenv, asdf and mise put shell scripts on PATH that cost more than the line itself."""
    shim = script(tmp_path / "shims" / "python3", f'exec {shlex.quote(sys.executable)} "$@"\n')
    interpreter = interpreters.probe(str(shim))
    assert interpreter
    assert interpreter.path == REAL


def test_probe_resolves_a_venv() -> None:
    """The user may delete a venv. The tests run in one."""
    assert sys.prefix != sys.base_prefix
    interpreter = interpreters.probe(sys.executable)
    assert interpreter
    assert interpreter.path == REAL


def test_find_lists_every_interpreter_once(tmp_path: Path) -> None:
    """It may have many names and shims."""
    for name in ("python3", "python3.11"):
        script(tmp_path / "shims" / name, f'exec {shlex.quote(sys.executable)} "$@"\n')
    path = os.pathsep.join(
        [
            str(tmp_path / "shims"),
            os.path.dirname(sys.executable),
            os.path.dirname(REAL),
            "relative",
            "",
        ]
    )
    listed = [
        interpreter.path for interpreter in interpreters.find({"PATH": path, "HOME": str(tmp_path)})
    ]
    assert len(listed) == len(set(listed))
    assert listed[0] == REAL


@pytest.mark.parametrize(
    "text",
    [
        "exit 1",
        "echo nothing of use",
        'echo \'["/usr/bin/python2", [2, 7, 18], "cpython"]\'',
        'echo \'["/usr/bin/pypy", [3, 11, 1], "pypy"]\'',
        'echo \'["/gone/python", [3, 11, 1], "cpython"]\'',
    ],
)
def test_probe_rejects_an_unusable_python(tmp_path: Path, text: str) -> None:
    """It may be broken, too old, another implementation, or gone."""
    assert interpreters.probe(str(script(tmp_path / "python3", text))) is None


def test_stable_path_of_homebrew_survives_an_upgrade(
    tmp_path: Path,
) -> None:
    """The Cellar's path contains the patch version."""
    real = script(tmp_path / "Cellar" / "python@3.12" / "3.12.1" / "bin" / "python3.12", "")
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt" / "python@3.12").symlink_to(real.parent.parent)
    assert interpreters.stable_path(str(real)) == str(tmp_path / "opt/python@3.12/bin/python3.12")


def test_rank_puts_the_fastest_first(tmp_path: Path) -> None:
    """The slow one is a script that sleeps before it starts the real one."""
    slow = Interpreter(
        str(script(tmp_path / "python3", f'sleep 0.2; exec {shlex.quote(REAL)} "$@"\n')), (3, 11, 0)
    )
    fast = Interpreter(REAL, (3, 11, 0))
    ranking = release_plan.rank([slow, fast], "")
    assert [timing.interpreter for timing in ranking] == [fast, slow]
    assert "the fastest of 2" in release_plan.explain(ranking)


@pytest.mark.parametrize(
    ("system_s", "chosen"),
    [(0.0103, "/usr/bin/python3.11"), (0.0120, "/home/me/.pyenv/versions/3.13.0/bin/python3.13")],
)
def test_select_prefers_the_systems_interpreter_among_equals(system_s: float, chosen: str) -> None:
    """A version manager may remove its own; but one that is clearly faster wins."""
    other = Timing(
        Interpreter("/home/me/.pyenv/versions/3.13.0/bin/python3.13", (3, 13, 0)), 0.0100
    )
    system = Timing(Interpreter("/usr/bin/python3.11", (3, 11, 2)), system_s)
    assert release_plan.select([other, system]).interpreter.path == chosen


def test_rank_leaves_out_an_interpreter_that_fails(tmp_path: Path) -> None:
    """Version managers leave such files."""
    broken = Interpreter(str(script(tmp_path / "python3", "exit 3")), (3, 11, 0))
    ranking = release_plan.rank([broken, Interpreter(REAL, (3, 11, 0))], "")
    assert [timing.interpreter.path for timing in ranking] == [REAL]


@pytest.mark.parametrize(
    ("how", "is_used"),
    [("own", True), ("relative", False), ("open", False), ("below open", False), ("text", False)],
)
def test_uv_is_used_only_if_no_other_user_can_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, *, is_used: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    uv = script(tmp_path / "bin" / "uv", "")
    uv.parent.chmod(0o777 if how == "open" else 0o755)
    tmp_path.chmod(0o777 if how == "below open" else 0o755)
    uv.chmod(0o644 if how == "text" else 0o755)
    env = {"HOME": str(tmp_path), "PATH": "bin" if how == "relative" else str(uv.parent)}
    used = packages.find_uv(env)
    assert used == str(uv) if is_used else not used.startswith(("bin", str(tmp_path)))


@pytest.mark.parametrize(("limit", "reason"), [("TIMEOUT_S", "took more"), ("BYTES", "printed")])
def test_message_says_which_limit_a_tool_exceeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, reason: str
) -> None:
    names = {"TIMEOUT_S": "INSTALL_TIMEOUT_S", "BYTES": "MAX_OUTPUT_BYTES"}
    monkeypatch.setattr(packages, names[limit], 0)
    tool = script(tmp_path / "tool", "echo much; exec sleep 60\n")
    installer = packages.PackageInstaller((), "", {"PATH": "/usr/bin:/bin"}, "")
    with pytest.raises(packages.PackagesFailed, match=reason):
        installer._run([str(tool)], str(tmp_path))
