"""Without [shared] nothing of it is imported; with it, no server is needed to go on."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from usageline.refresh.run import refresh
from usageline.sources.shared import secret
from usageline.storage import shared_record

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import Release, World

SCRIPT = """
import json, os, sys
from usageline.refresh.run import refresh
refresh(dict(os.environ))
json.dump([name for name in sys.modules if name.startswith(("redis", "usageline"))], sys.stdout)
"""


@pytest.mark.parametrize("is_configured", [False, True])
def test_client_of_the_server_is_imported_only_if_it_is_configured(
    world: World, api: Api, built_release: Release, is_configured: bool
) -> None:
    if is_configured:
        world.configure('[shared]\nurl = "redis://127.0.0.1:9/0"\n')
        secret.make_key(world.paths.shared_key)
    done = world.run(built_release.python, "-I", "-c", SCRIPT)
    modules = json.loads(done.stdout)
    shared = [name for name in modules if name == "redis" or "shar" in name]
    assert bool(shared) == is_configured, shared
    assert len(api.usage_requests) == (0 if is_configured else 1), "a new machine tries twice"


def test_machine_goes_on_without_its_server(world: World, api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    world.configure(f'[shared]\nurl = "redis://127.0.0.1:{port}/0"\n')
    secret.make_key(world.paths.shared_key)
    refresh(world.env, force=True)
    assert world.snapshot()["status"] == "ok"
    assert len(api.usage_requests) == 1
    record = shared_record.read(world.paths)
    assert record is not None
    assert record.problem == "no connection"
