"""Use line, refresh, commands and uninstall with unusual home directories and locales."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.installed import install
from tests.world import World
from usageline.setup import settings_entries
from usageline.sources import claude_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api

HOMES = (
    "CORP\\jdoe",
    "corp$LANG.d ${HOME}$(id)`id`\\",
    "-it's q\"uo %s%n~;|&#!{a,b}(c)*?[a]",
    ".new\nline\ttab\x1b[31m \u202ejörg😀 ",
)


class Named(World):
    """A world whose home directory has an unusual name."""

    name = "home"

    @property
    def home(self) -> Path:
        """Return the home directory."""
        return self.root / self.name


def run(world: World, *command: str, env: dict[str, str] | None = None, data: bytes = b"") -> bytes:
    """Run a command in the world. It must succeed and print no escape sequence."""
    done = subprocess.run(
        command,
        env={**world.env, **(env or {})},
        input=data,
        capture_output=True,
        timeout=50,
        cwd="/",
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert b"Traceback" not in output
    assert b"report it" not in output
    assert b"\x1b" not in output
    return output


def line_command(world: World) -> str:
    """Return the statusLine command as Claude Code reads it."""
    settings = json.loads(claude_files.decode_lossy(Path(world.paths.claude_settings).read_bytes()))
    return str(settings["statusLine"]["command"])


@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=pytest.mark.slow) for name in HOMES[:-1]), HOMES[-1]]
)
def test_commands_work_in_a_home_with_any_name(
    tmp_path: Path, eventually: Callable[..., None], name: str
) -> None:
    world = type("Home", (Named,), {"name": name})(tmp_path)
    world.env.update(NO_COLOR="1", TERM="xterm")
    world.client_saw({"five_hour": {"utilization": 41, "resets_at": None}})
    install(world)
    world.env["PATH"] = "/usr/bin:/bin"
    command = world.paths.command
    assert b"up to date" in run(world, command, "refresh") or world.snapshot()["status"] == "ok"
    assert (world.cache / "store").is_dir()
    assert not (world.cache / "store.broken").exists()
    assert b"41%" in run(world, "/bin/sh", "-c", line_command(world), data=b"{}")
    run(world, command, "config", "set", "clock", "12h")
    assert run(world, command, "config", "get", "clock") == b"12h\n"
    where = run(world, command, "config", "path").decode()
    assert where == "".join(filter(str.isprintable, world.paths.config_file)) + "\n"
    run(world, command, "config", "set", "chain.command", "echo chained")
    run(world, command, "config", "set", "chain.wait", "true")
    eventually(lambda: b"chained" in run(world, "/bin/sh", "-c", line_command(world), data=b"{}"))
    run(world, command, "uninstall")
    assert not os.path.lexists(command)
    assert b"statusline.py" not in Path(world.paths.claude_settings).read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/home/jörg", os.fsdecode(b"/home/j\xf6rg\x9b"), os.fsdecode(b"/it's %d \\ \xff") + '"$HOME"'],
)
def test_quoted_path_is_one_word_after_a_json_round_trip(path: str) -> None:
    word = json.loads(json.dumps(settings_entries.shell_quote(path), ensure_ascii=False).encode())
    done = subprocess.run(["/bin/sh", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(path)


@pytest.fixture(scope="module")
def latin_1(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of an ISO-8859-1 locale, compiled for the tests."""
    directory = tmp_path_factory.mktemp("locales")
    program = shutil.which("localedef")
    if program is None:
        pytest.skip("no localedef")
    made = subprocess.run(
        [program, "-i", "de_DE", "-f", "ISO-8859-1", str(directory / "de_DE.ISO-8859-1")],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("localedef has no de_DE")
    return {
        "LOCPATH": str(directory),
        "LC_ALL": "de_DE.ISO-8859-1",
        "PYTHONIOENCODING": "ascii",
        "PYTHONUTF8": "0",
    }


COMMANDS: tuple[tuple[str, ...], ...] = (
    (),
    *(
        ("--help",),
        ("--json",),
        ("info",),
        ("doctor", "--log"),
        ("history",),
        ("history", "--csv"),
        ("history", "--json"),
    ),
    *(
        ("line",),
        ("line", "--for", "json"),
        ("line", "--for", "swiftbar"),
        ("explain",),
        ("man",),
        ("config", "--help"),
        ("config", "themes"),
        ("config", "preview"),
    ),
    *(("config", "get", "glyphs"), ("config", "check"), ("refresh",)),
)


@pytest.mark.slow
def test_commands_print_in_the_encoding_of_the_locale(
    tmp_path: Path, api: Api, latin_1: dict[str, str]
) -> None:
    """Characters that it lacks are replaced. A path keeps the bytes that are on disk."""
    world: Any = type("Home", (Named,), {"name": "jörg"})(tmp_path)
    world.env.update(NO_COLOR="1", USAGELINE_API_URL=api.url)
    install(world)
    world.env["PATH"] = "/usr/bin:/bin"
    command = world.paths.command
    for arguments in COMMANDS:
        output = run(world, command, *arguments, env=latin_1)
        assert "█".encode() not in output, arguments
        output.decode("latin-1")
    assert os.fsencode(str(world.home)) in run(world, command, "config", "path", env=latin_1)
    for locale in ("C", "POSIX", "C.UTF-8", "no_SUCH.locale"):
        assert "│".encode() in run(world, command, "line", env={"LC_ALL": locale})
    # The line itself is UTF-8 whatever the locale: the client reads nothing else.
    assert "│".encode() in run(world, "/bin/sh", "-c", line_command(world), env=latin_1, data=b"{}")
    assert {path.name for path in tmp_path.iterdir()} == {"jörg", "world"}


def test_value_is_decoded_by_the_locale(tmp_path: Path, latin_1: dict[str, str]) -> None:
    world: Any = type("Home", (Named,), {"name": "h"})(tmp_path)
    install(world)
    command = os.fsencode(world.paths.command)
    env = {**world.env, **latin_1}
    decode_argument = [command, b"config", b"set", b"segments.text.text", "für".encode("latin-1")]
    subprocess.run(decode_argument, env=env, timeout=50, check=True)
    assert 'text = "für"' in Path(world.paths.config_file).read_text("utf-8")
