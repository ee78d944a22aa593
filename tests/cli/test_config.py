"""`usageline config`: what it writes is right, what is wrong it names, and nothing of the user's is lost."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from usageline import themes
from usageline.config.template import default_file
from usageline.config.validate import check_text
from usageline.core import paths
from usageline.core.json_file import json_file as read_compiled
from usageline.line.layout import part_cells
from usageline.setup import manifest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.cli.installed import Installed
    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

MINE = '# mine\ntheme = "dark" # dark\n\n[segments.session]\nbar_width = 5\n'


@pytest.fixture
def file(world: World) -> Path:
    """Where config.toml is."""
    return Path(paths.config_file(world.env))


def test_init_writes_the_documented_default(usageline: Run, file: Path) -> None:
    """For the user alone; it is valid, and what is there stays there."""
    done = usageline("config", "init")
    assert (done.returncode, done.stdout) == (0, "wrote ~/.config/usageline/config.toml\n")
    assert file.read_text() == default_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert usageline("config", "check").returncode == 0
    file.write_text(MINE)
    done = usageline("config", "init")
    assert (done.returncode, "exists already" in done.stderr) == (1, True)
    assert file.read_text() == MINE


def test_path_says_where_it_is(usageline: Run, file: Path, world: World) -> None:
    """Also where it is not yet, and elsewhere."""
    assert usageline("config", "path").stdout == f"{file}\n"
    world.env["XDG_CONFIG_HOME"] = "/elsewhere"
    assert usageline("config", "path").stdout == "/elsewhere/usageline/config.toml\n"


def test_set_changes_one_key_and_the_line_has_it_at_once(
    usageline: Run, file: Path, world: World
) -> None:
    """Comments stay, and so does the mode of the file."""
    world.configure(MINE)
    file.chmod(0o640)
    assert usageline("config", "set", "segments.session.bar_width", "7").returncode == 0
    assert usageline("config", "set", "clock", "12h").returncode == 0
    assert (
        file.read_text()
        == '# mine\ntheme = "dark" # dark\nclock = "12h"\n\n[segments.session]\nbar_width = 7\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    found = read_compiled(paths.line_config(world.env))
    assert found["clock"] == "12h"
    assert ["session", {"bar_width": 7}] in found["rows"][0]
    assert os.listdir(file.parent) == ["config.toml"]


def test_set_makes_the_file_where_there_is_none(usageline: Run, file: Path) -> None:
    """With that key alone."""
    assert usageline("config", "set", "rows", '[["model", "session"], ["weekly"]]').returncode == 0
    assert file.read_text() == 'rows = [["model", "session"], ["weekly"]]\n'
    assert usageline("config", "get", "rows").stdout == '[["model", "session"], ["weekly"]]\n'


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "segments.session.bar_width",
            "wide",
            'segments.session.bar_width: a whole number from 2 to 40 is allowed, not "wide"',
        ),
        ("theme", "drak", 'did you mean "dark"'),
        ("segments.sessoin.bar_width", "5", 'did you mean "session"'),
    ],
)
def test_a_wrong_value_changes_nothing_and_says_what_is_allowed(
    usageline: Run, file: Path, world: World, *, key: str, value: str, told: str
) -> None:
    """Not even the file's time."""
    world.configure(MINE)
    before = file.stat()
    done = usageline("config", "set", key, value)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was changed" in done.stderr
    assert told in done.stderr
    assert (file.read_text(), file.stat().st_mtime_ns) == (MINE, before.st_mtime_ns)


def test_a_link_is_written_through(usageline: Run, file: Path, world: World) -> None:
    """People keep such files elsewhere and link to them."""
    elsewhere = world.home / "dotfiles.toml"
    elsewhere.write_text(MINE)
    file.parent.mkdir(parents=True)
    file.symlink_to(elsewhere)
    assert usageline("config", "set", "theme", "light").returncode == 0
    assert file.is_symlink()
    assert 'theme = "light" # dark' in elsewhere.read_text()


