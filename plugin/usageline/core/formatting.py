"""Format times, durations, money and counts. Only the local time zone is read from outside."""

from __future__ import annotations

import time

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(at: float, now: float, *, half_days: bool = False) -> str:
    """Return the local time of `at`, with its weekday from a day off, or its date from a week off.

    Like Claude Code it cuts off the seconds. `half_days` chooses 4:05pm instead of 16:05.
    """
    local = time.localtime(at)
    if abs(at - now) >= 7 * 86400 + 60:
        return day(at)
    of_day = time_of_day(local, half_days=half_days)
    return of_day if abs(at - now) < 86400 else f"{DAYS[local.tm_wday]} {of_day}"


def day(at: float) -> str:
    """Return the local day of `at`: Dec 1."""
    local = time.localtime(at)
    return f"{MONTHS[local.tm_mon - 1]} {local.tm_mday}"


def time_of_day(local: time.struct_time, *, half_days: bool = False, seconds: bool = False) -> str:
    """Return hours and minutes: 16:05 or 4:05pm."""
    rest = f":{local.tm_min:02d}" + (f":{local.tm_sec:02d}" if seconds else "")
    if half_days:
        return f"{local.tm_hour % 12 or 12}{rest}{'am' if local.tm_hour < 12 else 'pm'}"
    return f"{local.tm_hour:02d}{rest}"


def utc_time(at: float) -> str:
    """Return a time as JSON has it: `2026-12-01T00:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def ago(seconds: float) -> str:
    """Return a duration in its largest units: <1m, 12m, 1h59m, 3d4h."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m" if minutes else "<1m"
    if minutes < 1440:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes // 1440}d{minutes % 1440 // 60}h"


def age(seconds: float) -> str:
    """Return `12m ago`, or `age unknown` if `seconds` is negative because the clock changed."""
    return f"{ago(seconds)} ago" if seconds >= 0 else "age unknown"


def money(minor: int, exponent: int, currency: str) -> str:
    """Return an amount of minor units: $12.34, €50, CHF 3.50. Whole amounts have no decimals."""
    whole, rest = divmod(abs(minor), 10**exponent)
    digits = f"{whole:,}" + (f".{rest:0{exponent}d}" if rest else "")
    return ("-" if minor < 0 else "") + SYMBOLS.get(currency, currency + " ") + digits


def count(number: int) -> str:
    """Return a count in about four characters: 950, 12k, 1.2M, 1M, 3.4B."""
    if number < 1000:
        return str(number)
    if number < 999_500:
        return f"{round(number / 1000)}k"
    unit, sign = (1_000_000, "M") if number < 999_950_000 else (1_000_000_000, "B")
    return f"{number / unit:.1f}".removesuffix(".0") + sign
