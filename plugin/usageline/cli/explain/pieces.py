"""Find the pieces of the line: what each configured segment draws, and in which form.

The pieces come from the status line's own renderer. Each segment is drawn alone at every width,
and the longest form that stands in the whole line is the one on the screen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
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
    from collections.abc import Iterator, Mapping

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


class _Renderer:
    """The status line's renderer for one configuration and one width."""

    def __init__(
        self, ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], width: int
    ) -> None:
        self.ctx, self.configured, self.env, self.width = ctx, configured, env, width

    def rows(self, *, plain: bool = False) -> list[str]:
        """Return the rows of the whole line."""
        return self._render(self.ctx, self.configured, self.width, plain=plain)

    def alone(
        self, ctx: StatusContext, name: str, options: Mapping[str, Any], width: int, *, plain: bool
    ) -> str:
        """Return one segment in a row of its own."""
        configured = {**self.configured, "rows": [[(name, options)]]}
        return " ".join(self._render(ctx, configured, width, plain=plain)).strip()

    def _render(
        self, ctx: StatusContext, configured: dict[str, Any], width: int, *, plain: bool
    ) -> list[str]:
        env = {**self.env, **PLAIN} if plain else self.env
        return render.render(ctx, configured, env, width=width)


# tried by: tests/cli
def explained_line(env: dict[str, str], columns: int) -> Line:
    """Return the line in a terminal of `columns`, with its pieces.

    Numbers are the snapshot's. What only Claude Code knows is made up.
    """
    now = time.time()
    configured = _configuration(env)
    snapshot = json_file.json_file(Paths(env).snapshot) or {}
    ctx = _context(env, configured, snapshot, now)
    env = {**env, "COLUMNS": str(columns)}
    renderer = _Renderer(ctx, configured, env, render.columns(env))
    left = SEEN.join(renderer.rows(plain=True))
    pieces = []
    for name, options in _segments(configured):
        for own in _contexts(ctx, name):
            piece, left = _piece(renderer, own, name, options, left)
            pieces.append(piece)
    return Line(renderer.rows(), pieces, snapshot)


def _piece(
    renderer: _Renderer, ctx: StatusContext, name: str, options: Mapping[str, Any], left: str
) -> tuple[Piece, str]:
    """Return the piece, and the line's text without it."""
    forms: dict[str, int] = {}
    for width in range(renderer.width, MIN_WIDTH, -1):
        text = renderer.alone(ctx, name, options, width, plain=True)
        if text:
            forms.setdefault(text, width)
    for text in sorted(forms, key=len, reverse=True):
        if text in left:
            painted = renderer.alone(ctx, name, options, forms[text], plain=False)
            return Piece(name, options, ctx, painted, True), left.replace(text, SEEN, 1)
    return Piece(name, options, ctx, "", bool(forms)), left


def _segments(configured: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in configured.get("rows", DEFAULT_ROWS):
        yield from row


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
