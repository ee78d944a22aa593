"""Test that the light NamedTuple is that of `typing`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from usageline.core import named_tuple
from usageline.core.named_tuple import NamedTuple

PLUGIN = Path(named_tuple.__file__).parents[2]


class Pair(NamedTuple):
    """Two numbers."""

    one: int
    other: int = 2

    @property
    def both(self) -> int:
        return self.one + self.other

    @classmethod
    def twice(cls, one: int) -> Pair:
        return cls(one, one)


def test_tuple_has_fields_defaults_and_methods() -> None:
    pair = Pair(1)
    assert pair == (1, 2)
    assert (pair.both, Pair.twice(3), pair._replace(one=5)) == (3, (3, 3), (5, 2))
    assert (repr(pair), pair._asdict()) == ("Pair(one=1, other=2)", {"one": 1, "other": 2})
    assert (Pair.__doc__, Pair.__name__, Pair.__module__) == ("Two numbers.", "Pair", __name__)
    assert Pair._fields == ("one", "other")
    with pytest.raises(TypeError):
        Pair()  # type: ignore[call-arg]  # a field without a default


@pytest.mark.parametrize("module", ["usageline.jobs.live_usage", "usageline.jobs.__main__"])
def test_job_of_the_line_imports_nothing_slow(module: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(PLUGIN)!r}); import {module}\n"
        "slow = {'typing', 're', 'enum', 'json', 'dataclasses', 'inspect', 'urllib', 'threading'}\n"
        "print(*slow & set(sys.modules)); sys.exit(bool(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, [])
