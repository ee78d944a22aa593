"""In a locale without Unicode every command prints ASCII, with lookalikes for what it lacks."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hot import Hot
from tests.local.transcripts import MAIN, encoded, line
from tests.storage.readings import keep, work
from usageline.cli.commands import COMMANDS
from usageline.core.text import display_width, sanitize
from usageline.system import lookalikes, terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.server import Api
    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

OUTPUTS = (
    *((), ("--all",), ("--help",), ("--json",), ("accounts",), ("demo",), ("watch",), ("why",)),
    *(("history",), ("history", "--heatmap"), ("history", "--csv"), ("info",), ("refresh",)),
    *(("check",), ("metrics",), ("shared",), ("org",), ("org", "check"), ("org", "limits")),
    *(("org", "activity"), ("org", "telemetry")),
    *(("usage",), ("usage", "block"), ("usage", "hour"), ("usage", "--check")),
    *(("doctor",), ("doctor", "--all"), ("doctor", "--log"), ("doctor", "--schema")),
    *(("explain",), ("explain", "session"), ("man",), ("completion", "bash"), ("nonsense",)),
    *(("config", word) for word in ("list", "themes", "preview", "check", "nonsense")),
    *(("config", "set", "theme", "powerline"), ("config", "get", "theme")),
)
KEPT = "\u2026 é"
"""A value that stays UTF-8 for a program."""


@pytest.fixture
def used(world: World, api: Api, built_release: Release) -> World:
    """Return a world in the C locale with numbers, a history and transcripts."""
    world.env["USAGELINE_API_URL"] = api.url
    keep(world.env, work(10))
    Hot(world, built_release).publish(source="oauth")
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    path.write_bytes(encoded(line(1, timestamp=now)))
    world.configure("[segments.text]\ntext = '" + KEPT + "'\n")
    world.env.update(LC_ALL="C", COLUMNS="100")
    return world


@pytest.mark.usefixtures("used")
def test_every_command_prints_ascii_in_the_c_locale(usageline: Run) -> None:
    covered = {words[0] for words in OUTPUTS if words} | {"install", "uninstall", "line"}
    missing = {entry.name for entry in COMMANDS} - covered
    assert not missing, f"add these commands to OUTPUTS: {', '.join(sorted(missing))}"
    for words in (*OUTPUTS, *((entry.name, "--help") for entry in COMMANDS)):
        done = usageline(*words)
        printed = done.stdout + done.stderr
        assert printed.isascii(), words
        assert "??" not in printed, words
        assert printed, words


@pytest.mark.usefixtures("used")
def test_c_locale_has_a_bar_a_chart_and_marks(usageline: Run) -> None:
    assert re.search(r"5-hour limit +#+-+", usageline().stdout)
    chart = usageline("history").stdout
    assert re.search(r"^100% \|[ .:*#@]+$", chart, re.MULTILINE)
    assert re.search(r"[.:*#@]{4}", chart)
    assert "  0% +--" in chart
    assert re.search(r"^[+!x] .*", usageline("doctor", "--all").stdout, re.MULTILINE)


@pytest.mark.usefixtures("used")
def test_values_for_a_program_stay_utf_8_in_the_c_locale(
    usageline: Run, world: World, built_release: Release
) -> None:
    """A file that is written from them is the same in every locale."""
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli"]
    words = ("config", "get", "segments.text.text")
    done = world.run(*command, *words, text=False)
    assert done.stdout.decode() == KEPT + "\n"  # type: ignore[attr-defined]
    assert "│".encode() in world.run(*command, "line", text=False).stdout  # type: ignore[operator]
    assert "?" not in usageline("config", "init", "--print", "--full").stdout


@pytest.mark.parametrize(
    ("env", "encoding"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8"),
        ({"LANG": "de_DE.utf8@euro"}, "utf-8"),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "ascii"),
        ({"LANG": "POSIX"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),  # Python sets LC_CTYPE
        ({}, "ascii"),
        ({"LC_CTYPE": "de_DE.ISO-8859-15", "LANG": "en_US.UTF-8"}, "iso8859-15"),
        ({"LC_ALL": "zh_CN.GB18030"}, "gb18030"),
        ({"LC_ALL": "x.utf-16"}, "utf-8"),
        ({"LC_ALL": "x.rot13"}, "utf-8"),
        ({"LC_ALL": "x.undefined"}, "utf-8"),
        ({"LC_ALL": "../../x"}, "utf-8"),
        ({"LC_ALL": "x." + "y" * 9999}, "utf-8"),
    ],
)
def test_output_has_the_encoding_that_the_locale_names(
    env: dict[str, str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "locale_encoding", lambda: "utf-8")
    assert terminal.output_encoding(env) == encoding


@given(st.text())
def test_a_lookalike_is_ascii_and_as_wide(text: str) -> None:
    lookalikes.register()
    clean = sanitize(text)
    shown = clean.encode("ascii", lookalikes.HANDLER).decode("ascii")
    assert shown == lookalikes.as_ascii(clean)
    assert len(shown) == sum(map(display_width, clean))
    text.encode("latin-1", lookalikes.HANDLER)


def test_lookalikes_keep_the_shape_of_a_word_and_a_chart() -> None:
    assert lookalikes.as_ascii("Zoë ✓ ✗ a…") == "Zoe + x a~"
    assert lookalikes.as_ascii("⠀⡀⣀⣿│日") == " ..@|??"
