"""Bodies of the organization APIs with the shapes of the samples beside the repository.

They have other values than the samples, with sums that a reader can check in the head. The names
are those of the samples.
"""

from __future__ import annotations

from typing import Any

from tests.org_server import BASE, DIMENSIONS, error

DAY_1, DAY_2 = "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"
END = "2026-11-25T00:00:00Z"
REFRESHED = "2026-11-25T04:00:00Z"
ANALYTICS = f"{BASE}/analytics"

DEE = {
    "type": "user_actor",
    "user_id": "user_dee",
    "name": "Dee Doe",
    "email_address": "dee@example.com",
    "deleted": False,
}
LEFT = {**DEE, "user_id": "user_left", "name": None, "email_address": None, "deleted": True}
ROBOT = {"type": "service_account_actor", "service_account_id": "svac_robot"}
CI = {"type": "api_actor", "api_key_id": "apikey_ci"}
CLOUD = {
    "type": "federated_actor",
    "provider": {"type": "gcp", "project": "p1"},
    "subject": "robot@p1.iam",
}
NEW = {"type": "brand_new_actor", "id": "brand_1"}


def page(rows: list[Any], cursor: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return one page of a report."""
    return {
        "data": rows,
        "data_refreshed_at": REFRESHED,
        "has_more": cursor is not None,
        "next_page": cursor,
        **fields,
    }


def row(kind: str, value: dict[str, Any], day: str = DAY_1, **group: Any) -> dict[str, Any]:
    """Return a row of cost or usage."""
    end = DAY_2 if day == DAY_1 else END
    whole = {**dict.fromkeys((*DIMENSIONS, "cost_type", "token_type")), **group}
    return {"starting_at": day, "ending_at": end, "group": whole, kind: value}


def cost(amount: str, listed: str | None, requests: int | None = 1) -> dict[str, Any]:
    """Return a cost in cents."""
    money = {"amount": amount, "list_amount": listed, "currency": "USD"}
    return {**money, "requests": requests}


def usage(tokens: int, requests: int | None = 1) -> dict[str, Any]:
    """Return a usage with 1, 2, 3, 4 and 5 times as many tokens of each kind."""
    return {
        "uncached_input_tokens": tokens,
        "output_tokens": 2 * tokens,
        "cache_read_input_tokens": 3 * tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": 4 * tokens,
            "ephemeral_1h_input_tokens": 5 * tokens,
        },
        "total_tokens": 15 * tokens,
        "requests": requests,
        "server_tool_use": {"web_search_requests": 0},
    }


def bucket(day: str, *results: dict[str, Any]) -> dict[str, Any]:
    """Return one day of an older report."""
    return {"starting_at": day, "ending_at": DAY_2 if day == DAY_1 else END, "results": [*results]}


def coder(actor: dict[str, Any], cents: float, *, sessions: int = 2) -> dict[str, Any]:
    """Return a row of the Claude Code report, with ten lines and one commit a session."""
    tool = {"accepted": 3, "rejected": 1}
    return {
        "date": DAY_2,
        "actor": actor,
        "customer_type": "api",
        "subscription_type": None,
        "terminal_type": "zed",
        "is_remote": False,
        "core_metrics": {
            "num_sessions": sessions,
            "lines_of_code": {"added": 10 * sessions, "removed": sessions},
            "commits_by_claude_code": sessions,
            "pull_requests_by_claude_code": 0,
        },
        "tool_actions": {"edit_tool": tool, "write_tool": tool},
        "model_breakdown": [
            {
                "model": "claude-opus-5-5",
                "tokens": {"input": 1, "output": 2, "cache_read": 3, "cache_creation": 4},
                "estimated_cost": {"currency": "USD", "amount": cents},
            }
        ],
    }


def summary(day: str, active: int) -> dict[str, Any]:
    """Return the active people of one day, out of 50 seats."""
    counts = {"daily": active, "weekly": active + 5, "monthly": active + 10}
    return {
        "starting_at": day,
        "ending_at": DAY_2 if day == DAY_1 else END,
        "assigned_seat_count": 50,
        "pending_invite_count": 1,
        **{f"{name}_active_user_count": count for name, count in counts.items()},
        **{f"{name}_adoption_rate": 2.0 * count for name, count in counts.items()},
        "claude_code_daily_active_user_count": active - 1,
        "claude_code_weekly_active_user_count": active,
        "claude_code_monthly_active_user_count": active,
        "hologram_daily_active_user_count": 2,
        "hologram_weekly_active_user_count": None,
        "hologram_monthly_active_user_count": 3,
    }


def person(number: int, email: str) -> dict[str, Any]:
    """Return what a person did: `number` of everything in Claude Code, twice as many messages."""
    tool = {"accepted_count": number, "rejected_count": 0}
    return {
        "user": {"type": "user", "id": f"user_{email.partition('@')[0]}", "email_address": email},
        "chat_metrics": {"message_count": 2 * number, "thinking_message_count": 1},
        "claude_code_metrics": {
            "core_metrics": {
                "distinct_session_count": number,
                "commit_count": number,
                "pull_request_count": number,
                "lines_of_code": {"added_count": number, "removed_count": number},
            },
            "tool_actions": {"edit_tool": tool, "write_tool": tool},
        },
        "office_metrics": {"excel": {"message_count": 1}, "word": {"message_count": None}},
        "hologram_metrics": {"message_count": 0},
        "web_search_count": 0,
        "distinct_user_count": None,
        "last_activity_date": "2026-11-23",
    }


def spend(actor: dict[str, Any], amount: str | None, spent: str, **fields: Any) -> dict[str, Any]:
    """Return a person's spend limit."""
    return {
        "scope": {"type": "user", "user_id": actor["user_id"]},
        "actor": actor,
        "amount": amount,
        "currency": "USD",
        "period": "monthly",
        "source": {"type": "organization"},
        "period_to_date_spend": spent,
        **fields,
    }


def limits(group: Any, models: list[str] | None, value: int, **fields: Any) -> dict[str, Any]:
    """Return the rate limits of a group."""
    one = {"type": "requests_per_minute", "value": value, **fields}
    kind = {"group_type": group} if isinstance(group, str) else {"group": group}
    return {"type": "rate_limit", **kind, "models": models, "limits": [one]}


SMALL = {"type": "model_group", "display_name": "Claude Small"}
DESTINATION = {
    "type": "telemetry_destination",
    "id": "tdst_one",
    "display_name": None,
    "endpoint_url": "https://user:secret@otlp.example.org/x?token=secret",
    "header_names": ["authorization"],
    "state": {"type": "disabled", "reason": {"type": "sustained_failure"}},
    "traces": {"enabled": True, "endpoint_url": None, "content_mode": "content"},
    "workspaces": {"type": "exclude"},
    "delivery_health": {
        "last_success_at": "2026-11-20T08:00:00Z",
        "last_error": "HTTP error (status 503)",
        "last_error_at": "2026-11-21T08:00:00Z",
    },
}
CONFIGURED = {"type": "spend_limit", "currency": "USD", "period": "monthly", "is_enabled": True}

LISTS: dict[str, Any] = {
    "analytics_cost.page1.json": page(
        [
            row("cost", cost("1000.000001", "2000"), actor=DEE, model="claude-opus-5-5"),
            row("cost", cost("30", "30"), actor=LEFT, model="claude-opus-5-5"),
        ],
        "cost_2",
    ),
    "analytics_cost.page2.json": page(
        [
            row("cost", cost("200", None), DAY_2, actor=DEE, model="claude-haiku-4-5"),
            row("cost", cost("4", "5"), DAY_2, actor=ROBOT),
            row("cost", cost("0.000000000003", "1"), DAY_2, actor=None),
        ]
    ),
    "analytics_cost.total.json": page([row("cost", cost("1234.000001000003", "2036", 5))]),
    "analytics_cost.by_type.json": page(
        [
            row("cost", cost("10", "10", None), model="m", cost_type="tokens", token_type="a"),
            row("cost", cost("20", "20", None), model="m", cost_type="tokens", token_type="b"),
            row("cost", cost("3", "3", None), cost_type="web_search"),
        ]
    ),
    "analytics_usage.page1.json": page(
        [
            row("usage", usage(10), actor=DEE, model="claude-opus-5-5"),
            row("usage", usage(20), actor=LEFT, model="claude-opus-5-5"),
        ],
        "usage_2",
    ),
    "analytics_usage.page2.json": page(
        [
            row("usage", usage(100), DAY_2, actor=DEE, model="claude-haiku-4-5"),
            row("usage", usage(200, None), DAY_2, actor=ROBOT),
        ]
    ),
    "analytics_usage.actors.json": page(
        [
            row("usage", usage(size), actor=actor, actor_type=actor and actor["type"])
            for size, actor in enumerate((DEE, LEFT, ROBOT, CI, CLOUD, NEW, None), 1)
        ]
    ),
    "analytics_empty.json": page([]),
    "enterprise_user_cost_report.json": page(
        [
            {"actor": DEE, "starting_at": DAY_1, **cost("100", "150"), "model": "m"},
            {
                "actor": {"type": "user_actor", "user_id": "user_eli", "email": "eli@example.com"},
                "starting_at": DAY_2,
                **cost("20", "20"),
                "model": "m",
            },
        ]
    ),
    "enterprise_user_usage_report.json": page(
        [{"actor": DEE, "starting_at": DAY_1, "model": "m", **usage(7)}]
    ),
    "enterprise_cost_report.json": page(
        [
            bucket(DAY_1, {**cost("100", "150"), "model": "m", "product": "claude-tag"}),
            bucket(DAY_2, {**cost("23", "23"), "model": "m", "product": "claude_tag"}),
            bucket(END),
        ]
    ),
    "enterprise_usage_report.json": page(
        [bucket(DAY_1, {**usage(8), "model": "m", "product": "claude_tag"})]
    ),
    "analytics_summaries.json": {"data": [summary(DAY_1, 20), summary(DAY_2, 30)]},
    "analytics_summaries.old.json": {"summaries": [summary(DAY_1, 10)]},
    "analytics_users.page1.json": {"data": [person(3, "dee@example.com")], "next_page": "users_2"},
    "analytics_users.page2.json": {"data": [person(9, "fay@example.com")], "next_page": None},
    "admin_claude_code.page1.json": page(
        [coder({"type": "user_actor", "email_address": "dee@example.com"}, 12.5)], "code_2"
    ),
    "admin_claude_code.page2.json": page(
        [
            coder({"type": "user_actor", "email_address": "dee@example.com"}, 7.5, sessions=1),
            coder({"type": "api_actor", "api_key_name": "nightly"}, 100),
        ]
    ),
    "admin_claude_code.empty.json": page([]),
    "admin_usage_messages.page1.json": page(
        [bucket(DAY_1, {**usage(1), "model": "claude-opus-5-5", "workspace_id": "wrkspc_lab"})],
        "messages_2",
    ),
    "admin_usage_messages.page2.json": page(
        [bucket(DAY_2, {**usage(2), "model": "claude-opus-5-5", "workspace_id": None})]
    ),
    "admin_cost_report.json": page(
        [
            bucket(
                DAY_1,
                {"amount": "123.45", "currency": "USD", "workspace_id": "wrkspc_lab", "model": "m"},
                {"amount": "0.55", "currency": "USD", "workspace_id": None, "model": None},
            ),
            bucket(DAY_2),
        ]
    ),
    "organization_me.json": {"id": "org-own", "type": "organization", "name": "Own Org"},
    "organization_users.page1.json": {
        "data": [{"id": "user_dee", "email": "dee@example.com", "name": "Dee Doe"}],
        "has_more": True,
        "last_id": "user_dee",
    },
    "organization_users.page2.json": {
        "data": [{"id": "user_fay", "email": "fay@example.com", "name": "Fay Foe"}],
        "has_more": False,
        "last_id": "user_fay",
    },
    "organization_workspaces.json": {
        "data": [{"id": "wrkspc_lab", "name": "Laboratory", "archived_at": None}],
        "has_more": False,
        "last_id": "wrkspc_lab",
    },
    "rate_limits.json": {"data": [limits(SMALL, ["claude-haiku-4-5"], 50)], "next_page": None},
    "rate_limits.old.json": {"data": [limits("model_group", ["m"], 60), limits("batch", None, 9)]},
    "workspace_rate_limits.json": {
        "data": [limits(SMALL, ["m"], 5, org_limit=50, source={"type": "workspace"})]
    },
    "spend_limits_effective.page1.json": {
        "data": [spend(DEE, "1000", "799.5"), spend(DEE, "500", "500", period="daily")],
        "next_page": "limits_2",
    },
    "spend_limits_effective.page2.json": {
        "data": [
            spend(LEFT, None, "0"),
            spend(LEFT, "0", "0", period="lunar"),
            spend(DEE, "x", "1"),
        ]
    },
    "spend_limits.json": {
        "data": [
            {**CONFIGURED, "scope": {"type": "organization"}, "amount": "100"},
            {
                **CONFIGURED,
                "scope": {"type": "workspace", "workspace_id": "wrkspc_lab"},
                "amount": "0",
            },
        ]
    },
    "spend_limit_increase_requests.json": {
        "data": [
            {
                "id": "slir_1",
                "actor": DEE,
                "created_at": "2026-11-24T10:00:00Z",
                "period": "monthly",
                "status": "pending",
                "spend_summary": spend(DEE, "1000", "799.5"),
            }
        ]
    },
    "gateway_spend_limits_effective.json": {
        "data": [spend({**DEE, "name": None}, "0", "5", groups=["contractors", "lab"])]
    },
    "telemetry_destinations.json": {"data": [DESTINATION], "next_page": None},
}
ERRORS: dict[str, tuple[int, Any]] = {
    "error_401_key.json": (401, error("authentication_error", "x")),
    "error_401_bearer.json": (401, error("authentication_error", "bearer")),
    "error_403_scope.json": (403, error("permission_error", "scopes")),
    "error_403_scope_code.json": (403, error("permission_error", "x", "api_key_scope_missing")),
    "error_403_key_kind.json": (403, error("permission_error", "x")),
    "error_404.json": (404, error("not_found_error", "x")),
    "error_400_org_type.json": (
        400,
        error("invalid_request_error", "x", "organization_type_not_supported"),
    ),
    "error_400_range.json": (400, error("invalid_request_error", "31 days")),
    "error_400_too_recent.json": (400, error("invalid_request_error", "not yet")),
    "error_400_cursor.json": (400, error("invalid_request_error", "cursor")),
    "error_400_hipaa.json": (400, error("invalid_request_error", "HIPAA")),
    "error_400_no_beta.json": (400, error("invalid_request_error", "beta")),
    "error_429.json": (429, error("rate_limit_error", "60")),
    "error_429_no_retry_after.json": (429, error("rate_limit_error", "later")),
    "error_429_spend_cap.json": (
        429,
        error("rate_limit_error", "x", "enforced_spend_limit_reached"),
    ),
    "error_500.json": (500, error("api_error", "x")),
    "error_500_no_retry.json": (500, error("api_error", "x")),
    "error_502_proxy.html": (502, b"<html>"),
    "error_504.json": (504, error("timeout_error", "x")),
    "error_529.json": (529, error("overloaded_error", "x")),
}
HEADERS = {
    "error_429.json": {"retry-after": "25"},
    "error_500.json": {"x-should-retry": "true"},
    "error_500_no_retry.json": {"x-should-retry": "false"},
}
