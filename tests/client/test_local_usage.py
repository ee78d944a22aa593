"""Compare the local usage of real sessions with what the service sent."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.client.api import TEXT

if TYPE_CHECKING:
    from tests.client.sandbox import Sandbox
    from tests.client.terminal import Terminal

NAMES = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_creation_input_tokens": "cache_write_5m",
    "cache_read_input_tokens": "cache_read",
}
MODES = ("--permission-mode", "acceptEdits", "--allowedTools", "Agent,Task")


def answers(sandbox: Sandbox) -> None:
    """Let each answer have a usage of its own, and a subagent start when the prompt says so."""
    numbers = itertools.count(1)

    def usage() -> dict[str, int]:
        number = next(numbers)
        return {name: 1000 * place + number for place, name in enumerate(NAMES, 1)}

    sandbox.api.usage, sandbox.api.content = usage, content


def content(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a call of the subagent's tool for the prompt that asks for it, else a text."""
    last = json.dumps(request["messages"][-1])
    names = {tool.get("name") for tool in request.get("tools") or []} & {"Agent", "Task"}
    if "ask a subagent" not in last or "tool_result" in last or not names:
        return [TEXT]
    arguments = {"description": "look", "prompt": "look", "subagent_type": "general-purpose"}
    return [{"type": "tool_use", "id": "toolu_1", "name": names.pop(), "input": arguments}]


def is_of_the_conversation(request: dict[str, Any]) -> bool:
    """Return whether the client keeps the answer: no title, and no summary of `/compact`."""
    return bool(request.get("tools")) and "Respond with TEXT ONLY" not in json.dumps(
        request["messages"][-1]
    )


def is_a_probe(request: dict[str, Any]) -> bool:
    """Return whether the client only asks for its quota. No session counts that."""
    return bool(request["messages"][-1]["content"] == "quota")


def kept(sandbox: Sandbox) -> dict[str, dict[str, int]]:
    """Return the usage of the answers that the client keeps, by id."""
    sent = dict(sandbox.api.sent)
    return {
        identifier: usage
        for identifier, (request, usage) in sent.items()
        if is_of_the_conversation(request)
    }


def transcripts(sandbox: Sandbox) -> str:
    folder = sandbox.world.home / ".claude" / "projects"
    return "".join(path.read_text() for path in sorted(folder.glob("**/*.jsonl")))


def wait_until_written(sandbox: Sandbox, before: int) -> None:
    """Wait until more answers than `before` were sent, and each is in a transcript."""
    sandbox.wait_until(
        lambda: (
            len(kept(sandbox)) > before
            and all(identifier in transcripts(sandbox) for identifier in kept(sandbox))
        )
    )


def ask(sandbox: Sandbox, terminal: Terminal, text: str) -> None:
    before = len(kept(sandbox))
    terminal.enter(text)
    wait_until_written(sandbox, before)


def compact(sandbox: Sandbox, terminal: Terminal) -> None:
    before = transcripts(sandbox).count("compact_boundary")
    terminal.enter("/compact")
    sandbox.wait_until(lambda: transcripts(sandbox).count("compact_boundary") > before)


def usage_of(sandbox: Sandbox, *arguments: str) -> Any:
    done = sandbox.run("usageline", "usage", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_usage_is_what_the_service_sent(installed: Sandbox) -> None:
    """Use subagents, `/compact` twice, `/branch`, a resumed session and a kill in an answer."""
    answers(installed)
    terminal = installed.start("one", *MODES)
    terminal.wait_for("accept edits")
    ask(installed, terminal, "hello")
    ask(installed, terminal, "ask a subagent")
    # The tool's call, the answer to its result, the subagent's answer, and the answer to that.
    wait_until_written(installed, 4)
    compact(installed, terminal)
    ask(installed, terminal, "and then")
    compact(installed, terminal)
    terminal.enter("/branch")
    terminal.wait_for("Branched session")
    ask(installed, terminal, "after the branch")
    installed.stop("one")

    again = installed.start("again", *MODES, "--continue")
    again.wait_for("after the branch")
    ask(installed, again, "once more")

    sent = Counter[str]()
    for usage in kept(installed).values():
        sent.update({NAMES[name]: count for name, count in usage.items()})
    report = usage_of(installed, "model")
    assert report["total"]["responses"] == len(kept(installed))
    assert {name: report["total"][name] for name in sent} == sent
    assert not report["total"]["at_least"]

    # The client's own counters have the titles and the summaries, which are in no transcript.
    missing = {
        row["model"]: row["missing"]["input"]
        for row in usage_of(installed, "--check")["rows"]
        if any(row["missing"].values())
    }
    unkept = Counter[str]()
    for request, usage in installed.api.sent.values():
        if not is_of_the_conversation(request) and not is_a_probe(request):
            unkept[request["model"]] += usage["input_tokens"]
    assert missing == unkept

    # Nothing of an answer is in the transcript before its end.
    before = len(kept(installed))
    installed.api.paused.set()
    again.enter("and cut")
    installed.wait_until(lambda: len(kept(installed)) > before)
    installed.run("pkill", "-9", "-f", "claude.*--continue")
    installed.wait_until(lambda: not [line for line in installed.processes() if "--cont" in line])
    installed.api.paused.clear()
    assert usage_of(installed, "model") == report
