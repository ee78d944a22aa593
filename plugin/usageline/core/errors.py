"""Define every failure that has a name.

    UsagelineError
    ├── SourceFailure     a source has no reading; carries the snapshot's `status`
    ├── StoreBroken       the store on disk is unusable and was set aside
    ├── CacheUnsafe       the cache directory is not private, or cannot be created
    ├── CacheUnwritable   the cache cannot be written: the disk is full, or read-only
    ├── LockUnsupported   the file system has no flock, so no refresh runs there
    ├── ConfigInvalid     config.toml has an invalid value
    ├── SetupRefused      install or uninstall stopped to keep user data
    ├── ExportFailed      metrics did not reach the collector
    └── PackagesFailed    the cold side's packages cannot be installed (setup/packages.py)
        └── VenvFailed    this interpreter cannot create an environment

The text of each states what happened and what to do. It never holds a token or a response body.
"""

from __future__ import annotations


class UsagelineError(Exception):
    """The root. Catch it at the edge of a process and print its text."""


class StoreBroken(UsagelineError):
    """The store on disk is unusable."""


class CacheUnsafe(UsagelineError):
    """The cache directory is another user's, is writable by others, or cannot be created."""


class CacheUnwritable(UsagelineError):
    """The cache cannot be written. `__cause__` is the system's error if it is known."""


class LockUnsupported(UsagelineError):
    """The cache's file system has no flock."""


class ConfigInvalid(UsagelineError):
    """config.toml does not parse, or has an invalid value."""


class SetupRefused(UsagelineError):
    """Setup stopped because it would have overwritten user data."""


class ExportFailed(UsagelineError):
    """Metrics did not reach the collector. The text has no part of the request."""


def error_text(error: Exception) -> str:
    """Return the system's text for an error, or the name of its class."""
    return getattr(error, "strerror", None) or type(error).__name__
