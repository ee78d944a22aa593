"""Load what the jobs of local usage need of config.toml: `[local]`, and the alerts on cost.

The schema takes longer to import than all else, and most files name none of these: the text is
searched for their words first.
"""

from __future__ import annotations

from usageline.config import file
from usageline.core.errors import ConfigInvalid
from usageline.core.named_tuple import NamedTuple
from usageline.system import origin
from usageline.system.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.loader import Alerts

KEEP_DAYS = 400
LOCAL_WORDS = ("local", "profiles", "\\", "\0")
"""A text without them has no such table. TOML can write a name with escapes, and a crash NULs."""

COST_WORDS = ("cost_", "\\")
"""A text without them names no amount."""


class Local(NamedTuple):
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
    prices: Mapping[str, Mapping[str, float]] = {}


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
    if text is None or not any(word in text for word in LOCAL_WORDS):
        return unknown
    from usageline.config import profiles  # noqa: PLC0415 - slow to import
    from usageline.config.validate import validate  # noqa: PLC0415 - as above

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


# tried by: tests/jobs
def load_cost_alerts(env: Mapping[str, str]) -> Alerts | None:
    """Return how to alert, None if no amount is configured."""
    try:
        text = file.read_text(origin.config_file(env)) or ""
    except file.UnusableFile:
        return None
    if not any(word in text for word in COST_WORDS):
        return None
    from usageline.config.loader import load_lenient  # noqa: PLC0415 - slow to import

    alerts = load_lenient(env)[0].alerts
    return alerts if alerts.watches_cost else None
