"""Run a case from the fault to its visible effects, with real processes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.network.names import NameServer
from tests.faults.network.people import with_old_numbers
from tests.faults.network.place import Place
from tests.faults.network.reach import HERE
from tests.faults.network.wire import Wire
from tests.hot import Hot

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path

    from tests.faults.network.cases import Case
    from tests.faults.network.place import Run
    from tests.faults.network.reach import Way
    from tests.faults.network.wire import Talk
    from tests.world import Release, World


@dataclass
class Outcome:
    """The result of a case.

    `first` is the refresh that met the fault; it ended at `ended_at` and left `snapshot` and
    `line`. `second` is `usageline refresh` right after it, without the snapshot; it left `again`.
    `servers` are all reachable ones; the API is the first.
    """

    case: Case
    world: World
    servers: list[Wire]
    way: Way | None = None
    before: dict[str, Any] = field(init=False)
    first: Run = field(init=False)
    ended_at: float = field(init=False)
    snapshot: dict[str, Any] = field(init=False)
    line: str = field(init=False)
    asked: int = field(init=False)
    second: Run = field(init=False)
    again: dict[str, Any] = field(init=False)

    def go(self, place: Place, release: Release) -> Outcome:
        """Run it all in `place`."""
        world = self.world
        self.before = world.snapshot()
        self.first = place.run(release.refresh_command, world.env, world.home)
        self.ended_at = time.time()
        self.snapshot = world.snapshot()
        self.asked = self.requests
        self.line = Hot(world, release).line()
        os.unlink(world.paths.snapshot)
        command = [str(release.python), "-I", "-B", "-m", "usageline.cli", "refresh"]
        self.second = place.run(command, world.env, world.home)
        self.again = world.snapshot()
        return self

    @property
    def requests(self) -> int:
        """Return the number of usage requests that any server received."""
        return sum(server.asked for server in self.servers)


def on_loopback(case: Case, release: Release, root: Path) -> Outcome:
    """Run the case with an API on this machine, and a second server that it can name."""
    world, place, other = with_old_numbers(root), Place(), Wire(_only_listens)
    api = Wire(case.script, elsewhere=other.url.replace("127.0.0.1", "localhost"))
    world.env["USAGELINE_API_URL"] = api.url
    try:
        return Outcome(case, world, [api, other]).go(place, release)
    finally:
        for server in (api, other):
            server.close()
        place.close()


def on_the_way(
    way: Way,
    release: Release,
    identities: Mapping[str, ssl.SSLContext],
    authority: Path,
    root: Path,
) -> Outcome:
    """Run the case in its own network, in which only the API's own name is reachable."""
    world = with_old_numbers(root)
    world.env.update({way.trust: str(authority), **way.env})
    place = place_for(way, root)
    https, http, at_proxy, questions = place.sockets
    servers = [
        Wire(way.case.script, https, identities.get(way.identity)),
        Wire(_only_listens, http),
    ]
    names = NameServer(questions, **(way.names or {}))
    if way.proxy:
        kind = "https" if way.proxy_identity else "http"
        world.env["HTTPS_PROXY"] = f"{kind}://{way.login}{HERE}:3128"
        servers.append(Wire(way.proxy(identities), at_proxy, identities.get(way.proxy_identity)))
    try:
        return Outcome(way.case, world, servers, way).go(place, release)
    finally:
        names.close()
        for server in servers:
            server.close()
        place.close()


def place_for(way: Way, root: Path) -> Place:
    """Return its network: ports 443, 80 and 3128 of HERE, and a name server's."""
    files = {
        "/etc/hosts": "127.0.0.1 localhost\n"
        + "".join(
            f"{address} api.anthropic.com\n" for address in way.addresses if way.names is None
        ),
        "/etc/resolv.conf": f"nameserver {HERE}\n",
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }
    mounts = []
    for path, text in files.items():
        over = root / os.path.basename(path)
        over.write_text(text)
        if os.path.exists(path):
            mounts.append((str(over), path))
    listen = [(way.listens, 443), (HERE, 80), (HERE, 3128), (HERE, 53, "udp")]
    return Place(own_network=True, mounts=mounts, setup=[["sh", "-ec", way.shell]], listen=listen)


def _only_listens(talk: Talk) -> None:
    talk.read_head()
