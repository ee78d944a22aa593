"""Use known secrets everywhere, and search everything that is left and was printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.secrets.journey import Journey, stand_in
from tests.server import Api
from tests.world import World
from usageline.system import origin_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUICK = ("echo:401", "redirect")
FAULTS = (
    *QUICK,
    "",
    "echo:200",
    "echo:429",
    "echo:403",
    "echo:500",
    "echo:302",
    "html",
    "reset",
    "truncate",
    "wrong-length",
    "bomb",
    "nan",
    "deep",
    "empty",
)
DAMAGE = (
    "raise KeyboardInterrupt(str(headers))",
    "raise RuntimeError(f'broken {headers}')",
    "raise SystemExit(str(headers))",
    "raise Error(str(headers))",
    "import os; os.abort()",
)
KEYCHAIN = """
import os, sys
import httpx, filelock, diskcache, truststore
sys.platform = "darwin"
from usageline.sources.auth import keychain
keychain.SECURITY = sys.argv[1]
from usageline.refresh.run import refresh
print(refresh(os.environ, force=True).state)
"""
"""A refresh as on macOS: the sign-in comes from the Keychain's tool."""


@pytest.fixture
def servers() -> Iterator[tuple[Api, Api]]:
    """Yield the API's host, and one that must get no secret."""
    both = Api(), Api()
    yield both
    for server in both:
        server.close()


def go_everywhere(journey: Journey, api: Api, other: Api, size: Callable[[int, int], int]) -> None:
    """Do everything from the first line to the uninstall."""
    api.fault = ""
    journey.lines_until_all_was_looked_at(USAGELINE_API_URL=api.url)
    journey.hook(USAGELINE_API_URL=api.url)
    for fault in FAULTS[: size(len(QUICK), len(FAULTS))]:
        journey.refresh(api, f"redirect:{other.url}/" if fault == "redirect" else fault)
    journey.sign_in(expires_in_s=-60)
    journey.refresh(api)
    journey.sign_in()
    for proxy in (other.url, other.url.replace("//", "//user:password@"))[: size(1, 2)]:
        other.fault = "echo:407"
        origin_record.write_record(
            str(journey.installed.release.root),
            {**journey.installed.world.env, "HTTPS_PROXY": proxy},
        )
        journey.refresh(None)
    other.fault = ""
    for how in DAMAGE[: size(1, len(DAMAGE))]:
        journey.damage(how)
        journey.forget_requests()
        journey.usageline(
            "refresh",
            "--force",
            USAGELINE_API_URL=api.url,
            XDG_CACHE_HOME=f"{journey.installed.world.home}/damaged",
        )
    journey.mend()
    for words in (
        ("info",),
        ("doctor",),
        ("refresh", "--force"),
        (),
        ("info", "--credentials", str(journey.credentials)),
        ("--json",),
        ("doctor", "--schema"),
        ("config", "check"),
        ("config", "preview"),
        ("history", "--csv"),
        ("history", "--json"),
        ("history",),
        ("explain",),
    )[: size(2, 13)]:
        journey.usageline(*words, USAGELINE_API_URL=api.url)
    journey.watch(USAGELINE_API_URL=api.url)
    journey.wait()


@promise(
    "The tokens of the sign-in are in no file, argument, environment, output, terminal or "
    "answer, complete or in part, plain or encoded.",
    sees=("No difference: the one request to the service has the access token in its one header."),
    topic="token",
)
@pytest.mark.parametrize(
    "odd", [pytest.param(False, id="usual", marks=pytest.mark.full), pytest.param(True, id="odd")]
)
@pytest.mark.slow
def test_the_tokens_are_nowhere_but_where_they_belong(
    tmp_path: Path,
    servers: tuple[Api, Api],
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
    *,
    odd: bool,
) -> None:
    needs(
        "strace", "git", root=True
    )  # root: another user's strace cannot read a process with private memory
    journey, (api, other) = Journey(install(World(tmp_path / "world")), odd=odd), servers
    go_everywhere(journey, api, other, size)
    held, looked_at = journey.search.files(journey.installed.world.root, but=[journey.credentials])
    journey.usageline("uninstall")
    held += journey.search.files(journey.installed.world.root, but=[journey.credentials])[0]
    assert held == []

    assert {request.headers.get("authorization") for request in api.requests} == {
        f"Bearer {journey.access}"
    }
    heard = [
        str(
            (
                request.method,
                request.path,
                {name: value for name, value in request.headers.items() if name != "authorization"},
            )
        )
        for request in api.requests
    ]
    heard += [str(request) for request in other.requests]
    assert other.requests
    assert [text for text in heard if journey.search.within(text.encode())] == []
    assert [output for output in journey.outputs if journey.search.within(output)] == []
    assert [output for output in journey.outputs if b"Traceback" in output] == []

    started = list(journey.started())
    programs = {path.rpartition("/")[2] for path, _ in started}
    assert {"git", "sh"} <= programs
    assert [path for path, call in started if journey.search.within(call)] == []
    figure(
        f"{looked_at} files, {len(started)} programs started, "
        f"{len(api.requests) + len(other.requests)} requests, "
        f"{sum(map(len, journey.outputs)) >> 10} KiB of output: 0 pieces of 16 characters"
    )


