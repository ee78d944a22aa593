"""Asks an advisory database about every package that is pinned: `tests/run audit`. Exit status 1 for an advisory that is not known here.

Each lock is asked about on its own, as it stands, by pip-audit: at the Python Package Index, or where that has no advisories, at OSV. A mirror of
the index that has none answers for no package, which pip-audit takes for no advisory; here it is no audit.
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
LONGEST_S = 300
OFFLINE = "not audited: no advisory database can be reached"

KNOWN = {
    (
        "diskcache",
        "CVE-2025-69872",
    ): "unpickles what is in the store; ours holds JSON text only and is looked through first (storage/accounts.py)",
}
"""What is open and does no harm here, and why: by package, and the advisory's name in any database."""


def main() -> int:
    """Audit every lock, say what was found, and give the exit status."""
    status = 0
    for lock in LOCKS:
        name = lock.relative_to(HERE)
        packages = next(filter(None, (asked(lock, service) for service in SERVICES)), None)
        if packages is None:
            print(OFFLINE)
            return status
        said, bad = judged(packages)
        for line in said:
            print(f"{name}: {line}")
        status |= bad
    return status


def asked(lock: Path, service: str) -> list[dict[str, Any]] | None:
    """What a database says of each package in the lock; None where it cannot be reached, or knows of none of them."""
    command = [
        sys.executable,
        "-I",
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--require-hashes",
        "--disable-pip",
    ]
    command += ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return packages if any("vulns" in package for package in packages) else None


def judged(packages: list[dict[str, Any]]) -> tuple[list[str], bool]:
    """What to say of them, and whether something is wrong: an advisory that is not in KNOWN, or a package that the database had no answer for."""
    said, bad, advisories = [], False, 0
    for package in packages:
        name, version = package["name"], package.get("version", "")
        if "vulns" not in package:
            said.append(f"{name} could not be looked up")
            bad = True
        for found in package.get("vulns", []):
            names = [found["id"], *found.get("aliases", [])]
            reason = next((KNOWN[name, one] for one in names if (name, one) in KNOWN), None)
            advisories += 1
            bad = bad or reason is None
            what = (
                f"ignored: {reason}"
                if reason
                else "mended in " + (", ".join(found.get("fix_versions", [])) or "no version")
            )
            said.append(f"{name} {version}: {', '.join(names)}, {what}")
    said.append(f"{len(packages)} packages audited, {advisories} advisories")
    return said, bad


if __name__ == "__main__":
    sys.exit(main())
