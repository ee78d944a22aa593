"""How a run starts something without waiting for it: a refresh, a look. Once over all runs, by a stamp."""

import sys

from usageline.core import paths
from usageline.core.freshness import file_stamp, is_due
from usageline.line import system

CLAIM_S = 12
"""For so long after one run started a refresh no other run starts one: a little more than a refresh may last."""

HINDERED_S = 60
"""The same where the last one came to nothing, and the next will as well, until somebody frees the disk."""

IN_VAIN_S = 150
"""A series of tries that lasts so long without a success, and without a word of why, is in vain. Longer than two requests must lie apart."""

SERIES_S = 180
"""Claims that follow each other within this are one series."""

HINDRANCES = {1: "full", 2: "unwritable", 3: "unlockable"}
"""Why what a stamp stands for came to nothing, by the access time that the cold side gives the stamp: 1 second after the epoch, 2, 3.

Otherwise that is when the series of claims began, or 0 after a success.
"""

COLD = ("-I", "-B", "-X", "utf8")
"""How the cold side's interpreter is run. A path is UTF-8 whatever the locale, as Claude Code has it."""

NO_SPACE = (28, 69, 122)
"""ENOSPC, and EDQUOT as macOS and Linux number it; the module with the names is one more to import."""

# Windows has none of these, nor times that are set by a descriptor. A FIFO is opened without waiting for a writer.
SAFELY = getattr(system, "O_NOFOLLOW", 0) | getattr(system, "O_NONBLOCK", 0)

