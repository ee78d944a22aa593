"""Compare the forecast with a straight line over simulated months: `tests/run forecast`.

    --users KIND...        the generators, instead of both
    --seeds FROM-TO...     the users, instead of the tuning and the held-out seeds
    --processes N          the number of processes

`tests/forecast/measure.py` defines what is counted. The tables are for both kinds of users, over
whole months, and for the first day and week after an install. They have precision, false alarms,
misses, lead, error and coverage, then a curve over thresholds, then how often a chance came true.

The weights were chosen on the tuning seeds alone, and the held-out seeds are other users. On
held-out seeds usageline must be better in precision, false alarms and error, and on the first day
no worse in precision and false alarms. If it is not, the exit status is 1.
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
"""The generators: users with habits, and users of another kind.

The weights were tuned on seeds 0-39 and 1000-1079 of the first and 0-119 of the second.
"""

SURE_CHANCE = 0.67
FORECASTS = {
    "straight line": STRAIGHT,
    f"from {MIN_CHANCE:.0%}": MIN_CHANCE,
    f"from {SURE_CHANCE:.0%}": SURE_CHANCE,
}
CURVE = (0.3, 0.4, 0.5, 0.6, 0.67, 0.7, 0.8, 0.9)
COLUMNS = (
    *("precision", "of readings", "right", "false alarms", "a week"),
    *("misses", "lead", "error", "shared error", "coverage"),
)
HEADER = f"{'':10}{'':15}" + "".join(f"{name:>14}" for name in COLUMNS) + f"{'windows':>12}"


class Watch(NamedTuple):
    """The windows of some users: whole months, and the first day and week after installs."""

    all: Seen
    day: Seen
    week: Seen


def watch_user(job: tuple[str, int]) -> Watch:
    """Return the windows of one user."""
    users, seed = job
    one_month = USERS[users](seed)
    return Watch(watch(one_month), *watch_installs(one_month))


def better(score: Score, straight: Score) -> bool:
    """Return True if usageline is better in every measure that counts."""
    return (
        score.of_readings > straight.of_readings
        and score.precision > straight.precision
        and score.false_alarms < straight.false_alarms
        and score.a_week < straight.a_week
        and score.error < straight.error
    )


def no_worse(score: Score, straight: Score) -> bool:
    """Return True if usageline is no worse on the first day, for which no error is compared."""
    return (
        score.of_readings >= straight.of_readings
        and score.precision >= straight.precision
        and score.false_alarms <= straight.false_alarms
    )


def row(kind: str, name: str, result: Score) -> str:
    """Return one line of the table, with shares in percent and times in minutes."""
    shares = (result.precision, result.of_readings, result.right, result.false_alarms)
    cells = [f"{share:14.1%}" for share in shares]
    cells += [f"{result.a_week:14.2f}", f"{result.misses:14.1%}", f"{result.lead:14.0f}"]
    cells += [f"{result.error:14.1f}", f"{result.shared_error:14.1f}"]
    cells.append(f"{'':14}" if name == "straight line" else f"{result.coverage:14.1%}")
    windows = f"{result.reached:6}/{result.unreached + result.reached}"
    return f"{kind:10}{name:15}{''.join(cells)}{windows}"


def print_group(watch_of: Watch) -> bool:
    """Print every measure of some users. Return True if usageline is better."""
    is_good = True
    for title, windows, within in (
        ("whole months", watch_of.all, False),
        ("first day", watch_of.day, True),
        ("first week", watch_of.week, True),
    ):
        print(f"  {title}\n{HEADER}")
        for kind in dict.fromkeys(KINDS.values()):
            scores = {
                name: score(windows, kind, threshold, within=within)
                for name, threshold in FORECASTS.items()
            }
            print(
                *(row(kind, name, result) for name, result in scores.items()), sep="\n", flush=True
            )
            straight, *forecasts = scores.values()
            compare = no_worse if within else better
            is_good &= title == "first week" or all(
                compare(result, straight) for result in forecasts
            )
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
        for title, windows in (
            ("", watch_of.all),
            ("first day", watch_of.day),
            ("first week", watch_of.week),
        ):
            tenths = (
                f"{chance:.0%}: {share:.0%} ({count})"
                for count, chance, share in reliability(windows, kind)
                if count
            )
            print(f"{kind:10}{title:12}" + "  ".join(tenths), flush=True)
    return is_good


def cost_ms(readings: int = 10_000) -> float:
    """Return the median processor time in ms of one forecast, after `readings` in five weeks."""
    some = next(
        user.readings
        for user in map(month, TUNING)
        if len(user.readings) > readings // 3 and len(user.readings[0].limits) == 3
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
    """Parse `FROM-TO`, with the last one included."""
    first, _, last = text.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


def main() -> int:
    """Return 1 unless usageline is better on held-out seeds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
                total = Watch(Seen(), Seen(), Seen())
                for part in pool.map(watch_user, ((users, seed) for seed in group)):
                    for whole, piece in zip(total, part, strict=True):
                        whole.add(piece)
                print(f"{users}, {name}")
                failed |= not print_group(total) and set(group).isdisjoint(TUNING)
    print(
        f"one forecast of three limits after 10,000 readings: {cost_ms():.0f} ms of processor time"
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
