"""Run `usageline usage` without `click`, whose import takes a third of the whole command.

Only frequent command lines are read here: a kind, and options with their values. All others, those
with a mistake among them, are left to `click`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from usageline.cli import edge
from usageline.cli.usage.run import ALL_KINDS, Request, run

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES = ("since", "until", "tz", "project", "model", "account")
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys((*VALUES, "output", "html", "svg"), None),
    **dict.fromkeys(("watch", "check"), False),
    **dict.fromkeys(("other_roots", "directories"), ()),
    "kind": "day",
}
COMPLETE = "_USAGELINE_COMPLETE"
"""With this variable, `click` completes the words of a shell."""


def main() -> None:
    """Run the command of the arguments and exit."""
    edge.run(_run)


def _run() -> None:
    options = parsed(sys.argv[2:])
    request = None
    # Another encoding needs what `click` does about it.
    if options is not None and COMPLETE not in os.environ and sys.stdout.encoding == "utf-8":
        with contextlib.suppress(Exception):  # `click` reports the mistake
            request = Request.of(options)
    if options is not None and request is not None:
        run(request, options)
        return
    from usageline.cli.main import cli  # noqa: PLC0415 - slow to import

    cli(prog_name="usageline")


def parsed(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the options as `click` does, None if they are not those of a frequent command."""
    options, has_kind = dict(DEFAULTS), False
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        name = word[2:]
        if word == "--json" and options["output"] is None:
            options["output"] = name
        elif word[:2] == "--" and name in VALUES and remaining and remaining[0][:1] != "-":
            options[name] = remaining.pop(0)
        elif word in ALL_KINDS and not has_kind:
            options["kind"], has_kind = word, True
        else:
            return None
    return options
