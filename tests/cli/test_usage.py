"""Test `usageline usage` as a user and as a program see it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.terminal import Terminal
from tests.cli.test_json_schema import violations
from tests.local.transcripts import (
    MAIN,
    MODEL,
    OTHER,
    PROJECT,
    SESSION,
    bridge,
    cost_state,
    encoded,
    line,
)
from tests.world import ACCOUNT, ORGANIZATION, REPOSITORY
from usageline.cli.usage import table
from usageline.cli.usage.result import (
    Result,
    incomplete,
    long_label,
    notes,
    project_names,
    short_label,
)
from usageline.core.text import display_width
from usageline.sources.auth.claude_state import account_key
from usageline.sources.transcripts.files import Report
from usageline.storage import history
from usageline.storage.usage_index.queries import Row
from usageline.system import origin, origin_record
from usageline.usage.local import price_list
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import Release, World

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
@pytest.mark.parametrize("project", ["one", PROJECT, f"{PROJECT}/", "/home/*/one", "o*"])
def test_project_is_chosen_by_directory_name_or_pattern(usage: Usage, project: str) -> None:
    chosen = ("--project", project, "--model", MODEL.upper())
    assert json.loads(usage("--json", *chosen))["total"]["responses"] == 2
    assert json.loads(usage("--json", "--project", "on?"))["rows"] == []


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


def test_check_has_its_numbers_beside_a_long_name(
    world: World, usage: Usage, transcripts: Path
) -> None:
    world.env["COLUMNS"] = "60"
    transcripts.write_bytes(encoded(cost_state(1700, model="m" * 90)))
    head, row = usage("--check").splitlines()[1:3]
    assert " ".join(head.split()) == "session model input output cache write cache read"
    assert row.split() == [SESSION[:8], "m" * 7 + "…", "2", "2k", "1k", "20k"]
    assert len(row) <= 60


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
    directory = world.paths.usage_dir
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
    ids=["garbage", "text", "cut", "a schema that is not text", "a table", "a directory", "a link"],
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
        (["--since", "someday"], "is not a day"),
        (["--since", "2d", "--until", "2026-01-01"], "is after --until 2026-01-01"),
        (["decade"], "is not one of"),
        (["--json", "--roots", "/"], ""),
        (["--json", "--roots", "/nowhere"], "/nowhere is not a directory"),
        (["--prices", "--json"], "--prices cannot be combined with --json"),
        (["--html", "x", "--model", "y"], "no responses in this time with this --model"),
        (["day", "extra"], "unexpected extra argument (extra)"),
        (["--json", "--html", "x"], "--json cannot be combined with --html"),
        (["--csv", "--check"], "--csv cannot be combined with --check"),
        (["--dark"], "require --html or --svg"),
        (["--html", "x"], "no responses in this time"),
    ],
)
def test_a_mistake_is_explained(usageline: Command, arguments: list[str], message: str) -> None:
    done = usageline("usage", *arguments)
    assert done.returncode == (2 if "Error" in done.stderr else 1 if message else 0)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_transcripts_the_command_says_so(usage: Usage) -> None:
    assert usage() == "there are no transcripts: use Claude Code once\n"
    assert usage("--roots", "/etc").startswith("/etc has no projects/")


@pytest.mark.usefixtures("transcripts")
@pytest.mark.parametrize("arguments", ["usage", "usage --json", "usage --csv", "--version"])
def test_closed_output_is_no_error(world: World, arguments: str) -> None:
    program = REPOSITORY / "plugin" / "usageline" / "cli" / "__main__.py"
    done = world.run("sh", "-c", f'exec "$0" -B "$1" {arguments} >&-', sys.executable, str(program))
    assert (done.returncode, done.stderr) == (0, "")


def test_other_roots_leave_no_trace(world: World, usage: Usage, tmp_path: Path) -> None:
    root = tmp_path / "other"
    (root / "projects" / "p").mkdir(parents=True)
    (root / "projects" / "p" / "a.jsonl").write_bytes(encoded(line()))
    printed = json.loads(usage("day", "--json", "--roots", str(root)))
    assert printed["total"]["responses"] == 1
    assert not os.path.exists(world.paths.usage_dir)


@pytest.mark.usefixtures("transcripts")
def test_disabled_usage_reads_nothing_and_says_how_to_enable_it(
    world: World, usageline: Command, usage: Usage
) -> None:
    world.configure("[local]\nenabled = false")
    done = usageline("usage")
    assert (done.returncode, done.stdout) == (1, "")
    assert "usageline config set local.enabled true" in done.stderr
    assert not os.path.exists(world.paths.usage_dir)
    assert json.loads(usage("--json", "--roots", f"{world.home}/.claude"))["total"]["responses"]


@pytest.mark.usefixtures("transcripts")
def test_own_prices_apply_and_can_be_taken_back(world: World, usage: Usage) -> None:
    before = usage("day", "--json")
    world.configure(f"[local.prices.{MODEL}]\ninput = 0\noutput = 1000\n")
    assert json.loads(usage("day", "--json"))["total"]["cost_usd"] == "0.800000"
    prices = usage("--prices")
    assert "local.prices" in prices
    assert f"on {price_list.DATE}" in prices
    assert "  since 2026-03-13 " in prices
    world.configure("")
    assert usage("day", "--json") == before


def test_every_directory_counts_once(world: World, usage: Usage, transcripts: Path) -> None:
    """Profiles, XDG_CONFIG_HOME, further roots, links to them, and copies of their files."""
    places = ["work", "config/claude", "copy", "same"]
    work, config, copy, same = (world.home / place for place in places)
    world.env["XDG_CONFIG_HOME"] = str(world.home / "config")
    for number, place in enumerate((work, config, copy), 11):
        path = place / "projects" / "-p" / f"{number}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(encoded(line(number)))
    (copy / "projects" / "-p" / "again.jsonl").write_bytes(transcripts.read_bytes())
    same.symlink_to(world.home / ".claude")
    world.configure(
        f'[profiles.work]\ndirectory = "{work}"\n'
        f'[local]\nroots = ["{copy}", "{same}", "/nowhere"]\n'
    )
    assert json.loads(usage("--json"))["total"]["responses"] == 2 + 3
    assert "local.roots: /nowhere has no projects/" in usage()


@pytest.mark.usefixtures("transcripts")
def test_directory_of_a_project_does_not_count(
    world: World, usage: Usage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.write_record(str(tmp_path), world.env)
    project = world.home / "project"
    (project / "projects" / "-p").mkdir(parents=True)
    (project / "projects" / "-p" / "made-up.jsonl").write_bytes(encoded(line(3)))
    world.env["CLAUDE_CONFIG_DIR"] = str(project)
    printed = usage("model")
    assert "its transcripts do not count" in printed
    assert json.loads(usage("--json"))["total"]["responses"] == 2
    # Installed from there, they do.
    origin_record.write_record(str(tmp_path), world.env, str(tmp_path))
    assert json.loads(usage("--json"))["total"]["responses"] == 3
    del world.env["CLAUDE_CONFIG_DIR"]
    assert json.loads(usage("--json"))["total"]["responses"] == 3


@pytest.mark.usefixtures("transcripts")
def test_foreign_home_does_not_change_the_index(
    world: World, usageline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.env["XDG_STATE_HOME"] = str(world.home / "state")
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.write_record(str(tmp_path), world.env)
    world.env["HOME"] = str(tmp_path / "project")
    done = usageline("usage", "--json")
    assert done.returncode == 1
    assert "is not that of the installation" in done.stderr
    assert not os.path.exists(world.paths.usage_dir)


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        ("day", "2026-11-24", "2026-11-24 Tue"),
        ("week", "2026-11-23", "2026-11-23"),
        ("hour", "2026-11-24T14:00+0100", "2026-11-24 Tue 14:00"),
        ("block", "2026-11-24T14:00:00Z", "2026-11-24 Tue 14:00 UTC"),
        ("block", "2026-11-24T14:00:00Z estimated", "2026-11-24 Tue 14:00 UTC estimated"),
    ],
)
def test_label_of_a_time_has_its_weekday(kind: str, key: str, expected: str) -> None:
    assert long_label(key, kind) == expected


def test_limits_of_the_plan_stand_beside_the_cost(world: World, usage: Usage) -> None:
    reset = usage_of_a_window(world)
    rows = [
        {"kind": kind, "percent": 30, "resets_at": resets_at}
        for kind, resets_at in (("session", reset), ("weekly_all", reset + 86400))
    ]
    snapshot = {"version": 1, "account": "0123456789abcdef", "limits": rows}
    (world.cache / "snapshot.json").write_text(json.dumps(snapshot))
    # $10.02 for 20%; 4% of the week are too few to say.
    for _ in range(2):
        printed = usage("block")
        assert "1% of the 5-hour window ≈ $0.50 · 30% used ≈ $15.03 · 100% ≈ $50.10" in printed
        assert "of the week" not in printed
        assert printed.splitlines()[1].split()[-2:] == ["20%", "█" * 24]
    for hostile in HOSTILE_WORTHS:
        remember(world, hostile)
        assert "≈ $0.50 · 30% used" in usage("block"), hostile
    remember(world, f'["0123456789abcdef", {int(time.time())}, {{"session": 1e999, "x": "y"}}]')
    assert "≈" not in usage("block")


def test_worth_of_a_percent_needs_no_number_of_now(world: World, usage: Usage) -> None:
    """The snapshot may be another account's, damaged, or of a window that has ended."""
    usage_of_a_window(world)
    reset = int(time.time())
    kind = {"kind": "session", "percent": 30}
    for limits in (
        5,
        [5, {"kind": "other"}],
        [{**kind, "resets_at": reset}],
        [kind],
        [{**kind, "percent": 0}],
    ):
        snapshot = {"version": 1, "account": "0123456789abcdef", "limits": limits}
        (world.cache / "snapshot.json").write_text(json.dumps(snapshot))
        assert "1% of the 5-hour window ≈ $0.50 · 100% ≈ $50.10" in usage("block"), limits


