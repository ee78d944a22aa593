"""config.toml compiled for the line: run as the line runs it, in a world of its own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline import __version__
from usageline.config.compile import compile_config, resolve_values
from usageline.config.validate import validate
from usageline.core import paths
from usageline.core.errors import CacheUnsafe
from usageline.core.freshness import file_fingerprint
from usageline.core.json_file import json_file as read_compiled

if TYPE_CHECKING:
    from tests.world import Release, World

NO_VALUE = "Invalid value" if sys.version_info >= (3, 11) else r"Unexpected character: '\n'"
"""The parser's words: Python 3.10 has another one."""


def compiled(world: World) -> dict[str, Any]:
    """Return what the status line would read."""
    content = read_compiled(world.paths.line_config)
    assert isinstance(content, dict)
    return content


def run(world: World, release: Release) -> None:
    """Compile in a process, as the status line does."""
    done = world.run(release.python, "-I", "-B", "-m", "usageline.config.compile")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_segments_options_and_instances_become_rows(world: World, built_release: Release) -> None:
    """Only options that differ are kept. A color becomes a style of the theme, a bar its glyphs."""
    world.configure(
        'rows = [["model", "session", "text.note"], ["weekly", "clock"]]\nwrap = true\n'
        '[segments.session]\nbar_width = 5\nbar = "dots"\nstyle = "bold red"\ncount = "used"\n'
        '[segments.text]\nstyle = "quiet"\n[segments.text.note]\ntext = "hello"\n'
        "[segments.clock]\nhide = true\n"
    )
    run(world, built_release)
    content = compiled(world)
    assert content["rows"] == [
        [
            ["model", {}],
            ["session", {"bar_width": 5, "style": "custom-1", "bar_glyphs": ["●", "", "○"]}],
            ["text", {"style": "quiet", "text": "hello"}],
        ],
        [["weekly", {}]],
    ]
    assert (
        content["theme"]["styles"]["256"]["custom-1"]
        == content["theme"]["light"]["true"]["custom-1"]
        == "1;31"
    )
    assert (
        content["wrap"],
        content["max_rows"],
        content["color"],
        content["clock"],
        content["problem"],
    ) == (
        True,
        6,
        "auto",
        "24h",
        "",
    )
    assert (content["version"], content["program"]) == (1, __version__)
    assert content["stamp"] == file_fingerprint(world.paths.config_file)


def test_a_theme_comes_with_what_was_changed_in_it(world: World) -> None:
    """Styles at all depths, glyphs, and a separator, here in place of the arrows."""
    world.configure(
        'theme = "Powerline"\nnerd_font = true\nseparator = "/"\n[styles]\nnormal = "#2e8b57"\n'
        '[glyphs]\nfull = "="\nparts = ""\n'
    )
    assert compile_config(world.env) == []
    theme = compiled(world)["theme"]
    assert (theme["name"], theme["separator"], theme["caps"]) == ("powerline", "/", ["", "/", ""])
    assert theme["styles"]["true"]["normal"] == "38;2;46;139;87"
    assert theme["styles"]["256"]["normal"] == "38;5;29"
    assert (theme["glyphs"]["full"], theme["glyphs"]["empty"]) == ("=", "░")
    assert theme["icons"]["model"]


def test_the_default_theme_is_not_compiled(world: World) -> None:
    """A chain without a command is left out, too."""
    world.configure('clock = "12h"\n[chain]\nposition = "above"\n')
    compile_config(world.env)
    assert not {"theme", "chain"} & compiled(world).keys()


@pytest.mark.parametrize(
    ("text", "may_fold"),
    [
        ('clock = "12h"', True),
        ("max_rows = 1", False),
        ('rows = [["model", "session"]]', False),
    ],
)
def test_only_the_default_row_may_have_two_lines(text: str, *, may_fold: bool) -> None:
    assert resolve_values(validate(text).values).get("fold", False) is may_fold


@pytest.mark.parametrize(
    ("table", "is_compiled"),
    [("cost_day = 0", None), ("cost_day = 12.5", True), ("cost_month = 200", True)],
)
def test_line_knows_that_the_cost_is_watched(table: str, is_compiled: object) -> None:
    values = validate(f"[alerts]\n{table}\n").values
    assert resolve_values(values).get("cost_alerts") is is_compiled


