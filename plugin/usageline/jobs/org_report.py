"""Load an organization's report: from the cache as far as it goes, then from the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.jobs.org_access import all_adapters, unreadable, with_names
from usageline.sources.org.adapter import PEOPLE, Unsupported
from usageline.sources.org.client import CursorRepeated, PagesExhausted
from usageline.sources.org.errors import NOT_THERE, REFUSED, OrgFailure
from usageline.usage.org import records, spans
from usageline.usage.org.merge import (
    Ledger,
    MixedCurrencies,
    add_remainder,
    anonymous,
    with_sums,
)
from usageline.usage.org.model import Report
from usageline.usage.org.records import Malformed
from usageline.usage.org.spans import DAY, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from usageline.jobs.org_access import Org
    from usageline.sources.org.adapter import Adapter, Listing
    from usageline.storage.org_codec import Sums

MAX_READS = 3
"""The service may revise its numbers while they are read. Then they are read again."""


def load(org: Org) -> Report:
    """Return the report. Raise UsagelineError with what to do if it cannot be loaded."""
    days = spans.in_range(org.request.since, org.request.until, org.now())
    first: OrgFailure | None = None
    elsewhere = NOT_THERE
    chosen = org.cache.choice(org.clock.now())
    for adapter in sorted(all_adapters(org), key=lambda one: one.name != chosen):
        reader = _Reader(org, adapter)
        try:
            report = reader.report(days)
        except Unsupported:
            if _answers(org, adapter):
                raise
        except MixedCurrencies as mixture:
            raise OrgFailure(
                f"{mixture}: use --since and --until for days with one of them"
            ) from None
        except OrgFailure as failure:
            first = first or failure
            if reader.has_pages or failure.status not in elsewhere:
                raise _for_gateway(first, org) from None
            elsewhere = REFUSED  # the others need other keys
        else:
            if org.cache.choice(org.clock.now()) != adapter.name:
                org.cache.set_choice(adapter.name, org.clock.now())
            return with_names(report, org)
    raise _for_gateway(
        first or OrgFailure("this key has no report: run `usageline org check`"), org
    )


def _for_gateway(failure: OrgFailure, org: Org) -> OrgFailure:
    """Return the failure, or what a gateway without reports has instead."""
    if not org.client.config.is_gateway or failure.status not in NOT_THERE:
        return failure
    return OrgFailure(
        f"the gateway {org.client.host} has no usage and cost ({failure.status}): run `usageline "
        "org limits` for its spend limits, or remove [org] url",
        failure.status,
    )


def _answers(org: Org, adapter: Adapter) -> bool:
    listing = adapter.probe(org.now().date())
    try:
        org.client.get(listing.path, listing.params, listing.beta)
    except OrgFailure:
        return False
    return True


class _Reader:
    """Reads a report by one adapter."""

    def __init__(self, org: Org, adapter: Adapter) -> None:
        self.org, self.adapter, self.request = org, adapter, org.request
        self.has_pages = self.has_restarted = False

    def report(self, days: Span) -> Report:
        adapter, by, now = self.adapter, self.request.by, self.org.now()
        self._listings(days._replace(until=days.since + DAY), daily=True)  # is it there at all?
        changing = spans.first_changing_day(now)
        final = [day for day in days.days() if day < changing]
        cached = self.org.cache.days(adapter.name, by, final)
        old: list[Sums] = [*cached.values()]
        new: list[Sums] = []
        for span in spans.plan(days.since, days.until, now, cached):
            (old if span.is_final else new).append(self._span(span))
        rows, totals = Ledger(), Ledger()
        for part, total, _ in (*old, *new):
            rows.merge(part)
            totals.merge(part if total is None else total)
        if rows.currency:
            totals.set_currency(rows.currency)
        times = [time for _, _, text in new or old if (time := records.time(text))]
        report = Report(
            by,
            spans.midnight(days.since),
            spans.midnight(days.until),
            refreshed_at=(min if new else max)(times, default=None),
            source=adapter.name,
            is_estimate=adapter.is_estimate and by in PEOPLE,
            remarks=adapter.remarks(by),
        )
        return with_sums(report, rows, totals, adapter.coverage(by))

    def _span(self, span: Span) -> Sums:
        """Return a span, and keep it: its days if they are final, else all of it for an hour."""
        cache, by = self.org.cache, self.request.by
        query = f"{self.adapter.name} {by} {span.since} {span.until}"
        recent = None if span.is_final else cache.recent(query, self.org.clock.now())
        if recent:
            return recent
        daily = span.is_final or by == "day"
        sums, adds_up = self._read(span, daily=daily)
        rows, total, refreshed_at = sums
        if not span.is_final:
            cache.set_recent(query, sums, self.org.clock.now())
        elif adds_up or by == "group":
            names = {day: day.isoformat() for day in span.days()}
            cache.add_days(
                self.adapter.name,
                by,
                {
                    day: (rows.of_day(name), total and total.of_day(name), refreshed_at)
                    for day, name in names.items()
                },
            )
        for listing in self._listings(span, daily=daily):
            cache.remove_pages(listing.key)
        return sums

    def _read(self, span: Span, *, daily: bool) -> tuple[Sums, bool]:
        """Read a span, again if the service revised it meanwhile. Return whether it adds up."""
        listings = self._listings(span, daily=daily)
        for attempt in range(1, MAX_READS + 1):
            rows, total, times, was_revised = Ledger(), Ledger(), set[str](), False
            for listing in listings:
                ledger, page_times = self._listing(listing)
                (total if listing.is_total else rows).merge(ledger)
                times |= page_times
                # Cost and usage may be of different times, but not the pages of one listing.
                was_revised = was_revised or len(page_times) > 1
            has_total = any(listing.is_total for listing in listings)
            if self.adapter.derives_rest and has_total and self.request.by != "group":
                add_remainder(rows, total)
            adds_up = not has_total or rows.total().is_equal(total.total())
            is_settled = adds_up or self.request.by == "group" or attempt > 1
            if attempt == MAX_READS or (is_settled and not was_revised):
                break
            for listing in listings:
                self.org.cache.remove_pages(listing.key)
        return (rows, total if has_total else None, min(times, default="")), adds_up

    def _listings(self, span: Span, *, daily: bool) -> Sequence[Listing]:
        return self.adapter.listings(self.request.by, span, daily=daily)

    def _listing(self, listing: Listing) -> tuple[Ledger, set[str]]:
        """Return the sums of a listing, and the times up to when its pages have data.

        Begin where an earlier run stopped. Begin anew if the service refuses the cursor, which
        expires and may not survive a revision.
        """
        cache = self.org.cache
        earlier = cache.pages(listing.key, self.org.clock.now())
        while True:
            sums, times = Ledger(), set[str]()
            for page in earlier:
                sums.merge(page["ledger"])
                times.add(page["refreshed_at"])
            cursor = earlier[-1]["cursor"] if earlier else ""
            try:
                if cursor or not earlier:
                    for ledger, refreshed_at in self._requested(listing, cursor, len(earlier)):
                        sums.merge(ledger)
                        times.add(refreshed_at)
            except CursorRepeated:
                cache.remove_pages(listing.key)  # they lead there again
                raise
            except PagesExhausted as failure:
                raise PagesExhausted(f"{failure}, or run it again to go on from there") from None
            except OrgFailure as failure:
                is_cursor_stale = failure.status == 400 and times and not self.has_restarted
                if not is_cursor_stale:
                    raise
                self.has_restarted = True
                cache.remove_pages(listing.key)
                earlier = []
            else:
                return sums, times

    def _requested(
        self, listing: Listing, cursor: str, number: int
    ) -> Iterator[tuple[Ledger, str]]:
        client, cache = self.org.client, self.org.cache
        name = listing.path.rpartition("/")[2].replace("_", " ")
        client.progress(f"loading {name}, page {number + 1}")
        for body, following in client.listing(listing.path, listing.params, listing.beta, cursor):
            self.has_pages = True
            number += 1
            refreshed_at = body.get("data_refreshed_at")
            text = refreshed_at[:64] if isinstance(refreshed_at, str) else ""
            ledger = self._ledger(listing, body)
            cache.add_page(listing.key, following, text, ledger, self.org.clock.now())
            yield ledger, text
            if following:
                client.progress(f"loading {name}, page {number + 1}")

    def _ledger(self, listing: Listing, body: Mapping[str, object]) -> Ledger:
        ledger = Ledger()
        try:
            for record in listing.read(body):
                who = record.who
                if who is not None and self.request.is_anonymous:
                    who = anonymous(who, self.org.cache.salt)
                ledger.add_record(record._replace(who=who))
        except MixedCurrencies:
            raise
        except Malformed as malformed:
            raise unreadable(self.org.client, malformed) from None
        return ledger
