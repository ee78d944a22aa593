"""A machine on which usageline was used for a while: its programs, and the files that they read.

The programs come from the tables of commands, and the files from strace. A new command, and a new
file that any of them reads, is in both without being named here.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.cli.installed import Installed, install, write_script
from tests.faults.corruption.measured import Measured, run
from tests.local.transcripts import MAIN, ago, encoded, line
from tests.org_server import KEY, OrgServer
from tests.running import wait_until_ended
from usageline.cli.commands import COMMANDS
from usageline.config.segments import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server import Api
    from tests.world import World

CHANGING = {
    "config edit",
    "config init",
    "shared leave",
    "uninstall",
}
"""Commands that change what the user wrote. The areas kill and disk try them."""

ARGUMENTS = {
    "install": ("--dry-run",),
    "line": ("--for", "json"),
    "completion": ("bash",),
}
"""Of commands that would change something, or need them."""

THEME = '[styles]\nname = "bold"\n'
CANARY = "sk-ant-canary"
RUN_TIMEOUT_S = 180
ALL = 1000
MAX_TRIES = 90
TRACE = (
    *("strace", "-f", "-y", "-qqq", "-s0", "--seccomp-bpf"),
    *("-e", "trace=?open,openat,?openat2", "-e", "signal=none"),
)
_OPENED = re.compile(r"(?P<flags>O_\w+)[^)]*\) = \d+<(?P<path>/[^>]+)>")

State = tuple[int, bytes | str | None, int]
"""Mode, content or target of a link, modification time."""


@dataclass
class Used:
    """The machine. `elsewhere` is a file outside it that nothing may open.

    `most` is how many programs are used: the line, the hook, the refresh, and commands at random.
    """

    installed: Installed
    org: OrgServer
    api: Api
    most: int

    def __post_init__(self) -> None:
        self.world = self.installed.world
        self.home = self.world.home
        self.elsewhere = self.world.root / "elsewhere"
        self._prepare()
        every = dict(self._programs())
        commands = [name for name in every if name.startswith("usageline")]
        left_out = random.sample(commands, max(len(every) - self.most, 0))
        self.programs = {name: every[name] for name in every if name not in left_out}
        for name in self.programs:
            self.run(name)
        with self.transcript.open("ab") as file:  # a line that the index does not have
            file.write(encoded(line(50) | {"timestamp": ago()}))
        self.kept = dict(self._states())
        self.usual: dict[str, int] = {}
        self.reads: dict[str, frozenset[Path]] = {}
        self.changing: set[Path] = set()
        for name in self.programs:
            self._watch(name)

    @property
    def files(self) -> list[Path]:
        """Return every file that a program reads, sorted."""
        return sorted(set().union(*self.reads.values()))

    def readers(self, path: Path) -> list[str]:
        """Return the programs that read a file."""
        return [name for name, paths in self.reads.items() if path in paths]

    def run(self, name: str, prefix: tuple[str, ...] = ()) -> Measured:
        """Run a program, and wait for what it started."""
        words, data = self.programs[name]
        done = run([*prefix, *words], self.env, data, timeout_s=RUN_TIMEOUT_S)
        self.wait()
        return done

    def wait(self) -> None:
        """Wait until nothing runs on the machine."""
        wait_until_ended(b"HOME=" + os.fsencode(self.home) + b"\0", "environ", timeout_s=40)

    def restore(self) -> None:
        """Restore every file, with its time."""
        for path, _ in self._states():
            if path not in self.kept:
                remove(path)
        for path, (mode, content, modified) in self.kept.items():
            if os.path.lexists(path):
                is_own = path.lstat().st_uid == os.geteuid()
                if is_own and _state(path) == (mode, content, modified):
                    continue
            remove(path)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if isinstance(content, str):
                path.symlink_to(content)
                continue
            path.write_bytes(content or b"")
            path.chmod(stat.S_IMODE(mode))
            os.utime(path, ns=(modified, modified))

    def damage(self, path: Path, how: Callable[[Path, Used], None]) -> None:
        """Restore everything, and damage a file."""
        self.restore()
        how(path, self)
        self.damaged = path, _state(path)

    def changed(self) -> list[str]:
        """Return the files that changed, but for those that usageline may write.

        Those are what an undisturbed program changes, the damaged file if it is usageline's, and
        its other files without the history and the install manifest.
        """
        damaged, state = self.damaged
        if os.path.lexists(damaged) and _state(damaged)[:2] == state[:2]:
            spared = True
        else:
            spared = self.is_own(damaged)
        return [
            str(path)
            for path, _ in self._changes()
            if path not in self.changing
            and not (self.is_own(path) and not self.is_precious(path))
            and not (spared and damaged in {path, *path.parents})
        ]

    def is_own(self, path: Path) -> bool:
        """Return whether usageline made the file."""
        return "usageline" in path.relative_to(self.home).parts[:-1] and ".config" not in path.parts

    def is_precious(self, path: Path) -> bool:
        """Return whether usageline cannot make the file again."""
        return path in self.kept and ("history" in path.parts or path.name.startswith("install-"))

    def _changes(self) -> Iterator[tuple[Path, State | None]]:
        now = dict(self._states())
        for path in self.kept.keys() | now.keys():
            before, after = self.kept.get(path), now.get(path)
            if (before and before[:2]) != (after and after[:2]):
                yield path, after

    def _states(self) -> Iterator[tuple[Path, State]]:
        root = str(self.installed.release.root)
        program = tuple(f"{root}/{part}" for part in ("plugin", "hooks", "venv", "bin"))
        for folder, folders, names in os.walk(self.home):
            folders[:] = [name for name in folders if f"{folder}/{name}" not in program]
            links = [name for name in folders if os.path.islink(f"{folder}/{name}")]
            for name in (*names, *links):
                with suppress(FileNotFoundError):
                    yield Path(folder, name), _state(Path(folder, name))

    def _watch(self, name: str) -> None:
        """Run a program undisturbed. Remember its status, what it reads and what it changes."""
        words, data = self.programs[name]
        log = self.world.root / "opened"
        asked = len(self.api.usage_requests)
        for _ in range(MAX_TRIES):
            self.restore()
            done = subprocess.run(
                [*TRACE, "-o", str(log), *words],
                input=data,
                env=self.env,
                capture_output=True,
                timeout=RUN_TIMEOUT_S,
                check=False,
                cwd=self.home,
            )
            self.wait()
            if name != "refresh" or len(self.api.usage_requests) > asked:
                break
            time.sleep(1)  # the last request was too short a time ago
        self.usual[name] = done.returncode
        self.changing |= {path for path, _ in self._changes()}
        opened = {*_opened(log.read_text(errors="replace"))}
        self.reads[name] = frozenset(
            path for path in opened if path in self.kept and ".git" not in path.parts
        )

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of every program."""
        return {**self.world.env, "COLUMNS": "160", "USAGELINE_API_URL": self.api.url}

    @property
    def transcript(self) -> Path:
        """Return the transcript of a session."""
        return self.home / ".claude" / "projects" / MAIN

    def _programs(self) -> Iterator[tuple[str, tuple[list[str], bytes]]]:
        """Yield the name, the arguments and the stdin of each program."""
        repository = {"cwd": str(self.home / "work"), "session_id": "s1"}
        payload = {**repository, "workspace": {"current_dir": str(self.home / "work")}}
        entry = self.installed.read_settings()["statusLine"]["command"]
        yield "line", (["/bin/sh", "-c", entry], json.dumps(payload).encode())
        release = self.installed.release
        yield "hook", ([entry.split()[2], "-I", "-S", "-B", str(release.hook)], b"{}")
        yield "refresh", ([*release.refresh_command, "--force"], b"")
        command = str(self.installed.world.paths.command)
        yield "usageline", ([command], b"")
        for words in command_words():
            arguments = ARGUMENTS.get(" ".join(words), ())
            yield f"usageline {' '.join(words)}", ([command, *words, *arguments], b"")

    def _prepare(self) -> None:
        world, config = self.world, Path(self.world.paths.config_file).parent
        self.elsewhere.write_text(CANARY)
        repository = self.home / "work"
        repository.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=repository, env=world.env, check=True)
        (config / "themes").mkdir(parents=True)
        (config / "themes" / "mine.toml").write_text(THEME)
        for name, text in {
            "admin.key": KEY,
            "shared.password": "hunter2",
            "shared.key": "0" * 64,
            "otlp.headers": "x-team: one\n",
        }.items():
            (config / name).write_text(text + "\n")
            (config / name).chmod(0o600)
        (self.home / "metrics").mkdir()
        rows = [*SEGMENTS]
        world.configure(
            f"theme = 'mine'\nrows = {json.dumps([rows[at : at + 12] for at in (0, 12, 24)])}\n"
            "[alerts]\nthresholds = [1, 30]\nsession_start = true\ncost_day = 0.01\n"
            "command = 'true'\n"
            "[chain]\ncommand = 'echo chained'\n"
            f"[org]\nkey_file = '{config}/admin.key'\nurl = '{self.org.url}'\n"
            f"[metrics]\ntextfile = '{self.home}/metrics/usageline.prom'\notlp = '{self.api.url}'\n"
            f"headers_file = '{config}/otlp.headers'\n"
            f"[shared]\nurl = 'redis://127.0.0.1:9/0'\npassword_file = '{config}/shared.password'\n"
        )
        self.transcript.parent.mkdir(parents=True)
        lines = [line(number) | {"timestamp": ago(60 * number)} for number in range(1, 50)]
        self.transcript.write_bytes(encoded(*lines))
        write_script(self.home / ".local" / "bin" / "claude", 'echo "2.1.330 (Claude Code)"\n')


def used(world: World, api: Api, org: OrgServer, most: int = ALL) -> Used:
    """Install, and use everything once, or `most` programs."""
    return Used(install(world), org, api, most)


def command_words() -> Iterator[tuple[str, ...]]:
    """Yield each command, and each command of a group, that runs without arguments."""
    for entry in COMMANDS:
        loaded = entry.load()
        names: list[tuple[str, ...]] = [(entry.name,)]
        if isinstance(loaded, click.Group):
            names += [
                (entry.name, name)
                for name, command in loaded.commands.items()
                if not any(parameter.required for parameter in command.params)
            ]
        yield from (words for words in names if " ".join(words) not in CHANGING)


def remove(path: Path) -> None:
    """Remove whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _opened(log: str) -> Iterator[Path]:
    for match in _OPENED.finditer(log):
        if match["flags"] != "O_WRONLY":
            yield Path(match["path"])


def _state(path: Path) -> State:
    status = path.lstat()
    content: bytes | str | None = None
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        content = path.read_bytes() if status.st_size < 1 << 26 else str(status.st_size)
    return status.st_mode, content, status.st_mtime_ns
