"""The codes that let volunteers into a run, over HTTP: the owner makes, lists and ends them."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.server.admission import ADMISSION
from webnn.server.api import json_answer, show_any_run
from webnn.server.auth import require_owner
from webnn.server.bodies import read_body
from webnn.server.describing import describe
from webnn.server.invites import Invites
from webnn.server.sharing import public_address
from webnn.server.tokens import Scope


def add_invite_routes(app: web.Application, run: str) -> None:
    """Add the addresses of this module under `run`, the path of one run; each needs the owner's token."""
    app.router.add_get(f"{run}/invites", list_invites)
    app.router.add_post(f"{run}/invites", make_invite)
    app.router.add_delete(f"{run}/invites", open_run)
    app.router.add_delete(f"{run}/invites/{{number}}", end_invite)


@describe("List a run's codes, without the codes themselves", answer=list[shapes.InviteView], owner=Scope.CONTROL)
async def list_invites(request: web.Request) -> web.Response:
    require_owner(request)
    run, invites = _run_and_invites(request)
    found = await asyncio.to_thread(invites.of, run)
    return json_answer(
        [{"number": one.number, "created": one.created, "expires": one.expires, "uses": one.uses} for one in found]
    )


@describe(
    "Make a code; from the first on, the run takes only who has one",
    body=shapes.NewInvite,
    answer=shapes.Invited,
    status=201,
    owner=Scope.CONTROL,
)
async def make_invite(request: web.Request) -> web.Response:
    require_owner(request)
    run, invites = _run_and_invites(request)
    body = await read_body(request, shapes.NewInvite)
    uses = body.get("uses")

    def make() -> tuple[str, int]:
        code = invites.add(run, body.get("code"), uses=None if uses is None else int(uses), seconds=body.get("seconds"))
        return code, invites.of(run)[-1].number

    code, number = await asyncio.to_thread(make)
    link = f"{public_address(request)}/join/{quote(run, safe='')}#code={quote(code, safe='')}"
    return json_answer({"run": run, "number": number, "code": code, "link": link}, 201)


@describe("Forget a run's codes: everyone may come", status=204, owner=Scope.CONTROL)
async def open_run(request: web.Request) -> web.Response:
    require_owner(request)
    run, invites = _run_and_invites(request)
    await asyncio.to_thread(invites.open, run)
    return web.Response(status=204)


@describe("End a code; who came with it may not again", status=204, owner=Scope.CONTROL)
async def end_invite(request: web.Request) -> web.Response:
    require_owner(request)
    run, invites = _run_and_invites(request)
    number = request.match_info["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise WebNNError("unknown_name", f"The run {run} has no code {number[:40]!r}.")
    await asyncio.to_thread(invites.revoke, run, int(number))
    return web.Response(status=204)


def _run_and_invites(request: web.Request) -> tuple[str, Invites]:
    return show_any_run(request).info.id, request.app[ADMISSION].invites
