"""Prints how the forecast does against the straight line: `tests/run forecast [--users KIND] [--seeds FROM-TO ...] [--processes N]`.

`measure.py` says what is counted; for both kinds of users (`months.py`, `others.py`), over whole months and in the first day and week after an
install: precision, false alarms, misses, lead, error and coverage, then a curve over thresholds, then how often what had a chance came true.
The weights were chosen on the tuning seeds alone; the held-out seeds are other users. Exit status 1 if on held-out seeds usageline is not better
than the straight line in precision, false alarms and error, or in the first day worse in precision or false alarms.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from tests.forecast.measure import (
    KINDS,
    STRAIGHT,
    Score,
    Seen,
    reliability,
    score,
    watch,
    watch_installs,
)
from tests.forecast.months import month
from tests.forecast.others import other_month
from usageline.usage.forecast import MIN_CHANCE, with_forecast

TUNING = (*range(120), *range(1000, 1080))
HELD_OUT = tuple(range(7000, 7040))
USERS = {"habits": month, "others": other_month}
"""The generators: users by their habits, users of another kind. Tuned on were 0-39 and 1000-1079 of the first, 0-119 of the second."""

SURE_CHANCE = 0.67
FORECASTS = {
    "straight line": STRAIGHT,
    f"from {MIN_CHANCE:.0%}": MIN_CHANCE,
    f"from {SURE_CHANCE:.0%}": SURE_CHANCE,
}
CURVE = (0.3, 0.4, 0.5, 0.6, 0.67, 0.7, 0.8, 0.9)
COLUMNS = (
    "precision",
    "of readings",
    "right",
    "false alarms",
    "a week",
    "misses",
    "lead",
    "error",
    "shared error",
    "coverage",
)
HEADER = f"{'':10}{'':15}" + "".join(f"{name:>14}" for name in COLUMNS) + f"{'windows':>12}"


class Watch(NamedTuple):
    """What was watched of some users: whole months, and the first day and week after installs."""

    all: Seen
    day: Seen
    week: Seen


def watched(job: tuple[str, int]) -> Watch:
    """Watch one user."""
    users, seed = job
    found = USERS[users](seed)
    return Watch(watch(found), *watch_installs(found))


def better(ours: Score, straight: Score) -> bool:
    """Whether ours is the better in all that is asked of it."""
    return (
        ours.of_readings > straight.of_readings
        and ours.precision > straight.precision
        and ours.false_alarms < straight.false_alarms
        and ours.a_week < straight.a_week
        and ours.error < straight.error
    )


def no_worse(ours: Score, straight: Score) -> bool:
    """The same of the first day, of which no error is asked."""
    return (
        ours.of_readings >= straight.of_readings
        and ours.precision >= straight.precision
        and ours.false_alarms <= straight.false_alarms
    )


def row(kind: str, name: str, found: Score) -> str:
    """One line of the table: shares in percent, times in minutes."""
    shares = (found.precision, found.of_readings, found.right, found.false_alarms)
    cells = [f"{share:14.1%}" for share in shares] + [
        f"{found.a_week:14.2f}",
        f"{found.misses:14.1%}",
    ]
    cells += [f"{found.lead:14.0f}", f"{found.error:14.1f}", f"{found.shared_error:14.1f}"]
    cells.append(f"{'':14}" if name == "straight line" else f"{found.coverage:14.1%}")
    return (
        f"{kind:10}{name:15}"
        + "".join(cells)
        + f"{found.reached:6}/{found.unreached + found.reached}"
    )


def print_group(watch_of: Watch) -> bool:
    """Print all that is measured of some users; return whether usageline was the better."""
    is_good = True
    for title, seen, within in (
        ("whole months", watch_of.all, False),
        ("first day", watch_of.day, True),
        ("first week", watch_of.week, True),
    ):
        print(f"  {title}\n{HEADER}")
        for kind in dict.fromkeys(KINDS.values()):
            scores = {
                name: score(seen, kind, threshold, within=within)
                for name, threshold in FORECASTS.items()
            }
            print(*(row(kind, name, found) for name, found in scores.items()), sep="\n", flush=True)
            straight, *ours = scores.values()
            judged = no_worse if within else better
            is_good &= title == "first week" or all(judged(found, straight) for found in ours)
    print("  by threshold, whole months")
    for kind in dict.fromkeys(KINDS.values()):
        print(
            *(
                row(kind, f"from {threshold:.0%}", score(watch_of.all, kind, threshold))
                for threshold in CURVE
            ),
            sep="\n",
            flush=True,
        )
    print("  what had this chance (mean) came true (share of so many readings)")
    for kind in dict.fromkeys(KINDS.values()):
        for title, seen in (
            ("", watch_of.all),
            ("first day", watch_of.day),
            ("first week", watch_of.week),
        ):
            tenths = (
                f"{chance:.0%}: {share:.0%} ({count})"
                for count, chance, share in reliability(seen, kind)
                if count
            )
            print(f"{kind:10}{title:12}" + "  ".join(tenths), flush=True)
    return is_good


def cost_ms(readings: int = 10_000) -> float:
    """Processor time of one forecast after so many readings in five weeks, in milliseconds: the median of five."""
    some = next(
        found.readings
        for found in map(month, TUNING)
        if len(found.readings) > readings // 3 and len(found.readings[0].limits) == 3
    )
    first, step_s = some[0].observed_at, (some[-1].observed_at - some[0].observed_at) // readings
    past, at = [], 0
    for index in range(readings):
        while at + 1 < len(some) and some[at + 1].observed_at <= first + index * step_s:
            at += 1
        past.append(replace(some[at], observed_at=first + index * step_s))
    times = []
    for _ in range(5):
        began = time.process_time()
        with_forecast(past[-1], past[:-1])
        times.append((time.process_time() - began) * 1000)
    return median(times)


def seeds(text: str) -> tuple[int, ...]:
    """`FROM-TO`, the last one included."""
    first, _, last = text.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--users",
        choices=tuple(USERS),
        nargs="+",
        default=tuple(USERS),
        help="the generators, instead of both",
    )
    parser.add_argument(
        "--seeds",
        type=seeds,
        nargs="+",
        help="FROM-TO, instead of the tuning and the held-out seeds",
    )
    parser.add_argument("--processes", type=int, help="how many users are watched at once")
    arguments = parser.parse_args()
    groups = {f"seeds {group[0]}-{group[-1]}": group for group in arguments.seeds or ()}
    groups = groups or {
        f"tuning, {len(TUNING)} seeds": TUNING,
        f"held out, {len(HELD_OUT)} seeds": HELD_OUT,
    }
    failed = False
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name, group in groups.items():
            for users in arguments.users:
                found = Watch(Seen(), Seen(), Seen())
                for part in pool.map(watched, ((users, seed) for seed in group)):
                    for whole, piece in zip(found, part, strict=True):
                        whole.add(piece)
                print(f"{users}, {name}")
                failed |= not print_group(found) and set(group).isdisjoint(TUNING)
    print(
        f"one forecast of three limits after 10,000 readings: {cost_ms():.0f} ms of processor time"
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
