"""What a webhook's receiver gets, and that no run waits for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.server.world import make_task
from webnn.core.errors import WebNNError
from webnn.core.events import Start, Stop
from webnn.server.app import create_app
from webnn.server.config import ServerConfig, WebhookPlan
from webnn.server.keys import RUNS
from webnn.server.news import HarmNews
from webnn.server.webhook import EVENT_HEADER, SIGNATURE_HEADER, Follower, Webhook, sign


@dataclass
class Receiver:
    """Answers with `answers` in turn, then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving(*answers: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers=list(answers))
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def webhook(receiver: Receiver, **options: Any) -> AsyncIterator[Webhook]:
    plan = WebhookPlan(receiver.url, **{"pauses": (0.0, 0.0), **options})
    async with aiohttp.ClientSession() as session:
        hook = Webhook(plan, session)
        yield hook
        await hook.close()


async def test_end_of_a_run_is_posted_and_signed(tmp_path: Path):
    async with receiving() as receiver:
        plan = WebhookPlan(receiver.url, secret="s3cret")
        app = create_app(ServerConfig(tmp_path, webhook=plan))
        task = make_task()
        app[RUNS].add(task)
        runner = web.AppRunner(app)
        await runner.setup()
        task.post(Start())
        await task.ask(Stop("Enough."))
        await task.wait_over()
        await runner.cleanup()  # waits for posts that are on their way
    ((headers, body),) = receiver.seen
    told = json.loads(body)
    assert told["event"] == headers[EVENT_HEADER] == "stopped"
    assert told["run"]["id"] == "test-run"
    assert told["run"]["reason"] == "Enough."
    assert headers[SIGNATURE_HEADER] == sign("s3cret", body)
    assert headers[SIGNATURE_HEADER] != sign("other", body)


async def test_harm_is_posted(tmp_path: Path):
    async with receiving() as receiver:
        app = create_app(ServerConfig(tmp_path, webhook=WebhookPlan(receiver.url)))
        runner = web.AppRunner(app)
        await runner.setup()
        task = make_task()
        app[RUNS].add(task)
        task.tell(HarmNews(7, "It got worse."))
        await runner.cleanup()
    ((_, body),) = receiver.seen
    told = json.loads(body)
    assert (told["event"], told["run"]) == ("harmed", {"id": "test-run", "version": 7, "reason": "It got worse."})


async def test_run_added_later_is_followed_too(tmp_path: Path):
    async with receiving() as receiver:
        app = create_app(ServerConfig(tmp_path, webhook=WebhookPlan(receiver.url)))
        runner = web.AppRunner(app)
        await runner.setup()
        task = make_task()
        app[RUNS].add(task)
        task.post(Start())
        await task.ask(Stop("Enough."))
        await task.wait_over()
        await runner.cleanup()
    assert len(receiver.seen) == 1
    assert SIGNATURE_HEADER not in receiver.seen[0][0]


@pytest.mark.parametrize("answers", [(500,), (404, 503), (302,)])
async def test_refused_post_is_tried_again(answers: tuple[int, ...]):
    async with receiving(*answers) as receiver:
        async with webhook(receiver) as hook:
            hook.post("finished", {"id": "a"})
        assert len(receiver.seen) == len(answers) + 1
        assert len({body for _, body in receiver.seen}) == 1


async def test_receiver_that_never_takes_it_is_given_up_with_a_line_in_the_log(caplog: pytest.LogCaptureFixture):
    async with receiving(500, 500, 500, 500) as receiver:
        async with webhook(receiver) as hook:
            hook.post("failed", {"id": "a"})
        assert len(receiver.seen) == 3
    assert "failed: it answered 500" in caplog.text


async def test_receiver_that_hangs_holds_nothing_up():
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    receiver = Receiver(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook")
    async with asyncio.timeout(20), webhook(receiver, close_seconds=0.05) as hook:
        hook.post("finished", {"id": "a"})  # returns at once
        await asyncio.sleep(0)
    server.close()


async def test_receiver_that_is_not_there_is_given_up(caplog: pytest.LogCaptureFixture):
    async with webhook(Receiver(url="http://127.0.0.1:9/hook")) as hook:
        hook.post("finished", {"id": "a"})
    assert "ClientConnectorError" in caplog.text


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "file:///etc/passwd", "example.org/hook", "http://", "http://[", ""]
)
def test_address_that_is_not_http_is_refused(url: str):
    with pytest.raises(WebNNError, match="A webhook looks like"):
        WebhookPlan(url)


def test_secret_is_in_no_representation():
    assert "s3cret" not in repr(WebhookPlan("http://example.org", "s3cret"))


def status(seconds: float, version: int = 0, state: str = "running") -> dict[str, Any]:
    return {"seconds": seconds, "version": version, "state": state}


def test_run_that_stands_still_is_told_once_until_it_moves():
    follower = Follower(60)
    moments = [(0, 1), (59, 1), (60, 1), (90, 1), (100, 2), (159, 2), (161, 2)]
    assert [follower.see(status(seconds, version)) for seconds, version in moments] == [
        *(None, None, "stalled", None, None, None, "stalled")
    ]


def test_paused_run_does_not_stall_and_zero_means_never():
    follower = Follower(60)
    assert [follower.see(status(seconds, state="paused")) for seconds in (0, 100)] == [None, None]
    never = Follower(0)
    assert [never.see(status(seconds)) for seconds in (0, 1e6)] == [None, None]


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_end_is_told_once(state: str):
    follower = Follower(60)
    assert [follower.see(status(1, state=state)) for _ in range(3)] == [state, None, None]
