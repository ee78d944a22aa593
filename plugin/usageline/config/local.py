"""Load `[local]` of config.toml: what is read of the transcripts, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from usageline.config import file
from usageline.core.errors import ConfigInvalid
from usageline.system import origin
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

KEEP_DAYS = 400
WORDS = ("local", "profiles", "\\", "\0")
"""A text without them has no such table. TOML can write a name with escapes, and a crash NULs."""


@dataclass(frozen=True, slots=True)
class Local:
    """What is read and kept.

    roots      further directories of Claude Code
    profiles   those of `[profiles]`
    keep_days  None if nothing may be forgotten
    prices     dollars per million tokens by model and rate
    """

    enabled: bool = True
    roots: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    keep_days: int | None = KEEP_DAYS
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


# tried by: tests/config
def load(env: Mapping[str, str]) -> Local:
    """Return the settings, of which a configuration that is not the user's has only `enabled`.

    Raise ConfigInvalid if a mistake leaves open what to keep: a typo must not delete sums.
    """
    path = origin.config_file(env)
    is_own = origin.may_run_programs(env)
    unknown = Local(keep_days=KEEP_DAYS if is_own else None)
    try:
        text = file.read_text(path)
    except file.UnusableFile as unusable:
        raise ConfigInvalid(unusable.problem.message(path)) from None
    if text is None or not any(word in text for word in WORDS):
        return unknown
    # Imported here: the schema takes longer than all else, and most files have no such table.
    from usageline.config import profiles  # noqa: PLC0415
    from usageline.config.validate import validate  # noqa: PLC0415

    validation = validate(text, programs=is_own)
    for problem in validation.problems:
        if is_own and (not validation.table or problem.key.partition(".")[0] == "local"):
            raise ConfigInvalid(problem.message(path))
    table = validation.values.table("local")
    if not is_own:
        return Local(enabled=table["enabled"], keep_days=None)
    paths = Paths(env)
    listed = [
        profiles.directory(name, validation.values, paths) for name in validation.values.profiles
    ]
    return Local(
        table["enabled"],
        tuple(profiles.expanded(root, paths) for root in table["roots"]),
        tuple(filter(None, listed)),
        table["keep_days"],
        table["prices"],
    )
