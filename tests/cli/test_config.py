"""Run the commands of `usageline config`."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tests.cli.terminal import Terminal
from usageline import themes
from usageline.cli.config.group import command as group
from usageline.config.template import default_file, full_file, minimal_file
from usageline.config.validate import validate
from usageline.core.json_file import json_file as read_compiled
from usageline.line.layout import parts_width
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
    """Return the path of config.toml."""
    return Path(world.paths.config_file)


def test_init_writes_the_default_file_and_overwrites_nothing(usageline: Run, file: Path) -> None:
    done = usageline("config", "init")
    assert (done.returncode, done.stdout) == (0, "wrote ~/.config/usageline/config.toml\n")
    assert file.read_text() == default_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert usageline("config", "check").returncode == 0
    file.write_text(MINE)
    done = usageline("config", "init")
    assert (done.returncode, "exists already" in done.stderr) == (1, True)
    assert file.read_text() == MINE


@pytest.mark.parametrize(
    ("options", "text"),
    [((), default_file), (("--minimal",), minimal_file), (("--full",), full_file)],
)
def test_init_prints_the_file_instead_of_writing_it(
    usageline: Run, file: Path, *, options: tuple[str, ...], text: Callable[[], str]
) -> None:
    assert usageline("config", "init", *options, "--print").stdout == text()
    assert not file.exists()
    assert usageline("config", "init", *options).returncode == 0
    assert file.read_text() == text()


def test_config_without_a_command_prints_the_help_without_a_terminal(
    usageline: Run, file: Path
) -> None:
    done = usageline("config")
    assert (done.returncode, "Usage: usageline config" in done.stderr) == (2, True)
    assert not file.exists()


def test_path_prints_the_path_whether_the_file_exists_or_not(
    usageline: Run, file: Path, world: World
) -> None:
    assert usageline("config", "path").stdout == f"{file}\n"
    world.env["XDG_CONFIG_HOME"] = "/elsewhere"
    assert usageline("config", "path").stdout == "/elsewhere/usageline/config.toml\n"


def test_set_changes_one_key_and_compiles(usageline: Run, file: Path, world: World) -> None:
    world.configure(MINE)
    file.chmod(0o640)
    assert usageline("config", "set", "segments.session.bar_width", "7").returncode == 0
    assert usageline("config", "set", "clock", "12h").returncode == 0
    assert (
        file.read_text()
        == '# mine\ntheme = "dark" # dark\nclock = "12h"\n\n[segments.session]\nbar_width = 7\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    compiled = read_compiled(world.paths.line_config)
    assert compiled is not None
    assert compiled["clock"] == "12h"
    assert ["session", {"bar_width": 7}] in compiled["rows"][0]
    assert os.listdir(file.parent) == ["config.toml"]


def test_set_prints_what_it_wrote_and_the_new_line(usageline: Run, world: World) -> None:
    world.env["COLUMNS"] = "300"
    done = usageline("config", "set", "rows", "git,model/clock")
    head, *drawn = done.stdout.splitlines()
    assert head == "~/.config/usageline/config.toml: rows = git,model/clock"
    assert drawn[0] == "  feature/themes │ Opus 5.5"
    assert re.fullmatch(r"  \d\d:\d\d", drawn[1])
    assert "as before" in usageline("config", "set", "rows", "git,model/clock").stdout
    assert usageline("config", "set", "ttl", "600").stdout.count("\n") == 1  # draws nothing new


def test_set_draws_the_line_with_the_users_own_numbers(usageline: Run, world: World) -> None:
    snapshot = Path(world.paths.snapshot)
    snapshot.parent.mkdir(parents=True, mode=0o700)
    limit = {"kind": "session", "percent": 63, "resets_at": int(time.time()) + 7200}
    snapshot.write_text(json.dumps({"version": 1, "limits": [limit], "credentials": "x"}))
    assert "63%" in usageline("config", "set", "rows", "session").stdout


def test_broken_toml_is_not_changed_and_the_message_says_what_to_do(
    usageline: Run, file: Path, world: World
) -> None:
    world.configure("theme = \n")
    for arguments in (
        ("set", "theme", "dark"),
        ("unset", "theme"),
        ("add", "effort"),
        ("preset", "full"),
        ("preview", "--set", "theme=dark"),
    ):
        done = usageline("config", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "config.toml:1: not TOML" in done.stderr
        assert "correct it with `usageline config edit`" in done.stderr
    assert file.read_text() == "theme = \n"


def test_set_creates_the_file_with_one_key(usageline: Run, file: Path) -> None:
    assert usageline("config", "set", "rows", '[["model", "session"], ["weekly"]]').returncode == 0
    assert file.read_text() == 'rows = [["model", "session"], ["weekly"]]\n'
    assert usageline("config", "get", "rows").stdout == '[["model", "session"], ["weekly"]]\n'


@pytest.mark.parametrize(
    ("key", "value", "message"),
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
def test_set_refuses_an_invalid_value_and_prints_what_is_allowed(
    usageline: Run, file: Path, world: World, *, key: str, value: str, message: str
) -> None:
    world.configure(MINE)
    before = file.stat()
    done = usageline("config", "set", key, value)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was changed" in done.stderr
    assert message in done.stderr
    assert (file.read_text(), file.stat().st_mtime_ns) == (MINE, before.st_mtime_ns)


def test_set_writes_to_the_target_of_a_link(usageline: Run, file: Path, world: World) -> None:
    elsewhere = world.home / "dotfiles.toml"
    elsewhere.write_text(MINE)
    file.parent.mkdir(parents=True)
    file.symlink_to(elsewhere)
    assert usageline("config", "set", "theme", "light").returncode == 0
    assert file.is_symlink()
    assert 'theme = "light" # dark' in elsewhere.read_text()


def test_unset_removes_a_key(usageline: Run, file: Path, world: World) -> None:
    world.configure(MINE)
    assert usageline("config", "unset", "theme").returncode == 0
    assert file.read_text() == "# mine\n\n[segments.session]\nbar_width = 5\n"
    done = usageline("config", "unset", "theme")
    assert (done.returncode, done.stdout) == (0, "theme is not set\n")
    assert (
        'not set; did you mean "alerts.thresholds"'
        in usageline("config", "unset", "thresholds").stdout
    )


def test_get_prints_the_set_value_or_the_default(usageline: Run, world: World) -> None:
    world.configure(MINE + "[alerts]\nline = 1\n")
    assert usageline("config", "get", "theme").stdout == "dark\n"
    assert usageline("config", "get", "segments.weekly.bar_width").stdout == "10\n"
    assert usageline("config", "get", "separator").stdout == ""
    done = usageline("config", "get", "alerts")
    assert "thresholds = [75, 90]\n" in done.stdout
    assert "config.toml:7: alerts.line: true or false is allowed" in done.stderr
    done = usageline("config", "get", "thme")
    assert (done.returncode, 'did you mean "theme"' in done.stderr) == (1, True)


def test_check_prints_every_problem_and_exits_with_1(usageline: Run, world: World) -> None:
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
    assert usageline("config", *arguments).returncode == 2


def test_fifo_at_the_path_is_refused_without_waiting(usageline: Run, file: Path) -> None:
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    for arguments in (["check"], ["set", "theme", "dark"], ["get", "theme"], ["edit"]):
        done = usageline("config", *arguments)
        assert done.returncode == 1
        assert "it is not a regular file" in done.stderr


class TestEdit:
    def editor(self, world: World, script: str) -> None:
        """Set the user's editor to a shell script that gets the file as $1."""
        program = world.home / "my editor"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o700)
        world.env["VISUAL"] = f"'{program}'"

    def test_edit_saves_a_valid_file(self, usageline: Run, file: Path, world: World) -> None:
        """The path of the editor has a space, which the user quotes."""
        world.configure(MINE)
        self.editor(world, 'sed -i s/dark/light/ "$1"')
        done = usageline("config", "edit")
        assert (done.returncode, done.stdout) == (0, "saved: the next status line shows it\n")
        assert file.read_text() == MINE.replace("dark", "light", 1)

    def test_edit_starts_with_the_default_file(
        self, usageline: Run, file: Path, world: World
    ) -> None:
        self.editor(world, 'sed -i "s/^#theme = .*/theme = \\"ascii\\"/" "$1"')
        assert usageline("config", "edit").returncode == 0
        assert validate(file.read_text()).values.top == {"theme": "ascii"}

    def test_unchanged_edit_leaves_no_copy(self, usageline: Run, world: World) -> None:
        world.configure(MINE)
        self.editor(world, ":")
        assert usageline("config", "edit").stdout == "nothing was changed\n"
        assert not Path(world.paths.state_dir).exists()

    def test_invalid_edit_is_kept_as_a_copy(self, usageline: Run, file: Path, world: World) -> None:
        world.configure(MINE)
        self.editor(world, 'sed -i s/dark/drak/ "$1"')
        done = usageline("config", "edit")
        assert done.returncode == 1
        assert 'config.toml:2: theme: "drak" is not allowed' in done.stderr
        assert file.read_text() == MINE
        copy = Path(done.stderr.strip().rpartition("your text is in ")[2])
        assert copy.read_text() == MINE.replace("dark", "drak", 1)
        assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700

    def test_edit_can_continue_after_a_problem(
        self, file: Path, world: World, built_release: Release
    ) -> None:
        world.configure(MINE)
        self.editor(
            world,
            'if grep -q drak "$1"; then sed -i s/drak/light/ "$1"\n'
            'else sed -i s/dark/drak/ "$1"; fi',
        )
        command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "config", "edit"]
        with Terminal(command, world.env, world.home) as terminal:
            terminal.wait_for(lambda screen: "Continue editing?" in screen)
            terminal.press(b"\r")
            terminal.wait_for(lambda screen: "the next status line shows it" in screen)
        assert file.read_text() == MINE.replace("dark", "light", 1)

    def test_edit_does_not_overwrite_a_concurrent_change(
        self, usageline: Run, file: Path, world: World
    ) -> None:
        world.configure(MINE)
        self.editor(world, f'sed -i s/dark/light/ "$1"; echo "# theirs" >> "{file}"')
        done = usageline("config", "edit")
        assert (done.returncode, "in the meantime" in done.stderr) == (1, True)
        assert file.read_text() == MINE + "# theirs\n"
        copy = Path(done.stderr.strip().rpartition("your text is in ")[2])
        assert copy.read_text() == MINE.replace("dark", "light", 1)

    def test_unsaved_edit_is_offered_again(
        self, usageline: Run, file: Path, world: World, built_release: Release
    ) -> None:
        """Without a terminal it stays. An unchanged copy is discarded."""
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

    @pytest.mark.parametrize(
        ("answers", "is_continued", "words"),
        [
            ("y\n", True, "Continue with it? [Y/n]"),
            ("n\nn\n", False, "your text is in"),
            ("", False, "continue with it in a terminal"),
        ],
        ids=["continue", "begin again", "no answer"],
    )
    def test_unsaved_edit_is_continued_only_on_request(
        self, world: World, answers: str, *, is_continued: bool, words: str
    ) -> None:
        world.configure(MINE)
        self.editor(world, """sed -i 's/"dark"/"drak"/' "$1" """)
        assert "Continue editing?" in edited(world, "n\n").output
        self.editor(world, """sed -i 's/"drak"/"light"/; s/"dark"/"drak"/' "$1" """)
        done = edited(world, answers)
        assert words in done.output + str(done.exception)
        text = MINE.replace('"dark"', '"light"') if is_continued else MINE
        assert Path(world.paths.config_file).read_text() == text

    def test_problem_that_stays_is_asked_about_again(self, world: World, file: Path) -> None:
        world.configure(MINE)
        self.editor(
            world,
            'case $(cat "$1") in *drakk*) sed -i s/drakk/light/ "$1";;\n'
            '*drak*) sed -i s/drak/drakk/ "$1";; *) sed -i s/dark/drak/ "$1";; esac',
        )
        done = edited(world, "y\ny\n")
        assert done.exit_code == 0, done.output
        assert done.output.count("Continue editing?") == 2
        assert file.read_text() == MINE.replace("dark", "light", 1)

    def test_second_edit_is_refused_while_one_is_open(
        self, usageline: Run, world: World, built_release: Release
    ) -> None:
        """Both would use the same copy."""
        world.configure(MINE)
        command = f"'{built_release.python}' -I -B -m usageline.cli config edit"
        self.editor(world, f"VISUAL=true {command} 2> '{world.home}/errors'")
        assert usageline("config", "edit").returncode == 1
        assert "another `usageline config edit` is open" in (world.home / "errors").read_text()

    @pytest.mark.parametrize(
        ("editor", "message"),
        [("/nowhere/vi", "cannot be run"), ("false", "exited with 1"), ("'", "cannot be run")],
    )
    def test_failing_editor_changes_nothing(
        self, usageline: Run, file: Path, world: World, editor: str, message: str
    ) -> None:
        world.configure(MINE)
        world.env["EDITOR"] = editor
        done = usageline("config", "edit")
        assert (done.returncode, message in done.stderr) == (1, True)
        assert file.read_text() == MINE


