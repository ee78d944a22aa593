"""Test each check of the doctor alone."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import result_of, write_script
from tests.hot import Hot
from tests.local.transcripts import MAIN, encoded
from tests.local.transcripts import line as line_of
from usageline.cli.doctor import (
    cache,
    client,
    installation,
    line,
    metrics,
    service,
    settings,
    sign_in,
    transcripts,
)
from usageline.config.compile import compile_config
from usageline.core import jobs
from usageline.jobs import local_usage
from usageline.refresh.run import refresh
from usageline.setup import program_files
from usageline.sources import claude_files
from usageline.sources.http import UNTRUSTED_CERTIFICATE
from usageline.system import origin, origin_record

if TYPE_CHECKING:
    from tests.cli.installed import Installed
    from tests.server import Api

FOREIGN = {"type": "command", "command": "mine.sh"}


class TestSettings:
    def test_own_settings_pass(self, installed: Installed) -> None:
        checks = (
            settings.settings_parse,
            settings.status_line,
            settings.hook,
            settings.hooks_enabled,
            settings.project_settings,
        )
        assert [result_of(check, installed)[0] for check in checks] == ["ok"] * 5
        assert result_of(settings.managed_settings, installed) == ("", "")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("{", "line 1"),
            ("[]", "does not contain a JSON object"),
            ('{"a": 1}}', "line 1, column 9"),
        ],
    )
    def test_invalid_settings_are_a_problem(
        self, installed: Installed, content: str, words: str
    ) -> None:
        installed.settings.write_text(content)
        level, text = result_of(settings.settings_parse, installed)
        assert (level, words in text) == ("problem", True), text
        assert result_of(settings.status_line, installed) == ("", "")

    def test_missing_settings_are_a_problem(self, installed: Installed) -> None:
        installed.settings.unlink()
        assert result_of(settings.settings_parse, installed)[0] == "problem"

    def test_settings_that_claude_code_finds_too_long_are_a_problem(
        self, installed: Installed
    ) -> None:
        """Seen in Claude Code 2.1.330: it ignores the whole file, and so the status line."""
        installed.change_settings(note="x" * claude_files.MAX_SETTINGS_BYTES)
        level, text = result_of(settings.settings_parse, installed)
        assert (level, "more than 2 MiB" in text) == ("problem", True)

    def test_byte_order_mark_passes(self, installed: Installed) -> None:
        installed.settings.write_bytes(b"\xef\xbb\xbf" + installed.settings.read_bytes())
        assert (
            result_of(settings.settings_parse, installed)[0]
            == result_of(settings.status_line, installed)[0]
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
    def test_only_encodings_that_claude_code_reads_pass(
        self, installed: Installed, encoding: str, level: str
    ) -> None:
        """Seen in Claude Code 2.1.330."""
        text = installed.settings.read_text().replace("{", '{"note": "é", ', 1)
        installed.settings.write_bytes(text.encode(encoding))
        own_level, own_text = result_of(settings.settings_parse, installed)
        assert own_level == level, own_text
        assert ("does not read" in own_text) is (level == "problem")
        assert result_of(settings.status_line, installed)[0] == ("ok" if level == "ok" else "")

    def test_missing_or_other_status_line_is_a_problem(self, installed: Installed) -> None:
        installed.change_settings(statusLine=None)
        assert result_of(settings.status_line, installed)[0] == "problem"
        installed.change_settings(statusLine=FOREIGN)
        level, text = result_of(settings.status_line, installed)
        assert (level, "mine.sh" in text) == ("problem", True)

    def test_user_command_that_calls_usageline_passes(self, installed: Installed) -> None:
        script = installed.world.paths.data_dir + "/current/plugin/usageline/statusline.py"
        command = f"{installed.release.python} -I -S -B {script} | cat"
        installed.change_settings(statusLine={"type": "command", "command": command})
        level, text = result_of(settings.status_line, installed)
        assert (level, "of yours" in text) == ("ok", True)
        assert result_of(line.prints_a_line, installed)[0] == "ok"

    def test_missing_hook_is_a_warning(self, installed: Installed) -> None:
        installed.change_settings(hooks=None)
        assert result_of(settings.hook, installed)[0] == "warning"

    def test_disabled_hooks_are_a_problem(self, installed: Installed) -> None:
        project(installed, "settings.local.json", {"disableAllHooks": True})
        level, text = result_of(settings.hooks_enabled, installed)
        assert (level, "~/project/.claude/settings.local.json" in text) == ("problem", True)
        shutil.rmtree(installed.project / ".claude")
        installed.change_settings(disableAllHooks=True)
        assert result_of(settings.hooks_enabled, installed)[0] == "problem"

    @pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
    @pytest.mark.parametrize("below", ["", "a/b"])
    def test_status_line_of_a_project_is_a_warning(
        self, installed: Installed, name: str, below: str
    ) -> None:
        """The user may have started the session in a folder above."""
        project(installed, name, {"statusLine": FOREIGN})
        (installed.project / below).mkdir(parents=True, exist_ok=True)
        level, text = result_of(settings.project_settings, installed, cwd=installed.project / below)
        assert (level, f"~/project/.claude/{name}" in text) == ("warning", True)

    def test_hooks_disabled_in_a_parent_folder_are_a_warning(self, installed: Installed) -> None:
        project(installed, "settings.json", {"disableAllHooks": True})
        assert (
            result_of(settings.hooks_enabled, installed, cwd=installed.project / "below")[0]
            == "warning"
        )

    def test_local_settings_in_home_count_only_in_home(self, installed: Installed) -> None:
        (installed.settings.parent / "settings.local.json").write_text(
            json.dumps({"statusLine": FOREIGN})
        )
        assert result_of(settings.project_settings, installed)[0] == "ok"
        assert (
            result_of(settings.project_settings, installed, cwd=installed.world.home)[0]
            == "warning"
        )

    def test_user_settings_do_not_count_as_project_settings(self, installed: Installed) -> None:
        assert result_of(settings.project_settings, installed, cwd=installed.world.home)[0] == "ok"

    @pytest.mark.parametrize(
        "content",
        [{"disableAllHooks": True}, {"allowManagedHooksOnly": True}, {"statusLine": FOREIGN}],
    )
    @pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/10-line.json"])
    def test_managed_settings_that_forbid_the_line_are_a_problem(
        self, installed: Installed, content: dict[str, object], name: str
    ) -> None:
        file = installed.world.root / "etc" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))
        level, text = result_of(settings.managed_settings, installed)
        assert (level, str(file) in text) == ("problem", True)


def project(installed: Installed, name: str, content: object) -> None:
    """Write settings of the project."""
    file = installed.project / ".claude" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))


class TestInstallation:
    def test_complete_installation_passes(self, installed: Installed) -> None:
        root = str(installed.release.root)
        checks = (
            installation.release,
            installation.packages,
            installation.single,
            installation.command,
        )
        assert [result_of(check, installed, own_root=root)[0] for check in checks] == ["ok"] * 4
        assert result_of(installation.plugin, installed) == ("", "")

    def test_missing_part_is_a_problem(self, installed: Installed) -> None:
        (installed.release.root / "complete").rename(installed.release.root / "kept")
        assert result_of(installation.release, installed)[0] == "problem"
        assert result_of(installation.packages, installed) == ("", "")
        (installed.release.root / "kept").rename(installed.release.root / "complete")
        installed.release.python.unlink()
        level, text = result_of(installation.release, installed)
        assert (level, "interpreter of the refresh does not exist" in text) == ("problem", True)
        Path(installed.world.paths.data_dir, "current").unlink()
        assert result_of(installation.release, installed)[0] == "problem"

    def test_missing_record_is_a_warning(self, installed: Installed) -> None:
        Path(installed.world.paths.install_manifest).unlink()
        assert result_of(installation.release, installed)[0] == "warning"

    def test_missing_packages_are_a_problem(self, installed: Installed) -> None:
        next(installed.release.root.glob("venv/lib/*/site-packages/usageline.pth")).unlink()
        level, text = result_of(installation.packages, installed)
        assert (level, "ModuleNotFoundError" in text) == ("problem", True)

    def test_packages_that_load_slowly_are_no_problem(
        self, installed: Installed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a busy machine, to install again would not help."""
        monkeypatch.setattr(installation, "IMPORT_CHECK", "import time; time.sleep(60)")
        monkeypatch.setattr(installation, "PACKAGES_TIMEOUT_S", 0.5)
        level, text = result_of(installation.packages, installed)
        assert (level, "less busy" in text) == ("warning", True)

    def test_second_installation_is_a_warning(self, installed: Installed, tmp_path: Path) -> None:
        assert result_of(installation.single, installed, own_root=str(tmp_path))[0] == "warning"
        write_script(tmp_path / "usageline", "exit 0\n")
        installed.world.env["PATH"] = f"{tmp_path}:{installed.world.env['PATH']}"
        level, text = result_of(
            installation.single, installed, own_root=str(installed.release.root)
        )
        assert (level, "on PATH is another program" in text) == ("warning", True)

    def test_missing_or_other_command_is_a_warning(self, installed: Installed) -> None:
        path = Path(installed.world.paths.command)
        installed.world.env["PATH"] = "/usr/bin:/bin"
        assert "is not on PATH" in result_of(installation.command, installed)[1]
        path.unlink()
        assert "usageline does not exist" in result_of(installation.command, installed)[1]
        path.symlink_to("/bin/true")
        level, text = result_of(installation.command, installed)
        assert (level, "is a link to another program" in text) == ("warning", True)

    def test_package_with_the_same_files_passes_and_an_upgraded_one_is_a_warning(
        self, installed: Installed, tmp_path: Path
    ) -> None:
        environment = tmp_path / "tool"
        package = environment / "lib/python3.11/site-packages/usageline"
        root = installed.release.root
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / "plugin/usageline", package, ignore=ignored)
        beside = package / program_files.PACKAGED
        shutil.copytree(root / "hooks", beside / "hooks", ignore=ignored)
        (beside / "plugin").mkdir()
        for lock in (root / "plugin").glob("*.lock"):
            shutil.copy(lock, beside / "plugin")
        write_script(environment / "bin" / "usageline", "exit 0\n")
        command = Path(installed.world.paths.command)
        command.unlink()
        command.symlink_to(environment / "bin" / "usageline")
        installed.world.env["PATH"] = f"{command.parent}:/usr/bin:/bin"
        own = {"own_root": str(environment / "lib/python3.11"), "own_package": str(package)}
        for check in (installation.single, installation.command):
            assert result_of(check, installed, **own)[0] == "ok"
            assert result_of(check, installed, own_root=str(root))[0] == "ok"
        (package / "core" / "text.py").write_text("newer = True\n")
        for check in (installation.single, installation.command):
            level, text = result_of(check, installed, **own)
            assert (level, "run the package's `usageline install`" in text) == ("warning", True)

    def test_plugin_of_another_version_is_a_warning(self, installed: Installed) -> None:
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
            assert result_of(installation.plugin, installed)[0] == level
        installed.change_settings(enabledPlugins={"usageline@usageline": False})
        assert result_of(installation.plugin, installed) == ("", "")

    def test_plugin_without_setup_is_a_problem(self, installed: Installed) -> None:
        plugins = installed.settings.parent / "plugins" / "installed_plugins.json"
        plugins.parent.mkdir()
        plugins.write_text(
            json.dumps({"version": 2, "plugins": {"usageline@usageline": [{"version": "0.1.0"}]}})
        )
        Path(installed.world.paths.data_dir, "current").unlink()
        level, text = result_of(installation.plugin, installed)
        assert (level, "/usageline:setup" in text) == ("problem", True)