def test_a_chain_is_compiled_with_its_defaults(world: World) -> None:
    world.configure('[chain]\ncommand = "date"\nwait = true\n')
    compile_config(world.env)
    digest = paths.digest(b"date")
    assert compiled(world)["chain"] == {
        "command": "date",
        "position": "below",
        "timeout": 5,
        "wait": True,
        "env": [],
        "digest": digest,
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('clock = "12h"\ntheme = "drak"\n', "config.toml:2: theme"),
        ("clock = \n", f"config.toml:1: not TOML: {NO_VALUE}"),
        ('[segments.sesion]\nbar = "dots"\n', "config.toml:1: segments.sesion"),
    ],
)
def test_the_last_valid_configuration_is_kept_and_marked(
    world: World, built_release: Release, text: str, problem: str
) -> None:
    """It has the stamp of the broken file, so that it is compiled once; a valid file ends it."""
    world.configure('theme = "minimal"\n')
    run(world, built_release)
    good = compiled(world)
    world.configure(text)
    run(world, built_release)
    stamp = file_fingerprint(world.paths.config_file)
    # A theme that is missing may be added later.
    own_themes = {"drak": ""} if "drak" in text else {}
    marked = {**good, "problem": problem, "stamp": stamp, "own_themes": own_themes}
    assert compiled(world) == marked
    run(world, built_release)
    assert compiled(world) == marked
    world.configure('theme = "ascii"\n')
    run(world, built_release)
    assert compiled(world)["problem"] == ""
    assert compiled(world)["theme"]["name"] == "ascii"


def test_without_a_last_valid_configuration_the_valid_keys_are_used(world: World) -> None:
    """The problem is reported, too."""
    world.configure('theme = "minimal"\nclock = "13h"\n')
    compile_config(world.env)
    content = compiled(world)
    assert (content["theme"]["name"], content["clock"], content["problem"]) == (
        "minimal",
        "24h",
        "config.toml:2: clock",
    )


def test_without_a_configuration_nothing_is_written(world: World) -> None:
    """The line's own defaults hold, and it reads nothing."""
    compile_config(world.env)
    assert not os.path.exists(world.paths.line_config)


def test_a_configuration_that_was_removed_leaves_the_defaults(
    world: World, built_release: Release
) -> None:
    """The compiled file has the stamp of no file."""
    world.configure('theme = "minimal"\nrows = [["model"]]\n')
    run(world, built_release)
    os.unlink(world.paths.config_file)
    run(world, built_release)
    content = compiled(world)
    assert (content["stamp"], content["problem"], "theme" in content) == ("", "", False)
    assert [kind for kind, options in content["rows"][0] if not options][:5] == [
        *("model", "context", "directory", "git", "session")
    ]


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.mkdir()


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _long(path: Path) -> None:
    path.write_text("# " + "x" * (256 << 10))


def _latin_1(path: Path) -> None:
    path.write_bytes(b"\n# caf\xe9\n")


def _deep(path: Path) -> None:
    path.write_text("rows = " + "[" * 30000)


def _closed(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_fifo, "config.toml: cannot be read: it is not a regular file"),
        (_directory, "config.toml: cannot be read: it is not a regular file"),
        (_endless, "config.toml: cannot be read: it is not a regular file"),
        (_long, "config.toml: at most 256 KiB are allowed"),
        (_latin_1, "config.toml:2: not TOML: this is not UTF-8"),
        (_deep, "config.toml: not TOML: nested too deeply"),
    ],
)
def test_anything_else_in_place_of_the_file_is_reported_at_once(
    world: World, built_release: Release, make: Any, problem: str
) -> None:
    """The line keeps its default rows."""
    path = Path(world.paths.config_file)
    path.parent.mkdir(parents=True)
    make(path)
    run(world, built_release)
    content = compiled(world)
    assert content["problem"] == problem
    assert content["stamp"] == file_fingerprint(str(path)) != ""
    assert content["rows"][0][0] == ["model", {}]


