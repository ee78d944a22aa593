"""Read stdin: the payload of Claude Code."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import chosen, judged, seen_of
from usageline.cli.config import sample
from usageline.core import json_file


def check(data: bytes) -> None:
    """Assert that it is read as by `json`, and that the line is valid in every theme."""
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    text = given.left.decode("utf-8", "replace").lstrip("\ufeff")
    assert repr(outcome(json_file.first_value, text)) == repr(outcome(_by_json, text))
    value = json_file._object(given.left)
    context = seen_of(value, sample.snapshot(1_795_000_000, light=False))
    context = context.replaced(git=sample.GIT, local=sample.LOCAL)
    judged(context, configured, columns, nerd_font=nerd_font)
    if isinstance(value, dict):
        branch = value.get("branch")
        context = context.replaced(
            git={**sample.GIT, "branch": branch, "state": value.get("state")}
        )
        judged(context, configured, columns, nerd_font=nerd_font)


def outcome(parse: Any, text: str) -> Any:
    """Return the value in a list, or None if it is refused."""
    try:
        return [parse(text)]
    except (ValueError, RecursionError):
        return None


def _by_json(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.JSONDecoder(parse_constant=refuse).raw_decode(text.lstrip(" \t\n\r"))[0]
