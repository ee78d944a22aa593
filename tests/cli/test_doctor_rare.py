"""Test checks of the doctor in rare states: of the disk, of other users, of later versions."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.installed import result_of, write_script
from tests.hot import Hot
from tests.refresh.holders import hanging
from usageline.cli.doctor import (
    cache,
    client,
    installation,
    line,
    metrics,
    service,
    settings,
    shared,
    sign_in,
    transcripts,
)
from usageline.config.compile import compile_config
from usageline.core import throttle
from usageline.core.vocabulary import CLOCK, OWN_SIGN_IN
from usageline.jobs import git_status
from usageline.refresh.run import refresh
from usageline.setup.manifest import VERSION, checksum
from usageline.system import lock, origin
from usageline.system.this_process import Clock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.cli.installed import Installed
    from tests.server import Api
    from usageline.cli.doctor.context import Check

    Run = Callable[..., subprocess.CompletedProcess[str]]


def assert_level(
    check: Check, installed: Installed, level: str, words: str, **changes: Any
) -> None:
    verdict, text = result_of(check, installed, **changes)
    assert (verdict, words in text) == (level, True), (verdict, text)


def edit(path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the object in a JSON file."""
    content = json.loads(Path(path).read_text())
    change(content)
    Path(path).write_text(json.dumps(content))


def test_cache_below_a_broken_link_cannot_be_created(installed: Installed) -> None:
    link = installed.world.root / "gone"
    link.symlink_to(installed.world.root / "unplugged")
    installed.world.env["XDG_CACHE_HOME"] = str(link / "cache")
    assert_level(cache.directory, installed, "problem", "cannot be created")
    (installed.world.root / "unplugged").mkdir()
    assert result_of(cache.directory, installed) == ("", "")


def test_cache_of_another_user_is_a_problem(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.world.cache.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert_level(cache.directory, installed, "problem", "belongs to another user")


def test_refresh_that_hangs_is_a_warning(installed: Installed) -> None:
    world = installed.world
    with hanging(world, with_lock=False) as process, lock.hold(world.paths.lock):
        assert_level(cache.lock, installed, "warning", "it has held the lock for 1 minute")
        assert process.poll() is None, "a check ends nothing"


FILE_SYSTEM = {
    "f_bsize": 4096,
    "f_frsize": 4096,
    "f_blocks": 1 << 20,
    "f_bfree": 1 << 19,
    "f_bavail": 1 << 19,
    "f_files": 1 << 20,
    "f_ffree": 1 << 19,
    "f_favail": 1 << 19,
    "f_flag": 0,
    "f_namemax": 255,
}


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "ok", "there is room"),
        ({"f_flag": os.ST_RDONLY}, "problem", "is on a read-only file system"),
        ({"f_bavail": 31}, "problem", "the disk of the cache, ~/.cache/usageline/default, is full"),
        ({"f_favail": 0}, "problem", "is full"),
        ({"f_files": 0, "f_favail": 0}, "ok", "there is room"),  # it counts no files: btrfs
    ],
    ids=["room", "read-only", "no blocks", "no files left", "no count of files"],
)
def test_disk_without_room_is_a_problem(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, int],
    level: str,
    words: str,
) -> None:
    values = os.statvfs_result({**FILE_SYSTEM, **changes}.values())
    monkeypatch.setattr(os, "statvfs", lambda _: values)
    assert_level(cache.space, installed, level, words)


def test_disk_that_tells_nothing_is_no_problem(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "statvfs", fail)
    assert result_of(cache.space, installed)[0] == "ok"


@pytest.mark.parametrize(
    ("word", "words", "advice"),
    [
        ("full", "full", "free some space"),
        ("unwritable", "cannot be written", "make it writable"),
        ("unlockable", "lock", "XDG_CACHE_HOME"),
    ],
)
def test_failure_that_a_refresh_recorded_is_a_problem_until_it_refreshed(
    installed: Installed, api: Api, word: str, words: str, advice: str
) -> None:
    world = installed.world
    world.cache.mkdir(parents=True, mode=0o700)
    Path(world.paths.stamp).touch()
    throttle.record_failure(world.paths.stamp, word)
    assert_level(cache.refresh_failures, installed, "problem", words)
    assert_level(cache.refresh_failures, installed, "problem", advice)
    refresh(world.env)
    assert result_of(cache.refresh_failures, installed) == ("", "")
    assert api.usage_requests


