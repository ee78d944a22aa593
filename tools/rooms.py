"""Draw the rooms of the program and the imports between them into CONTRIBUTING.md:

    .tests-env/bin/python -m tools.rooms           write the picture and the table
    .tests-env/bin/python -m tools.rooms --check   fail if they are out of date

A room is a folder or a module at the top of `plugin/usageline`, or `hooks`. The picture leaves out
an arrow if a longer way leads there too. The table has every arrow.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.markdown import replaced, table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "CONTRIBUTING.md"
PACKAGE = "usageline"
HOOKS = "hooks"

Arrows = dict[str, set[str]]
"""The rooms that each room imports."""


def rooms(root: Path) -> dict[str, list[Path]]:
    """Return the files of each room."""
    package = root / "plugin" / PACKAGE
    files = {HOOKS: sorted((root / HOOKS).rglob("*.py"))}
    for path in sorted(package.iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            files[path.name] = sorted(path.rglob("*.py"))
        elif path.suffix == ".py" and path.name != "__init__.py":
            files[path.stem] = [path]
    return {name: paths for name, paths in files.items() if paths}


def arrows(root: Path) -> Arrows:
    """Return what each room imports, itself left out."""
    files = rooms(root)
    return {
        room: {
            name
            for path in paths
            for name in _imported(path, root)
            if name in files and name != room
        }
        for room, paths in files.items()
    }


def _imported(path: Path, root: Path) -> Iterator[str]:
    """Return the room of every import in a file."""
    parts = (
        path.relative_to(root / "plugin").with_suffix("").parts
        if HOOKS not in path.relative_to(root).parts[:1]
        else ()
    )
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = ".".join(parts[: len(parts) - node.level]) if node.level else ""
            base = ".".join(filter(None, (inside, node.module)))
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == PACKAGE and rest:
                yield rest.partition(".")[0]


def reachable(graph: Arrows, start: str) -> set[str]:
    """Return every room that `start` imports, directly or not."""
    below, waiting = set[str](), [start]
    while waiting:
        for name in graph[waiting.pop()] - below:
            below.add(name)
            waiting.append(name)
    return below


def floors(graph: Arrows) -> list[list[str]]:
    """Return the rooms by floor, the lowest first. Rooms that import each other share a floor."""
    below = {room: reachable(graph, room) for room in graph}
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            lower = (name for name in below[room] if room not in below[name])
            heights[room] = max((height(name) + 1 for name in lower), default=0)
        return heights[room]

    result: list[list[str]] = [[] for _ in range(max(map(height, graph), default=-1) + 1)]
    for room in sorted(graph):
        result[heights[room]].append(room)
    return result


def direct_arrows(graph: Arrows) -> list[tuple[str, str]]:
    """Return the arrows that no longer way implies."""
    below = {room: reachable(graph, room) for room in graph}

    def implied(room: str, name: str) -> bool:
        ways = graph[room] - {name}
        return any(
            name in below[way] and room not in below[way] and way not in below[name] for way in ways
        )

    return [
        (room, name)
        for room in sorted(graph)
        for name in sorted(graph[room])
        if not implied(room, name)
    ]


def section(root: Path) -> str:
    """Return the picture and the table."""
    graph = arrows(root)
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {room} --> {name}" for room, name in direct_arrows(graph)]
    lines += [
        f"    {room}"
        for room in sorted(graph)
        if not graph[room] and not any(room in names for names in graph.values())
    ]
    rows = []
    for floor, names in reversed([*enumerate(floors(graph))]):
        for room in names:
            imports = ", ".join(f"`{name}`" for name in sorted(graph[room])) or "–"
            rows.append((str(floor), f"`{room}`", purpose(rooms(root)[room]), imports))
    return "\n".join([*lines, "```", "", table(("floor", "room", "what it has", "imports"), rows)])


def purpose(files: list[Path]) -> str:
    """Return the first sentence of a room's docstring."""
    path = next((path for path in files if path.name == "__init__.py"), files[0])
    docstring = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    sentence = re.split(
        r"(?<=[.:])\s", " ".join(docstring.partition("\n\n")[0].split()), maxsplit=1
    )[0]
    return sentence.rstrip(":.") or "–"


def render(text: str) -> str:
    """Return CONTRIBUTING.md with the picture and the table between their marks."""
    return replaced(text, lambda _: section(ROOT))


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if the picture is out of date and `--check` is set."""
    parser = argparse.ArgumentParser(description="Draw the rooms into CONTRIBUTING.md.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if the picture is out of date"
    )
    chosen = parser.parse_args(arguments)
    before = FILE.read_text("utf-8")
    after = render(before)
    if not chosen.check:
        FILE.write_text(after, "utf-8")
    elif after != before:
        print("CONTRIBUTING.md has an old picture: run python -m tools.rooms", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
