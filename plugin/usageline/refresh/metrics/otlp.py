"""Send samples to an OpenTelemetry collector, within a second and without another try.

Importing the SDK takes as long as half a refresh, so only a configured refresh does it.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.core.errors import ExportFailed, UsagelineError
from usageline.system.api_address import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.usage.metrics.values import Sample

TIMEOUT_S = 1.0
SDK_VARIABLES = "OTEL_"
NOT_INSTALLED = (
    "the OpenTelemetry SDK is not installed: run ./install.sh --with otlp, or install "
    "usageline[otlp]"
)
NEEDS_TLS = "headers are sent only by https, or to a collector on this machine"


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
