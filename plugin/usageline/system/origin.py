"""Decide which files, programs and proxies are the user's own.

A project's settings can set each variable of the status line, the hook and the refresh, including
HOME and PATH. So no variable decides this. The installer writes the variables of its own shell
into the release that it builds. The running code finds that record from its own path, which no
variable can change. A release without a record runs no program of the user's and uses no proxy;
it still shows numbers.
"""

from __future__ import annotations

import os

from usageline.core.named_tuple import NamedTuple
from usageline.system.origin_record import (
    DEFAULT_CONFIG,
    NAME,
    NETWORK,
    NOTHING,
    PROFILE,
    read_record,
)
from usageline.system.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
)
"""The release or clone that this code runs from, without the link `current`, which may move."""


_REFUSED = (
    "only the configuration of the user who installed may {}; if this is yours, run"
    " `usageline install` from here"
)
REFUSED = _REFUSED.format("name programs and servers")
OWN_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    REFUSED: (
        ("client",),
        ("chain", "command"),
        ("chain", "env"),
        ("alerts", "command"),
        ("org", "key_command"),
        ("shared", "url"),
        ("shared", "password_file"),
        ("shared", "account"),
    ),
    _REFUSED.format("say what is kept of the transcripts"): (
        ("local", "roots"),
        ("local", "keep_days"),
        ("local", "prices"),
    ),
    _REFUSED.format("name a key and its address"): (("org", "key_file"), ("org", "url")),
    _REFUSED.format("say where metrics go"): (
        ("metrics", "textfile"),
        ("metrics", "otlp"),
        ("metrics", "headers_file"),
    ),
}
"""By the reason: the keys of config.toml that a project's configuration may not set.

They run a program, lead to a server or a file, or change what the index has.
"""


def installation(root: str = "") -> str:
    """Return the tree whose record counts: `root`, by default the one that this code runs from.

    A package that pip or uv installed has no record. Then it is the release in the default place
    of the home in the system's user list, which no variable can change either.
    """
    if (
        root
        or os.path.exists(f"{ROOT}/{NAME}")
        or os.path.basename(os.path.dirname(ROOT)) == "releases"
    ):
        return root or ROOT
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        home = pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, AttributeError, KeyError, OSError):
        return ROOT
    return os.path.realpath(home + "/.local/share/usageline/current")


class Own(NamedTuple):
    """The recorded profile that an environment means.

    config_file  the recorded config.toml, which may name programs
    claude_dir   the recorded directory of Claude Code, "" if the environment names another one
    fixed        the variables with their recorded values
    """

    config_file: str
    claude_dir: str
    fixed: dict[str, str]


def own(env: Mapping[str, str], root: str | None = None) -> Own | None:
    """Return the recorded profile that `env` means, None if its HOME or config.toml is unknown.

    Compare resolved paths, but return recorded ones: a link that changes later has no effect.
    """
    paths = Paths(env)
    record = read_record(root or installation())
    try:
        home, config_file, claude_dir = paths.home, paths.config_file, paths.claude_dir
    except LookupError:
        return None
    if record.unchecked:
        return Own(config_file, claude_dir, {name: env[name] for name in PROFILE if name in env})
    own_home = _match(home, record.homes())
    own_config = _match(config_file, record.configs)
    if own_home is None or own_config is None:
        return None
    own_claude = _match(claude_dir, [own_home + "/.claude", *record.claude_dirs()]) or ""
    same_home = (one for one in record.profiles if one["HOME"] == own_home)
    profile = next((one for one in same_home if Paths(one).claude_dir == own_claude), {})
    sign_in = "CLAUDE_SECURESTORAGE_CONFIG_DIR"
    if env.get(sign_in) != profile.get(sign_in):
        own_claude = ""  # another sign-in than the one at the installation
    fixed = {**profile, "HOME": own_home}
    fixed.pop("CLAUDE_CONFIG_DIR", None)
    # On macOS the Keychain item's name depends on it.
    if own_claude and env.get("CLAUDE_CONFIG_DIR"):
        fixed["CLAUDE_CONFIG_DIR"] = own_claude
    if own_config != own_home + DEFAULT_CONFIG:
        fixed["XDG_CONFIG_HOME"] = os.path.dirname(os.path.dirname(own_config))
    return Own(own_config, own_claude, fixed)


def may_run_programs(env: Mapping[str, str], root: str | None = None) -> bool:
    """Return whether config.toml may name programs, and HOME may contain them."""
    return own(env, root) is not None


def own_paths(env: Mapping[str, str], root: str | None = None) -> Paths | None:
    """Return the recorded paths of the profile that `env` means, None if its numbers are elsewhere.

    A project may have chosen the directories of `env`, and with them the numbers.
    """
    mine = own(env, root)
    if mine is None or not mine.claude_dir:
        return None
    recorded, current = Paths(mine.fixed), Paths(env)
    try:
        is_same = all(
            os.path.realpath(one) == os.path.realpath(other)
            for one, other in (
                (os.path.dirname(recorded.cache_dir), os.path.dirname(current.cache_dir)),
                (recorded.state_dir, current.state_dir),
            )
        )
    except (OSError, ValueError):
        return None
    return recorded if is_same else None


def config_file(env: Mapping[str, str]) -> str:
    """Return the config.toml to read: the recorded path if there is one, else that of `env`."""
    mine = own(env)
    return mine.config_file if mine else str(Paths(env).config_file)


def recorded_config_files() -> tuple[str, ...]:
    """Return each recorded config.toml, whether or not it exists."""
    return read_record(installation()).configs


def claude_dirs(home: str) -> list[str]:
    """Return the directory of Claude Code of each recorded profile with that recorded home."""
    record = read_record(installation())
    return [Paths(profile).claude_dir for profile in record.profiles if profile["HOME"] == home]


def is_own_state(env: Mapping[str, str]) -> bool:
    """Return whether `env` has the state directory of a recorded profile."""
    record = read_record(installation())
    listed = [Paths(profile).state_dir for profile in record.profiles]
    return not record.unchecked and _match(Paths(env).state_dir, listed) is not None


def search_path(env: Mapping[str, str], root: str | None = None) -> str:
    """Return the PATH of the shell that ran the install."""
    record = read_record(root or installation())
    return env.get("PATH", os.defpath) if record.unchecked else record.path


def network(env: Mapping[str, str], root: str | None = None) -> dict[str, str]:
    """Return the proxies and certificates of the shell that ran the install."""
    record = read_record(root or installation())
    return (
        {name: env[name] for name in NETWORK if name in env}
        if record.unchecked
        else dict(record.network)
    )


def is_recorded(root: str | None = None) -> bool:
    """Return whether the release has a readable record."""
    return read_record(root or installation()) != NOTHING


def _match(path: str, listed: Iterable[str]) -> str | None:
    """Return the entry of `listed` that resolves to the same path."""
    try:
        real = os.path.realpath(path)
        return next((one for one in listed if os.path.realpath(one) == real), None)
    except (OSError, ValueError):
        return None
