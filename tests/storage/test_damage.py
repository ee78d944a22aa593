"""Test foreign lines and foreign files: they are skipped, and nothing fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.readings import ACCOUNT, NOW, directory, reading
from usageline.storage import history
from usageline.storage.codec import MAX_LINE_BYTES, decode, encode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World
    from usageline.usage.model import Reading

SEEN = [reading(NOW - 300 * number, float(number)) for number in (2, 1, 0)]
LINES = b"".join(encode(one) + b"\n" for one in SEEN)


def keep(env: dict[str, str], data: bytes) -> Path:
    """Write `data` as this month's file."""
    directory(env).mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory(env) / history.month_file(NOW)
    path.write_bytes(data)
    return path


def read(data: bytes) -> list[Reading]:
    return list(decode(data.split(b"\n")))


def test_a_file_cut_at_any_byte_keeps_what_is_whole_and_takes_the_next_one(world: World) -> None:
    """A line without its end is whole all the same."""
    start = len(encode(SEEN[0])) + 1
    path = keep(world.env, b"")
    for end in range(start, start + len(encode(SEEN[1])) + 1):
        path.write_bytes(LINES[:end])
        whole = 2 if end >= start + len(encode(SEEN[1])) else 1
        assert history.load(world.paths, ACCOUNT) == SEEN[:whole]
        assert history.append(world.paths, ACCOUNT, SEEN[2])
        assert history.load(world.paths, ACCOUNT) == [*SEEN[:whole], SEEN[2]]


def test_a_flipped_bit_spoils_the_lines_that_it_touches_alone() -> None:
    """One, or two if it was the end of a line."""
    for place in range(len(LINES)):
        for bit in range(8):
            damaged = bytearray(LINES)
            damaged[place] ^= 1 << bit
            readings = read(bytes(damaged))
            touched = {LINES[:place].count(b"\n"), LINES[: place + 1].count(b"\n")}
            assert all(one in readings for number, one in enumerate(SEEN) if number not in touched)
            for one in readings:
                assert all(
                    limit.percent is None or 0 <= limit.percent <= 100 for limit in one.limits
                )
                assert all(limit.label.isprintable() for limit in one.limits)


AT = b'{"at":%d,' % NOW
GOOD = b'"by":"oauth","plan":null,"limits":[["session","Current session",50,null]],"credits":[]}'
HOSTILE = {
    "empty": b"",
    "blank": b"   ",
    "null": b"null",
    "foreign": b'{"level":"info","msg":"started"}',
    "other order": b"{" + GOOD[:-1] + b',"at":%d}' % NOW,
    "no time": b'{"at":null,' + GOOD,
    "a time in words": b'{"at":"17954640",' + GOOD,
    "long ago": b'{"at":0000000001,' + GOOD,
    "digits that are none": b'{"at":17954640\xd9\xa0,' + GOOD,
    "time only": AT[:-1] + b"}",
    "nothing after the time": AT,
    "binary": AT + bytes(range(256)).replace(b"\n", b""),
    "limits missing": AT + b'"by":"oauth","plan":null,"credits":[]}',
    "limits no list": AT + b'"by":"oauth","plan":null,"limits":{"session":50},"credits":[]}',
    "a limit no list": AT + b'"by":"oauth","plan":null,"limits":["session"],"credits":[]}',
    "a limit in a limit": AT
    + b'"by":"oauth","plan":null,"limits":[[["session"],"x",1,null]],"credits":[]}',
    "a limit without a name": AT
    + b'"by":"oauth","plan":null,"limits":[[null,null,50,null]],"credits":[]}',
    "a limit too short": AT
    + b'"by":"oauth","plan":null,"limits":[["session","x",1]],"credits":[]}',
    "a limit of nothing": AT + b'"by":"oauth","plan":null,"limits":[[]],"credits":[]}',
    "a credit too short": AT
    + b'"by":"oauth","plan":null,"limits":[],"credits":[["Usage credits",1]]}',
    "a credit without currency": AT
    + b'"by":"oauth","plan":null,"limits":[],"credits":[["x",1,1,2,null,1,null,false,true,null]]}',
    "no source": AT + b'"by":null,"plan":null,"limits":[],"credits":[]}',
    "an integer of 5000 digits": AT
    + b'"by":"oauth","plan":null,"limits":[["session","x",'
    + b"9" * 5000
    + b',null]],"credits":[]}',
    "deep": AT + b'"by":' + b"[" * 30000 + b"]" * 30000 + b',"plan":null,"limits":[],"credits":[]}',
    "deep and open": AT + b'"by":' + b'{"a":' * 10000,
    "long": AT + b'"by":"' + b"x" * MAX_LINE_BYTES + b'","plan":null,"limits":[],"credits":[]}',
    "not ASCII": AT + '"by":"öauth","plan":null,"limits":[],"credits":[]}'.encode(),
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_line_that_is_no_reading_is_passed_over(world: World, line: bytes) -> None:
    """And the lines around it are read."""
    first, second, third = LINES.splitlines(keepends=True)
    keep(world.env, first + line + b"\n" + second + line + b"\n" + third + line)
    assert history.load(world.paths, ACCOUNT) == SEEN
    assert history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert history.load(world.paths, ACCOUNT) == [*SEEN, reading(NOW + 1)]


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-1", "1e999", "1795400000", "9" * 400, "true", '"50"', "[]", "{}"]
)
def test_a_percentage_that_is_none_is_not_shown_as_one(value: str) -> None:
    """It does not change what other lines mean, either."""
    line = (
        AT
        + b'"by":"oauth","plan":null,"limits":[["session","Current session",%s,null]],"credits":[]}'
        % value.encode()
    )
    one = (
        AT
        + b'"by":"oauth","plan":null,"limits":[["session","Current session",1,null]],"credits":[]}'
    )
    for one_first in (True, False):
        for decoded in decode([one, line] if one_first else [line, one]):
            assert decoded.limits[0].percent in {None, 1}
        assert [
            decoded.limits[0].percent
            for decoded in decode([one, line] if one_first else [line, one])
        ].count(1) >= 1


