"""`--with`: extras, which every later install keeps."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import installed_releases, place_release
from tests.storage.readings import ACCOUNT, NOW, keep, reading
from usageline.setup import command, manifest, release_plan
from usageline.setup.context import SetupContext
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from tests.setup.machine import Machine
    from tests.world import Release


def draws(machine: Machine) -> bool:
    """Return whether the installed command can write a PNG."""
    target = machine.world.home / "usage.png"
    target.unlink(missing_ok=True)
    done = machine.world.run(
        machine.paths.command, "history", "--account", ACCOUNT, "--png", str(target)
    )
    assert target.exists() == (done.returncode == 0)
    assert done.returncode == 0 or "--with png" in done.stderr, done.stderr
    return target.exists()


def hide_png(venv: Path) -> None:
    """Replace a link to an environment with the tests' packages by one without the extra."""
    shared = venv.readlink()
    venv.unlink()
    shutil.copytree(shared, venv, symlinks=True)
    (packages,) = venv.glob("lib/python3*/site-packages")
    (packages / "resvg_py.py").write_text("raise ImportError\n")


@pytest.mark.timeout(180)  # it builds an environment
@pytest.mark.slow
def test_installed_command_adds_an_extra_and_later_installs_keep_it(
    machine: Machine, built_release: Release
) -> None:
    """The command replaces the release that it runs from."""
    hide_png(Path(place_release(machine, built_release).root, "venv"))
    keep(machine.env, [reading(NOW - 60), reading(NOW)])
    machine.run()
    assert not draws(machine)
    plain = os.readlink(machine.data_dir / "current")
    done = machine.world.run(
        machine.paths.command, "install", "--with", "png", "--with", "png", timeout=110
    )
    assert done.returncode == 0, done.stderr
    assert draws(machine)
    assert os.readlink(machine.data_dir / "current") != plain
    assert installed_releases(machine.data_dir) == [
        os.path.basename(os.readlink(machine.data_dir / "current"))
    ]
    assert "nothing to change" in machine.run()
    machine.wait_for_refreshes()


def test_upgrade_keeps_the_extras_of_every_profile(machine: Machine) -> None:
    """The profiles share one program. Unknown extras of a later version are ignored."""
    ctx = SetupContext(machine.env, str(machine.clone), lambda _: None)
    plain, _ = release_plan.plan(ctx, None)
    with_png, _ = release_plan.plan(replace(ctx, extras=("png",)), None)
    assert with_png.id != plain.id
    own = manifest.Manifest("", ctx.paths.data_dir, "", "")
    assert release_plan.plan(ctx, replace(own, extras=("png", "later")))[0] == with_png
    other = {**machine.env, "CLAUDE_CONFIG_DIR": str(machine.world.home / "other")}
    manifest.save(Paths(other), replace(own, extras=("png",)))
    assert release_plan.plan(ctx, own)[0] == with_png
    assert release_plan.plan(ctx, None)[0] == with_png


@pytest.mark.parametrize(
    "arguments",
    [("--with",), ("--with", "nonsense"), ("--with", "../png"), ("--uninstall", "--with", "png")],
)
def test_unknown_extra_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        command._parse(list(arguments), "install.sh")
    assert ended.value.code == 2


def test_manifest_without_extras_is_read(machine: Machine) -> None:
    made = manifest.Manifest(
        "0.1.0-0123456789", str(machine.data_dir), "/usr/bin/python3", "/usr/bin/python3"
    )
    manifest.save(machine.paths, made)
    place = Path(machine.paths.install_manifest)
    written = json.loads(place.read_text())
    place.write_text(
        json.dumps(
            {name: value for name, value in written.items() if name not in ("extras", "digest")}
        )
    )
    assert manifest.load(machine.paths) == made
