"""The commands and their options.

Exit statuses: 0 success, 1 a problem that is reported, 2 wrong usage.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click

from usageline import __version__
from usageline.cli.table import print_table
from usageline.core import formatting, freshness, json_file, paths, windows
from usageline.core.environment import fill_in_home
from usageline.core.errors import UsagelineError
from usageline.line import view
from usageline.line.segments import limits
from usageline.system.terminal import adapt_output, sanitize_lines
from usageline.usage.values import text

if TYPE_CHECKING:
    from usageline.refresh.outcome import Outcome


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--json", "as_json", is_flag=True, help="Print the snapshot that the status line reads."
)
@click.version_option(__version__, prog_name="usageline")
@click.pass_context
def cli(context: click.Context, *, as_json: bool) -> None:
    """Show plan usage and reset times: every limit and credit of the signed-in account."""
    env = dict(os.environ)
    if context.invoked_subcommand in (None, "config", "refresh", "watch"):
        _detect_background(env)
    if context.invoked_subcommand is not None:
        return
    snapshot = current_snapshot(env, renew=not as_json)
    if as_json:
        click.echo(json.dumps(snapshot, indent=2))
    else:
        print_table(
            snapshot, freshness.file_fingerprint(paths.claude_credentials(env)), time.time()
        )


@cli.command()
@click.option(
    "--force",
    is_flag=True,
    help="Send a request even if none is due; cooldowns of the service still apply.",
)
def refresh(*, force: bool) -> None:
    """Refresh the numbers now, unless they are still fresh."""
    from usageline.refresh.run import refresh as run  # noqa: PLC0415 - the table needs none of it

    outcome = run(dict(os.environ), force=force)
    if outcome.took_over:
        click.echo("killed a hung refresh")
    if outcome.state == "failed" or _waits_after_failure(outcome):
        raise UsagelineError(describe(outcome))
    click.echo(describe(outcome))


@cli.command()
@click.option("--credentials", "path", metavar="PATH", help="Show the sign-in in this file.")
def info(*, path: str | None) -> None:
    """Show the sign-in: plan, scopes, expiry.

    Exits with 1 if it cannot read usage.
    """
    from usageline.cli.info import show_info  # noqa: PLC0415 - the table needs none of it

    show_info(dict(os.environ), path)


@cli.command()
@click.option(
    "--schema",
    is_flag=True,
    help="Show the keys of the newest usage body that usageline does not read, without values.",
)
@click.option("--body", metavar="FILE", help="With --schema: use the body in FILE.")
@click.option("--log", is_flag=True, help="Show the last refreshes, why each ran and how it ended.")
@click.option(
    "--lines",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="With --log: number of entries (default 50).",
)
def doctor(*, schema: bool, body: str | None, log: bool, lines: int | None) -> None:
    """Check each step from the settings to the numbers, with advice. Sends no request."""
    if body is not None and not schema:
        raise click.UsageError("--body requires --schema")
    if lines is not None and not log:
        raise click.UsageError("--lines requires --log")
    if schema and log:
        raise click.UsageError("--schema and --log cannot be combined")
    env = dict(os.environ)
    if schema:
        from usageline.cli.schema import show_schema  # noqa: PLC0415 - as above

        show_schema(env, body)
    elif log:
        from usageline.cli.log import show_log  # noqa: PLC0415 - as above

        show_log(env, lines or 50)
    else:
        from usageline.cli.doctor import run_checks  # noqa: PLC0415 - as above

        sys.exit(run_checks(env))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--for",
    "form",
    type=click.Choice(["plain", "starship", "tmux", "json"]),
    default="plain",
    help="Output format.",
)
@click.option("--width", type=click.IntRange(1), default=200, help="Maximum width in columns.")
def line(*, form: str, width: int) -> None:
    """Print the line for use in another program: tmux, a prompt, a bar.

    It reads the snapshot and starts nothing.
    """
    from usageline.line import embed  # noqa: PLC0415 - the table needs none of it

    click.echo(embed.embedded_line(dict(os.environ), form, width, time.time()))


@cli.command()
def watch() -> None:
    """Show the table live, redrawn each second and refreshed when due. Quit with Ctrl-C."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        raise click.UsageError(
            "this terminal cannot move the cursor: use `usageline`, which prints the table once"
        )
    from usageline.cli.watch import watch as show  # noqa: PLC0415 - the table needs none of it

    show(dict(os.environ))