def test_texts_are_one_printable_line() -> None:
    """Lone surrogates, controls and escapes are no part of a label."""
    (decoded,) = decode(
        [
            AT
            + rb'"by":"oa\u0000uth","plan":"\ud800Max",'
            + rb'"limits":[["session","\ud83d\u001b[31mred\u202e",5,null]],"credits":[]}'
        ]
    )
    for text in (decoded.source, decoded.plan or "", decoded.limits[0].label):
        assert text.isprintable()
        text.encode()


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([AT + GOOD, *HOSTILE.values()]), max_size=8)
)
def test_no_content_is_an_error(parts: list[bytes]) -> None:
    """Whatever the file holds."""
    readings = read(b"\n".join(parts))
    assert len(readings) >= sum(part == AT + GOOD for part in parts)


def test_a_gigabyte_without_a_line_is_not_read(world: World) -> None:
    """Of a file that is too long the end is read; the next append makes it short again."""
    path = keep(world.env, b"")
    with path.open("wb") as file:
        file.truncate(1 << 30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + LINES)
    assert history.load(world.paths, ACCOUNT) == SEEN
    assert history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert path.stat().st_size < history.MAX_BYTES
    assert history.load(world.paths, ACCOUNT) == [*SEEN, reading(NOW + 1)]


@pytest.mark.parametrize("what", ["link", "dangling", "fifo", "directory"])
def test_only_a_regular_file_is_read_or_written(world: World, tmp_path: Path, what: str) -> None:
    """A link could name another file, and a FIFO would block."""
    path = keep(world.env, b"")
    path.unlink()
    target = tmp_path / "theirs"
    if what == "link":
        target.write_bytes(LINES)
    if what in {"link", "dangling"}:
        path.symlink_to(target)
    elif what == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    assert history.load(world.paths, ACCOUNT) == []
    assert not history.append(world.paths, ACCOUNT, SEEN[0])
    assert target.exists() == (what == "link")
    assert what != "link" or target.read_bytes() == LINES


@pytest.mark.parametrize("which", ["account", "history"])
def test_a_directory_that_is_a_link_is_not_followed(
    world: World, tmp_path: Path, which: str
) -> None:
    """Neither to read nor to write."""
    keep(world.env, LINES)
    link = directory(world.env) if which == "account" else directory(world.env).parent
    moved = tmp_path / "elsewhere"
    link.rename(moved)
    link.symlink_to(moved)
    assert history.load(world.paths, ACCOUNT) == []
    assert not history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert history.accounts(world.paths) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's file")
@pytest.mark.parametrize("which", ["file", "account", "history"])
def test_what_belongs_to_another_user_is_left_alone(world: World, which: str) -> None:
    """Its content would be another user's."""
    path = keep(world.env, LINES)
    os.chown(
        {"file": path, "account": path.parent, "history": path.parent.parent}[which], 12345, 12345
    )
    assert history.load(world.paths, ACCOUNT) == []
    assert not history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert path.read_bytes() == LINES


def test_a_directory_that_others_can_write_to_is_not_added_to(world: World) -> None:
    """Its content may be another user's."""
    path = keep(world.env, LINES)
    path.parent.chmod(0o777)
    assert not history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert path.read_bytes() == LINES
