"""Run the chained command once, so that the new line shows its rows."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from usageline.cli.config import sample
from usageline.jobs import chained_command
from usageline.line import chain, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.line.layout import Part


def rows(configured: Mapping[str, Any], env: Mapping[str, str]) -> tuple[list[list[Part]], str]:
    """Return the rows of the compiled configuration's command, and its problem or "".

    It gets a sample session, in the environment in which the line runs it.
    """
    trusted = chain.trusted_config(env)
    if trusted is None:
        return [], chain.UNTRUSTED
    if chain.MARK in env:  # another line's command: it must not start itself again
        return [], ""
    settings = configured["chain"]
    command = chain.Command("", env, settings, "", trusted[2])
    payload = json.dumps(sample.payload(time.time())).encode()
    shown, failure = chained_command.run_once(
        settings["command"],
        command.environment(jobs.chain_columns(configured, env)),
        payload,
        command.timeout_s,
    )
    return chain.checked_rows(shown), failure
