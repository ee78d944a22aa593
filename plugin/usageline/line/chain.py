"""Show the rows of the chained command, another status line's.

A row is a list of parts `(SGR codes, text, URL)`, in which codes and URL may be "".
`usageline.jobs` runs the command and parses its output, and this module validates that again.
"""

from __future__ import annotations

from usageline.core import jobs, json_file, paths
from usageline.core.freshness import stat_of
from usageline.core.jobs import (
    CHAIN_ENV,
    MAX_CELLS,
    MAX_CHAIN_BYTES,
    MAX_CHAIN_ENV,
    MAX_CHAIN_ROWS,
    MAX_PARTS,
    is_web_link,
    listed_variables,
    word,
)
from usageline.core.text import sanitize
from usageline.line import ROOT as ROOT  # noqa: PLC0414 - tests set another one here
from usageline.line import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from usageline.line.layout import Part

MAX_CODES = 96

MAX_COMMAND = 1 << 17
MIN_INTERVAL_S = 1.0
"""Of a burst of lines, one runs the command. While it runs, its lock keeps others from it."""

MIN_TIMEOUT_S, DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S = 0.1, 5.0, 30.0
"""The command's own time limit, seconds."""

WAIT_SLACK_S = 0.15
"""Beyond the command's timeout, to start an interpreter and to kill the command."""

RECORD = "/origin.json"
"""The installer's record (system/origin.py) in this installation. No variable moves it."""

MAX_LISTED = 64
UNTRUSTED = "chain: not run: this configuration or cache was not there at the install"

MARK = "USAGELINE_CHAIN"
"""In the chained command's environment, so that a status line chained to itself stops there."""


def trusted_config(env: Mapping[str, str]) -> tuple[str, str, dict[str, str]] | None:
    """Return the recorded paths of the compiled configuration and config.toml, and fixed variables.

    None if `env` names others. The cold side compiles a chained command only from a recorded
    config.toml, so it agreed to one below a recorded cache directory.
    """
    record = json_file.json_file(ROOT + RECORD) or {}
    config, compiled = paths.config_file(env), paths.line_config(env)
    if record.get("unchecked") is True:
        return compiled, config, {}
    cache, _, name = paths.cache_dir(env).rpartition("/")
    home = _listed(paths.home(env), record.get("homes"))
    recorded_config = _listed(config, record.get("configs"))
    recorded_cache, search = _listed(cache, record.get("caches")), record.get("path")
    if not (home and recorded_config and recorded_cache and isinstance(search, str)):
        return None
    return f"{recorded_cache}/{name}/line.json", recorded_config, {"HOME": home, "PATH": search}


class Command:
    """The chained command of one session.

    `settings` is the compiled `chain` object, unchecked. `python` is the cold interpreter or "".
    `fixed` comes from `trusted_config`.
    """

    def __init__(
        self,
        python: str,
        env: Mapping[str, str],
        settings: Mapping[str, Any],
        session_id: str,
        fixed: Mapping[str, str] | None = None,
    ) -> None:
        self.python = python
        self.env = env
        self._fixed = fixed or {}
        self._command = word(settings.get("command"), MAX_COMMAND)
        self._key = paths.digest(f"{session_id[:256]}\n{self._command}".encode("utf-8", "replace"))
        names: Any = settings.get("env")
        self._names = names[:MAX_CHAIN_ENV] if isinstance(names, list) else []
        self._waits = settings.get("wait") is True
        given: Any = settings.get("timeout")
        timeout_s = given if type(given) in (int, float) else DEFAULT_TIMEOUT_S
        self.timeout_s = float(min(max(timeout_s, MIN_TIMEOUT_S), MAX_TIMEOUT_S))

    def result(
        self, payload: bytes, columns: int, now: float
    ) -> tuple[list[list[Part]], str, bool]:
        """Return the last rows, an error message or "", and whether the command is due.

        If it is due, call `launch` as the last act. If the configuration chooses to wait for the
        command, it is started here and is not due. `payload` has the bytes of stdin. The command
        gets `columns` in COLUMNS.
        """
        if not self._command or MARK in self.env:
            return [], "", False
        is_due = bool(self.python) and jobs.claim(
            self.env, "chain", self._key, now, 0 if self._waits else MIN_INTERVAL_S
        )
        if is_due and self._waits:
            command = spawn.job_command(self.python, self._arguments())
            limit_s = self.timeout_s + WAIT_SLACK_S
            spawn.wait_for(command, self.environment(columns), limit_s, payload)
            is_due = False
        result = jobs.result(self.env, "chain", self._key, MAX_CHAIN_BYTES) or {}
        return (
            checked_rows(result.get("rows")),
            sanitize(word(result.get("failed"), MAX_CELLS)),
            is_due,
        )

    def launch(self, payload: bytes, columns: int) -> bool:
        """Start the command as the last act. Return False if it does not start."""
        return spawn.launch_job(self.python, self._arguments(), self.environment(columns), payload)

    def _arguments(self) -> list[str]:
        return ["chain", self._key, repr(self.timeout_s), self._command]

    def environment(self, columns: int) -> dict[str, str]:
        """Return the job's environment, for rows of so many `columns`.

        The command gets it with the recorded paths of the profile (system/child_env.py).
        """
        listed = listed_variables(self.env, [*CHAIN_ENV, *self._names])
        return {**listed, **self._fixed, "COLUMNS": str(columns), MARK: "1"}


def checked_rows(value: Any) -> list[list[Part]]:
    """Return the rows of a result, without what no parser of `usageline.jobs` writes."""
    listed = value[:MAX_CHAIN_ROWS] if isinstance(value, list) else []
    return [row for parts in listed if isinstance(parts, list) and (row := _row(parts))]


def _row(parts: list[Any]) -> list[Part]:
    row: list[Part] = []
    for part in parts[:MAX_PARTS]:
        if isinstance(part, list) and list(map(type, part)) == [str, str, str]:
            codes, text, url = part
            text = sanitize(text[: MAX_CELLS * 4])
            codes = "" if codes.strip("0123456789;") or len(codes) > MAX_CODES else codes
            if text:
                row.append((codes, text, url if is_web_link(url) else ""))
    return row


def _listed(path: str, recorded: Any) -> str | None:
    """Return the entry of a recorded list that is the same file as `path`, or None."""
    listed: list[Any] = recorded[:MAX_LISTED] if isinstance(recorded, list) else []
    if path in listed:
        return path
    here = _identity(path)
    return next(
        (one for one in listed if isinstance(one, str) and here and _identity(one) == here), None
    )


def _identity(path: str) -> tuple[int, int] | None:
    stat = stat_of(path)
    return (stat.st_dev, stat.st_ino) if stat else None
