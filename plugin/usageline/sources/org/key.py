"""Read `[org]` and the administrator's key, and decide whether it may be sent.

It comes from `key_file` or `key_command` of the user's own config.toml, or from ANTHROPIC_ADMIN_KEY
of the shell. It never is in an argument, a log, a cache or the text of an error.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from usageline.config import file
from usageline.config.validate import validate
from usageline.core.errors import ConfigInvalid, UsagelineError, error_text
from usageline.system import child_env, files, origin, process
from usageline.system.api_address import API, is_loopback
from usageline.system.origin_record import DEFAULT_CONFIG
from usageline.system.paths import Paths
from usageline.system.this_process import disable_core_dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "ANTHROPIC_ADMIN_KEY"
COMMAND_TIMEOUT_S = 120.0
"""A password manager may wait for its password."""

MAX_BYTES = 4096
MIN_CHARS, MAX_CHARS = 8, 512

ADMIN = "Admin key"
SCOPED = "Enterprise key"
OTHER = "key"

CONSOLE_ADVICE = (
    "an admin of the organization can make an Admin key at platform.claude.com > Settings > "
    "Admin keys"
)
ENTERPRISE_ADVICE = (
    "the primary owner can make a key with the scope read:analytics at claude.ai > Organization "
    "settings > API"
)
MAKE_ONE = f"{CONSOLE_ADVICE}; on Enterprise, {ENTERPRISE_ADVICE}"
REFUSED_PREFIXES = {
    "sk-ant-oat": "the sign-in token of Claude Code",
    "sk-ant-ort": "the sign-in token of Claude Code",
    "sk-ant-sid": "a session key of claude.ai",
    "sk-ant-api": "an ordinary API key",
}
"""Keys that reach no report, by their beginning."""


@dataclass(frozen=True, slots=True)
class OrgConfig:
    """The table `[org]` with absolute paths; "" for a key that is not set."""

    url: str = API
    key_file: str = ""
    key_command: str = ""

    @property
    def is_gateway(self) -> bool:
        """Return whether that is a company's own gateway. This machine stands for the API."""
        return self.url != API and not is_loopback(self.url)


class KeyUnusable(UsagelineError):
    """There is no key, or it may not be sent."""


@dataclass(frozen=True, slots=True)
class Key:
    """The key. `place` says where it is from, `kind` what its beginning says that it is."""

    value: str = field(repr=False)
    place: str

    @property
    def kind(self) -> str:
        """Return the kind of key."""
        if self.value.startswith("sk-ant-admin"):
            return ADMIN
        return SCOPED if self.value.startswith("sk-ant-api01-") else OTHER

    def __str__(self) -> str:
        return f"the {self.kind} from {self.place}"


# tried by: tests/sources
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


def read_key(config: OrgConfig, env: Mapping[str, str]) -> Key:
    """Return the key. Raise KeyUnusable with what to do if there is none that may be sent."""
    disable_core_dumps()
    if config.key_file:
        return _checked(_from_file(config.key_file), Paths(env).abbreviate(config.key_file))
    if config.key_command:
        return _checked(_from_command(config.key_command, env), "org.key_command")
    if env.get(VARIABLE):
        return _checked(env[VARIABLE], VARIABLE)
    raise KeyUnusable(
        "there is no administrator's key: write its file's path to config.toml as [org] key_file, "
        f"or set {VARIABLE}; {MAKE_ONE}"
    )


def _is_own(path: str, env: Mapping[str, str]) -> bool:
    """Return whether the file is the recorded one, or in the default place of `_system_home`.

    So a package that pip installed needs no `usageline install` for this command.
    """
    if origin.may_run_programs(env):
        return True
    home = _system_home()
    return bool(home) and os.path.realpath(path) == os.path.realpath(home + DEFAULT_CONFIG)


def _system_home() -> str:
    """Return this user's home in the system's list of users, which no variable changes, or ""."""
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, AttributeError, KeyError, OSError):
        return ""


# tried by: tests/sources
def _from_file(path: str) -> str:
    try:
        with files.open_regular(path) as descriptor:
            status = os.fstat(descriptor)
            if os.name == "posix" and (status.st_mode & 0o077 or not files.is_own(status)):
                reason = "belongs to another user"
                if files.is_own(status):
                    reason = f"can be read by others (mode {stat.S_IMODE(status.st_mode):04o})"
                raise KeyUnusable(
                    f"{path} {reason}: it is not read; run `chmod 600` on your own file"
                )
            content = os.read(descriptor, MAX_BYTES + 1)
    except OSError as error:
        raise KeyUnusable(
            f"{path} cannot be read: {error_text(error)}: write the key to it, with mode 0600"
        ) from None
    return _first_line(content, path)


# tried by: tests/sources
def _from_command(command: str, env: Mapping[str, str]) -> str:
    given = child_env.session_bus(child_env.RUNTIME_DIR)
    variables = child_env.build("org_key", env, origin.own(env), given)
    # Without an install, the configuration is that of the home in the system's list of users.
    home = variables.setdefault("HOME", _system_home() or Paths(env).home)
    variables["PATH"] = variables.get("PATH") or child_env.USER_PATH.format(home=home)
    try:
        result = process.run(
            ["/bin/sh", "-c", command],
            variables,
            home,
            deadline=time.monotonic() + COMMAND_TIMEOUT_S,
            max_bytes=MAX_BYTES,
        )
    except (OSError, ValueError) as error:
        raise KeyUnusable(f"org.key_command does not start: {error_text(error)}") from None
    if result.stop_reason or result.status:
        reason = result.stop_reason or f"exit status {result.status}"
        raise KeyUnusable(f"org.key_command failed ({reason}): run it in a shell to see why")
    return _first_line(result.output, "org.key_command")


def _first_line(content: bytes, place: str) -> str:
    """Return the first line; a password manager may print more."""
    lines = content.strip().splitlines()
    try:
        line = lines[0].decode("ascii").strip() if lines else ""
    except UnicodeDecodeError:
        line = "?"
    if not line:
        raise KeyUnusable(f"{place} has no key: {MAKE_ONE}")
    return line


def _checked(value: str, place: str) -> Key:
    value = value.strip()
    if (
        not MIN_CHARS <= len(value) <= MAX_CHARS
        or not value.isascii()
        or not value.isprintable()
        or any(char in value.rstrip("=") for char in " \"'=\\")
    ):
        raise KeyUnusable(f"{place} has something else than a key: it must have the key alone")
    lowered = value.lower()
    for prefix, what in REFUSED_PREFIXES.items():
        if lowered.startswith(prefix) and not lowered.startswith("sk-ant-api01-"):
            raise KeyUnusable(
                f"{place} has {what}, which no report accepts, so it is not sent: {MAKE_ONE}"
            )
    return Key(value, place)
