"""Links and directories that are made, replaced and removed so that a kill at any moment leaves the old or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from usageline.system.files import remove_file, replace_file, sweep, unique_name

if TYPE_CHECKING:
    from collections.abc import Iterable


SYNCS = 16
"""Files that are synced at the same time."""


def replace_link(path: str, target: str) -> None:
    """Make `path` a symbolic link to `target`, in one step."""
    sweep(path)
    temporary = unique_name(path)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    finally:
        remove_file(temporary)
    _sync(os.path.dirname(path))


def remove_tree(path: str) -> bool:
    """Remove a directory of ours with everything in it; False where there is none, or only a link or a file of somebody else's."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    shutil.rmtree(path)
    return True


def sync_tree(path: str) -> None:
    """Have every file and directory below `path` written to disk: after a loss of power it is whole.

    Side by side, for a file system writes many at once in the time of a few.
    """
    found = [path]
    for directory, names, leaves in os.walk(path):
        found += [os.path.join(directory, name) for name in (*names, *leaves)]
    with ThreadPoolExecutor(SYNCS) as pool:
        for _ in pool.map(_sync, found):
            pass
    _sync(os.path.dirname(path))


def _sync(path: str) -> None:
    # Some file systems refuse to sync a directory, and a link needs none; what cannot be opened is not ours to write.
    with contextlib.suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode) or os.path.isdir(path):
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def pin_venv(venv: str, interpreter: str) -> None:
    """Let a venv lead to its interpreter by that path; its tool may have written one that a patch release moves."""
    link, config = venv + "/bin/python", venv + "/pyvenv.cfg"
    if not os.path.islink(link) or os.readlink(link) == interpreter or os.path.realpath(link) != os.path.realpath(interpreter):
        return
    replace_link(link, interpreter)
    with open(config, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    home = f"home = {os.path.dirname(interpreter)}"
    text = "\n".join(home if line.partition("=")[0].strip() == "home" else line for line in lines) + "\n"
    replace_file(config, text.encode("utf-8", "surrogateescape"), 0o600)


def missing_directories(paths: Iterable[str]) -> list[str]:
    """The directories that would have to be made so that all of `paths` exist, outermost first."""
    missing: set[str] = set()
    for path in paths:
        at = path
        while at not in missing and not os.path.lexists(at):
            missing.add(at)
            at = os.path.dirname(at)
    return sorted(missing)


def make_directory(path: str) -> None:
    """Make a directory and its parents, for the user alone; one that exists stays as it is."""
    if not os.path.isdir(path):
        make_directory(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)  # the umask may have taken from the user, too


def remove_if_empty(path: str) -> bool:
    """Remove a directory that holds nothing; False where it holds something or is not there."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True
