"""Serve the part of the Anthropic API that the client needs, with a log of every request."""

from __future__ import annotations

import json
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.loopback import Server
from tests.server import USAGE_PATH, Api, Handler, Request
from tests.world import ACCOUNT, ORGANIZATION
from usageline.usage.values import epoch, mapping

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tests.client.certificates import Certificates

ANSWER = "Hello from loopback."
"""The model's answer to a message, unless a test chooses another."""

TEXT = {"type": "text", "text": ANSWER}

USUAL = {
    "input_tokens": 1200,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 9000,
    "output_tokens": 12,
}
"""The usage of an answer, unless a test chooses another."""

PROFILE = {
    "account": {
        "uuid": ACCOUNT,
        "email": "t@example.com",
        "display_name": "T",
        "has_claude_max": True,
        "has_claude_pro": False,
    },
    "organization": {
        "uuid": ORGANIZATION,
        "name": "T",
        "organization_type": "claude_max",
        "rate_limit_tier": "default_claude_max_5x",
        "billing_type": "stripe_subscription",
        "has_extra_usage_enabled": True,
    },
}


class ClientApi(Api):
    """`server.Api` behind TLS on a listening socket.

    `messages` are the bodies of /v1/messages, oldest first. `windows` is the percentage of session
    and week in their answers, None for none. The client passes it on in its payload. The windows
    end like those of the usage body, or at `ends` (epoch s). `content` returns the content blocks
    of an answer to a request, and `usage` its final usage. `sent` has the request and the
    usage of each answer so far, by its id. An answer pauses before its end while `paused` is set.
    """

    def __init__(self, listener: socket.socket, certificates: Certificates) -> None:
        self._listener = listener
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificates.chain, certificates.key)
        self.messages: list[str] = []
        self.windows: tuple[int, int] | None = None
        self.ends: tuple[int, int] | None = None
        self.content: Callable[[dict[str, Any]], list[dict[str, Any]]] = lambda _request: [TEXT]
        self.usage: Callable[[], dict[str, int]] = lambda: USUAL
        self.sent: dict[str, tuple[dict[str, Any], dict[str, int]]] = {}
        self.paused = threading.Event()
        super().__init__()

    def __post_init__(self) -> None:
        server = Server(("127.0.0.1", 443), _ClientHandler, bind_and_activate=False)
        server.socket.close()
        # The handshake runs in the connection's thread, so that an idle client does not block
        # others.
        server.socket = self._tls.wrap_socket(
            self._listener, server_side=True, do_handshake_on_connect=False
        )
        server.server_name, server.server_port = "api.anthropic.com", 443
        self.serve(server)

    @property
    def ours(self) -> list[Request]:
        """Return the requests of usageline, oldest first."""
        return [
            request
            for request in self.requests
            if request.headers.get("user-agent", "").startswith("usageline/")
        ]


class _ClientHandler(Handler):
    def do_GET(self) -> None:  # noqa: N802 - the base class looks it up
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = self.path.partition("?")[0]
        if path == USAGE_PATH:
            super().do_GET()
            return
        self.owner.requests.append(
            Request(self.command, self.path, self.lower_headers(), time.time())
        )
        if path == "/v1/messages":
            self.owner.messages.append(body)
            self.answer(json.loads(body))
        elif path == "/api/oauth/profile":
            self.reply(200, json.dumps(PROFILE).encode())
        elif path == "/api/claude_cli/bootstrap":
            self.reply(200, b"{}")
        else:
            self.error(404, "not_found_error", "not found")

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - names of the base class

    def answer(self, request: dict[str, Any]) -> None:
        windows = self.owner.windows
        headers = (
            rate_limit_headers(windows, self.owner.ends or ends_of(self.owner.body))
            if windows
            else {}
        )
        api = self.owner
        usage, content = api.usage(), api.content(request)
        message = {
            "id": f"msg_{time.time_ns()}",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**usage, "output_tokens": 1},
        }
        if not request.get("stream"):
            api.sent[message["id"]] = request, usage
            message |= {"content": content, "stop_reason": stop_reason(content), "usage": usage}
            self.reply(200, json.dumps(message).encode(), **headers)
            return
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", **headers}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        api.sent[message["id"]] = request, message["usage"]
        self.reply_stream(message, content, usage)
        api.sent[message["id"]] = request, usage

    def reply_stream(
        self, message: dict[str, Any], content: list[dict[str, Any]], usage: dict[str, int]
    ) -> None:
        """Send the events of a message. The first one has an output of 1, as the service's."""
        api = self.owner
        reason = stop_reason(content)
        self.event({"type": "message_start", "message": message})
        for index, block in enumerate(content):
            for event in block_events(index, block):
                self.event(event)
        while api.paused.is_set():
            time.sleep(0.02)
            self.event({"type": "ping"})
        delta = {"stop_reason": reason, "stop_sequence": None}
        output = {"output_tokens": usage["output_tokens"]}
        self.event({"type": "message_delta", "delta": delta, "usage": output})
        self.event({"type": "message_stop"})

    def event(self, event: dict[str, Any]) -> None:
        """Send a server-sent event."""
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()


def stop_reason(content: list[dict[str, Any]]) -> str:
    """Return why an answer ends."""
    return "tool_use" if any(block["type"] == "tool_use" for block in content) else "end_turn"


def block_events(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a content block."""
    if block["type"] == "tool_use":
        empty: dict[str, Any] = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]


def ends_of(body: object) -> tuple[int, int]:
    """Return the end of the session's and the week's window of a usage body (epoch s).

    Without windows these are in two hours and in three days.
    """
    now = int(time.time())
    rows = [mapping(mapping(body).get(name)) for name in ("five_hour", "seven_day")]
    session, week = (epoch(row.get("resets_at")) for row in rows)
    return session or now + 7200, week or now + 3 * 86400


def rate_limit_headers(windows: tuple[int, int], ends: tuple[int, int]) -> dict[str, str]:
    """Return the response headers that describe session and week: percentage and end (epoch s)."""
    (session, week), (session_end, week_end) = windows, map(str, ends)
    headers = {
        "status": "allowed",
        "reset": session_end,
        "representative-claim": "five_hour",
        "fallback-percentage": "0.5",
        "5h-status": "allowed",
        "5h-utilization": str(session / 100),
        "5h-reset": session_end,
        "7d-status": "allowed",
        "7d-utilization": str(week / 100),
        "7d-reset": week_end,
    }
    return {f"anthropic-ratelimit-unified-{name}": value for name, value in headers.items()}
