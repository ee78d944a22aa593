"""install.sh from a copy of the clone, in a HOME of its own, with no network."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.local.transcripts import MAIN, encoded, line
from tests.setup.machine import installed_releases
from usageline.config.validate import validate
from usageline.core import jobs, paths
from usageline.core.errors import SetupRefused
from usageline.setup import command, first_run, manifest, release_plan
from usageline.setup.context import SetupContext
from usageline.setup.packages import PackageInstaller, PackagesFailed
from usageline.storage.usage_index.checks import NAME
from usageline.system.paths import Paths
from usageline.system.terminal import cached_background

if TYPE_CHECKING:
    from tests.setup.machine import LocalMachine, Machine
    from tests.world import World

BUILD = release_plan.build
RUN_REFRESH = first_run.run_refresh
FOREIGN = b'{"statusLine": {"type": "command", "command": "mine.sh"}}'


@pytest.mark.timeout(180)  # it builds an environment
def test_install_and_uninstall_leave_no_trace(machine: Machine, tmp_path: Path) -> None:
    """Install twice, delete the clone, use the line, and uninstall from another clone."""
    machine.write_settings('{\n    "model": "opus",\n    "note": "é \\u00e9"\n}\n'.encode())
    before = machine.tree()
    machine.run("--dry-run")
    assert machine.tree() == before

    clone = tmp_path / "to be deleted"
    machine.clone, original = Path(shutil.copytree(machine.clone, clone)), machine.clone
    machine.env["NO_COLOR"] = "1"
    output = machine.run()
    assert "packages by uv" in output
    shutil.rmtree(clone)
    machine.clone = original
    assert output.rstrip().splitlines()[-1] == machine.line().rstrip()
    assert_writable_by_the_user_alone(machine)
    assert_doctor_is_content(machine)
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
    assert not {path for path in changed if not path.startswith(machine.paths.cache_dir)}

    machine.run("--uninstall", "--dry-run")
    assert machine.settings.exists()
    machine.run("--uninstall")
    assert machine.tree() == before


def assert_writable_by_the_user_alone(machine: Machine) -> None:
    for path in (machine.data_dir, Path(machine.paths.state_dir), machine.settings):
        for entry in (path, *path.rglob("*")):
            assert entry.is_symlink() or not entry.lstat().st_mode & 0o022, entry


def assert_doctor_is_content(machine: Machine) -> None:
    """The installed program has its own packages, and neither service nor client."""
    machine.wait_for_refreshes()
    done = machine.world.run(machine.paths.command, "doctor")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("✗")] == []
    complaints = [line for line in lines if line.startswith("!")]
    assert not [
        line for line in complaints if "install" in line or "bytecode" in line or "record" in line
    ], complaints


def test_command_runs_the_current_release(installed_world: Machine) -> None:
    """PATH does not matter."""
    command = installed_world.paths.command
    assert os.readlink(command) == f"{installed_world.data_dir}/current/bin/usageline"
    launcher = Path(command).read_text()
    done = installed_world.world.run(
        command, "--version", env={"HOME": installed_world.env["HOME"]}
    )
    assert "Python is gone" not in done.stderr
    assert "usageline/cli/__main__.py" in launcher


def test_hook_is_silent(local: Machine) -> None:
    """Claude Code adds a hook's output to the model's context."""
    local.run()
    hook = json.loads(local.settings.read_text())["hooks"]["SessionStart"][0]["hooks"][0]
    done = local.world.run("/bin/sh", "-c", hook["command"])
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
def test_uninstall_restores_settings_byte_for_byte(local: Machine, data: bytes | None) -> None:
    """Missing settings, and a missing directory for them, are missing again."""
    if data is not None:
        local.write_settings(data)
    before = local.tree()
    local.run()
    assert local.line()
    local.run("--uninstall")
    assert local.tree() == before


def test_uninstall_restores_settings_behind_a_link(local: Machine, tmp_path: Path) -> None:
    """The link stays a link."""
    target = tmp_path / "dotfiles" / "settings.json"
    target.parent.mkdir()
    target.write_bytes(b"{}")
    local.settings.parent.mkdir()
    local.settings.symlink_to(target)
    local.run()
    assert b"statusLine" in target.read_bytes()
    assert local.settings.is_symlink()
    assert [path.name for path in target.parent.iterdir()] == ["settings.json"]
    local.run("--uninstall")
    assert target.read_bytes() == b"{}"
    assert [path.name for path in local.settings.parent.iterdir()] == ["settings.json"]


def test_install_does_not_replace_another_status_line_without_yes(local: Machine) -> None:
    local.write_settings(FOREIGN)
    before = local.tree(times=True)
    assert "mine.sh" in local.run(expect=1)
    assert local.tree(times=True) == before


def test_uninstall_restores_another_status_line(local: Machine) -> None:
    """By bytes, or by value if the file has changed since the install."""
    local.write_settings(FOREIGN)
    local.run("--yes")
    assert b"mine.sh" not in local.settings.read_bytes()
    local.run("--uninstall")
    assert local.settings.read_bytes() == FOREIGN

    local.run("--yes")
    local.settings.write_text(json.dumps({**json.loads(local.settings.read_text()), "added": True}))
    output = local.run("--uninstall")
    assert json.loads(local.settings.read_text()) == {**json.loads(FOREIGN), "added": True}
    copies = [path for path in local.settings.parent.iterdir() if path != local.settings]
    assert [path.read_bytes() for path in copies] == [FOREIGN]
    assert copies[0].name in output


@pytest.mark.parametrize(
    "data", [b"{", b'{"statusLine": 1, "statusLine": 2}', b"[]", b'{"hooks": []}'], ids=repr
)
def test_install_leaves_unchangeable_settings_alone(local: Machine, data: bytes) -> None:
    """The output has the snippet to paste, and everything else is installed."""
    local.write_settings(data)
    output = local.run(expect=1)
    assert local.settings.read_bytes() == data
    assert '"statusLine"' in output
    local.run("--uninstall")
    assert local.settings.read_bytes() == data


def test_install_leaves_read_only_settings_alone(local: Machine) -> None:
    local.write_settings(b"{}")
    local.settings.chmod(0o444)
    assert "read-only" in local.run(expect=1)
    local.run("--uninstall")
    assert local.settings.read_bytes() == b"{}"


def test_uninstall_removes_a_pasted_snippet(local: Machine) -> None:
    """The user pastes the snippet of a refusal."""
    local.write_settings(b"{")
    output = local.run(expect=1)
    snippet = output[output.index("{\n") : output.index("\n}\n") + 2]
    local.settings.write_text(snippet)
    assert local.line()
    local.run("--uninstall")
    assert json.loads(local.settings.read_text()) == {}


def test_install_leaves_the_users_command_alone(local: Machine) -> None:
    """Uninstall does not remove it either."""
    command = Path(paths.command(local.env))
    command.parent.mkdir(parents=True)
    command.write_text("mine")
    assert "left alone" in local.run()
    local.run("--uninstall")
    assert command.read_text() == "mine"


def test_install_mentions_what_keeps_the_line_from_being_shown(local: Machine) -> None:
    """Disabled hooks disable the line, too; Claude Code ignores long settings."""
    local.write_settings(b'{"disableAllHooks": true, "note": "%s"}' % (b"x" * (2 << 20)))
    output = local.run()
    assert "disableAllHooks" in output
    assert "has more than 2 MiB: Claude Code ignores it" in " ".join(output.split())


def test_uninstall_of_a_profile_leaves_the_program_to_the_others(
    local: Machine, tmp_path: Path
) -> None:
    local.run()
    first = local.env["CLAUDE_CONFIG_DIR"]
    local.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "second")
    local.run()
    assert "another profile" in local.run("--uninstall")
    local.env["CLAUDE_CONFIG_DIR"] = first
    assert "usageline: " not in local.line()
    local.run("--uninstall")
    assert not local.data_dir.exists()


def refuse_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build releases as install.sh does, but offer no packages to pip and uv."""

    def refuse(*_: object) -> str:
        raise PackagesFailed("No matching distribution")

    monkeypatch.setattr(release_plan, "build", BUILD)
    monkeypatch.setattr(PackageInstaller, "install", refuse)


