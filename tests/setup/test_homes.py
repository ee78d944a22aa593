"""Whose home it is, what may be written there, and what runs there: real owners, mounts and interpreters."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import NAMESPACE, needs
from usageline.core import paths
from usageline.setup import interpreters, settings_changes, tool_config, trusted_path
from usageline.setup.interpreters import Interpreter
from usageline.setup.packages import unsupported_platform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.setup.machine import Machine

SOMEBODY = 61234
"""A user number that nobody has."""

REAL = os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def in_namespace(
    machine: Machine, script: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a mount namespace of its own, with `$1` and so on."""
    return machine.world.run(*NAMESPACE, "sh", "-c", script, "sh", *arguments, timeout=55)


def wired(machine: Machine) -> bytes:
    """Return settings.json as an install would make it."""
    machine.run()
    data = machine.settings.read_bytes()
    machine.run("--uninstall")
    return data


@pytest.mark.parametrize("place", ["home", "claude", "config-dir", "data", "local-bin"])
@pytest.mark.parametrize("arguments", [("--yes",), ("--uninstall",)], ids=["install", "uninstall"])
def test_root_is_refused_where_another_user_owns_what_would_be_written(
    machine: Machine, place: str, arguments: tuple[str, ...]
) -> None:
    needs(root=True)
    home = machine.world.home
    owned = {
        "home": home,
        "claude": home / ".claude",
        "config-dir": home / "elsewhere",
        "data": home / "data",
        "local-bin": home / ".local/bin",
    }[place]
    owned.mkdir(parents=True, exist_ok=True)
    if place == "config-dir":
        machine.env["CLAUDE_CONFIG_DIR"] = str(owned)
    if place == "data":
        machine.env["XDG_DATA_HOME"] = str(owned)
    os.chown(owned, SOMEBODY, SOMEBODY)
    before = machine.tree(times=True)
    said = machine.run(*arguments, expect=1)
    assert said.count("belongs to") == 1, said
    assert "Nothing was changed" in said
    assert machine.tree(times=True) == before


def test_settings_that_are_a_mount_are_written_in_place(profile: Machine, tmp_path: Path) -> None:
    """And given back in place; a second install changes nothing."""
    needs(mounts=True)
    profile.write_settings(b'{"model": "opus"}')
    host = tmp_path / "host.json"
    host.write_bytes(b'{"model": "opus"}')
    script = 'mount --bind "$1" "$2"; "$3"; echo rc $?; cat "$1"; "$3"; echo rc $?; "$3" --uninstall; echo rc $?; printf "<"; cat "$1"; printf ">"'
    done = in_namespace(
        profile, script, str(host), str(profile.settings), str(profile.clone / "install.sh")
    )
    assert done.stdout.count("rc 0\n") == 3, done.stdout + done.stderr
    assert '"statusLine"' in done.stdout
    assert "nothing to change" in done.stdout
    assert done.stdout.endswith('<{"model": "opus"}>')


def test_settings_in_a_read_only_directory_are_written_in_place(
    profile: Machine, tmp_path: Path
) -> None:
    """The copy of what was there then lies with the install record."""
    needs(mounts=True)
    original = b'{"model": "opus", "env": {"A": "' + b"x" * 3000 + b'"}}'
    profile.write_settings(original)
    host = tmp_path / "host.json"
    host.write_bytes(original)
    script = (
        'mount --bind "$4" "$4"; mount --bind "$1" "$2"; mount -o remount,bind,ro "$4"; "$3"; echo rc $?; grep -c statusLine "$1";'
        ' "$3" --uninstall; echo rc $?'
    )
    done = in_namespace(
        profile,
        script,
        str(host),
        str(profile.settings),
        str(profile.clone / "install.sh"),
        str(profile.settings.parent),
    )
    assert done.stdout.count("rc 0\n") == 2, done.stdout + done.stderr
    assert host.read_bytes() == original


@pytest.mark.parametrize("how", ["mode", "mount", "twice", "link"])
def test_read_only_settings_that_are_wired_need_no_change(
    profile: Machine, tmp_path: Path, how: str
) -> None:
    """As home-manager and chezmoi write them; of a key that is there twice the last one counts."""
    data = wired(profile)
    profile.write_settings(data)
    before = "true"
    if how == "mode":
        profile.settings.chmod(0o444)
    if how == "twice":
        profile.settings.write_bytes(data.replace(b"{", b'{"a": 1, "a": 2,', 1))
    if how == "link":
        store = tmp_path / "store" / "settings.json"
        store.parent.mkdir()
        store.write_bytes(data)
        store.chmod(0o444)
        profile.settings.unlink()
        profile.settings.symlink_to(store)
    if how == "mount":
        needs(mounts=True)
        before = 'mount --bind "$2" "$2"; mount -o remount,bind,ro "$2"'
    content = profile.settings.read_bytes()
    if how == "mount":
        done = in_namespace(
            profile,
            f'{before}; "$1"; echo rc $?',
            str(profile.clone / "install.sh"),
            str(profile.settings.parent),
        )
        assert done.stdout.endswith("rc 0\n"), done.stdout + done.stderr
    else:
        profile.run()
    assert profile.settings.read_bytes() == content
    assert "Put this into it" not in profile.run()


