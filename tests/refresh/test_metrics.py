"""What a refresh exports after it has published."""

from __future__ import annotations

import json
import os
import ssl
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.client.certificates import make_certificates
from tests.faults.needs import needs
from tests.local import transcripts
from tests.refresh.collectors import Collector
from tests.world import CANARY, REPOSITORY
from usageline.config.loader import load_lenient
from usageline.core.errors import ExportFailed
from usageline.refresh import metrics
from usageline.refresh.metrics import otlp, publish
from usageline.refresh.metrics.otlp_sdk import Once
from usageline.refresh.run import refresh
from usageline.storage import textfiles
from usageline.storage.usage_index.database import open_index
from usageline.system import origin, origin_record
from usageline.usage.metric_samples import Sample
from usageline.usage.metrics import READING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Api
    from tests.world import World

SECRET = "collector-secret-0123456789"
NOW = 1_795_593_600
SAMPLES = [Sample(READING, ("0123456789abcdef",), NOW)]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for a collector: a busy machine needs more than a second for an answer."""
    monkeypatch.setattr(otlp, "TIMEOUT_S", 30.0)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Yield a running collector."""
    running = Collector()
    yield running
    running.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the directory of node_exporter's textfile collector."""
    path = tmp_path / "collector"
    path.mkdir()
    return path


def log(world: World) -> dict[str, Any]:
    """Return the last entry of the refresh log."""
    lines = Path(world.paths.log).read_text().splitlines()
    entry: dict[str, Any] = json.loads(lines[-1])
    return entry


def notes(world: World) -> list[str]:
    """Return what the last refresh noted of metrics."""
    return [note for note in log(world).get("notes", []) if note.startswith("metrics")]


def test_refresh_writes_the_textfile_for_every_user(world: World, api: Api, folder: Path) -> None:
    world.configure(f'[metrics]\ntextfile = "{folder}"')
    assert refresh(world.env).state == "refreshed"
    (path,) = folder.iterdir()
    assert path.name == f"usageline-{os.geteuid()}.prom"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    text = path.read_text()
    assert 'limit="session",scope=""} 0.37\n' in text
    assert 'outcome="ok"} 1.0\n' in text
    assert "t@example.com" not in text
    assert notes(world) == []
    assert len(api.usage_requests) == 1


def test_failed_refresh_exports_its_status(world: World, api: Api, folder: Path) -> None:
    world.configure(f'[metrics]\ntextfile = "{folder}/m.prom"')
    api.fault = "500"
    assert refresh(world.env).state == "failed"
    text = (folder / "m.prom").read_text()
    assert 'status="offline"} 1.0\n' in text
    assert 'outcome="offline"} 1.0\n' in text


def test_accounts_of_all_profiles_are_in_one_file(world: World, api: Api, folder: Path) -> None:
    world.configure(f'[metrics]\ntextfile = "{folder}/m.prom"')
    refresh(world.env)
    first = world.snapshot()["account"]
    world.env["CLAUDE_CONFIG_DIR"] = str(world.home / "work")
    world.sign_in(account="33333333-3333-4333-8333-333333333333")
    refresh(world.env)
    text = (folder / "m.prom").read_text()
    assert {first, world.snapshot()["account"]} == {
        line.split('"')[1] for line in text.splitlines() if line.startswith("usageline_reading")
    }
    assert len(api.usage_requests) == 2


def test_machine_without_a_sign_in_exports_its_status_alone(world: World, folder: Path) -> None:
    world.sign_out()
    world.configure(f'[metrics]\ntextfile = "{folder}/m.prom"')
    assert refresh(world.env).state == "failed"
    text = (folder / "m.prom").read_text()
    assert 'usageline_status{account="",status="signed-out"} 1.0' in text
    assert "usageline_limit" not in text


