"""`usageline metrics`: the text, the listener, the rules and the dashboard."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from tests.local import transcripts
from tests.world import REPOSITORY
from usageline.cli.check import UNKNOWN_STATUS
from usageline.cli.metrics import dashboard, listener
from usageline.cli.metrics.rules import RULES
from usageline.core.errors import UsagelineError
from usageline.refresh.run import refresh
from usageline.usage.metrics import METRICS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.server import Api
    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]

NAMES = {metric.name for metric in METRICS}
NAME = re.compile(r"\busageline_\w+")


def test_metrics_are_those_of_the_snapshot_and_nothing_is_asked(
    world: World, api: Api, usageline: Run
) -> None:
    refresh(world.env)
    asked = len(api.usage_requests)
    done = usageline("metrics")
    assert done.returncode == 0, done
    values = {
        (sample.name, sample.labels.get("limit")): sample.value
        for family in prometheus(done.stdout)
        for sample in family.samples
    }
    assert values["usageline_limit_utilization_ratio", "session"] == 0.37
    text = usageline("metrics", "--openmetrics").stdout
    parsed = list(open_metrics(text))  # type: ignore[no-untyped-call]
    assert {sample.name for family in parsed for sample in family.samples} <= NAMES
    assert len(api.usage_requests) == asked


def test_local_usage_is_that_of_the_transcripts(world: World, usageline: Run) -> None:
    after_s = time.time() - transcripts.AT.timestamp()
    path = Path(world.paths.claude_dir, "projects", transcripts.MAIN)
    path.parent.mkdir(parents=True)
    path.write_bytes(transcripts.encoded(transcripts.line(after_s=after_s)))
    counted = json.loads(usageline("usage", "model", "--json").stdout)["total"]
    values = {
        (sample.name, sample.labels.get("type")): sample.value
        for family in prometheus(usageline("metrics").stdout)
        for sample in family.samples
    }
    cost = values["usageline_local_cost_usd_total", None]
    assert cost == pytest.approx(float(counted["cost_usd"]), abs=1e-6)
    assert cost > 0
    for kind in ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"):
        assert values["usageline_local_tokens_total", kind] == counted[kind]


def test_without_numbers_it_says_what_to_do(usageline: Run) -> None:
    done = usageline("metrics")
    assert (done.returncode, done.stdout) == (1, "")
    assert "run usageline refresh" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rules", "--dashboard"), "use one of"),
        (("--listen", "127.0.0.1:0", "--rules"), "use one of"),
        (("--public",), "--public is for --listen"),
        (("--listen", "9718"), "not an address with a port"),
        (("--listen", "example.com:9718"), "not an address with a port"),
        (("--listen", "127.0.0.1:99999"), "not an address with a port"),
        (("--listen", "127.0.0.1:\u0661"), "not an address with a port"),
    ],
)
def test_wrong_usage_is_named(usageline: Run, arguments: tuple[str, ...], words: str) -> None:
    done = usageline("metrics", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_address_that_others_can_reach_needs_consent(usageline: Run, address: str) -> None:
    done = usageline("metrics", "--listen", address)
    assert done.returncode == 1
    assert "--public" in done.stderr


def test_help_lists_each_metric(usageline: Run) -> None:
    assert set(NAME.findall(usageline("metrics", "--help").stdout)) >= NAMES


def exported(text: str) -> set[str]:
    """Return the names of usageline's metrics in a text, without recorded ones."""
    return set(NAME.findall(re.sub(r"\baccount:\w+:\w+", "", text)))


def test_rules_and_dashboard_name_only_metrics_that_exist(usageline: Run) -> None:
    rules = usageline("metrics", "--rules").stdout
    assert rules == RULES
    assert exported(rules) <= NAMES
    shown = json.loads(usageline("metrics", "--dashboard").stdout)
    assert shown == dashboard.dashboard()
    expressions = (expr for panel in dashboard.PANELS for expr in panel.targets)
    used = {name for expr in expressions for name in exported(expr)}
    # The version is in no panel: a machine's series names it.
    assert used == NAMES - {"usageline_info"}


