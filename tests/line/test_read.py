from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core import json_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
SYNTAX = st.text(
    alphabet='{}[]":,.+-eE0123456789 \t\n\rtruefalsenullNaNInfinity\\u\x00\x1fé"', max_size=40
)


def by_the_json_package(text: str) -> Any:
    """Return what `json` returns as a raw decoder, which accepts text after the first value."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.JSONDecoder(parse_constant=refuse).raw_decode(text.lstrip(" \t\n\r"))[0]


def outcome(parse: Any, text: str) -> tuple[str, Any]:
    try:
        return "value", parse(text)
    except (ValueError, RecursionError):
        return "refused", None


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe's two ends; whatever a test left open is closed."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


@given(VALUES)
def test_every_value_reads_as_the_json_package_reads_it(value: Any) -> None:
    text = json.dumps(value)
    assert repr(json_file.first_value(text)) == repr(by_the_json_package(text))


@given(SYNTAX)
def test_broken_text_is_refused_if_the_json_package_refuses_it(text: str) -> None:
    assert repr(outcome(json_file.first_value, text)) == repr(outcome(by_the_json_package, text))


@given(VALUES, st.integers(min_value=0))
def test_a_truncated_document_is_judged_as_the_json_package_judges_it(value: Any, cut: int) -> None:
    text = json.dumps({"a": value})
    text = text[: cut % len(text)]
    assert repr(outcome(json_file.first_value, text)) == repr(outcome(by_the_json_package, text))


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[-Infinity]", "[" * 100_000, "9" * 5000]
)
def test_what_json_does_not_allow_or_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        json_file.first_value(text)


def test_the_fallback_parser_agrees_with_the_c_scanner() -> None:
    scan = json_file._fallback_scanner()
    for text in ('{"a": [1, 2.5, null, true, "\\u00e9"]}', "[]", '"x"'):
        assert scan(text, 0) == json_file._scan(text, 0)


def test_a_payload_is_done_at_its_last_brace_though_the_pipe_stays_open(
    pipe: tuple[int, int],
) -> None:
    os.write(pipe[1], b'{"model": {"id": "m"}}\n')
    began = time.monotonic()
    assert json_file.payload(pipe[0])[0] == {"model": {"id": "m"}}
    assert time.monotonic() - began < json_file.PAYLOAD_WAIT_S


def test_a_payload_in_pieces_is_put_together(pipe: tuple[int, int]) -> None:
    pieces = [b'{"a": {"b": 1}', b', "c": "x}"', b"}"]

    def write() -> None:
        for piece in pieces:
            os.write(pipe[1], piece)
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    assert json_file.payload(pipe[0])[0] == {"a": {"b": 1}, "c": "x}"}
    writer.join()


def test_silence_ends_when_the_time_is_up(pipe: tuple[int, int]) -> None:
    began = time.monotonic()
    assert json_file.payload(pipe[0])[0] is None
    assert json_file.PAYLOAD_WAIT_S <= time.monotonic() - began < json_file.PAYLOAD_WAIT_S + 1


def test_an_alarm_at_the_last_moment_costs_no_payload(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may ring between the last byte and its being switched off."""

    def ring(seconds: float) -> None:
        if not seconds:
            raise json_file._TimeoutExpired

    monkeypatch.setattr(json_file, "_alarm", ring)
    os.write(pipe[1], b'{"model": {"id": "m"}}')
    assert json_file.payload(pipe[0])[0] == {"model": {"id": "m"}}


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"[1]", b"null", b'{"a":', b"\xff\xfe\x00", b'{"a": NaN}']
)
def test_anything_but_an_object_is_no_payload(pipe: tuple[int, int], data: bytes) -> None:
    os.write(pipe[1], data)
    os.close(pipe[1])
    assert json_file.payload(pipe[0])[0] is None


def test_a_byte_order_mark_and_bad_utf8_do_not_cost_the_payload(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b'\xef\xbb\xbf{"a": "\xff"}')
    assert json_file.payload(pipe[0])[0] == {"a": "�"}


def test_a_flood_is_read_up_to_the_limit_only(pipe: tuple[int, int]) -> None:
    def write() -> None:
        try:
            while True:
                os.write(pipe[1], b" " * 65536)
        except OSError:
            return

    writer = threading.Thread(target=write)
    writer.start()
    assert json_file.payload(pipe[0])[0] is None
    os.close(pipe[0])
    writer.join()


def test_a_snapshot_is_read(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text('{"version": 1}')
    path.chmod(0o600)
    assert json_file.json_file(str(path)) == {"version": 1}


@pytest.mark.parametrize(
    "content", ["", "[]", '{"version": 1', "{" * 2000, " " * (json_file.FILE_LIMIT + 1) + "{}"]
)
def test_a_broken_snapshot_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(content)
    assert json_file.json_file(str(path)) is None


def test_a_snapshot_that_others_may_write_is_none(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text("{}")
    path.chmod(0o666)
    assert json_file.json_file(str(path)) is None


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        os.mkdir,
        lambda path: os.symlink("elsewhere", path),
        lambda path: os.symlink("/dev/zero", path),
    ],
)
def test_a_snapshot_that_is_no_plain_file_is_none_at_once(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "snapshot.json")
    assert json_file.json_file(str(tmp_path / "snapshot.json")) is None


def test_a_missing_snapshot_is_none(tmp_path: Path) -> None:
    assert json_file.json_file(str(tmp_path / "none" / "snapshot.json")) is None
    assert json_file.json_file("a\0b") is None
