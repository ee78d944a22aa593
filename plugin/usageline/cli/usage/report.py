"""The rows of `usageline usage` as JSON and CSV, the prices, and the progress of a build."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.formatting import csv_cell
from usageline.cli.usage.result import dollars
from usageline.core.formatting import count
from usageline.core.text import sanitize
from usageline.usage.local import price_list
from usageline.usage.local.prices import PER_MILLION, own_prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from usageline.storage.usage_index.queries import Row

VERSION = 1
MIN_PROGRESS_BYTES = 64 << 20
"""Less is read before a user would look at a bar."""

NAMES = {
    "input": "input",
    "output": "output",
    "cache_write_5m": "write_5m",
    "cache_write_1h": "write_1h",
    "cache_read": "read",
    "web_searches": "searches",
    "responses": "responses",
}
"""The counts in JSON and CSV, and those of a row."""


class Progress:
    """A bar on the terminal while much is read for the first time."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much is read."""
        if self._quiet or total < MIN_PROGRESS_BYTES or not sys.stderr.isatty():
            return
        if self._bar is None:
            self._bar = click.progressbar(
                length=total, label="Reading transcripts", file=sys.stderr
            )
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def end(self) -> None:
        """Finish the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


def zone_name(zone: tzinfo, asked: str | None) -> str:
    """Return the name of the zone in which the days are."""
    return asked or getattr(zone, "key", None) or str(zone)


def as_json(rows: Sequence[Row], total: Row, zone: str) -> str:
    """Return the documented object."""
    return json.dumps(
        {
            "version": VERSION,
            "timezone": zone,
            "rows": [{"key": row.key, **fields(row)} for row in rows],
            "total": fields(total),
        },
        ensure_ascii=True,
    )


def as_csv(rows: Sequence[Row], kind: str) -> str:
    """Return a line for each row, below a line of names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow((kind, *NAMES, "cost_usd", "at_least", "unpriced"))
    for row in rows:
        values = fields(row)
        lines.writerow(
            (
                csv_cell(row.key),
                *(values[name] for name in NAMES),
                values["cost_usd"],
                "yes" if values["at_least"] else "",
                csv_cell("; ".join(f"{name}: {number}" for name, number in row.unpriced.items())),
            )
        )
    return text.getvalue()


def print_prices(own: Mapping[str, Mapping[str, float]]) -> None:
    """Print the built-in prices in dollars per million tokens, and a user's own."""
    for name, (price,) in own_prices(own).items():
        row = "".join(f"{rate / PER_MILLION:9.3f}" for rate in price.rates)
        click.echo(f"{sanitize(name):20}{row}  local.prices")
    click.echo(f"dollars per million tokens, from {price_list.SOURCE}")
    click.echo("model                  input   output  5m write  1h write   read")
    for name, entries in price_list.PRICES.items():
        for _, rates, long_from, long, _, _ in entries:
            click.echo(f"{name:20}" + "".join(f"{rate / PER_MILLION:9.3f}" for rate in rates))
            if long:
                label = f"  above {count(long_from)} tokens"
                click.echo(f"{label:20}" + "".join(f"{rate / PER_MILLION:9.3f}" for rate in long))


def fields(row: Row) -> dict[str, Any]:
    """Return the fields of a row in JSON, without its key."""
    return {
        **{name: getattr(row, attribute) for name, attribute in NAMES.items()},
        "cost_usd": dollars(row.cost),
        "at_least": bool(row.unfinished),
        "unpriced": dict(sorted(row.unpriced.items())),
    }
