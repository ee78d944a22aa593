"""Complete keys, values, segments and presets in the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from usageline import themes
from usageline.config import presets, user_themes
from usageline.config.arguments import find_key, key_names
from usageline.config.segments import SEGMENTS
from usageline.config.types import Choice, Flag, ListOf

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from usageline.config.types import ValueType

OPTIONS = "segments."
"""The beginning of most keys. They are left out until the user has typed a part of it."""


def keys(
    ctx: click.Context,  # noqa: ARG001 - click passes it
    param: click.Parameter,  # noqa: ARG001 - as above
    incomplete: str,
) -> list[CompletionItem]:
    """Return the keys of config.toml that begin so, each with its purpose."""
    names = (name for name in key_names() if incomplete or not name.startswith(OPTIONS))
    return _begun(((name, key.doc) for name in names if (key := find_key(name))), incomplete)


def values(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 - as above
    incomplete: str,
) -> list[CompletionItem]:
    """Return the words that the key before it allows."""
    name = ctx.params.get("key") or ""
    key = find_key(name)
    words = _words(key.type) if key else ()
    if name == "theme":
        words = (*themes.NAMES, *user_themes.names())
    return _begun(((word, "") for word in words), incomplete)


def segments(
    ctx: click.Context,  # noqa: ARG001 - as above
    param: click.Parameter,  # noqa: ARG001 - as above
    incomplete: str,
) -> list[CompletionItem]:
    """Return the segments that begin so, each with what it shows."""
    return _begun(((name, segment.doc) for name, segment in SEGMENTS.items()), incomplete)


def preset_names(
    ctx: click.Context,  # noqa: ARG001 - as above
    param: click.Parameter,  # noqa: ARG001 - as above
    incomplete: str,
) -> list[CompletionItem]:
    """Return the presets that begin so, each with what it is."""
    return _begun(((preset.name, preset.about) for preset in presets.PRESETS), incomplete)


def _words(of: ValueType) -> Iterable[str]:
    if isinstance(of, Flag):
        return ("true", "false")
    if isinstance(of, ListOf):
        return _words(of.item)
    return of.words if isinstance(of, Choice) else ()


def _begun(items: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=about or None)
        for name, about in items
        if name.startswith(incomplete)
    ]
