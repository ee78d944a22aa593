"""A world whose config.toml names a key and an `OrgServer`, and a clock that does not wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from tests.org_server import KEY, OrgServer
from usageline.jobs import org_report
from usageline.jobs.org_access import Request, open_org
from usageline.system.this_process import Clock

if TYPE_CHECKING:
    from tests.world import World
    from usageline.jobs.org_access import Org
    from usageline.usage.org.model import Report

START = datetime(2026, 11, 25, 8, 0, tzinfo=timezone.utc)


@dataclass
class Time:
    """A clock: sleeping moves it, and each sleep is noted."""

    at: float = START.timestamp()
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.sleeps.append(seconds)
        self.at += seconds

    def clock(self) -> Clock:
        """Return the clock for the program."""
        return Clock(lambda: self.at, lambda: self.at, self.sleep)


@dataclass
class OrgWorld:
    """The world, its server and its clock."""

    world: World
    server: OrgServer
    time: Time = field(default_factory=Time)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key_file = self.world.home / "admin.key"
        self.write_key(KEY)
        self.world.configure(f'[org]\nkey_file = "{self.key_file}"\nurl = "{self.server.url}"\n')

    def write_key(self, text: str, mode: int = 0o600) -> None:
        """Write the key file."""
        self.key_file.write_text(text + "\n")
        self.key_file.chmod(mode)

    def load(self, by: str = "person", **options: object) -> Report:
        """Load a report in this process."""
        return org_report.load(self.open(by=by, **options))

    def open(self, **options: object) -> Org:
        """Open the organization in this process."""
        request = Request(**options)  # type: ignore[arg-type]
        return open_org(self.world.env, request, self.messages.append, self.time.clock())

    def state_files(self) -> list[Path]:
        """Return the files that it keeps."""
        root = Path(self.world.paths.state_dir) / "org"
        return [path for path in root.rglob("*") if path.is_file()]
