"""Authorities of a test, and the certificates that they give to servers."""

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
    """What signs certificates: its files are in `directory`, which must not exist yet."""

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
        """What somebody must trust who is to believe in its certificates."""
        return self.directory / "authority.pem"

    def server(self, host: str = HOST, *, days: int = 2) -> ssl.SSLContext:
        """TLS as a server for `host` speaks it, with a certificate for so many days from now on: -1 makes one that has expired."""
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
        """TLS with a certificate for the API's host that is signed by nobody but itself."""
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
