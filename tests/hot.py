"""Runs the status line as the client does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline.core import paths
from usageline.core.freshness import file_fingerprint
from usageline.line import settings
from usageline.line.jobs import COMPILE_WAIT_S

if TYPE_CHECKING:
    from tests.world import Release, World

INTERPRETER = os.path.realpath(sys.executable)
"""The interpreter below the test environment's: the hot side is run by a bare one."""

MAX_COMPILE_S = 5
"""How long a compilation of the config may take on a busy machine."""


class Hot:
    """Runs the status line as the client does, in one world, and can publish a snapshot for it."""

    def __init__(self, world: World, release: Release) -> None:
        self.world = world
        self.command = [INTERPRETER, "-I", "-S", "-B", "-X", "utf8", str(release.statusline)]

    def run(
        self,
        data: bytes | str = b"{}",
        *,
        command: list[str] | None = None,
        env: dict[str, str | None] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """One run with `data` on stdin. A variable given as None is left out of the environment."""
        data = data.encode() if isinstance(data, str) else data
        return subprocess.run(
            command or self.command,
            input=data,
            env=self.environment(env),
            capture_output=True,
            timeout=20,
            check=False,
        )

    def environment(self, changes: dict[str, str | None] | None = None) -> dict[str, str]:
        """Return the environment of a run, without the variables that `changes` gives as None."""
        whole = {**self.world.env, "COLUMNS": "160", "NO_COLOR": "1", **(changes or {})}
        return {name: value for name, value in whole.items() if value is not None}

    def run_configured(
        self, data: bytes | str = b"{}", *, env: dict[str, str | None] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the line, and once more if a busy machine could not compile its config in time.

        A line that did not wait at all for its config is returned as it is.
        """
        began = time.monotonic()
        done = self.run(data, env=env)
        if time.monotonic() - began < COMPILE_WAIT_S:
            return done
        deadline = time.monotonic() + MAX_COMPILE_S
        while not (is_compiled := self._is_compiled(env)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.run(data, env=env) if is_compiled else done

    def _is_compiled(self, changes: dict[str, str | None] | None) -> bool:
        """Return whether the compiled configuration is of the current config.toml."""
        env = self.environment(changes)
        is_old = settings.load(env, file_fingerprint(paths.config_file(env)))[1]
        return not is_old

    def line(self, payload: object = None, **env: str | None) -> str:
        """Return the line for a payload. Fail if the run does, or prints more or less than it."""
        done = self.run_configured(json.dumps(payload or {}), env=env)
        assert (done.returncode, done.stderr) == (0, b"")
        text = done.stdout.decode()
        assert text.endswith("\n")
        assert text.count("\n") == 1
        assert text.strip()
        return text[:-1]

    def publish(self, **changes: Any) -> None:
        """Put a fresh snapshot of the signed-in account in place, with `changes`."""
        now = int(time.time())
        content = {
            "version": 1,
            "status": "ok",
            "observed_at": now,
            "published_at": now,
            "next_refresh_at": now + 300,
            "credentials": file_fingerprint(self.world.paths.claude_credentials),
            "limits": [
                {
                    "kind": "session",
                    "label": "Current session",
                    "percent": 37.0,
                    "resets_at": now + 7230,
                    "severity": "normal",
                },
                {
                    "kind": "weekly_all",
                    "label": "Current week (all models)",
                    "percent": 26,
                    "resets_at": now + 50 * 3600,
                    "severity": "normal",
                },
                {
                    "kind": "weekly_scoped",
                    "label": "Fable",
                    "percent": 55,
                    "resets_at": now + 50 * 3600,
                    "severity": "normal",
                },
            ],
            "credits": [
                {
                    "label": "Usage credits",
                    "used_minor": 1234,
                    "limit_minor": 5000,
                    "exponent": 2,
                    "currency": "USD",
                    "enabled": True,
                }
            ],
            **changes,
        }
        path = self.world.paths.snapshot
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
