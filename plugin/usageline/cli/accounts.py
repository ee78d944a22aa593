"""`usageline accounts` and `usageline --all`: every account that this machine has numbers of.

An account is known by the snapshot of its profile, so no token is read and no request is sent.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.text import Text

from usageline.cli import appearance, table
from usageline.cli.limit_rows import limit_row
from usageline.config import file, profiles
from usageline.config.validate import NO_VALUES, Values, validate
from usageline.core import formatting, freshness, json_file, limit_names, paths
from usageline.core.errors import UsagelineError
from usageline.core.text import display_width, sanitize
from usageline.line import view
from usageline.system import origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from usageline.cli.appearance import Appearance

PROFILE_KEY = re.compile(r"default|[0-9a-f]{16}", re.ASCII)
MAX_PROFILES = 32
GAP = 2
KNOWN_KINDS = ("session", "weekly_all")
NONE_YET = "no account has numbers yet: run usageline refresh, or use Claude Code for a while"


@dataclass(frozen=True, slots=True)
class ProfileAccount:
    """The account of one profile.

    `name` is the user's label, "" without one, and `label` what is shown instead. `profile` is the
    name of its cache directory. `directory` is its Claude Code directory, None if unknown.
    `credentials` is the fingerprint of its sign-in now.
    """

    name: str
    label: str
    profile: str
    directory: str | None
    snapshot: dict[str, Any]
    credentials: str
    is_current: bool

    @property
    def account(self) -> str | None:
        """Return the key of the account, by which its history is stored."""
        key = self.snapshot.get("account")
        return key if isinstance(key, str) else None


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
def command(*, as_json: bool) -> None:
    """Show the accounts of all Claude Code directories side by side.

    Sends no request. A section [profiles.NAME] of config.toml gives an account its label.
    """
    env = dict(os.environ)
    rows = all_profiles(env)
    if as_json:
        click.echo(json.dumps([_as_json(row) for row in rows], indent=2))
        return
    if not rows:
        raise UsagelineError(NONE_YET)
    current = next((row.snapshot for row in rows if row.is_current), None)
    look = appearance.current(current)
    target = table.console(look)
    for line in side_by_side(rows, time.time(), target.width, look):
        target.print(line, no_wrap=True, crop=False, overflow="ignore")


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


def all_profiles(env: Mapping[str, str]) -> list[ProfileAccount]:
    """Return the accounts of all profiles, the current one first, then by label.

    Two profiles of one account are one row: the one with the newer numbers.
    """
    values = _values(env)
    directories = _directories(env, values)
    own = paths.profile(env)
    rows = []
    for key in _profile_keys(env, own):
        snapshot = _snapshot_of(key, env)
        if snapshot is None:
            continue
        name, directory = directories.get(key, ("", None))
        rows.append(
            ProfileAccount(
                name,
                name or _fallback_label(key, directory, env),
                key,
                directory,
                snapshot,
                _credentials(env, snapshot, directory, is_current=key == own),
                key == own,
            )
        )
    rows = list(_one_for_each_account(rows))
    rows.sort(key=lambda row: (not row.is_current, row.label.casefold(), row.profile))
    return rows


def labels(env: Mapping[str, str]) -> dict[str, str]:
    """Return the user's labels of accounts, by the keys under which their history is stored."""
    return {row.account: row.name for row in all_profiles(env) if row.name and row.account}


def side_by_side(
    rows: Sequence[ProfileAccount], now: float, width: int, look: Appearance
) -> list[Text]:
    """Return a row for each account, with a column for each limit that fits into `width`."""
    contexts = [
        view.build(None, row.snapshot, row.credentials, {}, now).replaced(half_days=look.half_days)
        for row in rows
    ]
    limits = _limit_columns(contexts)
    ages = [_age(row, ctx, look) for row, ctx in zip(rows, contexts, strict=True)]
    # All limits without bars are worth more than some limits with bars.
    for count in range(len(limits), -1, -1):
        for form in FORMS:
            heads = _heads(rows, contexts, look, has_plan=form.has_plan)
            cells = [
                [_limit_cell(ctx, limit, form, look) for ctx in contexts]
                for limit in limits[:count]
            ]
            name = limit_names.title if form.has_long_titles else limit_names.short_name
            titles = ["", *(sanitize(name(*limit)) for limit in limits[:count]), ""]
            lines = _joined(titles, [heads, *cells, ages], look)
            if max(line.cell_len for line in lines) <= width:
                return lines
    for line in lines:
        line.truncate(max(width, 1), overflow="ellipsis")
    return lines


def _joined(
    titles: Sequence[str], columns: Sequence[Sequence[Text]], look: Appearance
) -> list[Text]:
    """Return the rows below their titles, with aligned columns."""
    widths = [
        max([display_width(title), *(cell.cell_len for cell in column)])
        for title, column in zip(titles, columns, strict=True)
    ]
    lines = []
    heading = Text()
    for title, cells in zip(titles, widths, strict=True):
        heading += look.text(title + " " * (cells - display_width(title) + GAP), "label")
    if any(titles):
        lines.append(heading)
    for row in zip(*columns, strict=True):
        line = Text()
        for cell, cells in zip(row, widths, strict=True):
            line += cell + Text(" " * (cells - cell.cell_len + GAP))
        lines.append(line)
    for line in lines:
        line.rstrip()
    return lines


