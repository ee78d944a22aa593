"""Open a page in Chromium, without a network, and measure what it shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"),
)
TIMEOUT_S = 90
DARK_SCHEME = "--blink-settings=preferredColorScheme=0"

FRAMES = """<!doctype html><meta charset="utf-8"><style>iframe{border:0;height:3000px}</style>
FRAMES_HERE<pre id="result"></pre><script>
addEventListener("load", () => {
  const measured = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.documentElement
    const shown = [...page.querySelectorAll("svg")].filter((svg) => svg.getClientRects().length)
    const texts = shown.flatMap((svg) => [...svg.querySelectorAll("text")])
    const sizes = texts.map((text) => text.getBoundingClientRect().height)
    const outside = texts.filter((text) => {
      const box = text.getBoundingClientRect()
      return box.left < -0.5 || box.right > root.clientWidth + 0.5
    })
    return {width: root.clientWidth, scroll: root.scrollWidth, charts: shown.length,
      smallest: Math.min(...sizes), outside: outside.map((text) => text.textContent),
      paper: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
      text: page.body.innerText, scripts: page.scripts.length,
      ran: frame.contentWindow.ran === true}
  })
  document.getElementById("result").textContent = JSON.stringify(measured)
})
</script>"""
"""A page with the measured one in frames of several widths.

Headless Chromium has no window narrower than 500 pixels. The measuring script is outside the frame,
because the policy of the page forbids scripts.
"""


def find() -> str | None:
    """Return the path of a Chromium, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def measure(
    path: Path, widths: tuple[int, ...], scratch: Path, *, dark: bool = False
) -> list[dict[str, Any]]:
    """Return what the page at `path` shows in a window of each of `widths`."""
    frames = "".join(f'<iframe src="{path.as_uri()}" width="{width}"></iframe>' for width in widths)
    outer = scratch / "outer.html"
    outer.write_text(FRAMES.replace("FRAMES_HERE", frames))
    dom = run(
        scratch,
        *([DARK_SCHEME] if dark else []),
        "--allow-file-access-from-files",
        "--window-size=1700,1200",
        "--dump-dom",
        outer.as_uri(),
    )
    result = re.search('<pre id="result">(.*?)</pre>', dom, re.DOTALL)
    assert result, dom[-2000:]
    measured: list[dict[str, Any]] = json.loads(unescape(result[1]))
    return measured


def run(scratch: Path, *arguments: str) -> str:
    """Return the output of Chromium in a profile of its own."""
    program = find()
    assert program
    home = scratch / "chromium"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [program, *OPTIONS, f"--user-data-dir={home}/profile", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
