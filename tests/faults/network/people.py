"""Worlds with numbers that are twelve minutes old."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from tests.server import usage_body
from tests.world import World
from usageline.core.freshness import file_fingerprint
from usageline.sources.auth import sign_in
from usageline.storage.account_state import AccountState
from usageline.storage.accounts import open_store
from usageline.storage.snapshot import Snapshot, write
from usageline.system import directories
from usageline.usage.model import Reading
from usageline.usage.parse import parse

ZONE, BEHIND_S = "XXX+8", 8 * 3600
"""The user is eight hours behind Greenwich, and the service writes GMT."""

AGE_S = 750
AGE = r"1[2-4]m ago"
"""As the line shows it, on a fast machine."""


def let_time_pass(world: World, seconds: int) -> None:
    """Move what the last refresh left this far into the past."""
    signed_in = sign_in.read(world.env)
    with open_store(world.paths.store_dir) as store:
        record = store.get(signed_in.account)
        cooldown = (
            replace(record.cooldown, until=record.cooldown.until - seconds)
            if record.cooldown
            else None
        )
        store.put(
            signed_in.account,
            replace(record, requested_at=record.requested_at - seconds, cooldown=cooldown),
        )
    snapshot = world.snapshot()
    text = json.dumps({**snapshot, "next_refresh_at": snapshot["next_refresh_at"] - seconds})
    Path(world.paths.snapshot).write_text(text)


def with_old_numbers(root: Path) -> World:
    """Return a world with the results of a good refresh `AGE_S` ago. Another is due."""
    world = World(root)
    world.env["TZ"] = ZONE
    seen_at = int(time.time()) - AGE_S
    signed_in = sign_in.read(world.env)
    token = signed_in.token_fingerprint
    reading = Reading(*parse(usage_body(seen_at)), source="oauth", observed_at=seen_at)
    directories.prepare(world.paths)
    with open_store(world.paths.store_dir) as store:
        due_at = seen_at + 300
        store.put(
            signed_in.account,
            AccountState(
                reading, due_at, token, confirmed=True, requested_at=seen_at, requested_with=token
            ),
        )
    stamp = str(file_fingerprint(world.paths.claude_credentials))
    write(
        world.paths,
        Snapshot(
            signed_in.account, signed_in.plan, reading, seen_at, due_at, "ok", credentials=stamp
        ),
    )
    return world
