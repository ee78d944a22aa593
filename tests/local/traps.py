"""Transcripts that readers count wrong, each with its true sums.

Each trap is a small configuration directory of Claude Code. `tools/usage_peers.py` reads them with
other programs too.
"""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.local.transcripts import MAIN, MODEL, OTHER, PROJECT, SESSION, encoded, line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = "2026-11-20"
FORK = f"-home-dev-work-one/{OTHER}.jsonl"
AGENTS = f"-home-dev-work-one/{SESSION}/subagents"
SUBAGENT = f"{AGENTS}/agent-a1.jsonl"

PUBLISHED: dict[str, tuple[str, str, str, str, str]] = {
    "claude-opus-4-8": ("5", "25", "6.25", "10", "0.5"),
    "claude-opus-5": ("5", "25", "6.25", "10", "0.5"),
    "claude-opus-5-5": ("4", "20", "5", "8", "0.2"),
    "claude-fable-5-1": ("10", "50", "12.5", "20", "0.25"),
    "claude-haiku-5-5": ("0.1", "0.5", "0.125", "0.2", "0.01"),
    "claude-haiku-5-5 long": ("0.5", "2.5", "0.625", "1", "0.05"),
    "claude-sonnet-4-5-20250929": ("3", "15", "3.75", "6", "0.3"),
    "claude-sonnet-4-5-20250929 long": ("6", "22.5", "7.5", "12", "0.6"),
    "claude-opus-4-6": ("5", "25", "6.25", "10", "0.5"),
    "claude-opus-4-6 long": ("10", "37.5", "12.5", "20", "1"),
    "unpriced": ("0", "0", "0", "0", "0"),
}
"""Dollars per million tokens: input, output, 5-minute and 1-hour cache write, cache read.

From the price page of Claude's platform; "long" is for a prompt above the model's threshold.
"""
SEARCH = Decimal("0.01")
"""Dollars per web search."""


@dataclass(frozen=True)
class Billed:
    """One billed response.

    `times` is the factor of fast mode or geography. `listed` is the model's name in the price list,
    if it has another one in the transcript.
    """

    input: int = 2
    output: int = 400
    write_5m: int = 0
    write_1h: int = 1000
    read: int = 20_000
    searches: int = 0
    model: str = MODEL
    day: str = DAY
    times: str = "1"
    is_long: bool = False
    listed: str = ""

    @property
    def cost(self) -> Decimal:
        """Return the dollars."""
        rates = PUBLISHED[(self.listed or self.model) + (" long" if self.is_long else "")]
        tokens = (self.input, self.output, self.write_5m, self.write_1h, self.read)
        price = sum(
            (Decimal(rate) * count for rate, count in zip(rates, tokens, strict=True)), Decimal(0)
        )
        return price / 1_000_000 * Decimal(self.times) + SEARCH * self.searches


@dataclass(frozen=True)
class Trap:
    """A configuration directory, and what is billed in it. `links` adds links below `projects/`."""

    name: str
    about: str
    files: dict[str, bytes]
    billed: list[Billed]
    links: Callable[[Path], None] | None = None

    def write(self, root: Path) -> None:
        """Write the directory."""
        for name, content in self.files.items():
            path = root / "projects" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if self.links:
            self.links(root)


def usage(
    *,
    inputs: int = 2,
    output: int = 400,
    write_5m: int = 0,
    write_1h: int = 1000,
    read: int = 20_000,
) -> dict[str, Any]:
    """Return the usage of a line with these tokens."""
    return {
        "input_tokens": inputs,
        "output_tokens": output,
        "cache_creation_input_tokens": write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": write_5m,
            "ephemeral_1h_input_tokens": write_1h,
        },
    }


def attempt(kind: str, model: str | None, **tokens: int) -> dict[str, Any]:
    """Return an entry of `iterations`."""
    return {"type": kind, "model": model, **usage(**{"write_1h": 0, "read": 0, **tokens})}