@pytest.mark.parametrize("owner", ["file", "target", "directory", "directory-of-link"])
def test_an_interpreter_that_another_user_can_change_is_not_started(
    tmp_path: Path, owner: str
) -> None:
    needs(root=True)
    proof, target = tmp_path / "ran", tmp_path / "real" / "bin" / "python3.13"
    target.parent.mkdir(parents=True)
    target.write_text(
        f'#!/bin/sh\ntouch {shlex.quote(str(proof))}\nexec {shlex.quote(REAL)} "$@"\n'
    )
    target.chmod(0o755)
    link = tmp_path / "shared" / "bin" / "python3.13"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    changed = {
        "file": link,
        "target": target,
        "directory": target.parent.parent,
        "directory-of-link": link.parent,
    }[owner]
    assert trusted_path.untrusted_reason(str(link)) == ""
    os.chown(changed, SOMEBODY, SOMEBODY, follow_symlinks=False)
    assert "belongs to another user" in trusted_path.untrusted_reason(str(link))
    refused: list[str] = []
    found = interpreters.find({"PATH": str(link.parent), "HOME": str(tmp_path)}, refusals=refused)
    assert not proof.exists()
    assert str(link) not in [one.path for one in found]
    assert any(str(link) in sentence for sentence in refused)


def test_install_sh_starts_no_interpreter_of_another_user(machine: Machine, tmp_path: Path) -> None:
    """Nor one in a directory that everybody can write, sticky or not."""
    needs(root=True)
    proof = tmp_path / "ran"
    for number, (mode, uid) in enumerate(((0o755, SOMEBODY), (0o777, 0), (0o1777, 0))):
        folder = tmp_path / f"bin{number}"
        folder.mkdir()
        (folder / "python3").write_text(
            f'#!/bin/sh\ntouch {shlex.quote(str(proof))}\nexec {shlex.quote(REAL)} "$@"\n'
        )
        (folder / "python3").chmod(0o755)
        os.chown(folder, uid, uid)
        folder.chmod(mode)
        machine.env["PATH"] = f"{folder}:{os.path.dirname(REAL)}:/usr/bin:/bin"
        machine.run("--dry-run")
        assert not proof.exists(), oct(mode)