@promise(
    "Credentials in a session's environment reach what Claude Code and the user start. "
    "They reach no process that usageline starts, such as the chained command.",
    sees="No difference.",
    topic="token",
)
@pytest.mark.slow
def test_the_shells_own_secrets_reach_no_background_process(
    tmp_path: Path, servers: tuple[Api, Api], figure: Callable[[str], None]
) -> None:
    needs("strace", "git", root=True)
    journey, (api, _) = Journey(install(World(tmp_path / "world"))), servers
    journey.line(USAGELINE_API_URL=api.url, **journey.keys)
    journey.lines_until_all_was_looked_at(USAGELINE_API_URL=api.url)
    journey.hook(USAGELINE_API_URL=api.url)
    assert api.usage_requests
    assert journey.shell_search.files(journey.installed.world.root)[0] == []
    assert not any(map(journey.shell_search.within, [*journey.outputs, str(api.requests).encode()]))
    background = [
        (path, call)
        for path, call in journey.started()
        if b"usageline.refresh" in call or path.endswith("/git")
    ]
    assert {path.rpartition("/")[2] for path, _ in background} >= {"python", "git"}
    environment = (journey.installed.world.home / "told").read_bytes()
    assert b"USAGELINE_ALERT_TEXT" in environment
    environment += (journey.installed.world.home / "chained").read_bytes()
    assert b"USAGELINE_CHAIN=1" in environment
    assert not journey.shell_search.within(environment)
    assert [path for path, call in background if journey.shell_search.within(call)] == []
    figure(f"{len(background)} background programs: none had the credentials")


@promise(
    "A sign-in in the macOS Keychain is read with Apple's tool. The token is in no file "
    "and no output.",
    topic="token",
)
@pytest.mark.slow
def test_a_token_from_the_keychain_stays_in_memory(
    tmp_path: Path,
    servers: tuple[Api, Api],
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace", root=True)
    journey, (api, _) = Journey(install(World(tmp_path / "world")), odd=True), servers
    tool, item = tmp_path / "security", tmp_path / "item"
    stand_in(tool, item)
    content = json.loads(journey.credentials.read_text())
    journey.credentials.unlink()
    faults = FAULTS[: size(1, len(FAULTS))]
    for number, fault in enumerate(faults):
        # As `security` prints an item with non-ASCII characters.
        item.write_text(
            json.dumps(content)
            if number % 2
            else json.dumps({**content, "note": "ä"}, ensure_ascii=False).encode().hex()
        )
        api.fault = fault if fault != "redirect" else "500"
        cache = str(journey.installed.world.home / "caches" / str(number))
        journey.forget_requests()
        journey.run(
            journey.installed.release.python,
            "-I",
            "-B",
            "-c",
            KEYCHAIN,
            tool,
            env={"USAGELINE_API_URL": api.url, "XDG_CACHE_HOME": cache},
        )
    assert [request.headers["authorization"] for request in api.usage_requests] == [
        f"Bearer {journey.access}"
    ] * len(faults)
    assert b"find-generic-password" in (tmp_path / "security.calls").read_bytes()
    assert journey.search.files(tmp_path, but=[item])[0] == []
    assert not any(
        map(journey.search.within, [*journey.outputs, *(call for _, call in journey.started())])
    )
    figure(f"{len(faults)} refreshes from a stand-in for the Keychain's tool: 0 pieces")