def _limit_columns(contexts: Iterable[Any]) -> list[tuple[str, str]]:
    """Return kind and label of each limit: the 5-hour limit, the weekly one, then the others."""
    limits = dict.fromkeys(
        (window.kind, "" if window.kind in KNOWN_KINDS else window.label)
        for ctx in contexts
        for window in ctx.windows
    )
    order = {kind: index for index, kind in enumerate(KNOWN_KINDS)}
    return sorted(limits, key=lambda limit: order.get(limit[0], len(order)))


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
    cell = Text()
    if form.bar_cells:
        cell = (
            Text(" " * form.bar_cells)
            if row.percent is None
            else look.bar(row.percent, form.bar_cells, row.severity, row.mark)
        )
    number = look.terminal.glyphs["unknown"] if row.percent is None else f"{int(row.percent)}%"
    cell += look.text(f"{number:>5}", "plain" if row.percent is None else row.severity)
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


def _snapshot_of(key: str, env: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the snapshot of a profile by its key, None without a usable one."""
    cache = os.path.dirname(paths.cache_dir(env))
    snapshot: dict[str, Any] | None = json_file.json_file(f"{cache}/{key}/snapshot.json")
    if snapshot is None or snapshot.get("version") != paths.SNAPSHOT_VERSION:
        return None
    return snapshot


def _profile_keys(env: Mapping[str, str], own: str) -> list[str]:
    try:
        names = sorted(os.listdir(os.path.dirname(paths.cache_dir(env))))
    except OSError:
        return []
    keys = [name for name in names if PROFILE_KEY.fullmatch(name) and name != own]
    return [*([own] if own in names else []), *keys[:MAX_PROFILES]]


def _directories(env: Mapping[str, str], values: Values) -> dict[str, tuple[str, str | None]]:
    """Return the label, "" without one, and the Claude Code directory of each profile's key.

    Those of config.toml come first, then the directories `~/.claude…` that exist.
    """
    home = paths.home(env).rstrip("/")
    known: dict[str, tuple[str, str | None]] = {profiles.DEFAULT: ("", home + "/.claude")}
    try:
        names = [name for name in os.listdir(home) if name.startswith(".claude")]
    except OSError:
        names = []
    for name in names:
        path = f"{home}/{name}"
        known[paths.settings_profile({"CLAUDE_CONFIG_DIR": path})] = ("", path)
    own = env.get("CLAUDE_CONFIG_DIR")
    if own:
        known[paths.settings_profile(env)] = ("", own.rstrip("/"))
    for name in values.profiles:
        path = profiles.directory(name, values, env) or home + "/.claude"
        for key in profiles.keys(name, values, env):
            known[key] = (profiles.label(name, values), path)
    return known


def _fallback_label(key: str, directory: str | None, env: Mapping[str, str]) -> str:
    if directory is None:
        return f"profile {key[:8]}"
    home = paths.home(env).rstrip("/")
    return "~" + directory[len(home) :] if directory.startswith(home + "/") else directory


def _credentials(
    env: Mapping[str, str], snapshot: dict[str, Any], directory: str | None, *, is_current: bool
) -> str:
    """Return the fingerprint of a profile's sign-in now; if its file is unknown, as it was."""
    if is_current:
        return str(freshness.file_fingerprint(paths.claude_credentials(env)))
    if directory is not None:
        return str(freshness.file_fingerprint(directory + "/.credentials.json"))
    known = snapshot.get("credentials")
    return known if isinstance(known, str) else ""


def _one_for_each_account(rows: Iterable[ProfileAccount]) -> Iterable[ProfileAccount]:
    by_account: dict[str, ProfileAccount] = {}
    for row in rows:
        key = row.account or row.profile
        other = by_account.get(key)
        if other is None:
            by_account[key] = row
            continue
        first, second = (other, row) if other.is_current or not row.is_current else (row, other)
        name = first.name or second.name
        newer = max(first, second, key=_observed_at)
        by_account[key] = replace(
            first,
            name=name,
            label=name or first.label,
            snapshot=newer.snapshot,
            credentials=newer.credentials,
        )
    return by_account.values()


def _observed_at(row: ProfileAccount) -> float:
    at = row.snapshot.get("observed_at")
    return at if isinstance(at, int | float) else 0


def _values(env: Mapping[str, str]) -> Values:
    try:
        path = origin.config_file(env)
    except LookupError:
        return NO_VALUES
    return _values_at(path, freshness.file_fingerprint(path))


@lru_cache(maxsize=2)
def _values_at(path: str, _stamp: str) -> Values:
    """Return the valid values of the file; `_stamp` is its fingerprint."""
    try:
        return validate(file.read_text(path) or "").values
    except file.UnusableFile:
        return NO_VALUES
