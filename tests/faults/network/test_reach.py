"""Check that an impostor gets nothing and that a working way is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.network.outcomes import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


@promise(
    "A server that cannot present the API's own certificate gets no request. This holds "
    "for a captive portal, for a proxy that answers itself and for a host of another "
    "name.",
    sees=(
        "`offline · 12m ago`. `usageline refresh`: the certificate is not trusted, no secure "
        "connection."
    ),
    topic="intercepted",
)
def test_a_server_without_the_apis_certificate_gets_no_request(
    ways: list[Outcome], figure: Callable[[str], None]
) -> None:
    met = [outcome for outcome in ways if outcome.way is not None and outcome.way.deceives]
    for outcome in met:
        assert sum(server.connections for server in outcome.servers) >= 1, outcome.case.name
        for server in outcome.servers:
            assert b"GET " not in server.received, outcome.case.name
            assert b"Bearer" not in server.received, outcome.case.name
    assert len(met) > 5
    figure(
        f"{len(met)} of them, "
        f"{sum(server.connections for one in met for server in one.servers)} connections, 0 "
        "requests"
    )


@promise(
    "If IPv6 leads nowhere, the numbers come over IPv4 in the same run.",
    sees="New numbers, a few seconds later.",
    topic="offline",
)
def test_an_address_that_swallows_packets_does_not_keep_the_numbers_away(
    ways: list[Outcome], figure: Callable[[str], None]
) -> None:
    (outcome,) = [one for one in ways if one.case.name == "IPv6 packets vanish, IPv4 works"]
    assert outcome.first.seconds > 3, "it was tried first"
    assert (outcome.snapshot["status"], outcome.asked) == ("ok", 1)
    figure(f"{outcome.first.seconds:.1f} s")
