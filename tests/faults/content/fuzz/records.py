"""What is remembered between two runs: an account's record in the store, the install record, the list of config files."""

from __future__ import annotations

import json

from faults.content.fuzz.bytes_in import Input
from faults.content.fuzz.scratch import scratch
from faults.content.judge import one_line
from usageline.config import origin
from usageline.refresh import record
from usageline.setup import record as install_record
from usageline.sources.files import parse_object

HOME = scratch()
PLACE = HOME + "/install-default.json"


def check(data: bytes) -> None:
    """What is not as it was written counts as never noted."""
    content, listed = Input(data).parts(2)
    row = parse_object(content)
    found = record.from_json(row)
    assert record.from_json(json.loads(json.dumps(record.as_json(found), allow_nan=False))) == found
    one_line(text for alert in found.alerts for text in (alert.kind, alert.label))
    one_line([found.token, found.asked_with, found.cooldown.detail if found.cooldown else ""])
    for path, written in ((PLACE, content), (f"{HOME}/{origin.NAME}", listed)):
        with open(path, "wb") as file:
            file.write(written)
    kept = install_record.load_from(PLACE)
    if kept is not None:
        _ = kept.before_bytes
        assert kept.made_it(None) is False
    origin.may_name_programs({"HOME": HOME}, HOME)
