"""How a run starts something without waiting for it: a refresh, a look. Once over all runs, by a stamp."""

import sys

from usageline import paths
from usageline.line import system
from usageline.line.due import file_stamp, is_due

CLAIM_S = 12
"""For so long after one run started a refresh no other run starts one: a little more than a refresh may last."""

PASSED_ON = (
    *("HOME", "USER", "USERPROFILE", "SYSTEMROOT", "LANG", "LC_ALL", "TZ", "PATH"),
    *("CLAUDE_CONFIG_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "USAGELINE_API_URL"),
)
"""All of the environment that a refresh gets. A project's settings can set any variable; one that steers a loader or an interpreter stops here."""


def interpreter(root):
    """The cold side's interpreter in the installation at `root`, or "" where it is gone."""
    for name in ("/venv/bin/python", "/venv/Scripts/python.exe"):
        try:
            system.stat(root + name)
        except (OSError, ValueError):
            continue
        return root + name
    return ""


def claim(env, now):
    """Take the right to start a refresh: "" when it is ours, else a word why not.

    The word is `recent` where another run has it, `unsafe` where the cache directory is not this user's alone, `unwritable` where it cannot be
    written: without the stamp every run of every session would start a process that can do nothing.
    """
    return claim_stamp(paths.stamp(env), 2, now, CLAIM_S)


def claim_stamp(stamp, depth, now, every_s):
    """Take the right to what the file `stamp` stands for, once in `every_s`: "" or a word, as `claim`. `depth` directories above it are ours."""
    directory = stamp
    for _ in range(depth):
        directory = directory.rpartition("/")[0]
        if not is_safe(directory):
            return "unsafe"
    try:
        age_s = now - system.lstat(stamp).st_mtime
    except OSError:
        return _first_claim(stamp)
    if 0 <= age_s < every_s:
        return "recent"
    try:
        system.utime(stamp, (now, now), follow_symlinks=False)
    except (OSError, NotImplementedError):
        return "unwritable"
    return ""


def refresh_command(python):
    """What runs one refresh with that interpreter."""
    return [python, "-I", "-B", "-m", "usageline.refresh"]


def refresh_environment(env):
    """What it gets of the environment."""
    return {name: env[name] for name in PASSED_ON if name in env}


def launch(python, env):
    """Start the refresh; see `spawn`."""
    close_inherited()
    spawn(refresh_command(python), refresh_environment(env))


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


def start_if_due(roots, env, snapshot, now):
    """What the SessionStart hook does: start a refresh where one is due, with the first of `roots` that has an interpreter for it."""
    if "USAGELINE_REFRESH" in env:  # in a client that a refresh started to ask it
        return
    if is_due(snapshot, file_stamp(paths.claude_credentials(env)), now):
        python = next(filter(None, map(interpreter, roots)), "")
        if python and not claim(env, now):
            launch(python, env)


def is_safe(directory):
    """Whether a directory is this user's alone to write to, or is not there yet."""
    try:
        found = system.lstat(directory)
    except OSError:
        return True  # there is none yet
    if not hasattr(system, "geteuid"):
        return True
    return found.st_mode & 0o170000 == 0o040000 and found.st_uid == system.geteuid() and not found.st_mode & 0o022


def _first_claim(stamp):
    # O_EXCL: of a crowd that finds an empty cache, one wins.
    try:
        _make_directories(stamp.rpartition("/")[0])
        system.close(system.open(stamp, system.O_CREAT | system.O_EXCL | system.O_WRONLY, 0o600))
    except FileExistsError:
        return "recent"
    except OSError:
        return "unwritable"
    return ""


def _make_directories(path):
    try:
        system.stat(path)
    except FileNotFoundError:
        _make_directories(path.rpartition("/")[0])
        try:
            system.mkdir(path, 0o700)
        except FileExistsError:
            return
