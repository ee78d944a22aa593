"""Test `usageline usage` as a user and as a program see it."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import MAIN, MODEL, PROJECT, SESSION, cost_state, encoded, line
from tests.world import REPOSITORY
from usageline.jobs import local_usage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import World

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Usage = Callable[..., str]


@pytest.fixture
def transcripts(world: World) -> Path:
    """Write two responses, a day apart, of now."""
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    day_ago = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 86400))
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    path.write_bytes(encoded(line(1, timestamp=day_ago), line(2, timestamp=now)))
    return path


@pytest.fixture
def usage(world: World, usageline: Command) -> Callable[..., str]:
    """Run the command and return what it prints."""
    world.env.update(NO_COLOR="1", COLUMNS="120")

    def run(*arguments: str) -> str:
        done = usageline("usage", *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return run


@pytest.mark.usefixtures("transcripts")
def test_json_has_the_documented_keys(usage: Usage) -> None:
    printed = json.loads(usage("day", "--json", "--tz", "UTC"))
    counts = {
        "input": 4,
        "output": 800,
        "cache_write_5m": 0,
        "cache_write_1h": 2000,
        "cache_read": 40_000,
        "web_searches": 0,
        "responses": 2,
        "cost_usd": "0.060020",
        "at_least": False,
        "unpriced": {},
    }
    assert printed["total"] == counts
    assert (printed["version"], printed["timezone"], len(printed["rows"])) == (1, "UTC", 2)
    assert list(printed["rows"][0]) == ["key", *counts]


@pytest.mark.usefixtures("transcripts")
@pytest.mark.parametrize(
    ("kind", "key"), [("model", MODEL), ("project", PROJECT), ("session", SESSION)]
)
def test_each_kind_has_its_keys(usage: Usage, kind: str, key: str) -> None:
    (row,) = json.loads(usage(kind, "--json"))["rows"]
    assert (row["key"], row["responses"]) == (key, 2)


@pytest.mark.usefixtures("transcripts")
def test_days_can_be_chosen(usage: Usage) -> None:
    rows = json.loads(usage("day", "--json", "--tz", "UTC", "--since", "1d"))["rows"]
    assert [row["responses"] for row in rows] == [1]


@pytest.mark.usefixtures("transcripts")
def test_the_table_has_totals_and_no_more_columns_than_fit(usage: Usage) -> None:
    lines = usage("project").splitlines()
    assert lines[1].split()[:2] == ["one", "4"]
    assert lines[2].split()[0] == "total"


@pytest.mark.usefixtures("transcripts")
def test_csv_is_read_by_a_program(usage: Usage) -> None:
    (row,) = csv.DictReader(io.StringIO(usage("model", "--csv")))
    assert (row["model"], row["output"], row["cost_usd"]) == (MODEL, "800", "0.060020")


def test_check_says_what_is_not_in_the_transcripts(usage: Usage, transcripts: Path) -> None:
    assert "no transcript has" in usage("--check")
    with transcripts.open("ab") as file:
        file.write(encoded(cost_state(1700, model="claude-haiku-4-5"), cost_state(900)))
    printed = usage("--check")
    assert "0 of 1 sessions" in printed
    rows = {row["model"]: row["missing"] for row in json.loads(usage("--check", "--json"))["rows"]}
    assert rows["claude-haiku-4-5"]["output"] == 1700
    assert rows[MODEL]["output"] == 100


def test_hostile_names_reach_no_terminal(usage: Usage, transcripts: Path) -> None:
    transcripts.write_bytes(encoded(line(cwd="/x/\x1b]0;evil\x07", model="\x1b[31mred")))
    for kind in ("project", "model"):
        assert "\x1b" not in usage(kind)
        assert "\x1b" not in usage(kind, "--csv")


def test_the_index_has_no_text_and_is_the_users_alone(
    world: World, usage: Usage, transcripts: Path
) -> None:
    assert b"words about" in transcripts.read_bytes()
    usage()
    directory = local_usage.directory(world.paths)
    for name in os.listdir(directory):
        with open(f"{directory}/{name}", "rb") as file:
            assert b"words about" not in file.read()
        assert os.stat(f"{directory}/{name}").st_mode & 0o077 == 0


def test_what_is_deleted_stays(usage: Usage, transcripts: Path) -> None:
    before = usage("day", "--json")
    transcripts.unlink()
    assert usage("day", "--json") == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
        lambda path: path.write_bytes(b"no database"),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(
            path.read_bytes().replace(b"TABLE files", b"TABLE \xce'\xcees")
        ),
        lambda path: sqlite3.connect(path).execute("CREATE TABLE other (a)").connection.commit(),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
    ],
    ids=["garbage", "text", "cut", "a schema that is no text", "a table", "a directory", "a link"],
)
def test_a_damaged_index_is_built_again(
    world: World, usage: Usage, transcripts: Path, damage: Callable[[Path], Any]
) -> None:
    assert transcripts.exists()
    before = usage("day", "--json")
    (path,) = world.home.rglob("usage.db")
    damage(path)
    assert usage("day", "--json") == before


def test_a_damaged_index_keeps_what_claude_code_has_deleted(
    world: World, usage: Usage, transcripts: Path
) -> None:
    before = usage("day", "--json")
    transcripts.unlink()
    (path,) = world.home.rglob("usage.db")
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE quarters")
    connection.close()
    assert "2 responses of it could still be read" in usage("day")
    assert usage("day", "--json") == before


@pytest.mark.usefixtures("transcripts")
def test_two_writers_at_once_count_everything_once(world: World, usage: Usage) -> None:
    program = REPOSITORY / "plugin" / "usageline" / "cli" / "__main__.py"
    command = (sys.executable, "-B", str(program), "usage", "day", "--json")
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: world.run(*command), range(3)))
    assert {each.stdout for each in done} == {usage("day", "--json")}
    assert json.loads(done[0].stdout)["total"]["responses"] == 2
    assert not list(world.home.rglob("*.aside"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tz", "Mars/Olympus"], "there is no time zone"),
        (["--since", "yesterday"], "is not a day"),
        (["decade"], "is not one of"),
        (["--json", "--roots", "/nowhere"], ""),
    ],
)
def test_a_mistake_is_explained(usageline: Command, arguments: list[str], message: str) -> None:
    done = usageline("usage", *arguments)
    assert done.returncode == (2 if "Error" in done.stderr else 1 if message else 0)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_transcripts_the_command_says_so(usage: Usage) -> None:
    assert usage() == "there are no transcripts: use Claude Code once\n"


def test_other_roots_leave_no_trace(world: World, usage: Usage, tmp_path: Path) -> None:
    root = tmp_path / "other"
    (root / "projects" / "p").mkdir(parents=True)
    (root / "projects" / "p" / "a.jsonl").write_bytes(encoded(line()))
    printed = json.loads(usage("day", "--json", "--roots", str(root)))
    assert printed["total"]["responses"] == 1
    assert not os.path.exists(local_usage.directory(world.paths))
