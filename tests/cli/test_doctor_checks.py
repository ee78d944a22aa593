"""Each check by itself: what it says of a step that is as it should be, and of each way in which it is not."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.installed import write_script
from tests.hot import Hot
from usageline.cli.doctor import cache, client, installation, line, service, settings, sign_in
from usageline.cli.doctor.context import Context
from usageline.config.compile import compile_config
from usageline.core import paths
from usageline.refresh.run import refresh

if TYPE_CHECKING:
    from tests.cli.installed import Installed
    from tests.server import Api
    from usageline.cli.doctor.result import Check

FOREIGN = {"type": "command", "command": "mine.sh"}


def said(check: Check, installed: Installed, **changes: Any) -> tuple[str, str]:
    """The level and all the words of what a check says; two empty texts where it says nothing."""
    context = Context(
        installed.world.env,
        str(changes.pop("cwd", installed.project)),
        **{"managed": str(installed.world.root / "etc"), **changes},
    )
    result = check(context)
    return (result.level, f"{result.text} → {result.advice}") if result else ("", "")


class TestSettings:
    """settings.json, and what outranks it."""

    def test_ours_are_fine(self, installed: Installed) -> None:
        checks = (
            settings.settings_parse,
            settings.status_line,
            settings.hook,
            settings.hooks_enabled,
            settings.project_settings,
        )
        assert [said(check, installed)[0] for check in checks] == ["ok"] * 5
        assert said(settings.managed_settings, installed) == ("", "")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("{", "line 1"),
            ("[]", "does not contain a JSON object"),
            ('{"a": 1}}', "line 1, column 9"),
        ],
    )
    def test_a_file_that_claude_code_cannot_use(
        self, installed: Installed, content: str, words: str
    ) -> None:
        installed.settings.write_text(content)
        level, text = said(settings.settings_parse, installed)
        assert (level, words in text) == ("problem", True), text
        assert said(settings.status_line, installed) == ("", "")

    def test_no_file(self, installed: Installed) -> None:
        installed.settings.unlink()
        assert said(settings.settings_parse, installed)[0] == "problem"

    def test_a_byte_order_mark_is_nothing_wrong(self, installed: Installed) -> None:
        installed.settings.write_bytes(b"\xef\xbb\xbf" + installed.settings.read_bytes())
        assert (
            said(settings.settings_parse, installed)[0]
            == said(settings.status_line, installed)[0]
            == "ok"
        )

    @pytest.mark.parametrize(
        ("encoding", "level"),
        [
            ("utf-16", "ok"),
            ("latin-1", "ok"),
            ("cp1252", "ok"),
            ("utf-16-be", "problem"),
            ("utf-16-le", "problem"),
            ("utf-32", "problem"),
        ],
    )
    def test_the_encodings_that_the_client_reads_are_fine(
        self, installed: Installed, encoding: str, level: str
    ) -> None:
        """And no others (seen in 2.1.330)."""
        text = installed.settings.read_text().replace("{", '{"note": "é", ', 1)
        installed.settings.write_bytes(text.encode(encoding))
        said_level, said_text = said(settings.settings_parse, installed)
        assert said_level == level, said_text
        assert ("does not read" in said_text) is (level == "problem")
        assert said(settings.status_line, installed)[0] == ("ok" if level == "ok" else "")

    def test_no_status_line_or_another_programs(self, installed: Installed) -> None:
        installed.change_settings(statusLine=None)
        assert said(settings.status_line, installed)[0] == "problem"
        installed.change_settings(statusLine=FOREIGN)
        level, text = said(settings.status_line, installed)
        assert (level, "mine.sh" in text) == ("problem", True)

    def test_a_command_of_the_users_that_calls_ours_is_fine(self, installed: Installed) -> None:
        command = f"{installed.release.python} -I -S -B {paths.data_dir(installed.world.env)}/current/plugin/usageline/statusline.py | cat"
        installed.change_settings(statusLine={"type": "command", "command": command})
        level, text = said(settings.status_line, installed)
        assert (level, "of yours" in text) == ("ok", True)
        assert said(line.prints_a_line, installed)[0] == "ok"

    def test_no_hook(self, installed: Installed) -> None:
        installed.change_settings(hooks=None)
        assert said(settings.hook, installed)[0] == "warning"

    def test_hooks_that_are_disabled_here_or_in_the_project(self, installed: Installed) -> None:
        project(installed, "settings.local.json", {"disableAllHooks": True})
        level, text = said(settings.hooks_enabled, installed)
        assert (level, "~/project/.claude/settings.local.json" in text) == ("problem", True)
        shutil.rmtree(installed.project / ".claude")
        installed.change_settings(disableAllHooks=True)
        assert said(settings.hooks_enabled, installed)[0] == "problem"

    @pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
    @pytest.mark.parametrize("below", ["", "a/b"])
    def test_a_project_that_replaces_it(self, installed: Installed, name: str, below: str) -> None:
        """Also one of a folder above, in which the user may have started the session."""
        project(installed, name, {"statusLine": FOREIGN})
        (installed.project / below).mkdir(parents=True, exist_ok=True)
        level, text = said(settings.project_settings, installed, cwd=installed.project / below)
        assert (level, f"~/project/.claude/{name}" in text) == ("warning", True)

    def test_hooks_that_are_disabled_above_are_so_only_there(self, installed: Installed) -> None:
        project(installed, "settings.json", {"disableAllHooks": True})
        assert (
            said(settings.hooks_enabled, installed, cwd=installed.project / "below")[0] == "warning"
        )

    def test_the_home_directory_has_a_projects_settings_only_for_itself(
        self, installed: Installed
    ) -> None:
        (installed.settings.parent / "settings.local.json").write_text(
            json.dumps({"statusLine": FOREIGN})
        )
        assert said(settings.project_settings, installed)[0] == "ok"
        assert said(settings.project_settings, installed, cwd=installed.world.home)[0] == "warning"

    def test_the_users_own_settings_are_no_projects(self, installed: Installed) -> None:
        assert said(settings.project_settings, installed, cwd=installed.world.home)[0] == "ok"

    @pytest.mark.parametrize(
        "content",
        [{"disableAllHooks": True}, {"allowManagedHooksOnly": True}, {"statusLine": FOREIGN}],
    )
    @pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/10-line.json"])
    def test_an_organisation_that_allows_none_of_the_users(
        self, installed: Installed, content: dict[str, object], name: str
    ) -> None:
        file = installed.world.root / "etc" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))
        level, text = said(settings.managed_settings, installed)
        assert (level, str(file) in text) == ("problem", True)


def project(installed: Installed, name: str, content: object) -> None:
    """Write settings of the project."""
    file = installed.project / ".claude" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))


class TestInstallation:
    """The program and the ways to it."""

    def test_a_whole_one_is_fine(self, installed: Installed) -> None:
        root = str(installed.release.root)
        checks = (
            installation.release,
            installation.packages,
            installation.single,
            installation.command,
        )
        assert [said(check, installed, own_root=root)[0] for check in checks] == ["ok"] * 4
        assert said(installation.plugin, installed) == ("", "")

    def test_a_part_that_is_missing(self, installed: Installed) -> None:
        (installed.release.root / "complete").rename(installed.release.root / "kept")
        assert said(installation.release, installed)[0] == "problem"
        assert said(installation.packages, installed) == ("", "")
        (installed.release.root / "kept").rename(installed.release.root / "complete")
        installed.release.python.unlink()
        level, text = said(installation.release, installed)
        assert (level, "interpreter of the refresh does not exist" in text) == ("problem", True)
        Path(paths.data_dir(installed.world.env), "current").unlink()
        assert said(installation.release, installed)[0] == "problem"

    def test_no_record(self, installed: Installed) -> None:
        Path(paths.install_record(installed.world.env)).unlink()
        assert said(installation.release, installed)[0] == "warning"

    def test_packages_that_are_gone(self, installed: Installed) -> None:
        next(installed.release.root.glob("venv/lib/*/site-packages/usageline.pth")).unlink()
        level, text = said(installation.packages, installed)
        assert (level, "ModuleNotFoundError" in text) == ("problem", True)

    def test_two_installations(self, installed: Installed, tmp_path: Path) -> None:
        assert said(installation.single, installed, own_root=str(tmp_path))[0] == "warning"
        write_script(tmp_path / "usageline", "exit 0\n")
        installed.world.env["PATH"] = f"{tmp_path}:{installed.world.env['PATH']}"
        level, text = said(installation.single, installed, own_root=str(installed.release.root))
        assert (level, "on PATH is another program" in text) == ("warning", True)

    def test_a_command_that_is_gone_or_leads_elsewhere_or_is_not_on_path(
        self, installed: Installed
    ) -> None:
        path = Path(paths.command(installed.world.env))
        installed.world.env["PATH"] = "/usr/bin:/bin"
        assert "is not on PATH" in said(installation.command, installed)[1]
        path.unlink()
        assert "usageline does not exist" in said(installation.command, installed)[1]
        path.symlink_to("/bin/true")
        level, text = said(installation.command, installed)
        assert (level, "is a link to another program" in text) == ("warning", True)

    def test_a_plugin_of_the_same_and_of_another_version(self, installed: Installed) -> None:
        plugins = installed.settings.parent / "plugins" / "installed_plugins.json"
        plugins.parent.mkdir()
        for version, level in (("0.1.0", "ok"), ("9.9.9", "warning")):
            plugins.write_text(
                json.dumps(
                    {
                        "version": 2,
                        "plugins": {"usageline@usageline": [{"version": version}], "other@x": []},
                    }
                )
            )
            assert said(installation.plugin, installed)[0] == level
        installed.change_settings(enabledPlugins={"usageline@usageline": False})
        assert said(installation.plugin, installed) == ("", "")

    def test_a_plugin_that_was_not_set_up(self, installed: Installed) -> None:
        plugins = installed.settings.parent / "plugins" / "installed_plugins.json"
        plugins.parent.mkdir()
        plugins.write_text(
            json.dumps({"version": 2, "plugins": {"usageline@usageline": [{"version": "0.1.0"}]}})
        )
        Path(paths.data_dir(installed.world.env), "current").unlink()
        level, text = said(installation.plugin, installed)
        assert (level, "/usageline:setup" in text) == ("problem", True)


class TestLine:
    """The command that Claude Code runs."""

    def test_it_is_fine(self, installed: Installed) -> None:
        assert [
            said(check, installed)[0]
            for check in (line.interpreter, line.bytecode, line.prints_a_line)
        ] == ["ok"] * 3

    def test_the_line_is_the_one_of_these_numbers(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        assert "5h ███▋░" in said(line.prints_a_line, installed)[1]

    def test_an_interpreter_that_is_gone(self, installed: Installed) -> None:
        rewire(installed, "/nowhere/python3")
        level, text = said(line.interpreter, installed)
        assert (level, "/nowhere/python3" in text) == ("problem", True)
        assert said(line.bytecode, installed) == ("", "")
        level, text = said(line.prints_a_line, installed)
        # Another interpreter in a fixed place goes on, if there is one.
        assert (level, text) != ("", "")
        assert level == "ok" or "its Python is not on this system" in text

    def test_an_interpreter_of_another_version_has_no_bytecode(self, installed: Installed) -> None:
        """As after an update of the system's Python."""
        other = installed.world.root / "python9"
        write_script(other, "echo cpython-399\n")
        rewire(installed, str(other))
        level, text = said(line.bytecode, installed)
        assert (level, "cpython-399" in text) == ("warning", True)

    def test_an_interpreter_that_fails(self, installed: Installed) -> None:
        other = installed.world.root / "python9"
        write_script(other, "echo no libpython >&2; exit 127\n")
        rewire(installed, str(other))
        level, text = said(line.bytecode, installed)
        assert (level, "status 127: no libpython" in text) == ("problem", True)
        level, text = said(line.prints_a_line, installed)
        assert (level, "status 127" in text) == ("problem", True)

    def test_a_command_that_prints_nothing(self, installed: Installed) -> None:
        other = installed.world.root / "python9"
        write_script(other, "exit 0\n")
        rewire(installed, str(other))
        level, text = said(line.prints_a_line, installed)
        assert (level, "prints nothing" in text) == ("problem", True)

    def test_another_programs_command_is_not_run(self, installed: Installed) -> None:
        ran = installed.world.root / "ran"
        installed.change_settings(statusLine={"type": "command", "command": f"touch {ran}"})
        assert said(line.prints_a_line, installed) == ("", "")
        assert not ran.exists()


