"""The macOS Keychain, read through Apple's own tool. Nothing is ever written to it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import unicodedata
from typing import TYPE_CHECKING

from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECURITY = "/usr/bin/security"
SERVICE = "Claude Code-credentials"
FALLBACK_ACCOUNT = "claude-code-user"
"""The item's account where the user's name has other characters than these, or none is known."""

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
EXIT_NOT_FOUND = 44
"""Exit status of `security` where there is no such item."""

TIMEOUT_S = 3.0
"""A Keychain that asks the user for a password would hold the refresh up for ever."""


def passwords(env: Mapping[str, str], security: str = SECURITY) -> Iterator[str]:
    """The text of each item that may be the client's, likeliest first. SourceFailure `unreadable` where the Keychain does not let us."""
    for service in services(env):
        found = _password(service, env, security)
        if found is not None:
            yield found


def services(env: Mapping[str, str]) -> list[str]:
    """The names that the client may have stored its sign-in under.

    With CLAUDE_SECURESTORAGE_CONFIG_DIR, else with CLAUDE_CONFIG_DIR, the name ends in the first 8 hex digits of the SHA-256 of that value
    as given, its letters composed; an empty value adds none (seen in 2.1.330). The plain name is then another account's.
    """
    chosen = env.get("CLAUDE_SECURESTORAGE_CONFIG_DIR", env.get("CLAUDE_CONFIG_DIR"))
    if not chosen:
        return [SERVICE]
    composed = unicodedata.normalize("NFC", chosen).encode("utf-8", "surrogateescape")
    return [f"{SERVICE}-{hashlib.sha256(composed).hexdigest()[:8]}"]


def account(env: Mapping[str, str]) -> str:
    """Return the account of the client's item: USER, else the system's name for the user, if that is plain; LOGNAME is not looked at."""
    name = env.get("USER") or _system_name()
    return name if _NAME.fullmatch(name) else FALLBACK_ACCOUNT


def _system_name() -> str:
    try:
        import pwd  # noqa: PLC0415 - there is none on Windows

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return ""


def _password(service: str, env: Mapping[str, str], security: str) -> str | None:
    command = [security, "find-generic-password", "-a", account(env), "-s", service, "-w"]
    kept = {name: env[name] for name in ("HOME", "USER") if name in env}
    try:
        done = subprocess.run(
            command,
            env=kept,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceFailure("unreadable", "the Keychain does not answer") from None
    except OSError as error:
        raise SourceFailure(
            "unreadable", f"the Keychain cannot be asked: {type(error).__name__}"
        ) from None
    if done.returncode == EXIT_NOT_FOUND:
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
