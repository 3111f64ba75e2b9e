"""A sign-in of the owner's own: a function that names whoever sent a request, or refuses."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.server.addresses import within
from webnn.server.admission import ADMISSION
from webnn.server.auth import scope_of
from webnn.server.guarding import USER
from webnn.server.keys import CONFIG
from webnn.server.logs import LOGGER
from webnn.server.pages import mounted_at

GROUP = "webnn.sign_in"
"""Entry points of installed packages that can be named by their name alone."""

_MAX_NAME = 200
_SECONDS = 10.0
_FREE = ("/api/v1/health", "/metrics", "/static/")
"""Says nothing of runs, has a token of its own, is the same for all."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a sign-in is told of a request. `headers` has names in any case; `from_proxy`: a trusted proxy
    (`--trusted-proxy`) sent it, so that a header that this proxy always sets can be believed.
    """

    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    path: str
    from_proxy: bool


SignIn = Callable[[Visitor], str | Awaitable[str | None] | None]
"""The visitor's name; None: refused. An ordinary function is called in a thread."""

SIGN_IN: web.AppKey[SignIn] = web.AppKey("sign_in")


def load_sign_in(place: str) -> SignIn:
    """Find the function that `place` names: "module:function", looked for in the current folder too, or an entry point.

    Raises `WebNNError("settings")`.
    """
    found = _import(place) if ":" in place else _find_entry_point(place)
    if not callable(found):
        raise WebNNError("settings", f"{place} is no function that could sign anyone in.")
    return found


def _import(place: str) -> object:
    module_name, _, name = place.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = import_module(module_name)
    except Exception as error:  # the owner's own code, whatever it does
        raise WebNNError("settings", f"The sign-in {place} cannot be loaded: {error!r}.") from error
    if not hasattr(module, name):
        hint = did_you_mean(name, [each for each in vars(module) if not each.startswith("_")])
        raise WebNNError("settings", f"{module_name} has no function {name!r}.{hint}")
    return getattr(module, name)


def _find_entry_point(name: str) -> object:
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        hint = did_you_mean(name, known) if known else ""
        raise WebNNError(
            "settings", f'A sign-in is "module:function", or an entry point of {GROUP}, not {name!r}.{hint}'
        )
    try:
        found: object = known[name].load()
    except Exception as error:  # somebody's own code
        raise WebNNError("settings", f"The sign-in {name} cannot be loaded: {error!r}.") from error
    return found


@web.middleware
async def ask_who(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raise `WebNNError("not_signed_in")` for whoever the owner's function does not name.

    Whoever has an owner's token needs no other sign-in, and neither do this computer's own workers.
    """
    sign_in = request.app.get(SIGN_IN)
    if sign_in is not None and not _is_free(request):
        request[USER] = await _name(sign_in, request)
    return await handler(request)


def _is_free(request: web.Request) -> bool:
    path = request.path.removeprefix(mounted_at(request))
    free = any(path == each or (each.endswith("/") and path.startswith(each)) for each in _FREE)
    return free or request.app[ADMISSION].is_own(request) or scope_of(request) is not None


async def _name(sign_in: SignIn, request: web.Request) -> str:
    from_proxy = within(request.remote or "", request.app[CONFIG].proxies)
    visitor = Visitor(request.headers, request.cookies, request.path, from_proxy)
    try:
        async with asyncio.timeout(_SECONDS):
            called = sign_in(visitor) if inspect.iscoroutinefunction(sign_in) else asyncio.to_thread(sign_in, visitor)
            said = await called
            name = await said if inspect.isawaitable(said) else said
    except Exception as error:  # the owner's own code: what breaks there lets nobody in
        LOGGER.error("the sign-in broke: %s", type(error).__name__)
        raise WebNNError("not_signed_in", "The sign-in of this server does not work now.") from None
    if name is None:
        raise WebNNError("not_signed_in")
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        LOGGER.error("the sign-in gave a %s that is no name", type(name).__name__)
        raise WebNNError("not_signed_in", "The sign-in of this server does not work now.")
    return name
