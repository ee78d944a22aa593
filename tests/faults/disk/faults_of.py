"""Each fault of the cache's disk or directory: its start, its end, and the messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.disk.space import AS_USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.disk.scene import Scene

FULL = "no refresh: the disk is full"
UNWRITABLE = "no refresh: the cache cannot be written"
UNSAFE = "no refresh: the cache directory is not yours alone"
UNLOCKABLE = "no refresh: the cache's disk has no locks"


@dataclass(frozen=True)
class Fault:
    """`says` is the line's text, `doctor` and `refresh` are those of these commands.

    `shows` is true if the old numbers can still be read, `mended` if `usageline refresh` repairs
    it. `before` precedes each command during the fault, with the scene's paths filled in.
    """

    begin: Callable[[Scene], object]
    end: Callable[[Scene], object]
    says: str
    refresh: str
    doctor: str
    shows: bool = True
    mended: bool = False
    before: tuple[str, ...] = field(default=())


def _cache(scene: Scene) -> str:
    return str(scene.world.home / ".cache")


def _own(scene: Scene) -> str:
    return str(scene.world.cache)


def _nothing(_: Scene) -> None:
    """Do nothing: the fault is in the words before the commands."""


def _use_up_files(scene: Scene) -> None:
    made = f"i=0; while : >{_cache(scene)}/file$i; do i=$((i+1)); done"
    scene.space.do("sh", "-c", made, fine=(1, 2))


def _aside(then: str) -> Callable[[Scene], None]:
    return lambda scene: scene.space.do(
        "sh", "-c", f"mv '{_own(scene)}' '{_own(scene)}.aside' && {then.format(_own(scene))}"
    )


def _back(scene: Scene) -> None:
    scene.space.do(
        "sh", "-c", f"rm -rf '{_own(scene)}' && mv '{_own(scene)}.aside' '{_own(scene)}'"
    )


def _mode(mode: str) -> Callable[[Scene], None]:
    return lambda scene: scene.space.do("chmod", mode, _own(scene))


def _without_locks(error: str) -> Fault:
    before = (
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "--trace=flock",
        f"--inject=flock:error={error}",
    )
    return Fault(
        _nothing,
        _nothing,
        UNLOCKABLE,
        "the file system has no locks",
        "the file system has no locks",
        before=before,
    )


def _refusing(error: str) -> Fault:
    """The system rejects writes to the cache's files: a quota, a failing disk."""
    files = (
        ".snapshot.json.usageline-new",
        "store/cache.db",
        "store/cache.db-journal",
        ".tried.usageline-new",
    )
    places = tuple(word for name in files for word in ("-P", "{cache}/" + name))
    calls = "write,pwrite64,pwritev"
    before = (
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        *places,
        f"--trace={calls}",
        f"--inject={calls}:error={error}",
    )
    says, detail = (
        (FULL, "the disk is full")
        if error == "EDQUOT"
        else (UNWRITABLE, "the cache cannot be written")
    )
    return Fault(_nothing, _nothing, says, detail, detail, before=before)


FAULTS = {
    "full": Fault(
        lambda scene: scene.space.fill(_cache(scene)),
        lambda scene: scene.space.do("rm", _cache(scene) + "/filler"),
        FULL,
        "disk is full",
        "full",
    ),
    "no inodes": Fault(
        _use_up_files,
        lambda scene: scene.space.do("sh", "-c", f"rm {_cache(scene)}/file*"),
        FULL,
        "the disk is full",
        "full",
    ),
    "read-only": Fault(
        lambda scene: scene.space.do("mount", "-o", "remount,ro", _cache(scene)),
        lambda scene: scene.space.do("mount", "-o", "remount,rw", _cache(scene)),
        UNWRITABLE,
        "cannot be",
        "read-only file system",
    ),
    "quota": _refusing("EDQUOT"),
    "I/O errors": _refusing("EIO"),
    "no flock (ENOLCK)": _without_locks("ENOLCK"),
    "no flock (ENOSYS)": _without_locks("ENOSYS"),
    "no flock (EOPNOTSUPP)": _without_locks("EOPNOTSUPP"),
    "a file in its place": Fault(
        _aside(": >'{0}'"), _back, UNSAFE, "is not a directory", "is not a directory", shows=False
    ),
    "a symbolic link": Fault(
        _aside("ln -s '{0}.aside' '{0}'"), _back, UNSAFE, "is not a directory", "is not a directory"
    ),
    "world-writable": Fault(
        _mode("0777"), _mode("0700"), UNSAFE, "can be written by others", "can be written by others"
    ),
    "mode 0": Fault(
        _mode("0000"),
        _mode("0700"),
        UNWRITABLE,
        "refreshed",
        "cannot be written",
        shows=False,
        mended=True,
        before=AS_USER,
    ),
}


def placed(before: tuple[str, ...], scene: Scene) -> list[str]:
    """Fill the scene's cache into the words."""
    return [word.replace("{cache}", scene.world.paths.cache_dir) for word in before]
