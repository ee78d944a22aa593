"""How the hot side starts the cold side: its interpreter, its flags and the environment that it gets."""

from usageline.core import syscalls

PYTHON_FLAGS = ("-I", "-B", "-X", "utf8")
"""How the cold side's interpreter is run. A path is UTF-8 whatever the locale, as Claude Code has it."""


ENV_ALLOWLIST = (
    *("HOME", "USER", "LOGNAME", "USERPROFILE", "SYSTEMROOT", "LANG", "LC_ALL", "TZ"),
    *("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "USAGELINE_API_URL"),
)
"""All of the environment that a refresh gets. A project's settings can set any variable: these say whose numbers are meant and how a time
is written. None of them chooses a program, a proxy or a certificate; those are the installer's (system/origin.py)."""


PLUGIN_POINTER = "/.usageline-installed.json"
"""In the client's own copy of a plugin: where the program was installed from it (setup/plugin_pointer.py)."""


ZONES = ("/usr/share/zoneinfo/", "/var/db/timezone/zoneinfo/", "/etc/zoneinfo/")
"""Where the system keeps its time zones."""


def interpreter(root):
    """The cold side's interpreter in the installation at `root`, or "" where it is gone."""
    for name in ("/venv/bin/python", "/venv/Scripts/python.exe"):
        try:
            syscalls.stat(root + name)
        except (OSError, ValueError):
            continue
        return root + name
    return ""


def absence(root):
    """Return why `interpreter` has none: `elsewhere` if its link leads nowhere on this system, else `uninstalled`."""
    try:
        syscalls.lstat(root + "/venv/bin/python")
    except (OSError, ValueError):
        return "uninstalled"
    return "elsewhere"


def refresh_command(python, by="line"):
    """What runs one refresh with that interpreter; `by` is who starts it, a word for its log."""
    return [python, *PYTHON_FLAGS, "-m", "usageline.refresh", "--by", by]


def refresh_environment(env):
    """What it gets of the environment."""
    return {
        name: env[name]
        for name in ENV_ALLOWLIST
        if name in env and (name != "TZ" or is_zone(env[name]))
    }


def is_zone(name):
    """Whether a TZ names a zone that the system keeps. The C library opens what it names, in a project a FIFO for one.

    The wired command looks at it, too, before any interpreter starts (setup/settings_changes.py).
    """
    path = name[1:] if name[:1] == ":" else name
    return ".." not in path and (
        path[:1] not in ("/", ".") or path == "/etc/localtime" or path.startswith(ZONES)
    )