def edited(world: World, answers: str) -> Result:
    """Run `usageline config edit` with these answers to its questions."""
    return CliRunner(env={**world.env}).invoke(group, ["edit"], input=answers)


class TestPreview:
    def test_preview_fits_the_requested_width(self, usageline: Run) -> None:
        for columns in (40, 80, 200):
            done = usageline("config", "preview", "--width", str(columns))
            assert done.returncode == 0
            lines = done.stdout.splitlines()
            assert [line for line in lines if line and line[0] != " "] == list(themes.NAMES)
            rows = [line for line in lines if line.startswith("  ")]
            assert len(rows) == len(themes.NAMES) * (1 if columns == 200 else 2)
            assert all(parts_width([("", row)]) <= columns - 2 for row in rows)
            assert sum("37%" in row for row in rows) == len(themes.NAMES)

    def test_preview_writes_nothing(self, usageline: Run, file: Path, world: World) -> None:
        world.configure(MINE)
        plain = usageline("config", "preview", "dark").stdout
        done = usageline(
            "config", "preview", "--set", "separator= ~ ", "--set", 'rows=[["model", "clock"]]'
        )
        assert (done.returncode, done.stdout[:13]) == (0, "  Opus 5.5 ~ ")
        again = usageline("config", "preview", "dark").stdout
        moments = re.compile(r"(\w{3} )?\d\d:\d\d")  # the sample's times of day go on
        assert moments.sub("", again) == moments.sub("", plain) != done.stdout
        assert file.read_text() == MINE
        assert not world.cache.exists()

    def test_preview_refuses_an_invalid_change(self, usageline: Run) -> None:
        done = usageline("config", "preview", "--set", "theme=powrline")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith('usageline: --set: theme: "powrline" is not allowed')
        assert 'did you mean "powerline"?' in done.stderr
        done = usageline("config", "preview", "powrline")
        assert (done.returncode, 'did you mean "powerline"?' in done.stderr) == (2, True)

    def test_preview_of_a_user_theme_names_its_mistake(self, usageline: Run, world: World) -> None:
        folder = Path(world.paths.config_file).parent / "themes"
        folder.mkdir(parents=True)
        (folder / "mine.toml").write_text('odd = "x"')
        done = usageline("config", "preview", "mine")
        assert done.stderr.startswith("usageline: theme: themes/mine.toml:1: odd: ")

    def test_theme_file_that_a_built_in_theme_hides_is_reported(
        self, usageline: Run, world: World
    ) -> None:
        folder = Path(world.paths.config_file).parent / "themes"
        folder.mkdir(parents=True)
        (folder / "nord.toml").touch()
        text = "the built-in theme nord is used instead of themes/nord.toml: give that file another"
        for arguments in ("check",), ("themes",), ("set", "theme", "nord"):
            done = usageline("config", *arguments)
            assert (done.returncode, done.stderr) == (0, f"{text} name\n")

    def test_preview_has_escapes_only_in_a_terminal_or_when_forced(
        self, usageline: Run, world: World
    ) -> None:
        world.env["COLUMNS"] = "300"
        arguments = ("config", "preview", "default", "--set", 'rows=[["model", "pr", "session"]]')
        assert "\x1b" not in usageline(*arguments).stdout
        world.env.update(CLICOLOR_FORCE="1", TERM="xterm-256color")
        done = usageline(*arguments)
        assert "\x1b[1;38;5;254mOpus 5.5" in done.stdout
        assert "\x1b]8;;https://" in done.stdout

    def test_preview_has_the_width_and_colors_of_the_terminal(
        self, world: World, built_release: Release
    ) -> None:
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

    def test_change_shows_the_line_of_the_current_profile(
        self, usageline: Run, world: World
    ) -> None:
        world.configure('rows = [["model"]]\n[profiles.default]\ntheme = "minimal"\n')
        done = usageline("config", "set", "profiles.default.rows", '[["context"]]')
        assert done.stdout.splitlines()[1:] == ["  ctx 34%"]
        done = usageline("config", "set", "theme", "nord")
        assert done.stdout.splitlines()[1:] == []

    def test_themes_lists_each_theme_with_description_and_sample(
        self, usageline: Run, world: World
    ) -> None:
        world.configure('theme = "minimal"\nrows = [["clock"]]\nfold = true\n')
        lines = usageline("config", "themes").stdout.splitlines()
        named = [line for line in lines if ": " in line and not line.startswith("  Opus")]
        assert [line[2:].partition(":")[0] for line in named] == list(themes.NAMES)
        assert [line[2:].partition(":")[0] for line in named if line[0] == "*"] == ["minimal"]
        assert sum("Opus 5.5" in line and "37%" in line for line in lines) == len(themes.NAMES)


