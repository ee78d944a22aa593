"""Test that JSON without the package `json` is that of the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.system import light_json

PLUGIN = Path(light_json.__file__).parents[2]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_and_is_that_of_json(value: object) -> None:
    text = light_json.dumps(value)
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert light_json.loads(text) == json.loads(text) == value
    assert light_json.loads(f" \n{json.dumps(value)}\t\r") == value


@given(st.text(alphabet='{}[]",:0123456789eE+-.truefalsn\\ \n\u00a0', max_size=30))
def test_what_json_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            light_json.loads(text)
    else:
        assert light_json.loads(text) == expected


def test_long_integer_is_infinite() -> None:
    assert light_json.loads("[1" + "0" * 5000 + ", -" + "9" * 401 + ", 7]") == [
        float("inf"),
        float("-inf"),
        7,
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_value_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        light_json.dumps(value)


@pytest.mark.parametrize("before", ["", "sys.modules['_json'] = None"])
def test_package_is_imported_only_without_its_c_functions(before: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(PLUGIN)!r}); {before}\n"
        "from usageline.system.light_json import dumps, loads\n"
        "assert loads(dumps({'a': [1, 'é']})) == {'a': [1, 'é']}\n"
        "try: loads('{')\n"
        "except ValueError: pass\n"
        "sys.exit('json' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-X", "utf8", "-c", code], check=False)
    assert done.returncode == bool(before)
