"""install.sh from a copy of the clone, in a HOME of its own, with no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.setup.machine import releases
from usageline.config.validate import validate
from usageline.core import paths
from usageline.system import terminal_background

if TYPE_CHECKING:
    from tests.setup.machine import Machine

FOREIGN = b'{"statusLine": {"type": "command", "command": "mine.sh"}}'


def test_the_whole_of_it_comes_and_goes_without_a_trace(machine: Machine, tmp_path: Path) -> None:
    """Install, again, use without the clone, uninstall from another one: files before and after are the same."""
    machine.write_settings('{\n    "model": "opus",\n    "note": "é \\u00e9"\n}\n'.encode())
    before = machine.tree()
    machine.run("--dry-run")
    assert machine.tree() == before

    clone = tmp_path / "to be deleted"
    machine.clone, original = Path(shutil.copytree(machine.clone, clone)), machine.clone
    machine.env["NO_COLOR"] = "1"
    said = machine.run()
    assert "packages by uv" in said
    shutil.rmtree(clone)
    machine.clone = original
    assert said.rstrip().splitlines()[-1] == machine.line().rstrip()
    assert machine.settings.read_text().startswith(
        '{\n    "model": "opus",\n    "note": "é \\u00e9",\n    "statusLine"'
    )

    machine.wait_for_refreshes()
    installed = machine.tree(times=True)
    assert "nothing to change" in machine.run()
    machine.wait_for_refreshes()
    changed = {
        path for path, state in machine.tree(times=True).items() if installed.get(path) != state
    }
    assert not {path for path in changed if not path.startswith(paths.cache_dir(machine.env))}

    machine.run("--uninstall", "--dry-run")
    assert machine.settings.exists()
    machine.run("--uninstall")
    assert machine.tree() == before


def test_everything_is_for_the_user_alone(installed_world: Machine) -> None:
    """No file that another user could write, under whatever umask."""
    for path in (
        installed_world.data_dir,
        Path(paths.state_dir(installed_world.env)),
        installed_world.settings,
    ):
        for found in (path, *path.rglob("*")):
            assert found.is_symlink() or not found.lstat().st_mode & 0o022, found


def test_the_command_on_path_runs_the_release(installed_world: Machine) -> None:
    """Whatever PATH is."""
    command = paths.command(installed_world.env)
    assert os.readlink(command) == f"{installed_world.data_dir}/current/bin/usageline"
    launcher = Path(command).read_text()
    done = installed_world.world.run(
        command, "--version", env={"HOME": installed_world.env["HOME"]}
    )
    assert "Python is gone" not in done.stderr
    assert "usageline/cli/__main__.py" in launcher


def test_the_hook_is_silent(profile: Machine) -> None:
    """Its output would go into the model's context."""
    profile.run()
    hook = json.loads(profile.settings.read_text())["hooks"]["SessionStart"][0]["hooks"][0]
    done = profile.world.run("/bin/sh", "-c", hook["command"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


ENCODED = tuple(
    '{\n  "note": "é"\n}\n'.encode(encoding) for encoding in ("utf-16", "utf-8-sig", "latin-1")
)


@pytest.mark.parametrize(
    "data",
    [
        *ENCODED,
        None,
        b"",
        b" \n",
        b"{}",
        b'{"a":1}',
        b'\xef\xbb\xbf{"a":1}',
        b'{\r\n\t"a": {}\r\n}\r\n',
    ],
    ids=repr,
)
def test_settings_come_back_byte_for_byte(profile: Machine, data: bytes | None) -> None:
    """Also where there were none, and no directory for them."""
    if data is not None:
        profile.write_settings(data)
    before = profile.tree()
    profile.run()
    assert profile.line()
    profile.run("--uninstall")
    assert profile.tree() == before


def test_settings_behind_a_link_come_back_too(profile: Machine, tmp_path: Path) -> None:
    """The link stays, the target is changed."""
    target = tmp_path / "dotfiles" / "settings.json"
    target.parent.mkdir()
    target.write_bytes(b"{}")
    profile.settings.parent.mkdir()
    profile.settings.symlink_to(target)
    profile.run()
    assert b"statusLine" in target.read_bytes()
    assert profile.settings.is_symlink()
    assert [path.name for path in target.parent.iterdir()] == ["settings.json"]
    profile.run("--uninstall")
    assert target.read_bytes() == b"{}"
    assert [path.name for path in profile.settings.parent.iterdir()] == ["settings.json"]


def test_another_programs_status_line_is_not_replaced_without_a_word(profile: Machine) -> None:
    """Nobody to ask and no --yes: nothing at all is changed."""
    profile.write_settings(FOREIGN)
    before = profile.tree(times=True)
    assert "mine.sh" in profile.run(expect=1)
    assert profile.tree(times=True) == before


def test_another_programs_status_line_comes_back(profile: Machine) -> None:
    """Byte for byte; and by value where the file was changed meanwhile."""
    profile.write_settings(FOREIGN)
    profile.run("--yes")
    assert b"mine.sh" not in profile.settings.read_bytes()
    profile.run("--uninstall")
    assert profile.settings.read_bytes() == FOREIGN

    profile.run("--yes")
    profile.settings.write_text(
        json.dumps({**json.loads(profile.settings.read_text()), "added": True})
    )
    said = profile.run("--uninstall")
    assert json.loads(profile.settings.read_text()) == {**json.loads(FOREIGN), "added": True}
    kept = [path for path in profile.settings.parent.iterdir() if path != profile.settings]
    assert [path.read_bytes() for path in kept] == [FOREIGN]
    assert kept[0].name in said


@pytest.mark.parametrize(
    "data", [b"{", b'{"statusLine": 1, "statusLine": 2}', b"[]", b'{"hooks": []}'], ids=repr
)
def test_settings_that_cannot_be_changed_are_left_alone(profile: Machine, data: bytes) -> None:
    """The user is told what to paste, and the rest is in place, so that pasting is enough."""
    profile.write_settings(data)
    said = profile.run(expect=1)
    assert profile.settings.read_bytes() == data
    assert '"statusLine"' in said
    profile.run("--uninstall")
    assert profile.settings.read_bytes() == data


def test_read_only_settings_are_left_alone(profile: Machine) -> None:
    """Their owner meant it."""
    profile.write_settings(b"{}")
    profile.settings.chmod(0o444)
    assert "read-only" in profile.run(expect=1)
    profile.run("--uninstall")
    assert profile.settings.read_bytes() == b"{}"


def test_what_was_pasted_by_hand_is_removed(profile: Machine) -> None:
    """After a refusal the user puts the snippet in; uninstall finds it."""
    profile.write_settings(b"{")
    said = profile.run(expect=1)
    snippet = said[said.index("{\n") : said.index("\n}\n") + 2]
    profile.settings.write_text(snippet)
    assert profile.line()
    profile.run("--uninstall")
    assert json.loads(profile.settings.read_text()) == {}


def test_a_command_of_the_users_own_is_left_alone(profile: Machine) -> None:
    """The install goes on and says so; nor does an uninstall take it."""
    command = Path(paths.command(profile.env))
    ours = os.readlink(command)
    command.unlink()
    try:
        command.write_text("mine")
        assert "left alone" in profile.run()
        profile.run("--uninstall")
        assert command.read_text() == "mine"
    finally:
        command.unlink()
        command.symlink_to(ours)


def test_hooks_that_are_disabled_are_mentioned(profile: Machine) -> None:
    """No line would show, and nobody would know why."""
    profile.write_settings(b'{"disableAllHooks": true}')
    assert "disableAllHooks" in profile.run()


def test_a_profile_that_goes_leaves_the_program_to_the_others(
    profile: Machine, installed_world: Machine
) -> None:
    """Two CLAUDE_CONFIG_DIRs share one program."""
    profile.run()
    profile.run("--uninstall")
    assert installed_world.line()


def test_packages_that_cannot_be_had_leave_nothing_behind(machine: Machine, tmp_path: Path) -> None:
    """And say what to do."""
    machine.env["PIP_FIND_LINKS"] = machine.env["UV_FIND_LINKS"] = str(tmp_path)
    before = machine.tree()
    assert "could not be installed" in machine.run(expect=1)
    assert machine.tree() == before


@pytest.mark.timeout(180)
def test_a_failed_upgrade_leaves_the_old_release_in_use(machine: Machine, tmp_path: Path) -> None:
    """The line goes on; a good upgrade then replaces the release and keeps one only."""
    machine.run()
    machine.wait_for_refreshes()
    old, line = os.readlink(machine.data_dir / "current"), machine.settings.read_bytes()
    machine.clone = Path(shutil.copytree(machine.clone, tmp_path / "newer"))
    changed = machine.clone / "plugin/usageline/core/errors.py"
    changed.write_text(changed.read_text() + "# newer\n")
    wheels = machine.env["PIP_FIND_LINKS"]
    machine.env["PIP_FIND_LINKS"] = machine.env["UV_FIND_LINKS"] = str(tmp_path)
    machine.run(expect=1)
    assert os.readlink(machine.data_dir / "current") == old
    assert len(releases(machine.data_dir)) == 1

    machine.env["PIP_FIND_LINKS"] = machine.env["UV_FIND_LINKS"] = wheels
    machine.run()
    assert os.readlink(machine.data_dir / "current") != old
    assert len(releases(machine.data_dir)) == 1
    assert machine.settings.read_bytes() == line


@pytest.mark.parametrize("arguments", [("--unknown",), ("extra",), ("--dry",)])
def test_wrong_usage_ends_with_status_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    """And changes nothing."""
    before = machine.tree()
    assert "usage:" in machine.run(*arguments, expect=2)
    assert machine.tree() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "-dash"),
        ("HOME", "relative"),
        ("CLAUDE_CONFIG_DIR", "relative"),
        ("XDG_DATA_HOME", "/tmp/a:b"),
        ("XDG_DATA_HOME", os.fsdecode(b"/tmp/\xff")),
    ],
)
def test_an_odd_environment_is_refused_in_a_sentence(
    machine: Machine, name: str, value: str
) -> None:
    """Before anything is changed."""
    before = machine.tree()
    machine.env[name] = value
    assert machine.run(expect=1).startswith("usageline: ")
    del machine.env[name]
    machine.env["HOME"] = str(machine.world.home)
    assert machine.tree() == before


