"""CONTRIBUTING.md names files, tables and commands that exist."""

from __future__ import annotations

import importlib
import re

import pytest

from tools import prose
from tools.prose import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PACKAGE = ROOT / "plugin" / "usageline"
CODE = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
ENTRY = re.compile(r"`(?P<name>[A-Z_]+)` in `(?P<path>[\w/]+)\.py`")


def test_every_path_exists() -> None:
    paths = [code for code in CODE if re.fullmatch(r"[\w.*-]+/[\w./*-]*", code)]
    assert len(paths) > 20
    for path in paths:
        base = ROOT if (ROOT / path.split("/", maxsplit=1)[0]).exists() else PACKAGE
        if (base / path.split("/", maxsplit=1)[0]).exists():
            assert list(base.glob(path.rstrip("/"))), path


def test_every_tool_exists() -> None:
    tools = {code for text in CODE for code in re.findall(r"\btools\.([a-z_]+)", text)}
    assert tools >= {"generated", "lock", "prose", "reliability", "rooms", "security"}
    assert all((ROOT / "tools" / f"{tool}.py").is_file() for tool in tools)


@pytest.mark.parametrize(
    "entry",
    [match.groupdict() for match in ENTRY.finditer(TEXT)],
    ids=lambda entry: str(entry["name"]),
)
def test_every_table_of_entries_exists(entry: dict[str, str]) -> None:
    module = entry["path"].removesuffix("/__init__").replace("/", ".")
    assert getattr(importlib.import_module(f"usageline.{module}"), entry["name"])


def test_the_limits_of_the_prose_are_those_that_are_checked() -> None:
    assert f"at most {prose.MAX_SENTENCE_WORDS} words" in TEXT
    assert f"{prose.MAX_COLUMNS} columns" in TEXT


def test_the_guide_keeps_its_own_rules() -> None:
    text = re.sub(r"<!-- rooms -->.*?<!-- end -->", "", TEXT, flags=re.DOTALL)
    rules = {offender.rule for offender in prose.measure("CONTRIBUTING.md", text)[1]}
    assert not rules - set(prose.HINTS)
