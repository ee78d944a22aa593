"""Every failure that has a name.

    UsagelineError
    ├── SourceFailure     a source gave no reading; carries the snapshot's `status`
    ├── StoreBroken       the store on disk cannot be used and was set aside
    ├── CacheUnsafe       the cache directory is not ours alone, or cannot be made
    ├── CacheUnwritable   nothing can be remembered or published: the disk is full, or read-only
    ├── LockUnsupported   the file system has no flock; there is no refresh there
    ├── ConfigInvalid     config.toml has a value that is not allowed
    ├── SetupRefused      install or uninstall would lose something of the user's
    └── PackagesFailed    the packages of the cold side cannot be installed (setup/packages.py)
        └── VenvFailed    this interpreter cannot make an environment

The text of each says what happened and what to do. None of them ever holds a token or a response body.
"""

from __future__ import annotations


class UsagelineError(Exception):
    """The root: catch this at the edge of a process and print its text."""


class StoreBroken(UsagelineError):
    """The store on disk cannot be used."""


class CacheUnsafe(UsagelineError):
    """The cache directory belongs to somebody else, can be written by others, or cannot be made."""


class CacheUnwritable(UsagelineError):
    """Nothing can be remembered or published: the disk is full, or read-only. `__cause__` is the system's error where it is known."""


class LockUnsupported(UsagelineError):
    """The file system under the cache has no flock."""


class ConfigInvalid(UsagelineError):
    """config.toml does not parse, or a value in it is not allowed."""


class SetupRefused(UsagelineError):
    """Going on would lose something of the user's, which was left alone."""
