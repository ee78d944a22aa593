"""`usageline org` as a user and as a program see it."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import OrgWorld
from tests.org_server import (
    KEY,
    Event,
    Organization,
    OrgServer,
    Reply,
    error,
    expected,
    random_events,
    user,
)
from tests.running import processes_with
from usageline.cli.org import command, export
from usageline.sources.org.key import VARIABLE
from usageline.usage.org.merge import Coverage, Ledger, with_sums
from usageline.usage.org.model import Report
from usageline.usage.org.records import Money, Record, Who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Release, World

    Command = Callable[..., subprocess.CompletedProcess[str]]

MAX_RSS_KIB = 100 << 10
MEASURED = """
import atexit, sys
def peak():
    status = open("/proc/self/status").read().splitlines()
    sys.stderr.write(next(line for line in status if line.startswith("VmHWM")))
atexit.register(peak)
sys.argv = ["usageline", "org", "--json"]
from usageline.cli.main import main
main()
"""
"""Prints the peak of the memory of `usageline org --json`. Linux alone has that file."""

SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)
HOSTILE = "=cmd|'/C calc'!A1 \x1b[31m\u202e"


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def report(coverage: Coverage = Coverage()) -> Report:  # noqa: B008 - it cannot change
    """Return a report with a person, a key, and something that belongs to no row."""
    rows = Ledger()
    ana = Who("user_1", "user", "Ana", "ana@example.com", id_field=True)
    for who, cents in (
        (ana, "37110"),
        (ana, "4170.000001"),
        (Who(HOSTILE, "key"), "7"),
        (None, "12"),
    ):
        money = Money(Decimal(cents) / 100, Decimal(cents) / 100 + 1, "USD")
        rows.add_record(Record("", who, f"model-{len(cents)}", money, (1, 2, 3, 4, 5), 6))
    until, refreshed_at = SINCE + timedelta(days=25), SINCE + timedelta(days=24, hours=4)
    whole = Report("person", SINCE, until, refreshed_at=refreshed_at)
    return with_sums(whole, rows, rows, coverage)


def test_json_is_the_documented_object() -> None:
    printed = json.loads(export.as_json(report()))
    assert list(printed) == [
        *("version", "from", "to", "refreshed_at", "currency"),
        *("rows", "unattributed", "total", "adds_up"),
    ]
    assert printed["rows"][0] == {
        "key": "user_1",
        "name": "Ana",
        "email": "ana@example.com",
        "cost": "412.80000001",
        "list_cost": "414.80000001",
        "input": 2,
        "output": 4,
        "cache_read": 6,
        "cache_write_5m": 8,
        "cache_write_1h": 10,
        "requests": 12,
        "models": {"model-5": "371.100000", "model-11": "41.70000001"},
    }
    assert (printed["from"], printed["to"], printed["refreshed_at"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-26T00:00:00Z",
        "2026-11-25T04:00:00Z",
    )
    assert printed["unattributed"]["cost"] == "0.120000"
    assert printed["total"]["cost"] == "412.99000001"
    assert printed["adds_up"] is True


@pytest.mark.parametrize("coverage", [Coverage(), Coverage(False, False, False, False)])
def test_json_agrees_with_its_schema(coverage: Coverage) -> None:
    printed = json.loads(export.as_json(report(coverage)))
    assert violations(export.schema(), printed) == []
    del printed["rows"][0]["email"]
    printed["total"]["cost"] = 412.8
    assert len(violations(export.schema(), printed)) == 2


TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def violations(rule: dict[str, Any], value: Any) -> list[str]:
    """Return what a schema does not allow."""
    return list(_violations(rule, value, "$"))


def _violations(rule: dict[str, Any], part: Any, path: str) -> Iterator[str]:
    rule = rule["anyOf"][part is None] if "anyOf" in rule else rule
    names = rule.get("type", "integer")
    allowed = {
        one for name in ([names] if isinstance(names, str) else names) for one in TYPES[name]
    }
    if type(part) not in allowed or part not in rule.get("enum", [rule.get("const", part)]):
        yield f"{path}: {part!r} is not allowed"
    elif isinstance(part, str) and not re.search(rule.get("pattern", ""), part):
        yield f"{path}: {part!r} has another pattern"
    elif isinstance(part, list):
        for item in part:
            yield from _violations(rule["items"], item, path + "[]")
    elif isinstance(part, dict):
        described, other = rule.get("properties", {}), rule["additionalProperties"]
        yield from (f"{path}: no {name}" for name in {*rule.get("required", ())} - {*part})
        for name, inner in part.items():
            assert name in described or other, f"{path}: {name} is not described"
            yield from _violations(described.get(name, other), inner, f"{path}.{name}")


def test_csv_adds_up_to_the_total_and_runs_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(export.as_csv(report()))))
    assert [row["person"][:12] for row in rows] == ["user_1", "'=cmd|'/C ca", "unattributed"]
    assert sum(Decimal(row["cost"]) for row in rows) == Decimal("412.99000001")


def test_csv_that_does_not_add_up_is_reported_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = report()
    more = replace(whole, total=replace(whole.total, cost=Decimal(500)), adds_up=False)
    for one in (more, whole):
        command.write(one, {"output": "csv", "top": None})
        printed = capsys.readouterr()
        assert printed.out == export.as_csv(one)
        words = "usageline: the rows add up to $412.99, and not to the service's total of $500.00"
        assert printed.err == (f"{words}\n" if one is more else "")


def test_top_limits_the_rows_and_not_the_total() -> None:
    printed = json.loads(export.as_json(report(), 1))
    assert len(printed["rows"]) == 1
    assert printed["total"]["cost"] == "412.99000001"


def test_numbers_that_a_source_lacks_are_null() -> None:
    printed = json.loads(export.as_json(report(Coverage(list_cost=False, requests=False))))
    assert (printed["total"]["list_cost"], printed["total"]["requests"]) == (None, None)


def test_error_is_one_line_and_status_1(org: OrgWorld, usageline: Command) -> None:
    org.server.reply = lambda _path, _query: Reply(401, error("authentication_error", KEY))
    done = usageline("org", "--by", "model", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "does not accept the Admin key from ~/admin.key (401)" in done.stderr
    assert "canary" not in done.stderr


def test_key_of_claude_code_is_refused_before_a_request(org: OrgWorld, usageline: Command) -> None:
    org.write_key("sk-ant-oat01-canary-sign-in")
    done = usageline("org", "check")
    assert done.returncode == 1
    assert "not sent" in done.stderr
    assert not org.server.requests


def test_variable_is_used_without_a_configured_key(org: OrgWorld, usageline: Command) -> None:
    org.world.configure(f'[org]\nurl = "{org.server.url}"\n')
    assert "there is no administrator's key" in usageline("org").stderr
    org.world.env[VARIABLE] = KEY
    org.server.reply = lambda _path, _query: Reply(401, error("authentication_error", ""))
    assert VARIABLE in usageline("org").stderr
    assert org.server.requests[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "lately"), "is not a day"),
        (("--since", "2025-01-01"), "no days before"),
        (("--by", "team"), "team"),
        (("--top", "0"), "0"),
        (("--json", "--svg", "x.svg"), "choose one"),
        (("--json", "check"), "options of check after it"),
        (("limts",), "limits"),
        (("activity", "--since", "lately"), "is not a day"),
    ],
)
def test_wrong_usage_is_reported_before_a_request(
    org: OrgWorld, usageline: Command, arguments: tuple[str, ...], words: str
) -> None:
    done = usageline("org", *arguments)
    assert done.returncode in {1, 2}
    assert words in done.stderr
    assert not org.server.requests


def test_schema_is_printed_without_a_key(usageline: Command) -> None:
    done = usageline("org", "--json-schema")
    assert json.loads(done.stdout)["title"] == "usageline org --json"


def test_check_names_key_organization_and_reports(org: OrgWorld, usageline: Command) -> None:
    def reply(path: str, query: dict[str, list[str]]) -> Reply | None:
        name = path.rpartition("/")[2]
        known = {"me", "cost"}
        del query
        return None if name in known else Reply(403, error("permission_error", KEY))

    org.server.reply = reply
    done = usageline("org", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Admin key from ~/admin.key; it goes to 127.0.0.1" in done.stdout
    assert "Synthetic Org" in done.stdout
    assert "✓ usage and cost analytics" in done.stdout
    assert "read:spend_limits" in done.stdout
    assert "canary" not in done.stdout


def large_organization() -> list[Event]:
    """Return 2,000 people with five models each: 10,000 rows."""
    rng = random.Random(51)
    (event,) = random_events(rng, 1, [SINCE.date()], 1)
    return [
        Event(
            event.day,
            {**event.group, "actor": user(number), "model": f"model-{model}"},
            Decimal(rng.randrange(10**9)).scaleb(-6),
            Decimal(10**4),
            (1, 2, 3, 4, 5),
            1,
        )
        for number in range(2000)
        for model in range(5)
    ]


def heed_ctrl_c() -> None:
    """Let SIGINT end this process, also if a shell started the tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(world: World, release: Release, *arguments: str) -> subprocess.Popen[str]:
    """Start the command as a process."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [str(release.python), "-I", "-m", "usageline.cli", "org", *arguments],
        env=world.env,
        cwd=world.home,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - it only resets a signal
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_stopped_process_goes_on_in_little_memory_and_leaks_no_key(
    org: OrgWorld, built_release: Release, eventually: Callable[[Callable[[], object]], None]
) -> None:
    events = large_organization()
    secret = f"unseen{os.getpid()}x{random.randrange(10**9)}"  # other tests run meanwhile
    org.write_key(f"sk-ant-admin01-{secret}")
    # The server ignores the limit: all rows are in the first page but three.
    org.server.organization = Organization(events, lambda number: 9997 if number == 0 else 1)
    stops = threading.Event()
    answer = whole_pages(org.server.organization)

    def reply(path: str, query: dict[str, list[str]]) -> Reply:
        if len(org.server.requests) > 2:
            stops.wait(50)
        return answer(path, query)

    org.server.reply = reply
    stopped = start(org.world, built_release, "--json")
    eventually(lambda: len(org.server.requests) >= 3)
    assert processes_with(secret.encode()) == [], "the key is in no process list"
    stopped.send_signal(signal.SIGINT)
    stops.set()
    output, errors = stopped.communicate(timeout=50)
    assert (stopped.returncode, output) == (130, "")
    assert "run it again" in errors
    sent = [request.path for request in org.server.requests]

    done = org.world.run(built_release.python, "-I", "-c", MEASURED)
    printed, errors = done.stdout, done.stderr
    assert done.returncode == 0
    assert 0 < int(errors.split()[1]) < MAX_RSS_KIB, errors
    content = json.loads(printed)
    assert len(content["rows"]) == 2000
    assert Decimal(content["total"]["cost"]) == expected(events)["cost"]
    assert content["adds_up"]
    later = [request.path for request in org.server.requests[len(sent) :]]
    assert not set(sent[:-1]) & set(later), "a page that was read is not requested again"
    assert_key_is_in_one_header(org, secret, printed + output + errors)


def whole_pages(organization: Organization) -> Callable[..., Reply]:
    """Return a server's reply that ignores `limit`, and the days: this month is another one."""
    fixed = {
        "limit": ["10000"],
        "starting_at": ["2026-11-01T00:00:00Z"],
        "ending_at": ["2026-11-30T00:00:00Z"],
    }

    def reply(path: str, query: dict[str, list[str]]) -> Reply:
        if "cost" not in path and "usage" not in path:
            return Reply(404, error("not_found_error", "x"))
        return Reply(*organization.answer(path.rpartition("/")[2], {**query, **fixed}))

    return reply


def assert_key_is_in_one_header(org: OrgWorld, secret: str, output: str) -> None:
    """Assert that the key is in its file and in the header x-api-key, and nowhere else."""
    assert secret not in output
    holders = [path for path in org.world.files() if secret.encode() in path.read_bytes()]
    assert holders == [org.key_file]
    for request in org.server.requests:
        assert secret not in request.path
        names = {name for name, value in request.headers.items() if secret in value}
        assert names == {"x-api-key"}


def test_requests_of_a_process_are_a_second_apart(org: OrgWorld, built_release: Release) -> None:
    done = start(org.world, built_release, "--by", "model", "--json")
    done.communicate(timeout=50)
    again = start(org.world, built_release, "--by", "product", "--csv")
    again.communicate(timeout=50)
    assert (done.returncode, again.returncode) == (0, 0)
    times = [request.at for request in org.server.requests]
    assert len(times) == 8
    assert min(b - a for a, b in pairwise(times)) > 0.99
