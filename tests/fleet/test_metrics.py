"""Metrics in the programs that users run: Prometheus, node_exporter, Alertmanager, a collector."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.needs import needs
from tests.fleet import monitoring
from tests.fleet.monitoring import until
from tests.fleet.servers import free_port
from tests.server import Api, usage_body
from tests.world import World
from usageline.cli.metrics import dashboard
from usageline.storage.usage_index import database
from usageline.storage.usage_index.tables import QUARTER_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.fleet.monitoring import Program
    from tests.world import Release

RULES_TEST = Path(__file__).with_name("rules_test.yml")
SECRET = "collector-secret-0123456789"


def command_of(release: Release, *arguments: str) -> list[str]:
    return [str(release.python), "-I", "-B", "-m", "usageline.cli", *arguments]


def run(world: World, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    done = world.run(*command)
    assert done.returncode == 0, done
    return done


def refresh(world: World, release: Release, *, prefix: Sequence[str] = ()) -> None:
    """Refresh by the command of the status line."""
    run(world, [*prefix, *release.refresh_command, "--force"])


def promtool(*arguments: str, cwd: Path, text: str | None = None) -> str:
    done = subprocess.run(
        ["promtool", *arguments], check=False, capture_output=True, text=True, input=text, cwd=cwd
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass
class Stack:
    """A Prometheus that scrapes two machines: one by node_exporter, one by the listener."""

    prometheus: Program
    alertmanager: Program
    account: str

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return the series of an expression."""
        answer = self.prometheus.json("/api/v1/query", query=expr)
        assert answer["status"] == "success", answer
        assert not answer.get("warnings"), answer
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def value(self, expr: str) -> float | None:
        """Return the value of the only series, None without one."""
        series = self.query(expr)
        assert len(series) <= 1, series
        return float(series[0]["value"][1]) if series else None


def add_local_usage(world: World) -> None:
    """Write an index with the usage of one model, as the transcripts' job keeps it."""
    state = Path(world.paths.state_dir)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    index = database.open_index(str(state / "usage"))
    for number, name in enumerate(("s", "p", "claude-opus-4-5")):
        index.connection.execute("INSERT INTO names VALUES (?, ?)", (number, name))
    quarter = int(time.time() * 1000) // QUARTER_MS
    row = (quarter, 0, 1, 2, 1, 0, 0, 10, 20, 30, 40, 50, 0, 25 * 10**11)
    index.connection.execute(
        "INSERT INTO quarters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
    )
    index.close()


