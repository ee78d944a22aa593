"""A release needs the tag of its version and a dated section in the changelog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import release

if TYPE_CHECKING:
    from pathlib import Path

DATED = "# Changelog\n\n## 1.2.3 – 2026-12-01\n\n- A change.\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone of version 1.2.3 with a dated changelog."""
    package = tmp_path / "plugin" / "usageline"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(DATED)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("clone")
def test_the_tag_of_the_version_passes() -> None:
    assert release.main(["tag", "v1.2.3"]) == 0


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.4", "v1.2.3rc1", ""])
def test_another_tag_is_refused(tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["tag", tag]) == 1
    assert "tag v1.2.3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# Changelog\n\n## 1.2.2 – 2026-11-01\n", "has no section 1.2.3"),
        ("# Changelog\n\n## 1.2.30 – 2026-11-01\n", "has no section 1.2.3"),
        ("# Changelog\n\n## 1.2.3 – unreleased\n", "calls 1.2.3 unreleased"),
    ],
)
def test_a_changelog_without_the_version_is_refused(
    clone: Path, text: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / "CHANGELOG.md").write_text(text)
    assert release.main(["tag", "v1.2.3"]) == 1
    assert reason in capsys.readouterr().err


def test_this_clone_has_one_version() -> None:
    assert f'"version": "{release.version()}"' in (
        release.ROOT / ".claude-plugin" / "plugin.json"
    ).read_text("utf-8")
    assert f"## {release.version()} " in (release.ROOT / "CHANGELOG.md").read_text("utf-8")
