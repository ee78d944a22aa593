"""`usageline org telemetry`: where the traces of the API go, as a table, JSON and CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.columns import Column, column, fitted, print_lines, words, wrapped
from usageline.cli.json_schema import TEXT, UTC_OR_NULL, document, json_object
from usageline.cli.org import wording
from usageline.cli.org.loading import with_org
from usageline.cli.output import csv_table, data_time
from usageline.core.text import sanitize
from usageline.usage.org.settings import ENABLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.text import Text

    from usageline.cli.appearance import Appearance
    from usageline.usage.org.settings import Destination

VERSION = 1
NONE = "there are no destinations: Anthropic sends the API's traces to no one else"
NOTE = (
    "these are traces of the API, without plan limits and metrics of Claude Code: use `usageline "
    "metrics` on each machine, also in a Team plan"
)
CELLS = 16
WORKSPACES = {"include": "some", "exclude": "all but some"}
WORDS = {"type": "string"}
ROW = {
    "id": WORDS,
    "name": {**WORDS, "description": "its name, or its id without one"},
    "endpoint": {**WORDS, "description": "scheme, host and path, without a password or query"},
    "state": {**WORDS, "description": "enabled, disabled, or a new word"},
    "reason": {**TEXT, "description": "why it is disabled"},
    "content": {**TEXT, "description": "metadata_only, content, or a new word; null: no traces"},
    "workspaces": {**WORDS, "description": "all, include, exclude, or a new word"},
    "last_success_at": UTC_OR_NULL,
    "last_error_at": UTC_OR_NULL,
    "last_error": TEXT,
    "failing": {"type": "boolean", "description": "the last delivery failed"},
}
"""The schema of one destination, whose keys are the columns of the CSV."""


@click.command("telemetry")
@click.option("--json", "output", flag_value="json", help="Print the destinations as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the destinations as CSV.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(*, output: str | None, json_schema: bool) -> None:
    """Show where Anthropic sends the traces of the organization's API, and whether they arrive.

    The traces have no metrics of Claude Code: `usageline metrics` has those of each machine.
    """
    if json_schema:
        click.echo(json.dumps(schema(), indent=2))
        return
    from usageline.jobs import org_settings  # noqa: PLC0415 - the HTTP client is slow to import

    destinations = with_org(org_settings.load_destinations, {})
    rows = [plain(one) for one in destinations]
    if output == "json":
        click.echo(json.dumps({"version": VERSION, "destinations": rows}))
    elif output == "csv":
        click.echo(csv_table([*ROW], rows), nl=False)
    else:
        print_lines(lambda look, width: render(destinations, look, width))


def plain(one: Destination) -> dict[str, Any]:
    """Return a destination as it is exported."""
    return {
        "id": one.key,
        "name": one.name,
        "endpoint": one.endpoint,
        "state": one.state,
        "reason": one.reason or None,
        "content": one.content or None,
        "workspaces": one.workspaces,
        "last_success_at": data_time(one.succeeded_at),
        "last_error_at": data_time(one.failed_at),
        "last_error": one.error or None,
        "failing": one.is_failing,
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what `usageline org telemetry --json` prints."""
    properties = {
        "version": {"type": "integer", "const": VERSION},
        "destinations": {"type": "array", "items": json_object(ROW)},
    }
    return document("usageline org telemetry --json", properties)


def render(destinations: Sequence[Destination], look: Appearance, width: int) -> list[Text]:
    """Return the lines for `width` columns."""
    lines = wrapped(NONE, "plain", look, width)
    if destinations:
        lines = fitted(_forms(destinations, look), width, look)
    return [*lines, *wrapped(NOTE, "quiet", look, width)]


def _forms(destinations: Sequence[Destination], look: Appearance) -> Iterator[Sequence[Column]]:
    """Yield the columns, from all of them to name and state."""

    def texts(title: str, values: Iterable[str], keeps: int = 0) -> Column:
        return column(map(sanitize, values), look, "quiet", title=title, keeps=keeps)

    name = column([sanitize(one.name) for one in destinations], look, title="name", keeps=CELLS)
    endpoint = texts("endpoint", (one.endpoint for one in destinations), 2 * CELLS)
    state = Column([_state(one, look) for one in destinations], "state", keeps=CELLS)
    content = texts("content", (one.content.replace("_", " ") or "none" for one in destinations))
    kinds = (one.workspaces for one in destinations)
    workspaces = texts("workspaces", (WORKSPACES.get(kind, kind) for kind in kinds))
    delivered = texts("last delivery", (_time(one.succeeded_at) for one in destinations))
    yield name, endpoint, state, content, workspaces, delivered
    yield name, endpoint, state, delivered
    yield name, state, delivered
    yield name, state


def _state(one: Destination, look: Appearance) -> Text:
    """Return `enabled`, `disabled: redirect`, or the error of the last delivery."""
    if one.state == ENABLED and one.is_failing:
        return words(f"failing: {sanitize(one.error) or 'no reason'}", look, "critical")
    reason = f": {one.reason.replace('_', ' ')}" if one.reason else ""
    style = "plain" if one.state == ENABLED else "warning"
    return words(sanitize(f"{one.state}{reason}"), look, style)


def _time(timestamp: int | None) -> str:
    """Return `25 Nov 08:00 UTC`."""
    return "never" if timestamp is None else wording.time(timestamp)
