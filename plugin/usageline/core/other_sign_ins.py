"""Detect the sign-in that a session uses instead of a plan, by Claude Code's own rules.

Only a session with one of the variables imports this module.
"""

from __future__ import annotations

from usageline.core.paths import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

PROVIDERS = (
    ("CLAUDE_CODE_USE_GATEWAY", "gateway"),
    ("CLAUDE_CODE_USE_BEDROCK", "Bedrock"),
    ("CLAUDE_CODE_USE_FOUNDRY", "Foundry"),
    ("CLAUDE_CODE_USE_ANTHROPIC_AWS", "AWS"),
    ("CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "Google Cloud"),
    ("CLAUDE_CODE_USE_MANTLE", "Mantle"),
    ("CLAUDE_CODE_USE_VERTEX", "Vertex"),
)
"""Clouds without plan limits, after the variable that chooses one. The order is Claude Code's
(2.1.330)."""

API_KEY = "API key"
OTHER_SIGN_INS = (
    ("ANTHROPIC_UNIX_SOCKET", "socket"),
    ("ANTHROPIC_AUTH_TOKEN", "auth token"),
    ("ANTHROPIC_PROFILE", "profile"),
    ("CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", API_KEY),
)
"""Other sign-ins without them, after the variable that holds or names one. `chosen` handles
`ANTHROPIC_API_KEY` by itself."""

TRUE = ("1", "true", "yes", "on")
"""The values that Claude Code takes for yes."""

KEY_TAIL = 20
"""Claude Code remembers an API key by so many of its last characters."""


def chosen(env: Mapping[str, str], declined: Collection[str] = ()) -> str:
    """Return the sign-in that `env` chooses instead of a plan: "API key", "Bedrock", …, or "".

    `declined` has the digests of the API keys that the user declined in Claude Code.
    """
    for name, text in PROVIDERS:
        if name in env and is_true(env[name]):
            return text
    key = env.get("ANTHROPIC_API_KEY")
    if key and key.strip() and key_digest(key) not in declined:
        return API_KEY
    for name, text in OTHER_SIGN_INS:
        if env.get(name, "").strip():
            return text
    if env.get("ANTHROPIC_FEDERATION_RULE_ID") and env.get("ANTHROPIC_ORGANIZATION_ID"):
        return "federation"
    address = env.get("ANTHROPIC_BASE_URL")
    is_assumed = is_true(env.get("_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL", ""))
    return "gateway" if address and not _is_api(address) and not is_assumed else ""


def is_true(value: str) -> bool:
    """Return whether Claude Code takes a variable's value for yes."""
    return value.strip().lower() in TRUE


def key_digest(key: str) -> str:
    """Return an API key's digest for the snapshot: of the part that Claude Code remembers."""
    return digest(key.strip()[-KEY_TAIL:].encode("utf-8", "surrogatepass"))


def declined_keys(snapshot: dict[str, Any] | None) -> Collection[str]:
    """Return the snapshot's digests of the API keys that the user declined."""
    keys = snapshot.get("declined_keys") if isinstance(snapshot, dict) else None
    return keys if isinstance(keys, list) else ()


def _is_api(address: str) -> bool:
    """Return whether an address is the API's own.

    Like a browser it allows any case, the default port, a user and a path.
    """
    scheme, _, rest = address.strip().replace("\\", "/").partition(":")
    if scheme.lower() not in ("http", "https"):
        scheme, rest = "", address.strip()
    rest = rest.lstrip("/")
    for end in "/?#":
        rest = rest.partition(end)[0]
    host, _, port = rest.rpartition("@")[2].partition(":")
    ports = ("", "80" if scheme.lower() == "http" else "443")
    return host.lower().removesuffix(".") == "api.anthropic.com" and port.lstrip("0") in ports