LINES = 'set -- "it\'s"\n\n# """ \\\\ $HOME\nprintf \'mine %s\\n\' "$1"\n'


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        (LINES, "mine it's"),
        (LINES.replace("\n", "\r\n"), None),
        ("echo mine # " + "x" * 5000, "mine"),
        ("#" + "é" * 20000 + "\necho mine", "mine"),
        ("printf '\x1b[31mred\x1b[0m\\n'", "red"),
        ('"printf" mine', "mine"),
    ],
    ids=["lines", "crlf", "long", "very-long", "escape", "quoted"],
)
def test_a_status_line_of_whatever_length_is_kept_beside_ours_and_comes_back(
    profile: Machine, foreign: str, shown: str | None
) -> None:
    """By the very words that the install says, and to the byte."""
    data = json.dumps({"statusLine": {"type": "command", "command": foreign}}, indent=3).encode()
    profile.write_settings(data)
    profile.env.update(NO_COLOR="1", XDG_CONFIG_HOME=str(profile.settings.parent / "xdg"))
    said = profile.run("--yes")
    (command,) = re.findall(r"usageline config set chain\.command .*", said)
    typed = command.replace("usageline", paths.command(profile.env), 1)
    assert profile.world.run("/bin/sh", "-c", typed).returncode == 0
    kept = validate(Path(paths.config_file(profile.env)).read_bytes().decode())
    assert kept.values.table("chain")["command"] == foreign
    assert (
        profile.world.run(
            paths.command(profile.env), "config", "set", "chain.wait", "true"
        ).returncode
        == 0
    )
    if shown is not None:
        assert shown in profile.line()
    profile.run("--uninstall")
    assert profile.settings.read_bytes() == data


def test_a_terminal_is_asked_for_its_background_once(profile: Machine) -> None:
    """For Claude Code's theme `auto`; what it says is there before the first refresh."""
    profile.write_settings(b'{"theme": "auto"}')
    profile.world.write_state(hasCompletedOnboarding=True)
    env = {**profile.env, "TERM": "xterm-256color"}
    with Terminal(
        [str(profile.clone / "install.sh"), "--yes"], env, profile.settings.parent
    ) as terminal:
        deadline = time.monotonic() + 60
        while b"\x1b]11;?" not in terminal.received:
            assert time.monotonic() < deadline, terminal.lines()
            terminal._read(0.02)
        terminal.press(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c")
        assert terminal.end() == 0, terminal.lines()
        assert terminal.modes() == terminal.modes_before
    assert terminal_background.cached_background(profile.env) == "light"
