"""Send samples to an OpenTelemetry collector, within a second and without another try.

Importing the SDK takes as long as half a refresh, so only a configured refresh does it.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.core.errors import ExportFailed, UsagelineError, error_text
from usageline.system.api_address import is_loopback
from usageline.system.files import NO_WAIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.usage.metric_samples import Sample

TIMEOUT_S = 1.0
SDK_VARIABLES = "OTEL_"
NOT_INSTALLED = (
    "the OpenTelemetry SDK is not installed: run ./install.sh --with otlp, or install "
    "usageline[otlp]"
)
NEEDS_TLS = "headers are sent only by https, or to a collector on this machine"

MAX_BYTES = 16 << 10
MAX_HEADERS = 32

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", re.ASCII)


def send(
    samples: Sequence[Sample],
    address: str,
    headers: Mapping[str, str],
    instance: str,
    env: Mapping[str, str],
) -> None:
    """Send `samples` to the collector at `address` within TIMEOUT_S. Raise ExportFailed.

    `instance` stands for this machine. Neither redirects nor failures lead to another request.
    """
    if headers and address.startswith("http:") and not _is_local(address):
        raise ExportFailed(NEEDS_TLS)
    prepare_sdk()
    try:
        # Imported before the time runs: on a busy machine that takes longer than a request.
        from usageline.refresh.metrics import otlp_sdk  # noqa: PLC0415 - as above
    except ImportError:
        raise ExportFailed(NOT_INSTALLED) from None
    failures: list[str] = []
    finished = threading.Event()

    def work() -> None:
        try:
            otlp_sdk.export(samples, address, headers, instance, env, TIMEOUT_S)
        except UsagelineError as failure:
            failures.append(str(failure))
        except BaseException as error:  # noqa: BLE001 - its text could have a header's value
            failures.append(type(error).__name__)
        finished.set()

    # In a thread to abandon at the deadline: nothing can interrupt getaddrinfo.
    thread = threading.Thread(target=work, name="metrics", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started (ulimit -u)
        raise ExportFailed("no thread can be started") from None
    if not finished.wait(TIMEOUT_S):
        raise ExportFailed("no answer in time")
    if failures:
        raise ExportFailed(failures[0])


def read_headers(path: str) -> dict[str, str]:
    """Return the headers in a file: `Name: value` on each line, # for comments.

    Raise ExportFailed. No message contains a value: one of them is a token.
    """
    try:
        content = _content(path)
    except OSError as error:
        raise ExportFailed(f"{path} cannot be read: {error_text(error)}") from None
    headers: dict[str, str] = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, separator, value = line.partition(":")
        if not separator or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value.strip()):
            raise ExportFailed(f"{path}: line {number} is not `Name: value`")
        headers[name] = value.strip()
    if len(headers) > MAX_HEADERS:
        raise ExportFailed(f"{path}: at most {MAX_HEADERS} headers are allowed")
    return headers


# tried by: tests/refresh
def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | NO_WAIT)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ExportFailed(f"{path} is not a file")
        if hasattr(os, "geteuid"):
            if status.st_uid != os.geteuid():
                raise ExportFailed(f"{path} belongs to another user")
            if status.st_mode & 0o077:
                raise ExportFailed(f"others can read {path}: chmod 600 it")
        content = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise ExportFailed(f"{path}: at most {MAX_BYTES >> 10} KiB are allowed")
    return content


def is_installed() -> bool:
    """Return whether the SDK is there, without importing it."""
    from importlib.util import find_spec  # noqa: PLC0415 - seldom

    try:
        return find_spec("opentelemetry.sdk") is not None
    except (ImportError, ValueError):
        return False


def prepare_sdk() -> None:
    """Remove the SDK's variables from this process, and let it log nothing.

    A project can set them. They name a collector, headers, certificates and modules to load.
    """
    for name in [name for name in os.environ if name.startswith(SDK_VARIABLES)]:
        del os.environ[name]
    for name in ("opentelemetry", "urllib3"):  # it would appear under `usageline refresh`
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False


def _is_local(address: str) -> bool:
    return is_loopback("{0.scheme}://{0.netloc}".format(urlsplit(address)))
