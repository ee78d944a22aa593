"""`--with`: extras, which every later install keeps."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import copy_release, installed_releases
from tests.storage.readings import ACCOUNT, NOW, keep, reading
from usageline.core import paths
from usageline.setup import command, manifest, release_plan
from usageline.setup.context import SetupContext

if TYPE_CHECKING:
    from tests.setup.machine import Machine


def draws(machine: Machine) -> bool:
    """Return whether the installed command can write a PNG."""
    target = machine.world.home / "usage.png"
    target.unlink(missing_ok=True)
    done = machine.world.run(
        paths.command(machine.env), "history", "--account", ACCOUNT, "--png", str(target)
    )
    assert target.exists() == (done.returncode == 0)
    assert done.returncode == 0 or "--with png" in done.stderr, done.stderr
    return target.exists()


@pytest.mark.timeout(180)  # it builds an environment
def test_installed_command_adds_an_extra_and_later_installs_keep_it(
    machine: Machine, installed_world: Machine
) -> None:
    """The command replaces the release that it runs from."""
    copy_release(installed_world, machine)
    keep(machine.env, [reading(NOW - 60), reading(NOW)])
    machine.run()
    assert not draws(machine)
    plain = os.readlink(machine.data_dir / "current")
    done = machine.world.run(
        paths.command(machine.env), "install", "--with", "png", "--with", "png", timeout=110
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
    own = manifest.Manifest("", ctx.data_dir, "", "")
    assert release_plan.plan(ctx, replace(own, extras=("png", "later")))[0] == with_png
    other = {**machine.env, "CLAUDE_CONFIG_DIR": str(machine.world.home / "other")}
    manifest.save(other, replace(own, extras=("png",)))
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


def test_failed_extra_leaves_the_old_release_in_use(profile: Machine, tmp_path: Path) -> None:
    """The manifest does not list the extra."""
    profile.run()
    old = os.readlink(profile.data_dir / "current")
    few = tmp_path / "wheels"
    shutil.copytree(profile.env["PIP_FIND_LINKS"], few, ignore=shutil.ignore_patterns("resvg*"))
    wheels, profile.env["PIP_FIND_LINKS"], profile.env["UV_FIND_LINKS"] = (
        profile.env["PIP_FIND_LINKS"],
        str(few),
        str(few),
    )
    assert "could not be installed" in profile.run("--with", "png", expect=1)
    assert os.readlink(profile.data_dir / "current") == old
    installed = manifest.load(profile.env)
    assert installed is not None
    assert installed.extras == ()
    profile.env["PIP_FIND_LINKS"] = profile.env["UV_FIND_LINKS"] = wheels
    assert "nothing to change" in profile.run()


def test_manifest_without_extras_is_read(machine: Machine) -> None:
    made = manifest.Manifest(
        "0.1.0-0123456789", str(machine.data_dir), "/usr/bin/python3", "/usr/bin/python3"
    )
    manifest.save(machine.env, made)
    place = Path(manifest.path(machine.env))
    written = json.loads(place.read_text())
    place.write_text(
        json.dumps(
            {name: value for name, value in written.items() if name not in ("extras", "digest")}
        )
    )
    assert manifest.load(machine.env) == made
