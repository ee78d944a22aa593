"""`usageline doctor --schema`: what the service sends that the parser makes nothing of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from usageline.cli.formatting import local_time, short
from usageline.cli.table import console, text
from usageline.core.errors import UsagelineError
from usageline.sources.auth import claude_state
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.usage.unknown_keys import find_unknown
from usageline.usage.values import mapping, number
from usageline.usage.values import text as one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.unknown_keys import Path

MOST_BYTES = 1 << 20
MOST_ROWS = 200


def show_schema(env: Mapping[str, str], file: str | None) -> None:
    """Print the keys with their types, of the body in `file` or of the one that Claude Code saw last. UsagelineError where there is none."""
    body, origin = _body_in(file, env) if file is not None else _body_seen(env)
    found = find_unknown(body)
    empty = [path for path, kind in found.items() if kind == "null"]
    table = Table.grid(padding=(0, 2))
    for path, kind in [(path, kind) for path, kind in found.items() if kind != "null"][:MOST_ROWS]:
        table.add_row(text(_name(path)), text(kind, "dim"))
    target = console()
    target.print(text(f"Not used, of {origin}:" if found else f"Every key is used, of {origin}."))
    if table.row_count:
        target.print(table)
    if empty:
        target.print(
            text(
                "null, so that there was nothing to use: "
                + ", ".join(map(_name, empty[:MOST_ROWS])),
                "dim",
            )
        )


def _body_in(file: str, env: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    body = parse_object(read_bytes(file, MOST_BYTES))
    if body is None:
        raise UsagelineError(f"{short(file, env)} holds no JSON object that can be read")
    return body, short(file, env)


def _body_seen(env: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    cached = claude_state.read(env).cached
    body = mapping(cached.get("utilization"))
    if not body:
        raise UsagelineError(
            "Claude Code keeps no usage body here: run /usage in it, or name a file with --body"
        )
    seen_at = local_time((number(cached.get("fetchedAtMs"), 0, 1e15) or 0) / 1000)
    return body, "the body that Claude Code saw last" + (f" ({seen_at})" if seen_at else "")


def _name(path: Path) -> str:
    """`limits[].scope.model.id`."""
    keys = ("[]" if key is None else "." + (one_line(key) or "?") for key in path)
    return "".join(keys).removeprefix(".")