@pytest.mark.parametrize(
    ("published", "level", "words"),
    [
        ({"detail": f"{CLOCK} by 2 days; more"}, "warning", f"but {CLOCK} by 2 days → set"),
        (
            {"status": "expired", "detail": OWN_SIGN_IN},
            "warning",
            "only each session's own numbers are shown",
        ),
        ({"observed_at": 4_000_000_000}, "ok", "data from another clock"),
        ({"observed_at": None}, "ok", "no data so far"),
    ],
    ids=["clock", "own token", "future", "none"],
)
def test_numbers_with_a_reservation_are_reported(
    installed: Installed, published: dict[str, Any], level: str, words: str
) -> None:
    Hot(installed.world, installed.release).publish(**published)
    assert_level(cache.snapshot, installed, level, words)


def test_refreshes_that_leave_no_reason_are_a_problem(installed: Installed) -> None:
    """The line then says `run usageline doctor`."""
    world = installed.world
    world.cache.mkdir(parents=True, mode=0o700)
    stamp, now = Path(world.paths.stamp), time.time()
    stamp.touch()
    os.utime(stamp, (now - throttle.FAILING_AFTER_S - 10, now - 1))
    assert_level(cache.refresh_failures, installed, "problem", "no reason was recorded")
    assert_level(cache.refresh_failures, installed, "problem", "run usageline refresh")


LATER = Clock(lambda: time.time() + 400, time.monotonic, time.sleep)


def test_interrupted_refresh_is_a_warning(
    installed: Installed, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise Killed

    refresh(installed.world.env)
    monkeypatch.setattr("usageline.sources.http.get", die)
    with pytest.raises(Killed):
        refresh(installed.world.env, clock=LATER)
    assert_level(service.last_answer, installed, "warning", "its refresh was interrupted")
    assert len(api.usage_requests) == 1


def test_sign_in_that_cannot_be_read_is_a_problem(installed: Installed) -> None:
    installed.world.configure('sources = ["claude-cache"]')
    Path(installed.world.paths.claude_state).write_text("{")
    assert_level(sign_in.plan, installed, "problem", "the sign-in cannot be read: .claude.json")


def test_sign_in_without_an_expiry_passes(installed: Installed) -> None:
    edit(
        installed.world.paths.claude_credentials,
        lambda content: content["claudeAiOauth"].pop("expiresAt"),
    )
    assert_level(sign_in.credentials, installed, "ok", "has no expiry time")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "prints nothing"),
        ("echo; echo late", "prints nothing"),
        ("echo 'usageline: \x1b[31mit failed'", "the command prints: usageline: [31mit failed"),
        ("echo no >&2; exit 3", "it exited with status 3: no"),
    ],
)
def test_line_that_is_none_is_a_problem(installed: Installed, script: str, words: str) -> None:
    own = installed.world.paths.data_dir + "/current/plugin/usageline/statusline.py"
    wrapper = installed.world.root / "wrapper"
    write_script(wrapper, script + "\n")
    command = f"{wrapper} {own}"
    installed.change_settings(statusLine={"type": "command", "command": command})
    assert_level(line.prints_a_line, installed, "problem", words)


def test_line_is_not_judged_without_time_to_try_it(installed: Installed) -> None:
    late = {"deadline": time.monotonic()}
    assert_level(installation.packages, installed, "warning", "no time was left", **late)


def test_missing_bytecode_is_a_warning(installed: Installed) -> None:
    compiled = installed.release.statusline.parent / "core" / "__pycache__"
    for path in compiled.glob("text.*.pyc"):
        path.unlink()
    assert_level(line.bytecode, installed, "warning", "there is no bytecode for")


def test_install_record_of_a_later_version_is_a_warning(installed: Installed) -> None:
    def change(record: dict[str, Any]) -> None:
        record["version"] = VERSION + 1
        record["digest"] = checksum(record)

    edit(installed.world.paths.install_manifest, change)
    assert_level(installation.release, installed, "warning", "a later version wrote")