def usage_of_a_window(world: World) -> int:
    """Write a response of $10.02 in a 5-hour window of which 20% are used; return its reset."""
    reset = int(time.time()) + 3600
    written = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(reset - 2 * 3600))
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(line(1, timestamp=written, output=400_000)))
    limits = (
        Limit("session", "5h", 20.0, reset),
        Limit("weekly_all", "7d", 4.0, reset + 86400),
    )
    reading = Reading(limits, (), "oauth", reset - 3600)
    assert history.append(world.paths, "0123456789abcdef", reading)
    world.cache.mkdir(parents=True)
    return reset


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"salvaged": 1}, "1 response of it could still be read"),
        ({"too_long": 3}, "3 lines were too long to read"),
        ({"unreadable": 2}, "2 of the files and directories below projects/ could not be read"),
    ],
)
def test_what_could_not_be_read_is_noted(changes: dict[str, int], words: str) -> None:
    report = Report()
    assert notes(Row("total"), report) == []
    for name, count in changes.items():
        setattr(report, name, count)
    (note,) = notes(Row("total"), report)
    assert words in note


@pytest.mark.parametrize(
    ("key", "kind", "label"),
    [
        ("2026-11", "month", "Nov 2026"),
        ("2026-11-24", "day", "Nov 24"),
        ("2026-11-24T14", "hour", "Nov 24 14"),
        ("nonsense", "day", "nonsense"),
        ("0123456789abcdef", "session", "01234567"),
        ("m\x1b[31model", "model", "m[31model"),
    ],
)
def test_axis_of_a_chart_has_short_labels(key: str, kind: str, label: str) -> None:
    assert short_label(key, kind) == label


