"""A few keys of a JSON object of any length, as in `json`, in bounded time and memory."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import REPOSITORY
from usageline.sources import claude_files
from usageline.sources.auth import claude_state
from usageline.sources.claude_files import top_level

if TYPE_CHECKING:
    from pathlib import Path

KEYS = claude_state.KEYS
WORDS = (
    "theme",
    "oauthAccount",
    'th"eme',
    "\\",
    '\\"',
    '"theme": 1',
    "{",
    "}",
    "[]",
    '{"theme":"x"}',
    "",
    "jörg",
    "\u2028",
    "a\nb",
    "\\\\",
)


def scanned(path: Path, content: bytes) -> dict[str, Any]:
    """Return the scanner's result for a file with that content."""
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    try:
        return top_level(fd, KEYS)
    finally:
        os.close(fd)


def value(chance: random.Random, depth: int) -> Any:
    """Return a value whose texts and keys contain JSON syntax."""
    kind = chance.randrange(9 if depth else 5)
    if kind < 5:
        return chance.choice(
            [None, True, -1.5e-7, 12345678901234567890, "".join(chance.choices(WORDS, k=3))]
        )
    if kind < 7:
        return [value(chance, depth - 1) for _ in range(chance.randrange(5))]
    return {
        chance.choice((*KEYS, *WORDS)): value(chance, depth - 1) for _ in range(chance.randrange(6))
    }


@pytest.mark.parametrize("piece", [64, 100, 1 << 20])
def test_scan_matches_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """With any other content, at each chunk boundary, in each notation."""
    monkeypatch.setattr(claude_files, "CHUNK_BYTES", piece)
    for seed in range(400):
        chance = random.Random(seed)
        whole = {
            chance.choice((*KEYS, *WORDS)): value(chance, 4) for _ in range(chance.randrange(12))
        }
        text = json.dumps(whole, ensure_ascii=seed % 2 == 0, indent=chance.choice([None, 1, "\t"]))
        content = ("\ufeff" * (seed % 3 == 0) + "\n " * (seed % 5 == 0) + text + "\r\n").encode()
        assert scanned(tmp_path / "file", content) == {
            key: whole[key] for key in KEYS if key in whole
        }, seed


@pytest.mark.parametrize("piece", [64, 1 << 20])
def test_any_content_raises_only_named_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """Truncated content is no object; changed content raises no other exception."""
    monkeypatch.setattr(claude_files, "CHUNK_BYTES", piece)
    chance = random.Random(7)
    content = json.dumps(
        {"projects": {"/p": {"history": ['a "quoted" \\ text'] * 3}}, "theme": "dark"}
    ).encode()
    for end in range(len(content)):
        with pytest.raises(ValueError, match="not a JSON object"):
            scanned(tmp_path / "file", content[:end])
    for _ in range(500):
        broken = bytearray(content)
        for _ in range(3):
            broken[chance.randrange(len(broken))] = chance.choice(b'\x00"\\{}[],\xff\xc3:')
        try:
            assert scanned(tmp_path / "file", bytes(broken)).keys() <= set(KEYS)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"theme":1,"theme":2}', {"theme": 2}),
        (b'{"theme":1,"theme":}', {}),
        (b'{"a":"x","theme"  :\n\t"dark"}', {"theme": "dark"}),
        (b'{"a":["theme","theme"],"b":{"theme":1}}', {}),
        (b'{"theme":"\xff\x00"}', {}),
        (b'{"theme":"\xff"}', {"theme": "\ufffd"}),
        (b'{"theme":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}),
        (b'{"theme":' + b"9" * 100_000 + b"}", {"theme": float("inf")}),
    ],
    ids=lambda content: str(content)[:40],
)
def test_odd_files_are_read(tmp_path: Path, content: bytes, expected: dict[str, Any]) -> None:
    assert scanned(tmp_path / "file", content) == expected


