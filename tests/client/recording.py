"""Parse the bytes that a program printed to its terminal."""

from __future__ import annotations

import re
from typing import NamedTuple

SEQUENCE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI
    "|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC
    "|\x1b[PX^_][^\x1b]*\x1b\\\\"  # DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-OQ-WYZ`-~]"
)
"""A complete control sequence."""

LINK = re.compile("\x1b\\]8;[^;]*;(?P<url>[^\x07\x1b]*)(?:\x07|\x1b\\\\)")


class Link(NamedTuple):
    """A text in an OSC 8 link; `closed` is true if a sequence ended the link."""

    url: str
    text: str
    closed: bool


def whole(recording: str) -> str:
    """Return the recording up to its last complete sequence."""
    return recording.rpartition("\x1b")[0]


def cut_sequences(recording: str) -> list[str]:
    """Return what follows each escape that starts no complete sequence."""
    return [part[:40] for part in SEQUENCE.sub("", recording).split("\x1b")[1:]]


def links(recording: str) -> list[Link]:
    """Return every link in order."""
    result = []
    edges = [*LINK.finditer(recording)]
    for edge, following in zip(edges, [*edges[1:], None], strict=False):
        if edge["url"]:
            text = recording[edge.end() : following.start() if following else None]
            result.append(
                Link(
                    edge["url"],
                    SEQUENCE.sub("", text),
                    closed=following is not None and not following["url"],
                )
            )
    return result
