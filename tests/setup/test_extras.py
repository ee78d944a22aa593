"""`--with`: what is installed besides, and stays with every later install."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.setup.machine import releases
from tests.storage.readings import ACCOUNT, NOW, keep, reading
from usageline.core import paths
from usageline.setup import manifest, release_plan
from usageline.setup.context import SetupContext

if TYPE_CHECKING:
    from tests.setup.machine import Machine


def draws(machine: Machine) -> bool:
    """Whether the installed command can make a PNG."""
    target = machine.world.home / "usage.png"
    target.unlink(missing_ok=True)
    done = machine.world.run(
        paths.command(machine.env), "history", "--account", ACCOUNT, "--png", str(target)
    )
    assert target.exists() == (done.returncode == 0)
    assert done.returncode == 0 or "--with png" in done.stderr, done.stderr
    return target.exists()


@pytest.mark.timeout(120)  # two environments are made
def test_the_installed_command_is_interactive_for_an_extra(machine: Machine) -> None:
    """It replaces the release that it runs from; the next install keeps what it has."""
    keep(machine.env, [reading(NOW - 60), reading(NOW)])
    machine.run()
    assert not draws(machine)
    plain = os.readlink(machine.data_dir / "current")
    done = machine.world.run(
        paths.command(machine.env), "install", "--with", "png", "--with", "png"
    )
    assert done.returncode == 0, done.stderr
    assert draws(machine)
    assert os.readlink(machine.data_dir / "current") != plain
    assert releases(machine.data_dir) == [
        os.path.basename(os.readlink(machine.data_dir / "current"))
    ]
    assert "nothing to change" in machine.run()
    machine.wait_for_refreshes()


def test_an_upgrade_keeps_the_extras_of_every_profile(machine: Machine) -> None:
    """They share one program. What a later version may have written into a record is no reason to fail."""
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
def test_an_extra_that_there_is_not_is_wrong_usage(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    """And changes nothing."""
    before = machine.tree()
    assert "usage:" in machine.run(*arguments, expect=2)
    assert machine.tree() == before


def test_an_extra_that_cannot_be_had_leaves_the_old_release_in_use(
    profile: Machine, tmp_path: Path
) -> None:
    """And is not remembered."""
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
    found = manifest.load(profile.env)
    assert found is not None
    assert found.extras == ()
    profile.env["PIP_FIND_LINKS"] = profile.env["UV_FIND_LINKS"] = wheels
    assert "nothing to change" in profile.run()


def test_a_record_of_before_there_were_extras_is_read(machine: Machine) -> None:
    """Nothing of what it remembers is lost."""
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
