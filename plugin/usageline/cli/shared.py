"""The commands of `usageline shared`: one reading for all machines of an account."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from usageline.cli import sharing
from usageline.config import loader
from usageline.config.server_types import AccountKey, ServerUrl, parse_address
from usageline.config.types import InvalidValue
from usageline.core import formatting
from usageline.core.errors import UsagelineError
from usageline.refresh.shared_rules import MAX_REQUESTS_PER_HOUR
from usageline.sources.shared import server
from usageline.sources.shared.message import MessageRefused
from usageline.sources.shared.server import Server
from usageline.storage import shared_record
from usageline.system.origin import REFUSED, may_run_programs
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.shared.server import View

OFF = (
    "this machine does not share a reading: run usageline shared init URL, with the URL of a Redis"
    " or Valkey server"
)
NO_ACCOUNT = (
    "no account is known here: sign in with /login, or set shared.account to the account that"
    " `usageline --json` prints on a machine that is signed in"
)
MAX_LISTED = 8


@click.group(
    "shared",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Show the reading that all machines of the account share: its age, and who asked last.

    A machine has a random name, which reveals nothing about it. `shared init` begins to share.
    """
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json cannot be combined with a subcommand")
        return
    shown = read(dict(os.environ))
    click.echo(json.dumps(shown.as_json(), indent=2) if as_json else sanitize_lines(str(shown)))


@command.command()
@click.argument("url")
@click.option(
    "--password-file",
    type=click.Path(),
    default="",
    metavar="PATH",
    help="The file with the password for the server.",
)
@click.option(
    "--account",
    default="",
    metavar="KEY",
    help="The account to show on a machine whose sign-in cannot read usage.",
)
def init(url: str, password_file: str, account: str) -> None:
    """Share this account's reading on the Redis or Valkey server at URL.

    Tries the server first, then makes the key that signs the readings and writes [shared] into
    config.toml. Prints what to do on the next machine. The URL has no password:
    rediss://user@host:port/0 with TLS, redis://… without, or unix:///path.
    """
    env = dict(os.environ)
    if not may_run_programs(env):
        raise UsagelineError(REFUSED)
    try:
        ServerUrl().read(url)
        if account:
            AccountKey().read(account)
    except InvalidValue as invalid:
        raise click.UsageError(str(invalid)) from None
    path = os.path.abspath(os.path.expanduser(password_file)) if password_file else ""
    sharing.join(env, url, path, account)


@command.command(short_help="Stop sharing on this machine, and remove the key.")
def leave() -> None:
    """Stop sharing on this machine: remove [shared] from config.toml, and the key.

    The other machines go on. The server forgets this one.
    """
    sharing.leave(dict(os.environ))


@dataclass(frozen=True, slots=True)
class Shown:
    """What to show. `own` is this machine's name, `ignored` why the reading there is not used."""

    address: str
    account: str
    own: str
    took_s: float
    view: View
    ignored: str

    def as_json(self) -> dict[str, Any]:
        """Return it as an object for `json.dumps`. Ages are in seconds."""
        view = self.view
        return {
            "server": self.address,
            "account": self.account,
            "machine": self.own,
            "reading_age_s": self._age_s(view.at_ms) if view.at_ms else None,
            "reading_by": view.by or None,
            "reading_ignored": self.ignored or None,
            "requests_last_hour": view.requests,
            "max_requests_per_hour": MAX_REQUESTS_PER_HOUR,
            "wait_s": max(0, (view.wait_until_ms - view.now_ms) // 1000),
            "wait_why": view.why or None,
            "machines": {name: self._age_s(at) for name, at in view.askers.items()},
            "readers": {name: self._age_s(at) for name, at in view.viewers.items()},
        }

    def __str__(self) -> str:
        view = self.view
        rows = [
            ("server", f"{self.address} ({self.took_s * 1000:.0f} ms)"),
            ("account", self.account),
            ("reading", self._reading()),
            ("requests", f"{view.requests} of {MAX_REQUESTS_PER_HOUR} in the last hour"),
            ("machines", self._machines(view.askers)),
        ]
        if view.viewers:
            rows.append(("readers", self._machines(view.viewers)))
        if view.wait_until_ms > view.now_ms and view.why not in {"", "ok", "unused", "failed"}:
            left = formatting.age((view.wait_until_ms - view.now_ms) / 1000).removesuffix(" ago")
            rows.append(("waiting", f"{view.why}, for {left}"))
        return "\n".join(f"{name:<10}{value}" for name, value in rows)

    def _reading(self) -> str:
        view = self.view
        if not view.sealed:
            return "none yet"
        if self.ignored:
            return f"ignored: {self.ignored}"
        return f"{formatting.age(self._age_s(view.at_ms))}, by {self._name(view.by)}"

    def _machines(self, members: Mapping[str, int]) -> str:
        newest = sorted(members, key=lambda name: -members[name])
        listed = [
            f"{self._name(name)} {formatting.age(self._age_s(members[name]))}"
            for name in newest[:MAX_LISTED]
        ]
        more = f", and {len(newest) - MAX_LISTED} more" if len(newest) > MAX_LISTED else ""
        return f"{len(newest)}: {', '.join(listed)}{more}" if newest else "none yet"

    def _name(self, machine: str) -> str:
        return f"{machine} (this one)" if machine == self.own else machine

    def _age_s(self, at_ms: int) -> int:
        return max(0, (self.view.now_ms - at_ms) // 1000)


def read(env: Mapping[str, str]) -> Shown:
    """Return what the server has of this account. Raise UsagelineError with advice."""
    paths = Paths(env)
    whole = loader.load(env)
    config = whole.shared
    if not config.url:
        raise UsagelineError(OFF)
    account = server.account_key(env, whole)
    if not account:
        raise UsagelineError(NO_ACCOUNT)
    record = shared_record.load(paths, account)
    connection, key = server.connect(config, env, paths, sharing.BUDGET_S)
    address = parse_address(config.url)
    with closing(Server(connection, key, account, record.machine)) as one:
        try:
            view = one.show()
        except UsagelineError as error:
            raise UsagelineError(f"{address} cannot be used: {error}") from None
        ignored = ""
        try:
            if view.sealed:
                one.unseal(view.sealed, view.now_ms)
        except MessageRefused as error:
            ignored = str(error)
    return Shown(str(address), account, record.machine, connection.spent_s, view, ignored)
