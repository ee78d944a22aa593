"""Generate the table of metrics in docs/FLEET.md:
`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.fleet`.

It is between `<!-- metrics -->` and `<!-- end -->`; the text around it is written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path

from usageline.usage.metrics import METRICS

FILE = Path(__file__).parent.parent / "docs" / "FLEET.md"


def written(text: str) -> str:
    """Return the file with its table replaced."""
    return re.sub(
        r"(<!-- metrics -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{_table()}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )


def _table() -> str:
    rows = [
        ("in Prometheus", "labels", "in OpenTelemetry, unit", "what it is"),
        ("---",) * 4,
        *(
            (
                f"`{metric.name}`",
                ", ".join(f"`{label}`" for label in metric.labels),
                f"`{metric.otel}`" + (f", `{metric.unit}`" if metric.unit else ""),
                metric.help,
            )
            for metric in METRICS
        ),
    ]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text("utf-8")), "utf-8")
