"""config.toml as the cold side reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from usageline.config import loader
from usageline.config.schema import ROWS
from usageline.core.errors import ConfigInvalid

if TYPE_CHECKING:
    from tests.world import World


def test_without_a_file_the_defaults_hold(world: World) -> None:
    """Five minutes; the client's own cache before a request."""
    assert loader.load(world.env) == loader.Config(
        ttl_s=300,
        floor_s=120,
        sources=("claude-cache", "oauth"),
        segments=frozenset(name for row in ROWS for name in row),
    )


def test_what_the_user_chose_holds(world: World) -> None:
    """Keys of the status line stand in the same file and are none of the refresh's business."""
    world.configure(
        'ttl = 600\nsources = ["payload", "oauth"]\ntheme = "dark"\n'
        'rows = [["model"], ["text.a"]]\n[segments.model]\nhide = true\n[segments.text.a]\n'
    )
    assert loader.load(world.env) == loader.Config(
        ttl_s=600,
        floor_s=120,
        sources=("oauth",),
        segments=frozenset({"model", "text"}),
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ttl = 119", "ttl: seconds from 120"),
        ("ttl = -5", "ttl"),
        ("ttl = true", "ttl"),
        ('ttl = "300"', "ttl"),
        ("ttl = nan", "ttl"),
        ("ttl = 1e9", "ttl"),
        ('sources = ["ouath"]', "sources: a list of payload, claude-cache, oauth"),
        ("sources = []", "sources"),
        ("sources = 5", "sources"),
        ("sources = [5, {}]", "sources"),
        ("ttl = ", "not TOML"),
        ("\x00", "not TOML"),
        ("theme = 'drak'", '1: theme: "drak" is not allowed; did you mean "dark"'),
        ("[segments.session]\nbar_widht = 5", 'did you mean "bar_width"'),
        ("ttl = 300\nttl = 300", "not TOML"),
    ],
)
def test_what_is_not_allowed_is_named_with_file_and_key(
    world: World, text: str, named: str
) -> None:
    """And with what is allowed; a refresh goes on without it."""
    world.configure(text)
    with pytest.raises(ConfigInvalid, match=named) as problem:
        loader.load(world.env)
    assert world.paths.config_file in str(problem.value)
    loaded, message = loader.load_lenient(world.env)
    assert loaded.ttl_s == 300
    assert str(message) == str(problem.value)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ('sources = ["ouath"]', ("claude-cache",)),
        ('sources = ["oauth", "x"]', ("oauth",)),
        ("sources = 5", ("claude-cache",)),
    ],
)
def test_a_mistake_in_the_sources_never_adds_one(
    world: World, text: str, sources: tuple[str, ...]
) -> None:
    """Who left `oauth` out does not want the token read."""
    world.configure(text)
    assert loader.load_lenient(world.env)[0].sources == sources


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ('sources = ["payload"]\ntheme = ', ("claude-cache",)),
        ("theme = ", ("claude-cache", "oauth")),
        ("\udcff", ("claude-cache",)),
    ],
)
def test_a_file_that_cannot_be_read_adds_no_source_either(
    world: World, text: str, sources: tuple[str, ...]
) -> None:
    """A broken file may have restricted the sources.

    Until it is fixed, only the source that needs no token is used.
    """
    world.configure("")
    with open(world.paths.config_file, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    assert loader.load_lenient(world.env)[0].sources == sources


def test_alerts_are_the_valid_ones(world: World) -> None:
    """A mistake in one key leaves the others."""
    world.configure(
        '[alerts]\nthresholds = [50, 95]\nkinds = ["session"]\n'
        'desktop = "yes"\nsession_start = true\n'
    )
    loaded, problem = loader.load_lenient(world.env)
    assert loaded.alerts == loader.Alerts(
        thresholds=(50, 95), kinds=("session",), session_start=True
    )
    assert "alerts.desktop: true or false is allowed" in str(problem)


def test_the_floor_does_not_hold_for_a_server_on_this_machine(world: World) -> None:
    """It protects the service's budget; an address that is ignored changes nothing."""
    world.configure("ttl = 1")
    world.env["USAGELINE_API_URL"] = "http://127.0.0.1:1"
    assert loader.load(world.env).ttl_s == 1
    world.env["USAGELINE_API_URL"] = "http://example.com"
    with pytest.raises(ConfigInvalid):
        loader.load(world.env)


@pytest.mark.parametrize(("written", "path"), [("~", ""), ("~/m.prom", "/m.prom")])
def test_paths_of_metrics_begin_at_home(world: World, written: str, path: str) -> None:
    world.configure(f'[metrics]\ntextfile = "{written}"\nheaders_file = "{written}"')
    metrics = loader.load(world.env).metrics
    assert metrics.textfile == metrics.headers_file == f"{world.home}{path}"
    assert metrics.otlp is None
