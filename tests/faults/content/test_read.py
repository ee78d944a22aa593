"""Give unexpected content to everything that the program reads. `readers.py` lists it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.faults.content import readers
from tests.faults.content.fuzz import targets
from tests.faults.content.readers import listed, untried
from tests.faults.content.strategies import inputs
from tests.faults.promises import promise
from tests.world import REPOSITORY
from usageline.config import file as config_file
from usageline.config.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FUZZER_S = 12
MAX_CPU_S = 4
"""Slack for a slow machine; a whole refresh has 10 s."""

ENDLESS = (
    ("one key", "a", ".a", "=1"),
    ("one table", "[a", ".a", "]"),
    ("keys as long as may be", "", "a." * 2000 + "b=1\n", ""),
    ("mistakes", "", "abc=1\n", ""),
    ("tables", "", "[[a]]\n", ""),
    ("lists in lists", "a=", "[", ""),
    ("a list", "a=[", "1,", "]"),
    ("tables in tables", "a=", "{a=", ""),
    ("a table", "a={b=1", ",c.d=1", "}"),
    ("escapes", 'a="', "\\t", '"'),
    ("quotes", "a=", '"""', ""),
    ("comments", "", "#\n", ""),
)
"""By name: how they start, continue and end."""

FUZZER = REPOSITORY / ".tests-env-fuzz" / "bin" / "python"
"""An interpreter with atheris; `tests/run faults` and `tests/run fuzz` create it if they can."""


@pytest.mark.parametrize("target", targets.NAMES)
@promise(
    "Inputs that once reached new code during fuzzing are stored and are read without a fault.",
    topic="damaged",
)
def test_the_committed_inputs_are_survived(target: str, figure: Callable[[str], None]) -> None:
    check = targets.check_of(target)
    inputs = targets.seeds(target)
    for seed in inputs:
        check(seed.read_bytes())
    figure(f"{target}: {len(inputs)} inputs")


@pytest.mark.parametrize("target", targets.NAMES)
@promise(
    "Whatever an input contains, it is read, or refused by name. Inputs are the payload, "
    "the snapshot, an answer of the service, a configuration, settings.json, the sign-in, "
    "a repository, another command, the history and the environment.",
    sees=("One complete line that fits the terminal. A value that makes no sense is left out."),
    topic="damaged",
)
def test_made_up_inputs_are_survived(
    target: str, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    check, tried = targets.check_of(target), 0

    @settings(max_examples=size(40, 400), suppress_health_check=list(HealthCheck))
    @given(inputs(target))
    def try_one(data: bytes) -> None:
        nonlocal tried
        tried += 1
        check(data)

    try_one()
    figure(f"{target}: {tried} inputs")


@promise(
    "No config.toml takes long to read, whatever it contains.",
    sees="The line with the previous configuration, and the place of the mistake.",
    topic="config",
)
@pytest.mark.slow
def test_no_configuration_takes_long_to_read(figure: Callable[[str], None]) -> None:
    most = config_file.MAX_BYTES - 8
    took = {}
    for name, start, again, end in ENDLESS:
        content = (start + again * ((most - len(start) - len(end)) // len(again)) + end).encode()
        began = time.process_time()
        with contextlib.suppress(config_file.UnusableFile):
            validate(config_file.decode(content))
        took[name] = time.process_time() - began
    assert max(took.values()) < MAX_CPU_S, took
    figure(
        f"{len(took)} files of {config_file.MAX_BYTES >> 10} KiB, "
        f"at most {max(took.values()):.1f} s of CPU"
    )


def test_every_reader_has_something_that_tries_it() -> None:
    names = {reader.name for reader in readers.readers()}
    problems = [line for room in {name.split(".")[0] for name in names} for line in untried(room)]
    assert not problems, "\n".join(problems)
    assert not set(listed()) - names, "readers that are gone: remove them from readers.py"
    assert len(listed()) == len(set(listed()))
    assert readers.READERS.keys() <= set(targets.NAMES)


@pytest.mark.full
@pytest.mark.parametrize("target", targets.NAMES)
@promise(
    "A coverage-guided fuzzer finds no input that is read wrongly.",
    topic="damaged",
)
def test_a_coverage_guided_fuzzer_finds_nothing(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    if not FUZZER.exists():
        figure(
            f"{target}: not run, atheris has no wheel for Python "
            f"{sys.version_info.major}.{sys.version_info.minor} here"
        )
        return
    artifacts, scratch = tmp_path / "found", tmp_path / "scratch"
    artifacts.mkdir()
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY / 'plugin'}:{REPOSITORY}")
    command = [
        str(FUZZER),
        "-B",
        "-m",
        "tests.faults.content.fuzz.run",
        target,
        str(FUZZER_S),
        str(artifacts),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=FUZZER_S * 8, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    coverage = re.findall(r"cov: (\d+)", done.stderr)
    assert runs
    figure(
        f"{target}: {runs[1]} inputs in {FUZZER_S} s, {coverage[-1] if coverage else 0} branches"
    )
