"""The types of values that lead to a server: its address, its secret, and the account there."""

from __future__ import annotations

import re
from typing import NamedTuple

from usageline.config.types import SECRET_PREFIX, Command, Directory, InvalidValue

DEFAULT_PORT = 6379
MAX_URL_CHARS = 500
MAX_DATABASE = 9999
ACCOUNT = re.compile("[0-9a-f]{16}", re.ASCII)
ACCOUNT_CHARS = 16


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


class ServerUrl:
    """The URL of a Redis or Valkey server, without a password and without options.

    Options in a URL could switch off the check of its certificate. A password there would show up
    in every message that names the server.
    """

    allowed = (
        "rediss://[user@]host[:port][/database], redis://… without TLS or unix:///path, "
        "without a password,"
    )

    def read(self, value: object) -> str:
        """Return it as it is."""
        if not isinstance(value, str) or parse_address(value) is None:
            raise InvalidValue(self.allowed, _without_password(value))
        return value


class AccountKey:
    """The key of an account, as `usageline --json` prints it."""

    allowed = f"{ACCOUNT_CHARS} hex digits, the account of `usageline --json`,"

    def read(self, value: object) -> str:
        """Return it as it is."""
        if not isinstance(value, str) or not ACCOUNT.fullmatch(value):
            raise InvalidValue(self.allowed, value)
        return value


class KeyFile(Directory):
    """The path of a file with a secret. A secret itself is refused, and no message repeats it."""

    allowed = "the path of a file, absolute or below ~/"

    def read(self, value: object) -> str:
        """Return it as it is."""
        return super().read(_without_secret(self.allowed, value, "a key itself"))


class SecretCommand(Command):
    """A shell command that prints a secret. A secret in it is refused, and not repeated."""

    def read(self, value: object) -> str:
        """Return it as it is."""
        return super().read(_without_secret(self.allowed, value, "a command with a key in it"))


class ServiceAddress:
    """The address of the API: https, or http to this machine."""

    allowed = "an https address or http to this machine"

    def read(self, value: object) -> str:
        """Return it without a slash at its end."""
        # Slow to import, and a status line waits for the config to compile.
        from usageline.system.api_address import is_service_address  # noqa: PLC0415

        checked = _without_secret(self.allowed, value, "an address with a key in it")
        if not isinstance(checked, str) or not is_service_address(checked):
            raise InvalidValue(self.allowed, value)
        return checked.rstrip("/")


class HttpAddress:
    """The address of a server: http or https, a host, and if need be a port and a path."""

    allowed = "an address such as http://127.0.0.1:4318 (no password, query or fragment)"

    def read(self, value: object) -> str:
        """Return it without a slash at its end."""
        if not isinstance(value, str) or not _is_http_address(value):
            raise InvalidValue(self.allowed, value)
        return value.rstrip("/")


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


def _without_password(value: object) -> object:
    """Return a refused value for the message, without what may be a password."""
    return re.sub(r"//[^/]*@", "//…@", value) if isinstance(value, str) else value


def _without_secret(allowed: str, value: object, what: str) -> object:
    if _holds_secret(value):
        raise InvalidValue(allowed, what)
    return value


def _holds_secret(value: object) -> bool:
    return isinstance(value, str) and SECRET_PREFIX in value.lower()


def _is_http_address(text: str) -> bool:
    # Two URL parsers may read other characters differently.
    if len(text) > 1024 or not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]/_~-]+", text, re.ASCII):
        return False
    from urllib.parse import urlsplit  # noqa: PLC0415 - seldom

    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