def test_unset_takes_a_key_out(usageline: Run, file: Path, world: World) -> None:
    """One that is not there is no failure."""
    world.configure(MINE)
    assert usageline("config", "unset", "theme").returncode == 0
    assert file.read_text() == "# mine\n\n[segments.session]\nbar_width = 5\n"
    done = usageline("config", "unset", "theme")
    assert (done.returncode, done.stdout) == (0, "theme is not set\n")


def test_get_says_what_holds(usageline: Run, world: World) -> None:
    """Given, default, a whole table; and what is wrong in the file besides."""
    world.configure(MINE + "[alerts]\nline = 1\n")
    assert usageline("config", "get", "theme").stdout == "dark\n"
    assert usageline("config", "get", "segments.weekly.bar_width").stdout == "10\n"
    assert usageline("config", "get", "separator").stdout == ""
    done = usageline("config", "get", "alerts")
    assert "thresholds = [75, 90]\n" in done.stdout
    assert "config.toml:7: alerts.line: true or false is allowed" in done.stderr
    done = usageline("config", "get", "thme")
    assert (done.returncode, 'did you mean "theme"' in done.stderr) == (1, True)


def test_check_names_all_problems_and_exits_with_1(usageline: Run, world: World) -> None:
    """And with 0 where there are none, or no file."""
    done = usageline("config", "check")
    assert (done.returncode, "the defaults apply" in done.stdout) == (0, True)
    world.configure('theme = "x"\n[segments.session]\nbar_width = 1\n')
    done = usageline("config", "check")
    assert done.returncode == 1
    assert [line.split(": ")[:2] for line in done.stderr.splitlines()] == [
        ["~/.config/usageline/config.toml:1", "theme"],
        ["~/.config/usageline/config.toml:3", "segments.session.bar_width"],
    ]


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["set", "theme"], ["get"], ["check", "--nonsense"]]
)
def test_wrong_usage_exits_with_2(usageline: Run, arguments: list[str]) -> None:
    """As everywhere."""
    assert usageline("config", *arguments).returncode == 2


def test_a_fifo_in_the_place_of_the_file_holds_nobody_up(usageline: Run, file: Path) -> None:
    """It is named."""
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    for arguments in (["check"], ["set", "theme", "dark"], ["get", "theme"], ["edit"]):
        done = usageline("config", *arguments)
        assert done.returncode == 1
        assert "it is no regular file" in done.stderr


