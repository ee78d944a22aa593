"""Send GETs to the organization APIs: at a pace, with retries, page by page."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from usageline import __version__
from usageline.sources import http
from usageline.sources.org.errors import SPEND_CAP, OrgFailure, failure
from usageline.sources.proxies import network_variables
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeGuard

    from usageline.sources.org.key import Key, OrgConfig
    from usageline.sources.org.pace import Pace
    from usageline.system.this_process import Clock

MANY_KEYS = 16
API_VERSION = "2023-06-01"
REQUEST_TIMEOUT_S = 90.0
MAX_PAGE_BYTES = 32 << 20
"""A page of 1000 rows has about one megabyte, and a server may ignore `limit`."""

MAX_PAGES = 60
MAX_ATTEMPTS = 3
MAX_WAIT_S = 120.0
"""The longest wait for one answer. Longer ones are left to the user."""

MAX_WAITS_S = 45.0
"""The longest sum of several waits for one answer: other programs use up the rate limit."""

MAX_CURSOR = 8192

FIRST_BACKOFF_S = 2.0
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class PagesExhausted(OrgFailure):
    """A listing has more pages than allowed."""


class CursorRepeated(OrgFailure):
    """A listing leads back to a page that was read."""


@dataclass(slots=True)
class OrgClient:
    """Sends the key to one address alone.

    `progress` gets a sentence on what is loaded, or why nothing is.
    """

    config: OrgConfig
    key: Key
    env: Mapping[str, str]
    pace: Pace
    clock: Clock
    max_pages: int
    progress: Callable[[str], None]
    has_answered: bool = field(default=False, init=False)
    pages_read: int = field(default=0, init=False)

    @property
    def host(self) -> str:
        """Return the address that gets the key, for messages."""
        return self.config.url.partition("://")[2]

    # tried by: tests/jobs
    def get(self, path: str, params: Sequence[tuple[str, str]] = (), beta: str = "") -> Any:
        """Return the JSON of an answer; its decimals are Decimal.

        Raise OrgFailure with what to do if there is none.
        """
        # No variable keeps the bytes while they are parsed: a page may have ten megabytes.
        text = self._answer(path, params, beta).body.decode("utf-8", "replace")
        try:
            body = json.loads(
                text, object_hook=_compact, parse_float=Decimal, parse_constant=_no_number
            )
        except (ValueError, RecursionError):
            raise OrgFailure(
                f"{self.host} answers something else than JSON: check the proxy and [org] url", 200
            ) from None
        if not isinstance(body, dict):
            raise OrgFailure(f"{self.host} answers something else than an object: report it")
        return body

    def pages(
        self, path: str, params: Sequence[tuple[str, str]], name: str, beta: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Yield the body of each page. `name` is what the progress calls the rows."""
        self.progress(f"loading {name}")
        for number, (body, _) in enumerate(self.listing(path, params, beta), 2):
            yield body
            self.progress(f"loading {name}, page {number}")

    def rows(
        self, path: str, params: Sequence[tuple[str, str]] = (), beta: str = "", name: str = ""
    ) -> Iterator[Any]:
        """Yield the rows of each page of a list."""
        name = name or path.rpartition("/")[2].replace("_", " ")
        for page in self.pages(path, params, name, beta):
            rows = page.get("data")
            if not isinstance(rows, list):
                raise OrgFailure(f"{self.host} answers without a list of {name}: report it")
            yield from rows

    def listing(
        self, path: str, params: Sequence[tuple[str, str]] = (), beta: str = "", cursor: str = ""
    ) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each page, from the one that `cursor` names on, and the next cursor, "" at the end.

        Raise PagesExhausted after `max_pages` of all listings, and OrgFailure if a cursor comes
        again.
        """
        cursors = {cursor}
        while self.pages_read < self.max_pages:
            name = "after_id" if cursor.startswith(_AFTER) else "page"
            extra = [(name, cursor.removeprefix(_AFTER))] if cursor else []
            body = self.get(path, [*params, *extra], beta)
            self.pages_read += 1
            following = next_cursor(body)
            if following is None:
                raise OrgFailure(
                    f"{self.host} has more pages and names none that can be requested: run it "
                    "again later, or report it"
                )
            yield body, following
            if not following:
                return
            cursor = following
            if cursor in cursors:
                raise CursorRepeated(
                    f"{self.host} sends the same page again and again: run it again later"
                )
            cursors.add(cursor)
        raise PagesExhausted(
            f"{self.max_pages} pages were read and there are more: allow more with --pages"
        )

    def _answer(self, path: str, params: Sequence[tuple[str, str]], beta: str) -> http.Answer:
        waited_s = 0.0
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                answer = self._send(path, params, beta)
            except SourceFailure as fault:
                if not self.has_answered or attempt == MAX_ATTEMPTS or fault.status != "offline":
                    raise self._unreachable(fault) from None
                self._wait(FIRST_BACKOFF_S * 2 ** (attempt - 1), "the connection broke")
                continue
            self.has_answered = True
            if answer.status == 200:
                return answer
            asked_s = retry_after(answer.headers, self.clock.now())
            problem = failure(answer, self.key, self.host, path, asked_s)
            wait_s = FIRST_BACKOFF_S * 2 ** (attempt - 1) if asked_s is None else asked_s
            is_too_long = wait_s > MAX_WAIT_S or (waited_s and waited_s + wait_s > MAX_WAITS_S)
            if is_too_long or attempt == MAX_ATTEMPTS or not _is_retried(answer, problem):
                if answer.status == 429 and asked_s is not None:
                    self.pace.pause(asked_s)
                raise problem
            self._wait(wait_s, f"status {answer.status}")
            waited_s += wait_s
        raise OrgFailure(f"{self.host} does not answer: run it again later")

    def _send(self, path: str, params: Sequence[tuple[str, str]], beta: str) -> http.Answer:
        self.pace.wait(self.host)
        headers = {
            "x-api-key": self.key.value,
            "anthropic-version": API_VERSION,
            "User-Agent": f"usageline/{__version__}",
        }
        if beta:
            headers["anthropic-beta"] = beta
        try:
            return http.get(
                self.config.url + path + _query(params),
                headers,
                network_variables(self.env),
                time.monotonic() + REQUEST_TIMEOUT_S,
                max_bytes=MAX_PAGE_BYTES,
                chosen_by="[org] url",
            )
        finally:
            self.pace.sent()

    def _wait(self, seconds: float, reason: str) -> None:
        self.progress(f"{reason}: waiting {seconds:.0f} s")
        self.clock.sleep(seconds)

    def _unreachable(self, fault: SourceFailure) -> OrgFailure:
        reason = fault.detail or fault.status
        if fault.status != "offline":
            return OrgFailure(f"no answer of {self.host} is used, {reason}: check [org] url")
        return OrgFailure(
            f"{self.host} cannot be reached, {reason}: check the network, the proxy and [org] url"
        )


_AFTER = "after_id="
"""Begins the cursor of a listing that continues after an id."""


def next_cursor(body: Mapping[str, Any]) -> str | None:
    """Return the cursor of the next page, "" if this is the last one.

    Reports have `next_page`, lists of people have `last_id`; both may have `has_more`. Return None
    if there is a next page without a usable cursor: an incomplete list must not look complete.
    """
    if body.get("has_more") is False:
        return ""
    page, last = body.get("next_page"), body.get("last_id")
    if page is not None and page != "":
        return page if _is_usable(page) else None
    if body.get("has_more") is True:
        return _AFTER + last if _is_usable(last) else None
    return ""


def _is_usable(cursor: object) -> TypeGuard[str]:
    return isinstance(cursor, str) and 0 < len(cursor) <= MAX_CURSOR and cursor.isprintable()


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the service asks to wait, None if it does not."""
    text = headers.get("retry-after", "").strip()
    if not text or len(text) > 64:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_retried(answer: http.Answer, problem: OrgFailure) -> bool:
    if problem.code == SPEND_CAP:
        return False
    asked = answer.headers.get("x-should-retry", "").strip().lower()
    if asked in {"true", "false"}:
        return asked == "true"
    return answer.status in RETRIED


def _query(params: Sequence[tuple[str, str]]) -> str:
    parts = [f"{quote(name, safe='[]')}={quote(value, safe=':')}" for name, value in params]
    return "?" + "&".join(parts) if parts else ""


def _compact(value: dict[str, Any]) -> dict[str, Any]:
    """Drop the nulls of a large object: most of the 20 dimensions of each row are null."""
    if len(value) < MANY_KEYS:
        return value
    return {name: one for name, one in value.items() if one is not None}


def _no_number(name: str) -> None:
    raise ValueError(name)