def remember(world: World, worth: str) -> None:
    """Write what the index remembers of the worth of a percent."""
    with contextlib.closing(sqlite3.connect(f"{world.paths.usage_dir}/usage.db")) as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('worth', ?)", (worth,))
        connection.commit()


HOSTILE_WORTHS = (
    *("", "null", "[]", "[1, 2, 3]", "[" * 100_000),
    *('["0123456789abcdef", NaN, {}]', '["0123456789abcdef", "now", {}]'),
    *('["0123456789abcdef", 1e10, {}]', f'["other", {int(time.time())}, {{"session": 7}}]'),
    f'["0123456789abcdef", {int(time.time())}, []]',
)


@pytest.mark.parametrize("arguments", [["day"], ["block"], ["--check"]])
def test_schema_describes_the_json(usage: Usage, transcripts: Path, arguments: list[str]) -> None:
    with transcripts.open("ab") as file:
        file.write(encoded(cost_state(1700), line(3, model="mine")))
    schema = json.loads(usage("--json-schema", *arguments))
    value = json.loads(usage("--json", *arguments))
    assert value["rows"]
    assert list(violations(schema, value)) == []
    value["rows"][0]["more"] = value["rows"][0].popitem()
    assert len(list(violations(schema, value))) == 2


@pytest.mark.usefixtures("transcripts")
def test_watch_without_a_terminal_prints_the_table_once(usage: Usage) -> None:
    assert usage("project", "--watch") == usage("project")