def lame(path: Path, lacking: str) -> Path:
    """Make an interpreter that has no module `lacking`."""
    path.parent.mkdir(parents=True)
    code = f"import sys; sys.modules[{lacking!r}] = None\\n"
    path.write_text(
        '#!/bin/sh\n# Put before the code of -c that the module is missing.\nfor word; do shift; case $last in -c) word="$(printf '
        + shlex.quote(code)
        + ')\n$word" ;; esac; last=$word; set -- "$@" "$word"; done\n'
        + f'exec {shlex.quote(REAL)} "$@"\n'
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("lacking", ["_sqlite3", "_ssl", "_ctypes", "zlib"])
def test_an_interpreter_that_lacks_a_part_is_told_by_it(tmp_path: Path, lacking: str) -> None:
    python = lame(tmp_path / "bin" / "python3", lacking)
    assert interpreters.missing_modules(Interpreter(str(python), (3, 11, 0)))
    assert not interpreters.missing_modules(Interpreter(REAL, (3, 11, 0)))


def test_an_interpreter_that_lacks_a_part_does_not_hide_a_whole_one(
    machine: Machine, tmp_path: Path
) -> None:
    python = lame(tmp_path / "bin" / "python3", "_sqlite3")
    machine.env["PATH"] = f"{python.parent}:{os.path.dirname(REAL)}:/usr/bin:/bin"
    assert str(python) not in machine.run("--dry-run")


@pytest.mark.parametrize(
    ("linked", "real"),
    [
        ("3.12", "3.12.1"),
        ("cpython-3.12-linux-x86_64-gnu", "cpython-3.12.1-linux-x86_64-gnu"),
        (
            "cpython-3.13+freethreaded-linux-x86_64-gnu",
            "cpython-3.13.0+freethreaded-linux-x86_64-gnu",
        ),
        ("3.14", "3.14.0rc2"),
    ],
)
def test_the_path_of_a_version_manager_that_outlives_a_patch_is_wired(
    tmp_path: Path, linked: str, real: str
) -> None:
    python = tmp_path / "installs" / real / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text("")
    (tmp_path / "installs" / linked).symlink_to(real)
    assert interpreters.stable_path(str(python)) == str(
        tmp_path / "installs" / linked / "bin/python3"
    )


def test_a_link_with_the_minor_version_outlives_a_patch_and_a_venv_does_not(tmp_path: Path) -> None:
    """The link of uv in ~/.local/bin is one; pyenv gives no lasting directory."""
    python = tmp_path / "versions" / "3.12.1" / "bin" / "python3.12"
    python.parent.mkdir(parents=True)
    python.write_text("")
    for folder in ("bin", "venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "python3.12").symlink_to(python)
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    assert (
        interpreters.upgrade_safe_path(f"{tmp_path}/bin/python3.12", str(python), "3.12")
        == f"{tmp_path}/bin/python3.12"
    )
    assert interpreters.upgrade_safe_path(
        f"{tmp_path}/venv/bin/python3.12", str(python), "3.12"
    ) == str(python)


PIP_CONF = """[global]
index-url = https://example.com/simple
no-binary = :all:
[install]
target = {target}
constraint = /nonexistent
dry-run = true
find-links = {wheels}
"""


@pytest.mark.timeout(150)
def test_the_program_comes_and_goes_whatever_pip_is_configured_to_do(
    machine: Machine, tmp_path: Path
) -> None:
    """Packages land in the environment; then the interpreter goes, another shows the line, and an uninstall works."""
    target = tmp_path / "target"
    conf = machine.world.home / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    wheels = machine.env.pop("PIP_FIND_LINKS")
    conf.write_text(PIP_CONF.format(target=target, wheels=wheels))
    machine.env.update(
        PIP_REQUIRE_HASHES="0",
        PIP_PREFIX=str(target),
        PIP_DRY_RUN="1",
        PIP_CONSTRAINT="/nonexistent",
        PIP_ROOT=str(target),
    )
    machine.env.update(PYTHONPYCACHEPREFIX=str(target), PYTHONPLATLIBDIR="nonexistent")
    machine.uv.unlink()
    assert "packages by pip" in machine.run()
    assert not target.exists()
    machine.wait_for_refreshes()

    hook = machine.data_dir / "current/hooks/session_start.py"
    whole = hook.read_bytes()
    start = json.loads(machine.settings.read_text())["hooks"]["SessionStart"][0]["hooks"][0][
        "command"
    ]
    for replace in (os.unlink, os.mkfifo, os.mkdir):
        replace(hook)
        done = machine.world.run("/bin/sh", "-c", start, timeout=10)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        if replace is os.mkfifo:
            hook.unlink()
    hook.rmdir()
    hook.write_bytes(whole)

    python = machine.data_dir / "current/venv/bin/python"
    python.unlink()
    python.symlink_to("/nonexistent/python3.12.1")
    command = json.loads(machine.settings.read_text())["statusLine"]["command"]
    elsewhere = command.replace(
        settings_changes.interpreter_of(command), "/nonexistent/python3.12.1"
    )
    done = machine.world.run(
        "/bin/sh", "-c", elsewhere, stdin=None, input='{"model": {"display_name": "Opus"}}'
    )
    if any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15)):
        assert "Opus" in done.stdout
    done = machine.world.run(paths.command(machine.env), "doctor")
    assert done.returncode == 1
    assert "its Python is not on this system" in done.stderr
    done = machine.world.run(paths.command(machine.env), "uninstall")
    assert done.returncode == 0, done.stderr
    assert not machine.data_dir.exists()
    assert not machine.settings.exists()


def test_settings_of_another_system_are_not_said_to_be_broken(tmp_path: Path) -> None:
    """A container that mounts ~/.claude alone."""
    ours = settings_changes.make_entries("/usr/bin/python3", str(tmp_path / "of another/home"))
    done = subprocess.run(["sh", "-c", ours.line], capture_output=True, text=True, check=True)
    assert done.stdout == settings_changes.NOT_INSTALLED + "\n"
    assert "not installed on this system" in done.stdout
    assert len(done.stdout) < 80


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('index-url = "https://a"\n', None),
        (
            'index-url = "https://a"\n[pip]\ntarget = "/x"\nno-deps = true\n',
            'index-url = "https://a"\n[pip]\n',
        ),
        ("[pip]\n\"prefix\" = '/x' # mine\n", "[pip]\n"),
        ('pip = { target = "/x" }\n', ""),
        ("[pip]\nno-binary = [\n'a']\n", ""),
    ],
)
def test_a_configuration_of_uv_keeps_its_index_and_loses_what_moves(
    tmp_path: Path, text: str, kept: str | None
) -> None:
    file = tmp_path / "uv.toml"
    file.write_text(text)
    options = tool_config.uv_options({"UV_CONFIG_FILE": str(file)}, str(tmp_path / "kept"))
    if kept is None:
        assert options == []
    elif kept:
        assert options == ["--config-file", str(tmp_path / "kept")]
        assert (tmp_path / "kept").read_text() == kept
    else:
        assert options == ["--no-config"]


