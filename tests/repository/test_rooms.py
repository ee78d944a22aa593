"""The architecture picture in CONTRIBUTING.md has the rooms and the imports of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import rooms

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "plugin/usageline/__init__.py": "",
    "plugin/usageline/statusline.py": '"""Entry."""\ndef main():\n    import usageline.line.main\n',
    "plugin/usageline/core/__init__.py": '"""The kernel: both sides\nuse it.\n\nMore.\n"""\n',
    "plugin/usageline/line/__init__.py": '"""The line."""\n',
    "plugin/usageline/line/main.py": "from ..core import paths\nfrom . import view\nimport os\n",
    "plugin/usageline/cli/__init__.py": '"""Commands. More."""\nfrom usageline import core, line\n',
    "plugin/usageline/notes.txt": "import usageline.cli\n",
    "hooks/start.py": '"""The hook."""\nfrom usageline.line.main import x\n',
}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small repository with a CONTRIBUTING.md that has no picture yet."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "CONTRIBUTING.md").write_text("# Title\n\n<!-- rooms -->\n<!-- end -->\n\nBelow.\n")
    monkeypatch.setattr(rooms, "ROOT", tmp_path)
    monkeypatch.setattr(rooms, "FILE", tmp_path / "CONTRIBUTING.md")
    return tmp_path


def test_every_import_of_another_room_is_an_arrow(clone: Path) -> None:
    assert rooms.arrows(clone) == {
        "cli": {"core", "line"},
        "core": set(),
        "hooks": {"line"},
        "line": {"core"},
        "statusline": {"line"},
    }


def test_a_room_is_above_all_that_it_imports(clone: Path) -> None:
    assert rooms.floors(rooms.arrows(clone)) == [["core"], ["line"], ["cli", "hooks", "statusline"]]


def test_the_picture_leaves_out_an_arrow_that_a_longer_way_implies(clone: Path) -> None:
    graph = rooms.arrows(clone)
    assert rooms.direct_arrows(graph) == [
        ("cli", "line"),
        ("hooks", "line"),
        ("line", "core"),
        ("statusline", "line"),
    ]


def test_rooms_that_import_each_other_share_a_floor_and_keep_both_arrows() -> None:
    graph = {"a": {"b", "c"}, "b": {"a", "c"}, "c": set[str]()}
    assert rooms.floors(graph) == [["c"], ["a", "b"]]
    assert {("a", "b"), ("b", "a")} <= set(rooms.direct_arrows(graph))


def test_the_table_has_every_arrow_and_the_first_sentence_of_each_room(clone: Path) -> None:
    text = rooms.section(clone)
    assert "| 2 | `cli` | Commands | `core`, `line` |\n" in text
    assert "| 0 | `core` | The kernel | – |" in text
    assert "    line --> core\n" in text


def test_check_fails_until_the_picture_is_written(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rooms.main(["--check"]) == 1
    assert "run python -m tools.rooms" in capsys.readouterr().err
    assert rooms.main([]) == 0
    assert rooms.main(["--check"]) == 0
    text = (clone / "CONTRIBUTING.md").read_text()
    assert text.startswith("# Title\n\n<!-- rooms -->\n")
    assert text.endswith("<!-- end -->\n\nBelow.\n")
    (clone / "plugin" / "usageline" / "core" / "new.py").write_text("import usageline.cli\n")
    assert rooms.main(["--check"]) == 1


def test_the_picture_is_up_to_date() -> None:
    """If this fails, run `python -m tools.rooms`."""
    text = rooms.FILE.read_text("utf-8")
    assert "```mermaid" in text
    assert rooms.render(text) == text
