"""Run every case once, many at the same time; the tests check the results."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.faults.needs import needs
from tests.faults.network import answers, broken, reach, retry_after
from tests.faults.network.certificates import Authority
from tests.faults.network.outcomes import Outcome, on_loopback, on_the_way
from tests.faults.network.place import needs_networks

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.faults.network.cases import Case
    from tests.world import Release

    Size = Callable[[int, int], int]
    Job = Callable[[Path], Outcome]

T = TypeVar("T")

SERVICE = [
    *answers.GOOD,
    *answers.STATUSES,
    *answers.CONTENTS,
    *broken.SLOW,
    *broken.FLOODS,
    *broken.CUT,
    *broken.NOT_HTTP,
    *retry_after.CASES,
]
WAYS = [*reach.NAMES, *reach.ADDRESSES, *reach.CERTIFICATES, *reach.PROXIES]
STALLED_S, REPEATED = 1.0, 2
"""A refresh that had to wait this long for a processor is repeated, up to this often."""

STAGGER_S = 0.4
"""Between the starts of waiting cases, which then all wait together."""


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    """Return a trusted authority and an unknown one."""
    root = tmp_path_factory.mktemp("authorities")
    return Authority(root / "known"), Authority(root / "unknown")


@pytest.fixture(scope="session")
def everything(
    size: Size,
    built_release: Release,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> dict[str, list[Outcome]]:
    """Return the result of each answer of the service, and of each possible network fault.

    Those need networks.
    """
    needs()
    root, whole = tmp_path_factory.mktemp("network"), size(0, 1)
    services = [case for case in SERVICE if whole or case.quick]
    ways = [way for way in WAYS if whole or way.case.quick]
    jobs: list[tuple[Case, Job]] = []
    try:
        needs_networks()
    except (pytest.skip.Exception, pytest.fail.Exception):
        ways = []  # the tests about them report it
    else:
        trusted, unknown = request.getfixturevalue("authorities")
        identities = _identities(trusted, unknown)
        jobs += [
            (way.case, partial(on_the_way, way, built_release, identities, trusted.certificate))
            for way in ways
        ]
    jobs += [(case, partial(on_loopback, case, built_release)) for case in services]
    results = _calmly(jobs, root)
    return {"ways": results[: len(ways)], "service": results[len(ways) :]}


@pytest.fixture(params=["service", "ways"])
def outcomes(request: pytest.FixtureRequest, everything: dict[str, list[Outcome]]) -> list[Outcome]:
    """Return both kinds of results."""
    if request.param == "ways":
        needs_networks()
    return everything[request.param]


@pytest.fixture
def ways(everything: dict[str, list[Outcome]]) -> list[Outcome]:
    """Return the results of the network faults."""
    needs_networks()
    return everything["ways"]


def together(jobs: Sequence[tuple[Case, Callable[[], T]]]) -> list[T]:
    """Run all jobs: waiting ones at the same time, the others two at a time beside them.

    Return the results in the order of `jobs`.
    """
    waiting = sum(case.waits for case, _ in jobs)
    running: dict[int, Future[T]] = {}
    with ThreadPoolExecutor(max(waiting, 1)) as slow, ThreadPoolExecutor(2) as fast:
        for number, (case, job) in enumerate(jobs):
            if case.waits:
                running[number] = slow.submit(job)
                time.sleep(STAGGER_S)
        for number, (case, job) in enumerate(jobs):
            if not case.waits:
                running[number] = fast.submit(job)
    return [running[number].result() for number in range(len(jobs))]


def _calmly(jobs: Sequence[tuple[Case, Job]], root: Path) -> list[Outcome]:
    """Run the jobs, each in its own directory below `root`, and return the results.

    If the machine gave a refresh no time to run, repeat it afterwards, alone.
    """
    results = together(
        [(case, partial(job, root / str(number))) for number, (case, job) in enumerate(jobs)]
    )
    for number, (_, job) in enumerate(jobs):
        for again in range(REPEATED):
            if results[number].first.stalled_s > STALLED_S:
                results[number] = job(root / f"{number}-{again}")
    return results


def _identities(trusted: Authority, unknown: Authority) -> dict[str, ssl.SSLContext]:
    return {
        "good": trusted.server(),
        "other-host": trusted.server("portal.example"),
        "expired": trusted.server(days=-1),
        "address": trusted.server(reach.HERE),
        "itself": trusted.itself(),
        "unknown": unknown.server(),
        "unknown-address": unknown.server(reach.HERE),
    }
