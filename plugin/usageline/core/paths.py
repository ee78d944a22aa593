"""Read the environment, and compute the path of every file from it.

Both sides import this module, and it does not touch the disk. Every function for a path takes the
environment and returns an absolute path with forward slashes. It raises LookupError if the
environment names no home directory.
"""

from __future__ import annotations

import sys

from usageline.core import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping


SNAPSHOT_VERSION = 1

LINE_CONFIG_VERSION = 1

MAX_PATH_CHARS = 2048
"""A longer path in which letters must be composed is not one that a system could open."""

MAX_LINE_CONFIG_BYTES = 1 << 20
"""A chained command may take 128 KiB, and JSON may take six bytes for each of them."""


def environment() -> dict[str, str]:
    """Return the environment with a HOME. Bytes that are not text survive the way to a path."""
    encoding = sys.getfilesystemencoding()

    def text(value: bytes | str) -> str:
        return value.decode(encoding, "surrogateescape") if isinstance(value, bytes) else value

    env = {text(name): text(value) for name, value in syscalls.environ.items()}
    if not env.get("HOME"):
        fill_in_home(env)
    return env


def fill_in_home(env: MutableMapping[str, str]) -> None:
    """Set a missing HOME from the user database, as Claude Code does.

    Do nothing if the database has no absolute home for this user.
    """
    if env.get("HOME") or not hasattr(syscalls, "geteuid"):
        return
    try:
        import pwd  # noqa: PLC0415 - built in, but seldom needed

        directory = pwd.getpwuid(syscalls.geteuid()).pw_dir
    except (ImportError, KeyError, OSError):
        return
    if directory[:1] == "/":
        env["HOME"] = directory


def home(env: Mapping[str, str]) -> str:
    """Return the user's home directory."""
    directory = env.get("HOME") or env.get("USERPROFILE")
    if not directory:
        raise LookupError("HOME is not set")
    return directory


def claude_dir(env: Mapping[str, str]) -> str:
    """Return Claude Code's own directory: CLAUDE_CONFIG_DIR, or ~/.claude."""
    return env.get("CLAUDE_CONFIG_DIR") or home(env) + "/.claude"


def claude_settings(env: Mapping[str, str]) -> str:
    """Return the user's settings.json, which names the status line and the hook."""
    return claude_dir(env) + "/settings.json"


def credentials_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the sign-in, by Claude Code's rule.

    CLAUDE_SECURESTORAGE_CONFIG_DIR outranks CLAUDE_CONFIG_DIR. If it is empty, it means ~/.claude.
    """
    chosen = env.get("CLAUDE_SECURESTORAGE_CONFIG_DIR")
    if chosen is None:
        return claude_dir(env)
    if not chosen:
        return home(env) + "/.claude"
    return composed(chosen)


def composed(path: str) -> str:
    """Return the path with its letters composed, as Claude Code names a sign-in's directory."""
    # Composing takes a time that grows with the square of the length.
    if not path.isascii() and len(path) <= MAX_PATH_CHARS:
        from unicodedata import normalize  # noqa: PLC0415 - few paths need it

        return normalize("NFC", path)
    return path


def claude_credentials(env: Mapping[str, str]) -> str:
    """Return the file with the sign-in. On macOS it is missing, because the Keychain has it."""
    return credentials_dir(env) + "/.credentials.json"


def claude_state(env: Mapping[str, str]) -> str:
    """Return Claude Code's state: the account that is signed in, and its last known usage."""
    return (env.get("CLAUDE_CONFIG_DIR") or home(env)) + "/.claude.json"


def settings_profile(env: Mapping[str, str]) -> str:
    """Return `default`, or the digest of CLAUDE_CONFIG_DIR."""
    chosen = env.get("CLAUDE_CONFIG_DIR")
    if not chosen:
        return "default"
    return digest(chosen.rstrip("/").encode("utf-8", "surrogateescape"))