PASSED_ON = (
    *("HOME", "USER", "LOGNAME", "USERPROFILE", "SYSTEMROOT", "LANG", "LC_ALL", "TZ"),
    *("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "USAGELINE_API_URL"),
)
"""All of the environment that a refresh gets. A project's settings can set any variable: these say whose numbers are meant and how a time
is written. None of them chooses a program, a proxy or a certificate; those are the installer's (system/origin.py)."""


PLUGIN_POINTER = "/.usageline-installed.json"
"""In the client's own copy of a plugin: where the program was installed from it (setup/plugin.py)."""


ZONES = ("/usr/share/zoneinfo/", "/var/db/timezone/zoneinfo/", "/etc/zoneinfo/")
"""Where the system keeps its time zones."""


def interpreter(root):
    """The cold side's interpreter in the installation at `root`, or "" where it is gone."""
    for name in ("/venv/bin/python", "/venv/Scripts/python.exe"):
        try:
            system.stat(root + name)
        except (OSError, ValueError):
            continue
        return root + name
    return ""


def absence(root):
    """Return why `interpreter` has none: `elsewhere` if its link leads nowhere on this system, else `uninstalled`."""
    try:
        system.lstat(root + "/venv/bin/python")
    except (OSError, ValueError):
        return "uninstalled"
    return "elsewhere"


def claim(env, now):
    """Take the right to start a refresh: "" when it is ours, else a word why not.

    The word is `recent` where another run has it, `unsafe` where the cache directory is not this user's alone, `unwritable` or `full` where it
    cannot be written: without the stamp every run of every session would start a process that can do nothing.
    """
    stamp = paths.stamp(env)
    return claim_stamp(stamp, 2, now, HINDERED_S if hindrance(stamp, now) else CLAIM_S)


def hindrance(stamp, now):
    """Why what was started last by that stamp came to nothing: one of HINDRANCES, `vain` where no try left a word, "" where nothing is known."""
    try:
        found = system.stat(stamp)
    except OSError:
        return ""
    in_vain = found.st_mtime - IN_VAIN_S > found.st_atime > SERIES_S and 0 <= now - found.st_mtime < SERIES_S
    return HINDRANCES.get(int(found.st_atime)) or ("vain" if in_vain else "")


def claim_stamp(stamp, depth, now, every_s):
    """Take the right to what the file `stamp` stands for, once in `every_s`: "" or a word, as `claim`. `depth` directories above it are ours."""
    directory = stamp
    for _ in range(depth):
        directory = directory.rpartition("/")[0]
        if not is_safe(directory):
            return "unsafe"
    base = directory.rpartition("/")[0]
    try:
        fd = system.open(stamp, system.O_RDONLY | SAFELY)
    except FileNotFoundError:
        return _first_claim(stamp) if is_reached_safely(base) else "unsafe"
    except OSError:  # a link, or a file that this user may not read
        return _claim_anew(stamp) if is_reached_safely(base) else "unsafe"
    try:
        found = system.fstat(fd)
        if not is_own_file(found):
            return _claim_anew(stamp) if is_reached_safely(base) else "unsafe"
        age_s, hindered = now - found.st_mtime, int(found.st_atime) in HINDRANCES
        if 0 <= age_s < (max(every_s, HINDERED_S) if hindered else every_s):
            return "recent"
        if not is_reached_safely(base):
            return "unsafe"
        goes_on = hindered or (found.st_atime > SERIES_S and 0 <= age_s < SERIES_S)
        # By the descriptor: another file may have taken the name meanwhile.
        system.utime(fd if SAFELY else stamp, (found.st_atime if goes_on else now, now))
    except (OSError, NotImplementedError):
        return "unwritable"
    finally:
        system.close(fd)
    return ""


def refresh_command(python, by="line"):
    """What runs one refresh with that interpreter; `by` is who starts it, a word for its log."""
    return [python, *COLD, "-m", "usageline.refresh", "--by", by]


def refresh_environment(env):
    """What it gets of the environment."""
    return {name: env[name] for name in PASSED_ON if name in env and (name != "TZ" or is_zone(env[name]))}


def is_zone(name):
    """Whether a TZ names a zone that the system keeps. The C library opens what it names, in a project a FIFO for one.

    The wired command looks at it, too, before any interpreter starts (setup/settings_changes.py).
    """
    path = name[1:] if name[:1] == ":" else name
    return ".." not in path and (path[:1] not in ("/", ".") or path == "/etc/localtime" or path.startswith(ZONES))


def launch(python, env, by="line"):
    """Start the refresh; see `spawn`."""
    close_inherited()
    spawn(refresh_command(python, by), refresh_environment(env))


def close_inherited():
    """Close what the client left open here, so that nothing that is started has it. Descriptors of our own close by themselves there."""
    if sys.platform != "win32":  # where nothing is inherited unless it is named
        system.closerange(3, 4096)


def spawn(arguments, env, stdin=-1, stdout=-1):
    """Start a process in a session of its own with that whole environment, its descriptors on /dev/null but for those given.

    Call it as the last act: the parent must be gone at once. The client ends a cancelled run with all its descendants, found by parent
    links; a process whose parent has left is not among them. OSError or ValueError where it does not start.
    """
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - far too slow to import where posix_spawn exists

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        null = subprocess.DEVNULL
        subprocess.Popen(arguments, env=env, stdin=null, stdout=null, stderr=null, close_fds=True, creationflags=flags)
        return
    actions = [
        (system.POSIX_SPAWN_OPEN, fd, "/dev/null", system.O_RDWR, 0) if given < 0 else (system.POSIX_SPAWN_DUP2, given, fd)
        for fd, given in enumerate((stdin, stdout, -1))
    ]
    try:
        system.posix_spawn(arguments[0], arguments, env, file_actions=actions, setsid=True)
    except NotImplementedError:  # a C library without POSIX_SPAWN_SETSID: a process group of its own is the next best
        system.posix_spawn(arguments[0], arguments, env, file_actions=actions, setpgroup=0)


def installations(root):
    """Yield the installations that may start a refresh: the one at `root`, or the one that was installed from the plugin's copy there.

    Not one that the environment names: a project's settings can name an installation of the project's own.
    """
    yield root
    from usageline.core import json_file  # noqa: PLC0415 - only for a plugin

    data_dir = (json_file.json_file(root + PLUGIN_POINTER) or {}).get("data_dir")
    if isinstance(data_dir, str) and data_dir[:1] == "/":
        yield data_dir + "/current"


def start_if_due(roots, env, snapshot, now):
    """What the SessionStart hook does: start a refresh where one is due, with the first of `roots` that has an interpreter for it."""
    if "USAGELINE_REFRESH" in env:  # in a client that a refresh started to ask it
        return
    if is_due(snapshot, file_stamp(paths.claude_credentials(env)), now):
        python = next(filter(None, map(interpreter, roots)), "")
        if python and not claim(env, now):
            launch(python, env, "hook")


def is_safe(directory):
    """Whether a directory is this user's alone to write to, or is not there yet."""
    try:
        found = system.lstat(directory)
    except OSError:
        return True  # there is none yet
    if not hasattr(system, "geteuid"):
        return True
    return found.st_mode & 0o170000 == 0o040000 and found.st_uid == system.geteuid() and not found.st_mode & 0o022


def is_own_file(found):
    """Whether to a file with that status, of ours by its name, may be written: a file with another name besides is somebody's, too."""
    own = not hasattr(system, "geteuid") or found.st_uid == system.geteuid()
    return own and (found.st_mode & 0o170000 == 0o040000 or (found.st_mode & 0o170000 == 0o100000 and found.st_nlink == 1))


def is_reached_safely(path):
    """Whether no other user can put another directory in place of `path`, of one above it, or of one that does not exist yet."""
    if not hasattr(system, "geteuid"):
        return True
    at = path
    while True:
        try:
            found = system.lstat(at)
            if found.st_mode & 0o170000 in (0o040000, 0o120000) and not is_trusted(found, system.geteuid()):
                from usageline.core import owners  # noqa: PLC0415 - they are root's and one's own nearly always

                return owners.is_reached_safely(path)
        except OSError:
            pass  # it does not exist yet: what it will be made in counts
        if at in ("", "/"):
            return True
        at = at.rpartition("/")[0] or "/"


def is_trusted(found, user):
    """Whether what has that status is a directory in which only `user` and root can rename things: theirs, and closed to others or sticky."""
    is_directory = found.st_mode & 0o170000 == 0o040000
    return is_directory and found.st_uid in (0, user) and bool(not found.st_mode & 0o022 or found.st_mode & 0o1000)


def _claim_anew(stamp):
    """Put a file of our own in place of what must not be touched. A directory stays."""
    try:
        system.unlink(stamp)
    except FileNotFoundError:
        return "recent"  # another run is at it
    except OSError:
        return "unwritable"
    return _first_claim(stamp)


def _first_claim(stamp):
    before = system.umask(0o077)  # one that takes from the user would leave what nobody can use
    try:
        _make_directories(stamp.rpartition("/")[0])
        create(stamp)
    except FileExistsError:
        return "recent"
    except OSError as error:
        return "full" if error.errno in NO_SPACE else "unwritable"
    finally:
        system.umask(before)
    return ""


def create(path):
    """Make an empty file. FileExistsError where there is anything: of a crowd, one makes it. OSError as well where it cannot be made."""
    system.close(system.open(path, system.O_CREAT | system.O_EXCL | system.O_WRONLY, 0o600))


def _make_directories(path):
    try:
        system.stat(path)
    except FileNotFoundError:
        above, slash, _ = path.rpartition("/")
        if not slash:
            raise  # below whatever directory this is, a project for one
        if above:
            _make_directories(above)
        try:
            system.mkdir(path, 0o700)
        except FileExistsError:
            return
