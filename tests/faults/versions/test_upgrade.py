"""One version installed over another, by its own install.sh, in use all the while."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise
from tests.faults.versions.earlier import FIRST, PREVIOUS, Earlier, clone_of
from tests.faults.versions.lines import drawn, line
from tests.faults.versions.write import SETTINGS
from tests.server import usage_body
from tests.setup.machine import Machine, installed_releases, make_clone, make_machine
from usageline.storage import history

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api

ACCOUNT_KEY = "9d88fa0eee1d35ed"
BOTH = [
    pytest.param(FIRST, marks=pytest.mark.full, id="first"),
    pytest.param(PREVIOUS, id="previous"),
]


def set_up(tmp_path: Path, api: Api, clone: Path, config: str) -> Machine:
    """Install that version over another program's status line, and wait for numbers."""
    machine = make_machine(tmp_path / "machine", clone)
    machine.env["USAGELINE_API_URL"] = api.url
    machine.write_settings(SETTINGS)
    machine.world.configure(config)
    machine.run("--yes")
    assert "37%" in line(machine)
    return machine


def look_again(machine: Machine, api: Api, percent: int) -> None:
    """Have the installed version get another reading, of which that is the session's percentage."""
    api.body = usage_body(session=percent)
    python = machine.data_dir / "current" / "venv" / "bin" / "python"
    deadline = time.monotonic() + 90
    while f"{percent}%" not in line(machine):
        assert time.monotonic() < deadline
        time.sleep(0.3)
        machine.world.run(python, "-I", "-B", "-m", "usageline.refresh", "--force")


def faulty(lines: list[str]) -> list[str]:
    """Those that are no line with numbers."""
    return [
        text for text in lines if text.count("\n") != 1 or "%" not in text or "config.toml" in text
    ]


@pytest.mark.full
@promise(
    "An upgrade from an earlier version keeps line, numbers, history and configuration. A "
    "later uninstall restores the settings from before the first install, byte for byte.",
    sees="The line, with its numbers, all the time.",
    topic="upgrade",
)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("earlier", BOTH)
def test_an_upgrade_loses_nothing(
    tmp_path: Path, api: Api, earlier: Earlier, figure: Callable[[str], None]
) -> None:
    machine = set_up(tmp_path, api, clone_of(earlier, tmp_path / "earlier"), earlier.config)
    look_again(machine, api, 41)
    readings = history.load(machine.paths, ACCOUNT_KEY)
    assert (len(readings) >= 2) == earlier.keeps_history
    old = installed_releases(machine.data_dir)
    machine.clone = make_clone(tmp_path / "clone")
    with drawn(machine) as lines:
        output = machine.run()
    assert faulty(lines) == []
    assert f"release {old[0]}" in output
    assert len(installed_releases(machine.data_dir)) == 1
    assert installed_releases(machine.data_dir) != old
    assert "41%" in line(machine)
    look_again(machine, api, 43)
    machine.wait_for_refreshes()
    assert history.load(machine.paths, ACCOUNT_KEY)[: len(readings)] == readings
    assert len(history.load(machine.paths, ACCOUNT_KEY)) > len(readings)
    machine.run("--uninstall", "--purge")
    assert machine.settings.read_bytes() == SETTINGS
    assert not machine.data_dir.exists()
    assert not Path(machine.paths.state_dir).exists()
    figure(
        f"from “{earlier.name}”: {len(lines)} lines meanwhile, all with numbers; "
        f"{len(readings)} readings before, all there after"
    )


@promise(
    "A downgrade and the upgrade after it keep line, numbers, history and settings.",
    sees="The line, with its numbers, all the time.",
    topic="upgrade",
)
@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("earlier", "order"),
    [(FIRST, ("earlier",)), (PREVIOUS, ("earlier", "later"))],
    ids=["first, which uninstalls", "previous"],
)
def test_back_and_forth_loses_nothing(
    tmp_path: Path,
    api: Api,
    earlier: Earlier,
    order: tuple[str, ...],
    figure: Callable[[str], None],
) -> None:
    """The configuration is one that both know; the last one of `order` uninstalls."""
    clones = {
        "later": make_clone(tmp_path / "clone"),
        "earlier": clone_of(earlier, tmp_path / "earlier"),
    }
    machine = set_up(tmp_path, api, clones["later"], earlier.config)
    look_again(machine, api, 41)
    readings = history.load(machine.paths, ACCOUNT_KEY)
    count = 0
    for number, name in enumerate(order):
        machine.clone = clones[name]
        with drawn(machine) as lines:
            machine.run()
        assert faulty(lines) == []
        count += len(lines)
        look_again(machine, api, 50 + number)
        machine.wait_for_refreshes()
        earlier_readings, readings = readings, history.load(machine.paths, ACCOUNT_KEY)
        assert readings[: len(earlier_readings)] == earlier_readings
        assert len(installed_releases(machine.data_dir)) == 1
    machine.run("--uninstall")
    assert machine.settings.read_bytes() == SETTINGS
    assert not machine.data_dir.exists()
    figure(
        f"with “{earlier.name}”, uninstalled by the {order[-1]} one: {count} lines meanwhile, "
        f"all with numbers; {len(readings)} readings, none lost"
    )


@promise(
    "Two versions that are installed at the same time run one after the other. There is "
    "one release, one entry in settings.json, and the line works.",
    sees="The later of the two.",
    topic="upgrade",
)
@pytest.mark.full
@pytest.mark.timeout(900)
def test_two_versions_at_once_do_not_meet(
    tmp_path: Path, api: Api, figure: Callable[[str], None], size: Callable[[int, int], int]
) -> None:
    clones = [make_clone(tmp_path / "clone"), clone_of(PREVIOUS, tmp_path / "earlier")]
    machine = set_up(tmp_path, api, clones[0], PREVIOUS.config)
    rounds = size(1, 2)
    count = 0
    for number in range(rounds):
        running = [
            Machine(machine.world, clone).start()
            for clone in (clones if number % 2 else reversed(clones))
        ]
        with drawn(machine) as lines:
            assert [process.wait(120) for process in running] == [0, 0]
        assert faulty(lines) == []
        count += len(lines)
        installed = json.loads(Path(machine.paths.install_manifest).read_text())
        assert installed_releases(machine.data_dir) == [installed["release"]]
        assert os.readlink(machine.data_dir / "current") == "releases/" + installed["release"]
        assert len(json.loads(machine.settings.read_text())["hooks"]["SessionStart"]) == 1
    machine.wait_for_refreshes()
    machine.run("--uninstall")
    assert machine.settings.read_bytes() == SETTINGS
    figure(
        f"{rounds} rounds of two installs at once: one release each time, "
        f"{count} lines meanwhile, all with numbers"
    )
