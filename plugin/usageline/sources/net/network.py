"""Choose the proxies and certificates for a request.

They come from the shell that ran the install, the `env` of the user's own settings.json, and an
organization's managed settings; the later ones precede. A project can choose none of these. The
session's environment is ignored.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system import origin
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANAGED = (
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""The directory of an organization's settings (Claude Code's documentation: settings)."""

MAX_BYTES = 1 << 20
MAX_DROP_INS = 32
ADVICE = "this shell's proxy or certificates are not those of the install: run usageline install"


def variables(env: Mapping[str, str], managed: str = MANAGED) -> dict[str, str]:
    """Return the proxies and certificates to use for the profile of `env`."""
    result = origin.network(env)
    own = origin.own(env)
    user = own.claude_dir + "/settings.json" if own and own.claude_dir else ""
    for path in (*([user] if user else []), *_managed_files(managed)):
        settings = mapping((parse_object(read_bytes(path, MAX_BYTES)) or {}).get("env"))
        for name in origin.NETWORK:
            value = settings.get(name)
            # A relative path would depend on the session's working directory.
            if isinstance(value, str) and (
                name in origin.PROXIES or not value or os.path.isabs(value)
            ):
                result[name] = value
    return result


def unused_variables(env: Mapping[str, str]) -> list[str]:
    """Return the network variables of `env` that neither requests use nor settings decide."""
    used, recorded = variables(env), origin.network(env)
    undecided = [
        name
        for name in origin.NETWORK
        if env.get(name, "").strip() and used.get(name) == recorded.get(name)
    ]
    return [name for name in undecided if origin.absolute(name, env[name]) != used.get(name)]


def _managed_files(directory: str) -> Iterator[str]:
    """Yield the managed settings that only root can write."""
    drop_ins = directory + "/managed-settings.d"
    try:
        names = sorted(name for name in os.listdir(drop_ins) if name.endswith(".json"))[
            :MAX_DROP_INS
        ]
    except OSError:
        names = []
    for path in (directory + "/managed-settings.json", *(f"{drop_ins}/{name}" for name in names)):
        try:
            statuses = [os.stat(entry) for entry in (path, os.path.dirname(path))]
        except OSError:
            continue
        if all(status.st_uid == 0 and not status.st_mode & 0o022 for status in statuses):
            yield path