def test_themes_break_their_descriptions_between_words_in_a_terminal(
    world: World, built_release: Release
) -> None:
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "config", "themes"]
    env = {**world.env, "TERM": "xterm"}
    with Terminal(command, env, world.home, columns=70, rows=100) as terminal:
        terminal.wait_for(lambda screen: "one-dark" in screen)
        lines = terminal.lines()
    broken = next(at for at, line in enumerate(lines) if line.startswith("  high-contrast: "))
    assert lines[broken].endswith(" every word; warnings")
    assert lines[broken + 1].strip() == "bold, critical numbers underlined"


def test_set_previous_takes_the_status_line_from_before_the_install(
    installed: Installed,
) -> None:
    world, command = installed.world, installed.world.paths.command
    done = world.run(command, "config", "set", "chain.command", "--previous")
    message = "there was no status line before the install: write its command instead of --previous"
    assert (done.returncode, done.stderr) == (1, f"usageline: {message}\n")
    for arguments in ((), ("x", "--previous")):
        assert world.run(command, "config", "set", "chain.command", *arguments).returncode == 2
    record = manifest.load(world.paths)
    assert record
    before = json.dumps({"statusLine": {"type": "command", "command": "a\n'b'"}}).encode("utf-16")
    manifest.save(world.paths, replace(record, before=manifest.encode_settings(before)))
    assert world.run(command, "config", "set", "chain.command", "--previous").returncode == 0
    assert Path(world.paths.config_file).read_text() == '[chain]\ncommand = """a\n\'b\'"""\n'
