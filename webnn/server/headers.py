"""Headers that tell a browser what pages of this server may do."""

from __future__ import annotations

from aiohttp import hdrs, web

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)

_WITHOUT_BODY = (101, 204)  # a switch of protocols, and nothing at all: there is nothing for a browser to be told of

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal handler. What a handler has set itself stays."""
    if response.status not in _WITHOUT_BODY:
        response.headers.setdefault("Content-Security-Policy", policy("'none'"))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers[hdrs.SERVER] = "WebNN"


def policy(frame_ancestors: str) -> str:
    """The Content-Security-Policy of a page that pages of `frame_ancestors` may show in a frame."""
    return f"{_POLICY}; frame-ancestors {frame_ancestors}"
