from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot
from usageline import __version__
from usageline.config import loader
from usageline.config.validate import validate
from usageline.core import paths
from usageline.system import origin, origin_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release, World


def write(folder: Path, text: str) -> None:
    (folder / "usageline").mkdir(parents=True, exist_ok=True)
    (folder / "usageline" / "config.toml").write_text(text)


def test_config_of_a_project_runs_no_program(
    world: World, release: Release, eventually: Callable[..., None]
) -> None:
    """It may change the line's appearance. A refused key is named with its line number."""
    origin_record.write_record(str(release.root), world.env)
    hot, ran = Hot(world, release), world.home / "ran"
    hot.publish()
    chosen: dict[str, str | None] = {"XDG_CONFIG_HOME": str(world.home / "project")}
    write(world.home / "project", f'theme = "ascii"\n[chain]\ncommand = "touch {ran}; echo theirs"')
    for _ in range(3):
        assert (
            hot.run_configured(env=chosen)
            .stdout.decode()
            .rstrip()
            .endswith("config.toml:3: chain.command")
        )
    write(
        world.home / ".config", f'rows = [["context"]]\n[chain]\ncommand = "touch {ran}; echo ours"'
    )
    hot.run()
    eventually(
        lambda: hot.run() and ran.exists()
    )  # the user's own does run, so the other one would have by now


def test_cache_of_a_project_runs_no_program(world: World, release: Release) -> None:
    """Neither at once, nor if no process can compile the config."""
    origin_record.write_record(str(release.root), world.env)
    hot, ran = Hot(world, release), world.home / "ran"
    hot.publish()
    chosen: dict[str, str | None] = {"XDG_CACHE_HOME": str(world.home / "project")}
    place = Path(paths.line_config({**world.env, "XDG_CACHE_HOME": str(world.home / "project")}))
    place.parent.mkdir(parents=True, mode=0o700)
    hostile = {
        "version": 1,
        "rows": [[["model", {}]]],
        "chain": {"command": f"touch {ran}", "wait": True, "timeout": 5},
    }
    world.configure('rows = [["context"]]')
    for claimed in (True, False):
        place.write_text(json.dumps({**hostile, "program": __version__, "stamp": "1-2-3"}))
        place.chmod(0o600)
        if claimed:
            place.with_name("line.stamp").touch(mode=0o600)
        else:
            place.with_name("line.stamp").unlink()
        hot.run(env=chosen)
        assert not ran.exists()


@pytest.mark.parametrize(
    "text", ['client = "/bin/claude"', '[alerts]\ncommand = "x"', '[chain]\ncommand = "x"']
)
def test_each_key_that_names_a_program_is_refused(text: str) -> None:
    assert validate(text).problems == []
    (problem,) = validate(text, programs=False).problems
    assert problem.text == origin.REFUSED
    assert (
        validate(text, programs=False).values
        == validate("[alerts]" if "alerts" in text else "[chain]" if "chain" in text else "").values
    )


