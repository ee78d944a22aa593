"""The token goes only to the API's host or to this machine."""

from __future__ import annotations

import pytest

from usageline.system.api_address import API, api_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("http://localhost:1", "http://localhost:1"),
    ],
)
def test_loopback_address_is_used(url: str, address: str) -> None:
    """By IP address or as `localhost`."""
    assert api_address({"USAGELINE_API_URL": url}) == (address, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://api.anthropic.com.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com@127.0.0.1",
        "http://user:password@127.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[::]",
        "http://[fe80::1%lo]",
        "http://[::1%25lo]",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8080",
        "//127.0.0.1",
        "http://127.0.0.1/path",
        "http://127.0.0.1?query",
        "http://127.0.0.1#fragment",
        "http://127.0.0.1\\@example.com",
        "http://127.0.0.1 .example.com",
        "http://127.0.0.1\n",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://１２７.0.0.1",
        "http://",
        "x",
    ],
)
def test_other_address_is_ignored_with_a_note(url: str) -> None:
    """A project's settings can set the variable: it must not be able to fetch the token."""
    address, note = api_address({"USAGELINE_API_URL": url})
    assert address == API
    assert note
    assert url not in note


def test_api_is_the_default() -> None:
    """There is no note."""
    assert api_address({}) == api_address({"USAGELINE_API_URL": ""}) == (API, None)
