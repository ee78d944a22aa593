"""Load `[org]`: where the administrator's key of `usageline org` is, and where it may be sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.config import file
from usageline.config.validate import validate
from usageline.core.errors import ConfigInvalid
from usageline.system import origin
from usageline.system.api_address import API
from usageline.system.origin_record import DEFAULT_CONFIG
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class OrgConfig:
    """The table `[org]` with absolute paths; "" for a key that is not set."""

    url: str = API
    key_file: str = ""
    key_command: str = ""


# tried by: config
def load_org(env: Mapping[str, str]) -> OrgConfig:
    """Return `[org]` of the user's own config.toml; the defaults if there is none.

    Raise ConfigInvalid if the table has a mistake. Raise it, too, if the file is not the user's
    own: a project's settings could choose another file.
    """
    path = origin.config_file(env)
    try:
        text = file.read_text(path)
        validation = validate(text or "", programs=_is_own(path, env))
    except file.UnusableFile as unusable:
        raise ConfigInvalid(unusable.problem.message(path)) from None
    for problem in validation.problems:
        if problem.key.partition(".")[0] in {"org", ""}:
            raise ConfigInvalid(problem.message(path))
    values = validation.values.table("org")
    return OrgConfig(
        values.get("url") or API,
        Paths(env).expand(values.get("key_file") or ""),
        values.get("key_command") or "",
    )


def system_home() -> str:
    """Return this user's home in the system's list of users, which no variable changes, or ""."""
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, AttributeError, KeyError, OSError):
        return ""


def _is_own(path: str, env: Mapping[str, str]) -> bool:
    """Return whether the file is the recorded one, or in the default place of `system_home`.

    So a package that pip installed needs no `usageline install` for this command.
    """
    if origin.may_run_programs(env):
        return True
    home = system_home()
    return bool(home) and os.path.realpath(path) == os.path.realpath(home + DEFAULT_CONFIG)
