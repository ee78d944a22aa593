"""Run the real client in a sandbox. Linux only; only `tests/run client` runs these tests."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.client.installation import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.client.sandbox import Sandbox

TOOLS = ("npm", "tmux", "unshare", "nsenter", "ip", "mount", "openssl", "ps")


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [tool for tool in TOOLS if shutil.which(tool, path=path) is None]
    if sys.platform != "linux":
        missing.append("Linux")
    if missing:
        reason = "the tests with the real client need " + ", ".join(missing)
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Sandbox]:
    """Return a sandbox without usageline."""
    with opened(tmp_path / "bare") as sandbox:
        yield sandbox


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Sandbox]:
    """Return a sandbox in which usageline is installed and has not run yet."""
    with opened(tmp_path / "installed", installed=True) as sandbox:
        yield sandbox