def test_package_may_be_used_without_the_command(installed: Installed) -> None:
    Path(installed.world.paths.command).unlink()
    assert_level(installation.command, installed, "warning", "does not exist")
    assert result_of(installation.command, installed, own_package="/opt/usageline") == ("", "")


def test_package_beside_an_install_names_the_command_that_may_run_programs(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").mkdir()
    monkeypatch.setattr(origin, "ROOT", str(tmp_path / "package"))
    assert_level(installation.places, installed, "problem", "has no install record")
    assert_level(
        installation.places,
        installed,
        "warning",
        "current/bin/usageline instead",
        own_package="/opt/usageline",
    )


def test_missing_client_that_the_configuration_needs_is_a_problem(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_status, "find_git", lambda _: None)
    installed.world.configure(
        'rows = [["git", "session"]]\n[segments.git]\nshow = ["branch", "dirty"]\n'
    )
    compile_config(installed.world.env)
    assert_level(client.git, installed, "problem", "until then no changes are counted")


def test_trust_is_unknown_if_the_list_of_folders_is_too_large(installed: Installed) -> None:
    edit(
        installed.world.paths.claude_state,
        lambda state: (state.update(numStartups=7), state.pop("projects")),
    )
    assert result_of(client.trust, installed) == ("", "")


def test_damaged_settings_of_a_project_are_a_warning(installed: Installed) -> None:
    path = installed.project / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text("{")
    assert_level(settings.project_settings, installed, "warning", "cannot be used: line 1")


def test_hook_is_found_among_entries_of_any_form(installed: Installed) -> None:
    own = installed.read_settings()["hooks"]["SessionStart"]
    odd = [5, {}, {"hooks": "x"}, {"hooks": [None, {"command": 5}]}]
    installed.change_settings(hooks={"SessionStart": [*odd, *own]})
    assert result_of(settings.hook, installed)[0] == "ok"
    installed.change_settings(hooks={"SessionStart": odd})
    assert result_of(settings.hook, installed)[0] == "warning"


def test_export_from_directories_of_no_install_has_advice_of_its_own(
    installed: Installed, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.world.configure(f'[metrics]\ntextfile = "{tmp_path}/m.prom"')
    monkeypatch.setattr(origin, "own_paths", lambda _: None)
    refresh(installed.world.env)
    assert_level(metrics.exports, installed, "warning", "run ./install.sh again from this shell")
    assert api.usage_requests


def test_missing_client_of_the_shared_server_is_a_problem(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.world.configure('[shared]\nurl = "redis://127.0.0.1:9/0"\n')
    monkeypatch.setattr(shared, "find_spec", lambda _: None)
    assert_level(shared.files, installed, "problem", "usageline install --with redis")


def test_transcripts_of_a_directory_that_no_install_recorded_are_a_warning(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOT", str(installed.release.root))
    (tmp_path / "work" / "projects").mkdir(parents=True)
    installed.world.env["CLAUDE_CONFIG_DIR"] = str(tmp_path / "work")
    assert_level(transcripts.directories, installed, "warning", "do not count")


class TestSchema:
    """`usageline doctor --schema`: what a body has that usageline does not read."""

    @staticmethod
    def run(usageline: Run, installed: Installed, body: str) -> tuple[int, str]:
        path = installed.world.home / "body.json"
        path.write_text(body)
        done = usageline("doctor", "--schema", "--body", str(path))
        return done.returncode, done.stdout + done.stderr

    def test_body_with_nulls_alone_names_them(self, usageline: Run, installed: Installed) -> None:
        status, output = self.run(usageline, installed, '{"tomorrow": null, "new": {"a": null}}')
        assert status == 0
        assert "null, so there was nothing to read: tomorrow, new.a" in output

    @pytest.mark.parametrize("body", ["[]", "{", "", "\x00"])
    def test_file_without_an_object_is_named(
        self, usageline: Run, installed: Installed, body: str
    ) -> None:
        status, output = self.run(usageline, installed, body)
        assert (status, "does not contain a JSON object" in output) == (1, True)
