"""The line as a document for another program: JSON, SwiftBar's menu, the file of claude-hud."""

from __future__ import annotations

from usageline.core.formatting import age, ago, clock, money, utc_time
from usageline.core.text import sanitize
from usageline.core.vocabulary import short_name
from usageline.core.windows import moment, percent
from usageline.line.segments import reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from usageline.line.context import StatusContext, Window

GRAVEST = ("critical", "warning", "normal")

MENU_COLORS = {"warning": "#8a5a00,#ffc04d", "critical": "#b3001b,#ff6b6b"}
"""Colors of SwiftBar on a light and on a dark menu."""

MENU_END = "symbolize=false emojize=false"
"""SwiftBar would turn `:word:` in a name into a picture."""

HUD_WINDOWS = (("five_hour", "session"), ("seven_day", "weekly_all"))
MAX_HUD_MODELS = 8


def document(form: str, rows: Sequence[str], ctx: StatusContext) -> str:
    """Return the document of the form `json`, `swiftbar` or `claude-hud`."""
    if form == "swiftbar":
        return "\n".join(menu(rows, ctx))
    import json  # noqa: PLC0415 - not for the menu

    content = as_object(rows, ctx) if form == "json" else hud_file(ctx)
    return json.dumps(content, ensure_ascii=False)


def as_object(rows: Sequence[str], ctx: StatusContext) -> dict[str, Any]:
    """Return the JSON form.

    `class` is the gravest severity (`normal`, `warning`, `critical`), `percentage` the highest one
    or None, `status` the snapshot's.
    """
    windows = [window for window in ctx.windows if window.percent is not None]
    return {
        "text": " ".join(rows),
        "rows": rows,
        "class": _gravest(windows),
        "percentage": max((int(window.percent or 0) for window in windows), default=None),
        "status": sanitize(ctx.status),
    }


def menu(rows: Sequence[str], ctx: StatusContext) -> Iterator[str]:
    """Yield the lines for SwiftBar: the title, and each limit and credit in the menu below."""
    yield _item(" ".join(rows), _gravest(ctx.windows))
    yield "---"
    for window in ctx.windows:
        used = "–" if window.percent is None else f"{int(window.percent)}%"
        name = short_name(window.kind, window.label) or window.kind
        yield _item(f"{name}: {used}{_reset(ctx, window)}", window.severity)
    for row in ctx.credits:
        amount = _amount(row)
        if amount:
            yield _item(f"{row.get('label')}: {amount}", "normal")
    why = reasons.reason(ctx)
    if why:
        yield _item(why, "warning")
    if ctx.age_s is not None:
        yield _item(f"as of {age(ctx.age_s)}", "normal")


def hud_file(ctx: StatusContext) -> dict[str, Any]:
    """Return the object that claude-hud reads from `display.externalUsagePath`.

    It ignores one without `updated_at`. A window without a number is None.
    """
    content: dict[str, Any] = {
        "updated_at": None if ctx.age_s is None else _iso(ctx.now - max(ctx.age_s, 0))
    }
    for name, kind in HUD_WINDOWS:
        for window in ctx.windows:
            if window.kind == kind:
                content[name] = {
                    "used_percentage": window.percent,
                    "resets_at": _iso(window.resets_at),
                }
                break
    content["model_scoped"] = [
        {
            "display_name": sanitize(window.label),
            "utilization": window.percent,
            "resets_at": _iso(window.resets_at),
        }
        for window in ctx.windows
        if window.kind == "weekly_scoped"
    ][:MAX_HUD_MODELS]
    amounts = [amount for row in ctx.credits if (amount := _amount(row))]
    if amounts:
        content["balance_label"] = amounts[0]
    return content


def _gravest(windows: Sequence[Window]) -> str:
    severities = {window.severity for window in windows if window.percent is not None}
    return next((word for word in GRAVEST if word in severities), "normal")


def _item(text: str, severity: str) -> str:
    # SwiftBar takes what follows a `|` as parameters, and a line that begins with `-` as a submenu.
    clean = sanitize(text).replace("|", "¦").replace("\\", "/")
    shown = "\u200b" + clean if clean[:1] == "-" else clean
    color = MENU_COLORS.get(severity)
    return f"{shown} | {f'color={color} ' if color else ''}{MENU_END}"


def _reset(ctx: StatusContext, window: Window) -> str:
    if window.resets_at is None or window.resets_at <= ctx.now:
        return ""
    at = clock(window.resets_at, ctx.now)
    return f", resets {at} (in {ago(window.resets_at - ctx.now)})"


def _amount(row: dict[str, Any]) -> str:
    """Return `$12.34/$50` or `60%` of a credit, "" if it is off or unknown."""
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    currency = row.get("currency")
    if row.get("enabled", True) is not True or not isinstance(currency, str):
        return ""
    if type(exponent) is not int or not 0 <= exponent <= 6 or len(currency) > 8:
        return ""
    if type(used) is not int or abs(used) >= 10**12:
        share = percent(row.get("percent"))
        return "" if share is None else f"{int(share)}%"
    cap = f"/{money(limit, exponent, currency)}" if type(limit) is int and limit < 10**12 else ""
    return sanitize(money(used, exponent, currency) + cap)


def _iso(at: float | None) -> str | None:
    known = moment(at)
    return None if known is None else utc_time(known)
