"""Compile config.toml to the file that the status line reads (`paths.line_config`).

A status line runs this module and waits, so it imports little. If config.toml is not valid, the
last valid configuration stays, with a `problem` for the line to show. The file's `stamp` is always
that of config.toml, so that each version is compiled once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.config import file, profiles, user_themes
from usageline.config.schema import MIN_INTERVAL_S
from usageline.config.segments import BARS, SEGMENTS, icons, non_defaults
from usageline.config.validate import NO_VALUES, Validation, validate
from usageline.core import json_file, throttle
from usageline.core.alert_text import COSTS
from usageline.core.freshness import file_fingerprint
from usageline.core.paths import LINE_CONFIG_VERSION, MAX_LINE_CONFIG_BYTES, digest
from usageline.system import lock
from usageline.system.directories import prepare
from usageline.system.files import failure_of, write_atomic
from usageline.system.origin import config_file, may_run_programs
from usageline.system.paths import Paths
from usageline.themes import COLOR_BLIND_SAFE, colors
from usageline.themes.theme import STYLES, resolve, with_visible_bars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem
    from usageline.config.validate import Values


MAX_READS = 3
"""A file that changes while it is read is read again so often."""

MAX_TABLES = 17
"""The file itself, and its profiles."""

LOCK_TIMEOUT_S = 2.0
"""How long to wait for another compilation."""

ALWAYS_SHOWN = ("*", "status")
"""Blocks that any row may show: those of unlisted segments, and of a problem."""

LOCAL_SEGMENTS = tuple(kind for kind, segment in SEGMENTS.items() if segment.needs == "local")
"""They show the transcripts, which `local.enabled = false` leaves alone."""


def compile_config(env: Mapping[str, str]) -> list[Problem]:
    """Compile config.toml if it changed, and return its problems.

    Raise UsagelineError or OSError if the compiled file cannot be written.
    """
    paths = Paths(env)
    path, target = paths.config_file, paths.line_config
    if not file_fingerprint(path) and not file_fingerprint(target):
        return []  # the status line has the defaults
    # Two compilations would share the name of the temporary file.
    with lock.hold_existing(prepare(paths), LOCK_TIMEOUT_S) as free, user_themes.of(env):
        if not free:
            raise BlockingIOError(errno.EAGAIN, "another compilation does not end")
        validation, stamp, own_themes = _read_config(path, env)
        before = _last_compiled(target)
        header = {
            "version": LINE_CONFIG_VERSION,
            "stamp": stamp,
            "program": __version__,
            "problem": "",
            "own_themes": own_themes,
        }
        valid = resolve_values(validation.values, env)
        compiled = {**header, **valid}
        if validation.problems:
            header["problem"] = validation.problems[0].short(os.path.basename(path))
            compiled = {**(before or valid), **header}
            # Not from the last file: a program runs only if config.toml names it.
            compiled.pop("chain", None)
            compiled.update({"chain": valid["chain"]} if "chain" in valid else {})
        if compiled != before:
            write_atomic(target, _encode(compiled, {**valid, **header}), 0o600)
    return validation.problems


def main() -> None:
    """Compile without output: the status line shows the problems, also those of the compilation."""
    os.umask(0o077)
    env = dict(os.environ)
    paths = Paths(env)
    try:
        compile_config(env)
        # Release the line's throttle, so that it compiles the next edit at once.
        throttle.release(paths.line_config_stamp)
    except Exception as fault:  # noqa: BLE001 - the edge of the process
        with contextlib.suppress(LookupError):  # without a home no line waits
            if not isinstance(fault, BlockingIOError):
                throttle.record_failure(paths.line_config_stamp, failure_of(fault))
        sys.exit(0)


def _read_config(path: str, env: Mapping[str, str]) -> tuple[Validation, str, dict[str, str]]:
    """Return the validated file, and its stamp from before it was read.

    The third has the stamps of the user's own themes that the file names. If a file changes
    meanwhile, the next status line compiles it again.
    """
    stamp = ""
    for _ in range(MAX_READS):
        stamp = file_fingerprint(path)
        try:
            # From the recorded path: the target of a link may have changed.
            text = file.read_text(config_file(env)) if stamp else None
        except file.UnusableFile as unusable:
            return Validation(NO_VALUES, [unusable.problem], {}), stamp, {}
        if file_fingerprint(path) == stamp:
            break
    own_themes = {name: user_themes.stamp(name) for name in _own_themes(text or "")}
    # The exact minimum is slow to determine; the refresh validates it.
    validation = validate(
        text or "",
        1 if env.get("USAGELINE_API_URL") else MIN_INTERVAL_S,
        programs=may_run_programs(env),
    )
    return validation, stamp, own_themes


def _own_themes(text: str) -> list[str]:
    """Return the names of the user's themes in a config.toml, whether or not they exist."""
    try:
        table = file.parse(text)
    except file.UnusableFile:
        return []
    profiles = table.get("profiles")
    tables = [table, *(profiles.values() if isinstance(profiles, dict) else ())]
    named = (one.get("theme") for one in tables[:MAX_TABLES] if isinstance(one, dict))
    return [name for name in named if isinstance(name, str) and user_themes.is_usable(name)]


