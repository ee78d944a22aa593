"""A project that points the user's places at its own tree.

It uses `/proc/self/cwd`, links and known stamps.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install, write_script
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.running import wait_until_ended
from usageline import __version__
from usageline.core import paths
from usageline.core.background import ENV_ALLOWLIST
from usageline.core.freshness import file_fingerprint
from usageline.refresh import request_budget
from usageline.system import child_env, origin_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.installed import Installed
    from tests.server import Api
    from tests.world import World

EVERY_PLACE = (
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "CLAUDE_CONFIG_DIR",
)


@pytest.fixture
def installed(world: World) -> Installed:
    """Return an installation with this world's HOME and PATH."""
    return install(world)


class Project:
    """A trusted project: what it runs leaves `ran`."""

    def __init__(self, installed: Installed) -> None:
        self.installed, self.world = installed, installed.world
        self.root = installed.project
        self.ran = self.world.root / "ran"
        self.command = installed.read_settings()["statusLine"]["command"]

    def write(self, name: str, content: str) -> Path:
        """Write a private file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(content)
        path.chmod(0o600)
        return path

    def plant(
        self, cache: str, config: Path | str, command: str, name: str = "default", **changes: object
    ) -> None:
        """Write a compiled configuration with a chained command for that config.toml.

        Its stamp is known.
        """
        digest = paths.digest(command.encode())
        chain = {
            "command": command,
            "digest": digest,
            "wait": True,
            "timeout": 30,
            "position": "below",
        }
        compiled = {
            "version": 1,
            "program": __version__,
            "stamp": file_fingerprint(str(config)),
            "problem": "",
            "rows": [[["model", {}]]],
        }
        self.write(
            f"{cache}/usageline/{name}/line.json",
            json.dumps({**compiled, "chain": chain, **changes}),
        )

    def line(self, **env: str) -> str:
        """Return the line of a session in the project."""
        whole = {**self.world.env, "NO_COLOR": "1", "COLUMNS": "200", **env}
        payload = json.dumps({"session_id": "s", "cwd": str(self.root)})
        done = subprocess.run(
            ["/bin/sh", "-c", self.command],
            input=payload,
            env=whole,
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=40,
            check=True,
        )
        return done.stdout

    def settle(self) -> None:
        """Wait until nothing of the installation runs."""
        wait_until_ended(os.fsencode(self.world.paths.data_dir))


@pytest.fixture
def project(installed: Installed) -> Project:
    return Project(installed)


@promise(
    "A compiled configuration planted by a project runs nothing and delays no line, "
    "whatever its stamp, its links and the variables that lead to it.",
    topic="project",
)
@pytest.mark.parametrize(
    ("config", "spelling"),
    [
        ("a link of theirs", "/proc/self/cwd"),
        ("the user's own", "{project}"),
        pytest.param("theirs", "{project}/../project/.", marks=pytest.mark.full),
        pytest.param(
            "a hard link to the user's own", "/proc/self/cwd/../project", marks=pytest.mark.full
        ),
    ],
)
def test_a_planted_compiled_configuration_runs_nothing(
    project: Project, config: str, spelling: str
) -> None:
    own = Path(project.world.paths.config_file)
    project.world.configure('[chain]\ncommand = "echo own"')
    if config == "theirs":
        chosen = project.write(
            "x/usageline/config.toml", f'[chain]\ncommand = "touch {project.ran}"'
        )
    elif config == "a link of theirs":
        project.write("image/config.toml", f'[chain]\ncommand = "touch {project.ran}"')
        chosen = project.root / "x" / "usageline" / "config.toml"
        chosen.parent.mkdir(parents=True)
        chosen.symlink_to("../../image/config.toml")
    elif config == "the user's own":
        chosen = own
    else:
        chosen = project.root / "x" / "usageline" / "config.toml"
        chosen.parent.mkdir(parents=True)
        chosen.hardlink_to(own)
    project.plant("y", chosen, f"touch {project.ran}; sleep 30")
    root = spelling.format(project=project.root)
    env = {
        "XDG_CACHE_HOME": root + "/y",
        **({} if chosen == own else {"XDG_CONFIG_HOME": root + "/x"}),
    }
    began = time.monotonic()
    for _ in range(2):
        line = project.line(**env)
    assert time.monotonic() - began < 10
    assert "own" not in line
    project.settle()
    assert not project.ran.exists()
    # The user's own still runs, so the other would have run too.
    deadline = time.monotonic() + 20
    while "own" not in project.line():
        assert time.monotonic() < deadline


def test_the_users_own_chained_command_runs_by_another_spelling_of_the_same_place(
    project: Project,
) -> None:
    """It runs with HOME and PATH of the install; the session's do not change its meaning."""
    write_script(project.world.home / "bin" / "mine", 'env >"$HOME/got"; echo "own $HOME"\n')
    write_script(project.root / "bin" / "mine", f"touch {project.ran}\n")
    (project.root / "same").symlink_to(project.world.home)
    project.installed.world.env["PATH"] = f"{project.world.home}/bin:{project.world.env['PATH']}"
    origin_record.write_record(str(project.installed.release.root), project.world.env)
    project.world.configure('[chain]\ncommand = "mine"\nwait = true')
    steering = {
        "NODE_OPTIONS": "--require=./x",
        "GIT_DIR": "x",
        "PERL5OPT": "-Mx",
        "ENV": "./x",
        "SHELL": "./x",
        "TMPDIR": "./x",
        "ANTHROPIC_API_KEY": "x",
        "XDG_DATA_HOME": "/proc/self/cwd/x",
        "CLAUDE_PROJECT_DIR": str(project.root),
    }
    for home in (str(project.world.home), "/proc/self/cwd/same", f"{project.world.home}/"):
        deadline = time.monotonic() + 20
        while f"own {project.world.home}\n" not in project.line(
            HOME=home, PATH=f"{project.root}/bin:/usr/bin:/bin", **steering
        ):
            assert time.monotonic() < deadline
    assert not project.ran.exists()
    got = dict(
        line.split("=", 1)
        for line in (project.world.home / "got").read_text().splitlines()
        if "=" in line
    )
    assert {name for name in steering if name in got} == {"CLAUDE_PROJECT_DIR"}


