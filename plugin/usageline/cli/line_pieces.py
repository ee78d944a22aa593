"""Find the pieces of the line: what each configured segment draws, and in which form.

The pieces come from the status line's own renderer. Each segment is drawn alone at every width,
and the longest form that stands in the whole line is the one on the screen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from usageline.cli.config import sample
from usageline.config import file
from usageline.config.compile import resolve_values
from usageline.config.validate import validate
from usageline.core import freshness, json_file
from usageline.line import jobs, render, settings, view
from usageline.line._catalog import DEFAULT_ROWS
from usageline.system import origin
from usageline.system.paths import Paths
from usageline.system.this_process import current_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.line.context import StatusContext

MIN_WIDTH = 3
SEEN = "\0"
"""Replaces a piece in the line, so that no other piece is taken for it."""

PLAIN = {"NO_COLOR": "1", "TERM": "dumb"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of the line.

    `name` is the segment's. `ctx` has only the limit or credit that it shows. `text` is as on the
    screen, with escape sequences if `env` allows colors; "" if it is not on the screen. `has_forms`
    is whether it would draw something if there were room.
    """

    name: str
    options: Mapping[str, Any]
    ctx: StatusContext
    text: str
    has_forms: bool


@dataclass(frozen=True, slots=True)
class Line:
    """The rows on the screen, their pieces in the same order, and the snapshot behind them."""

    rows: list[str]
    pieces: list[Piece]
    snapshot: dict[str, Any]


# tried by: tests/cli
def explained_line(env: dict[str, str], columns: int) -> Line:
    """Return the line in a terminal of `columns`, with its pieces.

    Numbers are the snapshot's. What only Claude Code knows is made up.
    """
    configured = _configuration(env)
    snapshot = json_file.json_file(Paths(env).snapshot) or {}
    ctx = _context(env, configured, snapshot, time.time())
    env = {**env, "COLUMNS": str(columns)}
    plain_env, width = {**env, **PLAIN}, render.columns(env)
    left = SEEN.join(render.render(ctx, configured, plain_env, width=width))
    pieces = []
    for name, options in chain.from_iterable(configured.get("rows", DEFAULT_ROWS)):
        alone = {**configured, "rows": [[(name, options)]]}
        for own in _contexts(ctx, name):
            forms = _forms(own, alone, plain_env, width)
            form = next((text for text in sorted(forms, key=len, reverse=True) if text in left), "")
            painted = _row(own, alone, env, forms[form]) if form else ""
            left = left.replace(form, SEEN, 1) if form else left
            pieces.append(Piece(name, options, own, painted, bool(forms)))
    return Line(render.render(ctx, configured, env, width=width), pieces, snapshot)


def _forms(
    ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], width: int
) -> dict[str, int]:
    """Return each form of a row, with the largest width that has it."""
    forms: dict[str, int] = {}
    for cells in range(width, MIN_WIDTH, -1):
        if text := _row(ctx, configured, env, cells):
            forms.setdefault(text, cells)
    return forms


def _row(ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], width: int) -> str:
    return " ".join(render.render(ctx, configured, env, width=width)).strip()


def _contexts(ctx: StatusContext, name: str) -> list[StatusContext]:
    """Return a context for each limit or credit that the segment shows."""
    if name == "scoped":
        own = [one for one in ctx.windows if one.kind not in {"session", "weekly_all"}]
        return [ctx.replaced(windows=[window]) for window in own] or [ctx.replaced(windows=[])]
    if name == "credits":
        return [ctx.replaced(credits=[row]) for row in ctx.credits] or [ctx]
    return [ctx]


# tried by: tests/cli
def _configuration(env: dict[str, str]) -> dict[str, Any]:
    """Return the compiled form of config.toml, {} for the defaults."""
    try:
        text = file.read_text(origin.config_file(env))
    except file.UnusableFile:
        return {}
    if text is None:
        return {}
    compiled = settings.checked(resolve_values(validate(text).values, env))
    return {key: value for key, value in compiled.items() if key != "chain"}


def _context(
    env: dict[str, str], configured: dict[str, Any], snapshot: dict[str, Any], now: float
) -> StatusContext:
    cwd = current_directory()
    payload = sample.payload(now)
    payload.pop("rate_limits", None)
    payload.update(cwd=cwd, workspace={"current_dir": cwd, "project_dir": cwd})
    ctx = view.build(
        payload,
        snapshot or None,
        freshness.file_fingerprint(Paths(env).claude_credentials),
        env,
        now,
    )
    repository, _ = jobs.repository_status(ctx, configured, env, "")
    local, _ = jobs.local_usage(ctx, configured, env, "")
    return ctx.replaced(git=repository, local=local)
