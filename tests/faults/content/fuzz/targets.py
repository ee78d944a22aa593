"""List every target: a module with `check(data)`, which raises if the program breaks a promise."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    "payload",
    "snapshot",
    "body",
    "config",
    "compiled",
    "settings",
    "sign_in",
    "git",
    "chained",
    "history",
    "value",
    "surroundings",
    "records",
)
CORPUS = Path(__file__).resolve().parent.parent / "corpus"
DICTIONARY = Path(__file__).resolve().parent / "words.dict"


def check_of(target: str) -> Callable[[bytes], None]:
    """Return what a target does with one input."""
    check: Callable[[bytes], None] = import_module(f"tests.faults.content.fuzz.{target}").check
    return check


def seeds(target: str) -> list[Path]:
    """Return the target's committed inputs."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())