@pytest.fixture(scope="module")
def stack(built_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield the running programs, with the numbers of an account that is nearly used up."""
    needs(*monitoring.TOOLS)
    root = tmp_path_factory.mktemp("metrics")
    textfiles = root / "textfiles"
    textfiles.mkdir()
    api = Api(body=usage_body(session=95))
    one, two = World(root / "one"), World(root / "two")
    for world in (one, two):
        world.env["USAGELINE_API_URL"] = api.url
    one.configure(f'[metrics]\ntextfile = "{textfiles}"')
    for world in (one, two):
        refresh(world, built_release)
    add_local_usage(two)
    _add_forecast(two)
    port = free_port()
    listen = command_of(built_release, "metrics", "--listen", f"127.0.0.1:{port}")
    rules = run(one, command_of(built_release, "metrics", "--rules")).stdout
    with ExitStack() as programs:
        listener = programs.enter_context(
            monitoring.program(listen, root, port, two.env, "/metrics")
        )
        exporter = programs.enter_context(monitoring.node_exporter(textfiles, root))
        alertmanager = programs.enter_context(monitoring.alertmanager(root))
        targets = {"node": exporter.address, "usageline": listener.address}
        # At once, because a test has no five minutes.
        at_once = re.sub(r"\bfor: \w+", "for: 0s", rules)
        prometheus = programs.enter_context(
            monitoring.prometheus(targets, at_once, alertmanager, root)
        )
        running = Stack(prometheus, alertmanager, one.snapshot()["account"])
        until(lambda: running.value("count(usageline_reading_timestamp_seconds)") == 2)
        yield running
    api.close()


def _add_forecast(world: World) -> None:
    """Let the session be exhausted in half an hour: a real forecast needs days of readings."""
    path, snapshot = Path(world.paths.snapshot), world.snapshot()
    for limit in snapshot["limits"]:
        if limit["kind"] == "session":
            limit["exhausts_at"] = int(time.time()) + 1800
    path.write_text(json.dumps(snapshot))


def test_prometheus_takes_the_textfile_and_the_listener(stack: Stack) -> None:
    until(lambda: stack.value("sum(up)") == 2)
    for job in ("node", "usageline"):
        used = f'usageline_limit_utilization_ratio{{job="{job}",limit="session"}}'
        assert stack.value(used) == 0.95
        assert stack.value(f'usageline_status{{job="{job}"}} == 1') == 1
        requests = f'usageline_service_requests_total{{job="{job}",outcome="ok"}}'
        assert stack.value(requests) == 1
    assert stack.value("node_textfile_scrape_error") == 0
    assert stack.value("usageline_local_cost_usd_total") == 2.5
    assert stack.value("sum(usageline_local_tokens_total)") == 150
    assert {series["metric"]["account"] for series in stack.query("usageline_info")} == {
        stack.account
    }


def test_each_expression_of_the_dashboard_runs(stack: Stack) -> None:
    """Two panels show Claude Code's own metrics, which are not there."""
    own, telemetry = (
        [expr for panel in panels for expr in panel.targets]
        for panels in (dashboard.PANELS, dashboard.TELEMETRY)
    )
    grafana = {"$account": ".*", "$__rate_interval": "1m", "$__range": "1h"}
    for expr in [*own, *telemetry]:
        concrete = expr
        for name, value in grafana.items():
            concrete = concrete.replace(name, value)
        assert "$" not in concrete
        if expr in telemetry:
            assert stack.query(concrete) == []
        else:
            # `rate` and `increase` need two scrapes.
            until(partial(stack.query, concrete), partial(str, expr))


def test_machines_of_one_account_are_one_series(stack: Stack) -> None:
    until(lambda: stack.query("account:usageline_limit_utilization_ratio:max"))
    limits = stack.query("account:usageline_limit_utilization_ratio:max")
    assert {(row["metric"]["limit"], float(row["value"][1])) for row in limits} == {
        ("session", 0.95),
        ("weekly_all", 0.26),
        ("weekly_scoped", 0.55),
    }


def test_alertmanager_gets_the_alerts(stack: Stack) -> None:
    wanted = {"UsagelineLimitNearlyReached", "UsagelineLimitWillBeReached"}

    def alerts() -> dict[str, dict[str, str]]:
        return {
            alert["labels"]["alertname"]: {**alert["labels"], **alert["annotations"]}
            for alert in stack.alertmanager.json("/api/v2/alerts")
        }

    until(lambda: wanted <= alerts().keys(), alerts)
    assert alerts().keys() == wanted
    near = alerts()["UsagelineLimitNearlyReached"]
    assert near["limit"] == "session"
    assert near["summary"] == f"session of account {stack.account} is at 95%"


def test_no_label_names_a_person_or_a_machine(stack: Stack) -> None:
    """The address of the target is Prometheus's own label."""
    own = {"__name__", "instance", "job"}
    texts = {
        value
        for series in stack.query('{__name__=~"usageline_.*"}')
        for name, value in series["metric"].items()
        if name not in own
    }
    assert not any(re.search(r"@|/|tester|\w\.[a-z]", text) for text in texts), texts


def test_promtool_accepts_the_text_and_the_rules(
    world: World, api: Api, built_release: Release, tmp_path: Path
) -> None:
    needs("promtool")
    refresh(world, built_release)
    text = run(world, command_of(built_release, "metrics")).stdout
    assert promtool("check", "metrics", cwd=tmp_path, text=text) == ""
    rules = run(world, command_of(built_release, "metrics", "--rules")).stdout
    (tmp_path / "usageline.yml").write_text(rules)
    assert "SUCCESS: 7 rules found" in promtool("check", "rules", "usageline.yml", cwd=tmp_path)
    shutil.copy(RULES_TEST, tmp_path)
    promtool("test", "rules", RULES_TEST.name, cwd=tmp_path)
    assert api.usage_requests


def test_every_alert_has_a_rule_test(built_release: Release, world: World) -> None:
    rules = run(world, command_of(built_release, "metrics", "--rules")).stdout
    alerts = set(re.findall(r"- alert: (\w+)", rules))
    assert alerts == set(re.findall(r"alertname: (\w+)", RULES_TEST.read_text()))


def test_collector_prints_the_points_of_a_refresh(
    world: World, api: Api, built_release: Release, tmp_path: Path
) -> None:
    headers = world.home / "otlp.headers"
    headers.write_text(f"Authorization: Bearer {SECRET}\n")
    headers.chmod(0o600)
    with monitoring.collector(tmp_path) as collector:
        world.configure(
            f'[metrics]\notlp = "http://{collector.address}"\nheaders_file = "~/otlp.headers"'
        )

        def is_exported() -> bool:
            """Refresh. A busy collector may need more than the second that a refresh has."""
            if world.cache.exists():
                world.make_due()
            run(world, built_release.refresh_command)
            return "usageline.service.requests" in collector.output()

        until(is_exported, collector.output)
        shown = collector.output()
    session = re.search(
        r"Name: usageline\.limit\.utilization\n.*?limit: Str\(session\).*?Value: ([\d.]+)",
        shown,
        re.DOTALL,
    )
    assert session is not None, shown
    assert float(session[1]) == 0.37
    assert "service.name: Str(usageline)" in shown
    assert SECRET not in shown
    assert SECRET not in Path(world.paths.log).read_text()
    assert api.usage_requests


def test_collector_that_hangs_costs_a_refresh_one_second(
    world: World,
    api: Api,
    built_release: Release,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    """The snapshot is there before, and no other request follows."""

    def took_ms() -> int:
        entry = json.loads(Path(world.paths.log).read_text().splitlines()[-1])
        return int(entry["ms"])

    with monitoring.collector(tmp_path) as collector:
        world.configure(f'[metrics]\notlp = "http://{collector.address}"')
        refresh(world, built_release)
        with_answer = took_ms()
        os.kill(collector.process.pid, signal.SIGSTOP)
        world.make_due()
        refresh(world, built_release)
    with_hang = took_ms()
    entry = Path(world.paths.log).read_text().splitlines()[-1]
    assert "metrics: otlp: no answer in time" in entry
    assert with_hang < 10_000
    figure(f"a refresh: {with_answer} ms with a collector, {with_hang} ms with one that hangs")
    assert api.usage_requests


@pytest.mark.parametrize("is_configured", [False, True])
def test_only_a_configured_collector_is_connected_to(
    world: World, api: Api, built_release: Release, tmp_path: Path, *, is_configured: bool
) -> None:
    needs("strace")
    with monitoring.collector(tmp_path) as collector:
        if is_configured:
            world.configure(f'[metrics]\notlp = "http://{collector.address}"')
        trace = tmp_path / "trace"
        strace = ("strace", "-f", "-e", "trace=connect", "-e", "signal=none", "-o", str(trace))
        refresh(world, built_release, prefix=strace)
        ports = {int(port) for port in re.findall(r"sin6?_port=htons\((\d+)\)", trace.read_text())}
    # 0 and 53 would be a name server's, and the address has no name.
    assert ports == {api.port, *([collector.port] if is_configured else [])}


def test_listener_prints_its_address_and_ends_with_a_signal(
    world: World, built_release: Release, tmp_path: Path
) -> None:
    port = free_port()
    command = command_of(built_release, "metrics", "--listen", f"127.0.0.1:{port}")
    with monitoring.program(command, tmp_path, port, world.env, "/metrics") as listener:
        listener.process.terminate()
        assert listener.process.wait(20) == 0
        assert f"http://127.0.0.1:{port}/metrics" in listener.output()
        assert "Traceback" not in listener.output()


def test_two_users_with_one_account_break_no_scrape(
    built_release: Release, tmp_path: Path, api: Api
) -> None:
    """node_exporter takes the series of one of them."""
    needs(monitoring.NODE_EXPORTER)
    textfiles = tmp_path / "textfiles"
    textfiles.mkdir()
    for name in ("one", "two"):
        world = World(tmp_path / name)
        world.env["USAGELINE_API_URL"] = api.url
        world.configure(f'[metrics]\ntextfile = "{textfiles}/usageline-{name}.prom"')
        refresh(world, built_release)
    with monitoring.node_exporter(textfiles, tmp_path) as exporter:
        assert 'limit="session",scope=""} 0.37' in exporter.get("/metrics")
