"""The rows of `usageline usage` as JSON and CSV, the prices, and the progress of a build."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from usageline.cli.output import csv_text
from usageline.cli.usage.result import dollars
from usageline.core.formatting import count, utc_time
from usageline.core.text import sanitize
from usageline.usage.local import price_list
from usageline.usage.local.prices import PER_MILLION, SEARCH, own_prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from usageline.storage.usage_index.queries import Row

VERSION = 1
MIN_PROGRESS_BYTES = 64 << 20
"""Reading less ends before a bar would help."""

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

CSV_NAMES = (*NAMES, "cost_usd", "at_least", "unpriced")


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
            import click  # noqa: PLC0415 - slow to import

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


def as_json(rows: Iterable[dict[str, Any]], total: Row, zone: str) -> str:
    """Return the documented object."""
    import json  # noqa: PLC0415 - a table needs none

    return json.dumps(
        {"version": VERSION, "timezone": zone, "rows": [*rows], "total": fields(total)}
    )


def as_csv(rows: Sequence[Row], kind: str) -> str:
    """Return a line for each row, below a line of names."""
    lines = (
        (
            row.key,
            *csv_values(row),
            "; ".join(f"{name}: {number}" for name, number in row.unpriced.items()),
        )
        for row in rows
    )
    return csv_text((kind, *CSV_NAMES), lines)


def csv_values(row: Row) -> tuple[object, ...]:
    """Return the values of a row for `CSV_NAMES`, without the last one."""
    values = fields(row)
    counts = (values[name] for name in NAMES)
    return (*counts, values["cost_usd"], values["at_least"])


def print_prices(own: Mapping[str, Mapping[str, float]]) -> None:
    """Print the built-in prices in dollars per million tokens, and a user's own."""
    lines = [
        f"{sanitize(name):20}{_rates(price.rates)}  local.prices"
        for name, (price,) in own_prices(own).items()
    ]
    lines += [
        f"dollars per million tokens on {price_list.DATE}, from {price_list.SOURCE}",
        "model                  input   output  5m write  1h write   read   fast    US",
    ]
    for name, entries in price_list.PRICES.items():
        for since, rates, long_from, long, fast, has_us in entries:
            label = f"  since {utc_time(since // 1000):.10}" if since else name
            times = f"{f'x{fast}' if fast else '':>7}{'x1.1' if has_us else '':>6}"
            lines.append(f"{label:20}{_rates(rates)}{times}".rstrip())
            if long:
                lines.append(f"{f'  above {count(long_from)} tokens':20}{_rates(long)}")
    print_text("\n".join([*lines, f"a web search costs ${dollars(SEARCH, 2)}"]))


def _rates(rates: Iterable[int]) -> str:
    return "".join(f"{rate / PER_MILLION:9.3f}" for rate in rates)


def print_text(text: str) -> None:
    """Print a text. `click` takes longer to import than the rows to sum."""
    sys.stdout.write(f"{text}\n")


def fields(row: Row) -> dict[str, Any]:
    """Return the fields of a row in JSON, without its key."""
    return {
        **{name: getattr(row, attribute) for name, attribute in NAMES.items()},
        "cost_usd": dollars(row.cost),
        "at_least": bool(row.unfinished),
        "unpriced": dict(sorted(row.unpriced.items())),
    }