def stand_in(world: World) -> Path:
    """Create the user's `claude`.

    It logs its directory and environment, and starts `git` by PATH like the real one.
    """
    path = world.home / ".local" / "bin" / "claude"
    write_script(path, 'env >"$0.env"; pwd >"$0.cwd"; git --version >/dev/null; exit 1\n')
    return path


@promise(
    "`claude` is started only with the home, configuration and Claude directory recorded "
    "by an install. It gets no other variable of the session.",
    topic="project",
)
@pytest.mark.parametrize("whose", ["the project's", "the user's"])
def test_claude_is_not_asked_for_a_project(project: Project, whose: str) -> None:
    claude = stand_in(project.world)
    project.write(
        "c/settings.json",
        json.dumps(
            {
                "env": {"PATH": str(project.root / "bin")},
                "otelHeadersHelper": f"touch {project.ran}",
            }
        ),
    )
    write_script(project.root / "bin" / "git", f"touch {project.ran}\n")
    project.write("x/usageline/config.toml", 'sources = ["client"]')
    env = {"CLAUDE_CONFIG_DIR": "/proc/self/cwd/c", "XDG_CACHE_HOME": "/proc/self/cwd/k"}
    if whose == "the user's":
        project.world.configure('sources = ["client"]')
    else:
        env["XDG_CONFIG_HOME"] = "/proc/self/cwd/x"
    (project.root / "c" / ".claude.json").write_text(
        (project.world.home / ".claude.json").read_text()
    )
    project.line(**env)
    project.settle()
    assert not Path(f"{claude}.env").exists()
    assert not project.ran.exists()


