"""A changed configuration is shown with the rows of the chained command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"


def test_set_shows_the_chained_row_at_once(usageline: Run, world: World) -> None:
    """The command gets a sample session and the width, as from a line."""
    world.env["COLUMNS"] = "90"
    script = "read -r json; echo $COLUMNS; echo $json > payload; echo from $PWD >&2"
    done = usageline("config", "set", "chain.command", script)
    rows = done.stdout.splitlines()
    assert "Opus" in rows[1]
    assert rows[-1].strip() == "90"
    payload = json.loads((world.home / "payload").read_text())
    assert payload["model"]["display_name"]
    rows = usageline("config", "set", "chain.position", "above").stdout.splitlines()
    assert rows[1].strip() == "90"
    assert "45" in usageline("config", "set", "chain.position", "right").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("exit 3", "chain: exit status 3"),
        ("sleep 9", "chain: timed out after 0.3 s"),
        ("yes", "chain: printed more than 64 KiB"),
        ("true", "chain: printed nothing"),
        ("no-such-program-here", "chain: not found"),
        (r"printf 'a\033]0;title\007\033[2Jb'", "ab"),
    ],
)
def test_set_shows_what_is_wrong_with_the_chained_command(
    usageline: Run, world: World, command: str, problem: str
) -> None:
    world.configure("[chain]\ntimeout = 0.3\n" if "sleep" in command else "")
    done = usageline("config", "set", "chain.command", command)
    assert problem in done.stdout
    assert (done.returncode, done.stderr, "\033" in done.stdout) == (0, "", False)


def test_a_command_that_runs_usageline_config_does_not_start_itself(
    usageline: Run, world: World
) -> None:
    world.env["USAGELINE_CHAIN"] = "1"
    usageline("config", "set", "chain.command", "touch started; echo chained")
    assert not (world.home / "started").exists()