@cli.command()
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=7,
    show_default=True,
    metavar="N",
    help="Show the last N days.",
)
@click.option(
    "--limit",
    metavar="KIND",
    help="Show one limit, by kind (`session`, `weekly_all`, …) or label.",
)
@click.option("--account", metavar="KEY", help="Show another account than the one signed in.")
@click.option("--svg", metavar="FILE", help="Write an SVG picture to FILE.")
@click.option("--png", metavar="FILE", help="Write a PNG picture to FILE (needs the extra `png`).")
@click.option("--csv", "output", flag_value="csv", help="Print the readings as CSV.")
@click.option("--json", "output", flag_value="json", help="Print the readings as JSON.")
@click.option("--heatmap", is_flag=True, help="Show only the heatmap of the 5-hour limit.")
def history(**options: Any) -> None:
    """Show usage over time: a chart of each limit, and a heatmap of the hours.

    Sends no request.
    """
    pictures = (options["svg"], options["png"])
    if options["output"] and (options["heatmap"] or pictures != (None, None)):
        raise click.UsageError(
            f"--{options['output']} cannot be combined with --svg, --png or --heatmap"
        )
    from usageline.cli.history import HistoryOptions, show_history  # noqa: PLC0415 - as above

    options["output"] = options["output"] or ""
    show_history(dict(os.environ), HistoryOptions(**options))


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def config(arguments: tuple[str, ...]) -> None:
    """Create, show, change, check and preview the configuration (see `config --help`)."""
    from usageline.cli.config.group import group  # noqa: PLC0415 - the table needs none of it

    group.main([*arguments], prog_name="usageline config")


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def install(arguments: tuple[str, ...]) -> None:
    """Add the status line and the hook to Claude Code's settings, as install.sh does."""
    sys.exit(setup([*arguments], "usageline install"))


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def uninstall(arguments: tuple[str, ...]) -> None:
    """Restore everything that the installation changed."""
    sys.exit(setup(["--uninstall", *arguments], "usageline uninstall"))


def setup(arguments: list[str], program: str) -> int:
    """Run the installer with the arguments of install.sh; return its exit status."""
    from usageline.setup.command import run  # noqa: PLC0415 - nothing else needs it

    return run(arguments, program)


def current_snapshot(env: dict[str, str], *, renew: bool) -> dict[str, Any]:
    """Return the snapshot. Refresh first if there is none, or with `renew` if one is due."""
    snapshot: dict[str, Any] | None = json_file.json_file(paths.snapshot(env))
    is_due = freshness.is_stale(
        snapshot, freshness.file_fingerprint(paths.claude_credentials(env)), time.time()
    )
    if snapshot is None or (renew and is_due):
        from usageline.refresh.run import refresh as run  # noqa: PLC0415 - slow to import

        outcome = run(env)
        snapshot = json_file.json_file(paths.snapshot(env)) or snapshot
        if snapshot is None:
            raise UsagelineError(f"there is no usage to show yet: {describe(outcome)}")
    return snapshot


def describe(outcome: Outcome) -> str:
    """Return how a refresh ended, in words."""
    snapshot = outcome.snapshot or {}
    if outcome.problem:
        return outcome.problem
    if outcome.state == "busy":
        return "another refresh is under way"
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    next_refresh = (
        "" if due_at is None else f"; next refresh at {formatting.clock(due_at, time.time())}"
    )
    if outcome.state == "failed" or _waits_after_failure(outcome):
        ctx = view.build(None, snapshot, snapshot.get("credentials"), {}, time.time())
        detail = text(snapshot.get("detail")) or ctx.detail
        reason = sanitize_lines(
            f"{limits.reason(ctx)} ({detail})" if detail else str(limits.reason(ctx))
        )
        return reason if outcome.state == "failed" else reason + next_refresh
    return ("refreshed" if outcome.state == "refreshed" else "up to date") + next_refresh


def _detect_background(env: dict[str, str]) -> None:
    """Query the terminal for a dark or light background, if Claude Code's theme depends on it."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return
    from usageline.sources.auth import claude_state  # noqa: PLC0415 - as above
    from usageline.system import terminal_background  # noqa: PLC0415 - only in a terminal

    with contextlib.suppress(LookupError):
        if claude_state.read(env).theme == claude_state.AUTO:
            terminal_background.detect(env)


def _waits_after_failure(outcome: Outcome) -> bool:
    return outcome.state == "not-due" and (outcome.snapshot or {}).get("status") != "ok"


def main() -> NoReturn:
    """Run the command. Report errors without a traceback."""
    adapt_output()
    fill_in_home(os.environ)
    try:
        try:
            cli(prog_name="usageline")
        finally:
            sys.stdout.flush()
    except UsagelineError as problem:
        click.echo(f"usageline: {sanitize_lines(str(problem))}", err=True)
    except LookupError as problem:  # no HOME
        click.echo(f"usageline: {problem.args[0]}", err=True)
    except ImportError as error:
        click.echo(f"usageline: {error}: the program is incomplete: run install.sh again", err=True)
    except OSError as error:  # mostly a full or missing disk
        where = f"{sanitize_lines(str(error.filename))}: " if error.filename else ""
        if not isinstance(error, BrokenPipeError):  # a closed pipe (`usageline | head`)
            click.echo(f"usageline: {where}{error.strerror or error}", err=True)
        # Python flushes stdout again at exit, and a second failure would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - the edge of the process
        click.echo(
            f"usageline: {sanitize_lines(f'{type(error).__name__}: {error}')}; please report it",
            err=True,
        )
    sys.exit(1)
