"""The command `usageline metrics`."""

from __future__ import annotations

import os
import time

import click

from usageline.core.errors import UsagelineError
from usageline.system.paths import Paths
from usageline.usage.metrics import METRICS

NO_NUMBERS = "there are no numbers yet: run usageline refresh"


class WithMetrics(click.Command):
    """A command whose help lists the metrics."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names, labels and meanings of the metrics."""
        del ctx
        with formatter.section("Metrics"):
            formatter.write_dl(
                [
                    (f"{metric.name}{{{','.join(metric.labels)}}}", metric.help)
                    for metric in METRICS
                ],
                col_max=10,
            )


@click.command("metrics", cls=WithMetrics)
@click.option("--openmetrics", is_flag=True, help="Print OpenMetrics text.")
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help="Serve the metrics over HTTP at /metrics, for example on 127.0.0.1:9718.",
)
@click.option(
    "--public",
    is_flag=True,
    help="With --listen: allow an address that other machines can reach. There is no sign-in.",
)
@click.option("--rules", is_flag=True, help="Print recording and alert rules for Prometheus.")
@click.option("--dashboard", is_flag=True, help="Print a dashboard for Grafana.")
def command(
    *, openmetrics: bool, listen: str | None, public: bool, rules: bool, dashboard: bool
) -> None:
    """Print the limits, credits and local usage as Prometheus metrics.

    The numbers are the last ones of each account on this machine: no request is sent. docs/FLEET.md
    has the set-up of node_exporter, Prometheus, Grafana and OpenTelemetry.
    """
    if sum((openmetrics, listen is not None, rules, dashboard)) > 1:
        raise click.UsageError("use one of --openmetrics, --listen, --rules and --dashboard")
    if public and listen is None:
        raise click.UsageError("--public is for --listen")
    if rules:
        from usageline.cli.metrics import rules as alert_rules  # noqa: PLC0415 - seldom

        click.echo(alert_rules.RULES, nl=False)
    elif dashboard:
        from usageline.cli.metrics import dashboard as panels  # noqa: PLC0415 - as above

        click.echo(panels.as_json())
    elif listen is not None:
        from usageline.cli.metrics import listener  # noqa: PLC0415 - as above

        listener.serve(listen, Paths(dict(os.environ)), is_public=public)
    else:
        _print(Paths(dict(os.environ)), is_open=openmetrics)


def _print(paths: Paths, *, is_open: bool) -> None:
    from usageline.refresh.metrics.publish import collect  # noqa: PLC0415 - slow to import
    from usageline.refresh.metrics.text import open_metrics, prometheus  # noqa: PLC0415

    samples = collect(paths, time.time())
    if not samples:
        raise UsagelineError(NO_NUMBERS)
    text = open_metrics(samples) if is_open else prometheus(samples)
    click.echo(text.decode(), nl=False)
