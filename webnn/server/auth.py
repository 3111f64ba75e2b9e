"""Who may do what: the owner's tokens, and pages of which origin may open a socket."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.server.describing import description_of
from webnn.server.keys import TOKENS
from webnn.server.logs import LOGGER
from webnn.server.tokens import Scope

_DEFAULT_PORTS = {"http": 80, "https": 443}


def require_owner(request: web.Request, scope: Scope | None = None) -> None:
    """Raises `WebNNError` `unauthorized` without an `Authorization: Bearer` header, `forbidden` with a token that is
    none, or not for `scope`; None: the scope that the handler's description has.
    """
    if scope is None:
        told = description_of(request.match_info.handler)
        assert told is not None, "the handler is not described"
        assert told.owner is not None, "its description says nothing of the owner"
        scope = told.owner
    if not given_token(request):
        raise WebNNError("unauthorized")
    found = scope_of(request)
    if found is None:
        raise WebNNError("forbidden")
    if not found.allows(scope):
        raise WebNNError("forbidden", f'This needs a token of the scope "{scope}"; that one has the scope "{found}".')


def scope_of(request: web.Request) -> Scope | None:
    """What the request's token allows; None: there is none, or it is worth nothing."""
    given = given_token(request)
    if not given:
        return None
    try:
        return request.app[TOKENS].scope_of(given)
    except WebNNError:
        LOGGER.exception("the tokens cannot be read")
        return None


def given_token(request: web.Request) -> str:
    """The token of the `Authorization: Bearer` header; "" without one."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


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
