"""What a session signs in with in place of a plan, by the client's own rules. Imported only if a variable speaks of it."""

from usageline.core.paths import digest

PROVIDERS = (
    ("CLAUDE_CODE_USE_GATEWAY", "gateway"),
    ("CLAUDE_CODE_USE_BEDROCK", "Bedrock"),
    ("CLAUDE_CODE_USE_FOUNDRY", "Foundry"),
    ("CLAUDE_CODE_USE_ANTHROPIC_AWS", "AWS"),
    ("CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "Google Cloud"),
    ("CLAUDE_CODE_USE_MANTLE", "Mantle"),
    ("CLAUDE_CODE_USE_VERTEX", "Vertex"),
)
"""Clouds that have no plan limits, by the variable that chooses one for this session; the client's order (seen in 2.1.330)."""

API_KEY = "API key"
OTHER_SIGN_INS = (
    ("ANTHROPIC_UNIX_SOCKET", "socket"),
    ("ANTHROPIC_AUTH_TOKEN", "auth token"),
    ("ANTHROPIC_PROFILE", "profile"),
    ("CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", API_KEY),
)
"""Other sign-ins that have none, by the variable that holds or names them. `ANTHROPIC_API_KEY` is looked at by itself."""

TRUE = ("1", "true", "yes", "on")
"""What the client takes for yes in a variable; anything else is no."""

KEY_TAIL = 20
"""The client remembers an API key by its last characters."""


def chosen(env, declined=()):
    """What this session's environment signs in with instead of a plan: "API key", "Bedrock", …, or "".

    `declined` has the digests of API keys that the user told the client not to use.
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
    if (
        address
        and not _is_api(address)
        and not is_true(env.get("_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL", ""))
    ):
        return "gateway"
    return ""


def is_true(value):
    """Whether the client takes the value of a variable for yes."""
    return value.strip().lower() in TRUE


def key_digest(key):
    """What stands for an API key in the snapshot: a digest of the part by which the client remembers it."""
    return digest(key.strip()[-KEY_TAIL:].encode("utf-8", "surrogatepass"))


def declined_keys(snapshot):
    """The digests that the snapshot has of API keys that the user declined."""
    keys = snapshot.get("declined_keys") if isinstance(snapshot, dict) else None
    return keys if isinstance(keys, list) else ()


def _is_api(address):
    """Whether an address is the API's own, as a browser reads addresses: any case, the default port, a user, a path."""
    scheme, _, rest = address.strip().replace("\\", "/").partition(":")
    if scheme.lower() not in ("http", "https"):
        scheme, rest = "", address.strip()
    rest = rest.lstrip("/")
    for end in "/?#":
        rest = rest.partition(end)[0]
    host, _, port = rest.rpartition("@")[2].partition(":")
    default = "80" if scheme.lower() == "http" else "443"
    return host.lower().removesuffix(".") == "api.anthropic.com" and port.lstrip("0") in (
        "",
        default,
    )