def progress(record: dict[str, Any]) -> dict[str, Any]:
    """Return the line in which an old client repeats a line of a subagent."""
    data = {"type": "agent_progress", "agentId": "a1", "message": record}
    return {"type": "progress", "data": data, "sessionId": SESSION, "cwd": PROJECT}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a line without some of its fields."""
    return {name: value for name, value in record.items() if name not in names}


def plain(inputs: int, output: int) -> dict[str, Any]:
    """Return usage without a cache."""
    return usage(inputs=inputs, output=output, write_1h=0, read=0)


def bare(inputs: int = 0, output: int = 0, **more: Any) -> Billed:
    """Return a billed response without a cache."""
    return Billed(**{"input": inputs, "output": output, "write_1h": 0, "read": 0, **more})


ONE, TWO = [Billed()], [Billed(), Billed()]
A_LINE = encoded(line())
SIDE: dict[str, Any] = {"isSidechain": True, "agentId": "a1"}
DECLINED = attempt(
    "message", "claude-fable-5-1", output=578, write_5m=10_421, write_1h=0, read=72_769
)
ACCEPTED = attempt("fallback_message", MODEL, output=400, write_1h=1000, read=20_000)
LAST_SPLIT = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
LARGE = 9_000_000


def _hard_link(root: Path) -> None:
    os.link(root / "projects" / MAIN, root / "projects" / FORK)


def _linked_project(root: Path) -> None:
    far = root / "elsewhere"
    far.mkdir()
    (far / f"{OTHER}.jsonl").write_bytes(encoded(line(2, sessionId=OTHER)))
    (root / "projects" / "-home-dev-work-far").symlink_to(far)


def _late(root: Path) -> None:
    os.utime(root / "projects" / MAIN, ns=(0, 14 * 10**18))


def _loop(root: Path) -> None:
    (root / "projects" / "-home-dev-work-one" / "loop").symlink_to(root / "projects")


REPEATS = [
    Trap(
        "blocks",
        "a line for each block repeats the usage",
        {MAIN: encoded(*(line(after_s=second) for second in range(4)))},
        ONE,
    ),
    Trap(
        "placeholder first",
        "only the last line has the final output",
        {MAIN: encoded(line(output=1, stop=None), line(output=1, stop=None), line(output=260))},
        [Billed(output=260)],
    ),
    Trap(
        "placeholder last",
        "a stale line follows the final one",
        {MAIN: encoded(line(output=260), line(output=1, stop=None))},
        [Billed(output=260)],
    ),
    Trap(
        "model changes",
        "another model answers in the middle of the response",
        {
            MAIN: encoded(
                line(
                    model="claude-fable-5-1",
                    stop=None,
                    usage=usage(output=1, write_1h=9000, read=0),
                ),
                line(usage=usage(output=500, write_1h=400, read=30_000)),
            )
        },
        [Billed(output=500, write_1h=400, read=30_000)],
    ),
    Trap(
        "fork",
        "a fork repeats the history under a new session id",
        {MAIN: A_LINE, FORK: encoded(line(sessionId=OTHER), line(2, sessionId=OTHER))},
        TWO,
    ),
    Trap(
        "fork in another project",
        "a fork of a worktree lies in another directory",
        {MAIN: A_LINE, f"-home-dev-work-tree/{OTHER}.jsonl": encoded(line(sessionId=OTHER))},
        ONE,
    ),
    Trap(
        "fork without request id",
        "the copies have no request id",
        {
            MAIN: encoded(line(requestId=None)),
            FORK: encoded(line(requestId=None, sessionId=OTHER)),
        },
        ONE,
    ),
    Trap(
        "compaction",
        "/compact writes the same lines once more",
        {MAIN: encoded(line(), line(2), {"type": "system"}, line(), line(2))},
        TWO,
    ),
    Trap(
        "question beside",
        "/btw repeats a response under a new request id",
        {
            MAIN: A_LINE,
            f"{AGENTS}/agent-aside_question-1.jsonl": encoded(
                line(requestId="req_again", usage=usage(read=90_000), **SIDE),
                line(2, usage=usage(inputs=3, output=30, write_1h=0, read=700), **SIDE),
            ),
        },
        [Billed(), bare(3, 30, read=700)],
    ),
    Trap(
        "straddles midnight",
        "the response is of the day on which it began",
        {MAIN: encoded(*(line(after_s=14 * 3600 - 2 + 3 * n) for n in range(3)))},
        ONE,
    ),
    Trap(
        "two sessions in a file",
        "a resumed session goes on in the file of another",
        {MAIN: encoded(line(sessionId=OTHER), line(2))},
        TWO,
    ),
    Trap(
        "gateway",
        "a gateway's lines have its own id and no request id",
        {MAIN: encoded(*(line(message_id="chat-7", requestId=None, after_s=n) for n in range(3)))},
        ONE,
    ),
    Trap(
        "one id for all",
        "a relay answers every request with the same id",
        {
            MAIN: encoded(
                *(
                    line(
                        message_id="relay", requestId=None, after_s=180 * n, usage=plain(100, 7 + n)
                    )
                    for n in range(2)
                )
            ),
            FORK: encoded(
                line(
                    message_id="relay",
                    requestId=None,
                    after_s=540,
                    sessionId=OTHER,
                    usage=plain(100, 9),
                )
            ),
        },
        [bare(100, 7), bare(100, 8), bare(100, 9)],
    ),
]

PLACES = [
    Trap(
        "subagent", "a subagent has a file", {MAIN: A_LINE, SUBAGENT: encoded(line(2, **SIDE))}, TWO
    ),
    Trap(
        "workflow",
        "agents of a workflow lie deeper, and its journal is not a transcript",
        {
            MAIN: A_LINE,
            f"{AGENTS}/workflows/wf_1/agent-a2.jsonl": encoded(line(2, **SIDE)),
            f"{AGENTS}/workflows/wf_1/journal.jsonl": encoded(
                {
                    "type": "result",
                    "agentId": "a2",
                    "result": {"usage": plain(5000, 70), "message": {"usage": plain(5000, 70)}},
                }
            ),
        },
        TWO,
    ),
    Trap(
        "report of a subagent",
        "the result of the tool has usage of its own",
        {
            MAIN: encoded(
                line(),
                {
                    "type": "user",
                    "message": {"role": "user", "content": []},
                    "toolUseResult": {"agentId": "a1", "usage": plain(16_829, 995)},
                    "sessionId": SESSION,
                },
            )
        },
        ONE,
    ),
    Trap(
        "progress beside a file",
        "an old client repeats the subagent's lines in the parent",
        {MAIN: encoded(progress(line(**SIDE))), SUBAGENT: encoded(line(**SIDE))},
        ONE,
    ),
    Trap(
        "progress alone",
        "the subagent left no file",
        {MAIN: encoded(progress(line(**SIDE)))},
        ONE,
    ),
    Trap("hard link", "one file has two names", {MAIN: A_LINE}, ONE, _hard_link),
    Trap("linked project", "a project lies on another disk", {MAIN: A_LINE}, TWO, _linked_project),
    Trap("loop of links", "a link leads to its own parent", {MAIN: A_LINE}, ONE, _loop),
    Trap(
        "an old line in a new file",
        "the times go backwards",
        {MAIN: encoded(line(), line(2, after_s=-9 * 86_400))},
        [Billed(), Billed(day="2026-11-11")],
    ),
]

BILLING = [
    Trap(
        "advisor",
        "an advisor is billed beside the response, for its own model",
        {
            MAIN: encoded(
                *[
                    line(
                        usage={
                            "iterations": [
                                attempt("message", None, output=200),
                                attempt(
                                    "advisor_message",
                                    "claude-opus-5",
                                    inputs=91_627,
                                    output=18_716,
                                    write_5m=50,
                                    read=100,
                                ),
                                attempt("message", None, output=200),
                            ]
                        }
                    )
                ]
                * 2
            )
        },
        [
            Billed(),
            Billed(91_627, 18_716, 50, 0, 100, model="claude-opus-5"),
        ],
    ),
    Trap(
        "declined attempt",
        "an attempt that had written output is billed for its own model",
        {MAIN: encoded(line(usage={"iterations": [DECLINED, ACCEPTED]}))},
        [Billed(), Billed(2, 578, 10_421, 0, 72_769, model="claude-fable-5-1")],
    ),
    Trap(
        "silent attempt",
        "an attempt without output is not billed",
        {MAIN: encoded(line(usage={"iterations": [{**DECLINED, "output_tokens": 0}, ACCEPTED]}))},
        ONE,
    ),
    Trap(
        "compaction by the server",
        "its tokens are billed beside the response",
        {
            MAIN: encoded(
                line(
                    usage={
                        "iterations": [
                            attempt("compaction", None, inputs=180_000, output=3500),
                            attempt("message", None, write_1h=1000, read=20_000),
                        ]
                    }
                )
            )
        },
        [Billed(), bare(180_000, 3500)],
    ),
    Trap(
        "errors",
        "<synthetic> lines are no response",
        {
            MAIN: encoded(
                line(), line(2, model="<synthetic>", usage=plain(0, 0), isApiErrorMessage=True)
            )
        },
        ONE,
    ),
    Trap(
        "empty split",
        "the split of the cache writes is zero",
        {
            MAIN: encoded(
                line(
                    usage={**usage(output=40, write_5m=500, write_1h=0, read=0)}
                    | {"cache_creation": LAST_SPLIT}
                )
            )
        },
        [bare(2, 40, write_5m=500)],
    ),
    Trap(
        "no split",
        "the cache writes are not split",
        {
            MAIN: encoded(
                line(
                    usage={**usage(output=40, write_5m=500, write_1h=0, read=0)}
                    | {"cache_creation": None}
                )
            )
        },
        [bare(2, 40, write_5m=500)],
    ),
    Trap(
        "1-hour writes",
        "they cost twice the input",
        {MAIN: encoded(line(usage=usage(inputs=0, output=0, write_1h=1_000_000, read=0)))},
        [bare(write_1h=1_000_000)],
    ),
    Trap(
        "fast mode",
        "it costs twice on Opus 4.8",
        {MAIN: encoded(line(usage=plain(1_000_000, 100_000) | {"speed": "fast"}))},
        [bare(1_000_000, 100_000, times="2")],
    ),
    Trap(
        "inference in the US",
        "it costs a tenth more",
        {MAIN: encoded(line(usage=plain(1_000_000, 100_000) | {"inference_geo": "us"}))},
        [bare(1_000_000, 100_000, times="1.1")],
    ),
    Trap(
        "web searches",
        "each costs a cent",
        {
            MAIN: encoded(
                line(
                    usage=plain(10, 10)
                    | {"server_tool_use": {"web_search_requests": 5, "web_fetch_requests": 0}}
                )
            )
        },
        [bare(10, 10, searches=5)],
    ),
    Trap(
        "Haiku 5.5 above 100k",
        "the whole prompt costs five times as much",
        {
            MAIN: encoded(
                line(
                    model="claude-haiku-5-5",
                    usage=usage(inputs=10, output=1000, write_1h=2000, read=150_000),
                )
            )
        },
        [Billed(10, 1000, 0, 2000, 150_000, model="claude-haiku-5-5", is_long=True)],
    ),
    Trap(
        "Sonnet 4.5 above 200k",
        "until April 2026 the whole prompt cost twice as much",
        {
            MAIN: encoded(
                line(
                    model="claude-sonnet-4-5-20250929",
                    usage=usage(inputs=10, output=1000, write_1h=2000, read=250_000),
                    timestamp="2026-01-20T10:00:00.000Z",
                )
            )
        },
        [
            Billed(
                *(10, 1000, 0, 2000, 250_000),
                model="claude-sonnet-4-5-20250929",
                day="2026-01-20",
                is_long=True,
            )
        ],
    ),
    Trap(
        "cache reads of Fable 5.1",
        "they cost a fortieth of the input",
        {
            MAIN: encoded(
                line(
                    model="claude-fable-5-1",
                    usage=usage(inputs=0, output=0, write_1h=0, read=10_000_000),
                )
            )
        },
        [bare(read=10_000_000, model="claude-fable-5-1")],
    ),
    Trap(
        "a new model",
        "Opus 5.5 has prices of its own",
        {
            MAIN: encoded(
                line(
                    model="claude-opus-5-5",
                    usage=usage(inputs=1_000_000, output=100_000, write_1h=0, read=1_000_000),
                )
            )
        },
        [bare(1_000_000, 100_000, read=1_000_000, model="claude-opus-5-5")],
    ),
    Trap(
        "a model named [1m]",
        "it is the same model",
        {MAIN: encoded(line(model=f"{MODEL}[1m]", usage=plain(1_000_000, 100_000)))},
        [bare(1_000_000, 100_000)],
    ),
    Trap(
        "costUSD",
        "old lines have a cost of their own, which is ignored",
        {MAIN: encoded(line(usage=plain(1000, 1000), costUSD=0.5, version="1.0.24"))},
        [bare(1000, 1000)],
    ),
]

FORMS = [
    Trap(
        "null in a tool's input",
        "an id is null there",
        {
            MAIN: encoded(line()).replace(
                b'"content":[',
                b'"content":[{"type":"tool_use","id":"t","name":"n","input":{"id":null}},',
            )
        },
        ONE,
    ),
    Trap(
        "nulls in the usage",
        "some of its fields are null",
        {
            MAIN: encoded(
                line(usage=dict.fromkeys(("speed", "service_tier", "inference_geo", "iterations")))
            )
        },
        ONE,
    ),
    Trap("cut", "the last line is not whole yet", {MAIN: A_LINE + encoded(line(2))[:-90]}, ONE),
    Trap("no newline", "the last line has no end yet", {MAIN: A_LINE + encoded(line(2))[:-1]}, TWO),
    Trap(
        "torn",
        "the rest of a line is missing",
        {MAIN: A_LINE + encoded(line(3))[:200] + b"\n" + encoded(line(2))},
        TWO,
    ),
    Trap(
        "NULs",
        "a crash left a hole",
        {MAIN: A_LINE + b"\0" * 4096 + b"\n" + encoded(line(2))},
        TWO,
    ),
    Trap(
        "no UTF-8",
        "a text has other bytes",
        {MAIN: A_LINE.replace(b"words", b"\xff\xfe")},
        ONE,
    ),
    Trap(
        "half a character",
        "a text has one of two surrogates",
        {MAIN: A_LINE.replace(b"words", b"\\ud83d")},
        ONE,
    ),
    Trap(
        "Windows",
        "a mark of the byte order, and CRLF",
        {MAIN: b"\xef\xbb\xbf" + (A_LINE + encoded(line(2))).replace(b"\n", b"\r\n")},
        TWO,
    ),
    Trap(
        "blanks",
        "another program wrote the JSON",
        {MAIN: (json.dumps(line()) + "\n").encode()},
        ONE,
    ),
    Trap(
        "a long line",
        "a line of 9 MB without usage",
        {MAIN: b'{"x":"' + b"A" * LARGE + b'"}\n' + A_LINE},
        ONE,
    ),
    Trap(
        "a long response",
        "a response of 9 MB",
        {MAIN: A_LINE.replace(b"words", b"B" * LARGE)},
        ONE,
    ),
    Trap(
        "a negative count",
        "it counts as none, and the other lines count",
        {MAIN: encoded(line(), line(2, output=-5), line(3))},
        [Billed(), Billed(output=0), Billed()],
    ),
    Trap(
        "no version",
        "lines of an import have no version and session",
        {MAIN: encoded(without(line(), "version", "sessionId"))},
        ONE,
    ),
    Trap("version of a build", "it is not a number", {MAIN: encoded(line(version="dev"))}, ONE),
]

NUMBERS_AND_TIMES = [
    Trap(
        "a fraction",
        "another program wrote each count as 400.0",
        {MAIN: A_LINE.replace(b'"output_tokens":400', b'"output_tokens":400.0')},
        ONE,
    ),
    Trap(
        "a count that is true",
        "it counts as none",
        {MAIN: A_LINE.replace(b'"output_tokens":400', b'"output_tokens":true')},
        [Billed(output=0)],
    ),
    Trap(
        "a count of 24 digits",
        "it counts as none, and the other lines count",
        {MAIN: encoded(line(), line(2, output=4 * 10**23))},
        [Billed(), Billed(output=0)],
    ),
    Trap(
        "a number of 5,000 digits",
        "a tool's input has it, and the line counts",
        {MAIN: A_LINE.replace(b'"cwd"', b'"x":' + b"9" * 5000 + b',"cwd"')},
        ONE,
    ),
    Trap(
        "a doubled key",
        "the last one counts",
        {MAIN: A_LINE.replace(b'"output_tokens":400', b'"output_tokens":9,"output_tokens":400')},
        ONE,
    ),
    Trap(
        "an escape in a key",
        "it is the same key",
        {MAIN: A_LINE.replace(b'"output_tokens"', b'"output\\u005ftokens"')},
        ONE,
    ),
    Trap(
        "a part of the split",
        "what is in no part of it lives five minutes",
        {MAIN: encoded(line(usage={"cache_creation": {"ephemeral_1h_input_tokens": 400}}))},
        [Billed(write_5m=600, write_1h=400)],
    ),
    Trap(
        "an empty attempt",
        "one of the iterations is null",
        {MAIN: encoded(line(usage={"iterations": [None, {"type": "message"}]}))},
        ONE,
    ),
    Trap(
        "a retry",
        "one response, under two request ids",
        {MAIN: encoded(line(output=100, stop=None), line(requestId="req_again", after_s=30))},
        ONE,
    ),
    Trap(
        "a zone",
        "the time has another zone than UTC",
        {MAIN: encoded(line(timestamp="2026-11-21T00:30:00.000+02:00"))},
        ONE,
    ),
    Trap(
        "nanoseconds",
        "the time has nine digits of a second",
        {MAIN: encoded(line(timestamp="2026-11-20T10:00:00.123456789Z"))},
        ONE,
    ),
    Trap(
        "a leap second",
        "it is of the day that it ends",
        {MAIN: encoded(line(timestamp="2026-11-20T23:59:60.000Z"))},
        ONE,
    ),
]

DISKS = [
    Trap(
        "a mark in each line",
        "several files were joined, each with a mark of the byte order",
        {MAIN: b"".join(b"\xef\xbb\xbf" + encoded(line(number)) for number in (1, 2))},
        TWO,
    ),
    Trap(
        "a hole at the end",
        "a crash left it before the next line came",
        {MAIN: A_LINE + b"\0" * 4096 + encoded(line(2))},
        TWO,
    ),
    Trap(
        "UTF-16",
        "a file in another encoding is none of Claude Code's",
        {MAIN: A_LINE, FORK: encoded(line(2)).decode().encode("utf-16")},
        ONE,
    ),
    Trap(
        "a directory's name",
        "it ends as that of a transcript",
        {"x.jsonl/y.jsonl": A_LINE},
        ONE,
    ),
    Trap(
        "a file of the year 2413",
        "a clock was wrong when it was written",
        {MAIN: A_LINE},
        ONE,
        _late,
    ),
]

SONNET, OPUS = "claude-sonnet-4-5-20250929", "claude-opus-4-6"
JANUARY = "2026-01-20"


def _named(name: str, about: str, model: str, listed: str = MODEL) -> Trap:
    """Return the trap of a model that has another name in the price list."""
    return Trap(
        name, about, {MAIN: encoded(line(model=model))}, [Billed(model=model, listed=listed)]
    )


def _long(name: str, about: str, model: str, day: str, *tokens: int) -> Trap:
    """Return the trap of prompts of these sizes, on a day of a price that depends on the size."""
    at = f"{day}T23:59:59.999Z"
    lines = [
        line(number, model=model, timestamp=at, usage=plain(each, 10))
        for number, each in enumerate(tokens)
    ]
    billed = [
        bare(each, 10, model=model, day=day, is_long=each > 200_000 and day < "2026-03-13")
        for each in tokens
    ]
    return Trap(name, about, {MAIN: encoded(*lines)}, billed)


MODELS = [
    _named("Bedrock", "the name has a region and a version", "us.anthropic.claude-opus-4-8-v1:0"),
    _named(
        "government cloud",
        "the name of the region has a hyphen",
        f"us-gov.anthropic.{SONNET}-v1:0",
        SONNET,
    ),
    _named(
        "inference profile",
        "the model is an ARN",
        f"arn:aws:bedrock:us-east-2:123456789012:inference-profile/us.anthropic.{SONNET}-v1:0",
        SONNET,
    ),
    _named("Vertex AI", "the date is behind an @", "claude-sonnet-4-5@20250929", SONNET),
    _named(
        "Vertex AI in full",
        "the name is a path",
        "publishers/anthropic/models/claude-opus-4-8@default",
    ),
    _named("OpenRouter", "the name has a maker and a point", "anthropic/claude-opus-4.8"),
    _named("an alias", "the name ends with -latest", "claude-opus-5-latest", "claude-opus-5"),
    _named("an unknown model", "it has no price", "claude-next-9", "unpriced"),
    _long("exactly 200k", "only a longer prompt costs more", SONNET, JANUARY, 200_000, 200_001),
    _long("the last day of a price", "the day ends in UTC", OPUS, "2026-03-12", 250_000),
    _long("the first day of a price", "the day begins in UTC", OPUS, "2026-03-13", 250_000),
    Trap(
        "fast mode without a price",
        "a model has none",
        {MAIN: encoded(line(model=SONNET, usage={"speed": "fast"}))},
        [Billed(model=SONNET)],
    ),
    Trap(
        "inference elsewhere",
        "only the US costs more",
        {
            MAIN: encoded(
                *(
                    line(number, usage={"inference_geo": place})
                    for number, place in enumerate(("eu", "global", "", {"region": "us"}))
                )
            )
        },
        [Billed()] * 4,
    ),
    Trap(
        "a searching advisor",
        "its web searches are billed, too",
        {
            MAIN: encoded(
                line(
                    usage={
                        "iterations": [
                            {
                                **attempt("advisor_message", "claude-opus-5", output=10),
                                "server_tool_use": {"web_search_requests": 2},
                            }
                        ]
                    }
                )
            )
        },
        [Billed(), bare(2, 10, searches=2, model="claude-opus-5")],
    ),
    Trap(
        "100 iterations",
        "the last one is an advisor",
        {
            MAIN: encoded(
                line(
                    usage={
                        "iterations": [
                            *[attempt("message", None)] * 99,
                            attempt("advisor_message", "claude-opus-5", output=10),
                        ]
                    }
                )
            )
        },
        [Billed(), bare(2, 10, model="claude-opus-5")],
    ),
    Trap(
        "iterations of a kind to come",
        "they add nothing",
        {
            MAIN: encoded(
                line(usage={"iterations": [attempt("reviewer", "claude-opus-5"), 7, "message"]})
            )
        },
        ONE,
    ),
    Trap(
        "two compactions by the server",
        "each is billed",
        {MAIN: encoded(line(usage={"iterations": [attempt("compaction", None, output=9)] * 2}))},
        [Billed(), bare(2, 9), bare(2, 9)],
    ),
]

_NO_ID = {**line()["message"], "id": None}

IDENTITIES = [
    Trap(
        "no message id",
        "three lines have one request id",
        {MAIN: encoded(*(line(message=_NO_ID, uuid=f"u{number}") for number in range(3)))},
        ONE,
    ),
    Trap(
        "no message and request id",
        "each line has an id of its own",
        {MAIN: encoded(*(line(number, message=_NO_ID, requestId=None) for number in (1, 2, 2)))},
        TWO,
    ),
    Trap(
        "no id at all",
        "an hour lies between two lines",
        {
            MAIN: encoded(
                *(
                    line(message=_NO_ID, requestId=None, uuid=None, after_s=second)
                    for second in (0, 1, 3600)
                )
            )
        },
        TWO,
    ),
    Trap(
        "a minute of a gateway",
        "its id is of one response for 60 seconds",
        {
            MAIN: encoded(
                *(
                    line(message_id="chat-7", requestId=None, after_s=second)
                    for second in (60, 0, 121)
                )
            )
        },
        TWO,
    ),
    Trap(
        "a fork of a fork",
        "each repeats all that was before it",
        {
            MAIN: encoded(line(1), line(2)),
            FORK: encoded(*(line(number, sessionId=OTHER) for number in (1, 2, 3))),
            "-home-dev-work-one/3.jsonl": encoded(
                *(line(number, sessionId="3") for number in (1, 2, 3, 4))
            ),
        },
        [Billed()] * 4,
    ),
    Trap(
        "three compactions",
        "each /compact repeats all that was before it",
        {MAIN: encoded(*(line(number) for last in (1, 2, 3) for number in range(last + 1)))},
        [Billed()] * 4,
    ),
    Trap(
        "agents of agents",
        "their files lie three levels deep",
        {
            MAIN: A_LINE,
            SUBAGENT: encoded(line(2, **SIDE)),
            f"{AGENTS}/agent-a1/subagents/agent-a2/subagents/agent-a3.jsonl": encoded(
                line(3, **SIDE)
            ),
            f"{AGENTS}/agent-a1/subagents/journal.jsonl": encoded(line(4, **SIDE)),
        },
        [Billed()] * 3,
    ),
    Trap(
        "progress of a hook",
        "only that of an agent has a response",
        {
            MAIN: encoded(
                line(), {"type": "progress", "data": {"type": "hook_progress", "message": line(2)}}
            )
        },
        ONE,
    ),
    Trap(
        "a compressed copy",
        "only *.jsonl are transcripts",
        {MAIN: A_LINE, f"{FORK}.gz": gzip.compress(encoded(line(2))), f"{FORK}.bak": A_LINE},
        ONE,
    ),
]

ODDITIES = [
    Trap(
        "a larger split",
        "its parts are more than the sum",
        {
            MAIN: encoded(
                line(
                    usage={
                        "cache_creation": {
                            "ephemeral_5m_input_tokens": 600,
                            "ephemeral_1h_input_tokens": 700,
                        }
                    }
                )
            )
        },
        [Billed(write_5m=600, write_1h=700)],
    ),
    Trap(
        "a part below zero",
        "it counts as none",
        {
            MAIN: encoded(
                line(
                    usage={
                        "cache_creation": {
                            "ephemeral_5m_input_tokens": -7,
                            "ephemeral_1h_input_tokens": 400,
                        }
                    }
                )
            )
        },
        [Billed(write_5m=600, write_1h=400)],
    ),
    Trap(
        "a count in quotes",
        "it counts as none",
        {MAIN: encoded(line(usage={"output_tokens": "400"}))},
        [Billed(output=0)],
    ),
    Trap(
        "no number",
        "a tool's input has NaN, and the line counts",
        {MAIN: A_LINE.replace(b'"content":[', b'"content":[{"input":NaN},')},
        ONE,
    ),
    Trap(
        "before 1970",
        "a clock was wrong",
        {MAIN: encoded(line(timestamp="1969-12-31T23:59:59.000Z"))},
        [Billed(day="1969-12-31")],
    ),
    Trap(
        "a clock that jumps",
        "a year back and a year on",
        {MAIN: encoded(line(), line(2, after_s=-365 * 86_400), line(3, after_s=365 * 86_400))},
        [Billed(), Billed(day="2025-11-20"), Billed(day="2027-11-20")],
    ),
    Trap(
        "a long list",
        "a tool's input has 9 MB of short texts",
        {MAIN: A_LINE.replace(b'"content":[', b'"content":[[' + b'"ab",' * (LARGE // 5) + b"0],")},
        ONE,
    ),
    Trap(
        "a wall of backslashes",
        "a text of 9 MB has nothing else",
        {MAIN: A_LINE.replace(b"words", b"\\\\" * (LARGE // 2))},
        ONE,
    ),
    Trap("a tail of NULs", "nothing follows them", {MAIN: A_LINE + b"\0" * 9000}, ONE),
    Trap(
        "an array",
        "its first line is not JSON",
        {MAIN: b"[" + A_LINE + encoded(line(2))},
        ONE,
    ),
]

TRAPS = [
    *(*REPEATS, *PLACES, *BILLING, *FORMS, *NUMBERS_AND_TIMES, *DISKS),
    *(*MODELS, *IDENTITIES, *ODDITIES),
]
