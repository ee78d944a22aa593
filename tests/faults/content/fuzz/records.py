"""Read what is stored between two runs: account state, install manifest, list of config files."""

from __future__ import annotations

import json
import os

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.scratch import scratch
from tests.faults.content.judge import one_line
from usageline.line import chain, spawn
from usageline.refresh import request_budget
from usageline.setup import manifest as install_record
from usageline.sources.claude_files import parse_object
from usageline.storage import account_state
from usageline.system import origin, origin_record
from usageline.system.paths import Paths

HOME = scratch()
PLACE = HOME + "/install-default.json"


def check(data: bytes) -> None:
    """Assert that invalid fields are treated as missing."""
    content, listed = Input(data).parts(2)
    row = parse_object(content)
    state = account_state.from_json(row)
    assert (
        account_state.from_json(
            json.loads(json.dumps(account_state.as_json(state), allow_nan=False))
        )
        == state
    )
    one_line(text for alert in state.alerts for text in (alert.kind, alert.label))
    one_line([state.token, state.requested_with, state.cooldown.detail if state.cooldown else ""])
    for path, written in (
        (PLACE, content),
        (f"{HOME}/{origin_record.NAME}", listed),
        (f"{HOME}/{origin_record.LEGACY_CONFIGS}", listed),
    ):
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(written)
    record = install_record.load_from(PLACE)
    if record is not None:
        _ = record.before_bytes
        assert record.is_our_output(None) is False
    for env in ({"HOME": HOME}, {"HOME": "/a", "CLAUDE_CONFIG_DIR": "relative"}):
        mine = origin.own(env, HOME)
        assert mine is None or os.path.isabs(mine.fixed["HOME"])
        assert set(origin.network(env, HOME)) <= set(origin_record.NETWORK)
    before, chain.ROOT = chain.ROOT, HOME
    fixed = chain.trusted_config({"HOME": HOME})
    chain.ROOT = before
    assert fixed is None or fixed[2].keys() <= {"HOME", "PATH"}
    start_from = list(spawn.installations(HOME))
    assert start_from == [HOME]
    request_budget.AccountGate(Paths({"HOME": HOME}), "a", "b", "c")
