"""Complete keys, values, segments and presets in the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from usageline.config import user_themes
from usageline.config.arguments import find_key, key_names
from usageline.config.presets import PRESETS
from usageline.config.segments import SEGMENTS
from usageline.config.types import Choice, Flag, ListOf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from usageline.config.types import ValueType

OPTIONS = "segments."
"""The beginning of most keys. They are left out until the user has typed a part of it."""


def _completion(
    items: Callable[[click.Context, str], Iterable[tuple[str, str]]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return click's function for names, each with what it is."""

    def begun(
        context: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [
            CompletionItem(name, help=about or None)
            for name, about in items(context, incomplete)
            if name.startswith(incomplete)
        ]

    return begun


@_completion
def keys(_context: click.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    """Yield the keys of config.toml, each with its purpose."""
    names = (name for name in key_names() if incomplete or not name.startswith(OPTIONS))
    return ((name, key.doc) for name in names if (key := find_key(name)))


@_completion
def values(context: click.Context, _incomplete: str) -> Iterable[tuple[str, str]]:
    """Yield the words that the key before it allows."""
    name = context.params.get("key") or ""
    key = find_key(name)
    words = _words(key.type) if key else ()
    if name == "theme":
        words = user_themes.all_names()
    return ((word, "") for word in words)


theme_names = _completion(lambda *_: ((name, "") for name in user_themes.all_names()))
segments = _completion(lambda *_: ((name, segment.doc) for name, segment in SEGMENTS.items()))
preset_names = _completion(lambda *_: ((preset.name, preset.about) for preset in PRESETS))


def _words(of: ValueType) -> Iterable[str]:
    if isinstance(of, Flag):
        return ("true", "false")
    if isinstance(of, ListOf):
        return _words(of.item)
    return of.words if isinstance(of, Choice) else ()
