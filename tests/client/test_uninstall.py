"""Check that an uninstall leaves the client as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.client.installation import fetched, opened

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = b"""{
\t"statusLine" : {"type": "command", "command": "echo 'the user\\u2019s own'"},
\t"model": "opus",   "env": { "GREETING": "gr\xc3\xbc\xc3\x9fe" },

\t"hooks": {"SessionStart": [ {"hooks": [{"type": "command", "command": "true"}]} ]}
}"""


def test_settings_are_byte_for_byte_what_they_were(tmp_path: Path) -> None:
    """The client ran with usageline meanwhile. The user's own line is back, and nothing is left."""
    with opened(tmp_path / "sandbox", settings=SETTINGS) as sandbox:
        clone = fetched(tmp_path / "clone")
        before = {path.relative_to(sandbox.world.home) for path in sandbox.world.home.rglob("*")}
        sandbox.install(clone, "--yes")
        assert sandbox.settings.read_bytes() != SETTINGS
        sandbox.start("with").wait_for("37%")
        sandbox.stop("with")

        sandbox.install(clone, "--uninstall", "--purge")
        assert sandbox.settings.read_bytes() == SETTINGS
        new = {
            path.relative_to(sandbox.world.home) for path in sandbox.world.home.rglob("*")
        } - before
        assert [
            path for path in new if path.parts[0] != ".claude" and "usageline" in str(path)
        ] == []

        sandbox.api.requests.clear()
        screen = sandbox.start("without").wait_for("the user’s own")
        assert "usageline" not in screen
        assert sandbox.api.ours == []
