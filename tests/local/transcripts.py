"""Write transcripts as Claude Code does, and read them into an index."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from usageline.jobs.local_usage import Scan
from usageline.sources.transcripts.files import roots
from usageline.storage.usage_index.database import Index, open_in_memory
from usageline.storage.usage_index.selection import Range, sums
from usageline.usage.local.prices import PriceList

if TYPE_CHECKING:
    from pathlib import Path

    from usageline.sources.transcripts.files import Report
    from usageline.storage.usage_index.queries import Row

AT = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
PROJECT = "/home/dev/work/one"
SESSION = "11111111-1111-4111-a111-111111111111"
OTHER = "22222222-2222-4222-a222-222222222222"
MAIN = f"-home-dev-work-one/{SESSION}.jsonl"
MODEL = "claude-opus-4-8"


def noon_zone() -> str:
    """Return a TZ in which it is about noon: no day ends while a test runs."""
    return f"Etc/GMT{time.gmtime().tm_hour - 12:+d}"


def ago(seconds: float = 0) -> str:
    """Return the timestamp of a line that was written so long ago."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - seconds))


def line(
    number: int = 1,
    *,
    output: int = 400,
    message_id: str | None = None,
    model: str = MODEL,
    after_s: float = 0,
    stop: str | None = "end_turn",
    usage: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the line of response `number`. `usage` changes its usage, `more` the line."""
    at = (AT + timedelta(seconds=after_s)).isoformat(timespec="milliseconds")
    return {
        "parentUuid": None,
        "isSidechain": False,
        "message": {
            "model": model,
            "id": message_id or f"msg_{number:020d}",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": 'words about "usage"'}],
            "stop_reason": stop,
            "usage": {
                "input_tokens": 2,
                "output_tokens": output,
                "cache_creation_input_tokens": 1000,
                "cache_read_input_tokens": 20_000,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 0,
                    "ephemeral_1h_input_tokens": 1000,
                },
                **(usage or {}),
            },
        },
        "requestId": f"req_{number}",
        "type": "assistant",
        "uuid": f"u{number}",
        "timestamp": at.replace("+00:00", "Z"),
        "cwd": PROJECT,
        "sessionId": SESSION,
        **more,
    }


def cost_state(output: int = 400, *, session: str = SESSION, model: str = MODEL) -> dict[str, Any]:
    """Return the line in which Claude Code notes its own counters."""
    return {
        "type": "cost-state",
        "sessionId": session,
        "totalCostUSD": 0.5,
        "startTime": int(AT.timestamp() * 1000),
        "modelUsage": {
            model: {
                "inputTokens": 2,
                "outputTokens": output,
                "thinkingTokens": 1,
                "cacheReadInputTokens": 20_000,
                "cacheCreationInputTokens": 1000,
                "webSearchRequests": 0,
                "costUSD": 0.5,
            }
        },
        "hasUnknownModelCost": False,
    }


def bridge(account: str, organization: str = "", *, session: str = SESSION) -> dict[str, Any]:
    """Return the line that names the account of a session."""
    return {
        "type": "bridge-session",
        "sessionId": session,
        "bridgeSessionId": "cse_0123",
        "lastSequenceNum": 0,
        "ownerAccountUuid": account,
        "ownerOrganizationUuid": organization,
    }


def encoded(*records: dict[str, Any]) -> bytes:
    """Return the lines of a file."""
    return b"".join(
        json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records
    )


@dataclass
class Directory:
    """A configuration directory of Claude Code, and an index of it."""

    root: Path
    index: Index = field(default_factory=open_in_memory)
    prices: PriceList = field(default_factory=PriceList)

    def write(self, name: str, *records: dict[str, Any]) -> Path:
        """Write a transcript below `projects/`."""
        return self.write_bytes(name, encoded(*records))

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Write a file below `projects/`."""
        path = self.root / "projects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def scan(self) -> Report:
        """Read what is new."""
        return Scan(self.index, self.prices).run_below(roots([str(self.root)]))

    def total(self) -> Row:
        """Return the sums of everything, after a scan."""
        self.scan()
        return sums(self.index, "day", Range())[1]

    def rows(self, kind: str, chosen: Range | None = None) -> dict[str, Row]:
        """Return the rows of a kind by key, after a scan."""
        self.scan()
        return {row.key: row for row in sums(self.index, kind, chosen or Range())[0]}


def everything(index: Index) -> list[str]:
    """Return all that the index knows of responses, by names instead of ids."""
    names = dict(index.connection.execute("SELECT id, name FROM names"))
    responses = [
        (*row[:5], names[row[5]], names[row[6]], names[row[7]], *row[8:])
        for row in index.connection.execute("SELECT * FROM responses")
    ]
    quarters = [
        (row[0], names[row[1]], names[row[2]], names[row[3]], *row[4:])
        for row in index.connection.execute("SELECT * FROM quarters")
    ]
    claims = [
        (row[0], names[row[1]], row[2], names[row[3]], row[4])
        for row in index.connection.execute("SELECT * FROM claims")
    ]
    forks = [(names[row[0]], row[1]) for row in index.connection.execute("SELECT * FROM forks")]
    states = [
        (names[row[0]], names[row[1]], *row[2:])
        for row in index.connection.execute("SELECT * FROM states")
    ]
    owners = [
        (names[row[0]], names[row[1]]) for row in index.connection.execute("SELECT * FROM owners")
    ]
    tables = (responses, quarters, claims, forks, states, owners)
    return [row for table in tables for row in sorted(map(repr, table))]
