"""Run the commands that add, move and remove segments, and the presets."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import REPOSITORY
from usageline.cli.config.group import command as group
from usageline.config.presets import PRESETS
from usageline.config.segments import SEGMENTS
from usageline.config.validate import Values, validate
from usageline.setup import manifest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.cli.installed import Installed
    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

MINE = """# mine
rows = [
    ["model", "session"],  # one
    ["weekly", "status"],
]
[segments.git]
hide = true
"""


@pytest.fixture
def file(world: World) -> Path:
    """Return the path of config.toml, which has MINE."""
    world.configure(MINE)
    return Path(world.paths.config_file)


def rows_in(file: Path) -> list[list[str]]:
    """Return the rows of a valid file."""
    validation = validate(file.read_text())
    assert validation.problems == []
    shown: list[list[str]] = validation.values.get("rows")
    return shown


def test_segment_that_the_line_has_already_creates_no_file(usageline: Run, world: World) -> None:
    done = usageline("config", "add", "model")
    assert (done.returncode, done.stdout.endswith("added model, as before\n")) == (0, True)
    assert not Path(world.paths.config_file).exists()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("add cost", [["model", "session"], ["weekly", "cost", "status"]]),
        ("add cost --row 1", [["model", "session", "cost"], ["weekly", "status"]]),
        ("add cost --row 3", [["model", "session"], ["weekly", "status"], ["cost"]]),
        ("add cost pace --before session", [["model", "cost", "pace", "session"], []]),
        ("add model", [["model", "session"], ["weekly", "status"]]),
        ("move git --first", [["git", "model", "session"], ["weekly", "status"]]),
        ("move weekly --after model", [["model", "weekly", "session"], ["status"]]),
        ("remove session", [["model"], ["weekly", "status"]]),
        ("remove weekly status", [["model", "session"]]),
    ],
)
def test_segments_are_added_moved_and_removed(
    usageline: Run, file: Path, *, command: str, expected: list[list[str]]
) -> None:
    done = usageline("config", *command.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("~/.config/usageline/config.toml: ")
    assert rows_in(file) == [row or ["weekly", "status"] for row in expected]
    assert file.read_text().startswith("# mine\n")


def test_adding_a_hidden_segment_shows_it(usageline: Run, file: Path) -> None:
    usageline("config", "add", "git", "--first")
    assert "hide" not in file.read_text()
    assert "# one" in file.read_text()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("add sesion", 'there is no segment "sesion"; did you mean "session"?'),
        (
            "add text.note",
            "define it first: `usageline config set segments.text.note.OPTION VALUE`",
        ),
        ("add cost --after modle", 'there is no segment "modle"; did you mean "model"?'),
        ("add cost --after pace", "pace is in no row"),
        ("add cost --after model --row 2", "model is in row 1, not in row 2"),
        ("add cost --row 9", "there is no row 9: use 1 to 3"),
        ("remove cost", "cost is in no row"),
        ("remove model session weekly status", "status is the only segment"),
        ("move model --before model", "cannot stand beside itself"),
        ("preset ful", 'there is no preset "ful"; did you mean "full"?'),
    ],
)
def test_what_is_not_possible_is_refused_and_changes_nothing(
    usageline: Run, file: Path, *, command: str, message: str
) -> None:
    done = usageline("config", *command.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert file.read_text() == MINE


def test_list_shows_each_row_and_what_can_be_added(usageline: Run, file: Path) -> None:
    shown, _, rest = usageline("config", "list").stdout.partition("not in the line")
    assert [line.split()[:2] for line in shown.splitlines()] == [
        ["row", "1"],
        ["model", "the"],
        ["session", "the"],
        ["row", "2"],
        ["weekly", "the"],
        ["status", "why"],
    ]
    listed = dict(line.split(None, 1) for line in rest.splitlines()[1:])
    assert listed["tokens"] == SEGMENTS["tokens"].doc
    assert listed.keys() == SEGMENTS.keys() - {"model", "session", "weekly", "status"}
    assert file.read_text() == MINE


@pytest.mark.parametrize("preset", [preset.name for preset in PRESETS])
def test_a_preset_is_valid_and_standard_takes_it_back(
    usageline: Run, world: World, preset: str
) -> None:
    world.configure('# mine\nclock = "12h"\n')
    file = Path(world.paths.config_file)
    assert usageline("config", "preset", preset).returncode == 0
    assert validate(file.read_text()).problems == []
    assert usageline("config", "preset", "standard").returncode == 0
    assert file.read_text() == '# mine\nclock = "12h"\n'


def test_a_preset_without_a_theme_keeps_the_users(usageline: Run, world: World) -> None:
    world.configure('theme = "high-contrast"\n')
    usageline("config", "preset", "two-rows")
    compiled = json.loads(Path(world.paths.line_config).read_text())
    assert (compiled["theme"]["name"], len(compiled["rows"])) == ("high-contrast", 2)


TASKS: dict[str, Callable[[Values], bool]] = {
    "use another theme": lambda values: values.get("theme") == "high-contrast",
    "hide credits": lambda values: values.segments["credits"]["hide"] is True,
    "put git first": lambda values: values.get("rows")[0][0] == "git",
    "use two rows": lambda values: len(values.get("rows")) == 2,
    "use a 12-hour clock": lambda values: values.get("clock") == "12h",
    "get an alert at 80%": lambda values: values.table("alerts")["thresholds"] == [80],
    "keep your earlier status line beside this one": (
        lambda values: values.table("chain")["command"] == "my-line --short"
    ),
}
"""The tasks in docs/CONFIGURATION.md, and what config.toml has afterwards."""


@pytest.mark.parametrize("task", TASKS)
def test_a_task_takes_the_one_documented_command(
    usageline: Run, installed: Installed, task: str
) -> None:
    record = manifest.load(installed.world.paths)
    assert record is not None
    settings = json.dumps({"statusLine": {"type": "command", "command": "my-line --short"}})
    before = manifest.encode_settings(settings.encode())
    manifest.save(installed.world.paths, replace(record, before=before))
    commands = re.findall(
        r"^\| (.+?) \| `usageline (.+?)` \|$",
        (REPOSITORY / "docs" / "CONFIGURATION.md").read_text(),
        re.MULTILINE,
    )
    command = dict(commands)[task]
    done = usageline(*shlex.split(command))
    assert (done.returncode, done.stderr) == (0, "")
    file = Path(installed.world.paths.config_file)
    validation = validate(file.read_text())
    assert validation.problems == []
    assert TASKS[task](validation.values)


@pytest.mark.parametrize("path", ["docs/CONFIGURATION.md", "commands/configure.md"])
def test_every_documented_command_exists(path: str) -> None:
    text = (REPOSITORY / path).read_text()
    named = set(re.findall(r"usageline config ([a-z]+)", text))
    assert named
    assert named <= group.commands.keys()


def test_the_chat_command_may_not_start_a_program_without_a_question() -> None:
    """What it may run unasked sets no key that names a program."""
    text = (REPOSITORY / "commands" / "configure.md").read_text()
    allowed = re.findall(r"Bash\(usageline config (.+?)\)", text)
    assert "list" in allowed
    for rule in allowed:
        command, _, rest = rule.partition(" ")
        assert command not in {"edit", "init", "set:*", "*"}
        assert command != "set" or rest.removesuffix(":*") in {
            "theme",
            "clock",
            "rows",
            "nerd_font",
            "alerts.thresholds",
        }


def test_presets_are_listed_without_a_name(usageline: Run, file: Path) -> None:
    lines = usageline("config", "preset").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [known.name for known in PRESETS]
    assert file.read_text() == MINE


def test_move_without_a_place_is_wrong_usage(usageline: Run, file: Path) -> None:
    done = usageline("config", "move", "model")
    assert (done.returncode, "use --first, --row, --before or --after" in done.stderr) == (2, True)
    assert file.read_text() == MINE


def test_list_of_an_invalid_file_names_the_problem_and_the_default_rows(
    usageline: Run, world: World
) -> None:
    world.configure('theme = "drak"\n')
    done = usageline("config", "list")
    assert (done.returncode, done.stdout.startswith("row 1\n")) == (0, True)
    assert 'config.toml:1: theme: "drak" is not allowed' in done.stderr
