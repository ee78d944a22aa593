"""What setup asks and tells its user: another status line, PATH, next steps, help."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import REPOSITORY
from usageline.core import paths
from usageline.setup import command, context, first_run, program_files
from usageline.setup.context import SetupContext
from usageline.setup.outcome import (
    Outcome,
    next_steps,
    path_advice,
    remove_command,
    upgrade_command,
    upgrade_hint,
)
from usageline.system import terminal

if TYPE_CHECKING:
    from tests.setup.machine import LocalMachine
    from tests.world import World

OTHER = {"statusLine": {"type": "command", "command": "echo mine"}}


def write_other(local: LocalMachine) -> None:
    local.write_settings(json.dumps(OTHER).encode())


@pytest.mark.parametrize("answer", ["n", "", "x", "no"])
def test_install_leaves_another_status_line_unless_the_user_chooses(
    local: LocalMachine, answer: str
) -> None:
    write_other(local)
    local.answer = answer
    before = local.tree(times=True)
    assert "Nothing was changed" in local.run(expect=1)
    assert local.tree(times=True) == before


@pytest.mark.parametrize("answer", ["r", "y"])
def test_answer_replaces_another_status_line(local: LocalMachine, answer: str) -> None:
    write_other(local)
    local.answer = answer
    assert "config set chain.command 'echo mine'" in local.run()
    assert not Path(paths.config_file(local.env)).exists()


@pytest.mark.parametrize(("answer", "arguments"), [("k", ()), (None, ("--keep-both",))])
def test_keeping_both_chains_the_other_status_line(
    local: LocalMachine, answer: str | None, arguments: tuple[str, ...]
) -> None:
    """An uninstall removes the config.toml that this made, unless the user has changed it."""
    write_other(local)
    before = local.files()
    local.answer = answer
    output = local.run(*arguments)
    config = Path(paths.config_file(local.env))
    assert 'command = "echo mine"' in config.read_text()
    assert "chain.command" not in output
    local.answer = None
    local.run("--uninstall")
    assert local.files() == before

    local.run("--keep-both")
    config.write_text(config.read_text() + "# mine\n")
    local.run("--uninstall")
    assert config.exists()


def test_keeping_both_changes_one_key_of_an_existing_configuration(local: LocalMachine) -> None:
    write_other(local)
    config = Path(paths.config_file(local.env))
    config.parent.mkdir(parents=True)
    config.write_text("ttl = 600\n")
    local.run("--keep-both")
    local.run("--uninstall")
    assert config.read_text().startswith("ttl = 600\n")


@pytest.mark.parametrize(
    "script",
    [
        "exit 3",
        "echo 'usageline: no' >&2; exit 1",
        "printf '\\377\\033[31m' >&2; exit 1",
        "kill $$",
    ],
)
def test_failure_to_chain_is_a_sentence(tmp_path: Path, script: str) -> None:
    program = tmp_path / "usageline"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert first_run.chain_previous(str(program), {"PATH": "/usr/bin:/bin"})
    assert first_run.chain_previous(str(tmp_path / "none"), {})


@pytest.mark.parametrize(
    ("typed", "answer"), [("", ""), (" K \n", "k"), ("\n", ""), ("\x1b[A\n", "\x1b[a")]
)
def test_question_without_an_answer_is_answered_with_nothing(
    monkeypatch: pytest.MonkeyPatch, typed: str, answer: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert context._ask("? ") == answer


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("/bin/bash", "echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> ~/.bashrc"),
        ("/usr/bin/zsh", "echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> ~/.zshrc"),
        ("/usr/bin/fish", "fish_add_path ~/.local/bin"),
        ("/bin/dash", 'export PATH="$HOME/.local/bin:$PATH"'),
        ("", 'export PATH="$HOME/.local/bin:$PATH"'),
    ],
)
def test_path_advice_is_a_line_for_the_users_shell(world: World, shell: str, expected: str) -> None:
    ctx = SetupContext({**world.env, "SHELL": shell}, "/clone", print)
    assert path_advice(ctx).endswith(f"\n\n  {expected}")
    on_path = {**ctx.env, "PATH": f"/bin:{world.home}/.local/bin"}
    assert not path_advice(SetupContext(on_path, "/clone", print))


def test_next_steps_name_a_command_that_can_be_typed(world: World) -> None:
    """Not on PATH, it is named by its path."""
    ctx = SetupContext(world.env, "/clone", print)
    own = "~/.local/share/usageline/current/bin/usageline"
    assert f"  {own} config" in next_steps(ctx)
    program = world.home / ".local/bin/usageline"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    assert "  ~/.local/bin/usageline config" in next_steps(ctx)
    on_path = {**world.env, "PATH": str(program.parent)}
    assert "  usageline config" in next_steps(SetupContext(on_path, "/clone", print))


def test_upgrade_follows_the_way_of_the_install(world: World, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    plugin = f"{world.home}/.claude/plugins/cache/usageline"
    for source, expected in (
        (str(tmp_path), f"cd {tmp_path} && git pull && ./install.sh"),
        (plugin, "/plugin update usageline, then /usageline:setup"),
        ("/unpacked", "./install.sh of a newer version"),
    ):
        assert upgrade_command(SetupContext(world.env, source, print)) == expected


def test_upgrade_of_a_package_that_is_not_first_on_path_names_its_paths(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = world.home / "env/lib/python3.11/site-packages/usageline"
    (package / program_files.PACKAGED).mkdir(parents=True)
    own = world.home / "env/bin/usageline"
    own.parent.mkdir()
    own.touch(0o755)
    monkeypatch.setattr(sys, "prefix", str(world.home / "env"))
    monkeypatch.setattr(sys, "executable", str(own.parent / "python"))
    ctx = SetupContext(world.env, str(package), print)
    upgrade = "~/env/bin/python -m pip install --upgrade usageline && ~/env/bin/usageline install"
    assert upgrade_command(ctx) == upgrade
    on_path = SetupContext({**world.env, "PATH": str(own.parent)}, str(package), print)
    assert upgrade_command(on_path) == "pip install --upgrade usageline && usageline install"
    assert remove_command(ctx) == "~/env/bin/python -m pip uninstall usageline"
    assert remove_command(on_path) == "pip uninstall usageline"
    assert remove_command(SetupContext(world.env, "/clone", print)) == ""
    assert max(len(step) for step in next_steps(ctx).split("\n") if upgrade not in step) < 100

    release = SetupContext(on_path.env, str(tmp_path / "releases" / "1"), print)
    assert upgrade_hint(release).endswith("run ~/env/bin/usageline install.")
    alone = SetupContext(world.env, str(tmp_path / "releases" / "1"), print)
    assert upgrade_hint(alone).endswith("run that version's installer.")


@pytest.mark.parametrize(
    ("program", "has", "lacks"),
    [
        ("install.sh", ["--uninstall", "--with", "--purge", "from this clone"], []),
        ("usageline install", ["--with", "--keep-both"], ["--uninstall", "--purge"]),
        ("usageline uninstall", ["--purge", "--keep-history"], ["--with", "--keep-both", "Add"]),
    ],
)
def test_help_describes_the_program_itself(
    program: str, has: list[str], lacks: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command._parse(["--help"], program)
    text = capsys.readouterr().out
    assert f"usage: {program} " in text
    assert [word for word in has if word not in text] == []
    assert [word for word in lacks if word in text] == []


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("install.sh", ["--purge"]),
        ("install.sh", ["--uninstall", "--purge", "--keep-history"]),
        ("install.sh", ["--uninstall", "--keep-both"]),
        ("usageline install", ["--keep-history"]),
        ("usageline uninstall", ["--with", "png"]),
    ],
)
def test_options_of_another_program_are_wrong_usage(program: str, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command._parse(arguments, program)
    assert ended.value.code == 2


@pytest.mark.parametrize(("locale", "expected"), [("C.UTF-8", "✓ done"), ("C", "+ done")])
def test_screen_prints_a_tick_that_the_terminal_has(
    monkeypatch: pytest.MonkeyPatch, locale: str, expected: str
) -> None:
    output = io.TextIOWrapper(io.BytesIO(), "latin-1")
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setenv("LC_ALL", locale)
    terminal.adapt_output()
    screen = command.Screen(is_interactive=False)
    screen.wait("… waiting")
    screen.show("✓ done")
    assert output.buffer.getvalue().decode() == expected + "\n"


def test_what_is_removed_again_is_one_line_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    command.Screen(is_interactive=True).wait("x" * 90)
    assert len(capsys.readouterr().out) < 40


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, 7), (False, 5)])
def test_only_prose_is_broken_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, lines: int
) -> None:
    """A row of a change hangs below its text. What is to be copied stays in one line."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    outcome = Outcome()
    outcome.add_change("line", "/usr/bin/python3: the fastest of all interpreters")
    copied = '{"statusLine": "a command of many words that is longer than the row"}'
    outcome.notes.append(f"A note of so many words that a row cannot hold it:\n\n{copied}")
    shown: list[str] = []
    outcome.show(shown.append)
    rows = "\n".join(shown).split("\n")
    assert len(rows) == lines
    assert copied in rows
    assert [row for row in rows if len(row) > 40 and row != copied] == [] or not is_terminal
    assert rows[1].startswith(" " * 12) is is_terminal


def test_install_sh_is_described_by_its_help() -> None:
    assert "--help" in (REPOSITORY / "install.sh").read_text().splitlines()[1]


@pytest.mark.parametrize(
    ("argument", "hint"), [("--purg", "; did you mean --purge?"), ("odd", "unrecognized arguments")]
)
def test_mistyped_option_has_a_suggestion(
    argument: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command._parse([argument], command.UNINSTALL)
    assert ended.value.code == 2
    assert hint in capsys.readouterr().err
