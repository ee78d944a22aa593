"""Run `usageline doctor` as a whole: output, exit status, and unchanged files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import write_script
from tests.world import ACCOUNT, CANARY, ORGANIZATION
from usageline.cli.doctor import CHECKS, GROUPS, run_check
from usageline.cli.doctor.context import Context
from usageline.core import paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.cli.installed import Installed
    from tests.server import Api

    Doctor: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

TITLES = [title for name, (title, _) in GROUPS.items() if name not in {"shared", "metrics"}]
"""The groups that no key of config.toml has to turn on."""


@pytest.fixture
def doctor(installed: Installed) -> Doctor:
    """Run the installed command in the trusted folder; it must print no secret."""

    def run(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        command = [installed.world.paths.command, "doctor", *arguments]
        done = subprocess.run(
            command,
            cwd=options.pop("cwd", installed.project),
            env={**installed.world.env, **options},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        printed = done.stdout + done.stderr
        for secret in ("Traceback", CANARY, "sk-ant", "t@example.com", ACCOUNT, ORGANIZATION):
            assert secret not in printed, printed
        return done

    return run


def look(installed: Installed) -> None:
    """Refresh the numbers."""
    assert installed.world.run(installed.world.paths.command, "refresh").returncode == 0


def test_complete_installation_passes_every_check(
    doctor: Doctor, installed: Installed, api: Api
) -> None:
    """The only warning is the API address of the test."""
    (Path(installed.world.paths.claude_dir) / "projects").mkdir()
    look(installed)
    done = doctor("--all")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("!", "✗"))] == [
        f"! USAGELINE_API_URL is set: requests go to {api.url} instead of Anthropic's service"
    ]
    assert sum(line.startswith("✓") for line in lines) >= 20
    assert "5h ███▋░" in done.stdout
    assert "Claude Code 2.1.330" in done.stdout
    assert lines[-1] == "1 warning"
    assert [line for line in lines if line in {title for title, _ in GROUPS.values()}] == TITLES


@pytest.mark.usefixtures("api")
def test_group_without_a_fault_is_one_line(doctor: Doctor, installed: Installed) -> None:
    look(installed)
    done = doctor()
    *lines, empty, count = done.stdout.splitlines()
    assert [line[2:14].strip() for line in lines] == [*TITLES[:6], "", TITLES[6]]
    assert [line[0] for line in lines] == [*"✓✓✓✓✓!", " ", "✓"]
    assert lines[0] == "✓ Settings     statusLine is set to usageline"
    assert lines[6].strip() == "→ unset it"
    assert empty == ""
    assert re.fullmatch(r"1 warning in \d\d checks; --all shows each", count)


def test_doctor_sends_no_request_and_starts_no_refresh(
    doctor: Doctor, installed: Installed, api: Api
) -> None:
    doctor()
    assert not os.path.exists(installed.world.paths.cache_dir)
    look(installed)
    installed.world.make_due()
    before = {
        path: path.read_bytes() for path in installed.world.cache.rglob("*") if path.is_file()
    }
    doctor()
    assert {
        path: path.read_bytes() for path in installed.world.cache.rglob("*") if path.is_file()
    } == before
    assert len(api.requests) == 1


def test_doctor_changes_no_file(doctor: Doctor, installed: Installed, api: Api) -> None:
    """Its run of the status line and its copy of the store are temporary."""
    look(installed)
    scratch = installed.world.root / "tmp"
    scratch.mkdir()
    Path(installed.project, ".claude").mkdir()

    def tree() -> dict[Path, tuple[int, int]]:
        # The client counts its own runs; locking does not change the lock file.
        return {
            path: (path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in installed.world.root.rglob("*")
            if path.name != "claude.runs"
        }

    before = tree()
    doctor(TMPDIR=str(scratch))
    after = tree()
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    # The stand-in client writes its own file; the scratch directory had temporary entries.
    assert changed <= {installed.world.home / ".local" / "bin", scratch}
    assert list(scratch.iterdir()) == []
    assert len(api.requests) == 1


def test_every_problem_has_advice_and_exit_status_is_1(installed: Installed) -> None:
    world = installed.world
    world.sign_out()
    installed.settings.write_text("{ not JSON")
    Path(world.paths.data_dir, "current").unlink()
    installed.add_client("1.0.0")
    cache = installed.world.cache
    cache.parent.mkdir(parents=True, mode=0o700)
    cache.write_text("")
    done = subprocess.run(
        [installed.release.python, "-I", "-B", "-m", "usageline.cli", "doctor"],
        cwd=world.home,
        env=world.env,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    problems = [index for index, line in enumerate(lines) if line.startswith("✗")]
    assert (done.returncode, done.stderr, len(problems) >= 5) == (1, "", True), done.stdout
    assert all(lines[index + 1].strip().startswith("→ ") for index in problems)
    assert re.match(r"\d problems, \d warnings? in \d\d checks", lines[-1])


def test_doctor_says_what_to_run_when_nothing_is_installed(
    usageline: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = usageline("doctor")
    assert done.returncode == 1
    assert "→ run `usageline install`" in done.stdout


def test_home_comes_from_the_user_database_when_unset(doctor: Doctor, installed: Installed) -> None:
    home = installed.world.home
    own = {
        f"XDG_{name}_HOME": str(home / name.lower())
        for name in ("CACHE", "CONFIG", "DATA", "STATE")
    }
    done = doctor(HOME="", CLAUDE_CONFIG_DIR=str(home / ".claude"), **own)
    assert "HOME is not set" not in done.stdout + done.stderr


def test_project_status_line_is_reported_and_not_run(doctor: Doctor, installed: Installed) -> None:
    settings = installed.project / ".claude" / "settings.json"
    settings.parent.mkdir()
    ran = installed.world.root / "ran"
    command = {"type": "command", "command": f"touch {ran}"}
    settings.write_text(
        json.dumps(
            {
                "statusLine": command,
                "env": {"PATH": "."},
                "hooks": {"SessionStart": [{"hooks": [command]}]},
            }
        )
    )
    write_script(installed.project / "claude", f"touch {ran}\n")
    write_script(installed.project / "usageline", f"touch {ran}\n")
    done = doctor(PATH=".:" + installed.world.env["PATH"])
    assert "! Settings     ~/project/.claude/settings.json sets its own status" in done.stdout
    assert not ran.exists()


def test_hanging_command_and_client_time_out(doctor: Doctor, installed: Installed) -> None:
    hang = "sleep 987"
    write_script(installed.world.home / ".local" / "bin" / "claude", hang + "\n")
    command = installed.read_settings()["statusLine"]["command"]
    installed.change_settings(statusLine={"type": "command", "command": f"({command}); {hang}"})
    began = time.monotonic()
    done = doctor()
    assert time.monotonic() - began < 40
    assert "the command fails: it timed out after 3 s" in done.stdout
    assert "does not print its version: it timed out after 3 s" in done.stdout
    assert (
        "sleep 987"
        not in subprocess.run(
            ["ps", "-eo", "args"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_failing_check_is_reported_as_a_problem(installed: Installed) -> None:
    def broken(_context: Context) -> None:
        raise ZeroDivisionError("sk-ant-secret")

    result = run_check(broken, Context(installed.world.env, "/"))
    assert result is not None
    assert (result.level, result.text) == ("problem", "the check broken failed: ZeroDivisionError")


def test_no_check_raises_for_any_content_of_the_files(installed: Installed, api: Api) -> None:
    look(installed)
    env = installed.world.env
    files = [
        paths.claude_settings(env),
        paths.claude_state(env),
        paths.claude_credentials(env),
        paths.snapshot(env),
        paths.install_manifest(env),
    ]
    files += [
        paths.claude_dir(env) + "/plugins/installed_plugins.json",
        paths.store_dir(env) + "/cache.db",
        paths.config_file(env),
    ]
    for file in files:
        path = Path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        for content in (
            b"",
            b"[]",
            b"null",
            b"{}",
            b'{"a": [1]}',
            b"\xff\xfe\0",
            b"[" * 100_000,
            b'{"statusLine": 3, "hooks": {"SessionStart": [3]}}',
        ):
            path.write_bytes(content)
            context = Context(env, str(installed.project))
            results = [
                run_check(check, context)
                for check in CHECKS
                if check.__name__ not in {"packages", "bytecode", "prints_a_line", "version"}
            ]
            assert not [
                result
                for result in results
                if result and "failed: " in result.text and result.advice == "please report it"
            ], (
                path,
                content,
            )
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
    assert len(api.requests) == 1


def test_hostile_text_is_printed_without_control_characters(
    doctor: Doctor, installed: Installed
) -> None:
    installed.change_settings(
        statusLine={"type": "command", "command": "\x1b]0;x\x07[red]mine\u202e"}
    )
    installed.world.write_state(
        oauthAccount={"accountUuid": "\x1b[31m", "organizationType": "\x1b[31mclaude"}
    )
    done = doctor()
    assert "[red]mine" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_schema_lists_unread_keys_of_the_last_body_without_values(
    doctor: Doctor, installed: Installed, api: Api
) -> None:
    body = {**installed_body(), "secret_sauce": "a value of mine", "tangelo": None}
    installed.world.client_saw(body)
    done = doctor("--schema")
    assert done.returncode == 0
    assert ["secret_sauce", "text"] in [line.split() for line in done.stdout.splitlines()]
    assert "tangelo" in done.stdout.splitlines()[-1]
    assert "a value of mine" not in done.stdout
    assert api.requests == []


def test_schema_reads_a_body_from_a_file(doctor: Doctor, installed: Installed) -> None:
    file = installed.world.home / "body.json"
    file.write_text('{"limits": [{"kind": "session", "percent": 3, "odd\\u001b[31m": 1}]}')
    done = doctor("--schema", "--body", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [
        "Not",
        "read",
        "from",
        "~/body.json:",
        "limits[].odd",
        "number",
    ]


def test_schema_reports_a_file_that_is_missing(doctor: Doctor) -> None:
    assert "/nowhere cannot be read" in doctor("--schema", "--body", "/nowhere").stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--schema"], 1),
        (["--schema", "--body", "/nowhere"], 1),
        (["--body", "x"], 2),
        (["--odd"], 2),
        (["--all", "--log"], 2),
    ],
)
def test_schema_without_a_body_and_wrong_usage_fail(
    doctor: Doctor, arguments: list[str], status: int
) -> None:
    done = doctor(*arguments)
    assert (done.returncode, done.stdout, done.stderr != "") == (status, "", True)


def installed_body() -> dict[str, object]:
    """Return a body with two limits."""
    return {
        "limits": [
            {"kind": "session", "percent": 3, "resets_at": None},
            {"kind": "weekly_all", "percent": 4, "resets_at": None},
        ]
    }
