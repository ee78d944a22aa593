"""Read what is new, sum it, and print it in the form that is asked for."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.cli.days import read_day, time_zone
from usageline.cli.output import echo_data, write_files
from usageline.cli.usage import report
from usageline.cli.usage.result import (
    NO_RESPONSES,
    NO_TRANSCRIPTS,
    NONE_READABLE,
    Result,
    account_names,
    in_order,
    notes,
    project_names,
)
from usageline.config import local as local_config
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.jobs import local_usage
from usageline.sources.transcripts import files, roots
from usageline.storage.usage_index.selection import (
    KINDS,
    UNKNOWN,
    Range,
    by_account,
    comparisons,
    owners,
    sessions_of,
    shares,
    sums,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.sources.transcripts.files import Report
    from usageline.storage.usage_index.database import Index
    from usageline.storage.usage_index.queries import Row

ALL_KINDS = (*KINDS, "account", "block")
NONE_NAMED = (
    "no transcript names an account: Claude Code writes it only in sessions that are also open "
    "elsewhere, such as in a browser"
)


class Request(NamedTuple):
    """Which responses to sum, and by what. `places` replace the user's own directories."""

    kind: str
    since: str | None
    until: str | None
    tz: str | None
    project: str | None
    model: str | None
    account: str | None
    places: tuple[str, ...]

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Return the request of a command line. Raise UsageError or UsagelineError without one."""
        words = {name: options[name] for name in cls._fields if name != "places"}
        request = cls(places=(*options["other_roots"], *options["directories"]), **words)
        chosen = request.chosen()  # a mistake is reported before anything is read
        if chosen.since and chosen.until and chosen.since > chosen.until:
            raise UsagelineError(f"--since {chosen.since} is after --until {chosen.until}")
        for place in request.places:
            if not os.path.isdir(place):
                raise UsagelineError(f"--roots: {sanitize(place)} is not a directory")
        return request

    def chosen(self) -> Range:
        """Return the range without an account. Its days may depend on today."""
        zone = time_zone(self.tz)
        return Range(
            zone, read_day(self.since, zone), read_day(self.until, zone), self.project, self.model
        )

    def chosen_in(self, index: Index, env: dict[str, str]) -> Range:
        """Return the range, with the sessions of the account that is asked for."""
        if self.account is None:
            return self.chosen()
        known = owners(index)
        account = _account(env, self.account, known)
        return self.chosen()._replace(sessions=sessions_of(index, account, known))


def _account(env: dict[str, str], requested: str, owners: Mapping[str, str]) -> str:
    """Return the key of the account with that label or key, or the beginning of one."""
    from usageline.cli.profile_accounts import listed, matching  # noqa: PLC0415 - seldom

    if not owners:
        raise UsagelineError(NONE_NAMED)
    called = account_names(env, [*sorted(set(owners.values())), UNKNOWN])
    matches = matching(requested, called)
    if len(matches) == 1:
        return matches[0]
    raise UsagelineError(
        f"{sanitize(requested)!r} is not one account: choose from {listed(called)}"
    )


def run(request: Request, options: Mapping[str, Any]) -> None:
    """Print or write what the options ask for."""
    env = dict(os.environ)
    if options["check"]:
        _check(env, request, as_json=options["output"] == "json")
    elif options["output"]:
        _print_data(env, request, options["output"])
    elif options["html"] is not None or options["svg"] is not None:
        _write_files(env, request, options)
    else:
        _show(env, request, watch=options["watch"])


@contextlib.contextmanager
def _opened(
    env: dict[str, str], request: Request, *, quiet: bool = False
) -> Iterator[tuple[Index, Report]]:
    """Yield the index with everything that is new, and what was read."""
    progress = report.Progress(quiet=quiet)
    opened: Any = (
        local_usage.temporary_index(
            request.places, local_config.load(env).prices, progress=progress
        )
        if request.places
        else local_usage.updated(env, progress=progress)
    )
    with opened as (index, scanned):
        progress.end()
        yield index, scanned


def _sums(
    index: Index, env: dict[str, str], request: Request, chosen: Range
) -> tuple[list[Row], Row, dict[str, int]]:
    if request.kind == "account":
        sessions, total = sums(index, "session", chosen)
        return by_account(sessions, owners(index)), total, {}
    if request.kind != "block":
        return (*sums(index, request.kind, chosen), {})
    from usageline.cli.usage import limits  # noqa: PLC0415 - as above

    return limits.by_window(index, None if request.places else env, chosen)


def _print_data(env: dict[str, str], request: Request, output: str) -> None:
    with _opened(env, request) as (index, _):
        chosen = request.chosen_in(index, env)
        rows, total, _ = _sums(index, env, request, chosen)
    if output == "json":
        entries = ({"key": row.key, **report.fields(row)} for row in rows)
        zone = report.zone_name(chosen.zone, request.tz)
        report.print_text(report.as_json(entries, total, zone))
    else:
        echo_data(report.as_csv(rows, request.kind))


def _result(
    env: dict[str, str],
    request: Request,
    opened: tuple[Index, Report],
    kind: str | None = None,
    *,
    with_shares: bool = False,
) -> Result:
    """Return the rows of a kind, by default the requested one, with the words beside them."""
    index, scanned = opened
    request = request._replace(kind=kind or request.kind)
    chosen = request.chosen_in(index, env)
    rows, total, percents = _sums(index, env, request, chosen)
    costs = shares(index, request.kind, chosen) if with_shares and request.kind in KINDS else {}
    called = _names(env, request.kind, [row.key for row in rows])
    rows = [row.renamed(called[row.key]) for row in rows] if called else rows
    costs = {called.get(key, key): row for key, row in costs.items()}
    sentences = []
    if not request.places:
        from usageline.cli.usage import limits  # noqa: PLC0415 - as above

        sentences = limits.sentences(index, env)
    return Result(
        request.kind,
        "UTC" if request.kind == "block" else report.zone_name(chosen.zone, request.tz),
        in_order(rows, request.kind),
        total,
        sentences,
        [*_left_out(env, request), *notes(total, scanned)],
        percents,
        costs,
        _empty(request),
    )


def _names(env: dict[str, str], kind: str, keys: list[str]) -> dict[str, str]:
    """Return what the rows of a kind are called, {} if they are called by their keys."""
    if kind == "project":
        return project_names(keys)
    return account_names(env, keys) if kind == "account" else {}


def _no_transcripts(request: Request) -> str:
    """Return why there is nothing to sum."""
    missing = [each for each in request.places if not files.roots([each])]
    if not missing:
        return NO_TRANSCRIPTS
    return f"{sanitize(missing[0])} has no projects/: name a directory such as ~/.claude"


def _empty(request: Request) -> str:
    """Return the words for no rows."""
    names = [f"--{name}" for name in ("project", "model", "account") if getattr(request, name)]
    return NO_RESPONSES + (f" with this {' and '.join(names)}" if names else "")


def _left_out(env: dict[str, str], request: Request) -> list[str]:
    if request.places:
        return []
    local = local_config.load(env)
    missing = [f"local.roots: {sanitize(root)} has no projects/" for root in roots.empty(local)]
    return [*missing, *([roots.LEFT_OUT] if roots.is_left_out(env, local) else [])]


def _show(env: dict[str, str], request: Request, *, watch: bool) -> None:
    from usageline.cli.usage import table  # noqa: PLC0415 - data needs none of it

    def load(*, quiet: bool = True) -> Result:
        with _opened(env, request, quiet=quiet) as opened:
            return _result(env, request, opened)

    if watch and sys.stdout.isatty() and env.get("TERM", "dumb") != "dumb":
        load(quiet=False)
        table.watch(load)
        return
    with _opened(env, request) as opened:
        result = _result(env, request, opened)
        has_transcripts = bool(opened[1].files)
    if not result.rows and not has_transcripts:
        why = NONE_READABLE if opened[1].unreadable else _no_transcripts(request)
        result = result._replace(empty=why)
    screen = table.screen(env)
    shown = table.wrapped(result, screen.width)
    report.print_text(table.text(table.lines(shown, screen.width), screen))


def _write_files(env: dict[str, str], request: Request, options: Mapping[str, Any]) -> None:
    from usageline.cli.usage import picture  # noqa: PLC0415 - only for files

    with _opened(env, request) as opened:
        result = _result(env, request, opened, with_shares=True)
        has_models = result.is_time and bool(result.rows)
        others = [_result(env, request, opened, "model", with_shares=True)] if has_models else []
    if not result.rows:
        raise UsagelineError(result.empty)
    dark = options["dark"]
    write_files(
        (
            (options["html"], lambda: picture.html(result, others, dark=dark)),
            (options["svg"], lambda: picture.svg(result, dark=dark)),
        )
    )


def _check(env: dict[str, str], request: Request, *, as_json: bool) -> None:
    from usageline.cli.usage import check  # noqa: PLC0415 - seldom

    with _opened(env, request) as (index, _):
        rows = comparisons(index)
    if as_json:
        report.print_text(check.as_json(rows))
    else:
        check.print_table(rows)
