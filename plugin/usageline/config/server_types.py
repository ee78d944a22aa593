"""The types of values that lead to a server: its address, its secret, and the account there."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from usageline.config.types import Command, Directory, InvalidValue, ValueType

DEFAULT_PORT = 6379
MAX_URL_CHARS = 500
MAX_DATABASE = 9999
ACCOUNT = re.compile("[0-9a-f]{16}", re.ASCII)
ACCOUNT_CHARS = 16
SECRET_PREFIX = "sk-ant-"  # noqa: S105 - the beginning of each key of the service


class Address(NamedTuple):
    """The address of a server.

    scheme    redis, rediss (TLS) or unix
    host      its name or IP address, "" for a socket
    port      its TCP port, 0 for a socket
    path      the path of its socket, "" for TCP
    database  the number of the database
    user      the name of the user there, "" for the default one
    """

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    database: int = 0
    user: str = ""

    @property
    def is_local(self) -> bool:
        """Return whether it is on this machine."""
        host = self.host
        return not host or host in {"localhost", "::1"} or host.startswith("127.")

    def __str__(self) -> str:
        """Return it in the form of a URL, as messages name it."""
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = self.path if self.scheme == "unix" else f"{host}:{self.port}/{self.database}"
        return f"{self.scheme}://{user}{place}"


class ServerUrl(ValueType):
    """The URL of a Redis or Valkey server, without a password and without options.

    Options in a URL could switch off the check of its certificate. A password there would show up
    in every message that names the server.
    """

    allowed = (
        "rediss://[user@]host[:port][/database], redis://… without TLS or unix:///path, "
        "without a password,"
    )

    def read(self, value: object) -> str:
        """Return it as it is. A refused value is named without what may be a password."""
        if not isinstance(value, str):
            raise InvalidValue(self.allowed, value)
        if parse_address(value) is None:
            raise InvalidValue(self.allowed, re.sub(r"//[^/]*@", "//…@", value))
        return value


class AccountKey(ValueType):
    """The key of an account, as `usageline --json` prints it."""

    allowed = f"{ACCOUNT_CHARS} hex digits, the account of `usageline --json`,"

    def _allows(self, value: object) -> bool:
        return isinstance(value, str) and bool(ACCOUNT.fullmatch(value))


class SecretRefused(ValueType):
    """A type whose values may hold no secret; `holding_one` describes such a value.

    No message repeats the secret.
    """

    holding_one: str

    def read(self, value: object) -> Any:
        """Return the value as the program uses it."""
        if isinstance(value, str) and SECRET_PREFIX in value.lower():
            raise InvalidValue(self.allowed, self.holding_one)
        return super().read(value)


class KeyFile(SecretRefused, Directory):
    """The path of a file with a secret."""

    allowed = "the path of a file, absolute or below ~/"
    holding_one = "a key itself"


class SecretCommand(SecretRefused, Command):
    """A shell command that prints a secret."""

    holding_one = "a command with a key in it"


class HttpAddress(ValueType):
    """The address of a server: http or https, a host, and if need be a port and a path."""

    allowed = "an address such as http://127.0.0.1:4318 (no password, query or fragment)"

    def read(self, value: object) -> str:
        """Return it without a slash at its end."""
        return str(super().read(value)).rstrip("/")

    def _allows(self, value: object) -> bool:
        # Two URL parsers may read other characters differently.
        if (
            not isinstance(value, str)
            or len(value) > 1024
            or not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]/_~-]+", value, re.ASCII)
        ):
            return False
        from urllib.parse import urlsplit  # noqa: PLC0415 - seldom

        try:
            parts = urlsplit(value)
            return bool(parts.hostname) and parts.port != 0
        except ValueError:
            return False


class ServiceAddress(SecretRefused, HttpAddress):
    """The address of the API: https, or http to this machine."""

    allowed = "an https address or http to this machine"
    holding_one = "an address with a key in it"

    def _allows(self, value: object) -> bool:
        # Slow to import, and a status line waits for the config to compile.
        from usageline.system.api_address import is_service_address  # noqa: PLC0415

        return isinstance(value, str) and is_service_address(value)


def parse_address(url: str) -> Address | None:
    """Return the address that a URL names, None if it is not allowed."""
    if len(url) > MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        return None
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - the status line waits for this

    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return None
    if parts.query or parts.fragment or parts.password is not None or "?" in url or "#" in url:
        return None
    user = unquote(parts.username or "")
    if not user.isprintable() or " " in user:
        return None
    if parts.scheme == "unix":
        is_path = parts.path.startswith("/") and len(parts.path) > 1 and not host
        return Address("unix", path=unquote(parts.path), user=user) if is_path else None
    database = parts.path.strip("/") or "0"
    if (
        parts.scheme not in {"redis", "rediss"}
        or not host
        or port == 0
        or not (database.isdigit() and int(database) <= MAX_DATABASE)
    ):
        return None
    return Address(parts.scheme, host, port or DEFAULT_PORT, "", int(database), user)
