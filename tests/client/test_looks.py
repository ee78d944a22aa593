"""How the line looks in the client: themes, widths, rows, colors, links, over many updates and with a configuration that is wrong."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.client.cells import find, width
from tests.client.installation import opened
from tests.client.looks import INDENT, MARGIN, PULL, WIDTHS, Looks, Shown
from tests.client.recording import Link, cut_sequences, links
from usageline.themes import colors, default, powerline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client.sandbox import Sandbox
    from tests.client.terminal import Terminal

THEMES = {
    "default": ('theme = "default"', " │ "),
    "powerline": ('theme = "powerline"', "  "),
    "nerd": ('theme = "powerline"\nnerd_font = true', " \ue0b0 "),
    "ascii": ('theme = "ascii"', " | "),
}
"""Each look's keys, and what stands between the limits."""

UPDATES = 30
UPDATES_DEADLINE_S = 120
CHAINED = "https://example.com/chained?a=1&b=2"
CHAIN = f"""
[segments.clock]
seconds = true
[chain]
command = "printf '\\\\033]8;;{CHAINED}\\\\033\\\\\\\\linked\\\\033]8;;\\\\033\\\\\\\\ \\\\033[1;32mgreen\\\\033[0m'"
"""
UPDATED = (
    r"Opus 5\.5 │ project │ feature/looks │ #7 approved( {4,}\S.*)?",
    r"5h [█-▏ ╎]+ 41% ↻ \w+ │ 7d [█-▏ ╎]+ 27% ↻ \w+ \d\d:\d\d │ Fable 55% │ (credits )?\$12\.34/\$50",
    r"(?P<clock>\d\d:\d\d:\d\d) │ updated │ ▲ Fable passed 50%",
    r"linked green",
)
"""The rows of each update."""

MISTAKES = {
    "an unknown segment": (
        'theme = "ascii"\n[segments.nonsense]\nhide = true',
        "config.toml:2: segments.nonsense",
    ),
    "no TOML": ('theme = "ascii"\n\ncolor = = "auto"', "config.toml:3: "),
    "an unknown theme": ('theme = "\\u001b[31mred"', "config.toml:1: theme"),
}
"""What is wrong, and the mark of it in the line."""


@dataclass
class Session:
    """What both terminals showed, by columns: each look; the light theme; each mistake, and when it was put right; many updates.

    `recordings` are all that the clients printed from their start to their end.
    """

    looks: dict[str, dict[int, Shown]]
    light: dict[int, Shown]
    mistaken: dict[str, dict[int, Shown]]
    righted: dict[int, Shown]
    updates: dict[int, Updates]
    recordings: dict[int, str]


@dataclass
class Updates:
    """A terminal over many updates: the times of day that it showed, and the screens on which our rows were not as they should be."""

    clocks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Lived through once; its tests only look."""
    with opened(tmp_path_factory.mktemp("looks"), installed=True) as sandbox:
        at = Looks(sandbox)
        themes = {}
        for name, (head, _) in THEMES.items():
            at.configure(head, note=f"{name} 漢字")
            themes[name] = at.shown(name)
        updates = updated(at)
        mistaken = {}
        for name, (head, mark) in MISTAKES.items():
            at.configure(head, note="mistaken")
            mistaken[name] = at.shown(mark)
        at.configure('theme = "default"', note="righted")
        righted = at.shown("righted")
        at.change_settings(theme="light")
        refresh(sandbox)
        at.configure('theme = "default"', note="light")
        light = at.shown("light")
        yield Session(
            themes,
            light,
            mistaken,
            righted,
            updates,
            {columns: at.recording(columns) for columns in WIDTHS},
        )


def updated(at: Looks) -> dict[int, Updates]:
    """Watch both terminals without a pause until each has shown as many updates."""
    found = {columns: Updates() for columns in WIDTHS}
    terminals = {columns: at.sandbox.terminals[str(columns)] for columns in WIDTHS}
    at.configure('theme = "default"', note="updated", tail=CHAIN)
    for terminal in terminals.values():
        terminal.wait_for("linked green")
    end = time.monotonic() + UPDATES_DEADLINE_S
    while min(len(updates.clocks) for updates in found.values()) < UPDATES:
        assert time.monotonic() < end, found
        for columns, terminal in terminals.items():
            look(terminal, found[columns])
    return found


def look(terminal: Terminal, updates: Updates) -> None:
    """Take down what the terminal shows at this moment."""
    screen = terminal.screen()
    after_prompt = screen.rpartition("────\n")[2].split("\n")
    rows = [
        re.fullmatch(" " * INDENT + pattern, row)
        for pattern, row in zip(UPDATED, after_prompt, strict=False)
    ]
    if len(rows) < len(UPDATED) or not all(rows):
        updates.broken.append(screen)
    clock = re.search(r"\d\d:\d\d:\d\d │ updated", screen)
    if clock and clock[0] not in updates.clocks[-1:]:
        updates.clocks.append(clock[0])


def refresh(sandbox: Sandbox) -> None:
    """Have the usage read anew, and with it the client's theme."""
    done = sandbox.run(sandbox.world.home / ".local/bin/usageline", "refresh", "--force")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", THEMES)
