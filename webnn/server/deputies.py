"""Named tokens, over HTTP: who has one that allows everything makes, lists, replaces and ends others."""

from __future__ import annotations

import asyncio

from aiohttp import web

from webnn.core import shapes
from webnn.server.api import json_answer
from webnn.server.auth import require_owner
from webnn.server.bodies import read_body
from webnn.server.describing import describe
from webnn.server.keys import TOKENS
from webnn.server.tokens import Scope


def add_token_routes(app: web.Application) -> None:
    """Add the addresses of this module."""
    app.router.add_get("/api/v1/tokens", list_tokens)
    app.router.add_post("/api/v1/tokens", make_token)
    app.router.add_post("/api/v1/tokens/{token}/rotate", rotate_token)
    app.router.add_delete("/api/v1/tokens/{token}", end_token)


@describe("List the named tokens, without the tokens themselves", answer=list[shapes.TokenView], owner=Scope.ADMIN)
async def list_tokens(request: web.Request) -> web.Response:
    require_owner(request)
    found = await asyncio.to_thread(request.app[TOKENS].all)
    return json_answer(
        [{"name": one.name, "scope": one.scope, "created": one.created, "expires": one.expires} for one in found]
    )


@describe(
    "Make a token with a name and a scope", body=shapes.NewToken, answer=shapes.MadeToken, status=201, owner=Scope.ADMIN
)
async def make_token(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.NewToken)
    name, scope = body["name"], body.get("scope", Scope.CONTROL.value)
    token = await asyncio.to_thread(request.app[TOKENS].add, name, scope, body.get("seconds"))
    return json_answer({"token": token, "name": name, "scope": scope}, 201)


@describe("Put a new token in a token's place", body=shapes.TokenSpan, answer=shapes.MadeToken, owner=Scope.ADMIN)
async def rotate_token(request: web.Request) -> web.Response:
    require_owner(request)
    body = await read_body(request, shapes.TokenSpan)
    tokens, name = request.app[TOKENS], request.match_info["token"]
    token = await asyncio.to_thread(tokens.rotate, name, body.get("seconds"))
    return json_answer({"token": token, "name": name, "scope": tokens.scope_of(token)})


@describe("End a token, at once", status=204, owner=Scope.ADMIN)
async def end_token(request: web.Request) -> web.Response:
    require_owner(request)
    await asyncio.to_thread(request.app[TOKENS].revoke, request.match_info["token"])
    return web.Response(status=204)
