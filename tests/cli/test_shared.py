"""`usageline shared` without a server. tests/fleet has real ones."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from usageline.cli import sharing
from usageline.cli.doctor import shared, sign_in
from usageline.cli.doctor.context import Context
from usageline.cli.shared import command
from usageline.config.server_types import parse_address
from usageline.core.errors import UsagelineError
from usageline.sources.shared import secret
from usageline.sources.shared.connection import Account, Connection
from usageline.storage import shared_record
from usageline.storage.shared_record import SharedRecord
from usageline.system.directories import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World
    from usageline.cli.doctor.context import Result

    Run = Callable[..., tuple[int, str]]

URL = "redis://127.0.0.1:9/0"
ACCOUNT = "9d88fa0eee1d35ed"


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `usageline shared` with arguments; return exit status and output."""
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command, arguments)
        if isinstance(result.exception, UsagelineError):
            return 1, str(result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return invoke


def test_machine_that_does_not_share_is_told_how(run: Run) -> None:
    for arguments in ((), ("--json",)):
        status, output = run(*arguments)
        assert (status, "usageline shared init URL" in output) == (1, True)
    assert run("leave") == (1, "this machine does not share a reading")


@pytest.mark.parametrize(
    "url", ["redis://u:hunter2@h", "http://h", "redis://h?ssl_cert_reqs=none", "redis://", "x"]
)
def test_url_that_is_not_allowed_is_wrong_usage(run: Run, world: World, url: str) -> None:
    status, output = run("init", url)
    assert (status, "rediss://" in output, "hunter2" in output) == (2, True, False)
    assert not Path(world.paths.config_file).exists()


def test_account_that_is_not_allowed_is_wrong_usage(run: Run) -> None:
    assert run("init", URL, "--account", "me@example.com")[0] == 2


def test_server_that_does_not_answer_changes_nothing(run: Run, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    status, output = run("init", f"redis://127.0.0.1:{port}")
    assert (status, "no connection: check that it runs" in output) == (1, True)
    assert not Path(world.paths.config_file).exists()
    assert not Path(world.paths.shared_key).exists()


def test_missing_password_file_names_what_to_write(run: Run, tmp_path: Path) -> None:
    status, output = run("init", URL, "--password-file", str(tmp_path / "none"))
    assert (status, "write the server's password there" in output) == (1, True)


@pytest.mark.parametrize("reply", [7, None, [b"server", 3], [b"version"]])
def test_version_of_any_server_is_a_few_words(
    monkeypatch: pytest.MonkeyPatch, reply: object
) -> None:
    monkeypatch.setattr(Connection, "call", lambda *_words: reply)
    address = parse_address(URL)
    assert address
    assert sharing._version(address, Account("", ""), {}).startswith("the server")


def test_password_file_must_be_private(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    (tmp_path / "password").chmod(0o644)
    status, output = run("init", URL, "--password-file", str(tmp_path / "password"))
    assert (status, "chmod 600" in output, "hunter2" in output) == (1, True, False)


def test_leave_removes_configuration_key_and_record(run: Run, world: World) -> None:
    """The server is away: it forgets the machine by itself."""
    world.configure(f'# mine\nttl = 600\n[shared]\nurl = "{URL}"\n')
    secret.make_key(world.paths.shared_key)
    prepare(world.paths)
    shared_record.save(world.paths, SharedRecord("0badcafe", ACCOUNT))
    status, output = run("leave")
    assert (status, "within a day" in output) == (0, True)
    assert Path(world.paths.config_file).read_text() == "# mine\nttl = 600\n"
    assert not Path(world.paths.shared_key).exists()
    assert not Path(world.paths.shared_record).exists()


class TestDoctor:
    """What `usageline doctor` says. It opens no socket."""

    @staticmethod
    def results(world: World, text: str = "", **record: Any) -> dict[str, str]:
        world.configure(text)
        prepare(world.paths)
        if record:
            shared_record.save(world.paths, SharedRecord("0badcafe", ACCOUNT, **record))
        context = Context(world.env, "/")
        checks: tuple[Callable[[Context], Result | None], ...] = (
            shared.files,
            shared.account,
            shared.encryption,
            shared.last_call,
            sign_in.plan,
        )
        return {
            check.__name__: f"{result.level}: {result.text}"
            for check in checks
            if (result := check(context))
        }

    def test_nothing_is_said_if_nothing_is_shared(self, world: World) -> None:
        assert set(self.results(world)) == {"plan"}

    def test_missing_key_is_a_problem(self, world: World) -> None:
        files = self.results(world, f'[shared]\nurl = "{URL}"\n')["files"]
        assert (
            files == "problem: [shared] cannot be used: ~/.config/usageline/shared.key is missing"
        )

    @pytest.mark.parametrize(
        ("record", "words"),
        [
            ({"checked_at": 1}, "ok: the shared server answered"),
            ({"problem": "no connection", "failures": 3}, "3 times in a row: no connection"),
            ({"refused": "it is too long"}, "warning: the shared reading is ignored: it is too"),
            ({}, "no refresh has called"),
        ],
    )
    def test_last_call_is_reported(self, world: World, record: dict[str, Any], words: str) -> None:
        secret.make_key(world.paths.shared_key)
        text = f'[shared]\nurl = "{URL}"\n'
        results = self.results(world, text, **record)
        assert words in results["last_call"]
        assert results["files"].startswith("ok: ")

    def test_server_without_tls_on_a_network_is_a_warning(self, world: World) -> None:
        results = self.results(world, '[shared]\nurl = "redis://cache.example"\n')
        assert "without TLS" in results["encryption"]
        for url in (URL, "rediss://cache.example", "unix:///run/redis.sock"):
            assert "encryption" not in self.results(world, f'[shared]\nurl = "{url}"\n')

    def test_account_of_another_sign_in_is_a_warning(self, world: World) -> None:
        other = self.results(world, f'[shared]\nurl = "{URL}"\naccount = "0123456789abcdef"\n')
        assert other["account"].startswith("warning: shared.account is not the account")
        same = self.results(world, f'[shared]\nurl = "{URL}"\naccount = "{ACCOUNT}"\n')
        assert "account" not in same

    def test_machine_without_a_sign_in_is_no_problem(self, world: World) -> None:
        world.sign_out()
        text = f'[shared]\nurl = "{URL}"\n'
        assert self.results(world, text)["plan"].startswith("problem: ")
        plan = self.results(world, f'{text}account = "{ACCOUNT}"\n')["plan"]
        assert plan.startswith("ok: no sign-in here can read usage")