def test_docs_list_each_alert_and_exit_status() -> None:
    text = (REPOSITORY / "docs" / "FLEET.md").read_text("utf-8")
    assert re.findall(r"`(Usageline\w+)`", text) == re.findall(r"- alert: (\w+)", RULES)
    statuses = re.findall(r"^\| (\d) \|", text.partition("| exit status |")[2], re.MULTILINE)
    assert statuses == ["0", "1", "2", str(UNKNOWN_STATUS)]


def test_panels_have_their_own_ids_and_do_not_overlap() -> None:
    shown = dashboard.dashboard()
    panels = [*shown["panels"], *shown["panels"][-1]["panels"]]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < dashboard.WIDTH for x, _ in cells)


@contextlib.contextmanager
def listening(world: World, **options: Any) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Serve, and yield a function that asks for a path and returns status, type and body."""
    server = listener.make_server("127.0.0.1:0", world.paths, is_public=False, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def ask(path: str = "/metrics", method: str = "GET", **headers: str) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, str(answer.getheader("Content-Type")), body

    try:
        yield ask
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_scrape_is_answered_from_the_snapshot(world: World, api: Api) -> None:
    refresh(world.env)
    asked = len(api.usage_requests)
    with listening(world) as ask:
        status, kind, body = ask()
        assert (status, kind.partition(";")[0]) == (200, "text/plain")
        assert 'limit="session",scope=""} 0.37\n' in body
        status, kind, body = ask(Accept="application/openmetrics-text;version=1.0.0")
        assert (status, kind.partition(";")[0]) == (200, "application/openmetrics-text")
        assert body.endswith("# EOF\n")
        for version in ("x", "", "1.x"):
            kind = ask(Accept=f"application/openmetrics-text;version={version}")[1]
            assert kind.startswith(("text/plain", "application/openmetrics-text"))
        assert ask(method="HEAD")[::2] == (200, "")
        Path(world.paths.snapshot).unlink()
        assert ask()[::2] == (200, "")
    assert len(api.usage_requests) == asked


def test_window_that_has_ended_is_gone_at_the_next_scrape(world: World, api: Api) -> None:
    refresh(world.env)
    with listening(world, clock=lambda: time.time() + 3 * 3600) as ask:
        body = ask()[2]
    assert 'limit="session"' not in body
    assert 'limit="weekly_all",scope=""} 0.26\n' in body
    del api


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9718", 200),
        ("localhost:9718", 200),
        ("LOCALHOST", 200),
        ("[::1]:9718", 200),
        ("rebound.example.com:9718", 403),
        ("rebound.example.com", 403),
        ("127.0.0.1.example.com:80", 403),
        ("", 403),
    ],
)
def test_web_page_cannot_read_the_metrics_by_a_name_of_its_own(
    world: World, host: str, status: int
) -> None:
    with listening(world) as ask:
        assert ask(Host=host)[0] == status


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 404), ("/metrics/../x", "GET", 404), ("/metrics", "POST", 405)],
)
def test_other_requests_are_refused(world: World, path: str, method: str, status: int) -> None:
    with listening(world) as ask:
        assert ask(path, method)[0] == status


def test_port_in_use_is_reported(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsagelineError, match="Address already in use"):
            listener.make_server(address, world.paths, is_public=False)


def test_server_listens_on_an_address_of_ipv6(world: World) -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    try:
        server = listener.make_server("[::1]:0", world.paths, is_public=False)
    except UsagelineError:
        pytest.skip("this machine has no IPv6")
    assert server.server_address[0] == "::1"
    server.server_close()


def test_localhost_is_an_address() -> None:
    assert listener.parsed("localhost:9718") == ("127.0.0.1", 9718)
    assert listener.parsed("[::1]:9718") == ("::1", 9718)
    with pytest.raises(click.UsageError):
        listener.parsed("[127.0.0.1:9718")
