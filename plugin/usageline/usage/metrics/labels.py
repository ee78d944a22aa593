"""Decide which texts may become the value of a label.

A label is stored for ever beside every number, by people who need not know the account. So no
e-mail address, host name or path becomes one, and a hostile snapshot adds no series without end.
Texts of the service are names of a few words; all others become `other`.
"""

from __future__ import annotations

import re

from usageline.usage.credits import ONE_TIME, POOL_LABELS, USAGE_CREDITS
from usageline.usage.local.prices import listed_name

OTHER = "other"

_ACCOUNT = re.compile(r"[0-9a-f]{16}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9]{0,15}(?:[_-][a-z0-9]{1,16}){0,4}", re.ASCII)
_NAME = re.compile(
    r"[A-Za-z0-9]{1,16}(?:\.\d{1,3})?(?:[ -][A-Za-z0-9]{1,16}(?:\.\d{1,3})?){0,4}", re.ASCII
)
"""Words, and versions such as 4.5. A dot between letters would be that of a host or a file."""

_CURRENCY = re.compile(r"[A-Z]{3,4}", re.ASCII)
_CREDITS = frozenset({USAGE_CREDITS, ONE_TIME, *POOL_LABELS.values()})


def account(value: object) -> str:
    """Return the key of an account, "" if there is none."""
    return _matching(_ACCOUNT, value, "")


def word(value: object) -> str:
    """Return a word of the service such as `weekly_all`, or of usageline such as `claude-cache`."""
    return _matching(_WORD, value, OTHER)


def name(value: object) -> str:
    """Return a short name, such as that of a model or a plan."""
    text = value.replace("(", "").replace(")", "") if isinstance(value, str) else ""
    return _matching(_NAME, text, OTHER)


def currency(value: object) -> str:
    """Return the code of a currency."""
    return _matching(_CURRENCY, value, OTHER)


def credit(value: object) -> str:
    """Return the name of a credit that usageline knows."""
    return value if isinstance(value, str) and value in _CREDITS else OTHER


def model(value: str) -> str:
    """Return a model that has a price."""
    return listed_name(value) or OTHER


def _matching(pattern: re.Pattern[str], value: object, otherwise: str) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else otherwise