def test_install_leaves_nothing_if_packages_are_missing(
    local: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tests/faults/supply has pip and uv refuse them."""
    refuse_packages(monkeypatch)
    before = local.tree()
    assert "could not be installed" in local.run(expect=1)
    assert local.tree() == before


@pytest.mark.parametrize("arguments", [(), ("--with", "png")], ids=["upgrade", "extra"])
def test_failed_upgrade_leaves_the_old_release_in_use(
    local: LocalMachine, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """The manifest does not list the extra. The next successful upgrade replaces the release."""
    local.run()
    old, settings = os.readlink(local.data_dir / "current"), local.settings.read_bytes()
    before = manifest.load(Paths(local.env))
    with monkeypatch.context() as patch:
        refuse_packages(patch)
        assert "could not be installed" in local.run(*arguments, expect=1)
    assert os.readlink(local.data_dir / "current") == old
    assert len(installed_releases(local.data_dir)) == 1
    assert manifest.load(Paths(local.env)) == before
    assert "nothing to change" in local.run()

    local.release_id = "0.1.0-1123456789"
    local.run()
    assert os.readlink(local.data_dir / "current") != old
    assert len(installed_releases(local.data_dir)) == 1
    assert local.settings.read_bytes() == settings


def test_wrong_usage_exits_with_2(machine: Machine) -> None:
    before = machine.tree()
    assert "usage:" in machine.run("--unknown", expect=2)
    assert machine.tree() == before


@pytest.mark.parametrize("argument", ["--unknown", "extra", "--dry"])
def test_unknown_and_abbreviated_arguments_are_wrong_usage(argument: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command._parse([argument], "install.sh")
    assert ended.value.code == 2


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
def test_odd_environment_is_refused(world: World, name: str, value: str) -> None:
    ctx = SetupContext({**world.env, name: value}, "/nonexistent", lambda _: None)
    with pytest.raises(SetupRefused, match=f"{name}|Python's environments"):
        ctx.validate()


def test_refusal_is_a_sentence_and_changes_nothing(machine: Machine) -> None:
    before = machine.tree()
    machine.env["CLAUDE_CONFIG_DIR"] = "relative"
    assert machine.run(expect=1).startswith("usageline: CLAUDE_CONFIG_DIR is not an absolute path")
    del machine.env["CLAUDE_CONFIG_DIR"]
    assert machine.tree() == before


LINES = 'set -- "it\'s"\n\n# """ \\\\ $HOME\nprintf \'mine %s\\n\' "$1"\n'


@pytest.mark.parametrize(
    "other",
    [
        LINES,
        LINES.replace("\n", "\r\n"),
        "echo mine # " + "x" * 5000,
        "#" + "é" * 20000 + "\necho mine",
        "printf '\x1b[31mred\x1b[0m\\n'",
        '"printf" mine',
        "echo 'mine'",
    ],
    ids=["lines", "crlf", "long", "very-long", "escape", "quoted", "short"],
)
def test_chain_hint_and_uninstall_keep_any_status_line(local: Machine, other: str) -> None:
    """The hint has the command itself, or `--previous` if a terminal or TOML would change it."""
    data = json.dumps({"statusLine": {"type": "command", "command": other}}, indent=3).encode()
    local.write_settings(data)
    (words,) = re.findall(r"usageline config set chain\.command (.*)", local.run("--yes"))
    (value,) = shlex.split(words)
    installed = manifest.load(Paths(local.env))
    assert installed is not None
    assert installed.before_bytes == data
    assert value == (other if other == "echo 'mine'" else "--previous")
    local.run("--uninstall")
    assert local.settings.read_bytes() == data


def test_chain_hint_shows_the_previous_status_line_beside_this_one(profile: Machine) -> None:
    profile.write_settings(json.dumps({"statusLine": {"command": LINES}}).encode())
    profile.env.update(NO_COLOR="1", XDG_CONFIG_HOME=str(profile.settings.parent / "xdg"))
    (hint,) = re.findall(r"usageline config set chain\.command .*", profile.run("--yes"))
    installed = paths.command(profile.env)
    typed = hint.replace("usageline", installed, 1)
    assert profile.world.run("/bin/sh", "-c", typed).returncode == 0
    config = validate(Path(paths.config_file(profile.env)).read_bytes().decode())
    assert config.values.table("chain")["command"] == LINES
    waits = profile.world.run(installed, "config", "set", "chain.wait", "true")
    assert waits.returncode == 0
    assert "mine it's" in profile.line()


def test_install_asks_the_terminal_for_its_background_once(profile: Machine) -> None:
    """Claude Code's theme `auto` needs it before the first refresh."""
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
    assert cached_background(Paths(profile.env)) == "light"


def test_install_begins_to_read_the_transcripts(
    local: LocalMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, unless the user disabled it."""
    monkeypatch.setattr(first_run, "run_refresh", RUN_REFRESH)
    says = "reading Claude Code's transcripts in the background"
    path = Path(local.paths.claude_dir) / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(line()))
    local.world.configure("[local]\nenabled = false\n")
    assert says not in local.run()
    local.run("--uninstall", "--yes", "--purge")
    local.world.configure("")
    assert says in local.run()
    index = Path(local.paths.usage_dir) / NAME
    result = Path(jobs.result_file(local.env, jobs.LOCAL, jobs.LOCAL_KEY))
    until = time.monotonic() + 60
    while not result.exists():
        assert time.monotonic() < until, "the transcripts are not read"
        time.sleep(0.05)
    assert index.exists()
