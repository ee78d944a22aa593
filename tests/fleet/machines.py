"""Machines of one account: each with its own HOME, clock and refreshes, all with one server."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.world import World
from usageline.refresh.run import refresh
from usageline.storage import shared_record
from usageline.system.this_process import Clock

if TYPE_CHECKING:
    from tests.fleet.servers import Server
    from tests.server import Api
    from usageline.refresh.log_entry import Outcome
    from usageline.storage.shared_record import SharedRecord

ACCOUNT_KEY = "9d88fa0eee1d35ed"
"""The key of the account in every `World`."""

TTL_AND_JITTER_S = 332


@dataclass
class Machine:
    """One machine. Its clock is ahead of this one's by `ahead_s`, which a test may change."""

    world: World
    ahead_s: float = 0

    @property
    def record(self) -> SharedRecord:
        """Return what it remembers of the server."""
        record = shared_record.read(self.world.paths)
        assert record is not None
        return record

    @property
    def percent(self) -> float | None:
        """Return the session's percentage that it shows."""
        limits = self.world.snapshot()["limits"]
        return limits[0]["percent"] if limits else None

    @property
    def log(self) -> list[dict[str, Any]]:
        """Return the entries of its refresh log."""
        path = Path(self.world.paths.log)
        return [json.loads(line) for line in path.read_text().splitlines()]

    @property
    def last_notes(self) -> str:
        """Return the notes of the last refresh."""
        return "; ".join(self.log[-1].get("notes", []))

    def refresh(self, *, force: bool = False) -> Outcome:
        """Run a refresh at the machine's own time."""
        clock = Clock(lambda: time.time() + self.ahead_s, time.monotonic, time.sleep)
        return refresh(self.world.env, force=force, clock=clock, jitter=lambda: 0.5)

    def run_until_numbers(self, *command: str) -> str:
        """Run a refresh as a process until there are numbers, and return their source.

        On a busy machine it may be too late for the server, and would wait before it tries again.
        """
        for _ in range(10):
            done = self.world.run(*command)
            assert done.returncode == 0, done.stderr
            if Path(self.world.paths.snapshot).exists():
                if self.percent is not None:
                    return str(self.world.snapshot()["source"])
                self.world.make_due()
            shared_record.remove(self.world.paths)
        raise AssertionError(self.log)

    def share(self, url: str, **options: str) -> None:
        """Write [shared] into config.toml."""
        keys = {"url": url, **options}
        lines = [f"{name} = {json.dumps(value)}" for name, value in keys.items()]
        self.world.configure("\n".join(["[shared]", *lines, ""]))


@dataclass
class Fleet:
    """All machines of an account, with the key that they share."""

    root: Path
    api: Api
    server: Server
    url: str = ""
    ahead_s: int = 0
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    machines: list[Machine] = field(default_factory=list)

    def machine(self, url: str = "", *, is_signed_in: bool = True, **options: str) -> Machine:
        """Add a machine. Without a sign-in it shows the account that its config.toml names."""
        world = World(self.root / f"machine-{len(self.machines)}")
        world.env["USAGELINE_API_URL"] = self.api.url
        machine = Machine(world, self.ahead_s)
        if not is_signed_in:
            world.sign_out()
            options["account"] = ACCOUNT_KEY
        machine.share(url or self.url or self.server.url, **options)
        self.give_key(machine)
        self.machines.append(machine)
        return machine

    @property
    def untold(self) -> int:
        """Count the requests after which no time was left to give the reading to the others."""
        return sum(
            "oauth: ok" in entry.get("tried", []) and "shared server: " in str(entry.get("notes"))
            for machine in self.machines
            for entry in machine.log
        )

    def later(self, seconds: int) -> None:
        """Let so much time pass for every machine, the service and the server."""
        self.ahead_s += seconds
        self.api.clock_ahead_s = self.ahead_s
        self.server.shift(self.ahead_s)
        for machine in self.machines:
            machine.ahead_s += seconds

    def give_key(self, machine: Machine, key: str = "") -> None:
        """Copy the key to a machine."""
        path = Path(machine.world.paths.shared_key)
        path.write_text((key or self.key) + "\n")
        path.chmod(0o600)