def test_counter_of_local_usage_falls_by_no_correction(
    world: World, api: Api, folder: Path
) -> None:
    """Prometheus would count all of it again. An index that began anew is another matter."""
    # No background job may change the index meanwhile.
    world.configure(f'[local]\nenabled = false\n[metrics]\ntextfile = "{folder}/m.prom"')
    counters = Path(world.paths.cache_dir, "counters.json")
    local = transcripts.Directory(Path(world.paths.claude_dir), open_index(world.paths.usage_dir))
    after_s = time.time() - transcripts.AT.timestamp()
    local.write(transcripts.MAIN, transcripts.line(output=1000, after_s=after_s))
    local.scan()

    def exported(corrected: int) -> float:
        local.index.connection.execute("UPDATE quarters SET output = ?", (corrected,))
        refresh(world.env, force=True)
        (value,) = (
            float(line.rpartition(" ")[2])
            for line in (folder / "m.prom").read_text().splitlines()
            if line.startswith("usageline_local_tokens_total") and 'type="output"' in line
        )
        return value

    assert exported(1000) == 1000
    written = counters.stat().st_mtime_ns
    assert exported(990) == 1000
    assert counters.stat().st_mtime_ns == written, "nothing has changed"
    assert exported(1010) == 1010
    assert exported(10) == 10
    local.index.close()
    del api


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ("/nonexistent/m.prom", "No such file or directory"),
        ("{folder}/taken.prom", "not a file of usageline's"),
        ("/proc/m.prom", "textfile: /proc/m.prom: "),
    ],
)
def test_textfile_that_cannot_be_written_is_logged(
    world: World, api: Api, folder: Path, configured: str, words: str
) -> None:
    (folder / "taken.prom").write_text("other 1\n")
    world.configure(f'[metrics]\ntextfile = "{configured.format(folder=folder)}"')
    assert refresh(world.env).state == "refreshed"
    (note,) = notes(world)
    assert words in note
    assert len(api.usage_requests) == 1


def test_textfile_of_an_earlier_configuration_is_removed(
    world: World, api: Api, folder: Path
) -> None:
    """A collector would report its numbers for ever."""
    for text, names in (
        (f'[metrics]\ntextfile = "{folder}/old.prom"', ["old.prom"]),
        (f'[metrics]\ntextfile = "{folder}/new.prom"', ["new.prom"]),
        ("", []),
    ):
        world.configure(text)
        refresh(world.env, force=True)
        world.make_due()
        assert [path.name for path in folder.iterdir()] == names
    assert api.usage_requests


def test_nothing_of_metrics_is_imported_unless_it_is_configured(
    world: World, api: Api, folder: Path
) -> None:
    libraries = ("prometheus_client", "opentelemetry", "requests", "usageline.refresh.metrics")
    script = (
        "import sys, os\n"
        f"sys.path[:0] = [{str(REPOSITORY / 'plugin')!r}]\n"
        "from usageline.system import origin\n"
        f"origin.ROOT = {origin.ROOT!r}\n"
        "from usageline.refresh.run import refresh\n"
        "print(refresh(dict(os.environ), force=True).state)\n"
        f"print(*(name for name in {libraries!r} if name in sys.modules))\n"
    )
    # prometheus_client keeps its values in files of a directory that a variable names.
    shared = world.home / "shared"
    shared.mkdir()
    world.env["PROMETHEUS_MULTIPROC_DIR"] = str(shared)
    expected = {
        "": "",
        f'[metrics]\ntextfile = "{folder}"': "prometheus_client usageline.refresh.metrics",
    }
    for text, imported in expected.items():
        world.configure(text)
        done = world.run(sys.executable, "-c", script)
        assert done.stdout.splitlines()[0] in {"refreshed", "failed"}, done
        assert done.stdout.splitlines()[1] == imported, done
    assert not list(shared.iterdir())
    assert api.usage_requests


def test_collector_gets_the_points_after_the_snapshot(
    world: World, api: Api, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's own variables choose nothing: a project can set them."""
    elsewhere = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", elsewhere.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-forged=1")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=forged,host.name=db-1")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "forged")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip")
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    world.configure(f'[metrics]\notlp = "{collector.url}"')
    assert refresh(world.env).state == "refreshed"
    ((path, sent, body),) = collector.requests
    assert path == "/v1/metrics"
    assert "x-forged" not in sent
    assert "content-encoding" not in sent
    assert not elsewhere.requests
    elsewhere.close()
    account = world.snapshot()["account"]
    points = collector.points()
    session = (("account", account), ("limit", "session"), ("scope", ""))
    assert points["usageline.limit.utilization", session] == 0.37
    assert points["usageline.service.requests", (("account", account), ("outcome", "ok"))] == 1
    assert collector.resource() == {
        "service.name": "usageline",
        "service.version": dict(collector.resource())["service.version"],
        "service.instance.id": textfiles.instance(world.paths),
    }
    assert notes(world) == []
    assert not any(text in body for text in (b"t@example.com", b"tester", CANARY.encode()))
    assert len(api.usage_requests) == 1


