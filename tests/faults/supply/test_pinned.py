"""What is pinned, how it is looked after, and what is told of it."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

from tests.faults.promises import promise
from tests.world import REPOSITORY
from tools import audit, sbom

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

LOCKS = sorted(
    [*REPOSITORY.glob("plugin/requirements*.lock"), *REPOSITORY.glob("tests/requirements*.lock")]
)
CLASSIFIERS = {
    "MIT": "MIT License",
    "MPL-2.0": "Mozilla Public License 2.0 (MPL 2.0)",
    "Apache-2.0": "Apache Software License",
    "BSD-3-Clause": "BSD License",
    "LGPL-3.0-or-later": "GNU Lesser General Public License v3 or later (LGPLv3+)",
}


@promise(
    "Every package is pinned to one version with the digests of its files, and no list "
    "names an index.",
    topic="packages",
)
def test_every_package_is_pinned_with_digests(figure: Callable[[str], None]) -> None:
    packages = 0
    for lock in LOCKS:
        for entry in re.split(r"\n(?=\S)", lock.read_text().strip()):
            first, *rest = [line for line in entry.splitlines() if line[0] != "#"] or [""]
            if not first:
                continue
            assert re.fullmatch(r"[a-z0-9.-]+==[^\s;]+( ; [\w\s<>='.()!]+)? \\", first), (
                lock,
                first,
            )
            assert rest
            assert all(
                re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest
            ), (lock, first)
            packages += 1
    figure(f"{packages} entries in {len(LOCKS)} lists")


@promise(
    "docs/sbom.json names every package that an install uses, with version, digests and "
    "license, and matches the lists.",
    topic="packages",
)
def test_the_bill_of_materials_is_up_to_date(figure: Callable[[str], None]) -> None:
    text = sbom.FILE.read_text("utf-8")
    assert text == sbom.text(), "run tests/run sbom"
    parts = json.loads(text)["components"]
    entries = {
        "pkg:pypi/" + entry.replace("==", "@")
        for lock in sbom.LOCKS
        for entry in re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE)
    }
    assert sorted(part["bom-ref"] for part in parts) == sorted(entries)
    compared = 0
    for part in parts:
        try:
            metadata = importlib.metadata.metadata(part["name"])
        except importlib.metadata.PackageNotFoundError:
            continue
        (license_,) = part["licenses"]
        spdx_id = license_.get("expression") or license_["license"]["id"]
        says = [
            text
            for name in ("License-Expression", "License", "Classifier")
            for text in metadata.get_all(name, [])
        ]
        if any(
            "licen" in text.lower() or text in CLASSIFIERS for text in says
        ):  # resvg-py has only a file
            assert any(spdx_id == text or CLASSIFIERS.get(spdx_id, "?") in text for text in says), (
                part["name"],
                says,
            )
            compared += 1
    figure(f"{len(parts)} packages, the licenses of {compared} compared with their own words")


def answer(*packages: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], 1, json.dumps({"dependencies": packages}), "")


FINE = {"name": "click", "version": "8.5.1", "vulns": []}
KNOWN = {
    "name": "diskcache",
    "version": "5.6.3",
    "vulns": [{"id": "GHSA-x", "aliases": ["CVE-2025-69872"], "fix_versions": []}],
}
OTHER = {
    "name": "diskcache",
    "version": "5.6.3",
    "vulns": [{"id": "CVE-2030-1", "aliases": [], "fix_versions": ["6"]}],
}
SKIPPED = {"name": "click", "skip_reason": "Dependency not found"}


@promise(
    "The audit fails for every advisory except the one known to be harmless here. It "
    "never counts a missing answer as a pass.",
    sees=(
        "The advisory's name and the version that fixes it, or `not audited: no advisory "
        "database can be reached`."
    ),
    topic="packages",
)
def test_the_audit_fails_for_what_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figure: Callable[[str], None],
) -> None:
    cases: tuple[tuple[list[dict[str, Any]], int, str], ...] = (
        ([FINE, KNOWN], 0, "CVE-2025-69872, ignored: unpickles"),
        ([FINE, OTHER], 1, "CVE-2030-1, fixed in 6"),
        ([SKIPPED, KNOWN], 1, "click is not in the database"),
        ([SKIPPED], 0, audit.OFFLINE),
        ([], 0, audit.OFFLINE),
    )
    for packages, status, message in cases:
        monkeypatch.setattr("subprocess.run", lambda *_, packages=packages, **__: answer(*packages))
        assert audit.main() == status
        assert message in capsys.readouterr().out
    monkeypatch.setattr(
        "subprocess.run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", "no network")
    )
    assert audit.main() == 0
    assert capsys.readouterr().out == audit.OFFLINE + "\n"
    figure(f"{len(cases) + 1} answers of a database")
