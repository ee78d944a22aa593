"""The user's own themes: what a file may say, and that nothing else of it reaches the terminal."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.themes.color_vision import contrast as measured
from tests.world import REPOSITORY
from usageline.config import user_themes
from usageline.config.compile import compile_config, resolve_values
from usageline.config.validate import validate
from usageline.core import json_file
from usageline.core.text import display_width
from usageline.themes import colors, default, palettes, powerline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World
    from usageline.themes.theme import Theme

OCEAN = """
about = "deep blues"
base = "nord"
separator = " · "
[palette]
sea = "#7fbccc"
[styles]
normal = "sea"
[dark]
background = "#0b1622"
critical = "bold #ff8787"
[light]
critical = "bold 124"
[glyphs]
reset = "→ "
"""


@pytest.fixture
def folder(world: World) -> Iterator[Path]:
    """Return the folder of the user's themes, in which validation looks."""
    folder = Path(world.paths.config_file).with_name("themes")
    folder.mkdir(parents=True)
    with user_themes.of(world.env):
        yield folder


def write(folder: Path, text: str, name: str = "mine") -> None:
    """Write a theme."""
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def find(folder: Path, text: str) -> Theme:
    """Write a theme, and return it as it was read."""
    write(folder, text)
    return user_themes.find("mine")


def mistakes(folder: Path, text: str) -> list[str]:
    """Return the messages for a config.toml that names a theme with that text."""
    write(folder, text)
    return [problem.message("c") for problem in validate('theme = "mine"').problems]


def test_theme_changes_its_base(folder: Path) -> None:
    theme = find(folder, OCEAN)
    nord = palettes.theme_of(next(one for one in palettes.PALETTES if one.name == "nord"))
    assert (theme.name, theme.about, theme.separator) == ("mine", "deep blues", " · ")
    assert theme.glyphs["reset"] == "→ "
    assert theme.dark.styles["normal"] == "#7fbccc"
    assert theme.dark.styles["critical"] == "bold #ff8787"
    assert theme.dark.styles["warning"] == nord.dark.styles["warning"]
    assert theme.light
    assert theme.light.styles["critical"] == "bold 124"
    assert "critical" not in theme.light.sixteen


def test_documented_example_is_valid(folder: Path) -> None:
    guide = (REPOSITORY / "docs" / "THEMES.md").read_text(encoding="utf-8")
    section = guide.partition("## A theme as a file")[2].partition("\n## ")[0]
    theme = find(folder, section.partition("```toml\n")[2].partition("```")[0])
    assert theme.dark.styles["name"] == "bold #7fbccc"
    assert theme.dark.styles["critical"] == "bold #ff8787"


def test_colors_that_are_hard_to_read_are_adjusted(folder: Path) -> None:
    """On the stated background, or on the usual ones, unless the theme refuses."""
    faint = '[dark]\nnormal = "#333333"\n'
    assert find(folder, faint).dark.styles["normal"] != "#333333"
    stated = find(folder, faint + 'background = "#ffffff"').dark
    assert stated.styles["normal"] == "#333333"
    assert find(folder, "adjust = false\n" + faint).dark.styles["normal"] == "#333333"
    text = colors.parse(find(folder, faint).dark.styles["normal"]).text
    assert isinstance(text, tuple)
    assert measured(text, (43, 43, 43)) >= 4.5


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ('base = "light"', "light"),
        ('base = "dark"', "dark"),
        ('base = "light"\n[dark]\nnormal = "#ffffff"', ""),
        ("", ""),
    ],
)
def test_theme_has_the_backgrounds_of_its_base_and_its_own(
    folder: Path, text: str, only: str
) -> None:
    theme = find(folder, text)
    assert theme.only == only
    assert (theme.light is None) is bool(only)


def test_powerline_can_be_a_base(folder: Path) -> None:
    """Words are measured on its blocks."""
    theme = find(folder, 'base = "powerline"\n[dark]\nlabel = "#303030"')
    assert theme.blocks == powerline.THEME.blocks
    label = colors.parse(theme.dark.styles["label"]).text
    assert isinstance(label, tuple)
    for block in theme.blocks.values():
        assert measured(label, colors.rgb(colors.parse(block.color).text or 0)) >= 4.5


