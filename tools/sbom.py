"""Write docs/sbom.json, a bill of materials (CycloneDX 1.6), from the lock files: `tests/run sbom`.

The same locks give the same bytes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tools.lock import EXTRAS

HERE = Path(__file__).resolve().parent.parent
FILE = HERE / "docs" / "sbom.json"
PLUGIN = HERE / "plugin"
LOCKS = {PLUGIN / "requirements.lock": "required"} | {
    PLUGIN / f"requirements-{extra}.lock": "optional" for extra in EXTRAS
}

LICENSES = {
    "anyio": "MIT",
    "async-timeout": "Apache-2.0",
    "certifi": "MPL-2.0",
    "charset-normalizer": "MIT",
    "click": "BSD-3-Clause",
    "diskcache": "Apache-2.0",
    "exceptiongroup": "MIT",
    "filelock": "MIT",
    "googleapis-common-protos": "Apache-2.0",
    "h11": "MIT",
    "httpcore": "BSD-3-Clause",
    "httpx": "BSD-3-Clause",
    "idna": "BSD-3-Clause",
    "linkify-it-py": "MIT",
    "markdown-it-py": "MIT",
    "mdit-py-plugins": "MIT",
    "mdurl": "MIT",
    "msgspec": "BSD-3-Clause",
    "opentelemetry-api": "Apache-2.0",
    "opentelemetry-exporter-http-transport": "Apache-2.0",
    "opentelemetry-exporter-otlp-common": "Apache-2.0",
    "opentelemetry-exporter-otlp-proto-common": "Apache-2.0",
    "opentelemetry-exporter-otlp-proto-http": "Apache-2.0",
    "opentelemetry-proto": "Apache-2.0",
    "opentelemetry-sdk": "Apache-2.0",
    "opentelemetry-semantic-conventions": "Apache-2.0",
    "platformdirs": "MIT",
    "plotille": "MIT",
    "prometheus-client": "Apache-2.0 AND BSD-2-Clause",
    "protobuf": "BSD-3-Clause",
    "pygments": "BSD-2-Clause",
    "redis": "MIT",
    "requests": "Apache-2.0",
    "resvg-py": "MIT",
    "rich": "MIT",
    "textual": "MIT",
    "tomlkit": "MIT",
    "truststore": "MIT",
    "typing-extensions": "PSF-2.0",
    "urllib3": "MIT",
}
"""By package, with the names of SPDX. A test compares them with the metadata of each package."""

_PACKAGE = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))? \\\n"
    r"(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)",
    re.MULTILINE,
)


def components() -> list[dict[str, Any]]:
    """Return every package of the locks, with the digests of all files that an install accepts."""
    result: dict[str, dict[str, Any]] = {}  # extras share packages with the program
    for lock, scope in LOCKS.items():
        for package in _PACKAGE.finditer(lock.read_text("utf-8")):
            name, version, marker = package["name"], package["version"], package["marker"]
            address = f"pkg:pypi/{name}@{version}"
            digests = re.findall(r"sha256:([0-9a-f]{64})", package["hashes"])
            component: dict[str, Any] = {
                "type": "library",
                "bom-ref": address,
                "name": name,
                "version": version,
                "scope": scope,
            }
            component |= {"licenses": [_license(LICENSES[name])], "purl": address}
            component["hashes"] = [{"alg": "SHA-256", "content": digest} for digest in digests]
            if marker:
                component["properties"] = [{"name": "usageline:marker", "value": marker}]
            result.setdefault(address, component)
    return list(result.values())


def _license(name: str) -> dict[str, Any]:
    return {"expression": name} if " " in name else {"license": {"id": name}}


def bill() -> dict[str, Any]:
    """Return the bill, without a time or a serial number, which would differ each time."""
    version = re.search(
        r'__version__ = "(.*)"', (PLUGIN / "usageline" / "__init__.py").read_text("utf-8")
    )
    if version is None:
        raise LookupError("plugin/usageline/__init__.py names no version")
    own = {
        "type": "application",
        "bom-ref": "usageline",
        "name": "usageline",
        "version": version[1],
        "licenses": [{"license": {"id": "MIT"}}],
    }
    parts = components()
    depends = {"ref": "usageline", "dependsOn": [part["bom-ref"] for part in parts]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": parts,
        "dependencies": [depends],
    }


def text() -> str:
    """Return the content of the file."""
    return json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
