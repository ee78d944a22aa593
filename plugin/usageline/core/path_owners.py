"""Who else could write to a directory, if it is not simply the user's or root's. Imported where one is not."""

from usageline.core import ownership, syscalls

MAX_LINKS = 40
"""As the kernel has it."""

USERS = "/etc/passwd"
MAX_USERS_BYTES = 4 << 20

# A directory above may be one that can be passed and not be listed.
_PASSING = getattr(syscalls, "O_PATH", getattr(syscalls, "O_SEARCH", syscalls.O_RDONLY))
_FLAGS = (
    _PASSING
    | getattr(syscalls, "O_DIRECTORY", 0)
    | getattr(syscalls, "O_NOFOLLOW", 0)
    | getattr(syscalls, "O_CLOEXEC", 0)
)


class Unsafe(PermissionError):
    """Another user could put something else in place of `filename`, or in it."""


def is_reached_safely(path):
    """Whether no other user can move `path`, or what it will be made in, out of the way. Links on the way to it are followed with care."""
    try:
        syscalls.close(opened(path))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def opened(path, make=False):
    """A descriptor of the directory `path`, to open things in. Each step is taken in the directory before, and only through safe ones.

    With `make` what is missing is made, for the user alone. Unsafe or another OSError where that cannot be.
    """
    left, at, links = path.split("/")[::-1], "", 0
    fd = syscalls.open("/", _FLAGS)
    try:
        _check("/", fd)
        while left:
            name = left.pop()
            if name in ("", "."):
                continue
            target = _link_target(fd, name, at) if links < MAX_LINKS else None
            if target is not None:
                links += 1
                left += target.split("/")[::-1]
                name = "/" if target[:1] == "/" else "."
            elif make and name != "..":
                _make(fd, name)
            new = syscalls.open(name, _FLAGS, dir_fd=fd)
            syscalls.close(fd)
            fd = new
            at = (
                ""
                if name == "/"
                else at.rpartition("/")[0]
                if name == ".."
                else at
                if name == "."
                else at + "/" + name
            )
            _check(at or "/", fd)
    except BaseException:
        syscalls.close(fd)
        raise
    return fd


def _link_target(fd, name, at):
    """Where a link leads; None if `name` is none. Another user's link, in a directory where each may make one, leads nowhere."""
    try:
        target = syscalls.readlink(name, dir_fd=fd)
    except OSError:
        return None
    if syscalls.stat(name, dir_fd=fd, follow_symlinks=False).st_uid not in (0, syscalls.geteuid()):
        raise Unsafe(13, "a link of another user", at + "/" + name)
    return target


def _make(fd, name):
    try:
        syscalls.mkdir(name, 0o700, dir_fd=fd)
        syscalls.chmod(name, 0o700, dir_fd=fd)  # the umask may have taken from the user, too
    except FileExistsError:
        return


def _check(path, fd):
    found = syscalls.fstat(fd)
    if not ownership.is_trusted_directory(found, syscalls.geteuid()) and not may_hold(path, found):
        raise Unsafe(13, "another user can write to it", path)


def may_hold(path, status):
    """Return whether a directory may hold usageline's although others can write to it.

    It may if it is above the user's home in the system's own list: who can replace that can do
    anything. It also may if its group is root's or the user's alone.
    """
    user = syscalls.geteuid()
    try:
        import pwd  # noqa: PLC0415 - as the module itself

        entry = pwd.getpwuid(user)
    except (ImportError, KeyError):
        entry = None
    home = entry.pw_dir.rstrip("/") if entry else ""
    if home and (home + "/").startswith(path.rstrip("/") + "/") and home != path:
        return True
    open_to_all = status.st_mode & 0o002 and not status.st_mode & 0o1000
    return (
        status.st_uid in (0, user)
        and not open_to_all
        and (_is_roots_group(status.st_gid, entry) or is_private_group(status.st_gid, entry))
    )


def is_private_group(number, entry):
    """Return whether the user of a password entry is the only member of their primary group.

    Root may be another member. A user database on the network may not list its users. So a group
    that is named after its user is theirs by convention; any other must be the primary group of
    exactly one user of this machine.
    """
    group = _group(number)
    if entry is None or group is None or number != entry.pw_gid:
        return False
    name = entry.pw_name
    if not set(group.gr_mem) <= {"root", name}:
        return False
    local = _local_users(number)
    if group.gr_name == name:
        return local is None or local <= {name}
    return local == {name}


def _is_roots_group(number, entry):
    group = _group(number) if number == 0 else None
    members = {"root", entry.pw_name if entry else "root"}
    return group is not None and group.gr_name == "root" and set(group.gr_mem) <= members


def _group(number):
    try:
        import grp  # noqa: PLC0415 - as the module itself

        return grp.getgrgid(number)
    except (ImportError, KeyError, OSError):
        return None


def _local_users(number):
    """Return the names of this machine's users with that primary group, None if unreadable."""
    try:
        with open(USERS, "rb") as file:
            rows = [line.split(b":") for line in file.read(MAX_USERS_BYTES).splitlines()]
    except OSError:
        return None
    gid = b"%d" % number
    return {
        row[0].decode("utf-8", "surrogateescape") for row in rows if len(row) > 3 and row[3] == gid
    }
