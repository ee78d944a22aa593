"""`usageline why`: what uses the quota, by Claude Code's own count."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Table

from usageline.cli.formatting import counted
from usageline.cli.table import console, text
from usageline.config import loader
from usageline.core.errors import UsagelineError
from usageline.sources import behaviors
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from usageline.sources.behaviors import Period, Share

TITLES = {"day": "Last 24 hours", "week": "Last 7 days"}
BEHAVIORS = {
    "cache_miss": "requests whose context was no longer cached",
    "long_context": "requests with a long context",
    "subagent_heavy": "sessions that used many subagents",
    "high_parallel": "requests while several sessions ran at once",
    "cron": "sessions that were active over many hours",
    "max_effort": "requests at the highest effort",
    "workflow": "workflows",
    "always_on_context": "what every session loads: memory, rules, tools",
    "large_tool_results": "large results of tools",
}
"""By the client's keys. A key that is not listed is shown as it is."""

COUNTED_SESSIONS = ("subagent_heavy", "cron")
"""The client counts sessions for these, and requests for the others."""

NAMES = {
    "agents": "agents",
    "skills": "skills",
    "plugins": "plugins",
    "mcp_servers": "MCP servers",
}
MAX_NAMES = 5
WORKING = "Claude Code reads its transcripts of the last week …"
NOTE = (
    "Shares of this machine's use, weighted by cost. They overlap. Claude Code counted them from "
    "its transcripts, without a model and without a usage request."
)


@click.command("why")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, as_json: bool) -> None:
    """Show what uses the quota: long contexts, subagents, parallel sessions, and others.

    Runs your own `claude`, which counts this machine's transcripts. It uses no tokens.
    """
    env = dict(os.environ)
    settings, _ = loader.load_lenient(env)
    if sys.stderr.isatty():
        click.echo(WORKING, err=True)
    try:
        periods = behaviors.fetch(env, settings.client)
    except SourceFailure as failure:
        raise UsagelineError(f"{failure}") from None
    if as_json:
        click.echo(json.dumps({name: asdict(period) for name, period in periods.items()}, indent=2))
        return
    target = console()
    for name, period in periods.items():
        for line in _lines(name, period):
            target.print(line)
        target.print()
    target.print(text(NOTE, "dim"))


def _lines(name: str, period: Period) -> Iterator[RenderableType]:
    requests, sessions = counted(period.requests, "request"), counted(period.sessions, "session")
    yield text(f"{TITLES[name]}: {requests} in {sessions}")
    if not period.requests:
        return
    table = Table.grid(padding=(0, 2))
    for share in period.behaviors:
        words = BEHAVIORS.get(share.name, share.name.replace("_", " "))
        table.add_row(text(f"  {share.percent:.0f}%"), text(words), text(_count(share), "dim"))
    for kind, shares in period.named.items():
        named = ", ".join(f"{share.name} {share.percent:.0f}%" for share in shares[:MAX_NAMES])
        if named:
            table.add_row(text(""), text(f"{NAMES[kind]}: {named}"))
    if not table.row_count:
        yield text("  nothing stands out", "dim")
    else:
        yield table
    for advice in period.advice:
        yield text(f"  → {advice}")


def _count(share: Share) -> str:
    if share.count is None:
        return ""
    return counted(share.count, "session" if share.name in COUNTED_SESSIONS else "request")
