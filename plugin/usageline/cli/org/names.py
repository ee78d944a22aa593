"""Name people, keys, workspaces and unknown things in the tables of `usageline org`. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from usageline.core.text import sanitize
from usageline.usage.values import text

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAME = 80
"""A longer name is cut: it must not widen a table or a picture without limit."""

SCOPES = {
    "organization": "the whole organization",
    "usage_tier": "the whole organization (usage tier)",
    "organization_service": "service",
    "rbac_group": "group",
    "scoped_api_key": "API key",
    "seat_tier": "seat tier",
    "service_account": "service account",
    "workspace": "workspace",
}
"""The service's words for what is not a person."""

_MODEL = re.compile(
    r"claude-(?:(?P<family>[a-z]+)-(?P<new>\d{1,2}(?:-\d{1,2})?)"
    r"|(?P<old>\d(?:-\d)?)-(?P<old_family>[a-z]+))(?:-(?:\d{8}|latest))?",
    re.ASCII,
)


class Subject(NamedTuple):
    """What a row is about: its kind by the service, its id, and what the service calls it."""

    kind: str
    key: str
    name: str | None = None
    email: str | None = None
    deleted: bool = False


def labels(subjects: Sequence[Subject]) -> list[str]:
    """Return a sanitized label for each subject. Two with one name get their e-mail or id, too."""
    plain = [_label(subject) for subject in subjects]
    ids_of_label = Counter(
        label for label, _ in dict.fromkeys(zip(plain, map(_identity, subjects), strict=True))
    )
    return [
        f"{label} ({_distinction(subject)})"
        if ids_of_label[label] > 1 and _distinction(subject)
        else label
        for label, subject in zip(plain, subjects, strict=True)
    ]


def model_name(model: str) -> str:
    """Return `Opus 5.5` for `claude-opus-5-5`, and an id of another form as it is."""
    match = _MODEL.fullmatch(model)
    if match is None:
        return _clean(model) or "unknown model"
    version = (match["new"] or match["old"]).replace("-", ".")
    return f"{(match['family'] or match['old_family']).capitalize()} {version}"


def _identity(subject: Subject) -> tuple[str, str]:
    return subject.kind, subject.key or subject.email or subject.name or ""


def _label(subject: Subject) -> str:
    key = _clean(subject.key)
    if subject.kind == "user":
        name = _clean(subject.name) or _clean(subject.email)
        label = name or key or "unknown person"
        is_said = not subject.deleted or "deleted" in label.lower()
        return label if is_said else f"{label} (deleted)"
    name = _clean(subject.name) or key
    if not subject.kind:  # the heading of the column has it
        return name or "unknown"
    kind = SCOPES.get(subject.kind, _clean(subject.kind).replace("_", " "))
    return f"{kind} {name}".strip() if name else kind or "unknown"


def _distinction(subject: Subject) -> str:
    label = _label(subject)
    options = (_clean(subject.email), _clean(subject.key))
    return next((option for option in options if option and option not in label), "")


def _clean(words: str | None) -> str:
    return sanitize(text(words, MAX_NAME) or "")
