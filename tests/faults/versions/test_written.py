"""What earlier versions wrote, read by this one; and what a later one may write."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.promises import promise
from tests.faults.versions.earlier import ALL, Earlier
from tests.hot import Hot
from tests.setup.machine import Machine
from tests.world import REPOSITORY
from usageline.config import loader
from usageline.config.compile import compile_config
from usageline.config.validate import validate
from usageline.core import freshness, paths
from usageline.core.errors import SetupRefused
from usageline.line import settings, view
from usageline.refresh.run import refresh
from usageline.setup import manifest
from usageline.storage import history
from usageline.storage.accounts import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

ACCOUNT_KEY = "9d88fa0eee1d35ed"
PERCENTS = {"Current session": 37, "Current week (all models)": 26, "Fable": 55}


def put(earlier: Earlier, world: World) -> None:
    """Put what that version wrote where this one looks for it."""
    env, written = world.env, earlier.written
    targets = {
        "snapshot.json": paths.snapshot(env),
        "line.json": paths.line_config(env),
        "store": paths.store_dir(env),
        "history": paths.history_dir(env),
        "install.json": paths.install_manifest(env),
        "settings.json": paths.claude_settings(env),
        "config.toml": paths.config_file(env),
    }
    for name, target in targets.items():
        Path(target).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (written / name).is_dir():
            shutil.copytree(written / name, target)
        elif (written / name).exists():
            Path(target).write_text((written / name).read_text().replace("{HOME}", env["HOME"]))
    for folder in (paths.cache_dir(env), paths.state_dir(env)):
        Path(folder).parent.chmod(0o700)
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)


@promise(
    "What earlier versions wrote is read: snapshot, store, history, configuration and "
    "install record.",
    sees=(
        "After an upgrade, the numbers, the history and the results of background jobs as before."
    ),
    topic="upgrade",
)
@pytest.mark.parametrize("earlier", ALL, ids=lambda earlier: earlier.name)
def test_what_an_earlier_version_wrote_is_read(
    world: World, earlier: Earlier, figure: Callable[[str], None]
) -> None:
    put(earlier, world)
    snapshot = world.snapshot()
    now = snapshot["published_at"] + 5
    assert not freshness.is_stale(snapshot, snapshot["credentials"], now)
    context = view.build(None, snapshot, snapshot["credentials"], {}, now)
    assert {window.label: window.percent for window in context.windows} == PERCENTS
    assert context.status == "ok"
    with open_store(world.paths.store_dir) as store:
        remembered = store.get(ACCOUNT_KEY)
        assert not store.set_aside
    assert remembered.reading is not None
    assert remembered.requested_at
    assert remembered.token
    readings = history.load(world.paths, ACCOUNT_KEY)
    assert [{limit.label: limit.percent for limit in reading.limits} for reading in readings] == [
        PERCENTS
    ] * earlier.keeps_history
    assert all(reading.credits for reading in readings)
    config, problem = loader.load_lenient(world.env)
    assert (config.ttl_s, problem) == (250, None)
    assert compile_config(world.env) == []
    compiled, is_old = settings.load(world.env, freshness.file_fingerprint(world.paths.config_file))
    assert not is_old
    assert len(compiled["rows"]) >= 1
    installed = manifest.load(world.paths)
    assert installed is not None
    assert b"echo theirs" in (installed.before_bytes or b"")
    assert len(installed.commands) == 2
    figure(
        f"by the version “{earlier.name}”: {len(list(earlier.written.rglob('*.*')))} files read; "
        f"readings kept by it and read: {len(readings)}"
    )


def add_everywhere(value: Any) -> Any:
    """Return the value with one more member in each object."""
    if isinstance(value, dict):
        return {
            **{name: add_everywhere(member) for name, member in value.items()},
            "later": {"than": ["this"]},
        }
    return [add_everywhere(member) for member in value] if isinstance(value, list) else value


def as_of_later(world: World) -> int:
    """Add keys of a later version to store and history, and return the number of changes."""
    changed = 0
    with closing(sqlite3.connect(world.paths.store_dir + "/cache.db")) as database:
        for key, value in database.execute("SELECT key, value FROM Cache").fetchall():
            database.execute(
                "UPDATE Cache SET value = ? WHERE key = ?",
                (json.dumps(add_everywhere(json.loads(value))), key),
            )
            changed += 1
        database.commit()
    for path in Path(world.paths.history_dir).rglob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            row["later"] = 1
            row["limits"] = [
                [*limit, *[False] * (6 - len(limit)), "later"] for limit in row["limits"]
            ]
            row["credits"] = [[*credit, "later"] for credit in row["credits"]]
            changed += 1
        path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    return changed


@promise(
    "What a later version adds to store, history, configuration and compiled "
    "configuration is ignored, and the rest is read.",
    sees=(
        "After a downgrade, the numbers and the history. An unknown key is reported with its line."
    ),
    topic="upgrade",
)
def test_what_a_later_version_adds_is_passed_over(
    world: World,
    api: Api,
    release: Release,
    figure: Callable[[str], None],
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    world.configure('ttl = 250\nrows = [["session", "weekly"]]\n')
    assert refresh(world.env).state == "refreshed"
    readings = history.load(world.paths, ACCOUNT_KEY)
    changed = as_of_later(world)
    world.configure(
        'ttl = 250\nlater = "key"\nrows = [["session", "weekly"]]\n'
        "[segments.session]\nlater = 3\n[newer]\nkey = 1\n"
    )
    compiled = Path(world.paths.line_config)
    compiled.write_text(
        json.dumps(
            {**json.loads(compiled.read_text()), "version": 2, "program": "9.0.0", "rows": "later"}
        )
    )
    with open_store(world.paths.store_dir) as store:
        remembered = store.get(ACCOUNT_KEY)
        assert not store.set_aside
    assert remembered.reading is not None
    assert remembered.requested_at
    assert history.load(world.paths, ACCOUNT_KEY) == readings
    config, problem = loader.load_lenient(world.env)
    assert config.ttl_s == 250
    assert "config.toml:2: later: there is no such key" in str(problem)
    hot = Hot(world, release)
    eventually(lambda: "config.toml:2: later" in hot.line())
    line = hot.line()
    assert "37%" in line
    assert "26%" in line
    assert len(validate(Path(world.paths.config_file).read_text()).problems) == 3
    assert len(api.requests) == 1
    figure(
        f"{changed} records and readings with more in each object and row: all read; "
        "3 unknown keys named, the others kept"
    )


@promise(
    "A snapshot of another version is never misread. It counts as missing, and the next "
    "refresh replaces it without a request of its own.",
    sees="`loading` for a moment, then the numbers.",
    topic="upgrade",
)
def test_a_snapshot_of_another_version_is_replaced(
    world: World,
    api: Api,
    release: Release,
    figure: Callable[[str], None],
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    assert refresh(world.env).state == "refreshed"
    hot, path = Hot(world, release), Path(world.paths.snapshot)
    versions: list[Any] = [0, 2, 99, "1", None, [], 1.5]
    for version in versions:
        later = {
            **world.snapshot(),
            "version": version,
            "limits": [{"kind": "session", "label": "Current session", "percent": 99}],
        }
        path.write_text(json.dumps(later))
        Path(world.paths.stamp).unlink(missing_ok=True)
        assert "99%" not in hot.line()
        eventually(lambda: world.snapshot()["version"] == 1)
        assert "37%" in hot.line()
    assert len(api.requests) == 1
    figure(
        f"{len(versions)} other versions: none shown, each replaced from the store; "
        f"requests in all: {len(api.requests)}"
    )


@promise(
    "An install record of a later version is not changed. What a later version added to a "
    "record of this version is kept.",
    sees=(
        "`… is of a later version of usageline: install or uninstall with that one. Nothing "
        "was changed.`"
    ),
    topic="upgrade",
)
@pytest.mark.slow
def test_an_install_record_of_a_later_version_is_left_alone(
    world: World, figure: Callable[[str], None]
) -> None:
    machine = Machine(world, REPOSITORY)
    path = Path(world.paths.install_manifest)
    record = manifest.Manifest(
        "9.0.0-0123456789",
        world.paths.data_dir,
        "/nonexistent/python",
        "/nonexistent/python",
        before=manifest.encode_settings(b"{}"),
    )
    manifest.save(world.paths, record)
    written = json.loads(path.read_text())
    write_sealed(path, {**written, "theme": {"kept": ["for", "later"]}})
    again = manifest.load(world.paths)
    assert again is not None
    manifest.save(world.paths, again)
    assert json.loads(path.read_text())["theme"] == {"kept": ["for", "later"]}
    for later in ({"version": 2}, {"version": 7, "before": {"file": "elsewhere"}}):
        write_sealed(path, {**written, **later})
        with pytest.raises(SetupRefused):
            manifest.load(world.paths)
        before = machine.tree(times=True)
        for arguments in ((), ("--yes",), ("--dry-run",), ("--uninstall",)):
            output = machine.run(*arguments, expect=1)
            assert (
                "is of a later version of usageline: install or uninstall with that one" in output
            )
        assert machine.tree(times=True) == before
    figure("2 later records: install, dry run and uninstall refuse, 0 files changed")


def write_sealed(path: Path, written: dict[str, object]) -> None:
    """Write a record as a later version would."""
    path.write_text(json.dumps({**written, "digest": manifest.checksum(written)}))
