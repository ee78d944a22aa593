"""Check which other users can write to a directory that is not simply this user's or root's."""

from __future__ import annotations

from usageline.core import ownership, syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    import grp
    import os
    import pwd

MAX_LINKS = 40
"""The kernel's limit."""

USERS = "/etc/passwd"
MAX_USERS_BYTES = 4 << 20

# The user may pass a directory above without the right to list it.
_PASS = getattr(syscalls, "O_PATH", getattr(syscalls, "O_SEARCH", syscalls.O_RDONLY))
_FLAGS = (
    _PASS
    | getattr(syscalls, "O_DIRECTORY", 0)
    | getattr(syscalls, "O_NOFOLLOW", 0)
    | getattr(syscalls, "O_CLOEXEC", 0)
)


class Unsafe(PermissionError):
    """Another user could replace `filename`, or write to it."""


def is_reached_safely(path: str) -> bool:
    """Return whether no other user can replace `path`, or the directory that will contain it.

    It follows links on the way, and checks them.
    """
    try:
        syscalls.close(opened(path))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def opened(path: str, make: bool = False) -> int:
    """Return a descriptor of the directory `path`, reached through safe directories only.

    Each step is opened below the one before. `make` creates missing directories for the user alone.
    Raise Unsafe, or another OSError.
    """
    names, at, links = path.split("/")[::-1], "", 0
    fd = syscalls.open("/", _FLAGS)
    try:
        _check("/", fd)
        while names:
            name = names.pop()
            if name in ("", "."):
                continue
            target = _link_target(fd, name, at) if links < MAX_LINKS else None
            if target is not None:
                links += 1
                names += target.split("/")[::-1]
                name = "/" if target[:1] == "/" else "."
            elif make and name != "..":
                _make(fd, name)
            new = syscalls.open(name, _FLAGS, dir_fd=fd)
            syscalls.close(fd)
            fd = new
            if name == "/":
                at = ""
            elif name == "..":
                at = at.rpartition("/")[0]
            elif name != ".":
                at += "/" + name
            _check(at or "/", fd)
    except BaseException:
        syscalls.close(fd)
        raise
    return fd


def _link_target(fd: int, name: str, at: str) -> str | None:
    """Return a link's target, or None if `name` is not a link. Raise Unsafe for another user's."""
    try:
        target = syscalls.readlink(name, dir_fd=fd)
    except OSError:
        return None
    if syscalls.stat(name, dir_fd=fd, follow_symlinks=False).st_uid not in (0, syscalls.geteuid()):
        raise Unsafe(13, "a link of another user", at + "/" + name)
    return target


def _make(fd: int, name: str) -> None:
    try:
        syscalls.mkdir(name, 0o700, dir_fd=fd)
        syscalls.chmod(name, 0o700, dir_fd=fd)  # the umask may take rights from the user, too
    except FileExistsError:
        return


def _check(path: str, fd: int) -> None:
    stat = syscalls.fstat(fd)
    if not ownership.is_trusted_directory(stat, syscalls.geteuid()) and not may_hold(path, stat):
        raise Unsafe(13, "another user can write to it", path)


def may_hold(path: str, stat: os.stat_result) -> bool:
    """Return whether a directory may hold usageline's although others can write to it.

    It may if it is above the user's home in the system's own database, because an owner of that can
    do anything. It also may if its group is root's or the user's alone.
    """
    user = syscalls.geteuid()
    try:
        import pwd  # noqa: PLC0415 - seldom needed

        entry = pwd.getpwuid(user)
    except (ImportError, KeyError):
        entry = None
    home = entry.pw_dir.rstrip("/") if entry else ""
    if home and (home + "/").startswith(path.rstrip("/") + "/") and home != path:
        return True
    is_open_to_all = stat.st_mode & 0o002 and not stat.st_mode & 0o1000
    return (
        stat.st_uid in (0, user)
        and not is_open_to_all
        and (_is_roots_group(stat.st_gid, entry) or is_private_group(stat.st_gid, entry))
    )


def is_private_group(number: int, entry: pwd.struct_passwd | None) -> bool:
    """Return whether the user of a password entry is the only member of their primary group.

    Root may be another member. A user database on the network may not list its users. So a group
    that is named after its user counts as private by convention. Any other must be the primary
    group of exactly one user of this machine.
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


def _is_roots_group(number: int, entry: pwd.struct_passwd | None) -> bool:
    group = _group(number) if number == 0 else None
    members = {"root", entry.pw_name if entry else "root"}
    return group is not None and group.gr_name == "root" and set(group.gr_mem) <= members


def _group(number: int) -> grp.struct_group | None:
    try:
        import grp  # noqa: PLC0415 - seldom needed

        return grp.getgrgid(number)
    except (ImportError, KeyError, OSError):
        return None


def _local_users(number: int) -> set[str] | None:
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
