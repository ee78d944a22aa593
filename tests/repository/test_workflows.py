"""The workflows run existing commands, with pinned actions and few rights."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tools.prose import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
USES = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<pin>\S+)(?: # (?P<version>\S+))?")
VERSIONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


def texts() -> str:
    return "\n".join(path.read_text("utf-8") for path in WORKFLOWS)


def test_every_action_is_pinned_to_one_commit_and_names_its_version() -> None:
    pins: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for match in USES.finditer(texts()):
        assert re.fullmatch(r"[0-9a-f]{40}", match["pin"]), match[0]
        assert re.fullmatch(r"v\d+\.\d+\.\d+", match["version"] or ""), match[0]
        pins[match["action"]].add((match["pin"], match["version"]))
    assert pins
    assert all(len(pin) == 1 for pin in pins.values()), pins


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_has_no_rights_that_a_job_does_not_ask_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "\npermissions: {}\n" in text
    jobs = re.findall(r"^  \w+:$", text.partition("\njobs:\n")[2], re.MULTILINE)
    assert jobs
    assert len(re.findall(r"^    permissions:", text, re.MULTILINE)) == len(jobs)
    assert text.count("timeout-minutes:") == len(jobs)
    assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")
    assert "pull_request_target" not in text
    assert "secrets." not in text


def test_only_the_publishing_job_gets_a_token() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    before, _, publish = text.partition("\n  publish:\n")
    assert ": write" not in before
    assert publish.count(": write") == 2
    assert "id-token: write" in publish
    assert "checkout" not in publish


def test_every_supported_python_is_tried() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    matrices = re.findall(r"python: \[(.*)\]", text)
    assert [re.findall(r"[\d.]+", matrix) for matrix in matrices] == [VERSIONS, VERSIONS]
    assert f'requires-python = ">={VERSIONS[0]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_every_command_of_a_workflow_exists() -> None:
    for script in re.findall(r"run: (?:python -m )?(\.?[\w./]+)", texts()):
        if script.startswith("tools."):
            assert (ROOT / (script.replace(".", "/") + ".py")).is_file(), script
        elif "/" in script:
            assert (ROOT / script).is_file(), script
    commands = set(
        re.findall(
            r"^#   tests/run (\w+)", (ROOT / "tests" / "run").read_text("utf-8"), re.MULTILINE
        )
    )
    assert set(re.findall(r"run: tests/run (\w+)", texts())) <= commands | {
        "lint",
        "parallel",
        "serial",
    }
    for path in re.findall(r"tests/[\w./-]+", texts()):
        assert (ROOT / path).exists(), path
