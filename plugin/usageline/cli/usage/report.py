"""Print the rows of `usageline usage`."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.formatting import csv_cell
from usageline.core.formatting import count
from usageline.core.text import sanitize
from usageline.usage.local import price_list
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from usageline.sources.transcripts.files import Report
    from usageline.storage.usage_index.queries import Row

VERSION = 1
MIN_PROGRESS_BYTES = 64 << 20
"""Less is read before a user would look at a bar."""

BAR_CELLS = 20
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

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Show how much is read."""
        if total < MIN_PROGRESS_BYTES or not sys.stderr.isatty():
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


def dollars(picodollars: int, decimals: int = 6) -> str:
    """Return picodollars as a decimal text, rounded half up."""
    unit = PICO // 10**decimals
    rounded = (picodollars + unit // 2) // unit
    return f"{rounded // 10**decimals}.{rounded % 10**decimals:0{decimals}d}"


def as_json(rows: Sequence[Row], total: Row, zone: str) -> str:
    """Return the documented object."""
    return json.dumps(
        {
            "version": VERSION,
            "timezone": zone,
            "rows": [{"key": row.key, **_values(row)} for row in rows],
            "total": _values(total),
        },
        ensure_ascii=True,
    )


def as_csv(rows: Sequence[Row], kind: str) -> str:
    """Return a line for each row, below a line of names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow((kind, *NAMES, "cost_usd", "at_least", "unpriced"))
    for row in rows:
        values = _values(row)
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


def print_table(rows: Sequence[Row], total: Row, kind: str, scanned: Report) -> None:
    """Print a table with totals and a bar of the cost."""
    from rich.table import Table  # noqa: PLC0415 - JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    from usageline.cli.table import console  # noqa: PLC0415 - as above

    target = console()
    if not rows:
        target.print(
            "no responses in this time"
            if scanned.files
            else "there are no transcripts: use Claude Code once"
        )
        return
    wide = target.width >= 100
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_footer=True)
    table.add_column(kind, footer="total", no_wrap=True, overflow="ellipsis")
    columns = ("input", "output", "cache write", "cache read") if wide else ("tokens",)
    for name, value in zip(columns, _cells(total, wide=wide), strict=True):
        table.add_column(name, justify="right", footer=value)
    table.add_column("cost", justify="right", footer=_cost(total))
    most = max(row.cost for row in rows) or 1
    table.add_column("")
    for row in rows:
        cells = max(round(row.cost / most * BAR_CELLS), 1 if row.cost else 0)
        table.add_row(
            Text(_label(row.key, kind)),
            *_cells(row, wide=wide),
            _cost(row),
            Text("█" * cells, "cyan"),
        )
    target.print(table)
    for note in _notes(total, scanned):
        target.print(Text(note, "dim"))


def print_prices() -> None:
    """Print the built-in prices in dollars per million tokens."""
    click.echo(f"dollars per million tokens, from {price_list.SOURCE}")
    click.echo("model                  input   output  5m write  1h write   read")
    for name, entries in price_list.PRICES.items():
        for _, rates, long_from, long, _, _ in entries:
            click.echo(f"{name:20}" + "".join(f"{rate / 10**6:9.3f}" for rate in rates))
            if long:
                label = f"  above {count(long_from)} tokens"
                click.echo(f"{label:20}" + "".join(f"{rate / 10**6:9.3f}" for rate in long))


def _values(row: Row) -> dict[str, Any]:
    return {
        **{name: getattr(row, attribute) for name, attribute in NAMES.items()},
        "cost_usd": dollars(row.cost),
        "at_least": bool(row.unfinished),
        "unpriced": dict(sorted(row.unpriced.items())),
    }


def _cells(row: Row, *, wide: bool) -> tuple[str, ...]:
    if not wide:
        return (count(row.tokens),)
    return (
        count(row.input),
        count(row.output),
        count(row.write_5m + row.write_1h),
        count(row.read),
    )


def _cost(row: Row) -> str:
    mark = "≥" if row.unfinished else ""
    return f"{mark}${dollars(row.cost, 2)}" + (" + unpriced" if row.unpriced else "")


def _label(key: str, kind: str) -> str:
    text = sanitize(key)
    if kind == "project":
        return text.rstrip("/").rpartition("/")[2] or text
    return text


def _notes(total: Row, scanned: Report) -> list[str]:
    notes = []
    if total.unfinished:
        notes.append(
            f"≥: {total.unfinished} responses never got their last line; they count as far as known"
        )
    for model, number in sorted(total.unpriced.items()):
        notes.append(f"unpriced: {number} responses of {sanitize(model)}")
    if scanned.salvaged:
        notes.append(
            f"the index was damaged: {scanned.salvaged} responses of it could still be read"
        )
    if scanned.too_long:
        notes.append(f"{scanned.too_long} lines were too long to read")
    if scanned.unreadable:
        notes.append(f"{scanned.unreadable} transcripts could not be read")
    return notes
