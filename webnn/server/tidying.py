"""Removing what is old from a server's runs folder, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiohttp import web

from webnn.core import shapes
from webnn.server.api import json_answer
from webnn.server.auth import require_owner
from webnn.server.bodies import read_body
from webnn.server.describing import describe
from webnn.server.keys import HOST
from webnn.server.tokens import Scope


@describe(
    "Remove old runs, and checkpoints of those that are finished",
    body=shapes.Prune,
    answer=list[shapes.Removed],
    owner=Scope.ADMIN,
)
async def prune(request: web.Request) -> web.Response:
    """As `wnn prune`: what went, or with `dry_run` what would go."""
    require_owner(request)
    body = await read_body(request, shapes.Prune)
    keep, seconds = body.get("keep"), body.get("older_than_seconds")
    age = None if seconds is None else timedelta(seconds=seconds)
    removals = await request.app[HOST].plan_pruning(datetime.now(UTC), None if keep is None else int(keep), age)
    if not body.get("dry_run", False):
        for removal in removals:
            await request.app[HOST].prune(removal)
    return json_answer([removal.as_dict() for removal in removals])
