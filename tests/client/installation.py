"""Create a sandbox with usageline from a copy of this clone."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.client.certificates import make_certificates
from tests.client.download import client
from tests.client.sandbox import Sandbox
from tests.world import REPOSITORY, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_FETCHED = (".git", ".tests-env*", ".hypothesis", "__pycache__")


@contextmanager
def opened(
    root: Path,
    *,
    installed: bool = False,
    settings: bytes | None = None,
    is_project_in_home: bool = False,
) -> Iterator[Sandbox]:
    """Yield a sandbox below `root`, with a new HOME and a sign-in.

    `settings` are the user's own. `installed` runs install.sh; then the cache is empty and no
    request was sent.
    """
    root.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(
        World(root / "world"),
        root / "sandbox",
        make_certificates(root),
        client(),
        is_project_in_home=is_project_in_home,
    )
    try:
        if settings is not None:
            sandbox.settings.write_bytes(settings)
        if installed:
            sandbox.install(fetched(root / "clone"))
            shutil.rmtree(root / "clone")
            sandbox.clear_cache()
            sandbox.api.requests.clear()
        yield sandbox
    finally:
        sandbox.close()


def fetched(target: Path) -> Path:
    """Copy this clone to `target`, as after a `git clone`."""
    shutil.copytree(REPOSITORY, target, ignore=shutil.ignore_patterns(*NOT_FETCHED))
    return target
