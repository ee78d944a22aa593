"""Complete the command in real shells, and format its manual page."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from usageline.cli.commands import COMMANDS, command_named
from usageline.cli.main import cli
from usageline.config.arguments import key_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

BASH = """
eval "$(usageline completion bash)"
COMP_WORDS=({words}) COMP_CWORD={index}
_usageline_completion usageline
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
"""Bash calls the function so when the user presses the tab key."""


@pytest.fixture
def on_path(world: World, built_release: Release) -> World:
    """Return a world whose PATH has the command."""
    path = world.home / "bin" / "usageline"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {built_release.python} -I -B -m usageline.cli "$@"\n')
    path.chmod(0o755)
    world.env["PATH"] = f"{path.parent}{os.pathsep}{world.env['PATH']}"
    return world


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("usageline", "h"), ["history"]),
        (("usageline", "history", "--da"), ["--days", "--dark"]),
        (("usageline", "line", "--for", "t"), ["tmux"]),
        (("usageline", "explain", "sess"), ["session", "session_name"]),
        (("usageline", "config", "set", "theme", "no"), ["nord"]),
        (("usageline", "x"), [""]),
    ],
)
def test_bash_completes_commands_options_and_values(
    on_path: World, words: tuple[str, ...], expected: list[str]
) -> None:
    script = BASH.format(words=" ".join(words), index=len(words) - 1)
    done = on_path.run("/bin/bash", "--norc", "-c", script)
    assert done.stderr == ""
    assert done.stdout.splitlines() == expected


def completed(words: str) -> list[str]:
    """Return what the last word may become."""
    *before, last = words.split(" ")
    shell = ShellComplete(cli, {}, "usageline", "_USAGELINE_COMPLETE")
    return [item.value for item in shell.get_completions(before, last)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("config add vi", ["vim"]),
        ("config move git --after mo", ["model"]),
        ("config preset two", ["two-rows"]),
        ("config get alerts.th", ["alerts.thresholds"]),
        ("config set clock ", ["24h", "12h"]),
        ("config set wrap t", ["true"]),
        ("config set sources oa", ["oauth"]),
        ("config set separator ", []),
        ("config set nothing x", []),
        ("config unset segments.credits.hide_", ["segments.credits.hide_below"]),
        ("config preview power", ["powerline"]),
    ],
)
def test_config_completes_keys_values_and_segments(words: str, expected: list[str]) -> None:
    assert completed(words) == expected


def test_keys_without_a_beginning_have_no_options_of_segments() -> None:
    names = {name for name in key_names() if not name.startswith("segments.")}
    assert {*completed("config set ")} == names


def test_fish_shows_whole_descriptions(on_path: World) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("no fish here")
    script = "usageline completion fish | source; complete -C 'usageline conf'"
    done = on_path.run(program, "--no-config", "-c", script)
    assert done.stderr == ""
    entry = command_named("config")
    assert entry is not None
    assert done.stdout == f"config\t{entry.help}\n"


@pytest.mark.parametrize(("shell", "check"), [("zsh", "-n"), ("fish", "-n"), ("bash", "-n")])
def test_script_is_valid(usageline: Run, shell: str, check: str) -> None:
    done = usageline("completion", shell)
    assert "_USAGELINE_COMPLETE" in done.stdout
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    checked = subprocess.run(
        [program, check], input=done.stdout, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_default_is_the_users_shell(world: World, usageline: Run) -> None:
    world.env["SHELL"] = "/usr/bin/fish"
    assert "commandline" in usageline("completion").stdout
    world.env["SHELL"] = "/bin/tcsh"
    done = usageline("completion")
    assert (done.returncode, done.stdout) == (1, "")
    assert "usageline completion bash|zsh|fish" in done.stderr


def test_manual_page_has_every_command_and_no_fault(usageline: Run) -> None:
    page = usageline("man").stdout
    for entry in COMMANDS:
        assert f".SS usageline {entry.name} " in page
    assert ".SS usageline config set " in page
    assert page.isascii()
    program = shutil.which("groff")
    if program is None:
        pytest.skip("no groff here")
    done = subprocess.run(
        [program, "-man", "-Tutf8", "-ww"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "Show the last N days." in done.stdout


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version_has_a_short_option(usageline: Run, option: str) -> None:
    assert usageline(option).stdout.startswith("usageline ")
