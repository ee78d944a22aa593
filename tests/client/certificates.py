"""Create a certificate authority for one test run, and a server certificate for the client."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "api.anthropic.com",
    "console.anthropic.com",
    "platform.claude.com",
    "claude.ai",
    "statsig.anthropic.com",
    "localhost",
)
"""The hosts that the client contacts; in the sandbox all are on loopback."""


@dataclass(frozen=True)
class Certificates:
    """PEM files: `authority` is for the client to trust, `chain` and `key` are for the server."""

    authority: Path
    chain: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Create the files in `directory`, which must exist. They are valid for two days."""
    extensions = directory / "extensions"
    extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in NAMES) + "\n")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        directory,
        "req",
        "-x509",
        *new_key,
        "-days",
        "2",
        "-subj",
        "/CN=client tests",
        "-keyout",
        "authority.key",
        "-out",
        "authority.pem",
    )
    _openssl(
        directory,
        "req",
        *new_key,
        "-subj",
        "/CN=api.anthropic.com",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    )
    signer = (
        "-CA",
        "authority.pem",
        "-CAkey",
        "authority.key",
        "-CAcreateserial",
        "-extfile",
        extensions.name,
    )
    _openssl(
        directory, "x509", "-req", "-in", "server.csr", *signer, "-days", "2", "-out", "server.pem"
    )
    return Certificates(
        directory / "authority.pem", directory / "server.pem", directory / "server.key"
    )


def _openssl(directory: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["openssl", *arguments], cwd=directory, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed:\n{done.stderr}")
