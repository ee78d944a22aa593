"""Draw the README's moving picture of the real client: `python -m tools.animation`.

A client runs in a sandbox. The published numbers grow from scene to scene, and each scene is one
screen. An SVG shows them in turn, without a script. A reader that draws no animation shows one.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.client.api import USUAL
from tests.client.installation import opened
from tools.pictures import DARK, FOLDER, HOUR_S, LIGHT, svg_of
from usageline.core import paths

if TYPE_CHECKING:
    from rich.terminal_theme import TerminalTheme

    from tests.client.sandbox import Sandbox
    from tests.client.terminal import Terminal

COLUMNS, ROWS = 88, 20
SCENE_S = 2.6
STILL = 2
"""The number of the scene that stands if nothing moves: the fullest one."""

MESSAGE = "Rename the module, and run its tests"
ANSWER = "The module is now parser.py, with its 9 imports. All 214 tests pass."
USAGE = {**USUAL, "cache_read_input_tokens": 338_500}
CONTEXT = "ctx 34%"
"""The share of the client's context window that USAGE is."""
KINDS = ("session", "weekly_all", "weekly_scoped")
STYLE = """<style>
.scene {{ visibility: hidden; animation: turn {total}s step-end infinite; }}
@keyframes turn {{ 0% {{ visibility: visible; }} {share:.2f}% {{ visibility: hidden; }} }}
{delays}
@media (prefers-reduced-motion: reduce) {{ .scene {{ animation: none; }} }}
#scene-{still} {{ visibility: visible; }}
</style>
"""


@dataclass(frozen=True)
class Scene:
    """What the snapshot has: percentages of KINDS, and what the line then contains."""

    percents: tuple[float, float, float]
    shows: str
    resets_in_s: float
    full_in_s: float | None = None
    alert: int | None = None


SCENES = (
    Scene((37, 26, 55), "37%", 3.1 * HOUR_S),
    Scene((68, 31, 62), "full at", 2.2 * HOUR_S, full_in_s=0.8 * HOUR_S),
    Scene((92, 38, 71), "92%", 1.5 * HOUR_S, alert=90),
    Scene((100, 41, 76), "100%", 1.1 * HOUR_S, alert=90),
    Scene((3, 42, 77), "free again", 4.9 * HOUR_S, alert=0),
)


def publish(sandbox: Sandbox, scene: Scene) -> None:
    """Change the published snapshot to the scene's numbers."""
    path, now = Path(paths.snapshot(sandbox.world.env)), int(time.time())
    snapshot = json.loads(path.read_text())
    limits: list[dict[str, Any]] = snapshot["limits"]
    for limit in limits:
        limit["percent"] = scene.percents[KINDS.index(limit["kind"])]
        if limit["kind"] == "session":
            at = None if scene.full_in_s is None else now + int(scene.full_in_s)
            limit.update(
                resets_at=now + int(scene.resets_in_s),
                exhausts_at=at,
                exhausts_from=at,
                exhausts_to=at,
                chance=None if at is None else 0.8,
            )
    alert = {
        "kind": "session",
        "label": "Current session",
        "threshold": scene.alert,
        "percent": scene.percents[0],
        "resets_at": now + int(scene.resets_in_s),
        "at": now - 30,
        "line": True,
        "session_start": False,
    }
    snapshot.update(
        observed_at=now - 60,
        published_at=now - 60,
        next_refresh_at=now + HOUR_S,
        alerts=[] if scene.alert is None else [alert],
    )
    new = path.with_name("snapshot.new")
    new.write_text(json.dumps(snapshot))
    new.chmod(0o600)
    new.replace(path)


def screens(sandbox: Sandbox, terminal: Terminal) -> list[list[str]]:
    """Return the client's screen in each scene."""
    shots = []
    for scene in SCENES:
        publish(sandbox, scene)
        terminal.wait_for(scene.shows)
        rows = terminal.screen(colors=True).rstrip("\n").split("\n")
        while rows and not rows[-1].strip("\x1b[0123456789;m "):
            rows.pop()
        first = next(number for number, row in enumerate(rows) if MESSAGE in row)
        shots.append(rows[first:])
    return shots


def composed(shots: list[list[str]], terminal: TerminalTheme) -> str:
    """Return one SVG that shows the screens in turn."""
    pictures = [svg_of(rows, terminal, f"s{number}") for number, rows in enumerate(shots)]
    sizes = [re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)[0] for picture in pictures]
    width = max(float(size[0]) for size in sizes)
    height = max(float(size[1]) for size in sizes)
    delays = "\n".join(
        f"#scene-{number} {{ animation-delay: {(number - len(shots)) * SCENE_S:.1f}s; }}"
        for number in range(len(shots))
    )
    style = STYLE.format(
        total=len(shots) * SCENE_S, share=100 / len(shots), delays=delays, still=STILL
    )
    scenes = "".join(
        f'<g class="scene" id="scene-{number}">{_body(picture)}</g>'
        for number, picture in enumerate(pictures)
    )
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg">\n'
        f"{style}{scenes}</svg>\n"
    )


def _body(picture: str) -> str:
    return picture[picture.index(">") + 1 : picture.rindex("</svg>")]


def main() -> None:
    """Draw the picture for a dark and for a light terminal."""
    for theme, terminal in (("dark", DARK), ("light", LIGHT)):
        with (
            tempfile.TemporaryDirectory() as work,
            opened(Path(work), installed=True, is_project_in_home=True) as sandbox,
        ):
            sandbox.world.write_state(theme=theme)
            settings = json.loads(sandbox.settings.read_text())
            settings["statusLine"]["refreshInterval"] = 1
            sandbox.settings.write_text(json.dumps(settings))
            client = sandbox.start(
                "client", columns=COLUMNS, rows=ROWS, env={"COLORTERM": "truecolor"}
            )
            sandbox.api.content = lambda _request: [{"type": "text", "text": ANSWER}]
            sandbox.api.usage = lambda: USAGE
            client.wait_for("37%")
            client.enter(MESSAGE)
            client.wait_for(CONTEXT)
            path = FOLDER / f"client-{theme}.svg"
            path.write_text(composed(screens(sandbox, client), terminal))


if __name__ == "__main__":
    main()