@pytest.mark.parametrize(
    "line",
    ['textfile = "/m.prom"', 'otlp = "http://127.0.0.1:4318"', 'headers_file = "/h"'],
)
def test_each_key_that_sends_numbers_somewhere_is_refused(line: str) -> None:
    text = f"[metrics]\n{line}"
    assert validate(text).problems == []
    (problem,) = validate(text, programs=False).problems
    assert "may say where metrics go; if this is yours" in problem.text
    assert validate(text, programs=False).values == validate("[metrics]").values


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return an environment that is recorded at `tmp_path`/release."""
    env = {
        "HOME": str(tmp_path / "home"),
        "PATH": "/mine:relative::/bin",
        "CLAUDE_CONFIG_DIR": str(tmp_path / "work"),
    }
    for name in ("home/.config/usageline", "home/.claude", "work", "project", "release"):
        (tmp_path / name).mkdir(parents=True)
    origin_record.write_record(
        str(tmp_path / "release"),
        {**env, "HTTPS_PROXY": "http://proxy:1", "SSL_CERT_FILE": "here.pem", "USER": "me"},
    )
    return env


def test_only_recorded_paths_are_the_users_own(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, project = str(tmp_path / "release"), tmp_path / "project"
    (project / "to-home").symlink_to(home["HOME"])
    monkeypatch.chdir(project)
    own = origin.own(home, root)
    assert own is not None
    assert own.fixed == {
        "HOME": home["HOME"],
        "USER": "me",
        "CLAUDE_CONFIG_DIR": home["CLAUDE_CONFIG_DIR"],
    }
    without = {name: value for name, value in home.items() if name != "CLAUDE_CONFIG_DIR"}
    same = (
        {**home, "HOME": home["HOME"] + "/"},
        {**home, "HOME": f"{project}/to-home/../project/../home"},
        {
            **home,
            "HOME": "/proc/self/cwd/../home",
            "XDG_CONFIG_HOME": "/proc/self/cwd/to-home/.config",
        },
        {**home, "CLAUDE_CONFIG_DIR": home["CLAUDE_CONFIG_DIR"] + "//."},
    )
    assert [origin.own(env, root) for env in same] == [own] * len(same)
    usual = origin.own(without, root)
    assert usual is not None
    assert usual.claude_dir == home["HOME"] + "/.claude"
    assert "CLAUDE_CONFIG_DIR" not in usual.fixed
    for other in (
        "/proc/self/cwd",
        str(project),
        str(tmp_path),
        "/proc/self/cwd/../home/..",
        "\0",
        "relative",
    ):
        assert origin.own({**home, "HOME": other}, root) is None
        assert (origin.own({**home, "XDG_CONFIG_HOME": other}, root) is None) is (
            other not in ("\0", "relative")
        )  # which are ignored
        assert origin.own({**home, "CLAUDE_CONFIG_DIR": other}, root) == own._replace(
            claude_dir="", fixed={"HOME": home["HOME"]}
        )
    assert origin.own({}, root) is None


def test_paths_are_own_only_with_the_recorded_cache_and_state(
    home: dict[str, str], tmp_path: Path
) -> None:
    """They are the recorded ones: a link that changes later has no effect."""
    root, link = str(tmp_path / "release"), tmp_path / "link"
    link.symlink_to(home["HOME"])
    for env in (home, {**home, "HOME": str(link)}):
        paths = origin.own_paths(env, root)
        assert paths is not None
        assert paths.state_dir == home["HOME"] + "/.local/state/usageline"
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR"):
        assert origin.own_paths({**home, name: str(tmp_path / "project")}, root) is None
    assert origin.own_paths({}, root) is None


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "profiles": {}, "configs": 5, "path": [], "network": 1}',
    ],
)
def test_missing_or_invalid_record_runs_no_program(
    home: dict[str, str], tmp_path: Path, content: str | None
) -> None:
    """The numbers do not need it."""
    root = tmp_path / "release"
    (root / origin_record.NAME).unlink()
    if content is not None:
        (root / origin_record.NAME).write_text(content)
        (root / origin_record.NAME).chmod(0o600)
    assert not origin.may_run_programs(home, str(root))
    assert origin.search_path(home, str(root)) == ""
    assert origin.network({"HTTPS_PROXY": "http://theirs"}, str(root)) == {}


def test_record_that_others_can_write_is_ignored(home: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "release"
    assert origin.may_run_programs(home, str(root))
    (root / origin_record.NAME).chmod(0o660)
    assert not origin.may_run_programs(home, str(root))


def test_path_and_network_variables_are_those_of_the_install(
    home: dict[str, str], tmp_path: Path
) -> None:
    root = str(tmp_path / "release")
    project_env = {
        **home,
        "PATH": "/theirs",
        "HTTPS_PROXY": "http://theirs",
        "SSL_CERT_DIR": "certs",
    }
    assert origin.search_path(project_env, root) == "/mine:/bin"
    assert origin.network(project_env, root) == {
        "HTTPS_PROXY": "http://proxy:1",
        "SSL_CERT_FILE": str(Path.cwd() / "here.pem"),
    }


def test_record_of_0_1_0_stays_valid(home: dict[str, str], tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    (old / "config-files").write_text(
        "/u/.config/usageline/config.toml\n/a/usageline/config.toml\n"
    )
    origin_record.write_record(str(new), home, str(old))
    for env in ({"HOME": "/u"}, {"HOME": "/u", "XDG_CONFIG_HOME": "/a/."}, home):
        assert origin.may_run_programs(env, str(new))
    assert not origin.may_run_programs({"HOME": "/u", "XDG_CONFIG_HOME": "/b"}, str(new))
    assert not origin.may_run_programs({"HOME": "/project", "XDG_CONFIG_HOME": "/a"}, str(new))


def test_refresh_runs_no_program_of_an_unknown_config(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure('[alerts]\ncommand = "x"\nthresholds = [50]')
    assert loader.load(world.env).alerts.command == "x"
    monkeypatch.setattr("usageline.config.loader.may_run_programs", lambda _env: False)
    loaded, problem = loader.load_lenient(world.env)
    assert (loaded.alerts.command, loaded.alerts.thresholds) == ("", (50,))
    assert "alerts.command" in str(problem)


@pytest.mark.parametrize(
    ("own", "chosen", "sources", "refused"),
    [
        (
            'sources = ["claude-cache"]',
            'sources = ["oauth", "claude-cache"]',
            ("claude-cache",),
            ("oauth",),
        ),
        ('sources = ["claude-cache"]', None, ("claude-cache",), ("oauth",)),
        ('sources = ["payload"]', "", (), ("claude-cache", "oauth")),
        ('sources = ["client", "oauth"]', 'sources = ["client"]', (), ("client",)),
        (None, 'sources = ["client", "claude-cache"]', ("claude-cache",), ("client",)),
        (None, None, ("claude-cache", "oauth"), ()),
        ("sources = [", 'sources = ["oauth", "claude-cache"]', ("claude-cache",), ("oauth",)),
    ],
)
def test_unknown_config_removes_sources_and_adds_none(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    own: str | None,
    chosen: str | None,
    sources: tuple[str, ...],
    refused: tuple[str, ...],
) -> None:
    """A user who removed `oauth` does not want the token to be read in a project, either."""
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.write_record(str(tmp_path), world.env)
    if own is not None:
        world.configure(own)
    if chosen is not None:
        write(tmp_path / "x", chosen)
    loaded, problem = loader.load_lenient({**world.env, "XDG_CONFIG_HOME": str(tmp_path / "x")})
    assert (loaded.sources, loaded.refused) == (sources, refused)
    assert ("client" in (chosen or "")) is (problem is not None and origin.REFUSED in str(problem))
