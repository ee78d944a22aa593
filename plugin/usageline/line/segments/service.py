"""Incidents of the service."""

from __future__ import annotations

from usageline.core.text import display_width, sanitize
from usageline.core.windows import moment
from usageline.line.layout import cut_parts
from usageline.line.segments import clamped, labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

PAGE = "https://status.claude.com"
OLD_S = 3600
"""An incident that was last confirmed longer ago is not shown."""


def service(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show an incident of the service, as a link to its status page."""
    incident = ctx.incident
    title, checked_at = incident.get("title"), moment(incident.get("checked_at"))
    if not isinstance(title, str) or checked_at is None or not 0 <= ctx.now - checked_at < OLD_S:
        return []
    identifier = incident.get("id")
    url = PAGE
    if isinstance(identifier, str) and identifier.isascii() and identifier.isalnum():
        url += "/incidents/" + identifier[:40]
    style = "critical" if incident.get("impact") in ("major", "critical") else "alert"
    length, name = clamped(options["length"], 8, 160), sanitize(title)
    if display_width(name) > length:
        name = cut_parts([("", name)], length, ctx.glyphs["ellipsis"])[0][1]
    label, mark = labeled(options), ctx.glyphs["alert"]
    link = (url,) if ctx.payload else ()  # the bars of other programs have no links
    return [
        [
            (27, [*label, (style, f"{mark}{name}", *link)]),
            (65, [*label, (style, f"{mark}incident", *link)]),
        ]
    ]
