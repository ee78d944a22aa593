"""Check what the installer recorded of its shell: places, proxies and certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.system import origin_record

if TYPE_CHECKING:
    from tests.cli.installed import Installed


def doctor(installed: Installed, **env: str) -> str:
    """Return the output of the doctor in long lines."""
    words = [str(installed.release.python), "-I", "-B", "-m", "usageline.cli", "doctor", "--all"]
    done = installed.world.run(*words, env={**installed.world.env, "COLUMNS": "300", **env})
    assert "Traceback" not in done.stderr
    return done.stdout


def test_shell_of_the_install_passes(installed: Installed) -> None:
    assert "✓ HOME, config.toml and Claude Code's directory are those of an install" in doctor(
        installed
    )


@pytest.mark.slow
def test_other_places_are_a_warning(installed: Installed) -> None:
    assert "programs that config.toml names are not run" in doctor(
        installed, XDG_CONFIG_HOME=str(installed.project)
    )
    assert "`claude` is not run" in doctor(installed, CLAUDE_CONFIG_DIR=str(installed.project))


@pytest.mark.slow
def test_unrecorded_proxy_is_reported_as_not_used(installed: Installed) -> None:
    proxy = {"HTTPS_PROXY": "http://user:secret@proxy:3128"}
    output = doctor(installed, **proxy)
    assert "requests do not use HTTPS_PROXY of this shell" in output
    assert "run `usageline install`" in output
    assert "secret" not in output
    origin_record.write_record(str(installed.release.root), {**installed.world.env, **proxy})
    assert "requests use HTTPS_PROXY of the install" in doctor(installed, **proxy)


@pytest.mark.slow
def test_proxy_in_the_user_settings_is_used(installed: Installed) -> None:
    installed.change_settings(
        env={"HTTPS_PROXY": "http://proxy:3128", "NODE_EXTRA_CA_CERTS": "relative.pem"}
    )
    assert "requests use HTTPS_PROXY of the install or of your settings" in doctor(installed)


def test_release_without_a_record_is_a_problem(installed: Installed) -> None:
    Path(installed.release.root, origin_record.NAME).unlink()
    assert "✗ this release has no install record" in doctor(installed)


@pytest.mark.slow
def test_settings_of_another_place_set_no_proxy(installed: Installed) -> None:
    (installed.project / "settings.json").write_text(
        json.dumps({"env": {"HTTPS_PROXY": "http://theirs:1"}})
    )
    assert "requests use" not in doctor(installed, CLAUDE_CONFIG_DIR=str(installed.project))