def test_of_the_variables_of_pip_and_uv_those_of_the_index_stay() -> None:
    moved = dict.fromkeys(
        (
            "PIP_TARGET",
            "PIP_PREFIX",
            "PIP_NO_DEPS",
            "pip_root",
            "UV_SYSTEM_PYTHON",
            "UV_CONSTRAINT",
            "UV_LINK_MODE",
        ),
        "1",
    )
    kept = dict.fromkeys(
        (
            "PIP_INDEX_URL",
            "PIP_CERT",
            "PIP_NO_INDEX",
            "UV_INDEX_COMPANY_PASSWORD",
            "UV_DEFAULT_INDEX",
            "HOME",
        ),
        "1",
    )
    assert tool_config.filter_env({**moved, **kept}) == kept
    listed = "global.index-url='https://a'\ninstall.index-url='https://b'\nglobal.find-links='a\\nb'\ninstall.target='/x'\n:env:.target='/y'\n"
    assert tool_config.pip_env(listed, {}) == {
        "PIP_INDEX_URL": "https://b",
        "PIP_FIND_LINKS": "a b",
    }
    assert tool_config.pip_env(listed, {"PIP_INDEX_URL": "https://c"}) == {"PIP_FIND_LINKS": "a b"}


def test_without_home_the_line_takes_the_home_of_the_user_database(profile: Machine) -> None:
    """As Claude Code does. The cache is elsewhere, so that nothing is written into the real home."""
    env = {name: value for name, value in profile.env.items() if name != "HOME"}
    for home in ({}, {"HOME": ""}):
        code = "from usageline.core.environment import environment; print(environment()['HOME'])"
        done = profile.world.run(
            REAL,
            "-I",
            "-S",
            "-B",
            "-c",
            f"import sys; sys.path.insert(0, {str(profile.clone / 'plugin')!r}); {code}",
            env={**env, **home},
        )
        assert done.stdout.strip() == os.path.expanduser(f"~{_user()}"), done.stderr


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.timeout(120)
def test_a_home_that_is_mounted_noexec_is_told_and_works(machine: Machine) -> None:
    needs(mounts=True)
    script = (
        'cp -r "$HOME" "$1"; mount -t tmpfs -o noexec none "$HOME"; cp -r "$1/home/." "$HOME"; "$2" | head -1; sh "$3" --version; echo rc $?;'
        ' sh -c "$(sed -n \'s/.*"command": "\\(.*statusline.py\\).*/\\1/p\' "$HOME/.claude/settings.json")" </dev/null'
    )
    aside = machine.world.root / "aside"
    aside.mkdir()
    done = machine.world.run(
        *NAMESPACE,
        "sh",
        "-c",
        script,
        "sh",
        str(aside),
        str(machine.clone / "install.sh"),
        paths.command(machine.env),
        timeout=110,
    )
    assert "mounted noexec" in done.stdout.splitlines()[0], done.stdout + done.stderr
    assert "rc 0" in done.stdout


@pytest.mark.parametrize(
    "redirection", [">&-", "<&- >&- 2>&-", ">/dev/full", ">/dev/full 2>&1", "<&-"]
)
def test_an_install_without_streams_does_its_work(profile: Machine, redirection: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    done = profile.world.run(
        "sh", "-c", f'"$1" {redirection}', "sh", profile.clone / "install.sh", timeout=55
    )
    assert done.returncode == 0, done.stderr
    assert profile.line()


@pytest.mark.parametrize(
    ("machine_name", "abi", "works"),
    [
        ("x86_64", "x86_64-linux-gnu", True),
        ("x86_64", "x86_64-linux-musl", False),
        ("riscv64", "riscv64-linux-gnu", False),
    ],
)
def test_the_extra_png_is_refused_where_it_has_no_package(
    machine_name: str, abi: str, works: bool
) -> None:
    assert (unsupported_platform("png", machine_name, abi) == "") is works
