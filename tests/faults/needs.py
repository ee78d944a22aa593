"""Skip a test if the machine lacks what it needs.

If CI is set, the test fails instead: a run that tried nothing must not count as passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

import pytest

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
"""Before a command: a mount namespace of its own, in which any user may mount a tmpfs.

The mounts end with the last process in it.
"""

OWN_NETWORK = (*NAMESPACE, "--net")
"""The same with a network of its own, in which there is nothing but a loopback that is down."""


def needs(
    *tools: str,
    linux: bool = True,
    root: bool = False,
    mounts: bool = False,
    networks: bool = False,
) -> None:
    """Skip the test unless the machine has these tools and allows the rest. Fail it if CI is set.

    `root`: the user is root. `mounts`: a file system can be mounted. `networks`: a network
    namespace can be made.
    """
    lacks = [
        tool
        for tool in tools
        if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None
    ]
    if linux and sys.platform != "linux":
        lacks.append("Linux")
    if root and (not hasattr(os, "geteuid") or os.geteuid() != 0):
        lacks.append("root")
    if mounts and not _can_mount():
        lacks.append("user and mount namespaces")
    if networks and not _can_make_networks():
        lacks.append("user and network namespaces")
    if lacks:
        reason = "this test needs " + ", ".join(lacks)
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@cache
def _can_mount() -> bool:
    return _works(*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt")


@cache
def _can_make_networks() -> bool:
    return _works(
        *OWN_NETWORK,
        "sh",
        "-c",
        "PATH=$PATH:/usr/sbin:/sbin; ip link add far0 type veth peer name far1",
    )


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
