"""Name every file that usageline uses, for one environment."""

from __future__ import annotations

from functools import cached_property

from usageline.core import jobs, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _path(compute: Callable[[Mapping[str, str]], str]) -> cached_property[str]:
    return cached_property(lambda self: compute(self._env))


def shared_key(env: Mapping[str, str]) -> str:
    """Return the secret that signs the readings on a shared server."""
    return paths.config_file(env).rpartition("/")[0] + "/shared.key"


def shared_record(env: Mapping[str, str]) -> str:
    """Return what the last refresh learned from the shared server."""
    return paths.cache_dir(env) + "/shared.json"


class Paths:
    """The absolute paths of one environment, each computed once by `core/paths.py`, on first use.

    A function that takes Paths reads no variable; one that takes `env` does. An attribute raises
    LookupError if the environment names no home directory.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    home = _path(paths.home)
    claude_dir = _path(paths.claude_dir)
    claude_settings = _path(paths.claude_settings)
    credentials_dir = _path(paths.credentials_dir)
    claude_credentials = _path(paths.claude_credentials)
    claude_state = _path(paths.claude_state)
    settings_profile = _path(paths.settings_profile)
    profile = _path(paths.profile)
    cache_dir = _path(paths.cache_dir)
    snapshot = _path(paths.snapshot)
    line_config = _path(paths.line_config)
    line_config_stamp = _path(paths.line_config_stamp)
    stamp = _path(paths.stamp)
    terminal_background = _path(paths.terminal_background)
    lock = _path(paths.lock)
    lock_owner = _path(paths.lock_owner)
    shown_alerts_dir = _path(paths.shown_alerts_dir)
    store_dir = _path(paths.store_dir)
    jobs_dir = _path(paths.jobs_dir)
    state_dir = _path(paths.state_dir)
    history_dir = _path(paths.history_dir)
    usage_dir = _path(lambda env: paths.state_dir(env) + "/usage")
    log = _path(paths.log)
    install_manifest = _path(paths.install_manifest)
    data_dir = _path(paths.data_dir)
    config_file = _path(paths.config_file)
    shared_key = _path(shared_key)
    shared_record = _path(shared_record)
    command = _path(paths.command)

    def job_result(self, kind: str, key: str) -> str:
        """Return the file of a background job's result."""
        return jobs.result_file(self._env, kind, key)

    def job_stamp(self, kind: str, key: str) -> str:
        """Return the stamp of a background job, which is its lock, too."""
        return jobs.stamp_file(self._env, kind, key)

    def expand(self, path: str) -> str:
        """Return `path` with the home directory for a ~ at its beginning."""
        is_inside = path == "~" or path.startswith("~/")
        return self.home.rstrip("/") + path[1:] if is_inside else path

    def abbreviate(self, path: str) -> str:
        """Return `path` with ~ for the home directory."""
        home = self._env.get("HOME", "").rstrip("/")
        is_inside = home and (path == home or path.startswith(home + "/"))
        return "~" + path[len(home) :] if is_inside else path
