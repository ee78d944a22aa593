"""Times, lengths of time, money and counts as the line writes them. Pure, but for the local time zone."""

import time

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(at, now, *, half_days=False):
    """A local time of day for `at`, cut to the minute as the client cuts it, with the weekday from a day off on, the date from a week off on.

    `half_days`: 4:05pm in place of 16:05.
    """
    local = time.localtime(at)
    if abs(at - now) >= 7 * 86400 + 60:
        return day(at)
    of_day = time_of_day(local, half_days=half_days)
    return of_day if abs(at - now) < 86400 else f"{DAYS[local.tm_wday]} {of_day}"


def day(at):
    """The local day of `at`: Dec 1."""
    local = time.localtime(at)
    return f"{MONTHS[local.tm_mon - 1]} {local.tm_mday}"


def time_of_day(local, *, half_days=False, seconds=False):
    """Hours and minutes of a `time.struct_time`: 16:05 or 4:05pm."""
    rest = f":{local.tm_min:02d}" + (f":{local.tm_sec:02d}" if seconds else "")
    if half_days:
        return f"{local.tm_hour % 12 or 12}{rest}{'am' if local.tm_hour < 12 else 'pm'}"
    return f"{local.tm_hour:02d}{rest}"


def ago(seconds):
    """A length of time in its largest unit: <1m, 12m, 1h59m, 3d4h."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m" if minutes else "<1m"
    if minutes < 1440:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes // 1440}d{minutes % 1440 // 60}h"


def age(seconds):
    """How long ago something was seen; less than 0 where it was seen under another clock."""
    return f"{ago(seconds)} ago" if seconds >= 0 else "age unknown"


def money(minor, exponent, currency):
    """An amount in minor units as people write it: $12.34, €50, CHF 3.50. Whole amounts lose their decimals."""
    whole, rest = divmod(abs(minor), 10**exponent)
    digits = f"{whole:,}" + (f".{rest:0{exponent}d}" if rest else "")
    return ("-" if minor < 0 else "") + SYMBOLS.get(currency, currency + " ") + digits


def count(number):
    """A count in at most four characters or so: 950, 12k, 1.2M, 1M."""
    if number < 1000:
        return str(number)
    if number < 999_500:
        return f"{round(number / 1000)}k"
    return f"{number / 1_000_000:.1f}".removesuffix(".0") + "M"