def profile(env: Mapping[str, str]) -> str:
    """Return `settings_profile`, or a digest of both directories if the sign-in is in another one.

    Two sign-ins must not share one snapshot.
    """
    if "CLAUDE_SECURESTORAGE_CONFIG_DIR" not in env:
        return settings_profile(env)
    store = credentials_dir(env).rstrip("/")
    if store == claude_dir(env).rstrip("/"):
        return settings_profile(env)
    both = (env.get("CLAUDE_CONFIG_DIR") or "").rstrip("/") + "\0" + store
    return digest(both.encode("utf-8", "surrogateescape"))


def digest(data: bytes) -> str:
    """Return 16 hex digits: the 64-bit FNV-1a hash of bytes. It names files and hides nothing.

    The hot side has no time to import hashlib.
    """
    if len(data) > 4096:  # a long command, byte by byte, would slow each line down
        rest = int.from_bytes(data, "little") % ((1 << 127) - 1)
        data = b"%d:%x" % (len(data), rest)
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def cache_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the profile's snapshot, stamp, lock and store. Its mode is 0700."""
    return _base(env, "XDG_CACHE_HOME", ".cache") + "/usageline/" + profile(env)


def snapshot(env: Mapping[str, str]) -> str:
    """Return the published file that the status line reads."""
    return cache_dir(env) + "/snapshot.json"


def line_config(env: Mapping[str, str]) -> str:
    """Return config.toml as the cold side compiled it for the status line."""
    return cache_dir(env) + "/line.json"


def line_config_stamp(env: Mapping[str, str]) -> str:
    """Return the throttle's stamp of the compilation of config.toml."""
    return cache_dir(env) + "/line.stamp"


def stamp(env: Mapping[str, str]) -> str:
    """Return the throttle's stamp of the refresh."""
    return cache_dir(env) + "/refresh.stamp"


def terminal_background(env: Mapping[str, str]) -> str:
    """Return the file that records whether the last queried terminal is dark or light."""
    return cache_dir(env) + "/terminal.json"


def lock(env: Mapping[str, str]) -> str:
    """Return the single-flight lock of the refresh."""
    return cache_dir(env) + "/refresh.lock"


def lock_owner(env: Mapping[str, str]) -> str:
    """Return the file that names the process with that lock."""
    return cache_dir(env) + "/refresh.holder"


def shown_alerts_dir(env: Mapping[str, str]) -> str:
    """Return the directory with an empty file for each alert that a session has shown."""
    return cache_dir(env) + "/told"


def store_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the diskcache store. It is read and written under the lock."""
    return cache_dir(env) + "/store"


def jobs_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the background jobs' results and stamps. Its mode is 0700."""
    return cache_dir(env) + "/looks"


def state_dir(env: Mapping[str, str]) -> str:
    """Return the directory of history, log and install manifest, which outlive a cleared cache."""
    return _base(env, "XDG_STATE_HOME", ".local/state") + "/usageline"


def history_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the history, with one directory per account, named by its key."""
    return state_dir(env) + "/history"


def log(env: Mapping[str, str]) -> str:
    """Return the log of why each of the profile's refreshes ran and how it ended."""
    return state_dir(env) + "/log/" + profile(env) + ".log"


def install_manifest(env: Mapping[str, str]) -> str:
    """Return the profile's install manifest, by which `uninstall` reverts `install`."""
    return state_dir(env) + "/install-" + settings_profile(env) + ".json"


def data_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the program: `releases/<id>/`, and the link `current` to one."""
    return _base(env, "XDG_DATA_HOME", ".local/share") + "/usageline"


def config_file(env: Mapping[str, str]) -> str:
    """Return the user's configuration."""
    return _base(env, "XDG_CONFIG_HOME", ".config") + "/usageline/config.toml"


def themes_dir(env: Mapping[str, str]) -> str:
    """Return the directory of the user's own themes."""
    return config_file(env).rpartition("/")[0] + "/themes"


def command(env: Mapping[str, str]) -> str:
    """Return the `usageline` command on the user's PATH."""
    return home(env) + "/.local/bin/usageline"


def _base(env: Mapping[str, str], name: str, fallback: str) -> str:
    # The XDG specification ignores relative values, and a project could aim one at its own tree.
    value = env.get(name, "")
    if value[:1] == "/" or value[1:2] == ":":
        return value.rstrip("/") or "/"
    return home(env) + "/" + fallback