def rewire(installed: Installed, interpreter: str) -> None:
    """Let the status line run on another interpreter."""
    value = installed.read_settings()["statusLine"]
    old = value["command"].split()[2]
    installed.change_settings(
        statusLine={**value, "command": value["command"].replace(old, interpreter)}
    )


class TestClient:
    """Claude Code."""

    @pytest.mark.parametrize(
        ("version", "level"),
        [
            ("2.1.330", "ok"),
            ("2.1.153", "ok"),
            ("2.1.152", "problem"),
            ("1.9.999", "problem"),
            ("10.0.0", "ok"),
        ],
    )
    def test_it_must_be_new_enough(self, installed: Installed, version: str, level: str) -> None:
        path = installed.add_client(version)
        found, text = said(client.version, installed)
        assert (found, version in text) == (level, True)
        assert Path(f"{path}.runs").read_text() == "x\n"

    def test_one_that_cannot_say(self, installed: Installed) -> None:
        write_script(
            installed.world.home / ".local" / "bin" / "claude", "echo broken >&2; exit 3\n"
        )
        level, text = said(client.version, installed)
        assert (level, "status 3: broken" in text) == ("warning", True)

    def test_none_at_all(self, installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "PLACES", ("~/.local/bin/claude",))
        (installed.world.home / ".local" / "bin" / "claude").unlink()
        level, text = said(client.version, installed)
        assert (level, "`claude` is not on PATH" in text) == ("warning", True)

    def test_one_that_a_refresh_may_not_run_is_named_with_the_reason(
        self, installed: Installed
    ) -> None:
        installed.world.configure('sources = ["claude-cache"]')
        assert said(client.allowed, installed) == ("", "")
        installed.world.configure('sources = ["claude-cache", "client"]')
        path = installed.add_client()
        path.parent.chmod(0o755)
        assert said(client.allowed, installed)[0] == "ok"
        path.parent.chmod(0o777)
        level, text = said(client.allowed, installed)
        assert level == "problem"
        assert (
            f"claude was found at {path} and is not run: {path.parent} can be written by every user"
            in text
        )
        assert said(client.version, installed)[0] == "ok"

    def test_git_is_looked_for_if_its_counts_are_shown(self, installed: Installed) -> None:
        assert said(client.git, installed) == ("", "")
        installed.world.configure('rows = [["git"]]\n[segments.git]\nshow = ["branch", "dirty"]')
        compile_config(installed.world.env)
        assert said(client.git, installed)[0] == "ok"

    def test_a_folder_is_trusted_with_the_one_above_it(self, installed: Installed) -> None:
        below = installed.project / "below"
        below.mkdir()
        assert said(client.trust, installed, cwd=below)[0] == "ok"
        assert said(client.trust, installed, cwd=installed.world.home)[0] == "warning"

    def test_a_client_that_never_ran_trusts_nothing_and_is_no_fault(
        self, installed: Installed
    ) -> None:
        Path(paths.claude_state(installed.world.env)).unlink()
        assert said(client.trust, installed) == ("", "")


