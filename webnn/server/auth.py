"""Who may do what: the owner's token, and pages of which origin may open a socket."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.server.keys import TOKENS
from webnn.server.tokens import Scope

_DEFAULT_PORTS = {"http": 80, "https": 443}


def require_owner(request: web.Request, token: str, scope: Scope = Scope.CONTROL) -> None:
    """Raises `WebNNError` `unauthorized` without an `Authorization: Bearer` header, `forbidden` with a wrong token.

    The owner's first `token` allows everything, any other what its scope does.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise WebNNError("unauthorized")
    if hmac.compare_digest(given.strip().encode(), token.encode()):
        return
    found = request.app[TOKENS].scope_of(given.strip())
    if found is None:
        raise WebNNError("forbidden")
    if not found.allows(scope):
        raise WebNNError("forbidden", f"That token is for {found}; this needs one for {scope}.")


def check_origin(request: web.Request, public_url: str | None) -> None:
    """Raises `WebNNError("forbidden")` when a browser says that a page of another site opens this socket.

    A page of this server has its host and port; one behind a proxy those of `public_url`. Programs send no Origin.
    Schemes are not compared, because a proxy in front may add TLS.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return
    allowed = [_place(f"{request.scheme}://{request.host}", origin)]
    if public_url is not None:
        allowed.append(_place(public_url, origin))
    place = _place(origin, origin)
    if place is None or place not in allowed:
        raise WebNNError("forbidden", f"A page of {origin!r} may not open a connection to this server.")


def _place(url: str, origin: str) -> tuple[str, int] | None:
    """Host and port of a URL; a port left out is the default of the origin's scheme, for which a proxy may stand in."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(urlsplit(origin).scheme)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname and port else None
