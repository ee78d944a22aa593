"""Check the line in the client: themes, widths, rows, colors, links, updates and mistakes."""

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
"""The keys of each look, and the separator between the limits."""

UPDATES = 30
UPDATES_DEADLINE_S = 120
CHAINED = "https://example.com/chained?a=1&b=2"
CHAIN = (
    "\n[segments.clock]\nseconds = true\n[chain]\n"
    f"command = \"printf '\\\\033]8;;{CHAINED}\\\\033\\\\\\\\linked\\\\033]8;;\\\\033\\\\\\\\ "
    "\\\\033[1;32mgreen\\\\033[0m'\"\n"
)
UPDATED = (
    r"Opus 5\.5 │ project │ feature/looks │ #7 approved( {4,}\S.*)?",
    (
        r"5h [█-▏ ╎]+ 41% ↻ \w+ │ 7d [█-▏ ╎]+ 27% ↻ \w+( \d\d:\d\d)? │ "
        r"7d Fable 55% │ (credits )?\$12\.34/\$50"
    ),
    r"(?P<clock>\d\d:\d\d:\d\d) │ updated │ ▲ 7d Fable passed 50%",
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
"""Each mistake, and its mark in the line."""


@dataclass
class Session:
    """The screens of both terminals, by columns.

    They show each look, the light theme, each mistake and its fix, and many updates. `recordings`
    are everything that the clients printed.
    """

    looks: dict[str, dict[int, Shown]]
    light: dict[int, Shown]
    mistaken: dict[str, dict[int, Shown]]
    righted: dict[int, Shown]
    updates: dict[int, Updates]
    recordings: dict[int, str]


@dataclass
class Updates:
    """A terminal over many updates: the times of day that it showed, and its wrong screens."""

    clocks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Record the session once; the tests only read it."""
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
    """Watch both terminals without a pause until each has shown enough updates."""
    by_width = {columns: Updates() for columns in WIDTHS}
    terminals = {columns: at.sandbox.terminals[str(columns)] for columns in WIDTHS}
    at.configure('theme = "default"', note="updated", tail=CHAIN)
    for terminal in terminals.values():
        terminal.wait_for("linked green")
    end = time.monotonic() + UPDATES_DEADLINE_S
    while min(len(updates.clocks) for updates in by_width.values()) < UPDATES:
        assert time.monotonic() < end, by_width
        for columns, terminal in terminals.items():
            look(terminal, by_width[columns])
    return by_width


def look(terminal: Terminal, updates: Updates) -> None:
    """Record the current screen."""
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
    """Refresh the usage, and with it the client's theme."""
    done = sandbox.run(sandbox.world.home / ".local/bin/usageline", "refresh", "--force")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", THEMES)
def test_three_rows_are_shown_as_they_were_written(
    session: Session, name: str, columns: int
) -> None:
    """Each cell is as written, nothing is added, and everything configured is there."""
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
    """There is no ellipsis, no wide row and no partial sequence.

    The client's text starts right below.
    """
    shown = session.looks[name][columns]
    assert all(width(row) <= columns - MARGIN for row in shown.ours)
    assert "…" not in "".join(shown.texts)
    assert not re.search(r"\[[\d;]*m|\]8;", re.sub("\x1b\\[[\\d;]*m", "", shown.screen))
    assert shown.below.startswith("⏵⏵")


@pytest.mark.parametrize("columns", WIDTHS)
def test_ascii_is_ascii(session: Session, columns: int) -> None:
    """Also if a text of the user is not."""
    shown = session.looks["ascii"][columns]
    assert all(text.isascii() for text in shown.texts)
    assert "ascii ??" in shown.texts[2]


@pytest.mark.parametrize("columns", WIDTHS)
def test_icons_need_the_users_word(session: Session, columns: int) -> None:
    """A Nerd Font's characters appear only with `nerd_font`."""
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
    """80 columns have 256 colors, 160 have 16 million.

    The light palette follows the client's theme.
    """
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
    """The pull request's and one of a chained command: each has its address and text, and ends."""
    arrived = links(session.recordings[columns])
    assert {Link(PULL, "#7", closed=True), Link(CHAINED, "linked", closed=True)} <= {*arrived}
    assert [link for link in arrived if not link.closed] == []


@pytest.mark.parametrize("columns", WIDTHS)
def test_over_many_updates_no_sequence_is_cut(session: Session, columns: int) -> None:
    """Also while the theme changes, the client prints only complete sequences and text."""
    recording = session.recordings[columns]
    assert recording.count("\x1b[") > UPDATES
    assert cut_sequences(recording) == []


@pytest.mark.parametrize("columns", WIDTHS)
def test_over_many_updates_nothing_flickers(session: Session, columns: int) -> None:
    """At no time is a row blank, cut or elsewhere."""
    updates = session.updates[columns]
    assert len(updates.clocks) >= UPDATES
    assert updates.broken == []


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", MISTAKES)
def test_with_a_mistake_in_the_configuration_the_line_stays_and_names_it(
    session: Session, name: str, columns: int
) -> None:
    """The rows are those of the last valid configuration, with the mark after the last row."""
    shown = session.mistaken[name][columns]
    assert shown.changed() == []
    assert [re.sub(r"\d+m?", "0", text) for text in shown.texts[:2]] == [
        re.sub(r"\d+m?", "0", text) for text in session.righted[columns].texts[:2]
    ]
    assert "Fable passed 50%" in shown.texts[2]
    assert MISTAKES[name][1] in shown.texts[2]
    assert "config.toml" not in "".join(session.righted[columns].texts)


def seen(spec: str, columns: int) -> str:
    """Return the color of a spec in the terminal of that width, as `rrggbb`."""
    color = colors.parse(spec).text
    assert color is not None
    shown = colors.rgb(color if WIDTHS[columns] else colors.nearest(colors.rgb(color)))
    return "".join(f"{channel:02x}" for channel in shown)