class TestSignIn:
    """Who is signed in."""

    def test_a_plan_is_fine(self, installed: Installed) -> None:
        assert said(sign_in.environment, installed) == ("", "")
        assert said(sign_in.plan, installed) == ("ok", "signed in to a plan: Max 5x → ")
        assert said(sign_in.credentials, installed)[0] == "ok"

    def test_a_variable_of_this_shell(self, installed: Installed) -> None:
        installed.world.env["ANTHROPIC_API_KEY"] = "sk-ant-api03-secret"
        level, text = said(sign_in.environment, installed)
        assert (level, "API key" in text, "secret" in text) == ("warning", True, False)

    def test_settings_that_sign_in_otherwise(self, installed: Installed) -> None:
        installed.change_settings(apiKeyHelper="get-key")
        level, text = said(sign_in.plan, installed)
        assert (level, "API key helper" in text) == ("problem", True)
        assert said(sign_in.credentials, installed) == ("", "")

    def test_nobody(self, installed: Installed) -> None:
        installed.world.sign_out()
        level, text = said(sign_in.plan, installed)
        assert (level, "/login" in text) == ("problem", True)

    def test_an_expired_one_and_one_without_the_scope(self, installed: Installed) -> None:
        installed.world.sign_in(expires_at=time.time() - 3700)
        level, text = said(sign_in.credentials, installed)
        assert (level, "expired 1 hour 1 minute ago" in text) == ("problem", True)
        installed.world.configure('sources = ["oauth", "client"]')
        assert said(sign_in.credentials, installed)[0] == "warning"
        installed.world.configure("")
        installed.world.sign_in(scopes=("user:inference",))
        assert said(sign_in.credentials, installed)[0] == "problem"

    def test_who_configured_no_source_that_reads_the_token_does_not_have_it_read(
        self, installed: Installed
    ) -> None:
        installed.world.configure('sources = ["claude-cache"]')
        path = Path(paths.claude_credentials(installed.world.env))
        path.unlink()
        os.mkfifo(path)  # a read of it would be noticed: there is no sign-in in it
        assert said(sign_in.plan, installed)[0] == "ok"
        level, text = said(sign_in.credentials, installed)
        assert (level, "no configured source" in text) == ("ok", True)