def test_a_link_to_itself_counts_as_no_file(world: World, built_release: Release) -> None:
    """Its stamp is that of no file, so nothing is compiled."""
    path = Path(world.paths.config_file)
    path.parent.mkdir(parents=True)
    _closed(path)
    run(world, built_release)
    assert not os.path.exists(world.paths.line_config)


def test_the_file_is_private_and_a_link_in_its_place_is_replaced(
    world: World, tmp_path: Path
) -> None:
    """The target of the link is not changed."""
    world.configure('clock = "12h"\n')
    target = Path(world.paths.line_config)
    target.parent.mkdir(parents=True, mode=0o700)
    other = tmp_path / "other"
    other.write_text("theirs")
    target.symlink_to(other)
    compile_config(world.env)
    assert other.read_text() == "theirs"
    assert stat.S_IMODE(target.lstat().st_mode) == 0o600
    assert stat.S_ISREG(target.lstat().st_mode)
    assert sorted(os.listdir(target.parent)) == ["line.json"]


def test_a_cache_that_others_can_write_to_is_refused(world: World, built_release: Release) -> None:
    """In a process of its own, without output."""
    world.configure('clock = "12h"\n')
    world.cache.mkdir(parents=True)
    world.cache.chmod(0o777)
    with pytest.raises(CacheUnsafe):
        compile_config(world.env)
    run(world, built_release)
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"version": 2, "rows": []}',
        b'{"version": 1, "rows": 5}',
        b"\xff" * 300_000,
    ],
)
def test_an_invalid_compiled_file_is_not_used(world: World, content: bytes) -> None:
    """The valid keys of the broken configuration replace it."""
    world.configure('theme = "nonesuch"\n')
    target = Path(world.paths.line_config)
    target.parent.mkdir(parents=True, mode=0o700)
    target.write_bytes(content)
    target.chmod(0o600)
    compile_config(world.env)
    assert compiled(world)["rows"][0][0] == ["model", {}]


def test_many_at_once_leave_one_whole_file(world: World, built_release: Release) -> None:
    """The lines of all sessions see the same edit."""
    world.configure('theme = "powerline"\n')
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.config.compile"]
    running = [subprocess.Popen(command, env=world.env, stderr=subprocess.PIPE) for _ in range(8)]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 8
    assert compiled(world)["theme"]["name"] == "powerline"
    assert os.listdir(world.cache) == ["line.json"]


def test_it_is_not_written_again_for_the_same_configuration(world: World) -> None:
    """A refresh compiles, too."""
    world.configure('clock = "12h"\n')
    compile_config(world.env)
    before = file_fingerprint(world.paths.line_config)
    compile_config(world.env)
    assert file_fingerprint(world.paths.line_config) == before


def test_the_imports_are_few(world: World, built_release: Release) -> None:
    """The line waits for it, so it imports neither the sources nor anything slow."""
    world.configure('theme = "powerline"\n[styles]\nname = "#ff8800"\n')
    code = (
        "import sys; from usageline.config.compile import main; main(); print(*sorted(sys.modules))"
    )
    done = world.run(built_release.python, "-I", "-B", "-c", code)
    loaded = set(done.stdout.split())
    slow = {
        "httpx",
        "click",
        "rich",
        "dataclasses",
        "inspect",
        "subprocess",
        "socket",
        "difflib",
        "usageline.sources",
        "asyncio",
        "tempfile",
    }
    assert not loaded & (slow | ({"tomlkit"} if sys.version_info >= (3, 11) else set()))
    assert "usageline.themes.minimal" not in loaded
    assert json.loads(Path(world.paths.line_config).read_text())["problem"] == ""


def test_powerline_has_only_the_blocks_that_the_rows_show(
    world: World, built_release: Release
) -> None:
    """Each line reads all that is compiled."""
    world.configure('theme = "powerline"\nrows = [["session", "text.note"]]\n[segments.text.note]')
    run(world, built_release)
    for name in ("blocks", "light_blocks"):
        for kinds in compiled(world)["theme"][name].values():
            assert kinds.keys() == {"*", "status", "session", "text"}
