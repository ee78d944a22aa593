"""Draw pictures of the real client with usageline.

Run `PYTHONPATH=plugin:. .tests-env/bin/python -m tests.client.screenshot DIRECTORY`. It installs
this clone in a sandbox, starts a client for each width and sends each a message. It writes their
screens before and after as SVG, and as PNG if Chromium is installed.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

from tests.client.api import ANSWER
from tests.client.installation import opened


def picture(capture: str, columns: int, file: Path, *, light: bool) -> None:
    """Draw the terminal of `Terminal.screen(colors=True)` as an SVG, and beside it as a PNG."""
    console = Console(
        record=True,
        width=columns,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(Text.from_ansi(capture.rstrip("\n")), no_wrap=True, crop=False)
    console.save_svg(
        str(file), title=file.stem, theme=DEFAULT_TERMINAL_THEME if light else SVG_EXPORT_THEME
    )
    browser = shutil.which("chromium")
    if browser:
        width, height = re.findall(r'viewBox="0 0 (\d+)\S* (\d+)', file.read_text())[0]
        size = f"--window-size={width},{height}"
        flags = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            size,
            f"--screenshot={file.with_suffix('.png')}",
        ]
        subprocess.run([browser, *flags, file.resolve().as_uri()], check=True, capture_output=True)


def main() -> None:
    """Draw the pictures that the arguments name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument(
        "--light", action="store_true", help="a light terminal and the client's light theme"
    )
    parser.add_argument(
        "--columns", type=int, action="append", help="a terminal's width; 80 and 160 without"
    )
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    theme = "light" if arguments.light else "dark"
    with tempfile.TemporaryDirectory() as work, opened(Path(work), installed=True) as sandbox:
        sandbox.world.write_state(theme=theme)
        for columns in arguments.columns or (80, 160):
            terminal = sandbox.start(str(columns), columns=columns, rows=24)
            terminal.wait_for("37%")
            picture(
                terminal.screen(colors=True),
                columns,
                arguments.directory / f"{theme}-{columns}-start.svg",
                light=arguments.light,
            )
            sandbox.api.windows = (41, 27)
            terminal.enter("hello")
            terminal.wait_for(ANSWER)
            terminal.wait_for("41%")
            picture(
                terminal.screen(colors=True),
                columns,
                arguments.directory / f"{theme}-{columns}-message.svg",
                light=arguments.light,
            )
            sandbox.api.windows = None


if __name__ == "__main__":
    main()
