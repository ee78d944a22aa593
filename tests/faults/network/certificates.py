"""Create certificate authorities for a test, and server certificates."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOST = "api.anthropic.com"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """A certificate authority; its files are in `directory`, which must not exist yet."""

    directory: Path

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self._openssl(
            "req",
            "-x509",
            *NEW_KEY,
            "-days",
            "2",
            "-subj",
            "/CN=tests",
            "-keyout",
            "authority.key",
            "-out",
            "authority.pem",
        )

    @property
    def certificate(self) -> Path:
        """Return the certificate that a client must trust."""
        return self.directory / "authority.pem"

    def server(self, host: str = HOST, *, days: int = 2) -> ssl.SSLContext:
        """Return the TLS context of `host`, with a certificate for so many days: -1 is expired."""
        (self.directory / "extensions").write_text(
            f"subjectAltName={'IP' if host[0].isdigit() else 'DNS'}:{host}\n"
        )
        self._openssl(
            "req", *NEW_KEY, "-subj", f"/CN={host}", "-keyout", "server.key", "-out", "server.csr"
        )
        signer = (
            "-CA",
            "authority.pem",
            "-CAkey",
            "authority.key",
            "-CAcreateserial",
            "-extfile",
            "extensions",
        )
        self._openssl(
            "x509", "-req", "-in", "server.csr", *signer, "-days", str(days), "-out", "server.pem"
        )
        return self._context("server")

    def itself(self) -> ssl.SSLContext:
        """Return a TLS context for the API's host with a self-signed certificate."""
        names = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
        self._openssl(
            "req",
            "-x509",
            *NEW_KEY,
            "-days",
            "2",
            *names,
            "-keyout",
            "itself.key",
            "-out",
            "itself.pem",
        )
        return self._context("itself")

    def _context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.directory, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]} failed:\n{done.stderr}")
