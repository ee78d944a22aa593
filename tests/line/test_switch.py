from __future__ import annotations

import itertools
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tests.server import usage_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api, Request
    from tests.world import Release, World

A: dict[str, Any] = {"account": "a", "organization": "oa", "token": "sk-token-a"}
B: dict[str, Any] = {"account": "b", "organization": "ob", "token": "sk-token-b"}
MIN_SHOWN = 50
"""Lines with a number."""

NUMBERS = {"sk-token-a": " 11% ", "sk-token-b": " 88% "}


def body_of(request: Request) -> dict[str, Any]:
    """The body of the account whose token asks."""
    return usage_body(
        session=float(NUMBERS[request.headers["authorization"].removeprefix("Bearer ")].strip(" %"))
    )


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_no_line_shows_the_number_of_an_account_that_was_not_signed_in_while_it_ran(
    world: World, api: Api, built_release: Release, size: Callable[[int, int], int]
) -> None:
    """Switch often, at random moments, while lines and refreshes run."""
    api.body = body_of
    hot = Hot(world, built_release)
    signed_in: list[tuple[float, str]] = []
    lines: list[tuple[float, float, str]] = []
    stopped = threading.Event()

    def keep_drawing() -> None:
        while not stopped.is_set():
            began = time.monotonic()
            line = hot.line()
            lines.append((began, time.monotonic(), line))

    world.sign_in(**A)
    signed_in.append((time.monotonic(), A["token"]))
    drawer = threading.Thread(target=keep_drawing)
    drawer.start()
    switches, deadline = size(30, 200), time.monotonic() + 150
    for number in itertools.count():
        showing = sum(
            percent in line for _, _, line in lines.copy() for percent in NUMBERS.values()
        )
        if time.monotonic() > deadline or (number >= switches and showing > MIN_SHOWN):
            break
        who = B if number % 2 == 0 else A
        signed_in.append((time.monotonic(), ""))
        world.sign_in(**who)
        signed_in.append((time.monotonic(), who["token"]))
        time.sleep(random.uniform(0, 0.15) if number % 10 else 1)
    stopped.set()
    drawer.join(30)

    shown = 0
    for began, ended, line in lines:
        # Every sign-in, or half of one (""), between the line's start and its end.
        ends = [since for since, _ in signed_in[1:]] + [ended + 1]
        during = {
            token
            for (since, token), until in zip(signed_in, ends, strict=True)
            if since < ended and until > began
        }
        for token, percent in NUMBERS.items():
            if percent in line:
                shown += 1
                assert token in during or "" in during, line
    assert shown > MIN_SHOWN
