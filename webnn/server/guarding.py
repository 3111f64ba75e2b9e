"""What stands before every handler: quotas by address, and no body that comes too slowly."""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from webnn.core.errors import ProtocolError, WebNNError
from webnn.server.addresses import Quota, client_address
from webnn.server.config import ServerConfig

_WITH_BODY = frozenset({hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE})

STREAMED = "updates"
"""The last part of the address whose handler reads its body itself, with limits of its own."""

LONG_BYTES = {"runs": 4 << 20, "predict": 1 << 20}
"""What addresses take that end so: a posted model may have a long topology, and examples are many numbers."""


USER = "webnn_user"
"""Where a request keeps the name of whoever signed in. It is stored nowhere else, and not logged."""


class Guard:
    """The quotas of a server. `requests` and `newcomers` are counted by address."""

    def __init__(self, config: ServerConfig) -> None:
        limits = config.limits
        self._proxies = config.proxies
        self.limits = limits
        self.requests = Quota(limits.requests_per_second, limits.request_burst)
        self.newcomers = Quota(limits.newcomers_per_second, limits.newcomer_burst)

    def address(self, request: web.BaseRequest) -> str:
        """Whom a request counts for: a user, where there is a sign-in, or an address."""
        user = request.get(USER)
        if user is not None:
            return f"user {user}"
        return client_address(request, self._proxies)

    def admit_newcomer(self, address: str) -> None:
        """Count a new identity; raises `WebNNError("too_many")`."""
        if not self.newcomers.take(address, asyncio.get_running_loop().time()):
            raise WebNNError("too_many", "Too many new volunteers come from your address; try again in a minute.")


GUARD = web.AppKey("guard", Guard)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raise `WebNNError` `too_many` for an address that asks too much, `silence` for a body that takes too long,
    `protocol_error` for one that is compressed, which could be a bomb.
    """
    watch = request.app[GUARD]
    if not watch.requests.take(watch.address(request), asyncio.get_running_loop().time()):
        raise WebNNError("too_many", "Too many requests come from your address; slow down.")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise ProtocolError("No body is taken that is compressed (Content-Encoding): send it as it is.")
    if request.method in _WITH_BODY and not request.path.endswith(f"/{STREAMED}"):
        most = LONG_BYTES.get(request.path.rpartition("/")[2])
        if most is not None:
            request = request.clone(client_max_size=most)
        try:
            async with asyncio.timeout(watch.limits.body_seconds):
                await request.read()
        except TimeoutError:
            raise WebNNError("silence", "The request's body took too long.") from None
    return await handler(request)
