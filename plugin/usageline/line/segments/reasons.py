"""Why numbers are missing or old, and incidents of the service."""

from __future__ import annotations

from usageline.core.formatting import age, clock
from usageline.core.text import sanitize
from usageline.core.vocabulary import ACCOUNTS_WAIT, CLOCK, OWN_SIGN_IN, REASONS
from usageline.core.windows import MAX_LABEL, moment
from usageline.line.segments import clamped, in_style, labeled, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

OWN_SIGN_IN_REASON = "token in settings.json: usage comes with the first answer"

QUIET = ("another sign-in", "only this session's numbers", OWN_SIGN_IN_REASON)
"""Reasons that are not faults."""

PAGE = "https://status.claude.com"
OLD_INCIDENT_S = 3600
"""An incident that was last confirmed longer ago is not shown."""


def status(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show why numbers are missing or old, and how old they are.

    At a critical limit, show that the account holds a limit reset that it has not used.
    """
    return [*_why(ctx, options), *_unused_reset(ctx, options)]


def _unused_reset(ctx: StatusContext, options: Options) -> list[Variants]:
    if not ctx.unused_reset or all(window.severity != "critical" for window in ctx.windows):
        return []
    texts = ((28, "a limit reset is unused: /usage"), (54, "reset unused"))
    return in_style(options, "quiet", *texts)


def _why(ctx: StatusContext, options: Options) -> list[Variants]:
    why = ctx.problem or reason(ctx)
    failed, age_s = why and not why.startswith(CLOCK), ctx.age_s
    is_old = failed or not 0 <= (age_s or 0) < options["stale"]
    texts = [text for text in (why, age(age_s) if is_old and age_s is not None else "") if text]
    if not texts:
        return []
    style = "warning" if why and why not in QUIET else "quiet"
    brief = texts[0] if texts[0].startswith("usage") else texts[0].partition(": ")[0]
    forms = dict.fromkeys((ctx.glyphs["dot"].join(texts), texts[0], brief))
    priorities = (28, 29, 90)[-len(forms) :]
    return in_style(options, style, *zip(priorities, forms, strict=True))


def service(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show an incident of the service, as a link to its status page."""
    title, checked_at = ctx.incident.get("title"), moment(ctx.incident.get("checked_at"))
    age_s = -1 if checked_at is None else ctx.now - checked_at
    if not isinstance(title, str) or not 0 <= age_s < OLD_INCIDENT_S:
        return []
    identifier, url = ctx.incident.get("id"), PAGE
    if isinstance(identifier, str) and identifier.isascii() and identifier.isalnum():
        url += "/incidents/" + identifier[:40]
    style = "critical" if ctx.incident.get("impact") in ("major", "critical") else "alert"
    name = shortened(ctx, sanitize(title), clamped(options["length"], 8, 160))
    link = (url,) if ctx.payload else ()  # the bars of other programs have no links
    return [
        [
            (priority, [*labeled(options), (style, ctx.glyphs["alert"] + text, *link)])
            for priority, text in ((27, name), (65, "incident"))
        ]
    ]


def reason(ctx: StatusContext) -> str:
    """Return why numbers are missing, in the line's words, or "".

    A session whose own numbers prove its sign-in gets no advice to sign in.
    """
    text = _reason(ctx)
    untrue = (
        "/login" in text
        or text == OWN_SIGN_IN_REASON
        or ctx.status == "no-plan"
        or (ctx.status == "expired" and ctx.has_answered)
    )
    if ctx.is_signed_in and untrue:
        return "only this session's numbers" if ctx.age_s is None else text.partition(":")[0]
    return text


def _reason(ctx: StatusContext) -> str:
    if ctx.detail == OWN_SIGN_IN:
        return OWN_SIGN_IN_REASON
    if ctx.status == "ok":
        if ctx.detail.startswith(CLOCK):
            return ctx.detail.partition(";")[0]
        return "" if ctx.windows or ctx.credits else "usage: none reported"
    if ctx.status == "loading" and ctx.windows:
        return ""  # the payload's own numbers are shown, and a later line has the rest
    if ctx.status == "no-plan" and ctx.detail:
        # A gateway's own limit is shown instead.
        return "" if ctx.credits else f"{ctx.detail}: no plan limits"
    if ctx.status == "rate-limited" and ctx.until and ctx.until > ctx.now:
        whose = "account " if ctx.detail.startswith(ACCOUNTS_WAIT[:MAX_LABEL]) else ""
        return f"{whose}rate-limited until " + clock(ctx.until, ctx.now, half_days=ctx.half_days)
    # An unknown status, from a later version, needs a text only if there are no numbers.
    return REASONS.get(ctx.status) or ("" if ctx.windows or ctx.credits else REASONS["unreadable"])