class TestEdit:
    def editor(self, world: World, script: str) -> None:
        """Let the user's editor be a shell script that has the file as $1."""
        program = world.home / "my editor"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o700)
        world.env["VISUAL"] = f"'{program}'"

    def test_what_is_right_is_put_in_place(self, usageline: Run, file: Path, world: World) -> None:
        """An argument with spaces in it is the user's to quote."""
        world.configure(MINE)
        self.editor(world, 'sed -i s/dark/light/ "$1"')
        done = usageline("config", "edit")
        assert (done.returncode, done.stdout) == (0, "saved: the next status line shows it\n")
        assert file.read_text() == MINE.replace("dark", "light", 1)

    def test_without_a_file_the_default_one_is_offered(
        self, usageline: Run, file: Path, world: World
    ) -> None:
        """With everything commented out."""
        self.editor(world, 'sed -i "s/^#theme = .*/theme = \\"ascii\\"/" "$1"')
        assert usageline("config", "edit").returncode == 0
        assert check_text(file.read_text()).values.top == {"theme": "ascii"}

    def test_nothing_changed_is_said(self, usageline: Run, world: World) -> None:
        """And no copy stays."""
        world.configure(MINE)
        self.editor(world, ":")
        assert usageline("config", "edit").stdout == "nothing was changed\n"
        assert not Path(paths.state_dir(world.env)).exists()

    def test_what_is_wrong_is_not_put_in_place_and_not_lost(
        self, usageline: Run, file: Path, world: World
    ) -> None:
        """Where nobody is there to go on."""
        world.configure(MINE)
        self.editor(world, 'sed -i s/dark/drak/ "$1"')
        done = usageline("config", "edit")
        assert done.returncode == 1
        assert "config.toml:2: theme: one of" in done.stderr
        assert file.read_text() == MINE
        copy = Path(done.stderr.strip().rpartition("your text is in ")[2])
        assert copy.read_text() == MINE.replace("dark", "drak", 1)
        assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700

    def test_one_can_go_on_editing(self, file: Path, world: World, built_release: Release) -> None:
        """Each time the problems are named."""
        world.configure(MINE)
        self.editor(
            world,
            'if grep -q drak "$1"; then sed -i s/drak/light/ "$1"; else sed -i s/dark/drak/ "$1"; fi',
        )
        command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "config", "edit"]
        with Terminal(command, world.env, world.home) as terminal:
            terminal.wait_for(lambda screen: "Continue editing?" in screen)
            terminal.press(b"\r")
            terminal.wait_for(lambda screen: "the next status line shows it" in screen)
        assert file.read_text() == MINE.replace("dark", "light", 1)

    def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(
        self, usageline: Run, file: Path, world: World
    ) -> None:
        """The user's text stays where it is."""
        world.configure(MINE)
        self.editor(world, f'sed -i s/dark/light/ "$1"; echo "# theirs" >> "{file}"')
        done = usageline("config", "edit")
        assert (done.returncode, "in the meantime" in done.stderr) == (1, True)
        assert file.read_text() == MINE + "# theirs\n"
        copy = Path(done.stderr.strip().rpartition("your text is in ")[2])
        assert copy.read_text() == MINE.replace("dark", "light", 1)

    def test_a_text_that_was_not_put_in_place_is_offered_by_the_next_edit(
        self, usageline: Run, file: Path, world: World, built_release: Release
    ) -> None:
        """Where nobody is there to say so it stays; one that nobody has changed is nobody's loss."""
        world.configure(MINE)
        self.editor(world, 'sed -i s/dark/drak/ "$1"')
        assert usageline("config", "edit").returncode == 1
        self.editor(world, 'sed -i s/drak/light/ "$1"')
        done = usageline("config", "edit")
        assert (done.returncode, "continue with it in a terminal" in done.stderr) == (1, True)
        command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "config", "edit"]
        with Terminal(command, world.env, world.home) as terminal:
            terminal.wait_for(lambda screen: "Continue with it?" in screen)
            terminal.press(b"\r")
            terminal.wait_for(lambda screen: "the next status line shows it" in screen)
        assert file.read_text() == MINE.replace("dark", "light", 1)
        world.env["VISUAL"] = "false"
        assert usageline("config", "edit").returncode == 1
        world.configure("")
        world.env["VISUAL"] = "true"
        assert usageline("config", "edit").stdout == "nothing was changed\n"

    def test_one_at_a_time(self, usageline: Run, world: World, built_release: Release) -> None:
        """They share the copy."""
        world.configure(MINE)
        self.editor(
            world,
            f"VISUAL=true '{built_release.python}' -I -B -m usageline.cli config edit 2> '{world.home}/said'",
        )
        assert usageline("config", "edit").returncode == 1
        assert "another `usageline config edit` is open" in (world.home / "said").read_text()

    @pytest.mark.parametrize(
        ("editor", "told"),
        [("/nowhere/vi", "cannot be run"), ("false", "exited with 1"), ("'", "cannot be run")],
    )
    def test_an_editor_that_fails_changes_nothing(
        self, usageline: Run, file: Path, world: World, editor: str, told: str
    ) -> None:
        """And is named."""
        world.configure(MINE)
        world.env["EDITOR"] = editor
        done = usageline("config", "edit")
        assert (done.returncode, told in done.stderr) == (1, True)
        assert file.read_text() == MINE


