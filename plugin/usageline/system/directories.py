"""Create private directories. Reject a cache directory that other users could write to."""

from __future__ import annotations

import contextlib
import os
import stat

from usageline.core import path_owners
from usageline.core.errors import CacheUnsafe
from usageline.system.files import flush
from usageline.system.trust import is_private_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from usageline.system.paths import Paths

SYNC_THREADS = 16
"""File systems flush many files at once in the time of a few."""


def prepare(paths: Paths) -> str:
    """Create the profile's cache directory if it is missing, and return its path.

    Set aside entries of another kind than expected, such as links. Raise CacheUnsafe if the
    directory does not belong to this user alone.
    """
    path = paths.cache_dir
    private_directory(os.path.dirname(path))
    private_directory(path)
    # The account store is missing here, because it checks its own entries.
    for file in (
        paths.snapshot,
        paths.line_config,
        paths.line_config_stamp,
        paths.stamp,
        paths.lock,
        paths.terminal_background,
        paths.shared_record,
    ):
        clear_path(file)
    for folder in (paths.shown_alerts_dir, paths.jobs_dir):
        clear_path(folder, stat.S_ISDIR)
    return path


def clear_path(path: str, is_kind: Callable[[int], bool] = stat.S_ISREG) -> None:
    """Set aside an entry of another kind than `is_kind` accepts: usageline could not use it.

    Remove a link and anything else without content of its own. Ignore errors.
    """
    with contextlib.suppress(OSError):
        status = os.lstat(path)
        is_file = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if not is_file and not stat.S_ISDIR(status.st_mode):
            os.unlink(path)
        elif not is_kind(status.st_mode):
            set_aside(path)


def set_aside(path: str) -> str:
    """Rename `path` to <path>.broken, replacing an earlier one. Return the new path."""
    aside = path + ".broken"
    if os.path.isdir(aside) and not os.path.islink(aside):
        import shutil  # noqa: PLC0415 - slow to import, and seldom needed

        shutil.rmtree(aside)
    elif os.path.lexists(aside):
        os.unlink(aside)
    os.rename(path, aside)
    return aside


def private_directory(path: str) -> str:
    """Create `path` with mode 0700, or verify it. Return the path.

    Create missing parents. Raise CacheUnsafe if another user could write to it, or could replace
    a directory above it.
    """
    try:
        if os.name == "posix":
            _make_private(path)
        else:
            os.makedirs(path, exist_ok=True)
    except path_owners.Unsafe as unsafe:
        raise CacheUnsafe(f"{path} is not safe: {unsafe.filename}: {unsafe.strerror}") from None
    except OSError as error:
        raise CacheUnsafe(f"{path} cannot be used: {error.strerror}") from None
    return path


def _make_private(path: str) -> None:
    parent = path_owners.opened(os.path.dirname(path), make=True)
    try:
        name = os.path.basename(path)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            raise CacheUnsafe(f"{path} is not a directory; remove it")
        if status.st_uid != os.geteuid():
            raise CacheUnsafe(f"{path} belongs to another user; remove it")
        # Other users may already have written to a directory that is open to them.
        if status.st_mode & 0o002 or (
            status.st_mode & 0o020 and not is_private_group(status.st_gid)
        ):
            raise CacheUnsafe(f"{path} can be written by others; remove it")
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.chmod(name, 0o700, dir_fd=parent)
    finally:
        os.close(parent)


def remove_tree(path: str) -> bool:
    """Remove a directory with everything in it. Return False if `path` is not a directory."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    import shutil  # noqa: PLC0415 - as above

    shutil.rmtree(path)
    return True


def sync_tree(path: str) -> None:
    """Flush each file and directory below `path` to disk, so that it survives a loss of power."""
    entries = [path]
    for directory, folders, leaves in os.walk(path):
        entries += [os.path.join(directory, name) for name in (*folders, *leaves)]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to import

    with ThreadPoolExecutor(SYNC_THREADS) as pool:
        for _ in pool.map(lambda entry: flush(entry, follow_links=False), entries):
            pass
    flush(os.path.dirname(path))


def missing_directories(paths: Iterable[str]) -> list[str]:
    """Return the directories to create so that all of `paths` exist, outermost first."""
    missing: set[str] = set()
    for path in paths:
        parent = path
        while parent not in missing and not os.path.lexists(parent):
            missing.add(parent)
            parent = os.path.dirname(parent)
    return sorted(missing)


def make_directory(path: str) -> None:
    """Create a directory and its parents with mode 0700. Leave one that exists as it is."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)  # the umask may take permissions from the user, too


def remove_if_empty(path: str) -> bool:
    """Remove an empty directory. Return False if it is not empty or does not exist."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True
