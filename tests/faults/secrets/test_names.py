"""Set every variable that any part may read, and find nothing of the project in use."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.secrets.canaries import Search, token
from tests.faults.secrets.names import names
from tests.faults.secrets.test_variables import installed, run, trap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.installed import Installed
    from tests.faults.secrets.trap import Trap
    from tests.server import Api

__all__ = ["installed", "trap"]  # fixtures

VALUES = {
    "a program": "{project}/bin/sh",
    "a directory of modules": "{project}/python",
    "a directory of programs": "{project}/bin",
    "an OpenSSL configuration": "{project}/openssl.cnf",
    "a certificate": "{project}/ca.pem",
    "a module": "httpx",
    "a module's function": "httpx:run",
    "a file to write": "{project}/written",
    "a directory to write": "{project}/made/",
    "an address": "http://127.0.0.1:{thief}",
    "yes": "1",
    "nothing": "",
    "every character": "\x01\x1b]0;x\x07\u202e$(touch {project}/written)`id`;'\"\\%n",
}


def tree(root: Path) -> dict[str, bytes | None]:
    """Return the content of every file below, without what git itself keeps of a repository."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
        if ".git" not in path.parts
    }


@promise(
    "Every variable that any part may read is tried: each name in the sources and binaries of all "
    "libraries and programs. None starts a program or imports a module. None opens or writes a "
    "file of the project, or sends a request elsewhere.",
    sees="The line.",
    topic="project",
)
@pytest.mark.full
@pytest.mark.parametrize("kind", list(VALUES))
@pytest.mark.timeout(600)
def test_no_name_of_a_variable_reaches_the_project(
    *, installed: Installed, api: Api, trap: Trap, kind: str, figure: Callable[[str], None]
) -> None:
    needs("strace", "git", root=True)
    world, secret = installed.world, token()
    world.sign_in(token=secret)
    before = tree(trap.project)
    chosen = dict.fromkeys(names(), VALUES[kind])
    for number in range(9):  # a busy machine may give a refresh no time
        shutil.rmtree(world.cache, ignore_errors=True)
        variables = trap.filled({**chosen, "USAGELINE_API_URL": api.url})
        lines, _, opened = run(installed, trap, variables, number)
        assert all(line.strip() for line in lines), lines
        assert not any("Traceback" in line for line in lines)
        if api.usage_requests:
            break
    assert api.usage_requests, "no refresh came of it"
    assert [path.name for path in trap.marks.iterdir()] == []
    assert tree(trap.project) == before
    assert opened & before.keys() <= {"a", ".gitattributes"}
    assert not Search([secret]).within(trap.heard())
    assert trap.thief.requests == []
    assert not (world.home / ".local" / "bin" / "claude.runs").exists()
    held, _ = Search([secret]).files(world.root, but=[world.home / ".claude" / ".credentials.json"])
    assert held == []
    figure(f"{len(chosen):,} names, with {kind}")
