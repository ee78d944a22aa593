"""Where everything lives. Both sides import this module, so it imports nothing.

Every function takes the environment as a mapping of strings and returns an absolute path with forward slashes.
Nothing here touches the disk. `LookupError` means that the environment names no home directory.
"""

SNAPSHOT_VERSION = 1


def home(env):
    """The user's home directory."""
    found = env.get("HOME") or env.get("USERPROFILE")
    if not found:
        raise LookupError("HOME is not set")
    return found


def claude_dir(env):
    """Claude Code's own directory: CLAUDE_CONFIG_DIR, or ~/.claude."""
    return env.get("CLAUDE_CONFIG_DIR") or home(env) + "/.claude"


def claude_settings(env):
    """The user's settings.json, where the status line and the hook are wired."""
    return claude_dir(env) + "/settings.json"


def credentials_dir(env):
    """The directory of the sign-in, by the client's rule.

    CLAUDE_SECURESTORAGE_CONFIG_DIR goes before CLAUDE_CONFIG_DIR, and an empty value of it means ~/.claude.
    """
    chosen = env.get("CLAUDE_SECURESTORAGE_CONFIG_DIR")
    if chosen is None:
        return claude_dir(env)
    if not chosen:
        return home(env) + "/.claude"
    if not chosen.isascii():
        from unicodedata import normalize  # noqa: PLC0415 - the client composes letters there

        return normalize("NFC", chosen)
    return chosen


def claude_credentials(env):
    """The file with the sign-in (absent on macOS, where the Keychain has it)."""
    return credentials_dir(env) + "/.credentials.json"


def claude_state(env):
    """The client's own state: the account signed in, and the usage it saw last."""
    return (env.get("CLAUDE_CONFIG_DIR") or home(env)) + "/.claude.json"


def settings_profile(env):
    """`default`, or for a CLAUDE_CONFIG_DIR its digest."""
    chosen = env.get("CLAUDE_CONFIG_DIR")
    if not chosen:
        return "default"
    return digest(chosen.rstrip("/").encode("utf-8", "surrogateescape"))


def profile(env):
    """The same, and for a sign-in that is kept elsewhere a digest of both places: two sign-ins must not share one snapshot."""
    if "CLAUDE_SECURESTORAGE_CONFIG_DIR" not in env:
        return settings_profile(env)
    store = credentials_dir(env).rstrip("/")
    if store == claude_dir(env).rstrip("/"):
        return settings_profile(env)
    both = (env.get("CLAUDE_CONFIG_DIR") or "").rstrip("/") + "\0" + store
    return digest(both.encode("utf-8", "surrogateescape"))


def digest(data):
    """16 hex digits: the 64-bit FNV-1a hash of bytes (hashlib is too slow to import on the hot side). It names files and hides nothing."""
    if len(data) > 4096:  # a long command: byte by byte each line would wait for it
        rest = int.from_bytes(data, "little") % ((1 << 127) - 1)
        data = b"%d:%x" % (len(data), rest)
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def cache_dir(env):
    """The profile's snapshot, stamp, lock and store. Mode 0700."""
    return _base(env, "XDG_CACHE_HOME", ".cache") + "/usageline/" + profile(env)


def snapshot(env):
    """The published file that the status line reads."""
    return cache_dir(env) + "/snapshot.json"


def line_config(env):
    """config.toml as the status line reads it: compiled by the cold side."""
    return cache_dir(env) + "/line.json"


def line_config_stamp(env):
    """An empty file whose time says when config.toml was last begun to be compiled by the hot side."""
    return cache_dir(env) + "/line.stamp"


def stamp(env):
    """An empty file whose times say when a refresh was last started by the hot side, and in what the last one failed (line/spawn.py)."""
    return cache_dir(env) + "/refresh.stamp"


def terminal_background(env):
    """Whether the terminal that was asked last is dark or light."""
    return cache_dir(env) + "/terminal.json"


def lock(env):
    """The lock that makes the refresh single."""
    return cache_dir(env) + "/refresh.lock"


def lock_holder(env):
    """Which process holds that lock, while one does."""
    return cache_dir(env) + "/refresh.holder"


def told_dir(env):
    """An empty file for each alert that a session's start has told of."""
    return cache_dir(env) + "/told"


def store_dir(env):
    """The diskcache store, read and written under the lock."""
    return cache_dir(env) + "/store"


def looks_dir(env):
    """What background looks have found last, with the stamps that say when each was started. Mode 0700."""
    return cache_dir(env) + "/looks"


def state_dir(env):
    """History, log and the install record: what a cleared cache must not take along."""
    return _base(env, "XDG_STATE_HOME", ".local/state") + "/usageline"


def history_dir(env):
    """The readings kept: a directory for each account, named by its key."""
    return state_dir(env) + "/history"


def log(env):
    """The refresh's log: why each of the profile's refreshes ran and how it ended."""
    return state_dir(env) + "/log/" + profile(env) + ".log"


def install_record(env):
    """What `install` changed, so that `uninstall` takes back just that; one for each profile."""
    return state_dir(env) + "/install-" + settings_profile(env) + ".json"


def data_dir(env):
    """The installed program: `releases/<id>/` and the link `current` to the one in use."""
    return _base(env, "XDG_DATA_HOME", ".local/share") + "/usageline"


def config_file(env):
    """The user's configuration."""
    return _base(env, "XDG_CONFIG_HOME", ".config") + "/usageline/config.toml"


def command(env):
    """The `usageline` command on the user's PATH."""
    return home(env) + "/.local/bin/usageline"


def _base(env, name, fallback):
    # The XDG specification has relative values ignored; a project's settings could otherwise aim one at its own tree.
    value = env.get(name, "")
    if value[:1] == "/" or value[1:2] == ":":
        return value.rstrip("/") or "/"
    return home(env) + "/" + fallback