class TestCache:
    """Where the numbers lie."""

    def test_none_yet(self, installed: Installed) -> None:
        assert (
            said(cache.directory, installed)
            == said(cache.lock, installed)
            == said(cache.refresh_due, installed)
            == ("", "")
        )
        assert said(cache.snapshot, installed)[0] == "warning"

    def test_with_numbers_it_is_fine(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        assert [
            said(check, installed)[0]
            for check in (cache.directory, cache.lock, cache.snapshot, cache.refresh_due)
        ] == ["ok"] * 4
        assert api.usage_requests

    def test_a_directory_that_is_not_safe(self, installed: Installed) -> None:
        directory = installed.world.cache
        directory.mkdir(parents=True, mode=0o700)
        for mode, words in ((0o777, "written by others"), (0o500, "cannot be written")):
            directory.chmod(mode)
            level, text = said(cache.directory, installed)
            assert (level, words in text) == ("problem", True)
        directory.rmdir()
        directory.symlink_to(installed.world.root)
        level, text = said(cache.directory, installed)
        assert (level, "is not a directory" in text) == ("problem", True)

    def test_a_directory_that_cannot_be_made(self, installed: Installed) -> None:
        Path(installed.world.home, ".cache").write_text("")
        level, text = said(cache.directory, installed)
        assert (level, "cannot be " in text) == ("problem", True)

    def test_a_lock_that_is_held_is_a_refresh(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        with open(paths.lock(installed.world.env)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert "one is running" in said(cache.lock, installed)[1]
            assert said(service.last_answer, installed) == ("", "")
        assert "is free" in said(cache.lock, installed)[1]
        assert api.usage_requests

    @pytest.mark.parametrize(
        ("status", "level"),
        [
            ("offline", "warning"),
            ("rate-limited", "warning"),
            ("unreadable", "problem"),
            ("expired", "problem"),
        ],
    )
    def test_numbers_that_could_not_be_renewed(
        self, installed: Installed, status: str, level: str
    ) -> None:
        Hot(installed.world, installed.release).publish(
            status=status, detail="why", observed_at=int(time.time()) - 7260
        )
        found, text = said(cache.snapshot, installed)
        assert (found, "(why)" in text, "data is 2 hours 1 minute old" in text) == (
            level,
            True,
            True,
        )

    def test_numbers_of_an_earlier_sign_in(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        installed.world.sign_in(token="sk-ant-oat01-another-one-of-another-length")
        level, text = said(cache.snapshot, installed)
        assert (level, "earlier sign-in" in text) == ("warning", True)

    def test_a_snapshot_that_cannot_be_read(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        Path(paths.snapshot(installed.world.env)).write_text("{")
        assert said(cache.snapshot, installed)[0] == "problem"

    @pytest.mark.parametrize(
        ("started_s", "due_s", "level", "words"),
        [
            (None, 60, "ok", "the next status line starts it"),
            (3600, 60, "ok", "the next status line starts it"),
            (3, 60, "ok", "has just started"),
            (30, 60, "problem", "left no new snapshot"),
            (30, -200, "ok", "is due in 3 minutes"),
        ],
    )
    def test_a_due_refresh(
        self, installed: Installed, started_s: int | None, due_s: int, level: str, words: str
    ) -> None:
        """One that was started after it was due, and is over, should have ended in a snapshot."""
        now = int(time.time())
        Hot(installed.world, installed.release).publish(next_refresh_at=now - due_s)
        if started_s is not None:
            stamp = Path(paths.stamp(installed.world.env))
            stamp.touch()
            os.utime(stamp, (now - started_s, now - started_s))
        found, text = said(cache.refresh_due, installed)
        assert (found, words in text) == (level, True), text


class TestService:
    """What is known of it without asking."""

    def test_it_answered(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        level, text = said(service.last_answer, installed)
        assert (level, "and succeeded" in text) == ("ok", True)
        assert len(api.requests) == 1

    def test_it_was_never_asked(self, installed: Installed) -> None:
        assert said(service.last_answer, installed) == ("", "")

    def test_it_asked_to_wait(self, installed: Installed, api: Api) -> None:
        api.fault = "429:3600"
        refresh(installed.world.env)
        level, text = said(service.last_answer, installed)
        assert level == "warning"
        assert "rate-limited" in text
        assert "waiting until " in text

    def test_looking_changes_nothing_in_the_store(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        store = Path(paths.store_dir(installed.world.env))
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in store.iterdir()}
        said(service.last_answer, installed)
        assert {
            path: (path.read_bytes(), path.stat().st_mtime_ns) for path in store.iterdir()
        } == before
        assert api.usage_requests

    @pytest.mark.parametrize("damage", ["garbage", "rows", "link"])
    def test_a_store_that_is_broken_or_hostile_is_told_and_left(
        self, installed: Installed, api: Api, damage: str
    ) -> None:
        refresh(installed.world.env)
        assert api.usage_requests
        database = Path(paths.store_dir(installed.world.env), "cache.db")
        if damage == "garbage":
            database.write_bytes(b"garbage" * 1000)
        elif damage == "rows":
            connection = sqlite3.connect(database)
            connection.execute("UPDATE Cache SET mode = 4")
            connection.commit()
            connection.close()
        else:
            database.unlink()
            database.symlink_to("/etc/passwd")
        before = database.read_bytes()
        level, text = said(service.last_answer, installed)
        assert (level, "cached account state is unreadable" in text) == ("warning", True)
        assert database.read_bytes() == before

    def test_a_configuration_that_is_not_valid(self, installed: Installed) -> None:
        assert said(service.configuration, installed)[0] == "ok"
        installed.world.configure("ttl = 1\n")
        level, text = said(service.configuration, installed)
        assert (level, "config.toml:1: ttl" in text) == ("problem", True)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://evil.example"])
    def test_another_address(self, installed: Installed, url: str) -> None:
        assert said(service.address, installed) == ("", "")
        installed.world.env["USAGELINE_API_URL"] = url
        assert said(service.address, installed)[0] == "warning"
