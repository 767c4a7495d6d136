"""What every request must satisfy before any route sees it, and the headers every answer carries.

Installed by the API's factory. Until people sign in (a later version), the service is for this machine: it
answers to loopback names, and to the one public origin that its settings name (an authenticating proxy's);
a page of any other origin can neither read it nor write to it.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import problem
from services.settings import LOOPBACK

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""MapLibre paints from blobs and sets element styles; nothing else is let through."""
MOST_BODY_BYTES = 65_536
"""No route reads further than this, but for those below, whose limit is a setting."""
WITH_OWN_LIMIT = ("/events", "/feedback", "/requests", "/requests.json", "/requests.xml", "/requests/batch")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
ANSWER_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class AccessGuard:
    """ASGI middleware: known names only, same origin for writes, safe headers on every answer."""

    def __init__(self, app: ASGIApp, public_origin: str | None = None) -> None:
        self._app = app
        self._public_origin = public_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope, self._public_origin)
        if refusal is not None:
            await problem(403, refusal)(scope, receive, send)
            return

        own_limit = scope["path"].endswith(WITH_OWN_LIMIT)
        declared = Headers(scope=scope).get("content-length", "0")
        if not own_limit:
            if not declared.isdecimal() or int(declared) > MOST_BODY_BYTES:
                await problem(413, f"a request here is at most {MOST_BODY_BYTES} bytes")(scope, receive, send)
                return
            receive = _limited(receive, MOST_BODY_BYTES)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in ANSWER_HEADERS.items():
        headers.setdefault(name, value)


def _refusal(scope: Scope, public_origin: str | None) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    name = _host_name(host)
    public = public_origin is not None and host == urlsplit(public_origin).netloc
    if name not in LOOPBACK and not public:
        names = sorted(LOOPBACK) + ([] if public_origin is None else [public_origin])
        return f"this service answers to {', '.join(names)} only, not to {name!r}"
    origin = headers.get("origin")
    own = public_origin if public else f"{scope['scheme']}://{host}"
    if scope["method"] not in SAFE_METHODS and origin is not None and origin != own:
        return "a page of another origin may not write here"
    return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _limited(receive: Receive, most: int) -> Receive:
    """A receive that gives at most `most` bytes of body, then says that the client has gone."""
    left = most

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return limited
