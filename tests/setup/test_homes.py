"""Setup with real owners, mounts and interpreters."""

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
from tests.setup.machine import place_release
from usageline.setup import interpreters, settings_entries, tool_config
from usageline.setup.interpreters import Interpreter
from usageline.setup.packages import unsupported_platform
from usageline.system import trust

if TYPE_CHECKING:
    from pathlib import Path

    from tests.setup.machine import Machine
    from tests.world import Release

OTHER_USER = 61234
"""A user number without an account."""

REAL = os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def in_namespace(
    machine: Machine, script: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a shell script with `arguments` in a new mount namespace."""
    return machine.world.run(*NAMESPACE, "sh", "-c", script, "sh", *arguments, timeout=110)


def wired(machine: Machine) -> bytes:
    """Return settings.json as an install writes it."""
    machine.run()
    data = machine.settings.read_bytes()
    machine.run("--uninstall")
    return data


@pytest.mark.parametrize("place", ["home", "claude", "config-dir", "data", "local-bin"])
@pytest.mark.parametrize("arguments", [("--yes",), ("--uninstall",)], ids=["install", "uninstall"])
def test_root_is_refused_if_another_user_owns_a_directory(
    local: Machine, place: str, arguments: tuple[str, ...]
) -> None:
    needs(root=True)
    del local.env["CLAUDE_CONFIG_DIR"]
    home = local.world.home
    owned = {
        "home": home,
        "claude": home / ".claude",
        "config-dir": home / "elsewhere",
        "data": home / "data",
        "local-bin": home / ".local/bin",
    }[place]
    owned.mkdir(parents=True, exist_ok=True)
    if place == "config-dir":
        local.env["CLAUDE_CONFIG_DIR"] = str(owned)
    if place == "data":
        local.env["XDG_DATA_HOME"] = str(owned)
    os.chown(owned, OTHER_USER, OTHER_USER)
    before = local.tree(times=True)
    output = local.run(*arguments, expect=1)
    assert output.count("belongs to") == 1, output
    assert "Nothing was changed" in output
    assert local.tree(times=True) == before


@pytest.mark.slow
def test_mounted_settings_are_written_in_place(profile: Machine, tmp_path: Path) -> None:
    """An uninstall restores them in place, and a second install changes nothing."""
    needs(mounts=True)
    profile.write_settings(b'{"model": "opus"}')
    host = tmp_path / "host.json"
    host.write_bytes(b'{"model": "opus"}')
    script = (
        'mount --bind "$1" "$2"; "$3"; echo rc $?; cat "$1"; "$3"; echo rc $?;'
        ' "$3" --uninstall; echo rc $?; printf "<"; cat "$1"; printf ">"'
    )
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
    """The copy of the settings is then in the state directory."""
    needs(mounts=True)
    original = b'{"model": "opus", "env": {"A": "' + b"x" * 3000 + b'"}}'
    profile.write_settings(original)
    host = tmp_path / "host.json"
    host.write_bytes(original)
    script = (
        'mount --bind "$4" "$4"; mount --bind "$1" "$2"; mount -o remount,bind,ro "$4";'
        ' "$3"; echo rc $?; grep -c statusLine "$1"; "$3" --uninstall; echo rc $?'
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


@pytest.mark.parametrize("how", ["mode", "twice", "link"])
def test_read_only_settings_with_the_entries_need_no_change(
    local: Machine, tmp_path: Path, how: str
) -> None:
    """home-manager and chezmoi write such files. The last one of duplicate keys counts."""
    data = wired(local)
    local.write_settings(data)
    if how == "mode":
        local.settings.chmod(0o444)
    if how == "twice":
        local.settings.write_bytes(data.replace(b"{", b'{"a": 1, "a": 2,', 1))
    if how == "link":
        store = tmp_path / "store" / "settings.json"
        store.parent.mkdir()
        store.write_bytes(data)
        store.chmod(0o444)
        local.settings.unlink()
        local.settings.symlink_to(store)
    content = local.settings.read_bytes()
    assert "Put this into it" not in local.run()
    assert local.settings.read_bytes() == content


@pytest.mark.slow
def test_settings_on_a_read_only_mount_with_the_entries_need_no_change(profile: Machine) -> None:
    needs(mounts=True)
    profile.run()
    data = profile.settings.read_bytes()
    done = in_namespace(
        profile,
        'mount --bind "$2" "$2"; mount -o remount,bind,ro "$2"; "$1"; echo rc $?',
        str(profile.clone / "install.sh"),
        str(profile.settings.parent),
    )
    assert done.stdout.endswith("rc 0\n"), done.stdout + done.stderr
    assert "Put this into it" not in done.stdout
    assert profile.settings.read_bytes() == data


@pytest.mark.parametrize("owner", ["file", "target", "directory", "directory-of-link"])
def test_interpreter_that_another_user_can_change_is_not_started(
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
    assert trust.untrusted_interpreter_reason(str(link)) == ""
    os.chown(changed, OTHER_USER, OTHER_USER, follow_symlinks=False)
    assert "belongs to another user" in trust.untrusted_interpreter_reason(str(link))
    refused: list[str] = []
    usable = interpreters.find({"PATH": str(link.parent), "HOME": str(tmp_path)}, refusals=refused)
    assert not proof.exists()
    assert str(link) not in [one.path for one in usable]
    assert any(str(link) in sentence for sentence in refused)


def test_install_sh_starts_no_interpreter_of_another_user(machine: Machine, tmp_path: Path) -> None:
    """Nor one in a directory that every user can write, sticky or not."""
    needs(root=True)
    proof = tmp_path / "ran"
    for number, (mode, uid) in enumerate(((0o755, OTHER_USER), (0o777, 0), (0o1777, 0))):
        folder = tmp_path / f"bin{number}"
        folder.mkdir()
        (folder / "python3").write_text(
            f'#!/bin/sh\ntouch {shlex.quote(str(proof))}\nexec {shlex.quote(REAL)} "$@"\n'
        )
        (folder / "python3").chmod(0o755)
        os.chown(folder, uid, uid)
        folder.chmod(mode)
        machine.env["PATH"] = f"{folder}:{os.path.dirname(REAL)}:/usr/bin:/bin"
        machine.run("--version")
        assert not proof.exists(), oct(mode)


def lame(path: Path, lacking: str) -> Path:
    """Create an interpreter without the module `lacking`."""
    path.parent.mkdir(parents=True)
    code = f"import sys; sys.modules[{lacking!r}] = None\\n"
    path.write_text(
        "#!/bin/sh\n# Hide the module in the code of -c.\n"
        'for word; do shift; case $last in -c) word="$(printf '
        + shlex.quote(code)
        + ')\n$word" ;; esac; last=$word; set -- "$@" "$word"; done\n'
        + f'exec {shlex.quote(REAL)} "$@"\n'
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("lacking", ["_sqlite3", "_ssl", "_ctypes", "zlib"])
def test_missing_modules_names_what_an_interpreter_lacks(tmp_path: Path, lacking: str) -> None:
    python = lame(tmp_path / "bin" / "python3", lacking)
    assert interpreters.missing_modules(Interpreter(str(python), (3, 11, 0)))
    assert not interpreters.missing_modules(Interpreter(REAL, (3, 11, 0)))


def test_incomplete_interpreter_does_not_hide_a_complete_one(
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
def test_stable_path_follows_a_version_managers_minor_link(
    tmp_path: Path, linked: str, real: str
) -> None:
    python = tmp_path / "installs" / real / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text("")
    (tmp_path / "installs" / linked).symlink_to(real)
    assert interpreters.stable_path(str(python)) == str(
        tmp_path / "installs" / linked / "bin/python3"
    )


def test_upgrade_safe_path_is_the_minor_link_but_not_a_venv(tmp_path: Path) -> None:
    """The link in ~/.local/bin is from uv; pyenv has only patch versions."""
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
@pytest.mark.slow
def test_install_and_uninstall_work_with_any_pip_configuration(
    machine: Machine, tmp_path: Path
) -> None:
    """Without its interpreter, another one prints the line and uninstalls."""
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
    rustc = machine.uv.with_name("rustc")  # as rustup's, which answers pip
    rustc.write_text('#!/bin/sh\nmkdir -p "${RUSTUP_HOME:-$HOME/.rustup}/toolchains"\n')
    rustc.chmod(0o755)
    assert "packages by pip" in machine.run()
    assert not target.exists()
    assert not (machine.world.home / ".rustup").exists()
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
        settings_entries.interpreter_of(command), "/nonexistent/python3.12.1"
    )
    done = machine.world.run(
        "/bin/sh", "-c", elsewhere, stdin=None, input='{"model": {"display_name": "Opus"}}'
    )
    if any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15)):
        assert "Opus" in done.stdout
    done = machine.world.run(machine.paths.command, "doctor")
    assert done.returncode == 1
    assert "its Python is not on this system" in done.stderr
    done = machine.world.run(machine.paths.command, "uninstall")
    assert done.returncode == 0, done.stderr
    assert not machine.data_dir.exists()
    assert not machine.settings.exists()


def test_line_on_another_system_reports_no_installation(tmp_path: Path) -> None:
    """A container may mount ~/.claude alone."""
    entries = settings_entries.make_entries("/usr/bin/python3", str(tmp_path / "of another/home"))
    done = subprocess.run(["sh", "-c", entries.line], capture_output=True, text=True, check=True)
    assert done.stdout == settings_entries.NOT_INSTALLED + "\n"
    assert "not installed on this system" in done.stdout
    assert len(done.stdout) < 80


@pytest.mark.parametrize(
    ("text", "filtered"),
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
def test_uv_options_keep_the_index_and_drop_what_moves_packages(
    tmp_path: Path, text: str, filtered: str | None
) -> None:
    file = tmp_path / "uv.toml"
    file.write_text(text)
    options = tool_config.uv_options({"UV_CONFIG_FILE": str(file)}, str(tmp_path / "kept"))
    if filtered is None:
        assert options == []
    elif filtered:
        assert options == ["--config-file", str(tmp_path / "kept")]
        assert (tmp_path / "kept").read_text() == filtered
    else:
        assert options == ["--no-config"]


def test_filter_env_and_pip_env_keep_the_index() -> None:
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
    sources = dict.fromkeys(
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
    assert tool_config.filter_env({**moved, **sources}) == sources
    listed = (
        "global.index-url='https://a'\ninstall.index-url='https://b'\n"
        "global.find-links='a\\nb'\ninstall.target='/x'\n:env:.target='/y'\n"
    )
    assert tool_config.pip_env(listed, {}) == {
        "PIP_INDEX_URL": "https://b",
        "PIP_FIND_LINKS": "a b",
    }
    assert tool_config.pip_env(listed, {"PIP_INDEX_URL": "https://c"}) == {"PIP_FIND_LINKS": "a b"}


def test_line_uses_the_user_databases_home_without_home(profile: Machine) -> None:
    """So does Claude Code."""
    env = {name: value for name, value in profile.env.items() if name != "HOME"}
    for home in ({}, {"HOME": ""}):
        code = "from usageline.core.paths import environment; print(environment()['HOME'])"
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
@pytest.mark.slow
def test_install_reports_a_noexec_home_and_works(machine: Machine, built_release: Release) -> None:
    needs(mounts=True)
    place_release(machine, built_release)
    script = (
        'cp -a "$HOME" "$1"; mount -t tmpfs -o noexec none "$HOME"; cp -a "$1/home/." "$HOME";'
        ' "$2" | head -1; sh "$3" --version; echo rc $?;'
        ' sh -c "$(sed -n \'s/.*"command": "\\(.*statusline.py\\).*/\\1/p\''
        ' "$HOME/.claude/settings.json")" </dev/null'
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
        machine.paths.command,
        timeout=110,
    )
    assert "mounted noexec" in done.stdout.splitlines()[0], done.stdout + done.stderr
    assert "rc 0" in done.stdout


@pytest.mark.parametrize("redirection", ["<&- >&- 2>&-", ">/dev/full 2>&1"])
@pytest.mark.slow
def test_install_works_without_standard_streams(profile: Machine, redirection: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    done = profile.world.run(
        "sh", "-c", f'"$1" {redirection}', "sh", profile.clone / "install.sh", timeout=110
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
def test_extra_png_is_refused_if_it_has_no_package(
    machine_name: str, abi: str, works: bool
) -> None:
    assert (unsupported_platform("png", machine_name, abi) == "") is works
