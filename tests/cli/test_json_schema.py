"""`usageline --json-schema` describes what `usageline --json` prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import usage_body
from usageline.cli import json_schema
from usageline.refresh.run import refresh
from usageline.storage.snapshot import Snapshot
from usageline.usage.alerts import Alert
from usageline.usage.model import STATUSES, Credit, Limit, Reading

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.server import Api
    from tests.world import World

NOW = 1_795_597_200
EMPTY = Snapshot(None, None, None, NOW, NOW + 300, "signed-out")
FULL = replace(
    EMPTY,
    account="a" * 16,
    plan="Max 5x",
    status="ok",
    reading=Reading(
        (
            Limit("session", "S", 12.5, NOW, "normal", -3.5, 1.0, NOW, NOW, NOW, True, 0.6),
            Limit("x", "y", None, None),
        ),
        (Credit("c", None, None, 2, "USD", None), Credit("d", 1, 2, 2, "USD", 50, NOW, True)),
        "oauth",
        NOW,
    ),
    alerts=(Alert("session", "S", 75, 76.5, NOW, NOW),),
    declined_keys=("0123",),
    requests={"ok": 3, "rate-limited": 1},
)
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
KEYWORDS = {
    *("$schema", "title", "description", "default", "type", "properties", "required"),
    *("additionalProperties", "items", "enum", "const", "minimum", "pattern"),
}


def violations(schema: dict[str, Any], value: Any, path: str = "$") -> Iterator[str]:
    """Yield what of `value` the schema does not allow, and what it does not describe."""
    assert schema.keys() <= KEYWORDS
    properties = schema.get("properties", {}).keys()
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(TYPES[name](value) for name in names):
        yield f"{path}: {value!r} is no {names}"
        return
    allowed = [schema["const"]] if "const" in schema else schema.get("enum", [value])
    if value not in allowed:
        yield f"{path}: {value!r} is none of {allowed}"
    yield from _out_of_bounds(schema, value, path)
    if isinstance(value, dict):
        required, others = schema.get("required", ()), schema.get("additionalProperties")
        yield from (f"{path}: {name} is missing" for name in set(required) - value.keys())
        for name in value.keys() - properties:
            if isinstance(others, dict):
                yield from violations(others, value[name], f"{path}.{name}")
            else:
                yield f"{path}: {name} is not described"
        for name in value.keys() & properties:
            yield from violations(schema["properties"][name], value[name], f"{path}.{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from violations(schema["items"], item, f"{path}[{index}]")


def _out_of_bounds(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{path}: {value} is too small"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{path}: {value!r} does not match"


@pytest.mark.parametrize("snapshot", [EMPTY, FULL, *(replace(EMPTY, status=s) for s in STATUSES)])
def test_schema_describes_every_snapshot(snapshot: Snapshot) -> None:
    value = json.loads(json.dumps(snapshot.as_json()))
    assert list(violations(json_schema.schema(), value)) == []


@pytest.mark.parametrize("fault", ["", "429:3600", "500", "401"])
def test_schema_describes_what_a_refresh_publishes(world: World, api: Api, fault: str) -> None:
    api.body = usage_body(session=93)
    api.fault = fault
    refresh(world.env)
    assert list(violations(json_schema.schema(), world.snapshot())) == []


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        ({"status": "fine"}, "$.status"),
        ({"version": 2}, "$.version"),
        ({"limits": [{}]}, "kind is missing"),
        ({"observed_at": "now"}, "$.observed_at"),
        ({"new": 1}, "new is not described"),
    ],
)
def test_schema_rejects_what_no_snapshot_has(change: dict[str, Any], violation: str) -> None:
    texts = list(violations(json_schema.schema(), {**FULL.as_json(), **change}))
    assert any(violation in text for text in texts)


def test_option_prints_the_schema(
    usageline: Callable[..., subprocess.CompletedProcess[str]], api: Api
) -> None:
    done = usageline("--json-schema")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json_schema.schema()
    assert api.requests == []
