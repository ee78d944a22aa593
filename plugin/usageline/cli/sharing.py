"""Begin and end the sharing of a reading on this machine."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import click

from usageline.cli.config import change
from usageline.cli.formatting import short
from usageline.config import edit, loader
from usageline.config.server_types import parse_address
from usageline.core.errors import UsagelineError
from usageline.refresh import shared_rules
from usageline.sources.shared import secret, server
from usageline.sources.shared.connection import Account, Connection, ServerUnusable
from usageline.sources.shared.script import ACL_RULE, UNUSED, keys_of
from usageline.sources.shared.server import Post, Query, Server
from usageline.storage import shared_record
from usageline.system import files
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.server_types import Address

BUDGET_S = 5.0
"""A command may wait longer than a refresh."""

KEYS = ("shared.url", "shared.password_file", "shared.account")
NEXT = """\
On each other machine of this account:

  usageline install --with redis
  scp THIS-MACHINE:{key} {key}     # mode 600
  usageline shared init {url}{password}

On a machine whose sign-in cannot read usage (claude setup-token, CI), add --account {account}."""

ADVICE = """\
The server needs a user with these rights (redis-cli, once):

  ACL SETUSER {user} on '>PASSWORD' {rule}"""


HINTS = {
    "wants a password": "add --password-file PATH, and the user in the URL if it has users",
    "memory is full": "give it more memory",
    "read-only": "name its primary",
    "certificate is not trusted": "set SSL_CERT_FILE to its authority for usageline install",
    "closed the connection": "use rediss:// if it speaks TLS alone",
    "no secure connection": "use redis:// if it has no TLS",
    "no answer in time": "check that it runs, and whether it has TLS (rediss://)",
    "no connection": "check that it runs, its port, and the firewall",
    "name is unknown": "check the host",
}
"""What to do, by words of the reason."""


def join(env: Mapping[str, str], url: str, password_file: str, account: str) -> None:
    """Try the server, make the key, and write config.toml. Raise UsagelineError with advice."""
    paths = Paths(env)
    address = parse_address(url)
    assert address is not None  # noqa: S101 - the command has checked it
    sign_in = Account(address.user, secret.read_password(password_file))
    _show(f"✓ {tried(address, sign_in, env)}")
    if address.scheme == "redis" and not address.is_local:
        _show("! it has no TLS: the network can read the percentages; rediss:// encrypts them")
    if secret.make_key(paths.shared_key):
        _show(f"✓ made the key {short(paths.shared_key, paths)}")
    else:
        secret.read_key(paths.shared_key)
        _show(f"✓ kept the key {short(paths.shared_key, paths)}")
    values = dict(zip(KEYS, (url, password_file or None, account or None), strict=True))
    change.change(env, lambda text: edit.set_all(text or "", values))
    shared_record.remove(paths)
    _show(f"✓ wrote [shared] into {short(paths.config_file, paths)}; the next refresh uses it\n")
    password = " --password-file PATH" if password_file else ""
    key = account or server.account_key(env, loader.load_lenient(env)[0]) or "KEY"
    _show(NEXT.format(key=short(paths.shared_key, paths), url=url, password=password, account=key))


def tried(address: Address, account: Account, env: Mapping[str, str]) -> str:
    """Try every call of a refresh under a name of its own. Return what works.

    Raise UsagelineError with what to do.
    """
    connection = Connection(address, account, env, BUDGET_S)
    scratch = Server(connection, os.urandom(secret.SECRET_BYTES), "init", "init")
    began = time.monotonic()
    try:
        query = Query(
            True,
            0,
            shared_rules.LEASE_S,
            shared_rules.MAX_WAIT_S,
            shared_rules.MAX_REQUESTS_PER_HOUR,
        )
        answer = scratch.look(query)
        scratch.post(Post(answer.fence, 0, UNUSED))
        scratch.leave()
        took_ms = (time.monotonic() - began) * 1000
        for key in keys_of(scratch.account):
            connection.call("PEXPIRE", key, 1)
    except ServerUnusable as error:
        user = address.user or "usageline"
        hint = next((f": {hint}" for words, hint in HINTS.items() if words in str(error)), "")
        is_refused = any(words in str(error) for words in ("may not run", "refused the user"))
        advice = f"\n\n{ADVICE.format(user=user, rule=ACL_RULE)}" if is_refused else ""
        raise UsagelineError(f"{address} cannot be used: {error}{hint}{advice}") from None
    finally:
        connection.close()
    tls = ", over TLS" if address.scheme == "rediss" else ""
    return f"{_version(address, account, env)} at {address} runs the script{tls} ({took_ms:.0f} ms)"


def leave(env: Mapping[str, str]) -> None:
    """Remove this machine from the server, [shared] from config.toml, the key and the record."""
    paths = Paths(env)
    config = loader.load_lenient(env)[0].shared
    record = shared_record.read(paths)
    if not config.url and not os.path.lexists(paths.shared_key):
        raise UsagelineError("this machine does not share a reading")
    if config.url and record:
        try:
            connection, key = server.connect(config, env, paths, BUDGET_S)
            with contextlib.closing(Server(connection, key, record.account, record.machine)) as one:
                one.leave()
            _show("✓ the server forgot this machine")
        except UsagelineError as error:
            _show(f"! the server forgets this machine within a day: {error}")

    def without(text: str | None) -> str | None:
        changed = edit.set_all(text or "", dict.fromkeys(KEYS))
        return changed if text is not None and changed != text else None

    if change.change(env, without):
        _show(f"✓ removed [shared] from {short(paths.config_file, paths)}")
    if files.remove_file(paths.shared_key):
        _show(f"✓ removed the key {short(paths.shared_key, paths)}")
    shared_record.remove(paths)


def _version(address: Address, account: Account, env: Mapping[str, str]) -> str:
    """Return the server's name and version, if its user may ask for them."""
    connection = Connection(address, account, env, BUDGET_S)
    try:
        reply = connection.call("HELLO")
    except ServerUnusable:
        return "the server"
    finally:
        connection.close()
    if not isinstance(reply, list):
        return "the server"
    words = [one.decode("utf-8", "replace") if isinstance(one, bytes) else "" for one in reply]
    facts = dict(zip(words[::2], words[1::2], strict=False))
    return f"{facts.get('server') or 'the server'} {facts.get('version', '')}".strip()


def _show(text: str) -> None:
    click.echo(sanitize_lines(text))
