"""Load an organization's spend limits, and the requests for higher ones.

Claude Enterprise and a company's own gateway report each member's limit with the spending. Claude
Console reports the limits that are configured: their spending comes from the cost report.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from usageline.core.errors import UsagelineError
from usageline.jobs import org_report
from usageline.jobs.org_access import Request, open_org
from usageline.sources.org.adapter import BASE
from usageline.sources.org.errors import ORGANIZATION_TYPE, REFUSED, OrgFailure
from usageline.usage.org import limits as spend_limits
from usageline.usage.org.limits import WORKSPACE, LimitsReport
from usageline.usage.org.merge import anonymous

if TYPE_CHECKING:
    from usageline.jobs.org_access import Org
    from usageline.sources.org.client import OrgClient
    from usageline.usage.org.limits import IncreaseRequest, SpendLimit
    from usageline.usage.org.model import Report

EFFECTIVE = f"{BASE}/spend_limits/effective"
CONFIGURED = f"{BASE}/spend_limits"
REQUESTS = f"{BASE}/spend_limit_increase_requests"
CONFIGURED_BETA = "spend-limit-reads-2026-09-26"
NAME = "spend limits"
PAGE_SIZE = [("limit", "1000")]
PENDING = [("status[]", "pending"), *PAGE_SIZE]

WHOLE_ORGANIZATION = frozenset({"organization", "usage_tier"})
"""The scopes of a limit on everything that the organization spends."""


def load(org: Org) -> LimitsReport:
    """Return the limits. Raise UsagelineError with what to do if they cannot be read."""
    client, remarks = org.client, list[str]()
    requests: list[IncreaseRequest] | None = None
    try:
        limits = spend_limits.read_limits(client.rows(EFFECTIVE, PAGE_SIZE, name=NAME))
    except OrgFailure as failure:
        if failure.status not in REFUSED:
            raise
        limits = _configured(client, failure)
        if not org.request.is_anonymous:
            limits = _with_names(limits, org)
        limits = _with_spending(limits, org, remarks)
    else:
        requests = _requests(client, remarks)
    report = LimitsReport(
        tuple(spend_limits.in_order(limits)),
        None if requests is None else tuple(requests),
        org.clock.now(),
        tuple(remarks),
    )
    return _anonymous(report, org.cache.salt) if org.request.is_anonymous else report


def _requests(client: OrgClient, remarks: list[str]) -> list[IncreaseRequest] | None:
    """Return the pending requests, None if they cannot be read."""
    try:
        return spend_limits.read_requests(client.rows(REQUESTS, PENDING))
    except OrgFailure as failure:
        # A gateway has no such requests.
        if failure.status != 404:
            remarks.append(f"requests for higher limits cannot be read: {failure}")
        return None


def _configured(client: OrgClient, refusal: OrgFailure) -> list[SpendLimit]:
    """Return the limits of a Console organization. Raise the first refusal if it has none."""
    try:
        return spend_limits.read_limits(client.rows(CONFIGURED, PAGE_SIZE, CONFIGURED_BETA))
    except OrgFailure as failure:
        if failure.status in REFUSED and refusal.code != ORGANIZATION_TYPE:
            raise refusal from None
        raise


def _with_spending(limits: list[SpendLimit], org: Org, remarks: list[str]) -> list[SpendLimit]:
    """Return the limits with the spending of their periods, as far as the cost report has it."""
    spending: dict[str, Report | None] = {}
    for period in dict.fromkeys(limit.period for limit in limits):
        bounds = spend_limits.bounds_of(period, org.clock.now())
        if bounds is None:
            continue
        request = Request("workspace", bounds[0].date(), org.now().date())
        try:
            whole = open_org(org.client.env, request, org.client.progress, org.clock)
            spending[period] = org_report.load(whole)
        except UsagelineError as failure:
            remarks.append(f"the spending cannot be read: {failure}")
            break
    return [_with_spent(limit, spending.get(limit.period)) for limit in limits]


def _with_names(limits: list[SpendLimit], org: Org) -> list[SpendLimit]:
    """Return the limits with the names of their workspaces, as far as they can be read."""
    if all(limit.holder.kind != WORKSPACE for limit in limits):
        return limits
    names = org.names(WORKSPACE)
    return [
        replace(limit, holder=limit.holder._replace(name=names.get(limit.holder.key)))
        if limit.holder.kind == WORKSPACE
        else limit
        for limit in limits
    ]


def _with_spent(limit: SpendLimit, report: Report | None) -> SpendLimit:
    """Return the limit with what the report of its period has for its scope."""
    if report is None or report.currency != limit.currency:
        return limit
    spent: Decimal | None = None
    if limit.holder.kind in WHOLE_ORGANIZATION:
        spent = report.total.cost
    elif limit.holder.kind == WORKSPACE:
        row = next((row for row in report.rows if row.key == limit.holder.key), None)
        spent = row.sums.cost if row else Decimal(0)
    if spent is None:
        return limit
    return replace(limit, spent=spent, spent_state=spend_limits.KNOWN)


def _anonymous(report: LimitsReport, salt: bytes) -> LimitsReport:
    def without(limit: SpendLimit) -> SpendLimit:
        return replace(limit, holder=anonymous(limit.holder, salt))

    return replace(
        report,
        limits=tuple(map(without, report.limits)),
        requests=report.requests
        and tuple(
            replace(
                one,
                holder=anonymous(one.holder, salt),
                summary=one.summary and without(one.summary),
            )
            for one in report.requests
        ),
    )
