"""The line drawn with sample data, as it would be with a configuration that nobody has kept yet."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline import themes
from usageline.cli.config import sample
from usageline.config import edit
from usageline.config.resolve import resolve_values
from usageline.config.validate import Values, validate
from usageline.core import json_file, paths
from usageline.line import render, settings, view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INDENT = "  "
"""As the client has it before each row."""

SAMPLE_ROWS = [["model", "context", "session", "scoped"]]


def rows(values: Values, env: Mapping[str, str], columns: int) -> list[str]:
    """The painted rows for a terminal of so many columns, in the colours that `env` asks for."""
    now = time.time()
    snapshot = {
        **sample.snapshot(now, light=_is_light(env)),
        "palette": _published(env).get("palette"),
    }
    seen = view.build(sample.payload(now), snapshot, sample.STAMP, {"HOME": sample.HOME}, now)
    seen = seen.replaced(git=sample.GIT)
    drawn: list[str] = render.render(
        seen, settings.checked(resolve_values(values)), {**env, "COLUMNS": str(columns)}
    )
    return [INDENT + row for row in drawn]


def with_theme(values: Values, name: str) -> Values:
    """The same with another theme."""
    return values._replace(top={**values.top, "theme": name})


def changed(text: str, changes: Iterable[str]) -> Values:
    """The configuration in `text` with changes `KEY=VALUE`. edit.NotChanged where one is not allowed."""
    for change in changes:
        key, _, value = change.partition("=")
        text = edit.set_key(text, key.strip(), value)
    return validate(text).values


def themes_drawn(
    values: Values, env: Mapping[str, str], columns: int
) -> Iterable[tuple[str, str, list[str]]]:
    """Every theme: its name, what it is like, and the rows in it."""
    for name in themes.NAMES:
        yield name, themes.find(name).about, rows(with_theme(values, name), env, columns)


def sampled(values: Values) -> Values:
    """The same with one row of a few segments, the same for everybody."""
    return values._replace(top={**values.top, "rows": SAMPLE_ROWS}, segments={})


def terminal_columns() -> int:
    """The width of the terminal, or of COLUMNS; 80 where there is neither."""
    return shutil.get_terminal_size().columns


def shown_in() -> dict[str, str]:
    """The environment for what is printed to stdout: without colours and links where it is no terminal."""
    env = dict(os.environ)
    if not sys.stdout.isatty() and env.get("CLICOLOR_FORCE", "0") in {"", "0"}:
        env.update(NO_COLOR="1", TERM="dumb")
    return env


def _is_light(env: Mapping[str, str]) -> bool:
    """Whether Claude Code's own theme is a light one, as the last refresh found it."""
    return bool(_published(env).get("appearance") == "light")


def _published(env: Mapping[str, str]) -> dict[str, Any]:
    return json_file.json_file(paths.snapshot(env)) or {}
