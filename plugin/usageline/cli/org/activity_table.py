"""The tables of `usageline org activity`. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from usageline.cli.columns import Column, column, fitted, print_lines, words, wrapped
from usageline.cli.org.overview import DEFAULT_TOP
from usageline.cli.org.wording import UNKNOWN, day_name, digits, labels, short_day, span
from usageline.core.text import sanitize
from usageline.usage.org.activity import BY_DAY, CLAUDE_CODE, Active
from usageline.usage.values import text
from usageline.usage.values import words as in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from usageline.cli.appearance import Appearance
    from usageline.usage.org.activity import Activity, Day, Person

MAX_DAYS = 100
MAX_PRODUCTS = 6
NAME_CELLS = 14
NO_ACTIVITY = "no activity in these days"
CODE_ALONE = (
    "this organization reports Claude Code in the API alone: it has no seats, and may lack people "
    "who sign in by subscription"
)
DAYS_DIFFER = "a person who is active on several days is counted on each of them"
NOT_MEASURED = "not money: `usageline org` has cost and tokens"


def print_table(activity: Activity) -> None:
    """Print the days, or the people."""
    print_lines(lambda look, width: render(activity, look, width))


def render(activity: Activity, look: Appearance, width: int) -> list[Text]:
    """Return the lines for `width` columns."""
    is_by_day = activity.by == BY_DAY
    title = f"{span(activity.since, activity.until)}, active people"
    lines = wrapped(title if is_by_day else f"{title} by name", "name", look, width)
    shown = activity if activity.limit else activity.top(MAX_DAYS if is_by_day else DEFAULT_TOP)
    days, people = shown.days, shown.people
    if days:
        lines += fitted(_days(days, look), width, look)
    elif people:
        lines += fitted(_people(people, look), width, look)
    else:
        return [*lines, *wrapped(NO_ACTIVITY, "plain", look, width)]
    if shown.hidden:
        more = f"{shown.hidden:,} earlier days" if is_by_day else f"{shown.hidden:,} more"
        lines.append(words(more, look, "quiet"))
    notes = (
        _seats(days[-1]) if days else "",
        DAYS_DIFFER if len(days) > 1 else "",
        CODE_ALONE if activity.code_alone else "",
        "" if is_by_day else NOT_MEASURED,
    )
    for note in filter(None, notes):
        lines += wrapped(note, "quiet", look, width)
    return lines


def _days(days: Sequence[Day], look: Appearance) -> Iterator[Sequence[Column]]:
    """Yield the columns, from all of them to two."""
    quiet = partial(column, look=look, style="quiet", right=True)
    name = column([day_name(one.day) for one in days], look, title="day")
    active = column([digits(one.active.daily) for one in days], look, title="active", right=True)
    most = max([one.active.daily or 0 for one in days] + [one.seats or 0 for one in days]) or 1

    def bar(cells: int) -> Column:
        return Column(
            [look.bar((one.active.daily or 0) / most * 100, cells, "normal") for one in days]
        )

    def known(title: str, counts: Sequence[int | None]) -> list[Column]:
        is_known = any(count is not None for count in counts)
        return [quiet(map(digits, counts), title=title)] * is_known

    def of_product(name: str) -> list[Column]:
        return known(_product(name), [one.products.get(name, Active()).daily for one in days])

    week = known("7 days", [one.active.weekly for one in days])
    month = known("30 days", [one.active.monthly for one in days])
    seats = known("seats", [one.seats for one in days])
    invites = known("invites", [one.invites for one in days])
    products = [column for name in _products(days) for column in of_product(name)]
    code = of_product(CLAUDE_CODE)
    yield name, bar(16), active, *week, *month, *seats, *invites, *products
    yield name, bar(10), active, *week, *month, *seats, *products
    yield name, bar(10), active, *week, *month, *seats, *code
    yield name, bar(8), active, *week, *month, *code
    yield name, active, *week, *month
    yield name, active


def _people(people: Sequence[Person], look: Appearance) -> Iterator[Sequence[Column]]:
    """Yield the columns, from all of them to two."""
    quiet = partial(column, look=look, style="quiet", right=True)
    name = column(labels([one.who for one in people]), look, title="person", keeps=NAME_CELLS)
    last = column([short_day(one.last_day) for one in people], look, "quiet", title="last day")
    sessions = column(
        [digits(one.work.sessions) for one in people], look, title="sessions", right=True
    )
    commits = quiet([digits(one.work.commits) for one in people], title="commits")
    requests = quiet([digits(one.work.pull_requests) for one in people], title="PRs")
    lines = quiet([_lines(one, look) for one in people], title="lines")
    edits = quiet([_accepted(one) for one in people], title="edits accepted")
    has_messages = any(one.messages for one in people)
    messages = [
        quiet([digits(one.all_messages) for one in people], title="messages")
    ] * has_messages
    products = [column(map(_in_products, people), look, "quiet", title="in")] * any(
        one.all_messages for one in people
    )
    yield name, last, sessions, commits, requests, lines, edits, *messages, *products
    yield name, last, sessions, commits, requests, lines, edits, *messages
    yield name, last, sessions, commits, requests, lines, *messages
    yield name, last, sessions, commits, lines, *messages
    yield name, last, sessions, *messages
    yield name, sessions


def _seats(last: Day) -> str:
    """Return how many seats were active in the last 30 days, and how many invitations there are."""
    parts = []
    if last.seats is not None and last.active.monthly is not None:
        rate = "" if last.rates[2] is None else f" ({last.rates[2]:.0f}%)"
        parts.append(
            f"{last.active.monthly:,} of {last.seats:,} seats were active in the 30 days to "
            f"{short_day(last.day)}{rate}"
        )
    if last.invites:
        are = "invitation is" if last.invites == 1 else "invitations are"
        parts.append(f"{last.invites:,} {are} pending")
    return "; ".join(parts)


def _products(days: Sequence[Day]) -> list[str]:
    """Return the products that people use, the most used ones first."""
    most: dict[str, int] = {}
    for one in days:
        for product, active in one.products.items():
            most[product] = max(most.get(product, 0), active.daily or 0, active.monthly or 0)
    used = sorted((name for name, count in most.items() if count), key=lambda name: -most[name])
    return used[:MAX_PRODUCTS]


def _product(name: str) -> str:
    return sanitize(text(in_words(name)) or "?")


def _in_products(person: Person) -> str:
    """Return `Chat 4 · Cowork 2`."""
    used = sorted(person.messages.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{_product(name)} {count:,}" for name, count in used if count)


def _lines(person: Person, look: Appearance) -> str:
    work = person.work
    if work.lines_added is None and work.lines_removed is None:
        return UNKNOWN
    minus = "-" if look.ascii else "−"
    return f"+{work.lines_added or 0:,} {minus}{work.lines_removed or 0:,}"


def _accepted(person: Person) -> str:
    """Return `95% of 40`."""
    accepted, rejected = person.work.edits_accepted, person.work.edits_rejected
    if accepted is None or rejected is None:
        return UNKNOWN
    every = accepted + rejected
    return f"{accepted * 100 // every}% of {every:,}" if every else "0"