def test_headers_go_to_the_collector_and_into_no_file(
    world: World, api: Api, collector: Collector
) -> None:
    secret = world.home / "otlp.headers"
    secret.write_text(f"# for the collector\nAuthorization: Bearer {SECRET}\nX-Scope-OrgID: 7\n")
    secret.chmod(0o600)
    world.configure(f'[metrics]\notlp = "{collector.url}"\nheaders_file = "~/otlp.headers"')
    for status in (200, 401):
        collector.status = status
        refresh(world.env, force=True)
        world.make_due()
    assert [sent["authorization"] for _, sent, _ in collector.requests] == [
        f"Bearer {SECRET}"
    ] * len(collector.requests)
    assert collector.requests[0][1]["x-scope-orgid"] == "7"
    assert [path for path in world.files() if SECRET in path.read_text(errors="replace")] == [
        secret
    ]
    assert api.usage_requests


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 503, "headers": {"Retry-After": "0"}}, "the collector answered 503"),
        ({"status": 429}, "the collector answered 429"),
        ({"status": 400}, "the collector answered 400"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "answered 302"),
    ],
)
def test_fault_of_the_collector_costs_one_request(
    world: World, collector: Collector, fault: dict[str, Any], words: str
) -> None:
    for name, value in fault.items():
        setattr(collector, name, value)
    with pytest.raises(ExportFailed, match=words):
        otlp.send(SAMPLES, collector.url, {}, "5f2c9a10", world.env)
    assert len(collector.requests) == 1


def test_collector_that_hangs_is_left_after_the_timeout(
    world: World, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "TIMEOUT_S", 0.5)
    collector.hangs = True
    with pytest.raises(ExportFailed, match="no answer in time"):
        otlp.send(SAMPLES, collector.url, {}, "5f2c9a10", world.env)
    assert len(collector.requests) <= 1


def test_collector_that_is_not_there_is_reported(world: World, collector: Collector) -> None:
    collector.close()
    with pytest.raises(ExportFailed, match="no connection"):
        otlp.send(SAMPLES, collector.url, {}, "5f2c9a10", world.env)


def test_address_of_a_collector_may_have_the_path(world: World, collector: Collector) -> None:
    otlp.send(SAMPLES, collector.url + "/v1/metrics", {}, "5f2c9a10", world.env)
    otlp.send(SAMPLES, collector.url + "/otlp", {}, "5f2c9a10", world.env)
    assert [path for path, _, _ in collector.requests] == ["/v1/metrics", "/otlp/v1/metrics"]


def test_headers_are_not_sent_in_clear_to_another_machine(world: World) -> None:
    with pytest.raises(ExportFailed, match="https"):
        otlp.send(SAMPLES, "http://192.0.2.1:4318", {"a": SECRET}, "5f2c9a10", world.env)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_collector_by_tls_is_trusted_by_the_certificates_of_the_install(
    world: World, collector: Collector, tmp_path: Path, *, is_trusted: bool
) -> None:
    """Those are trusted for the service, too. Headers go to it wherever it is."""
    needs("openssl", linux=False)
    certificates = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.chain, certificates.key)
    collector.serve_tls(context)
    if is_trusted:
        world.env["NODE_EXTRA_CA_CERTS"] = str(certificates.authority)
    address = f"https://localhost:{collector.port}"
    if is_trusted:
        otlp.send(SAMPLES, address, {"a": SECRET}, "5f2c9a10", world.env)
        assert collector.requests[0][1]["a"] == SECRET
    else:
        with pytest.raises(ExportFailed, match="no secure connection"):
            otlp.send(SAMPLES, address, {"a": SECRET}, "5f2c9a10", world.env)
        assert not collector.requests


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("{proxy}", "the collector answered 503"),
        ("socks5://127.0.0.1:1080", "a proxy of the kind socks5 is not supported"),
        ("http://[::1", "makes no sense"),
    ],
)
def test_points_go_by_the_proxy_of_the_user_alone(
    world: World, collector: Collector, proxy: str, words: str
) -> None:
    """Settings of the user name it. It answers here, so that no name server is asked."""
    collector.status = 503
    settings = Path(world.paths.claude_dir, "settings.json")
    settings.parent.mkdir(exist_ok=True)
    chosen = proxy.format(proxy=collector.url)
    settings.write_text(json.dumps({"env": {"HTTP_PROXY": chosen, "HTTPS_PROXY": chosen}}))
    with pytest.raises(ExportFailed, match=words):
        otlp.send(SAMPLES, "http://collector.example:4318", {}, "5f2c9a10", world.env)
    paths = [path for path, _, _ in collector.requests]
    assert paths == ["http://collector.example:4318/v1/metrics"] * ("{" in proxy)


