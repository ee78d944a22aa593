"""Prints how the forecast does against the straight line: `tests/run forecast [--seeds FROM-TO ...] [--processes N]`.

`measure.py` says what is counted. The weights were chosen on the tuning seeds alone; the held-out seeds are other users. Exit status 1 where ours
is not the better in all of false alarms, misses, lead and error on seeds that were held out.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median

from forecast.measure import KINDS, OURS, STRAIGHT, Score, Watched, score, watch
from forecast.months import month
from usageline.usage.forecast import with_forecast

TUNING = (*range(40), *range(1000, 1080))
HELD_OUT = tuple(range(2000, 2080))
HEADER = f"{'':10}{'':15}{'false alarms':>14}{'of readings':>13}{'misses':>9}{'lead':>9}{'error':>9}{'shared error':>14}{'coverage':>10}{'windows':>10}"


def watched(seed: int) -> list[Watched]:
    """One seed's windows."""
    return watch(month(seed))


def better(ours: Score, straight: Score) -> bool:
    """Whether ours is the better in all that is asked of it."""
    return (
        ours.false_alarms < straight.false_alarms
        and ours.misses < straight.misses
        and ours.lead > straight.lead
        and ours.error < straight.error
    )


def row(kind: str, forecast: str, found: Score) -> str:
    """One line of the table: shares in percent, times in minutes."""
    coverage = f"{found.coverage:10.1%}" if forecast == OURS else f"{'':10}"
    return (
        f"{kind:10}{forecast:15}{found.false_alarms:14.1%}{found.false_readings:13.1%}{found.misses:9.1%}{found.lead:9.0f}{found.error:9.1f}"
        f"{found.shared_error:14.1f}{coverage}{found.unreached + found.reached:10}"
    )


def cost_ms(readings: int = 10_000) -> float:
    """Processor time of one forecast after so many readings in five weeks, in milliseconds: the median of five."""
    some = next(
        found.readings for found in map(month, HELD_OUT) if len(found.readings) > readings // 3 and len(found.readings[0].limits) == 3
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
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=seeds, nargs="+", help="FROM-TO, instead of the tuning and the held-out seeds")
    parser.add_argument("--processes", type=int)
    arguments = parser.parse_args()
    groups = {f"seeds {group[0]}-{group[-1]}": group for group in arguments.seeds or ()}
    groups = groups or {f"tuning, {len(TUNING)} seeds": TUNING, f"held out, {len(HELD_OUT)} seeds": HELD_OUT}
    failed = False
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name, group in groups.items():
            found = [window for part in pool.map(watched, group) for window in part]
            print(f"{name}\n{HEADER}")
            for kind in dict.fromkeys(KINDS.values()):
                straight, ours = score(found, kind, STRAIGHT), score(found, kind, OURS)
                print(row(kind, STRAIGHT, straight), row(kind, OURS, ours), sep="\n", flush=True)
                failed |= not better(ours, straight) and set(group).isdisjoint(TUNING)
    print(f"one forecast of three limits after 10,000 readings: {cost_ms():.0f} ms of processor time")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