class TestPreview:
    def test_it_draws_every_theme_at_the_width_that_is_asked_for(self, usageline: Run) -> None:
        """And at the terminal's own where none is."""
        for columns in (40, 80, 200):
            done = usageline("config", "preview", "--width", str(columns))
            assert done.returncode == 0
            lines = done.stdout.splitlines()
            assert [line for line in lines if line and line[0] != " "] == list(themes.NAMES)
            rows = [line for line in lines if line.startswith("  ")]
            assert len(rows) == len(themes.NAMES)
            assert all(part_cells([("", row)]) <= columns - 2 for row in rows)
            assert all("37%" in row for row in rows)

    def test_nothing_is_kept(self, usageline: Run, file: Path, world: World) -> None:
        """Not even a cache."""
        world.configure(MINE)
        plain = usageline("config", "preview", "dark").stdout
        done = usageline(
            "config", "preview", "--set", "separator= ~ ", "--set", 'rows=[["model", "clock"]]'
        )
        assert (done.returncode, done.stdout[:13]) == (0, "  Opus 5.5 ~ ")
        assert usageline("config", "preview", "dark").stdout == plain != done.stdout
        assert file.read_text() == MINE
        assert not world.cache.exists()

    def test_a_change_that_is_not_allowed_is_named(self, usageline: Run) -> None:
        """With what is."""
        done = usageline("config", "preview", "--set", "theme=powrline")
        assert (done.returncode, done.stdout) == (1, "")
        assert "theme: one of" in done.stderr
        assert 'did you mean "powerline"?' in done.stderr
        assert usageline("config", "preview", "powrline").returncode == 2

    def test_without_a_terminal_there_is_no_escape(self, usageline: Run, world: World) -> None:
        """Unless it is asked for."""
        world.env["COLUMNS"] = "300"
        arguments = ("config", "preview", "default", "--set", 'rows=[["model", "pr", "session"]]')
        assert "\x1b" not in usageline(*arguments).stdout
        world.env.update(CLICOLOR_FORCE="1", TERM="xterm-256color")
        done = usageline(*arguments)
        assert "\x1b[1;38;5;254mOpus 5.5" in done.stdout
        assert "\x1b]8;;https://" in done.stdout

    def test_in_a_terminal_it_is_as_wide_as_that_and_coloured(
        self, world: World, built_release: Release
    ) -> None:
        """As the line will be."""
        world.env["TERM"] = "xterm-256color"
        command = [
            str(built_release.python),
            "-I",
            "-B",
            "-m",
            "usageline.cli",
            "config",
            "preview",
            "ascii",
        ]
        with Terminal(command, world.env, world.home, columns=72) as terminal:
            terminal.wait_for(lambda screen: "37%" in screen)
            assert b"\x1b[38;5;108m" in terminal.received
            row = terminal.lines()[0]
            assert 40 < len(row) <= 70
            assert row.isascii()

    def test_themes_are_listed_with_what_they_are_like_and_a_sample(
        self, usageline: Run, world: World
    ) -> None:
        """The one in use is marked."""
        world.configure('theme = "minimal"\nrows = [["clock"]]\n')
        lines = usageline("config", "themes").stdout.splitlines()
        named = [line for line in lines if ": " in line and not line.startswith("  Opus")]
        assert [line[2:].partition(":")[0] for line in named] == list(themes.NAMES)
        assert [line[2:].partition(":")[0] for line in named if line[0] == "*"] == ["minimal"]
        assert sum("Opus 5.5" in line and "37%" in line for line in lines) == len(themes.NAMES)


def test_previous_is_the_status_line_of_before_the_install_or_a_sentence(
    installed: Installed,
) -> None:
    world, command = installed.world, paths.command(installed.world.env)
    done = world.run(command, "config", "set", "chain.command", "--previous")
    assert (done.returncode, done.stderr) == (
        1,
        "usageline: no status line from before the install is known\n",
    )
    for arguments in ((), ("x", "--previous")):
        assert world.run(command, "config", "set", "chain.command", *arguments).returncode == 2
    known = manifest.load(world.env)
    assert known
    before = json.dumps({"statusLine": {"type": "command", "command": "a\n'b'"}}).encode("utf-16")
    manifest.save(world.env, replace(known, before=manifest.encode(before)))
    assert world.run(command, "config", "set", "chain.command", "--previous").returncode == 0
    assert Path(paths.config_file(world.env)).read_text() == '[chain]\ncommand = """a\n\'b\'"""\n'
