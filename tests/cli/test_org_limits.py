"""`usageline org limits` and `usageline org metrics` as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.org_reports import HOSTILE
from tests.cli.test_json_schema import violations
from tests.cli.test_org_table import ASCII
from tests.jobs.org_world import OrgWorld
from tests.jobs.test_org_limits import FORBIDDEN, asked, member, pages, serve
from tests.org_server import KEY, OrgServer
from tests.world import REPOSITORY
from usageline.cli import appearance
from usageline.cli.org import limits_export, limits_table
from usageline.core.text import display_width, sanitize
from usageline.usage.org.limits import (
    STATES,
    LimitsReport,
    in_order,
    read_limits,
    read_requests,
)
from usageline.usage.org.settings import read_rate_limits

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]

NOW = 1_795_936_515  # Sunday, 2026-11-29, 07:15 UTC
MAX_RSS_KIB = 100 << 10

ROWS = [
    member(1, "50000", "47120.5"),
    member(2, None, "0"),
    member(3, "0", "0"),
    member(4, "much", "100"),
    member(5, "10000", None, period="weekly"),
    member(6, "0", "5", groups=["contractors"]),
    member(7, "10000", "9900", is_enabled=False),
    member(8, "100", "10", period="fortnightly", actor={"type": "robot_actor", "id": "r2"}),
]


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world with a server."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def report(rows: list[Any] | None = None, requests: list[Any] | None = None) -> LimitsReport:
    """Return the report of rows."""
    limits = in_order(read_limits(ROWS if rows is None else rows))
    return LimitsReport(tuple(limits), tuple(read_requests(requests or ())), NOW)


def drawn(shown: LimitsReport, width: int = 160, top: int | None = None) -> list[str]:
    """Return the lines without colors."""
    return [str(line) for line in limits_table.render(shown, appearance.plain(), width, top)]


def line_of(name: str, lines: list[str]) -> list[str]:
    """Return the cells of the line that begins with a name."""
    (line,) = [line for line in lines if line.startswith(name)]
    return re.split(r"\s{2,}", line.strip())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Person 1", ("monthly", "94%", "$471.21", "of $500.00", "until 1 Dec", "organization")),
        ("Person 2", ("monthly", "$0.00?", "no limit", "organization")),
        ("Person 3", ("monthly", "$0.00?", "plan only", "organization")),
        ("Person 4", ("monthly", "$1.00", "limit unreadable", "organization")),
        ("Person 5", ("weekly", "unreadable", "of $100.00", "until 30 Nov", "organization")),
        (
            "Person 6",
            ("monthly", "●", "$0.05", "blocked: limit 0", "until 1 Dec"),
        ),
        ("Person 7", ("monthly", "99%", "$99.00", "of $100.00 (switched off)", "until 1 Dec")),
        ("robot r2", ("fortnightly", "10%", "$0.10", "of $1.00", "organization")),
    ],
)
def test_table_tells_every_kind_of_limit_apart(name: str, expected: tuple[str, ...]) -> None:
    cells = [cell for cell in line_of(name, drawn(report())) if set(cell) - set("█▉▊▋▌▍▎▏░")]
    assert tuple(cells[1:])[: len(expected)] == expected


def test_table_says_how_many_are_near_and_explains_its_words() -> None:
    lines = drawn(report(requests=[asked(2)]))
    assert lines[0] == "2 of 8 spend limits are used to 80% or more (29 Nov 07:15 UTC)"
    assert {lines[1].split()[1], lines[2].split()[1]} == {"1", "6"}
    text = "\n".join(lines)
    assert (
        "1 person asks for a higher limit:\n  Person 2  monthly  $1.01 of $500.00  asked 24 Nov"
        in (text)
    )
    for note in (
        "? the service also reports 0",
        "plan only: no spending beyond",
        "unreadable: the service sent no amount",
    ):
        assert note in text
    calm = "\n".join(drawn(report([member(1)])))
    assert not any(note in calm for note in ("?", "plan only", "unreadable"))


def test_report_without_limits_says_so() -> None:
    assert drawn(report([])) == ["there are no spend limits (29 Nov 07:15 UTC)"]


def test_top_shows_the_first_limits_and_counts_the_others() -> None:
    lines = drawn(report([member(number) for number in range(30)]), top=7)
    assert "23 more" in lines
    assert len(lines) == 1 + 7 + 1
    assert len(json.loads(limits_export.as_json(report(), 3))["limits"]) == 3


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 160])
def test_table_fits_every_width_also_with_hostile_names(width: int) -> None:
    rows = [
        member(number, period=text, source={"type": text, "seat_tier": text}, groups=[text])
        | {"actor": {"type": kind, "user_id": f"{number}{text}", "name": text}}
        for number, text in enumerate(HOSTILE)
        for kind in ("user_actor", text)
    ]
    requests = [asked(1) | {"actor": row["actor"], "period": HOSTILE[2]} for row in rows]
    for line in drawn(report([*ROWS, *rows], requests), width):
        assert line == sanitize(line)
        assert display_width(line) <= width


def test_terminal_without_unicode_gets_ascii() -> None:
    lines = [str(line) for line in limits_table.render(report(), ASCII, 160, None)]
    assert all(line.isascii() for line in lines)


def without_patterns(schema: Any) -> Any:
    """Return a schema without the patterns of its texts."""
    if isinstance(schema, dict):
        return {key: without_patterns(part) for key, part in schema.items() if key != "pattern"}
    return schema


def patterns(schema: dict[str, Any]) -> dict[str, str]:
    """Return the pattern of each key."""
    return {key: part["pattern"] for key, part in schema.items() if "pattern" in part}


def test_json_agrees_with_its_schema() -> None:
    printed = json.loads(
        limits_export.as_json(report(requests=[asked(1), asked(2) | {"spend_summary": None}]))
    )
    schema = limits_export.schema()
    assert list(violations(without_patterns(schema), printed)) == []
    limit = schema["properties"]["limits"]["items"]["properties"]
    for row in printed["limits"]:
        for key, pattern in patterns(limit).items():
            assert row[key] is None or re.fullmatch(pattern, row[key]), (key, row[key])
    unknown = {**printed, "limits": [{**printed["limits"][0], "limit_state": "new"}]}
    assert list(violations(without_patterns(schema), unknown))


def test_documentation_names_every_state() -> None:
    text = (REPOSITORY / "docs" / "ORGANIZATION.md").read_text()
    rows = re.findall(r"^\| `[^`]*` \| `([\w-]+)` \| (?!`)", text, re.MULTILINE)
    assert rows == list(STATES)


def test_json_has_exact_amounts_and_three_kinds_of_nothing() -> None:
    rows = {row["key"]: row for row in json.loads(limits_export.as_json(report()))["limits"]}
    facts = {
        key: tuple(
            row[name] for name in ("limit", "limit_state", "spent", "spent_state", "percent")
        )
        for key, row in rows.items()
    }
    assert facts["user_001"] == ("500.000000", "limited", "471.205000", "known", "94.24")
    assert facts["user_002"] == (None, "none", "0.000000", "zero-or-unreadable", None)
    assert facts["user_003"] == ("0.000000", "plan-only", "0.000000", "zero-or-unreadable", None)
    assert facts["user_004"] == (None, "unreadable", "1.000000", "known", None)
    assert facts["user_005"] == ("100.000000", "limited", None, "unreadable", None)
    assert rows["user_001"]["resets_at"] == "2026-12-01T00:00:00Z"
    assert rows["r2"]["resets_at"] is None


def test_csv_has_a_line_for_each_limit_and_runs_no_formula() -> None:
    rows = [member(1), member(2, source={"type": "=1+1"}, groups=["@x", "-y"])]
    rows[1]["actor"]["name"] = HOSTILE[1]
    lines = list(csv.DictReader(io.StringIO(limits_export.as_csv(report(rows)))))
    assert [line["limit"] for line in lines] == ["500.000000"] * 2
    evil = next(line for line in lines if line["key"] == "user_002")
    assert evil["name"].startswith("'=cmd")
    assert (evil["source"], evil["groups"]) == ("'=1+1", "'@x; -y")


RATES = [
    {
        "group": {"type": "model_group", "display_name": HOSTILE[0]},
        "models": ["claude-opus-5-5", HOSTILE[2]],
        "limits": [
            {"type": "requests_per_minute", "value": 1000, "org_limit": 4000},
            {"type": HOSTILE[1], "value": "many", "source": {"type": "workspace"}},
        ],
    }
]


@pytest.mark.parametrize("width", [20, 60, 160])
def test_rate_limits_have_value_organization_and_models(width: int) -> None:
    limits = read_rate_limits(RATES)
    lines = [str(line) for line in limits_table.render_rates(limits, appearance.plain(), width)]
    assert all(line == sanitize(line) and display_width(line) <= width for line in lines)
    if width < 160:
        return
    assert re.search(r"requests per minute +1,000 +4,000 +Opus 5.5, ", lines[1])
    assert re.search(r"=cmd.* – +– +Opus", lines[2])
    assert lines[-1].startswith("these are the limits that are configured, and not what is left")
    assert (
        limits_table.render_rates([], appearance.plain(), 80)[0].plain == "there are no rate limits"
    )


def test_rate_limits_as_json_have_numbers_or_null() -> None:
    printed = json.loads(limits_export.rate_limits_as_json(read_rate_limits(RATES), "wrkspc_1"))
    assert printed["workspace"] == "wrkspc_1"
    assert [
        (one["value"], one["organization"], one["source"]) for one in printed["rate_limits"]
    ] == [
        (1000, 4000, None),
        (None, None, "workspace"),
    ]


def test_command_prints_table_json_and_csv(org: OrgWorld, usageline: Run) -> None:
    org.world.env.update(COLUMNS="120", NO_COLOR="1")
    serve(org, effective=pages(ROWS))
    table = usageline("org", "limits", "--top", "2")
    assert (table.returncode, table.stderr) == (0, "")
    assert table.stdout.split("\n")[0].startswith("2 of 8 spend limits are used to 80% or more")
    assert "6 more" in table.stdout
    printed = json.loads(usageline("org", "limits", "--json", "--anonymous").stdout)
    assert printed["requests"] is None
    assert {row["name"] for row in printed["limits"]} == {None}
    lines = usageline("org", "limits", "--csv").stdout.splitlines()
    assert len(lines) == 9
    assert all(request.headers["x-api-key"] == KEY for request in org.server.requests)


def test_command_reports_a_refusal_and_exits_with_1(org: OrgWorld, usageline: Run) -> None:
    serve(org, effective=FORBIDDEN, configured=FORBIDDEN)
    done = usageline("org", "limits")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"usageline: .* \(403\): .*Admin keys.*\n", done.stderr)
    assert KEY not in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--workspace", "w"), ("--rate", "--csv"), ("--top", "0"), ("--pages", "0")]
)
def test_wrong_options_exit_with_2_before_a_request(
    org: OrgWorld, usageline: Run, arguments: tuple[str, ...]
) -> None:
    assert usageline("org", "limits", *arguments).returncode == 2
    assert org.server.requests == []


def test_schema_is_printed_without_a_key(world: World, usageline: Run) -> None:
    assert world
    done = usageline("org", "limits", "--json-schema")
    assert json.loads(done.stdout) == limits_export.schema()


def test_metrics_command_exports_limits_of_a_gateway_alone_into_a_file_for_others(
    org: OrgWorld, usageline: Run
) -> None:
    serve(org, effective=pages(ROWS))
    inner = org.server.reply
    org.server.reply = lambda path, query: (
        FORBIDDEN if "/analytics/" in path or "report" in path else inner(path, query)
    )
    path = org.world.home / "usageline.prom"
    path.write_text("old")
    done = usageline("org", "metrics", "--textfile", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("usageline: without cost and tokens: ")
    assert path.stat().st_mode & 0o777 == 0o644
    assert "usageline_org_spend_limits_near 2.0" in path.read_text()
    assert "usageline_org_cost_dollars" not in path.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.slow
def test_ten_thousand_members_take_less_than_100_mib(org: OrgWorld) -> None:
    serve(org, effective=pages([member(number) for number in range(10_000)]))
    script = (
        "import re, sys\n"
        "from usageline.system import origin, origin_record\n"
        "origin.ROOT = sys.argv.pop(1)\n"
        "origin_record.disable(origin.ROOT)\n"
        "from usageline.cli.main import cli\n"
        "cli(standalone_mode=False)\n"
        # The peak that getrusage reports may be that of the parent.
        "status = open('/proc/self/status').read()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1], file=sys.stderr)\n"
    )
    root = org.world.root / "origin"
    root.mkdir()
    org.world.env["PYTHONPATH"] = str(REPOSITORY / "plugin")
    done = org.world.run(sys.executable, "-c", script, root, "org", "limits", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["limits"]) == 10_000
    assert int(done.stderr.splitlines()[-1]) < MAX_RSS_KIB
