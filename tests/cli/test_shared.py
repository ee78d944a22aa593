"""`usageline shared`, without a server or with one in this process. tests/fleet has real ones."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tests.shared_server import Redis
from usageline.cli import sharing
from usageline.cli.doctor import shared, sign_in
from usageline.cli.doctor.context import Context
from usageline.cli.shared import command
from usageline.config.server_types import parse_address
from usageline.core.errors import UsagelineError
from usageline.refresh.run import refresh
from usageline.sources.shared import connection, secret
from usageline.sources.shared.connection import Account, Connection
from usageline.storage import shared_record
from usageline.storage.shared_record import SharedRecord
from usageline.system import origin, origin_record
from usageline.system.directories import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server import Api
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


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """Yield a running server, for which a busy machine has time."""
    for module in (connection, sharing):
        monkeypatch.setattr(module, "BUDGET_S", 30.0)
    running = Redis()
    yield running
    running.close()


def share(run: Run, redis: Redis) -> None:
    status, output = run("init", redis.url)
    assert status == 0, output


def shown(run: Run) -> dict[str, Any]:
    """Return what `usageline shared --json` prints."""
    status, output = run("--json")
    assert status == 0, output
    printed: dict[str, Any] = json.loads(output)
    return printed


def test_init_tries_the_server_and_leaves_nothing_of_the_trial(
    run: Run, world: World, redis: Redis
) -> None:
    status, output = run("init", redis.url)
    assert status == 0, output
    assert f"✓ redis 7.0.15 at {redis.url} runs the script" in output
    assert "✓ made the key ~/.config/usageline/shared.key" in output
    assert "no TLS" not in output, "no network has it"
    assert f"usageline shared init {redis.url}\n" in output
    assert f"add --account {ACCOUNT}" in output
    assert redis.calls == ["look", "post", "leave"]
    assert (redis.account.askers, redis.account.requests) == ({}, {})
    assert redis.expired == 5, "each key of the trial"
    assert f'url = "{redis.url}"' in Path(world.paths.config_file).read_text()
    assert secret.read_key(world.paths.shared_key)


def test_init_again_keeps_the_key_and_names_the_options(
    run: Run, world: World, redis: Redis, tmp_path: Path
) -> None:
    share(run, redis)
    key = secret.read_key(world.paths.shared_key)
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    password.chmod(0o600)
    other = "0123456789abcdef"
    status, output = run("init", redis.url, "--password-file", str(password), "--account", other)
    assert status == 0, output
    assert "✓ kept the key" in output
    assert f"{redis.url} --password-file PATH\n" in output
    assert f"add --account {other}" in output
    assert secret.read_key(world.paths.shared_key) == key
    text = Path(world.paths.config_file).read_text()
    assert f'account = "{other}"' in text
    assert "hunter2" not in text + output


def test_server_without_tls_on_a_network_is_warned_of(
    run: Run, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved to the server in this process."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *more, **options: real("127.0.0.1", *more, **options)
    )
    status, output = run("init", redis.url.replace("127.0.0.1", "cache.example"))
    assert status == 0, output
    assert "! it has no TLS: the network can read the percentages" in output


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error:NOPERM no", "ACL SETUSER usageline on"),
        ("error:OOM no", "its memory is full: give it more memory"),
        ("error:ERR \x1b[31munheard of", "it answered: [31munheard of"),
        ("close", "use rediss:// if it speaks TLS alone"),
        ("odd", "its answer makes no sense"),
    ],
)
def test_server_that_cannot_be_used_is_named_with_what_to_do(
    run: Run, world: World, redis: Redis, fault: str, words: str
) -> None:
    redis.fault = fault
    status, output = run("init", redis.url)
    assert status == 1
    assert words in output
    assert "\x1b" not in output
    assert not Path(world.paths.config_file).exists()
    assert not Path(world.paths.shared_key).exists()


def test_init_is_refused_with_directories_that_a_project_chose(
    run: Run, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "recorded"
    release.mkdir()
    origin_record.write_record(str(release), {"HOME": str(tmp_path / "the user's")})
    monkeypatch.setattr(origin, "ROOT", str(release))
    assert run("init", redis.url) == (1, origin.REFUSED)
    assert redis.calls == []


def test_reading_and_machines_are_shown(run: Run, world: World, api: Api, redis: Redis) -> None:
    share(run, redis)
    redis.accounts.clear()
    status, output = run()
    assert (status, output.count("none yet")) == (0, 2)
    refresh(world.env)
    redis.ahead_s = 61
    own = shared_record.load(world.paths, ACCOUNT).machine
    redis.account.viewers["0badcafe"] = redis.now_ms - 3_600_000
    redis.account.askers |= {
        f"{index:08x}": redis.now_ms - 1000 * index for index in range(100, 109)
    }
    status, output = run()
    assert status == 0
    rows = dict(line.split(None, 1) for line in output.splitlines())
    assert rows["server"].startswith(f"{redis.url} (")
    assert rows["account"] == ACCOUNT
    assert rows["reading"] == f"1m ago, by {own} (this one)"
    assert rows["requests"] == "1 of 20 in the last hour"
    assert rows["machines"].startswith(f"10: {own} (this one) 1m ago, ")
    assert rows["machines"].endswith(", and 2 more")
    assert rows["readers"] == "1: 0badcafe 1h00m ago"
    assert "waiting" not in rows
    printed = shown(run)
    assert (printed["machine"], printed["reading_by"], printed["reading_ignored"]) == (
        own,
        own,
        None,
    )
    assert 61 <= printed["reading_age_s"] <= 121
    assert (printed["requests_last_hour"], len(printed["machines"])) == (1, 10)
    assert 3600 <= printed["readers"]["0badcafe"] <= 3660
    assert len(api.usage_requests) == 1


def test_refusal_of_the_service_is_shown(run: Run, world: World, api: Api, redis: Redis) -> None:
    share(run, redis)
    redis.accounts.clear()
    api.fault = "429:900"
    refresh(world.env)
    _, output = run()
    assert "waiting   rate-limited, for 1" in output
    assert 800 < shown(run)["wait_s"] < 1000


def test_poisoned_reading_is_shown_as_ignored(
    run: Run, world: World, api: Api, redis: Redis
) -> None:
    share(run, redis)
    redis.accounts.clear()
    refresh(world.env)
    redis.account.reading = redis.account.reading.replace(b'"percent":37', b'"percent":99')
    reason = "its signature is not that of this machine's key"
    assert f"reading   ignored: {reason}" in run()[1]
    assert shown(run)["reading_ignored"] == reason
    assert api.usage_requests


def test_server_that_is_away_is_named(run: Run, redis: Redis) -> None:
    share(run, redis)
    redis.fault = "close"
    status, output = run()
    assert (status, "cannot be used: it closed the connection" in output) == (1, True)


def test_machine_of_an_unknown_account_is_told_to_sign_in(
    run: Run, world: World, redis: Redis
) -> None:
    share(run, redis)
    world.sign_out()
    status, output = run()
    assert (status, "sign in with /login" in output) == (1, True)


def test_json_of_a_subcommand_is_wrong_usage(run: Run, redis: Redis) -> None:
    status, output = run("--json", "leave")
    assert (status, "--json cannot be combined" in output, redis.calls) == (2, True, [])


def test_leave_tells_the_server(run: Run, world: World, api: Api, redis: Redis) -> None:
    share(run, redis)
    redis.accounts.clear()
    refresh(world.env)
    assert len(redis.account.askers) == 1
    status, output = run("leave")
    assert (status, "✓ the server forgot this machine" in output) == (0, True)
    assert redis.account.askers == {}
    assert api.usage_requests


def test_leave_without_a_record_or_a_key_removes_what_is_there(
    run: Run, world: World, redis: Redis
) -> None:
    share(run, redis)
    Path(world.paths.shared_key).unlink()
    calls = len(redis.calls)
    status, output = run("leave")
    assert (status, "[shared]" in output, "the key" in output) == (0, True, False)
    assert len(redis.calls) == calls
    secret.make_key(world.paths.shared_key)
    status, output = run("leave")
    assert (status, "[shared]" in output, "the key" in output) == (0, False, True)


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