def test_huge_value_counts_as_absent(tmp_path: Path) -> None:
    assert scanned(
        tmp_path / "file",
        b'{"theme":"' + b"x" * claude_files.MAX_VALUE_BYTES + b'","primaryApiKey":"k"}',
    ) == {"primaryApiKey": "k"}


MIB = 1 << 20
HOSTILE = {
    "nested": lambda size: b'{"x":' + b"[" * (size // 2) + b"]" * (size // 2) + b',"theme":"dark"}',
    "lists": lambda size: b'{"x":[' + b"[]," * (size // 3) + b'0],"theme":"dark"}',
    "list alone": lambda size: b"[" + b"[]," * (size // 3) + b"0]",
    "strings": lambda size: b'{"x":[' + b'"",' * (size // 3) + b'0],"theme":"dark"}',
    "keys": lambda size: b'{"x":[' + b'"theme",' * (size // 8) + b'0],"theme":"dark"}',
    "escapes": lambda size: b'{"x":"' + b"\\\\" * (size // 2) + b'","theme":"dark"}',
    "one string": lambda size: b'{"x":"' + b"x" * size + b'","theme":"dark"}',
    "cut": lambda size: b'{"x":"' + b"x" * size,
    "zeros": lambda size: b"\x00" * size,
    "duplicates": lambda size: b"{" + b'"oauthAccount":{},' * (size // 18) + b'"theme":"dark"}',
    "duplicates before bytes": lambda size: (
        b"{" + b'"theme":1,' * 10_000 + b'"x":"' + b"\xff" * size + b'","theme":"dark"}'
    ),
    "long duplicates": lambda size: (
        b"{" + (b'"theme":[' + b"[]," * 300_000 + b"0],") * (size // 900_000) + b'"theme":"dark"}'
    ),
    "wide": lambda size: b'{"oauthAccount":{"a":[' + b"[]," * (size // 3) + b'0]},"theme":"dark"}',
}

LONG = ("nested", "lists", "long duplicates")


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_takes_little_time_and_memory(tmp_path: Path, name: str) -> None:
    """`json` takes 16 seconds and 1.6 GB for 60 MB."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".claude.json").write_bytes(HOSTILE[name]((60 if name in LONG else 8) * MIB))
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); "
        "from usageline.sources.auth import claude_state; "
        "t = time.process_time(); "
        "state = claude_state.read({'HOME': sys.argv[2]}); spent = time.process_time() - t; "
        "peak = (line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line); "
        "print(spent, state.theme, state.problem, *peak, sep='|')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(REPOSITORY / "plugin"), str(home)],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    spent_s, theme, problem, peak_kib = done.stdout.strip().split("|")
    assert float(spent_s) < 2
    assert int(peak_kib) < 100_000
    assert theme == "dark" or "cannot be used" in problem


def test_keys_after_a_long_history_are_read(tmp_path: Path) -> None:
    """It has tens of megabytes."""
    entry = {"display": 'look at "this" \\ and {that}', "pastedContents": {}}
    projects = {
        f"/home/u/{number}": {"history": [entry] * 100, "allowedTools": []}
        for number in range(1000)
    }
    whole = {
        "numStartups": 5,
        "projects": projects,
        "oauthAccount": {"accountUuid": "a"},
        "theme": "light",
    }
    path = tmp_path / "state"
    path.write_text(json.dumps(whole, indent=2))
    assert path.stat().st_size > 8 * MIB
    began = time.process_time()
    assert claude_files.read_keys(str(path), KEYS, claude_state.MAX_BYTES) == {
        "oauthAccount": {"accountUuid": "a"},
        "theme": "light",
    }
    assert time.process_time() - began < 3


def test_too_long_file_has_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"")
    os.truncate(path, claude_state.MAX_BYTES + 1)
    with pytest.raises(ValueError, match="more than 64"):
        claude_files.read_keys(str(path), KEYS, claude_state.MAX_BYTES)
