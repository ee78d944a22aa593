"""Install the completion script and the manual page without touching the user's files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import place_release
from usageline.setup import first_run, manifest

if TYPE_CHECKING:
    from tests.setup.machine import LocalMachine, Machine
    from tests.world import Release

BASH = ".local/share/bash-completion/completions/usageline"
FISH = ".config/fish/completions/usageline.fish"
MANUAL = ".local/share/man/man1/usageline.1"

COMPLETE = """
. "$HOME/.local/share/bash-completion/completions/usageline"
PATH=$HOME/.local/bin:$PATH
COMP_WORDS=(usageline his) COMP_CWORD=1
_usageline_completion usageline
printf '%s\\n' "${COMPREPLY[@]}"
"""


def home_files(machine: Machine) -> dict[str, str]:
    """Return the files in the home directory that a shell or `man` reads, with their contents."""
    home = machine.world.home
    own = str(machine.data_dir)
    folders = (home / ".local/share", home / ".config", home / ".zfunc")
    return {
        str(path.relative_to(home)): path.read_text()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not str(path).startswith(own)
    }


def state(path: Path) -> tuple[int, ...]:
    """Return what changes if the file is replaced or written."""
    stat = path.lstat()
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns


@pytest.mark.slow
def test_installed_files_complete_the_command_and_show_its_manual(
    machine: Machine, built_release: Release
) -> None:
    """An uninstall leaves nothing of them, not even an empty directory."""
    machine.env["SHELL"] = "/bin/bash"
    place_release(machine, built_release)
    machine.run()
    done = machine.world.run("/bin/bash", "--norc", "-c", COMPLETE)
    assert (done.stdout, done.stderr) == ("history\n", "")
    assert ".SS usageline history " in home_files(machine)[MANUAL]
    assert "nothing to change" in machine.run()
    machine.wait_for_refreshes()
    machine.run("--uninstall")
    assert not [*(machine.world.home / ".local" / "share").iterdir()]


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("/bin/bash", {BASH, MANUAL}),
        ("/usr/bin/fish", {FISH, MANUAL}),
        ("/bin/zsh", {MANUAL}),
        ("/bin/dash", {MANUAL}),
        ("", {MANUAL}),
    ],
)
def test_install_writes_the_completion_of_the_users_shell(
    local: LocalMachine, shell: str, expected: set[str]
) -> None:
    local.env["SHELL"] = shell
    before = set(local.tree())
    assert not home_files(local)
    assert set(local.run("--dry-run").split()) >= {f"~/{path}" for path in expected}
    output = local.run()
    assert set(home_files(local)) == expected
    assert ("fpath" in output) == shell.endswith("zsh")
    assert "nothing to change" in local.run()
    local.run("--uninstall")
    assert set(local.tree()) == before


def test_zsh_gets_its_completion_in_a_directory_of_the_users_fpath(local: LocalMachine) -> None:
    own = local.world.home / ".zfunc"
    own.mkdir()
    local.env.update(SHELL="/bin/zsh", FPATH=f"relative:/usr/share/zsh/functions:{own}")
    assert "fpath" not in local.run()
    assert set(home_files(local)) == {".zfunc/_usageline", MANUAL}
    local.run("--uninstall")
    assert own.is_dir()
    assert not home_files(local)


@pytest.mark.parametrize("kind", ["file", "link", "directory", "fifo"])
def test_install_leaves_a_foreign_file_alone(local: LocalMachine, kind: str) -> None:
    local.env["SHELL"] = "/bin/bash"
    path = local.world.home / BASH
    path.parent.mkdir(parents=True)
    if kind == "link":
        path.symlink_to("elsewhere")
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_text("mine\n")
    before = state(path)
    for argument in ((), (), ("--uninstall",)):
        output = local.run(*argument)
        assert state(path) == before
        assert ("completions/usageline was" in output) == (argument == ())


def test_install_leaves_the_same_file_to_the_user_who_wrote_it(local: LocalMachine) -> None:
    local.env["SHELL"] = "/bin/bash"
    path = local.world.home / BASH
    path.parent.mkdir(parents=True)
    path.write_bytes(local.prints(("completion", "bash")))
    assert "left alone" not in local.run()
    local.run("--uninstall")
    assert path.exists()


def test_upgrade_renews_the_files_and_uninstall_leaves_changed_ones(local: LocalMachine) -> None:
    local.env["SHELL"] = "/bin/bash"
    local.run()
    local.release_id, local.printed = "0.2.0-0123456789", "newer"
    assert BASH in local.run()
    assert {text.split()[0] for text in home_files(local).values()} == {"newer"}
    path = local.world.home / BASH
    path.write_text("mine\n")
    local.release_id, local.printed = "0.3.0-0123456789", "newest"
    assert "left alone" in local.run()
    local.run("--uninstall")
    assert home_files(local) == {BASH: "mine\n"}


def test_file_of_a_killed_upgrade_is_removed(local: LocalMachine) -> None:
    """The manifest names the old and the new content while a file is being replaced."""
    local.env["SHELL"] = "/bin/bash"
    local.run()
    current = manifest.load(local.paths)
    assert current is not None
    path = str(local.world.home / BASH)
    digests = (*current.shell_files[path], manifest.digest(b"newer\n"))
    shell_files = {**current.shell_files, path: digests}
    manifest.save(local.paths, replace(current, shell_files=shell_files))
    Path(path).write_text("newer\n")
    local.run("--uninstall")
    assert not home_files(local)


def test_profiles_share_the_files_and_the_last_uninstall_removes_them(
    local: LocalMachine, tmp_path: Path
) -> None:
    local.env["SHELL"] = "/bin/bash"
    local.run()
    first = local.env["CLAUDE_CONFIG_DIR"]
    local.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "second")
    local.env["SHELL"] = "/bin/dash"
    local.run()
    local.env["CLAUDE_CONFIG_DIR"] = first
    local.run("--uninstall")
    assert set(home_files(local)) == {BASH, MANUAL}
    local.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "second")
    local.run("--uninstall")
    assert not home_files(local)


def test_directory_that_cannot_be_written_is_a_note(local: LocalMachine) -> None:
    local.env["SHELL"] = "/bin/bash"
    obstacle = local.world.home / ".local/share/man"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("a file\n")
    assert "usageline.1 was not written: Not a directory" in local.run()
    assert local.settings.exists()
    local.run("--uninstall")
    assert home_files(local) == {".local/share/man": "a file\n"}


def test_failing_command_leaves_no_file(local: LocalMachine) -> None:
    local.printed = ""
    local.run()
    assert not home_files(local)


@pytest.mark.parametrize("script", ["exit 3", "echo text; exit 1", "kill $$"])
def test_output_of_a_failing_command_is_not_used(tmp_path: Path, script: str) -> None:
    program = tmp_path / "usageline"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert first_run.command_output(str(program), ("man",), {"PATH": "/usr/bin:/bin"}) == b""
    assert first_run.command_output(str(tmp_path / "none"), ("man",), {}) == b""
