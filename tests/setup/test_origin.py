"""The record that an install leaves of its own environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import place_release
from usageline.system import origin

if TYPE_CHECKING:
    from tests.setup.machine import Machine
    from tests.world import Release


@pytest.mark.slow
def test_an_install_records_its_environment_and_keeps_earlier_ones(
    machine: Machine, built_release: Release
) -> None:
    place_release(machine, built_release)
    machine.env["HTTPS_PROXY"] = "http://127.0.0.1:1"
    assert "requests use this shell's HTTPS_PROXY" in machine.run()
    release, usual = str(machine.data_dir / "current"), dict(machine.env)
    assert origin.network({}, release) == {"HTTPS_PROXY": "http://127.0.0.1:1"}
    del machine.env["HTTPS_PROXY"]
    machine.env["XDG_CONFIG_HOME"] = str(machine.world.home / "other")
    machine.run()
    assert origin.network({}, release) == {}
    assert origin.may_run_programs(usual, release)
    assert origin.may_run_programs(machine.env, release)
    assert not origin.may_run_programs({**usual, "XDG_CONFIG_HOME": "/elsewhere"}, release)
