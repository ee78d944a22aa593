"""Each sample body is read by the command to the rows that a person reads in it.

`org_samples/` has the expected output of each command, for the bodies of `tests/org_bodies.py`,
and for the samples beside the repository if they are there. Amounts are exact, because most of the
commands print CSV.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.org_world import OrgWorld
from tests.org_bodies import ANALYTICS, ERRORS, HEADERS, LISTS
from tests.org_command import TIMEOUT_S, command_of, run_all
from tests.org_server import BASE, KEY, OrgServer, Reply, error
from tests.world import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.world import Release, World

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="forks"),
    pytest.mark.timeout(TIMEOUT_S),
]

OFFICIAL = REPOSITORY.parent / "shared" / "official"
EXPECTED = Path(__file__).parent / "org_samples"
SCOPED_KEY = "sk-ant-api01-canary-0123456789abcdef"
TWO_DAYS = ("--since", "2026-11-23", "--until", "2026-11-24")
LAST_DAY = ("--since", "2026-11-24", "--until", "2026-11-24")
CODE, MESSAGES = f"{BASE}/usage_report/claude_code", f"{BASE}/usage_report/messages"
EFFECTIVE, CONFIGURED = f"{BASE}/spend_limits/effective", f"{BASE}/spend_limits"
COST, USAGE = f"{ANALYTICS}/cost", f"{ANALYTICS}/usage"
TOTAL = " total"
"""Ends the path of a request that does not group."""


@dataclass(frozen=True)
class Case:
    """A command, and which samples answer the requests to each path. Others are not there."""

    arguments: tuple[str, ...]
    routes: Mapping[str, tuple[str, ...]]
    key: str = KEY
    answers_all: str = ""

    @property
    def samples(self) -> set[str]:
        """Return the files."""
        return {self.answers_all, *(one for files in self.routes.values() for one in files)} - {""}


def pages(name: str, count: int = 2) -> tuple[str, ...]:
    """Return the files of the pages of a list."""
    return tuple(f"{name}.page{number}.json" for number in range(1, count + 1))


REPORT = {
    COST: pages("analytics_cost"),
    COST + TOTAL: ("analytics_cost.total.json",),
    USAGE: pages("analytics_usage"),
}
ENTERPRISE = {
    f"{ANALYTICS}/user_cost_report": ("enterprise_user_cost_report.json",),
    f"{ANALYTICS}/user_usage_report": ("enterprise_user_usage_report.json",),
    f"{ANALYTICS}/cost_report": ("enterprise_cost_report.json",),
    f"{ANALYTICS}/usage_report": ("enterprise_usage_report.json",),
}
NAMES = {f"{BASE}/users": pages("organization_users")}
CODERS = {CODE: pages("admin_claude_code"), **NAMES}
CONSOLE = {
    MESSAGES: pages("admin_usage_messages"),
    f"{BASE}/cost_report": ("admin_cost_report.json",),
    f"{BASE}/workspaces": ("organization_workspaces.json",),
}
NOTHING = ("analytics_empty.json",)
ACTORS = {COST: NOTHING, COST + TOTAL: NOTHING, USAGE: ("analytics_usage.actors.json",)}
BY_TYPE = {COST: ("analytics_cost.by_type.json",), USAGE: NOTHING}
WORKSPACE = f"{BASE}/workspaces/wrkspc_01SyntheticWs0000001/rate_limits"
CASES = {
    "report by person": Case(("--csv", *TWO_DAYS), REPORT),
    "report by person, table": Case(TWO_DAYS, REPORT),
    "report by day": Case(("--by", "day", "--csv", *TWO_DAYS), REPORT),
    "report without names": Case(("--csv", "--anonymous", *TWO_DAYS), REPORT),
    "cost by type": Case(("--by", "model", "--csv", *LAST_DAY), BY_TYPE),
    "every actor": Case(("--csv", *LAST_DAY), ACTORS),
    "every kind of actor": Case(("--by", "actor-type", "--csv", *LAST_DAY), ACTORS),
    "empty report": Case(LAST_DAY, {COST: NOTHING, USAGE: NOTHING}),
    "Enterprise by person": Case(("--csv", *TWO_DAYS), ENTERPRISE, SCOPED_KEY),
    "Enterprise by person, table": Case(TWO_DAYS, ENTERPRISE, SCOPED_KEY),
    "Enterprise by product": Case(("--by", "product", "--csv", *TWO_DAYS), ENTERPRISE, SCOPED_KEY),
    "Claude Code by person": Case(("--csv", *LAST_DAY), CODERS),
    "Claude Code by person, JSON": Case(("--json", *LAST_DAY), CODERS),
    "Claude Code of subscriptions": Case(LAST_DAY, {CODE: ("admin_claude_code.empty.json",)}),
    "messages by workspace": Case(("--by", "workspace", "--csv", *TWO_DAYS), CONSOLE),
    "messages by model": Case(("--by", "model", "--csv", *TWO_DAYS), CONSOLE),
    "check": Case(
        ("check",), {f"{BASE}/me": ("organization_me.json",), CODE: pages("admin_claude_code")}
    ),
    "activity": Case(
        ("activity", "--csv"), {f"{ANALYTICS}/summaries": ("analytics_summaries.json",)}
    ),
    "activity, table": Case(
        ("activity", *TWO_DAYS), {f"{ANALYTICS}/summaries": ("analytics_summaries.json",)}
    ),
    "activity until September": Case(
        ("activity", "--json"), {f"{ANALYTICS}/summaries": ("analytics_summaries.old.json",)}
    ),
    "activity by person": Case(
        ("activity", "--by", "person", "--csv"),
        {f"{ANALYTICS}/users": pages("analytics_users"), **NAMES},
    ),
    "activity by person, table": Case(
        ("activity", "--by", "person"),
        {f"{ANALYTICS}/users": pages("analytics_users"), **NAMES},
    ),
    "activity without names": Case(
        ("activity", "--by", "person", "--csv", "--anonymous", *LAST_DAY), CODERS
    ),
    "activity of Claude Code": Case(("activity", "--by", "person", "--csv", *LAST_DAY), CODERS),
    "activity of Claude Code by day": Case(("activity", "--csv", *LAST_DAY), CODERS),
    "rate limits": Case(("limits", "--rate"), {f"{BASE}/rate_limits": ("rate_limits.json",)}),
    "rate limits until August": Case(
        ("limits", "--rate"), {f"{BASE}/rate_limits": ("rate_limits.old.json",)}
    ),
    "rate limits of a workspace": Case(
        ("limits", "--rate", "--workspace", "wrkspc_01SyntheticWs0000001"),
        {WORKSPACE: ("workspace_rate_limits.json",)},
    ),
    "spend limits": Case(
        ("limits", "--csv"),
        {
            EFFECTIVE: pages("spend_limits_effective"),
            f"{BASE}/spend_limit_increase_requests": ("spend_limit_increase_requests.json",),
        },
        SCOPED_KEY,
    ),
    "spend limits, table": Case(
        ("limits",),
        {
            EFFECTIVE: pages("spend_limits_effective"),
            f"{BASE}/spend_limit_increase_requests": ("spend_limit_increase_requests.json",),
        },
        SCOPED_KEY,
    ),
    "spend limits of Console": Case(
        ("limits", "--csv"),
        {EFFECTIVE: ("error_400_org_type.json",), CONFIGURED: ("spend_limits.json",), **CONSOLE},
    ),
    "spend limits of a gateway": Case(
        ("limits",), {EFFECTIVE: ("gateway_spend_limits_effective.json",)}
    ),
    "telemetry": Case(
        ("telemetry",), {f"{BASE}/telemetry_destinations": ("telemetry_destinations.json",)}
    ),
    "telemetry, CSV": Case(
        ("telemetry", "--csv"), {f"{BASE}/telemetry_destinations": ("telemetry_destinations.json",)}
    ),
}
OTHER_COMMANDS = {
    "error_400_org_type.json": ("limits",),
    "error_400_too_recent.json": ("activity", "--by", "person"),
}
CASES |= {
    name.partition(".")[0]: Case(
        OTHER_COMMANDS.get(name, ("--by", "model", "--csv")),
        {},
        SCOPED_KEY if "scope" in name else KEY,
        answers_all=name,
    )
    for name in ERRORS
}


@dataclass
class Corpus:
    """Bodies by the names of the samples."""

    replies: dict[str, Reply] = field(default_factory=dict)

    def reply(self, case: Case, route: str, query: dict[str, list[str]]) -> Reply:
        """Answer a request of a case."""
        if case.answers_all:
            return self.replies[case.answers_all]
        files = case.routes.get(route, ())
        if "group_by[]" not in query and route in {COST, USAGE}:
            files = case.routes.get(route + TOTAL, files)
            if route + TOTAL not in case.routes and len(files) > 1:
                return self._total_of(files)
        cursor = next((query[one][0] for one in ("page", "after_id") if one in query), None)
        return next(
            (
                self.replies[file]
                for before, file in zip((None, *files), files, strict=False)
                if cursor is None or (before and cursor in self._cursors(before))
            ),
            Reply(404, error("not_found_error", "x")),
        )

    def _cursors(self, file: str) -> tuple[Any, Any]:
        body = self._body(file)
        return body.get("next_page"), body.get("last_id")

    def _body(self, file: str) -> Any:
        body = self.replies[file].body
        return json.loads(body) if isinstance(body, bytes) else body

    def _total_of(self, files: tuple[str, ...]) -> Reply:
        """Return the rows of all pages: no sample has the total of the usage."""
        rows = [row for file in files for row in self._body(file)["data"]]
        return Reply(200, {**self._body(files[-1]), "data": rows})


def own() -> Corpus:
    """Return the bodies of this repository."""
    bodies = {name: (200, body) for name, body in LISTS.items()} | ERRORS
    return Corpus({name: Reply(*answer, HEADERS.get(name, {})) for name, answer in bodies.items()})


def official() -> Corpus:
    """Return the samples. Skip the test if they are not there."""
    if not OFFICIAL.is_dir():
        pytest.skip("the sample bodies are not here")
    entries = json.loads((OFFICIAL / "_index.json").read_text())["samples"]
    return Corpus(
        {
            one["file"]: Reply(one["status"], (OFFICIAL / one["file"]).read_bytes(), one["headers"])
            for one in entries
        }
    )


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def outputs(org: OrgWorld, corpus: Corpus, release: Release) -> dict[str, str]:
    """Return what each command prints, with its exit status."""
    cases = [*CASES.values()]
    org.server.reply = lambda path, query: corpus.reply(cases[command_of(org)], path, query)
    printed = run_all(org, release, [(("org", *case.arguments), case.key) for case in cases])
    result = {}
    for name, one in zip(CASES, printed, strict=True):
        text = (one.output + one.errors).replace(org.server.url.partition("://")[2], "HOST")
        text = re.sub("anon_[0-9a-f]{16}", "anon_DIGEST", text)
        result[name] = text + f"exit {one.status}\n"
    return result


def as_text(printed: Mapping[str, str]) -> str:
    """Return a part for each case, below its name, its samples and its command."""
    parts = []
    for name, case in CASES.items():
        samples = " ".join(sorted(case.samples))
        command = " ".join(("$ usageline org", *case.arguments))
        parts.append(f"## {name}: {samples}\n{command}\n{printed[name]}")
    return "\n".join(parts)


@pytest.mark.parametrize("corpus", [own, official])
def test_samples_are_read_as_expected(org: OrgWorld, built_release: Release, corpus: Any) -> None:
    bodies = corpus()
    printed = outputs(org, bodies, built_release)
    expected = (EXPECTED / f"{corpus.__name__}.txt").read_text()
    assert as_text(printed).splitlines() == expected.splitlines()
    assert set(bodies.replies) == {one for case in CASES.values() for one in case.samples}
    kept = [path for path in org.world.files() if b"canary" in path.read_bytes()]
    assert kept == [org.key_file]


def test_samples_beside_the_repository_have_the_same_names() -> None:
    assert set(official().replies) == set(own().replies)
    names = {path.name for path in OFFICIAL.iterdir()}
    assert names == {*own().replies, "_index.json"}


def test_sample_is_served_at_the_path_of_its_request() -> None:
    official()
    entries = json.loads((OFFICIAL / "_index.json").read_text())["samples"]
    served = {
        (file, route.removesuffix(TOTAL))
        for case in CASES.values()
        for route, files in case.routes.items()
        for file in files
    }
    for entry in entries:
        path, file = entry["request"]["path"], entry["file"]
        assert file.startswith(("error_", "analytics_empty")) or (file, path) in served
