"""The picker's screen, driven by keys and clicks in Textual's own test driver."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.events import MouseMove

from usageline import themes
from usageline.cli.config.picker.app import Picker
from usageline.cli.config.picker.draft import Draft
from usageline.cli.config.picker.drawing import Drawing
from usageline.cli.config.picker.lines import Choices
from usageline.config.validate import validate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from tests.world import World

MINE = '# mine\nclock = "12h"  # at home\n'
SIZES = [(80, 24), (120, 40), (40, 10), (200, 60)]


class Screen:
    """A picker on a screen of some size, in a test's world."""

    def __init__(self, world: World, text: str | None = MINE, **env: str) -> None:
        if text is not None:
            world.configure(text)
        self.file = Path(world.paths.config_file)
        self.env = {**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color", **env}
        self.app = Picker(self.env, Draft(text or ""), Drawing(self.env))

    def play(
        self,
        *keys: str,
        size: tuple[int, int] = (80, 24),
        then: Callable[[Pilot[Any]], Awaitable[None]] | None = None,
    ) -> str:
        """Press the keys, do `then`, and return the last screen."""

        async def run() -> str:
            async with self.app.run_test(size=size) as pilot:
                await pilot.press(*keys)
                await pilot.pause()
                if then:
                    await then(pilot)
                    await pilot.pause()
                return self.shown()

        return asyncio.run(run())

    def shown(self) -> str:
        """Return the text on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    @property
    def draft(self) -> Draft:
        """The draft at the end."""
        return self.app._main.draft


def test_the_line_is_on_top_in_the_width_of_the_terminal(world: World) -> None:
    for size in ((80, 24), (160, 40)):
        screen = Screen(world, 'rows = [["model", "session"]]\n')
        lines = screen.play(size=size).splitlines()
        assert lines[0].rstrip().endswith(f"{size[0]} columns")
        assert lines[2].startswith("  Opus 5.5 │ 5h ")


def test_a_preset_and_a_theme_are_chosen_and_saved_with_the_comments(world: World) -> None:
    screen = Screen(world)
    shown = screen.play("down", "down", "enter", "3", "end", "enter", "s")
    assert "Write ~/.config/usageline/config.toml?" in shown
    assert '+theme = "one-dark"' in shown
    assert screen.file.read_text() == MINE
    screen = Screen(world)
    screen.play("down", "down", "enter", "3", "end", "enter", "s", "enter")
    assert screen.app.return_value is screen.draft
    values, problems, _ = validate(screen.file.read_text())
    assert (problems, values.get("theme"), len(values.get("rows"))) == ([], "one-dark", 2)
    assert screen.file.read_text().startswith(MINE)


def test_an_item_under_the_cursor_is_only_tried(world: World) -> None:
    screen = Screen(world)
    shown = screen.play("3", "end")
    assert "trying one-dark: Enter takes it" in shown.splitlines()[0]
    assert " │ " in shown.splitlines()[2]
    assert not screen.draft.is_changed
    screen = Screen(world)
    assert "trying" not in screen.play("3", "end", "escape")
    assert screen.app.is_running is False or not screen.draft.is_changed


def test_every_theme_is_drawn_in_the_gallery(world: World) -> None:
    lines = Screen(world).play("3", size=(100, 60)).splitlines()
    drawn = {line[4:].split()[0]: line for line in lines if "Opus 5.5" in line[20:]}
    assert drawn.keys() == set(themes.NAMES)
    assert all("37%" in line for line in drawn.values())


def test_the_font_question_sets_the_nerd_font_and_the_ascii_theme(world: World) -> None:
    screen = Screen(world)
    assert "Do you see an arrow" in screen.play("2", "up", "enter")
    assert screen.draft.value("nerd_font") is True
    screen = Screen(world)
    screen.play("2", "end", "enter")
    assert screen.draft.value("theme") == "ascii"
    screen = Screen(world, 'theme = "ascii"\n')
    screen.play("2", "end", "up", "enter")
    assert screen.draft.text == ""


def test_segments_are_removed_added_moved_and_split_by_keys(world: World) -> None:
    rows = 'rows = [["model", "session", "weekly"]]\n'
    screen = Screen(world, rows)

    async def arrange(pilot: Pilot[Any]) -> None:
        for keys, expected in (
            (("down", "space"), [["model", "weekly"]]),
            (("down", "K"), [["session", "model", "weekly"]]),
            (("shift+down",), [["session", "model", "weekly"]]),
            (("down", "n"), [["model"], ["session", "weekly"]]),
            (("down", "down", "J"), [["model", "session"], ["weekly"]]),
            (("down", "down", "down", "space"), [["model", "session", "weekly", "effort"]]),
            (("down", "space", "space"), [["model"]]),  # the cursor stays
            (("down", "space", "u"), [["model", "session", "weekly"]]),
            (("down", "space", "u", "r"), [["model", "weekly"]]),
        ):
            screen.app._main.draft = Draft(rows)
            await pilot.press("4", "home", *keys)
            assert screen.draft.rows == expected

    screen.play(then=arrange)


def test_the_only_segment_stays_and_the_reason_is_shown(world: World) -> None:
    screen = Screen(world, 'rows = [["model"]]\n')
    assert "model is the only segment" in screen.play("4", "space")
    assert screen.draft.rows == [["model"]]


def test_options_of_a_segment_are_changed_and_typed(world: World) -> None:
    screen = Screen(world, 'rows = [["session"]]\n')
    screen.play("4", "enter", "down", "right", "right")
    assert screen.draft.value("segments.session.bar_width") == 12
    screen = Screen(world, 'rows = [["session"]]\n')
    shown = screen.play("4", "enter", "down", "enter", "backspace", "backspace", "9", "9", "enter")
    assert "a whole number from 2 to 40 is allowed, not 99" in shown
    screen = Screen(world, 'rows = [["session"]]\n')
    screen.play("4", "enter", "down", "enter", "backspace", "backspace", "7", "enter")
    assert screen.draft.value("segments.session.bar_width") == 7


def test_settings_are_changed_in_place(world: World) -> None:
    screen = Screen(world, "")
    assert "Format of times of day" in screen.play("5", "right")
    assert screen.draft.text == 'clock = "12h"\n'
    screen = Screen(world)
    screen.play("5", "left")
    assert screen.draft.text == "# mine\n"


def test_everything_is_done_by_mouse(world: World) -> None:
    screen = Screen(world, 'rows = [["model", "session"]]\n')

    async def click(pilot: Pilot[Any]) -> None:
        def find(text: str) -> tuple[int, int]:
            lines = screen.shown().splitlines()
            y = next(number for number, line in enumerate(lines) if text in line)
            return lines[y].index(text) + 1, y

        for text in ("Themes", "high-contrast", "4 Segments", "● session", "Esc", "K up", "s save"):
            assert await pilot.click(offset=find(text))
            await pilot.pause()
        assert await pilot.click(offset=find("Enter write it"))

    screen.play(then=click)
    values = validate(screen.file.read_text()).values
    assert (values.get("theme"), values.get("rows")) == ("high-contrast", [["session", "model"]])


def test_a_segment_is_dragged_to_its_place(world: World) -> None:
    screen = Screen(world, 'rows = [["model", "session", "weekly"], ["context"]]\n')

    async def drag(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await pilot.pause()
        lines = screen.shown().splitlines()
        x, top = next((line.index("model"), y) for y, line in enumerate(lines) if "● model" in line)
        await pilot.mouse_down(offset=(x, top))
        for y in (top + 1, top + 2, top + 3):
            await pilot._post_mouse_events([MouseMove], offset=(x, y), button=1)
        await pilot.mouse_up(offset=(x, top + 3))
        await pilot.pause()
        assert screen.draft.rows == [["session", "weekly"], ["model", "context"]]
        assert not screen.app._main.query_one("#options").has_focus
        await pilot.hover(offset=(x, top))
        assert screen.draft.rows == [["session", "weekly"], ["model", "context"]]

    screen.play(then=drag)


@pytest.mark.parametrize("keys", [("q",), ("escape",), ("3", "end", "enter", "ctrl+c")])
def test_cancel_leaves_no_trace(world: World, keys: tuple[str, ...]) -> None:
    screen = Screen(world, None)
    before = world.files()
    screen.play(*keys)
    assert screen.app.return_value is None
    assert world.files() == before


def test_quit_asks_if_there_are_changes(world: World) -> None:
    screen = Screen(world)
    assert "not saved" in screen.play("3", "end", "enter", "q")
    screen = Screen(world)
    screen.play("3", "end", "enter", "q", "d")
    assert screen.file.read_text() == MINE
    screen = Screen(world)
    screen.play("3", "end", "enter", "q", "s", "enter")
    assert 'theme = "one-dark"' in screen.file.read_text()


def test_a_change_by_another_program_is_kept(world: World) -> None:
    screen = Screen(world)

    async def change(pilot: Pilot[Any]) -> None:
        screen.file.write_text(MINE.replace("12h", "24h"))
        await pilot.press("s", "enter")

    screen.play("3", "end", "enter", then=change)
    text = screen.file.read_text()
    assert 'clock = "24h"  # at home' in text
    assert 'theme = "one-dark"' in text


def test_a_file_that_is_broken_in_the_meantime_is_not_overwritten(world: World) -> None:
    screen = Screen(world)

    async def damage(pilot: Pilot[Any]) -> None:
        screen.file.write_text("theme = \n")
        await pilot.press("s", "enter")

    shown = screen.play("3", "end", "enter", then=damage)
    assert "Not saved" in shown
    assert "not TOML" in shown
    assert screen.draft.is_changed
    assert screen.file.read_text() == "theme = \n"


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_every_size_and_is_ascii_without_unicode(
    world: World, size: tuple[int, int]
) -> None:
    screen = Screen(world, LANG="C", TERM="linux")

    async def turn(pilot: Pilot[Any]) -> None:
        for page in ("1", "2", "3", "4", "5", "question_mark"):
            await pilot.press(page, "down", "end")
            await pilot.pause()
            shown = screen.shown()
            assert shown.isascii()
            assert len(shown.splitlines()) == size[1]
            assert ">" in shown
            if page != "question_mark":
                assert "s save  q quit" in shown
                assert "? keys" in shown

    screen.play(size=size, then=turn)


def test_the_users_own_numbers_are_drawn_and_the_sample_on_request(world: World) -> None:
    snapshot = Path(world.paths.snapshot)
    snapshot.parent.mkdir(parents=True, mode=0o700)
    snapshot.write_text('{"version": 1, "limits": [{"kind": "session", "percent": 63}]}')
    screen = Screen(world, 'rows = [["session"]]\n')
    assert "63%" in screen.play().splitlines()[2]
    screen = Screen(world, 'rows = [["session"]]\n')
    assert "37%" in screen.play("d").splitlines()[2]


def test_another_width_is_drawn(world: World) -> None:
    lines = Screen(world, 'rows = [["directory"]]\nwrap = true\n').play("w").splitlines()
    assert lines[0].rstrip().endswith("60 columns")


def test_no_color_leaves_no_color_on_the_screen(world: World, monkeypatch: Any) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen(world, NO_COLOR="1")
    colors: set[Any] = set()

    async def collect(pilot: Pilot[Any]) -> None:
        for strip in pilot.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(
                pilot.app._filters[-1], pilot.app.background_colors[0]
            ):
                colors.add(segment.style and segment.style.color)

    shown = screen.play("3", "down", then=collect)
    assert "▌" in shown
    assert all(color is None or color.is_default for color in colors)


@pytest.mark.parametrize(
    ("text", "keys", "about"),
    [
        ('theme = "nord"\n', ("down", "down"), "the theme nord stays"),
        ("", ("down",), "with the theme minimal"),
        ("", ("end", "enter", "home"), "the default rows replace yours, powerline goes"),
    ],
)
def test_a_preset_says_what_it_does_to_the_theme(
    world: World, text: str, keys: tuple[str, ...], about: str
) -> None:
    assert about in Screen(world, text).play(*keys, size=(120, 30))


def spot(screen: Screen, text: str) -> tuple[int, int]:
    """Return the place of a text on the screen."""
    lines = screen.shown().splitlines()
    y = next(number for number, line in enumerate(lines) if text in line)
    return lines[y].index(text) + 1, y


def test_keys_without_a_target_change_nothing(world: World) -> None:
    screen = Screen(world, 'rows = [["model", "session"]]\n')

    async def press(pilot: Pilot[Any]) -> None:
        async def noted(*keys: str) -> str:
            await pilot.press(*keys)
            await pilot.pause()
            return screen.shown()

        assert "Nothing is changed yet." in await noted("s")
        assert "There is no such change." in await noted("u")
        await noted("right", "K")  # no segments on this page
        await noted("4", "end", "J", "n")  # this segment is in no row
        await noted("home", "K")  # the first one
        assert screen.draft.rows == [["model", "session"]]
        assert not screen.draft.is_changed

    screen.play(then=press)
    assert screen.app.return_value is None


def test_escape_leaves_each_dialog_as_it_was(world: World) -> None:
    screen = Screen(world, 'rows = [["session"]]\n')

    async def press(pilot: Pilot[Any]) -> None:
        await pilot.press("4", "enter", "down", "enter", "9", "escape")
        await pilot.pause()
        assert not screen.draft.is_changed, "a value was typed and not taken"
        await pilot.press("right")
        changed = screen.draft.text
        for keys in (("s", "escape"), ("escape", "q", "escape"), ("question_mark", "escape")):
            await pilot.press(*keys)
            await pilot.pause()
            assert screen.draft.text == changed
            assert screen.app.is_running

    screen.play(then=press)
    assert screen.file.read_text() == 'rows = [["session"]]\n'


def test_keys_at_the_bottom_are_buttons(world: World) -> None:
    screen = Screen(world, 'rows = [["session"]]\n')

    async def click(pilot: Pilot[Any], *texts: str) -> None:
        for text in texts:
            assert await pilot.click(offset=spot(screen, text))
            await pilot.pause()

    async def play(pilot: Pilot[Any]) -> None:
        await click(pilot, "Segments", "Enter options")
        await pilot.press("down")
        await click(pilot, "change")
        assert screen.draft.value("segments.session.bar_width") == 11
        await click(pilot, "Enter type or change")
        assert "a whole number from 2 to 40" in screen.shown()
        await pilot.press("escape")
        await click(pilot, "Esc segments", "Presets", "Enter use it")
        assert [edit.what for edit in screen.draft.edits][1:] == ["preset standard"]

    screen.play(then=play)


def test_lists_move_by_a_screen(world: World) -> None:
    screen = Screen(world, "")
    cursors = []

    async def page(pilot: Pilot[Any]) -> None:
        for key in ("pagedown", "pagedown", "pageup", "pageup"):
            await pilot.press(key)
            await pilot.pause()
            cursors.append(screen.app._main.query_one("#themes", Choices).key)

    screen.play("3", "home", then=page)
    first, second, third, fourth = (list(themes.NAMES).index(name) for name in cursors)
    assert 1 < first < second > third > fourth == 0


def test_click_between_items_changes_nothing(world: World) -> None:
    screen = Screen(world, 'rows = [["model"], ["session"]]\n')

    async def click(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await pilot.pause()
        segments = screen.app._main.query_one("#list", Choices)
        for text in ("row 2", "not in the line"):
            assert await pilot.click(offset=spot(screen, text))
            await pilot.pause()
            assert segments.key == "0.0"
        # A segment that is in no row cannot be dragged.
        x, y = spot(screen, "directory")
        await pilot.mouse_down(offset=(x, y))
        await pilot._post_mouse_events([MouseMove], offset=(x, y - 2), button=1)
        await pilot.mouse_up(offset=(x, y - 2))
        assert screen.draft.rows == [["model"], ["session"]]

    screen.play(size=(100, 50), then=click)


def test_long_change_is_shortened_before_it_is_written(world: World) -> None:
    screen = Screen(world)

    async def change(pilot: Pilot[Any]) -> None:
        draft = screen.app._main.draft
        for name in ("session", "weekly", "context", "credits"):
            for option, value in (("label", name), ("style", "red"), ("priority", 50)):
                draft = draft.set(f"segments.{name}.{option}", value)
        screen.app._main.draft = draft
        await pilot.press("s")

    shown = screen.play(then=change)
    assert '+label = "session"' in shown
    assert '+label = "credits"' not in shown
    assert " more lines)" in shown
    assert "Enter write it" in shown