def test_other_glyphs_of_bars_have_no_groove(folder: Path) -> None:
    """It would hide the empty part."""
    assert find(folder, '[glyphs]\nempty = "."').dark.styles["groove"] == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "nrod"', ':1: base: "nrod" is not allowed; did you mean "nord"'),
        ('bsae = "nord"', ':1: bsae: there is no such key; did you mean "base"'),
        ("\n[dark]\nnormal = 300", ":3: dark.normal: words such as bold"),
        ('[dark]\nnormal = "grean"', 'not "grean"; did you mean "green"'),
        ('[palette]\nsea = "#0000ff"\n[dark]\nnormal = "see"', 'did you mean "sea"'),
        ('[palette]\nred = "#0000ff"', ":2: palette.red: a new name"),
        ('[palette]\nsea = "blue on red"', ":2: palette.sea: one color"),
        ('[dark]\ncolour = "red"', ":2: dark.colour: there is no such key"),
        ('[glyphs]\nreset = "much too wide"', "at most 4 cells wide, is allowed"),
        ('[glyphs]\nfull = "漢"', "one character that takes one cell"),
        ('separator = "\\u001b[2J"', ':1: separator: text of visible characters.*"\\?\\[2J"'),
        ('[glyphs]\nahead = "\\u202e"', "glyphs.ahead: text of visible characters"),
        ('[glyphs]\nahead = "\\u0301"', "glyphs.ahead: text of visible characters"),
        ('[dark]\nnormal = "red\\u001b[31m"', 'not "red\\?\\[31m"'),
        ("dark = 1", ":1: dark: a table is allowed, not 1"),
        ("base = = 1", ":1: not TOML"),
        ("x = 1\n" * 60_000, "at most 256 KiB"),
    ],
)
def test_mistake_is_named_with_file_and_line(folder: Path, text: str, message: str) -> None:
    problems = mistakes(folder, text)
    assert problems
    assert all(problem.startswith("c:1: theme: themes/mine.toml") for problem in problems)
    assert all(problem.isprintable() for problem in problems)
    assert re.search(message, problems[0])


def test_number_of_thousands_of_digits_is_no_color(folder: Path) -> None:
    (message,) = mistakes(folder, f"[dark]\nbackground = 0x{'f' * 9000}")
    assert message.startswith("c:1: theme: themes/mine.toml:2: dark.background: one color")
    assert message.endswith("is allowed, not a number that long")


def test_every_mistake_is_named(folder: Path) -> None:
    assert len(mistakes(folder, 'x = 1\n[dark]\nnormal = "x"\nwarning = 1.5')) == 3


def test_unknown_theme_has_a_suggestion_from_all(folder: Path) -> None:
    write(folder, "", "ocean")
    (problem,) = validate('theme = "ocaen"').problems
    assert problem.text.endswith('"ocaen" is not allowed; did you mean "ocean"?')
    (problem,) = validate('theme = "drakula"').problems
    assert problem.text.endswith('did you mean "dracula"?')


def test_themes_of_usageline_stay(folder: Path) -> None:
    """A file of that name is not read, nor one with a name that is a path."""
    write(folder, '[dark]\nnormal = "red"', "default")
    write(folder, "", "Upper")
    write(folder, "", "\x1b[31m")
    assert user_themes.names() == []
    assert user_themes.find("default") is default.THEME
    assert not user_themes.stamp("../config")


def test_file_with_an_unusable_name_is_reported(folder: Path) -> None:
    for name in ("nord", "Upper", "\x1b[31m", "mine"):
        write(folder, "", name)
    name = "give it a name of at most 32 small letters, digits, - and _"
    assert user_themes.unused_files() == [
        f'the theme file "?[31m.toml" is not used: {name}',
        f'the theme file "Upper.toml" is not used: {name}',
        "the built-in theme nord is used instead of themes/nord.toml: give that file another name",
    ]


def test_fifo_and_directory_are_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    for name in ("pipe", "folder"):
        (problem,) = validate(f'theme = "{name}"').problems
        assert "cannot be read" in problem.text


@settings(max_examples=60)
@given(st.text(max_size=12), st.sampled_from(["separator", "glyphs.reset", "dark.normal", "about"]))
def test_no_text_of_a_theme_acts_on_the_terminal(
    tmp_path_factory: pytest.TempPathFactory, text: str, key: str
) -> None:
    """What is compiled is SGR codes and visible characters."""
    home = tmp_path_factory.mktemp("home")
    folder = home / ".config" / "usageline" / "themes"
    folder.mkdir(parents=True)
    write(folder, f"{key} = {json.dumps(text)}\n")
    with user_themes.of({"HOME": str(home)}):
        validation = validate('theme = "mine"')
        if validation.problems:
            return
        theme = resolve_values(validation.values)["theme"]
        assert user_themes.find("mine").about.isprintable()
    for shown in (
        theme["separator"],
        *filter(lambda one: one is not True, theme["glyphs"].values()),
    ):
        assert all(char.isprintable() or 0xE000 <= ord(char) <= 0xF8FF for char in shown)
        assert display_width(shown) <= 12
    for codes in theme["styles"].values():
        assert all(not code or code.replace(";", "").isdigit() for code in codes.values())


def test_compiled_configuration_records_the_theme_file(world: World, folder: Path) -> None:
    """The status line compares the stamp, also while the file is missing or wrong."""
    world.configure('theme = "mine"')
    compile_config(world.env)
    compiled = json_file.json_file(world.paths.line_config) or {}
    assert compiled["own_themes"] == {"mine": ""}
    assert compiled["problem"] == "config.toml:1: theme"
    write(folder, OCEAN)
    compile_config(world.env)
    compiled = json_file.json_file(world.paths.line_config) or {}
    assert compiled["own_themes"] == {"mine": user_themes.stamp("mine")}
    assert (compiled["problem"], compiled["theme"]["name"]) == ("", "mine")