@pytest.mark.usefixtures("transcripts")
def test_watch_shows_new_responses(world: World, transcripts: Path, built_release: Release) -> None:
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "usage", "--watch"]
    env = {**world.env, "TERM": "xterm-256color"}
    with Terminal(command, env, world.home, columns=90, rows=12) as terminal:
        terminal.wait_for(lambda screen: "$0.06" in screen and "Ctrl-C quits" in screen)
        with transcripts.open("ab") as file:
            file.write(encoded(line(3, output=400_000)))
        terminal.wait_for(lambda screen: "$10.0" in screen)
        terminal.press(b"\x03")
        assert terminal.end() == 0


def test_sentences_fit_the_terminal_and_name_few_models() -> None:
    unpriced = {"mystery" * 20: 1, **{f"model-{number}": 2 for number in range(6)}}
    total = Row("total", responses=13, unfinished=1, unpriced=unpriced)
    result = table.wrapped(Result("day", "UTC", [total], total, (), incomplete(total)), 40)
    lines = [words for line in table.lines(result, 40)[-13:] for _, words in line]
    assert max(map(display_width, lines)) <= 40
    text = " ".join(lines)
    assert "≥: 1 response without a last line, counted as far as known" in text
    assert text.endswith("unpriced: 2 other models")


def test_rows_that_do_not_fit_are_counted() -> None:
    rows = [Row(f"2026-11-{day:02}", cost=day) for day in range(1, 21)]
    shown = table.fitted(Result("day", "UTC", rows, Row("total"), notes=["note"]), 12)
    assert [row.key[-2:] for row in shown.rows] == [f"{day}" for day in range(14, 21)]
    assert shown.notes == ["13 earlier rows", "note"]
    assert len(table.lines(shown, 80)) + 1 == 12


def test_accounts_have_the_users_labels(world: World, usage: Usage, transcripts: Path) -> None:
    with transcripts.open("ab") as file:
        file.write(encoded(bridge(ACCOUNT, ORGANIZATION), line(3, sessionId=OTHER)))
    key = account_key(ACCOUNT, ORGANIZATION)
    assert json.loads(usage("account", "--json"))["rows"][0]["key"] == key
    world.configure('[profiles.default]\nlabel = "Work"')
    world.cache.mkdir(parents=True, exist_ok=True)
    (world.cache / "snapshot.json").write_text(json.dumps({"version": 1, "account": key}))
    printed = usage("account")
    assert re.search("^Work .*^not named in the transcripts ", printed, re.MULTILINE | re.DOTALL)
    for name, responses in (("work", 2), (key[:6], 2), ("not named", 1)):
        assert json.loads(usage("--json", "--account", name))["total"]["responses"] == responses


@pytest.mark.usefixtures("transcripts")
def test_unknown_account_is_explained(usageline: Command, transcripts: Path) -> None:
    done = usageline("usage", "--account", "work")
    assert (done.returncode, "no transcript names an account" in done.stderr) == (1, True)
    with transcripts.open("ab") as file:
        file.write(encoded(bridge("a"), bridge("b")))
    done = usageline("usage", "--account", "work")
    assert (done.returncode, "choose from several (several accounts)" in done.stderr) == (1, True)


def test_projects_are_told_apart_by_their_last_parts() -> None:
    directories = ["/home/me/one", "/work/me/one/", "/home/me/two", "C:\\src\\three", "/", "?"]
    assert list(project_names(directories).values()) == [
        "home/me/one",
        "work/me/one",
        "two",
        "three",
        "/",
        "?",
    ]
    assert project_names(["/a/b", "b"]) == {"/a/b": "a/b", "b": "b"}
