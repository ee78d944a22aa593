"""The macOS Keychain, read through Apple's own tool. Nothing is ever written to it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING

from usageline.errors import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECURITY = "/usr/bin/security"
SERVICE = "Claude Code-credentials"
ABSENT = 44
"""Exit status of `security` where there is no such item."""

LONGEST_WAIT_S = 3.0
"""A Keychain that asks the user for a password would hold the refresh up for ever."""


def passwords(env: Mapping[str, str], security: str = SECURITY) -> Iterator[str]:
    """The text of each item that may be the client's, likeliest first. SourceFailure `unreadable` where the Keychain does not let us."""
    for service in services(env):
        found = _password(service, env, security)
        if found is not None:
            yield found


def services(env: Mapping[str, str]) -> list[str]:
    """The names that the client may have stored its sign-in under.

    With CLAUDE_CONFIG_DIR the name ends in the first 8 hex digits of the SHA-256 of that value; reports differ on whether as given or
    resolved (FACTS: signing in). The plain name is then another account's.
    """
    chosen = env.get("CLAUDE_CONFIG_DIR")
    if not chosen:
        return [SERVICE]
    spellings = dict.fromkeys((chosen, os.path.realpath(chosen)))
    return [f"{SERVICE}-{hashlib.sha256(spelling.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}" for spelling in spellings]


def _password(service: str, env: Mapping[str, str], security: str) -> str | None:
    user = env.get("USER") or env.get("LOGNAME")
    command = [security, "find-generic-password", *(["-a", user] if user else []), "-s", service, "-w"]
    kept = {name: env[name] for name in ("HOME", "USER", "LOGNAME") if name in env}
    try:
        done = subprocess.run(command, env=kept, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_WAIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise SourceFailure("unreadable", "the Keychain does not answer") from None
    except OSError as error:
        raise SourceFailure("unreadable", f"the Keychain cannot be asked: {type(error).__name__}") from None
    if done.returncode == ABSENT:
        return None
    if done.returncode != 0:
        raise SourceFailure("unreadable", f"the Keychain refused: security exit {done.returncode}")
    text = done.stdout.decode("utf-8", "replace").strip()
    # `security` prints a password with other than ASCII characters in hexadecimal.
    if text[:1] != "{" and len(text) % 2 == 0:
        try:
            return bytes.fromhex(text).decode("utf-8", "replace")
        except ValueError:
            return text
    return text
