"""`usageline accounts` and `usageline --all`: every account that this machine has numbers of.

An account is known by the snapshot of its profile, so no token is read and no request is sent.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.text import Text

from usageline.cli import appearance, table
from usageline.cli.columns import Column, fitted, print_lines
from usageline.cli.limit_rows import ORDER, limit_row, rank
from usageline.cli.profile_accounts import ProfileAccount, all_profiles, refresh_all
from usageline.core import formatting, vocabulary
from usageline.core.errors import UsagelineError
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.cli.appearance import Appearance

NONE_YET = "no account has numbers yet: run usageline refresh, or use Claude Code for a while"


class Form(NamedTuple):
    """What a row has; narrower forms have less."""

    bar_cells: int
    has_reset: bool
    has_long_titles: bool
    has_plan: bool


FORMS = (
    Form(12, True, True, True),
    Form(8, True, True, True),
    Form(8, True, False, True),
    Form(8, True, False, False),
    Form(0, True, False, True),
    Form(0, True, False, False),
    Form(0, False, False, False),
)


@click.command("accounts")
@click.option("--json", "as_json", is_flag=True, help="Print the snapshot of each account.")
@click.option(
    "--refresh", "renew", is_flag=True, help="First refresh the accounts whose numbers are old."
)
def command(*, as_json: bool, renew: bool) -> None:
    """Show the accounts of all Claude Code directories side by side.

    Sends no request without --refresh. A table [profiles.NAME] in config.toml gives an account its
    label.
    """
    env = dict(os.environ)
    if renew:
        refresh_all(env)
    rows = all_profiles(env)
    if as_json:
        click.echo(json.dumps([_as_json(row) for row in rows], indent=2))
        return
    if not rows:
        raise UsagelineError(NONE_YET)
    print_lines(lambda look, width: side_by_side(rows, time.time(), width, look))


def print_all(env: dict[str, str]) -> None:
    """Print the table of every account, each below its label."""
    rows = all_profiles(env)
    if not rows:
        raise UsagelineError(NONE_YET)
    now = time.time()
    for number, row in enumerate(rows):
        look = appearance.current(row.snapshot)
        target = table.console(look)
        if number:
            target.print()
        target.print(look.text(row.label, "name"))
        target.print(table.render_table(row.snapshot, row.credentials, now, target.width, look))


def side_by_side(
    rows: Sequence[ProfileAccount], now: float, width: int, look: Appearance
) -> list[Text]:
    """Return a row for each account, with a column for each limit that fits into `width`."""
    contexts = [look.context(row.snapshot, row.credentials, now) for row in rows]
    limits = _limit_columns(contexts)
    # All limits without bars are worth more than some limits with bars.
    forms = (
        _columns(rows, contexts, limits[:count], form, look)
        for count in range(len(limits), -1, -1)
        for form in FORMS
    )
    return fitted(forms, width, look)


def _columns(
    rows: Sequence[ProfileAccount],
    contexts: Sequence[Any],
    limits: Sequence[tuple[str, str]],
    form: Form,
    look: Appearance,
) -> list[Column]:
    name = vocabulary.title if form.has_long_titles else vocabulary.short_name
    return [
        Column(_heads(rows, contexts, look, has_plan=form.has_plan)),
        *(
            Column([_limit_cell(ctx, limit, form, look) for ctx in contexts], name(*limit))
            for limit in limits
        ),
        Column([_age(row, ctx, look) for row, ctx in zip(rows, contexts, strict=True)]),
    ]


def _limit_columns(contexts: Iterable[Any]) -> list[tuple[str, str]]:
    """Return kind and label of each limit: the 5-hour limit, the weekly one, then the others."""
    limits = dict.fromkeys(
        (window.kind, "" if window.kind in ORDER else window.label)
        for ctx in contexts
        for window in ctx.windows
    )
    return sorted(limits, key=lambda limit: rank(limit[0]))


def _heads(
    rows: Sequence[ProfileAccount], contexts: Sequence[Any], look: Appearance, *, has_plan: bool
) -> list[Text]:
    marks = ("> ", "  ") if look.ascii else ("› ", "  ")
    names = max(display_width(sanitize(row.label)) for row in rows)
    heads = []
    for row, ctx in zip(rows, contexts, strict=True):
        head = look.text(marks[0] if row.is_current else marks[1], "name")
        label = sanitize(row.label)
        head += look.text(
            label + " " * (names - display_width(label)), "name" if row.is_current else "plain"
        )
        heads.append(head + look.text(f"  {ctx.plan}" if ctx.plan and has_plan else "", "quiet"))
    return heads


def _limit_cell(ctx: Any, limit: tuple[str, str], form: Form, look: Appearance) -> Text:
    window = next(
        (
            window
            for window in ctx.windows
            if window.kind == limit[0] and (not limit[1] or window.label == limit[1])
        ),
        None,
    )
    if window is None:
        return Text()
    row = limit_row(window, ctx.now, look.clock)
    cell = look.bar(row.percent, form.bar_cells, row.severity, row.mark)
    cell += look.number(row.percent, row.severity, 5)
    if form.has_reset:
        words = row.brief if row.brief.startswith("in ") else f"{row.brief} {row.second}".strip()
        cell += look.text(f" {words}" if words else "", "quiet")
    return cell


def _age(row: ProfileAccount, ctx: Any, look: Appearance) -> Text:
    why = table.reason(row.snapshot, ctx)
    age = "" if ctx.age_s is None else formatting.age(ctx.age_s)
    separator = look.terminal.glyphs["dot"]
    return look.text(separator.join(filter(None, (age, why))), "warning" if why else "quiet")


def _as_json(row: ProfileAccount) -> dict[str, Any]:
    return {
        "label": row.label,
        "profile": row.profile,
        "directory": row.directory,
        "current": row.is_current,
        "snapshot": row.snapshot,
    }