@promise(
    "Only the user's own config.toml names the shared server. A project's never does.",
    sees="Its own line, without that server.",
    topic="project",
)
@pytest.mark.parametrize("whose", ["the project's", "the user's"])
def test_shared_server_is_not_called_for_a_project(project: Project, api: Api, whose: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        text = f'[shared]\nurl = "redis://127.0.0.1:{server.getsockname()[1]}/0"\n'
        env = {"USAGELINE_API_URL": api.url, "XDG_CACHE_HOME": "/proc/self/cwd/k"}
        if whose == "the user's":
            project.world.configure(text)
            key = Path(project.world.paths.shared_key)
        else:
            key = project.write("x/usageline/config.toml", text).with_name("shared.key")
            env["XDG_CONFIG_HOME"] = "/proc/self/cwd/x"
        key.write_text("0" * 64)
        key.chmod(0o600)
        project.line(**env)
        project.settle()
        try:
            server.accept()[0].close()
        except BlockingIOError:
            is_called = False
        else:
            is_called = True
    assert is_called == (whose == "the user's")


def test_claude_gets_the_environment_of_the_install(
    project: Project, eventually: Callable[[Callable[[], object]], None]
) -> None:
    claude = stand_in(project.world)
    write_script(project.root / "bin" / "git", f"touch {project.ran}\n")
    project.world.configure('sources = ["client"]')
    project_env = {
        "PATH": f"{project.root}/bin:/usr/bin:/bin",
        "NODE_OPTIONS": "--require=./x",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "BASH_ENV": "./x",
    }
    project.line(**project_env)
    eventually(Path(f"{claude}.cwd").exists)
    project.settle()
    got = dict(line.split("=", 1) for line in Path(f"{claude}.env").read_text().splitlines())
    listed = child_env.PROCESSES["claude"]
    assert set(got) - {"PWD", "OLDPWD", "SHLVL", "_"} <= {
        *listed.passed,
        *listed.fixed,
        *listed.given,
    }
    assert (got["HOME"], got["PATH"]) == (project.world.env["HOME"], project.world.env["PATH"])
    assert Path(f"{claude}.cwd").read_text() == "/\n"
    assert not project.ran.exists()


@promise(
    "One account causes one request, however many projects have a cache of their own.",
    sees="`usage: loading…` in those projects, for at most two minutes.",
    topic="project",
)
@pytest.mark.slow
def test_twelve_projects_with_caches_of_their_own_ask_once(project: Project, api: Api) -> None:
    for number in range(12):
        project.line(
            USAGELINE_API_URL=api.url, XDG_CACHE_HOME=str(project.root / f"cache-{number}")
        )
        project.settle()
    assert len(api.requests) == 1
    gates = Path(request_budget.gates_directory(str(project.installed.release.root)))
    assert gates.parent == Path(project.world.paths.data_dir) / "releases"
    assert len(list(gates.glob("*.json"))) == 2
    assert {path.stat().st_mode & 0o777 for path in (gates, *gates.iterdir())} == {0o700, 0o600}


def test_a_429_in_one_cache_holds_in_all(project: Project, api: Api) -> None:
    api.fault = "429"
    for number in range(3):
        project.line(
            USAGELINE_API_URL=api.url, XDG_CACHE_HOME=str(project.root / f"cache-{number}")
        )
        project.settle()
    assert len(api.requests) == 1
    snapshot = json.loads(next((project.root / "cache-2").rglob("snapshot.json")).read_text())
    assert snapshot["status"] == "rate-limited"


@pytest.mark.parametrize(
    "damage",
    [
        "a file in its place",
        pytest.param("rubbish in it", marks=pytest.mark.full),
        "not ours alone",
    ],
)
def test_a_place_for_gates_that_cannot_be_used_stops_no_refresh(
    project: Project, api: Api, damage: str
) -> None:
    gates = Path(request_budget.gates_directory(str(project.installed.release.root)))
    if damage == "a file in its place":
        gates.write_text("")
    else:
        gates.mkdir(mode=0o700)
        gates.chmod(0o777 if damage == "not ours alone" else 0o700)
    if damage == "rubbish in it":
        for name in request_budget.gate_names("x", "", api.url):
            (gates / f"{name}.json").write_bytes(b"\0" * 100)
    project.line(USAGELINE_API_URL=api.url)
    project.settle()
    assert len(api.requests) == 1
    assert project.world.snapshot()["status"] == "ok"


@promise(
    "A line, a hook or a refresh opens no file that a variable names, except the documented ones.",
    topic="project",
)
@pytest.mark.serial  # a traced refresh is slow, and it ends itself after a time
def test_no_other_variable_leads_to_a_file(project: Project, api: Api) -> None:
    needs("strace", "git")
    names = {*ENV_ALLOWLIST, *EVERYTHING} - {"USAGELINE_API_URL", "USERPROFILE", "SYSTEMROOT"}
    env = {}
    for name in names:
        place = project.root / "v" / name
        place.mkdir(parents=True, mode=0o700)
        env[name] = str(place)
    project.world.configure(
        'rows = [["session"], ["git"]]\n[segments.git]\nshow = ["branch", "dirty"]\n'
    )
    for name in ("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"):
        shutil.copytree(
            project.world.home / ".claude", project.root / "v" / name, dirs_exist_ok=True
        )
    shutil.copy(project.world.home / ".claude.json", project.root / "v" / "CLAUDE_CONFIG_DIR")
    shutil.copytree(
        project.world.home / ".config", project.root / "v" / "XDG_CONFIG_HOME", dirs_exist_ok=True
    )
    subprocess.run(["git", "init", "-q"], cwd=project.root, env=project.world.env, check=True)
    payload = json.dumps({"session_id": "s", "cwd": str(project.root)})
    hook = project.installed.read_settings()["hooks"]["SessionStart"][0]["hooks"][0]["command"]
    reached: set[str] = set()
    for number, command in enumerate((project.command, hook, project.command)):
        log = project.world.root / f"trace-{number}"
        given = [f"{name}={value}" for name, value in {**env, "USAGELINE_API_URL": api.url}.items()]
        traced = [
            "strace",
            "-f",
            "-e",
            "trace=%file",
            "-s",
            "500",
            "-o",
            str(log),
            "/usr/bin/env",
            *given,
            "/bin/sh",
            "-c",
            command,
        ]
        project.world.run(*traced, stdin=None, input=payload)
        text = log.read_text(errors="replace")
        calls = [line for line in text.splitlines() if "execve(" not in line]
        reached |= {
            name
            for line in calls
            for name in re.findall(f'"{re.escape(str(project.root))}/v/([A-Z_]+)', line)
        }
    assert len(api.requests) == 1
    places = {
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "CLAUDE_CONFIG_DIR",
        "CLAUDE_SECURESTORAGE_CONFIG_DIR",
    }
    assert reached - {"HOME"} == places


EVERYTHING = (
    *(
        "TMPDIR",
        "TEMP",
        "TMP",
        "XDG_RUNTIME_DIR",
        "XDG_CONFIG_DIRS",
        "XDG_DATA_DIRS",
        "OLDPWD",
        "MAIL",
        "HISTFILE",
        "SHELL",
        "EDITOR",
        "VISUAL",
    ),
    *(
        "PAGER",
        "BROWSER",
        "BASH_ENV",
        "ENV",
        "PS4",
        "CDPATH",
        "IFS",
        "GIT_DIR",
        "GIT_CONFIG_GLOBAL",
        "GIT_EXEC_PATH",
        "GIT_TRACE",
        "GIT_WORK_TREE",
    ),
    *(
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONPLATLIBDIR",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
    ),
    *(
        "LOCPATH",
        "GCONV_PATH",
        "NLSPATH",
        "TZDIR",
        "LOCALDOMAIN",
        "HOSTALIASES",
        "RES_OPTIONS",
        "GETCONF_DIR",
        "TERMINFO",
        "TERMINFO_DIRS",
    ),
    *(
        "MALLOC_TRACE",
        "MALLOC_CONF",
        "GLIBC_TUNABLES",
        "OPENSSL_CONF",
        "OPENSSL_MODULES",
        "OPENSSL_ENGINES",
        "RANDFILE",
        "SSLKEYLOGFILE",
    ),
    *(
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "CURL_HOME",
        "CTLOG_FILE",
        "NETRC",
    ),
    *(
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "NODE_OPTIONS",
        "NODE_PATH",
        "CLAUDE_PROJECT_DIR",
        "CLAUDE_ENV_FILE",
        "CLAUDE_CODE_TMPDIR",
    ),
    *(
        "CLAUDE_CODE_PLUGIN_CACHE_DIR",
        "CLAUDE_CODE_SHELL",
        "CLAUDE_CODE_SHELL_PREFIX",
        "CLAUDE_CODE_CLIENT_CERT",
        "CLAUDE_CODE_CLIENT_KEY",
    ),
    *(
        "CLAUDE_PLUGIN_ROOT",
        "SQLITE_TMPDIR",
        "PYENV_ROOT",
        "UV_CACHE_DIR",
        "PIP_CONFIG_FILE",
        "LANGUAGE",
        "DBUS_SESSION_BUS_ADDRESS",
    ),
)
"""Variables that name files and directories for various programs."""


def test_locale_and_gconv_reach_no_process(project: Project) -> None:
    """Without them, line and hook load no library of the project."""
    needs("strace")
    settings = project.installed.read_settings()
    hook = settings["hooks"]["SessionStart"][0]["hooks"][0]["command"]
    for number, command in enumerate((project.command, hook)):
        log = project.world.root / f"exec-{number}"
        given = [f"{name}={project.root}" for name in ("LOCPATH", "GCONV_PATH")]
        traced = [
            "strace",
            "-f",
            "-v",
            "-s",
            "9999",
            "-e",
            "trace=execve",
            "-o",
            str(log),
            "/usr/bin/env",
            *given,
            "/bin/sh",
            "-c",
            command,
        ]
        assert project.world.run(*traced, stdin=None, input="{}").returncode == 0
        calls = [line for line in log.read_text().splitlines() if "python" in line.split("[", 1)[0]]
        assert calls
        assert not [line for line in calls if '"LOCPATH=' in line or '"GCONV_PATH=' in line]
