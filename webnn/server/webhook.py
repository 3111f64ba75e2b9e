"""A webhook: a POST to the owner's address when a run finishes, fails, stalls or came to harm. No run waits for it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from webnn.core.states import RunState
from webnn.server.config import WebhookPlan
from webnn.server.keys import RUNS
from webnn.server.logs import LOGGER
from webnn.server.news import HarmNews, News, StatusNews

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask

SIGNATURE_HEADER = "X-WebNN-Signature"
EVENT_HEADER = "X-WebNN-Event"

_EVENTS = {RunState.FINISHED: "finished", RunState.STOPPED: "stopped", RunState.FAILED: "failed"}
_MAX_ANSWER_BYTES = 1024


class Webhook:
    """Posts what befalls runs, each post in a task of its own."""

    def __init__(self, plan: WebhookPlan, session: aiohttp.ClientSession) -> None:
        self._plan = plan
        self._session = session
        self._posts: set[asyncio.Task[None]] = set()

    def follow(self, task: RunTask) -> None:
        """Post what becomes of a run."""
        follower = Follower(self._plan.stall_seconds)

        def hear(news: News) -> None:
            if isinstance(news, HarmNews):
                self.post("harmed", {"id": task.info.id, "version": news.version, "reason": news.reason})
            elif isinstance(news, StatusNews):
                event = follower.see(news.status)
                if event is not None:
                    self.post(event, news.status)

        task.listen(hear)

    def post(self, event: str, status: Mapping[str, Any]) -> None:
        """Begin to post; returns at once."""
        body = {"event": event, "time": datetime.now(UTC).isoformat(timespec="seconds"), "run": dict(status)}
        post = asyncio.create_task(self._deliver(event, json.dumps(body, default=str).encode()))
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)

    async def close(self) -> None:
        """Wait a while for posts that are on their way."""
        if self._posts:
            _, late = await asyncio.wait(self._posts, timeout=self._plan.close_seconds)
            for post in late:
                post.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _deliver(self, event: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json", EVENT_HEADER: event, "User-Agent": "WebNN"}
        if self._plan.secret is not None:
            headers[SIGNATURE_HEADER] = sign(self._plan.secret, body)
        problem = ""
        for pause in (0.0, *self._plan.pauses):
            await asyncio.sleep(pause)
            problem = await self._try(body, headers)
            if not problem:
                return
        LOGGER.warning("the webhook was not told that a run is %s: %s", event, problem)

    async def _try(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Post once; what went wrong in words, or nothing."""
        timeout = aiohttp.ClientTimeout(total=self._plan.timeout_seconds)
        request = self._session.post(self._plan.url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
        try:
            async with request as response:
                await response.content.read(_MAX_ANSWER_BYTES)
                return "" if 200 <= response.status < 300 else f"it answered {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return f"{type(error).__name__} {error}".strip()


class Follower:
    """What is to be told of a run: its end once, and that it stands still once until it moves again."""

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._version: int | None = None
        self._since = 0.0
        self._stalled = False
        self._over = False

    def see(self, status: Mapping[str, Any]) -> str | None:
        """Look at the next status of docs/protocol.md; the event to tell. Pauses do not count as standing still,
        because the run's own seconds leave them out.
        """
        if status["version"] != self._version:
            self._version, self._since, self._stalled = status["version"], status["seconds"], False
        state = RunState(status["state"])
        if state.over:
            told, self._over = self._over, True
            return None if told else _EVENTS[state]
        late = status["seconds"] - self._since >= self._stall_seconds
        if state is not RunState.RUNNING or not self._stall_seconds or not late or self._stalled:
            return None
        self._stalled = True
        return "stalled"


def sign(secret: str, body: bytes) -> str:
    """The header by which a receiver knows that a post is ours: `sha256=` and the HMAC of the body, in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def add_webhook(app: web.Application, plan: WebhookPlan) -> None:
    """Let the application tell `plan.url` of its runs."""

    async def live(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            webhook = Webhook(plan, session)
            app[RUNS].on_added(webhook.follow)
            yield
            await webhook.close()

    app.cleanup_ctx.append(live)
