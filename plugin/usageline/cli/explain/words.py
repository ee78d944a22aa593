"""Explain a piece: its meaning, the source of its numbers, and what changes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.cli.formatting import span
from usageline.config.segments import SEGMENTS
from usageline.config.sources import label_of
from usageline.core import formatting, limit_names, windows
from usageline.line.segments import limits, with_defaults
from usageline.line.segments.forecast import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.cli.explain.pieces import Piece
    from usageline.line.context import StatusContext

LIMITS = ("session", "weekly", "scoped")
COMPUTED = ("pace", "forecast")
OWN = ("clock", "text", "account", "flex")

PACE = "points used more (+) or fewer (-) than with even use of the window"
FORECAST = (
    "when a limit will be reached before its reset; it has a warning's color from a chance of "
    "two thirds on"
)


class Words(NamedTuple):
    """What a piece means, where it is from with its age, and what changes it."""

    meaning: str
    origin: str
    changes: str


def describe(piece: Piece, snapshot: Mapping[str, Any]) -> Words:
    """Return the words about a piece on the screen."""
    if piece.name in LIMITS and _window(piece) is not None:
        return Words(_limit(piece), _origin(piece.ctx, snapshot), _limit_changes(piece))
    if piece.name in {"credits", "plan"}:
        return Words(_doc(piece.name), _origin(piece.ctx, snapshot), "with a refresh")
    if piece.name in COMPUTED:
        return Words(
            PACE if piece.name == "pace" else FORECAST,
            f"computed from your own past use; {_origin(piece.ctx, snapshot)}",
            "with a refresh, and with time",
        )
    if piece.name == "alerts":
        return Words(
            _doc("alerts"),
            "the background process that saw the number pass the threshold",
            f"goes away after {span(_options(piece)['for'])}, or when the limit resets; "
            "`usageline config set alerts.thresholds` sets the thresholds, and alerts.cost_day and "
            "alerts.cost_month those of the cost",
        )
    if piece.name == "status":
        return Words(
            limits.reason(piece.ctx) or "the age of old numbers",
            _origin(piece.ctx, snapshot),
            "`usageline doctor` shows what to do",
        )
    if piece.name in {"directory", "git"}:
        return Words(
            _doc(piece.name),
            "the directory of the session; here that of this shell",
            "when the session changes it",
        )
    if piece.name in {"usage_today", "burn"}:
        return Words(
            _doc(piece.name),
            "Claude Code's transcripts on this machine, at list prices",
            "within half a minute of a response; `usageline usage` shows more",
        )
    if piece.name in OWN:
        return Words(_doc(piece.name), "config.toml and this machine's clock", "with its options")
    return Words(
        _doc(piece.name),
        "Claude Code, with each line; a shell does not get it, so this is an example",
        "after each message",
    )


def absence(piece: Piece) -> str:
    """Return why a configured segment is not on the screen."""
    if piece.has_forms:
        return "no room in this width; a wider terminal or another `priority` shows it"
    min_percent = _options(piece).get("hide_below", 0)
    if piece.name in LIMITS and _window(piece) is not None and min_percent:
        return f"hidden below {min_percent:g} by its option `hide_below`"
    if piece.name in LIMITS and not piece.ctx.windows:
        return "there are no numbers yet"
    if piece.name in LIMITS:
        return "no such limit was reported"
    reasons = {
        "credits": "no credits were reported, or they are off",
        "forecast": "no limit is likely to be reached before its reset",
        "alerts": "no threshold was passed in the last minutes",
        "status": "shown only if numbers are missing or old",
        "git": "this directory is not in a repository",
        "usage_today": "its background job has not read the transcripts yet",
        "burn": "no response in the last half hour of this window",
        "account": "its option `text` is not set",
        "text": "its option `text` is not set",
        "pace": "the window has not started",
    }
    return reasons.get(piece.name, "nothing to show now")


def unlisted(name: str) -> str:
    """Return why a segment is in no row of the line."""
    return f"no row has it, or it is hidden: `usageline config add {name}` shows it"


def title(piece: Piece) -> str:
    """Return the name of the segment as in config.toml, with the limit's own name."""
    window = _window(piece) if piece.name == "scoped" else None
    return (
        f"{piece.name} ({limit_names.short_name(window.kind, window.label)})"
        if window
        else piece.name
    )


def _options(piece: Piece) -> Mapping[str, Any]:
    return with_defaults(piece.name, piece.options)


def _window(piece: Piece) -> Any:
    """Return the limit (`context.Window`) that the piece shows, None if there is none."""
    kind = KINDS.get(piece.name)
    return next((one for one in piece.ctx.windows if kind in {None, one.kind}), None)


def _limit(piece: Piece) -> str:
    window, options, now = _window(piece), _options(piece), piece.ctx.now
    percent = "an unknown part" if window.percent is None else f"{math.floor(window.percent)}%"
    name = _doc(piece.name)
    if piece.name == "scoped":
        long_name = limit_names.long_name(window.kind, window.label)
        name = f"the {long_name}" if long_name != window.label else f"the limit {window.label}"
    texts = [f"{name}: {percent} is used"]
    severity = windows.severity(
        window.percent, window.claimed, options["warning"], options["critical"]
    )
    if severity != "normal":
        threshold = options[severity]
        by_service = (window.percent or 0) < threshold
        texts.append(
            f"{severity}, as the service says" if by_service else f"{severity} from {threshold}% on"
        )
    even, mark = windows.even_percent(window, now), piece.ctx.glyphs["mark"]
    if even is not None and mark in piece.text:
        texts.append(f"{mark} in the bar is even use, {math.floor(even)}% by now")
    return "; ".join(texts)


def _limit_changes(piece: Piece) -> str:
    window, now = _window(piece), piece.ctx.now
    if window.resets_at is None:
        return "its window starts with the next request of this account"
    if window.resets_at <= now:
        return "its window has ended; the next refresh has the new number"
    at = formatting.clock(window.resets_at, now)
    left = span(window.resets_at - now)
    return f"grows with each request of this account; resets at {at}, in {left}"


def _origin(ctx: StatusContext, snapshot: Mapping[str, Any]) -> str:
    """Return source and age of the snapshot's numbers, and when they are read again."""
    label = label_of(snapshot.get("source"))
    if ctx.age_s is None or not label:
        return "no number yet: run usageline refresh"
    age = "of an unknown age" if ctx.age_s < 0 else f"{span(ctx.age_s)} old"
    due_at = windows.moment(snapshot.get("next_refresh_at"))
    if due_at is not None and due_at > ctx.now:
        return f"{label}, {age}; the next refresh is due in {span(due_at - ctx.now)}"
    return f"{label}, {age}; a refresh is due, and the next line starts it"


def _doc(name: str) -> str:
    entry = SEGMENTS.get(name)
    return entry.doc if entry else name
