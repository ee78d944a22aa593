"""Read Claude Code's sign-in: .credentials.json, .claude.json, and settings that replace it."""

from __future__ import annotations

import os
import re

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.scratch import scratch
from tests.faults.content.judge import one_line, printed, tried
from usageline.cli import info
from usageline.cli.doctor import CHECKS, run_check
from usageline.cli.doctor.context import Context
from usageline.cli.table import text
from usageline.core import paths
from usageline.sources import claude_cache
from usageline.sources.auth import claude_state, credentials, sign_in
from usageline.sources.context import Context as Asked
from usageline.usage.model import SourceFailure

HOME = scratch()
ENV = {"HOME": HOME, "PATH": "/nowhere"}
NOW = 1_795_000_000
PLACES = (paths.claude_credentials(ENV), paths.claude_state(ENV), paths.claude_settings(ENV))
EASY = [
    check
    for check in CHECKS
    if check.__module__.endswith((".sign_in", ".settings")) or check.__name__ == "trust"
]
"""The doctor's checks that read these files and start nothing."""

os.makedirs(paths.claude_dir(ENV), exist_ok=True)


def check(data: bytes) -> None:
    """Assert a sign-in or a status with the reason, and that what is shown is text."""
    for path, content in zip(PLACES, Input(data).parts(len(PLACES)), strict=True):
        with open(path, "wb") as file:
            file.write(content)
    own, state = credentials.from_file(PLACES[0]), claude_state.read(ENV)
    if own is not None:
        assert repr(own.token).count("sk-") == 0
        printed((text(value) for row in info.rows(own, "~", state, NOW) for value in row), 100)
        info.check_sign_in(own, NOW)
    context = Context(ENV, HOME, now=NOW, managed=HOME + "/none")
    for one in EASY:
        result = run_check(one, context)
        assert result is None or "failed: " not in result.text, result
    who, failure = tried(lambda: sign_in.read(ENV), SourceFailure)
    if who is None:
        assert failure
        assert failure.status in {"signed-out", "no-plan", "unreadable"}
        return
    assert re.fullmatch("[0-9a-f]{16}", who.account)
    one_line([who.plan or ""])
    _cached(who)


def _cached(who: sign_in.SignIn) -> None:
    asked = Asked(ENV, NOW, 1e9, who, 300, 0, lambda **_: None)
    _, failure = tried(lambda: claude_cache.fetch(asked), SourceFailure)
    assert failure is None or failure.status == "unreadable"
