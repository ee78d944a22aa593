"""Count the traps with published programs beside usageline, for docs/COMPARED.md.

    PYTHONPATH=plugin:. .tests-env/bin/python -m tools.usage_peers            print the table
    PYTHONPATH=plugin:. .tests-env/bin/python -m tools.usage_peers --write    put it into the docs

It installs the programs once with npm and pip below `--folder`, and needs no network afterwards.
Each reads one trap of tests/local/traps.py at a time, in an empty home, with its own prices.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.local.traps import TRAPS, Billed, Trap
from tools.markdown import replaced, rewrite, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "COMPARED.md"
NPM = ("ccusage@20.0.24", "@tokscale/cli-linux-x64-gnu@4.17.0")
PIP = "claude-monitor==4.0.0"
TIMEOUT_S = 300
MAX_DIFFERENCE = Decimal("0.000001")
"""Dollars: some programs add floats."""

MONITOR = """
import json, sys
from claude_monitor.data.reader import load_usage_entries
entries, _ = load_usage_entries(sys.argv[1] + "/projects")
print(json.dumps([[str(e.timestamp.date()), e.input_tokens, e.output_tokens,
                   e.cache_creation_tokens, e.cache_read_tokens, e.cost_usd] for e in entries]))
"""
"""Prints the rows of claude-monitor's reader; its screen does not end by itself."""

Tokens = tuple[int, int, int, int]
"""Input, output, cache writes of both kinds, cache reads."""


@dataclass(frozen=True)
class Count:
    """The tokens by day, and the dollars."""

    days: dict[str, Tokens]
    cost: Decimal


@dataclass(frozen=True)
class Program:
    """A program: its label in the table, and how it counts a directory."""

    label: str
    count: Callable[[Path, Path, dict[str, str]], Count]


def main() -> None:
    """Install the programs, count, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(tempfile.gettempdir()) / "usageline-peers"
    parser.add_argument("--folder", type=Path, default=default, help="where the programs are")
    parser.add_argument("--write", action="store_true", help="put the table into docs/COMPARED.md")
    options = parser.parse_args()
    install(options.folder)
    peers = render(options.folder)
    if options.write:
        rewrite(DOCS, lambda text: replaced(text, lambda _: peers))
    else:
        print(peers)


def install(folder: Path) -> None:
    """Install the programs below `folder`, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules").exists():
        (folder / "package.json").write_text("{}")
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--silent", *NPM], cwd=folder, check=True
        )
    if not (folder / "venv").exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        subprocess.run([folder / "venv/bin/pip", "-q", "install", PIP], check=True)


def render(folder: Path) -> str:
    """Return the Markdown table."""
    programs = (
        Program("usageline", usageline),
        Program(NPM[0].replace("@", " "), ccusage),
        Program("tokscale " + NPM[1].rpartition("@")[2], tokscale),
        Program(PIP.replace("==", " "), claude_monitor),
    )
    verdicts: dict[str, list[str]] = {}
    for trap in TRAPS:
        with tempfile.TemporaryDirectory() as place:
            root = Path(place) / "claude"
            trap.write(root)
            verdicts[trap.name] = [verdict(program, trap, root, folder) for program in programs]
    rows = [(f"{trap.name}: {trap.about}", *verdicts[trap.name]) for trap in TRAPS]
    right = (f"**{column.count('right')}**" for column in zip(*verdicts.values(), strict=True))
    rows.append((f"**right, of {len(TRAPS)}**", *right))
    return table(("trap", *(program.label for program in programs)), rows)


def verdict(program: Program, trap: Trap, root: Path, folder: Path) -> str:
    """Return what a program makes of a trap: right, tokens (only the cost is wrong), or wrong."""
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"}
        env["CLAUDE_CONFIG_DIR"] = str(root)
        try:
            count = program.count(root, folder, env)
        except (subprocess.SubprocessError, ValueError, KeyError):
            return "fails"
    wanted = truth(trap.billed)
    if count.days != wanted.days:
        return "wrong"
    return "right" if abs(count.cost - wanted.cost) <= MAX_DIFFERENCE else "tokens"


def truth(parts: Iterable[Billed]) -> Count:
    """Return what is billed."""
    return add_up(
        (part.day, part.input, part.output, part.write_5m + part.write_1h, part.read, part.cost)
        for part in parts
    )


def add_up(rows: Iterable[Any]) -> Count:
    """Add up rows of a day, four counts of tokens, and dollars."""
    days: dict[str, list[int]] = defaultdict(lambda: [0] * 4)
    cost = Decimal(0)
    for day, *tokens, dollars in rows:
        days[day] = [total + (count or 0) for total, count in zip(days[day], tokens, strict=True)]
        cost += Decimal(str(dollars or 0))
    return Count(
        {day: (one, two, three, four) for day, (one, two, three, four) in days.items()}, cost
    )


def output(command: Sequence[str | Path], env: dict[str, str]) -> Any:
    """Run a program and return the JSON that it prints."""
    done = subprocess.run(
        command, env=env, capture_output=True, timeout=TIMEOUT_S, check=True, cwd=env["HOME"]
    )
    return json.loads(done.stdout)


def usageline(root: Path, _folder: Path, env: dict[str, str]) -> Count:
    """Count with usageline's own command."""
    command = [sys.executable, "-m", "usageline.cli", "usage", "day", "--json", "--tz", "UTC"]
    env = {**env, "PYTHONPATH": str(ROOT / "plugin")}
    return add_up(
        (
            row["key"],
            *(row["input"], row["output"]),
            *(row["cache_write_5m"] + row["cache_write_1h"], row["cache_read"], row["cost_usd"]),
        )
        for row in output([*command, "--roots", str(root)], env)["rows"]
    )


def ccusage(_root: Path, folder: Path, env: dict[str, str]) -> Count:
    """Count with `ccusage daily`."""
    command = [str(folder / "node_modules/.bin/ccusage"), "daily", "--json", "--offline"]
    names = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalCost")
    return add_up(
        (row["period"], *(row[name] for name in names))
        for row in output([*command, "--timezone", "UTC"], env)["daily"]
    )


def tokscale(_root: Path, folder: Path, env: dict[str, str]) -> Count:
    """Count with `tokscale graph`."""
    program = folder / "node_modules/@tokscale/cli-linux-x64-gnu/bin/tokscale"
    names = ("input", "output", "cacheWrite", "cacheRead")
    return add_up(
        (row["date"], *(row["tokenBreakdown"][name] for name in names), row["totals"]["cost"])
        for row in output([program, "graph", "--no-spinner"], env)["contributions"]
    )


def claude_monitor(root: Path, folder: Path, env: dict[str, str]) -> Count:
    """Count with claude-monitor's reader."""
    return add_up(output([folder / "venv/bin/python", "-c", MONITOR, root], env))


def documented() -> list[str]:
    """Return the traps that docs/COMPARED.md lists."""
    listed = DOCS.read_text("utf-8").partition("<!-- peers -->")[2].partition("<!-- end -->")[0]
    return re.findall(r"^\| ([^|*]+): [^|]+ \|", listed, re.MULTILINE)


if __name__ == "__main__":
    main()
