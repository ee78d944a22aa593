"""`usageline doctor --schema`: the keys of a usage body that the parser does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from usageline.cli.formatting import local_time, short
from usageline.cli.table import console, text
from usageline.core.errors import UsagelineError
from usageline.sources.auth import claude_state
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system.paths import Paths
from usageline.usage.parse import find_unknown
from usageline.usage.values import mapping, number
from usageline.usage.values import text as one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.parse import KeyPath

MAX_BYTES = 1 << 20
MAX_ROWS = 200


def show_unknown_keys(env: Mapping[str, str], file: str | None) -> None:
    """Print the unread keys with their types.

    The body is that in `file`, or the last one that Claude Code received. Raise `UsagelineError`
    if there is none.
    """
    body, origin = _body_in(file, Paths(env)) if file is not None else _last_body(env)
    keys = find_unknown(body)
    empty = [path for path, kind in keys.items() if kind == "null"]
    table = Table.grid(padding=(0, 2))
    for path, kind in [(path, kind) for path, kind in keys.items() if kind != "null"][:MAX_ROWS]:
        table.add_row(text(_name(path)), text(kind, "dim"))
    target = console()
    target.print(
        text(f"Not read from {origin}:" if keys else f"usageline reads every key of {origin}.")
    )
    if table.row_count:
        target.print(table)
    if empty:
        names = ", ".join(map(_name, empty[:MAX_ROWS]))
        target.print(text(f"null, so there was nothing to read: {names}", "dim"))


def _body_in(file: str, paths: Paths) -> tuple[dict[str, Any], str]:
    content = read_bytes(file, MAX_BYTES)
    if content is None:
        raise UsagelineError(f"{short(file, paths)} cannot be read, or is over 1 MiB")
    body = parse_object(content)
    if body is None:
        raise UsagelineError(f"{short(file, paths)} does not contain a JSON object")
    return body, short(file, paths)


def _last_body(env: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    cached = claude_state.read(env).cached
    body = mapping(cached.get("utilization"))
    if not body:
        raise UsagelineError(
            "Claude Code has not stored a usage body: run /usage in it, or name a file with --body"
        )
    received_at = local_time((number(cached.get("fetchedAtMs"), 0, 1e15) or 0) / 1000)
    return body, "the last body that Claude Code received" + (
        f" ({received_at})" if received_at else ""
    )


def _name(path: KeyPath) -> str:
    """Return `limits[].scope.model.id`."""
    keys = ("[]" if key is None else "." + (one_line(key) or "?") for key in path)
    return "".join(keys).removeprefix(".")
