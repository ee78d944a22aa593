"""Send 429 with every form of Retry-After: at least five minutes, at most 75."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.faults.network.answers import rate_limited
from tests.faults.network.cases import Case

if TYPE_CHECKING:
    from tests.faults.network.cases import Script
    from tests.faults.network.wire import Talk

HALF_AN_HOUR_S, MIN_WAIT_S, MAX_WAIT_S = 1800, 300, 4500
FORMS = {
    "a date": "%a, %d %b %Y %H:%M:%S GMT",
    "a date as in RFC 850": "%A, %d-%b-%y %H:%M:%S GMT",
    "a date as asctime writes it": "%a %b %e %H:%M:%S %Y",
    "a date without a zone": "%a, %d %b %Y %H:%M:%S",
    "a date in UTC": "%a, %d %b %Y %H:%M:%S +0000",
}


def _case(name: str, wait_s: int, *values: str, quick: bool = False) -> Case:
    return Case(
        f"429, Retry-After: {name}",
        "rate-limited",
        rate_limited(*values),
        wait_s=wait_s,
        quick=quick,
    )


def _date(form: str, in_s: float) -> str:
    return time.strftime(FORMS[form], time.gmtime(time.time() + in_s))


def _dated(form: str, in_s: float, times: int = 1) -> Script:
    def script(talk: Talk) -> None:
        rate_limited(*[_date(form, in_s)] * times)(talk)

    return script


CASES = [
    _case("none", MIN_WAIT_S),
    _case("empty", MIN_WAIT_S, ""),
    _case("0", MIN_WAIT_S, "0", quick=True),
    _case("1", MIN_WAIT_S, "1"),
    _case("299", MIN_WAIT_S, "299"),
    _case("1800", 1800, "1800", quick=True),
    _case("001800", 1800, "001800"),
    _case("twenty zeros and 1800", 1800, "0" * 20 + "1800"),
    _case("1800.5", 1800, "1800.5"),
    _case("a month", MAX_WAIT_S, "2592000"),
    _case("a number of 400 digits", MAX_WAIT_S, "9" * 400, quick=True),
    _case("-1", MIN_WAIT_S, "-1"),
    _case("+1800", MIN_WAIT_S, "+1800"),
    _case("1e9", MIN_WAIT_S, "1e9"),
    _case("NaN", MIN_WAIT_S, "NaN"),
    _case("a word", MIN_WAIT_S, "soon"),
    _case("HTML", MIN_WAIT_S, "<b>1800</b>"),
    _case("digits of another script", MIN_WAIT_S, "\xb2\xb3"),
    _case("10 KB of digits", MAX_WAIT_S, "9" * 10240),
    _case("10 KB of letters", MIN_WAIT_S, "x" * 10240),
    _case("10 KB of commas", MIN_WAIT_S, "," * 10240),
    _case("10 KB of weekdays", MIN_WAIT_S, "Mon, " * 2048),
    _case("twice, the same", 1800, "1800", "1800"),
    _case("twice, 60 and 1800", 1800, "60", "1800"),
    _case("twice, 1800 and a word", 1800, "1800", "soon"),
    _case("a hundred times", 1800, *["1800"] * 100),
    _case("a date without sense", MIN_WAIT_S, "Mon, 99 Foo 2026 25:61:61 GMT"),
    _case("a date in the year 9999", MAX_WAIT_S, "Fri, 31 Dec 9999 23:59:59 GMT"),
    _case("a date in the year 99999999", MIN_WAIT_S, "Fri, 31 Dec 99999999 23:59:59 GMT"),
    _case("a date in 1970", MIN_WAIT_S, "Thu, 01 Jan 1970 00:00:00 GMT"),
    _case(
        "a date in a zone of a billion hours", MIN_WAIT_S, "Fri, 31 Dec 2027 23:59:59 +999999999999"
    ),
    *(
        Case(
            f"429, Retry-After: {form}",
            "rate-limited",
            _dated(form, HALF_AN_HOUR_S),
            wait_s=HALF_AN_HOUR_S,
            quick="asctime" in form,
        )
        for form in FORMS
    ),
    Case(
        "429, Retry-After: a date an hour ago",
        "rate-limited",
        _dated("a date", -3600),
        wait_s=MIN_WAIT_S,
    ),
    Case(
        "429, Retry-After: a date in a month",
        "rate-limited",
        _dated("a date", 30 * 86400),
        wait_s=MAX_WAIT_S,
    ),
    Case(
        "429, Retry-After: the same date twice",
        "rate-limited",
        _dated("a date", HALF_AN_HOUR_S, 2),
        wait_s=HALF_AN_HOUR_S,
    ),
]
