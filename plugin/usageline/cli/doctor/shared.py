"""Check the shared reading, by what the last refresh met. This opens no socket."""

from __future__ import annotations

from importlib.util import find_spec

from usageline.cli.doctor.context import Context, Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.config.server_types import parse_address
from usageline.sources.shared import secret
from usageline.sources.shared.server import account_of
from usageline.storage import shared_record
from usageline.usage.model import SourceFailure

NO_LIBRARY = "[shared] needs redis-py, which is not installed"
FORGED = "no action needed, unless it stays: then change the password of the server's user"


def files(context: Context) -> Result | None:
    """Check that the library, the key and the password can be used."""
    config = context.config[0].shared
    if not config.url:
        return None
    if find_spec("redis") is None:
        return problem(NO_LIBRARY, "run usageline install --with redis")
    try:
        secret.read_key(context.paths.shared_key)
        secret.read_password(config.password_file)
    except secret.SecretUnusable as error:
        fault, _, advice = context.short(str(error)).partition(": ")
        return problem(f"[shared] cannot be used: {fault}", advice)
    return ok(f"shared.key is private, and {context.short(config.url)} is set")


def account(context: Context) -> Result | None:
    """Check that config.toml names no account other than the one that is signed in."""
    config, sign_in = context.config[0].shared, context.sign_in
    if not config.url or not config.account or isinstance(sign_in, SourceFailure):
        return None
    if account_of(sign_in, config.account) == config.account:
        return None
    return warning(
        "shared.account is not the account that is signed in here: it is ignored",
        "remove it from config.toml",
    )


def encryption(context: Context) -> Result | None:
    """Report a server that is reached over a network without TLS."""
    address = parse_address(context.config[0].shared.url)
    if address is None or address.scheme != "redis" or address.is_local:
        return None
    return warning(
        f"readings go to {address.host} without TLS: the network can read the percentages",
        "use rediss:// if the server has TLS",
    )


def last_call(context: Context) -> Result | None:
    """Report how the server answered the last refresh, and whether its reading was used."""
    if not context.config[0].shared.url:
        return None
    record = shared_record.read(context.paths)
    if record is None:
        return ok("no refresh has called the shared server yet")
    if record.problem:
        times = f", {record.failures} times in a row" if record.failures > 1 else ""
        return warning(
            f"the shared server did not answer{times}: {record.problem}; this machine asks alone",
            "run usageline shared to try it now",
        )
    if record.refused:
        return warning(f"the shared reading is ignored: {record.refused}", FORGED)
    machines = "one machine" if record.machines == 1 else f"{record.machines} machines"
    age = span(context.now - record.checked_at)
    return ok(
        f"the shared server answered {age} ago in {record.took_ms} ms: {machines} can ask for the"
        " account"
    )
