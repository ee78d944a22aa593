"""Compare every pinned package with an advisory database: `tests/run audit`.

pip-audit reads each lock by itself. It asks the Python Package Index, and OSV if the index has no
advisories. A mirror of the index may have none for any package, which pip-audit reports as clean.
This script reports it as "not audited". The exit status is 1 for an advisory that is not in KNOWN.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
LOCKS = tuple(
    lock
    for folder in ("plugin", "tests")
    for lock in sorted((HERE / folder).glob("requirements*.lock"))
)
SERVICES = ("pypi", "osv")
TIMEOUT_S = 300
OFFLINE = "not audited: no advisory database can be reached"

KNOWN = {
    (
        "diskcache",
        "CVE-2025-69872",
    ): "unpickles its values; usageline stores JSON text and checks the file before it opens it",
}
"""The open advisories that do no harm here, by package and name in any database, and the reason."""


def main() -> int:
    """Audit every lock, print the result, and return the exit status."""
    status = 0
    for lock in LOCKS:
        name = lock.relative_to(HERE)
        packages = next(filter(None, (query(lock, service) for service in SERVICES)), None)
        if packages is None:
            print(OFFLINE)
            return status
        report, bad = judge(packages)
        for line in report:
            print(f"{name}: {line}")
        status |= bad
    return status


def query(lock: Path, service: str) -> list[dict[str, Any]] | None:
    """Return what a database has on each package. None if it is out of reach or has no package."""
    command = [
        *(sys.executable, "-I", "-m", "pip_audit", "--requirement", str(lock)),
        *("--require-hashes", "--disable-pip", "--vulnerability-service", service),
        *("--format", "json", "--progress-spinner", "off"),
    ]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        packages: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return packages if any("vulns" in package for package in packages) else None


def judge(packages: list[dict[str, Any]]) -> tuple[list[str], bool]:
    """Return a report, and True if an advisory is unknown or the database skipped a package."""
    report, bad, advisories = [], False, 0
    for package in packages:
        name, version = package["name"], package.get("version", "")
        if "vulns" not in package:
            report.append(f"{name} is not in the database")
            bad = True
        for advisory in package.get("vulns", []):
            names = [advisory["id"], *advisory.get("aliases", [])]
            reason = next((KNOWN[name, alias] for alias in names if (name, alias) in KNOWN), None)
            advisories += 1
            bad = bad or reason is None
            fixed = ", ".join(advisory.get("fix_versions", [])) or "no version"
            outcome = f"ignored: {reason}" if reason else f"fixed in {fixed}"
            report.append(f"{name} {version}: {', '.join(names)}, {outcome}")
    report.append(f"{len(packages)} packages audited, {advisories} advisories")
    return report, bad


if __name__ == "__main__":
    sys.exit(main())