class TestLine:
    def test_own_line_passes(self, installed: Installed) -> None:
        assert [
            result_of(check, installed)[0]
            for check in (line.interpreter, line.bytecode, line.prints_a_line)
        ] == ["ok"] * 3

    def test_line_shows_the_current_numbers(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        assert "5h ███▋░" in result_of(line.prints_a_line, installed)[1]

    def test_missing_interpreter_is_a_problem(self, installed: Installed) -> None:
        rewire(installed, "/nowhere/python3")
        level, text = result_of(line.interpreter, installed)
        assert (level, "/nowhere/python3" in text) == ("problem", True)
        assert result_of(line.bytecode, installed) == ("", "")
        level, text = result_of(line.prints_a_line, installed)
        # Another interpreter in a fixed place goes on, if there is one.
        assert (level, text) != ("", "")
        assert level == "ok" or "its Python is not on this system" in text

    def test_interpreter_of_another_version_is_a_warning(self, installed: Installed) -> None:
        """An update of the system's Python causes this."""
        other = installed.world.root / "python9"
        write_script(other, "echo cpython-399\n")
        rewire(installed, str(other))
        level, text = result_of(line.bytecode, installed)
        assert (level, "cpython-399" in text) == ("warning", True)

    def test_failing_interpreter_is_a_problem(self, installed: Installed) -> None:
        other = installed.world.root / "python9"
        write_script(other, "echo no libpython >&2; exit 127\n")
        rewire(installed, str(other))
        level, text = result_of(line.bytecode, installed)
        assert (level, "status 127: no libpython" in text) == ("problem", True)

    def test_silent_interpreter_is_a_problem(self, installed: Installed) -> None:
        other = installed.world.root / "python9"
        write_script(other, "exit 0\n")
        rewire(installed, str(other))
        level, text = result_of(line.bytecode, installed)
        assert (level, "prints nothing" in text) == ("problem", True)

    def test_command_of_another_program_is_not_run(self, installed: Installed) -> None:
        ran = installed.world.root / "ran"
        installed.change_settings(statusLine={"type": "command", "command": f"touch {ran}"})
        assert result_of(line.prints_a_line, installed) == ("", "")
        assert not ran.exists()


def rewire(installed: Installed, interpreter: str) -> None:
    """Set another interpreter in statusLine."""
    value = installed.read_settings()["statusLine"]
    old = value["command"].split()[2]
    installed.change_settings(
        statusLine={**value, "command": value["command"].replace(old, interpreter)}
    )


class TestClient:
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
    def test_old_client_is_a_problem(self, installed: Installed, version: str, level: str) -> None:
        path = installed.add_client(version)
        verdict, text = result_of(client.version, installed)
        assert (verdict, version in text) == (level, True)
        assert Path(f"{path}.runs").read_text() == "x\n"

    def test_client_without_a_version_is_a_warning(self, installed: Installed) -> None:
        write_script(
            installed.world.home / ".local" / "bin" / "claude", "echo broken >&2; exit 3\n"
        )
        level, text = result_of(client.version, installed)
        assert (level, "status 3: broken" in text) == ("warning", True)

    def test_missing_client_is_a_warning(
        self, installed: Installed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "PLACES", ("~/.local/bin/claude",))
        (installed.world.home / ".local" / "bin" / "claude").unlink()
        level, text = result_of(client.version, installed)
        assert (level, "`claude` is not on PATH" in text) == ("warning", True)

    def test_client_in_a_writable_folder_is_a_problem(self, installed: Installed) -> None:
        installed.world.configure('sources = ["claude-cache"]')
        assert result_of(client.allowed, installed) == ("", "")
        installed.world.configure('sources = ["claude-cache", "client"]')
        path = installed.add_client()
        path.parent.chmod(0o755)
        assert result_of(client.allowed, installed)[0] == "ok"
        path.parent.chmod(0o777)
        level, text = result_of(client.allowed, installed)
        assert level == "problem"
        assert (
            f"claude was found at {path} and is not run: {path.parent} can be written by every user"
            in text
        )
        assert result_of(client.version, installed)[0] == "ok"

    def test_git_is_checked_when_its_counts_are_shown(self, installed: Installed) -> None:
        assert result_of(client.git, installed) == ("", "")
        installed.world.configure('rows = [["git"]]\n[segments.git]\nshow = ["branch", "dirty"]')
        compile_config(installed.world.env)
        assert result_of(client.git, installed)[0] == "ok"

    def test_folder_below_a_trusted_one_passes(self, installed: Installed) -> None:
        below = installed.project / "below"
        below.mkdir()
        assert result_of(client.trust, installed, cwd=below)[0] == "ok"
        assert result_of(client.trust, installed, cwd=installed.world.home)[0] == "warning"

    def test_trust_is_not_checked_when_the_client_never_ran(self, installed: Installed) -> None:
        Path(installed.world.paths.claude_state).unlink()
        assert result_of(client.trust, installed) == ("", "")


class TestSignIn:
    def test_plan_passes(self, installed: Installed) -> None:
        assert result_of(sign_in.environment, installed) == ("", "")
        assert result_of(sign_in.plan, installed) == ("ok", "signed in to a plan: Max 5x → ")
        assert result_of(sign_in.credentials, installed)[0] == "ok"

    def test_api_key_in_the_environment_is_a_warning(self, installed: Installed) -> None:
        installed.world.env["ANTHROPIC_API_KEY"] = "sk-ant-api03-secret"
        level, text = result_of(sign_in.environment, installed)
        assert (level, "API key" in text, "secret" in text) == ("warning", True, False)

    def test_api_key_helper_is_a_problem(self, installed: Installed) -> None:
        installed.change_settings(apiKeyHelper="get-key")
        level, text = result_of(sign_in.plan, installed)
        assert (level, "API key helper" in text) == ("problem", True)
        assert result_of(sign_in.credentials, installed) == ("", "")

    def test_token_in_settings_is_a_warning_if_the_sign_in_cannot_be_used(
        self, installed: Installed
    ) -> None:
        """Sessions use it, so /login alone changes nothing."""
        installed.change_settings(env={"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-other"})
        assert result_of(sign_in.plan, installed) == ("ok", "signed in to a plan: Max 5x → ")
        installed.world.sign_in(expires_at=time.time() - 3700)
        level, text = result_of(sign_in.credentials, installed)
        assert (level, "CLAUDE_CODE_OAUTH_TOKEN" in text) == ("warning", True)
        installed.world.sign_out()
        level, text = result_of(sign_in.plan, installed)
        assert (level, "CLAUDE_CODE_OAUTH_TOKEN" in text) == ("warning", True)

    def test_missing_sign_in_is_a_problem(self, installed: Installed) -> None:
        installed.world.sign_out()
        level, text = result_of(sign_in.plan, installed)
        assert (level, "/login" in text) == ("problem", True)

    def test_expired_or_unscoped_sign_in_is_a_problem(self, installed: Installed) -> None:
        installed.world.sign_in(expires_at=time.time() - 3700)
        level, text = result_of(sign_in.credentials, installed)
        assert (level, "expired 1 hour 1 minute ago" in text) == ("problem", True)
        installed.world.configure('sources = ["oauth", "client"]')
        assert result_of(sign_in.credentials, installed)[0] == "warning"
        installed.world.configure("")
        installed.world.sign_in(scopes=("user:inference",))
        assert result_of(sign_in.credentials, installed)[0] == "problem"

    def test_token_is_not_read_when_no_source_needs_it(self, installed: Installed) -> None:
        installed.world.configure('sources = ["claude-cache"]')
        path = Path(installed.world.paths.claude_credentials)
        path.unlink()
        os.mkfifo(path)  # a read of it would be noticed: there is no sign-in in it
        assert result_of(sign_in.plan, installed)[0] == "ok"
        level, text = result_of(sign_in.credentials, installed)
        assert (level, "no configured source" in text) == ("ok", True)


class TestCache:
    def test_missing_cache_passes(self, installed: Installed) -> None:
        assert (
            result_of(cache.directory, installed)
            == result_of(cache.lock, installed)
            == result_of(cache.refresh_due, installed)
            == ("", "")
        )
        assert result_of(cache.snapshot, installed)[0] == "warning"

    def test_cache_with_numbers_passes(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        assert [
            result_of(check, installed)[0]
            for check in (cache.directory, cache.lock, cache.snapshot, cache.refresh_due)
        ] == ["ok"] * 4
        assert api.usage_requests

    def test_unsafe_directory_is_a_problem(self, installed: Installed) -> None:
        directory = installed.world.cache
        directory.mkdir(parents=True, mode=0o700)
        for mode, words in ((0o777, "written by others"), (0o500, "cannot be written")):
            directory.chmod(mode)
            level, text = result_of(cache.directory, installed)
            assert (level, words in text) == ("problem", True)
        directory.rmdir()
        directory.symlink_to(installed.world.root)
        level, text = result_of(cache.directory, installed)
        assert (level, "is not a directory" in text) == ("problem", True)

    def test_directory_that_cannot_be_created_is_a_problem(self, installed: Installed) -> None:
        Path(installed.world.home, ".cache").write_text("")
        level, text = result_of(cache.directory, installed)
        assert (level, "cannot be " in text) == ("problem", True)

    def test_held_lock_is_reported_as_a_refresh(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        with open(installed.world.paths.lock) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert "one is running" in result_of(cache.lock, installed)[1]
            assert result_of(service.last_answer, installed) == ("", "")
        assert "is free" in result_of(cache.lock, installed)[1]
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
    def test_failed_refresh_is_reported_with_the_age(
        self, installed: Installed, status: str, level: str
    ) -> None:
        Hot(installed.world, installed.release).publish(
            status=status, detail="why", observed_at=int(time.time()) - 7260
        )
        verdict, text = result_of(cache.snapshot, installed)
        assert (verdict, "(why)" in text, "data is 2 hours 1 minute old" in text) == (
            level,
            True,
            True,
        )

    def test_untrusted_certificate_has_advice_of_its_own(self, installed: Installed) -> None:
        hot = Hot(installed.world, installed.release)
        hot.publish(status="offline", detail=UNTRUSTED_CERTIFICATE)
        level, text = result_of(cache.snapshot, installed)
        assert (level, "SSL_CERT_FILE" in text) == ("warning", True)

    def test_numbers_of_an_earlier_sign_in_are_a_warning(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        installed.world.sign_in(token="sk-ant-oat01-another-one-of-another-length")
        level, text = result_of(cache.snapshot, installed)
        assert (level, "earlier sign-in" in text) == ("warning", True)

    def test_unreadable_snapshot_is_a_problem(self, installed: Installed) -> None:
        Hot(installed.world, installed.release).publish()
        Path(installed.world.paths.snapshot).write_text("{")
        assert result_of(cache.snapshot, installed)[0] == "problem"

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
    def test_due_refresh_is_a_problem_only_after_it_ran(
        self, installed: Installed, started_s: int | None, due_s: int, level: str, words: str
    ) -> None:
        now = int(time.time())
        Hot(installed.world, installed.release).publish(next_refresh_at=now - due_s)
        if started_s is not None:
            stamp = Path(installed.world.paths.stamp)
            stamp.touch()
            os.utime(stamp, (now - started_s, now - started_s))
        verdict, text = result_of(cache.refresh_due, installed)
        assert (verdict, words in text) == (level, True), text


class TestService:
    def test_successful_request_passes(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        level, text = result_of(service.last_answer, installed)
        assert (level, "and succeeded" in text) == ("ok", True)
        assert len(api.requests) == 1

    def test_service_without_a_request_is_not_reported(self, installed: Installed) -> None:
        assert result_of(service.last_answer, installed) == ("", "")

    def test_cooldown_is_a_warning(self, installed: Installed, api: Api) -> None:
        api.fault = "429:3600"
        refresh(installed.world.env)
        level, text = result_of(service.last_answer, installed)
        assert level == "warning"
        assert "rate-limited" in text
        assert "waiting until " in text

    def test_check_changes_nothing_in_the_store(self, installed: Installed, api: Api) -> None:
        refresh(installed.world.env)
        store = Path(installed.world.paths.store_dir)
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in store.iterdir()}
        result_of(service.last_answer, installed)
        assert {
            path: (path.read_bytes(), path.stat().st_mtime_ns) for path in store.iterdir()
        } == before
        assert api.usage_requests

    @pytest.mark.parametrize("damage", ["garbage", "rows", "link"])
    def test_damaged_store_is_reported_and_unchanged(
        self, installed: Installed, api: Api, damage: str
    ) -> None:
        refresh(installed.world.env)
        assert api.usage_requests
        database = Path(installed.world.paths.store_dir, "cache.db")
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
        level, text = result_of(service.last_answer, installed)
        assert (level, "cached account state is unreadable" in text) == ("warning", True)
        assert database.read_bytes() == before

    def test_invalid_configuration_is_a_problem(self, installed: Installed) -> None:
        assert result_of(service.configuration, installed)[0] == "ok"
        installed.world.configure("ttl = 1\n")
        level, text = result_of(service.configuration, installed)
        assert (level, "config.toml:1: ttl" in text) == ("problem", True)

    def test_theme_file_with_an_unusable_name_is_a_warning(self, installed: Installed) -> None:
        assert result_of(service.themes, installed) == ("", "")
        folder = Path(installed.world.paths.config_file).with_name("themes")
        folder.mkdir(parents=True)
        (folder / "nord.toml").touch()
        text = "the built-in theme nord is used instead of themes/nord.toml"
        assert result_of(service.themes, installed) == (
            "warning",
            f"{text} → give that file another name",
        )
        (folder / "A b.toml").touch()
        level, text = result_of(service.themes, installed)
        assert (level, "(and 1 more: usageline config themes)" in text) == ("warning", True)

    def test_source_that_only_another_configuration_names_is_a_warning(
        self, installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(origin, "ROOT", str(tmp_path))
        origin_record.write_record(str(tmp_path), installed.world.env)
        installed.world.configure('sources = ["claude-cache"]')
        installed.world.env["XDG_CONFIG_HOME"] = str(tmp_path)
        (tmp_path / "usageline").mkdir()
        config = tmp_path / "usageline" / "config.toml"
        config.write_text('sources = ["claude-cache", "oauth"]')
        level, text = result_of(service.configuration, installed)
        assert (level, "names the sources oauth, so" in text) == ("warning", True)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://evil.example"])
    def test_other_api_address_is_a_warning(self, installed: Installed, url: str) -> None:
        assert result_of(service.address, installed) == ("", "")
        installed.world.env["USAGELINE_API_URL"] = url
        assert result_of(service.address, installed)[0] == "warning"


class TestTranscripts:
    @pytest.fixture(autouse=True)
    def transcript(self, installed: Installed) -> Path:
        path = Path(installed.world.paths.claude_dir) / "projects" / MAIN
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(line_of(1), line_of(2, model="mine")))
        return path

    def test_index_is_described(self, installed: Installed) -> None:
        level, text = result_of(transcripts.directories, installed)
        assert (level, text[:16]) == ("ok", "transcripts of ~")
        assert "the next refresh begins" in result_of(transcripts.index, installed)[1]
        with local_usage.updated(installed.world.env):
            assert "are being read" in result_of(transcripts.index, installed)[1]
        level, text = result_of(transcripts.index, installed)
        assert (level, text[:40]) == ("ok", "2 responses since 2026-11-20, 1 unpriced")

    def test_damaged_index_is_a_warning(self, installed: Installed) -> None:
        with local_usage.updated(installed.world.env):
            pass
        path = Path(installed.world.paths.usage_dir, "usage.db")
        for content in (b"no database", path.read_bytes()[:5000]):
            path.write_bytes(content)
            level, text = result_of(transcripts.index, installed)
            assert (level, "damaged" in text) == ("warning", True)
            assert path.read_bytes() == content

    def test_job_that_failed_is_a_problem(self, installed: Installed) -> None:
        env = installed.world.env
        path = Path(jobs.result_file(env, jobs.LOCAL, jobs.LOCAL_KEY))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text('{"failed": true}')
        assert result_of(transcripts.index, installed)[0] == "problem"

    @pytest.mark.parametrize(
        ("config", "level"),
        [("[local]\nenabled = false", "ok"), ("[local]\nkeep_days = 0", "warning")],
    )
    def test_settings_are_respected(self, installed: Installed, config: str, level: str) -> None:
        installed.world.configure(config)
        assert result_of(transcripts.directories, installed)[0] == level
        assert result_of(transcripts.index, installed) == ("", "")

    def test_directory_without_transcripts_is_a_warning(self, installed: Installed) -> None:
        installed.world.configure('[local]\nroots = ["~/cpoy"]')
        level, text = result_of(transcripts.directories, installed)
        assert (level, "~/cpoy has no projects/" in text) == ("warning", True)

    def test_without_transcripts_there_is_no_check(
        self, installed: Installed, transcript: Path
    ) -> None:
        shutil.rmtree(transcript.parent.parent)
        assert result_of(transcripts.directories, installed) == ("", "")
        assert result_of(transcripts.index, installed) == ("", "")


class TestMetrics:
    def test_unconfigured_metrics_are_not_checked(self, installed: Installed) -> None:
        assert result_of(metrics.exports, installed) == ("", "")

    def test_written_textfile_passes(self, installed: Installed, api: Api, tmp_path: Path) -> None:
        installed.world.configure(f'[metrics]\ntextfile = "{tmp_path}/m.prom"')
        level, words = result_of(metrics.exports, installed)
        assert (level, "is not written yet" in words) == ("warning", True)
        refresh(installed.world.env)
        assert result_of(metrics.exports, installed) == (
            "ok",
            f"metrics go to {tmp_path}/m.prom → ",
        )
        assert api.usage_requests

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ('textfile = "/nonexistent/m.prom"', "let this user write there"),
            ('otlp = "http://127.0.0.1:1"', "see whether the collector runs"),
        ],
    )
    def test_failed_export_is_a_warning_with_advice(
        self, installed: Installed, api: Api, key: str, words: str
    ) -> None:
        installed.world.configure(f"[metrics]\n{key}")
        refresh(installed.world.env)
        level, text = result_of(metrics.exports, installed)
        assert (level, words in text) == ("warning", True), text
        assert api.usage_requests

    def test_missing_sdk_is_a_warning(
        self, installed: Installed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        installed.world.configure('[metrics]\notlp = "http://127.0.0.1:4318"')
        monkeypatch.setattr("usageline.refresh.metrics.otlp.is_installed", lambda: False)
        level, text = result_of(metrics.exports, installed)
        assert (level, "--with otlp" in text) == ("warning", True)

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"ended": "failed", "notes": 5}', "\0"])
    def test_damaged_log_is_no_failure(
        self, installed: Installed, tmp_path: Path, content: str
    ) -> None:
        installed.world.configure(f'[metrics]\ntextfile = "{tmp_path}/m.prom"')
        path = Path(installed.world.paths.log)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
        path.chmod(0o600)
        assert "is not written yet" in result_of(metrics.exports, installed)[1]
