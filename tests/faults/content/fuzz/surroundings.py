"""Read environment variables and arguments."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, ROWS
from tests.faults.content.judge import WRITTEN, fits, one_line, tried, visible
from usageline import themes
from usageline.cli.config import sample
from usageline.core import paths
from usageline.line import embed, render, view
from usageline.sources import proxies
from usageline.sources.auth import keychain
from usageline.system import api_address
from usageline.usage.model import SourceFailure

NAMES = (
    "COLUMNS",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TERM_PROGRAM",
    "HOME",
    "ANTHROPIC_BASE_URL",
    "XDG_CACHE_HOME",
)
MORE = ("CLAUDE_CONFIG_DIR", "USAGELINE_API_URL", "HTTPS_PROXY", "NO_PROXY", "ANTHROPIC_API_KEY")


def check(data: bytes) -> None:
    """Assert a line within the width, no other host for the token, and no error without a name."""
    given = Input(data)
    name, nerd_font = given.choice(themes.NAMES), given.choice((False, True))
    words = [
        part.decode("utf-8", "surrogateescape") for part in given.parts(len(NAMES) + len(MORE))
    ]
    env = {
        key: word
        for key, word in zip((*NAMES, *MORE), words, strict=True)
        if word and "\0" not in word
    }
    theme, allowed, own = WRITTEN[name, nerd_font]
    context = view.build(
        sample.payload(NOW), sample.snapshot(NOW, light=False), sample.STAMP, env, NOW
    )
    context = context.replaced(git=sample.GIT, local=sample.LOCAL)
    for row in render.render(context, {"theme": theme, "rows": ROWS}, env):
        fits(visible(row, allowed, own), max(render.columns(env), 5))
    embed.parse_arguments(words)
    _address(env)
    place, _ = tried(lambda: paths.snapshot(env), LookupError)
    assert place is not None or not env.get("HOME")
    keychain.services(env)


def _address(env: dict[str, str]) -> None:
    address, note = api_address.api_address(env)
    one_line([note or ""])
    if address != api_address.API:
        host = urlsplit(address).hostname or ""
        assert host == "localhost" or ipaddress.ip_address(host).is_loopback
    _, failure = tried(lambda: proxies.proxy_for(api_address.API, env), SourceFailure)
    one_line([str(failure or "")])