def _encode(compiled: dict[str, Any], fallback: dict[str, Any]) -> bytes:
    """Encode `compiled`, or `fallback` if it has values of the last file that JSON cannot hold."""
    try:
        return json.dumps(
            compiled, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError):  # ValueError: infinities, lone surrogates
        return json.dumps(fallback, ensure_ascii=False, separators=(",", ":")).encode()


def _last_compiled(target: str) -> dict[str, Any] | None:
    compiled = json_file.json_file(target, MAX_LINE_CONFIG_BYTES) or {}
    is_usable = compiled.get("version") == LINE_CONFIG_VERSION
    return compiled if is_usable and isinstance(compiled.get("rows"), list) else None


def resolve_values(values: Values, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the compiled configuration without `version`, `stamp`, `program` and `problem`.

    It is that of the profile that `env` chooses.

    `theme` and `chain` are absent if the file does not choose one. `theme_daltonized` replaces
    `theme` if Claude Code's own theme is a color-blind one; `theme_chosen` is true if the file
    names the default theme. `fold` is true if a single row may have two lines.
    """
    custom: dict[str, str] = {}
    if env is not None:
        values = profiles.apply(values, Paths(env))
    rows = _rows(values, custom)
    compiled: dict[str, Any] = {
        "rows": [row for row in rows if row],
        **{name: values.get(name) for name in ("wrap", "max_rows", "color", "clock")},
    }
    fold = values.get("fold")
    if ("rows" not in values.top if fold is None else fold) and values.get("max_rows") > 1:
        compiled["fold"] = True
    theme = _theme(values, custom, values.get("theme"))
    if theme is not None:
        compiled["theme"] = theme
    if "theme" not in values.top and theme is not None:
        # Without a chosen theme, the line follows Claude Code's color-blind themes.
        compiled["theme_daltonized"] = _theme(values, custom, COLOR_BLIND_SAFE)
    elif "theme" in values.top and theme is None:
        compiled["theme_chosen"] = True
    if values.table("local")["enabled"] and any(values.table("alerts")[kind] for kind in COSTS):
        compiled["cost_alerts"] = True  # the line starts the job that evaluates them
    if values.table("chain")["command"]:
        chain = values.table("chain")
        compiled["chain"] = {
            **chain,
            "digest": digest(chain["command"].encode("utf-8", "surrogatepass")),
        }
    return compiled


def _rows(values: Values, custom: dict[str, str]) -> list[list[Any]]:
    """Return the segments of each row, without what `local.enabled = false` leaves alone."""
    reads_transcripts = values.table("local")["enabled"]
    return [
        [
            _segment(name, values, custom)
            for name in row
            if not values.is_hidden(name)
            and (reads_transcripts or name.partition(".")[0] not in LOCAL_SEGMENTS)
        ]
        for row in values.get("rows")
    ]


def _segment(name: str, values: Values, custom: dict[str, str]) -> list[Any]:
    """Return the kind of a segment or an instance, and its options other than the defaults."""
    kind, dot, _instance = name.partition(".")
    options = non_defaults(
        kind, values.segments.get(name) or (values.segments.get(kind, {}) if dot else {})
    )
    if kind == "cost" and not values.table("local")["enabled"]:
        options.pop("today", None)
    if "bar" in options:
        options["bar_glyphs"] = BARS[options.pop("bar")]
    style = options.get("style", "")
    if style and style not in STYLES:
        options["style"] = custom.setdefault(style, f"custom-{len(custom) + 1}")
    return [kind, options]


def _theme(values: Values, custom: dict[str, str], chosen: str) -> dict[str, Any] | None:
    separator, styles, glyphs = (
        values.get("separator"),
        values.tables.get("styles", {}),
        values.tables.get("glyphs", {}),
    )
    if chosen == "default" and not (
        values.get("nerd_font") or separator is not None or styles or glyphs or custom
    ):
        return None
    theme = resolve(user_themes.find(chosen), icons() if values.get("nerd_font") else None)
    _drop_unused_blocks(theme, values)
    theme["glyphs"].update(glyphs)
    styles = with_visible_bars(styles, glyphs)
    if separator is not None:
        theme["separator"] = separator
        if "caps" in theme:
            theme["caps"] = ["", separator, ""]
    for name, spec in [*styles.items(), *((name, spec) for spec, name in custom.items())]:
        parsed = colors.parse(spec)
        for palette in (theme["styles"], theme.get("light", {})):
            for depth, codes in palette.items():
                codes[name] = colors.codes(parsed, depth)
    return theme


def _drop_unused_blocks(theme: dict[str, Any], values: Values) -> None:
    """Keep the blocks of segments in `rows`, because each line reads all that is compiled."""
    shown = {name.partition(".")[0] for row in values.get("rows") for name in row}
    for name in ("blocks", "light_blocks"):
        for depth, kinds in theme.get(name, {}).items():
            theme[name][depth] = {
                kind: pair for kind, pair in kinds.items() if kind in {*shown, *ALWAYS_SHOWN}
            }


if __name__ == "__main__":
    main()