def test_three_rows_are_shown_as_they_were_written(
    session: Session, name: str, columns: int
) -> None:
    """Cell for cell and with no word more, and all that is configured is there."""
    shown, between = session.looks[name][columns], THEMES[name][1]
    assert shown.changed() == []
    place, limits, others = shown.texts
    assert re.search("Opus 5.5.+project.+feature/looks.+#7 approved", place), place
    assert re.search(
        re.escape("%").join(["5h.+41", ".+7d.+27", ".+Fable 55", r".+\$12\.34/\$50"]), limits
    ), limits
    assert re.search(rf"\d\d:\d\d.+{name} .+Fable passed 50%", others), others
    assert limits.count(between) >= 3


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", THEMES)
def test_the_client_cuts_nothing_off(session: Session, name: str, columns: int) -> None:
    """No ellipsis, no row wider than it shows, no remains of an escape sequence, and its own words begin right below."""
    shown = session.looks[name][columns]
    assert all(width(row) <= columns - MARGIN for row in shown.ours)
    assert "…" not in "".join(shown.texts)
    assert not re.search(r"\[[\d;]*m|\]8;", re.sub("\x1b\\[[\\d;]*m", "", shown.screen))
    assert shown.below.startswith("⏵⏵")


@pytest.mark.parametrize("columns", WIDTHS)
def test_ascii_is_ascii(session: Session, columns: int) -> None:
    """Also where a text of the user's is not."""
    shown = session.looks["ascii"][columns]
    assert all(text.isascii() for text in shown.texts)
    assert "ascii ??" in shown.texts[2]


@pytest.mark.parametrize("columns", WIDTHS)
def test_icons_need_the_users_word(session: Session, columns: int) -> None:
    """A Nerd Font's characters are there with `nerd_font`, and else nowhere."""
    with_icons = {
        name
        for name in THEMES
        if re.search("[\ue000-\uf8ff]", "".join(session.looks[name][columns].texts))
    }
    assert with_icons == {"nerd"}


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_colors_are_the_themes_in_all_that_the_terminal_has(
    session: Session, columns: int
) -> None:
    """256 colors at 80 columns, 16 million at 160: the dark palette, and the light one after the first refresh with the client's light theme."""
    for shown, palette in (
        (session.looks["default"], default.DARK),
        (session.righted, default.DARK),
        (session.light, default.LIGHT),
    ):
        place, limits, _ = shown[columns].arrived
        assert find(limits, "41%").ink == seen(palette.styles["normal"], columns)
        assert find(place, "feature").ink == seen(palette.styles["branch"], columns)
        assert find(place, "#7").underlined
    for name in ("powerline", "nerd"):
        assert find(session.looks[name][columns].arrived[0], "Opus").ground == seen(
            powerline.THEME.blocks["model"].color, columns
        )


@pytest.mark.parametrize("columns", WIDTHS)
def test_links_arrive_whole(session: Session, columns: int) -> None:
    """The pull request's and one of a chained command: each with its address and its text, and closed."""
    found = links(session.recordings[columns])
    assert {Link(PULL, "#7", closed=True), Link(CHAINED, "linked", closed=True)} <= {*found}
    assert [link for link in found if not link.closed] == []


@pytest.mark.parametrize("columns", WIDTHS)
def test_over_many_updates_no_sequence_is_cut(session: Session, columns: int) -> None:
    """Nor while the theme changes: all that the client prints is whole sequences and text."""
    recording = session.recordings[columns]
    assert recording.count("\x1b[") > UPDATES
    assert cut_sequences(recording) == []


@pytest.mark.parametrize("columns", WIDTHS)
def test_over_many_updates_nothing_flickers(session: Session, columns: int) -> None:
    """At no moment a row was blank, cut short or elsewhere."""
    updates = session.updates[columns]
    assert len(updates.clocks) >= UPDATES
    assert updates.broken == []


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", MISTAKES)
def test_with_a_mistake_in_the_configuration_the_line_stays_and_names_it(
    session: Session, name: str, columns: int
) -> None:
    """The rows are those of the last good configuration, in its theme; the mark is at the end of the last."""
    shown = session.mistaken[name][columns]
    assert shown.changed() == []
    assert [re.sub(r"\d+m?", "0", text) for text in shown.texts[:2]] == [
        re.sub(r"\d+m?", "0", text) for text in session.righted[columns].texts[:2]
    ]
    assert "Fable passed 50%" in shown.texts[2]
    assert MISTAKES[name][1] in shown.texts[2]
    assert "config.toml" not in "".join(session.righted[columns].texts)


def seen(spec: str, columns: int) -> str:
    """The color of a spec as the terminal of that width has it, as `rrggbb`."""
    color = colors.parse(spec).text
    assert color is not None
    shown = colors.rgb(color if WIDTHS[columns] else colors.nearest(colors.rgb(color)))
    return "".join(f"{channel:02x}" for channel in shown)