def test_session_of_the_sdk_sends_one_request(world: World, collector: Collector) -> None:
    """An SDK of another version may repeat what failed."""
    collector.status = 503
    session = Once(collector.url, world.env)
    for _ in range(2):
        with pytest.raises(ExportFailed, match="the collector answered 503"):
            session.post(collector.url, data=b"")
    assert len(collector.requests) == 1


def test_missing_sdk_is_reported_with_what_to_install(
    world: World, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usageline.refresh.metrics.otlp_sdk", None)
    monkeypatch.delattr(metrics, "otlp_sdk", raising=False)
    with pytest.raises(ExportFailed, match="--with otlp"):
        otlp.send(SAMPLES, collector.url, {}, "5f2c9a10", world.env)


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (f"Authorization: {SECRET}\n", 0o644, "chmod 600"),
        (f"Authorization: {SECRET}\n", 0o620, "chmod 600"),
        (f"Authorization {SECRET}\n", 0o600, "line 1"),
        (f"# a\n\nAuthor ization: {SECRET}\n", 0o600, "line 3"),
        (f"A: {SECRET}\x00\n", 0o600, "line 1"),
        (f"A: {SECRET}\u00e9\n", 0o600, "line 1"),
        (f": {SECRET}\n", 0o600, "line 1"),
        (f"A:\nB: {SECRET}\n", 0o600, "line 1"),
        ("".join(f"A{number}: {SECRET}\n" for number in range(40)), 0o600, "at most 32"),
        (f"A: {SECRET}" + "x" * (16 << 10), 0o600, "at most 16 KiB"),
    ],
)
def test_unusable_headers_file_is_named_without_its_values(
    tmp_path: Path, content: str, mode: int, words: str
) -> None:
    path = tmp_path / "headers"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(ExportFailed, match=words) as raised:
        otlp.read_headers(str(path))
    assert SECRET not in str(raised.value)


def test_headers_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "headers"
    path.write_text(f"Authorization: {SECRET}\n")
    path.chmod(0o600)
    assert otlp.read_headers(str(path)) == {"Authorization": SECRET}
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(ExportFailed, match="belongs to another user"):
        otlp.read_headers(str(path))


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo"])
def test_headers_file_of_another_kind_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "headers"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    with pytest.raises(ExportFailed):
        otlp.read_headers(str(path))


def test_unusable_headers_file_sends_nothing(world: World, api: Api, collector: Collector) -> None:
    world.configure(f'[metrics]\notlp = "{collector.url}"\nheaders_file = "~/none"')
    refresh(world.env)
    assert not collector.requests
    (note,) = notes(world)
    assert "none cannot be read: No such file or directory" in note
    assert len(api.usage_requests) == 1


def test_directories_that_a_project_chose_export_nothing(
    world: World, api: Api, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if the configuration is the user's own."""
    release = tmp_path / "recorded"
    release.mkdir()
    origin_record.write_record(str(release), world.env)
    monkeypatch.setattr(origin, "ROOT", str(release))
    world.configure(f'[metrics]\ntextfile = "{folder}/m.prom"')
    assert origin.own_paths(world.env) is not None
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR"):
        moved = {**world.env, name: str(tmp_path / "project")}
        assert origin.own_paths(moved) is None
        settings = load_lenient(moved)[0].metrics
        assert publish.publish(settings, moved, time.time()) == [publish.UNKNOWN_DIRECTORY]
    assert not list(folder.iterdir())
    del api


def test_export_of_a_process_writes_nothing_into_the_terminal(
    world: World, api: Api, collector: Collector
) -> None:
    """The SDK logs its failures."""
    collector.status = 503
    world.configure(f'[metrics]\notlp = "{collector.url}"')
    script = (
        "import sys, os\n"
        f"sys.path[:0] = [{str(REPOSITORY / 'plugin')!r}]\n"
        "from usageline.system import origin\n"
        f"origin.ROOT = {origin.ROOT!r}\n"
        "from usageline.refresh.metrics import otlp\n"
        "otlp.TIMEOUT_S = 30\n"
        "from usageline.refresh.run import refresh\n"
        "refresh(dict(os.environ))\n"
    )
    done = world.run(sys.executable, "-c", script)
    assert (done.stdout, done.stderr) == ("", "")
    assert notes(world) == ["metrics: otlp: the collector answered 503"]
    assert len(collector.requests) == len(api.usage_requests) == 1
