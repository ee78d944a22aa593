"""Read the macOS Keychain with Apple's own tool. Never write to it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from typing import TYPE_CHECKING

from usageline.core.paths import composed
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECURITY = "/usr/bin/security"
SERVICE = "Claude Code-credentials"
FALLBACK_ACCOUNT = "claude-code-user"
"""The item's account if the user's name is unknown or does not match `_NAME`."""

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
EXIT_NOT_FOUND = 44
"""The exit status of `security` if there is no such item."""

TIMEOUT_S = 3.0
"""A Keychain that prompts the user for a password would block the refresh forever."""


def passwords(env: Mapping[str, str], security: str = SECURITY) -> Iterator[str]:
    """Yield the text of each item that may be the client's.

    Raise SourceFailure `unreadable` if the Keychain denies access.
    """
    for service in services(env):
        password = _password(service, env, security)
        if password is not None:
            yield password


def services(env: Mapping[str, str]) -> list[str]:
    """Return the names under which the client may have stored its credentials.

    CLAUDE_SECURESTORAGE_CONFIG_DIR, else CLAUDE_CONFIG_DIR, adds a suffix to the name. It is the
    first 8 hex digits of the SHA-256 of that value in NFC; an empty value adds none (seen in
    2.1.330). The plain name then belongs to another account.
    """
    chosen = env.get("CLAUDE_SECURESTORAGE_CONFIG_DIR", env.get("CLAUDE_CONFIG_DIR"))
    if not chosen:
        return [SERVICE]
    name = composed(chosen).encode("utf-8", "surrogateescape")
    return [f"{SERVICE}-{hashlib.sha256(name).hexdigest()[:8]}"]


def account(env: Mapping[str, str]) -> str:
    """Return the account of the client's item: USER, else the system's name for the user.

    Return FALLBACK_ACCOUNT if the name has special characters. The client ignores LOGNAME.
    """
    name = env.get("USER") or _system_name()
    return name if _NAME.fullmatch(name) else FALLBACK_ACCOUNT


def _system_name() -> str:
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return ""


def _password(service: str, env: Mapping[str, str], security: str) -> str | None:
    command = [security, "find-generic-password", "-a", account(env), "-s", service, "-w"]
    keychain_env = {name: env[name] for name in ("HOME", "USER") if name in env}
    try:
        done = subprocess.run(
            command,
            env=keychain_env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceFailure("unreadable", "the Keychain does not answer") from None
    except OSError as error:
        raise SourceFailure(
            "unreadable", f"the Keychain cannot be read: {type(error).__name__}"
        ) from None
    if done.returncode == EXIT_NOT_FOUND:
        return None
    if done.returncode != 0:
        raise SourceFailure("unreadable", f"the Keychain refused: security exit {done.returncode}")
    text = done.stdout.decode("utf-8", "replace").strip()
    # `security` prints a password with non-ASCII characters in hexadecimal.
    if text[:1] != "{" and len(text) % 2 == 0:
        try:
            return bytes.fromhex(text).decode("utf-8", "replace")
        except ValueError:
            return text
    return text
