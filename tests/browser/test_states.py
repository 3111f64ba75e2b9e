"""States of the pages that a real run shows for a moment at most, each held still: what they say, and how they look."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.test_pages import LOOKS, Look, looking
from tests.server.world import INFO, Served, serve
from webnn.server.keys import RUNS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(200)]

STAND_IN = """
window.Worker = class {
  constructor() { window.stage = this; this.heard = []; }
  postMessage(message) { this.heard.push(message); }
  terminate() {}
};
window.say = (...messages) => { for (const data of messages) window.stage.onmessage({ data }); };
"""
"""A worker that says what the test has it say."""

OPEN = {"type": "connection", "state": "open", "seconds": None}
LOST = {"type": "connection", "state": "lost", "seconds": 7.4}
BACKEND = {
    "type": "backend",
    "name": "webgl",
    "seconds_per_iteration": 0.0123,
    "reason": "WebGL is the fastest here: 12 ms, WebAssembly 40 ms.",
}
STEP = {"type": "step", "done": 3, "iterations": 8, "loss": 0.41, "accuracy": 0.87}
LEASE = {"type": "lease", "lease_id": "a", "iterations": 8, "num_examples": 512}


def doing(activity: str) -> dict[str, Any]:
    return {"type": "activity", "activity": activity}


def outcome(name: str, detail: str | None = None) -> dict[str, Any]:
    return {
        "type": "outcome",
        "lease_id": "a",
        "outcome": name,
        "detail": detail,
        "iterations": 8,
        "num_examples": 512,
    }


def waiting(reason: str) -> dict[str, Any]:
    return {"type": "waiting", "reason": reason, "message": "", "seconds": 15}


def closed(code: str, message: str) -> dict[str, Any]:
    return {"type": "closed", "code": code, "message": message}


JOIN_STATES: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "connecting": ([doing("connecting")], "Connecting", "Looking for the server"),
    "preparing": ([OPEN, doing("preparing")], "Getting ready", "Loading the network"),
    "working": ([BACKEND, doing("training"), LEASE, STEP], "Training", r"Batch 3 of 8, loss 0\.410, 87\.0 % right"),
    "refused": ([outcome("invalid", "The update is 40 times as large as usual.")], "Training", "Batch 3 of 8"),
    "waiting-round": ([doing("waiting"), waiting("round")], "Waiting for work", r"This round has all.*In about 4 s\."),
    "waiting-owner": ([waiting("paused")], "Waiting for work", "The owner has paused the run"),
    "lost": ([doing("connecting"), LOST], "Connection lost", r"is kept until it is back\. Next try in 7 s"),
    "crashed": ([closed("crashed", "The worker broke down: out of memory.")], "Stopped", "out of memory"),
    "blocked": ([closed("blocked", "The owner of this run takes no work from you.")], "Stopped", "takes no work"),
    "finished": ([closed("finished", "It gets 97 % right.")], "The run is over", "It gets 97 % right. Thank you"),
}
"""By name: what the worker says then, and what headline and detail say."""

ABOUT = {
    "owner": "The digits project",
    "purpose": "To read postcodes on old letters",
    "licence": "CC BY 4.0",
    "source": "",
    "until": ["it gets 97 % right", "it has run for 15 minutes"],
    "lease_seconds": 4,
    "bytes": {"weights": 54_824, "dataset": 94_000},
}


@asynccontextmanager
async def served_with_words(tmp_path: Path, **options: Any) -> AsyncIterator[Served]:
    info = type(INFO)(**{**{name: getattr(INFO, name) for name in INFO.__slots__}, "about": ABOUT})
    async with serve(tmp_path, info=info, **options) as served:
        yield served


async def words(page: Page, field: str) -> str:
    return await page.inner_text(f".status [data-field={field}]")


async def say(page: Page, *messages: dict[str, Any]) -> None:
    await page.evaluate("messages => say(...messages)", list(messages))


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_every_state_of_taking_part_says_what_it_is(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with served_with_words(tmp_path) as served, looking(chromium, width, height, scheme) as look:
        page = look.page
        await page.add_init_script(STAND_IN)
        await page.goto(f"{served.url}/join/test-run")
        await look.check("join-idle")
        for place in ("The digits project", "To read postcodes", "CC BY 4.0", "Loads about", "1.0 GB a day"):
            assert place in await page.inner_text("main"), place
        await page.click("#start")
        for name, (messages, headline, detail) in JOIN_STATES.items():
            if await page.get_attribute("#join", "data-phase") == "over":
                await page.click("#start")
            await say(page, *messages)
            assert await words(page, "headline") == headline, name
            assert re.search(detail, await words(page, "detail")), (name, await words(page, "detail"))
            await look.check(f"join-{name}")
        ledger = await page.inner_text("[data-field=not-counted]")
        assert "The update is 40 times as large as usual" in ledger
        assert await page.is_visible("#result")
        assert not await page.is_visible("#start")
        # what this server has no data for, the network to be tried, is not there
        assert [line for line in look.console if "status of 404" not in line] == []


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_rest_of_ones_own_making_and_the_queue_are_explained(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with served_with_words(tmp_path) as served, looking(chromium, width, height, scheme) as look:
        page = look.page
        await page.add_init_script(STAND_IN)
        queued = [
            served.task.status() | {"id": "other", "state": "running", "seconds_left": 400, "order": None},
            served.task.status() | {"state": "queued", "order": 0},
        ]
        await page.route("**/api/v1/runs", lambda route: route.fulfill(json=queued))
        await page.goto(f"{served.url}/join/test-run")
        await page.click("#start")
        await say(page, {"type": "error", "code": "queued", "message": "The run waits for its turn."}, LOST)
        await page.wait_for_selector(".headline:has-text('Waiting for its turn')")
        assert "the next to start, in about 7 min" in await words(page, "detail")
        assert await words(page, "connection") == "In the queue"
        await look.check("join-queued")
        await say(page, OPEN, doing("training"), LEASE, STEP)
        assert await words(page, "headline") == "Training"
        await page.click(".wishes summary")
        await page.evaluate(
            "localStorage.setItem('webnn:bytes-today', JSON.stringify({day: new Date().toDateString(), bytes: 6e7}))"
        )
        await page.select_option("#cap", "50000000")
        await page.wait_for_selector("#join[data-held=yes]")
        assert await words(page, "headline") == "Resting"
        assert "50 MB are used up" in await words(page, "detail")
        heard = await page.evaluate("stage.heard.map(message => message.type)")
        assert heard[-1] == "pause"
        await look.check("join-resting")
        await page.select_option("#cap", "0")
        await page.wait_for_selector("#join[data-held='']")
        assert (await page.evaluate("stage.heard.at(-1).type")) == "resume"


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_home_without_runs_or_without_its_server(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with serve(tmp_path) as served, looking(chromium, width, height, scheme) as look:
        page = look.page
        await page.goto(served.url)
        await page.wait_for_selector("[data-run=test-run]")
        served.app[RUNS].forget("test-run")
        await page.evaluate("dispatchEvent(new Event('online'))")  # a page that is open sees it too
        await page.wait_for_selector(".empty")
        assert await page.locator("[data-run]").count() == 0
        await look.check("home-empty")
        served.app[RUNS]._tasks["test-run"] = served.task
        await page.evaluate("dispatchEvent(new Event('online'))")
        await page.wait_for_selector("[data-run=test-run]")
        await page.route(f"{served.url}/", lambda route: route.abort())
        await page.evaluate("dispatchEvent(new Event('online'))")
        await page.wait_for_selector("#home-note:not([hidden])")
        assert await page.is_visible("[data-run=test-run]")
        await look.check("home-offline")
        await page.unroute(f"{served.url}/")
        await page.evaluate("dispatchEvent(new Event('online'))")
        await page.wait_for_selector("#home-note", state="hidden")
        assert [line for line in look.console if "ERR_FAILED" not in line] == []


async def test_home_can_be_used_without_a_script(chromium: Browser, tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        context = await chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = await context.new_page()
        await page.goto(served.url)
        card = page.locator("[data-run=test-run]")
        assert "A run for tests" in await card.inner_text()
        assert "% done" in await card.inner_text()
        await card.get_by_role("link", name="Join").click()
        assert page.url == f"{served.url}/join/test-run"
        assert "needs JavaScript" in await page.inner_text("main")
        await context.close()


MODEL = {"model": {}, "dataset": {"name": "fake", "inputs": [{"shape": [4]}], "licence": "", "source": ""}}
TAB_NAMES = ("course", "predictions", "network", "data", "volunteers", "server", "log", "own")


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_watch_before_anything_is_known_and_where_nothing_can_be_looked_into(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with serve(tmp_path, start=False) as served, looking(chromium, width, height, scheme) as look:
        page = look.page
        await page.route_web_socket("**/volunteer", lambda _: None)
        await page.goto(f"{served.url}/watch/test-run")
        await page.wait_for_selector("#watch[data-connection=connecting]")
        await look.check("watch-loading")
        await page.close()
        look.page = page = await page.context.new_page()
        await answer_with(page, {"model": MODEL})
        await page.goto(f"{served.url}/watch/test-run")
        await page.wait_for_selector("#watch[data-connection=open]")
        for name in TAB_NAMES:
            await page.click(f"#tab-{name}")
            if name == "volunteers":
                await page.wait_for_selector("#people-lead:has-text('Nobody has come yet')")
            if name in {"predictions", "network", "data"}:
                noted = {"predictions": "verdicts"}.get(name, name)
                await page.wait_for_selector(f"#{noted}-note:has-text('keeps no data')")
                assert await page.inner_text(f"#{noted}-lead") == ""
            await look.check(f"watch-{name}-empty")


async def answer_with(page: Page, answers: dict[str, Any]) -> None:
    """Answer what the page asks of the run under these names."""

    async def answer(route: Route) -> None:
        await route.fulfill(json=answers[route.request.url.rpartition("/")[2]])

    for name in answers:
        await page.route(f"**/test-run/{name}", answer)


async def compare(look: Look, served: Served) -> None:
    page = look.page
    others = [served.task.status() | {"id": f"other-20260131-18450{i}-1a2b", "name": f"other-{i}"} for i in range(5)]
    await page.route("**/api/v1/runs", lambda route: route.fulfill(json=others))
    history = {"validation": [[s, s, 10 * s, 1 / (1 + s), 1 - 0.5**s, 100, False] for s in range(1, 9)], "training": []}
    await page.route("**/other-*/metrics", lambda route: route.fulfill(json=history))
    await page.goto(f"{served.url}/watch/test-run")
    await page.click(".menu summary")
    boxes = page.locator("#compare-list input")
    for place in range(4):
        await boxes.nth(place).check()
    await page.wait_for_selector("#compare-count:has-text('(4)')")
    await boxes.nth(4).click()
    await page.wait_for_selector("#compare-note:has-text('Take one away first')")
    assert not await boxes.nth(4).is_checked()
    await look.check("watch-compare")
    await boxes.nth(0).uncheck()
    csv = "kind,seconds,version,iterations,loss,accuracy\nvalidation,1,1,5,0.9,0.2\nvalidation,9,3,50,0.3,0.8\n"
    await page.set_input_files("#compare-file", {"name": "mine.csv", "mimeType": "text/csv", "buffer": csv.encode()})
    await page.wait_for_selector("#compare-list label:has-text('mine.csv')")
    await page.click(".menu summary")
    await page.select_option("#across", "iterations")
    await page.check("#log-scale")
    legend = await page.inner_text("#loss-chart .u-legend")
    assert "Batches" in legend
    assert "mine.csv" in legend
    assert "other-3" in legend
    await look.check("watch-compared")


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_several_runs_are_laid_over_one_another(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with serve(tmp_path) as served, looking(chromium, width, height, scheme) as look:
        await compare(look, served)
        assert look.console == []


async def test_every_chart_and_table_is_saved_as_picture_and_as_numbers(chromium: Browser, tmp_path: Path) -> None:
    names = ["a", "b"]
    answers: dict[str, Any] = {
        "model": MODEL,
        "predictions": {
            "version": 3,
            "labels": names,
            "num_examples": 4,
            "held_out": 4,
            "accuracy": 0.75,
            "confusion": [[2, 0], [1, 1]],
            "per_class": [
                {"right": 2, "of": 2, "recall": 1.0, "precision": 2 / 3},
                {"right": 1, "of": 2, "recall": 0.5, "precision": 1.0},
            ],
            "worst": [],
        },
        "network": {
            "layers": [{"name": "d", "class": "Dense", "output_shape": [None, 2], "parameters": 10, "inputs": []}]
        },
        "histograms": {"names": [], "bins": 0, "moments": []},
        "samples": {
            "split": "validation",
            "examples": [],
            "num_examples": {"train": 9},
            "label_counts": {"labels": names, "train": [4, 5]},
            "num_inputs": 1,
        },
    }
    places = {
        "course": ["accuracy-png", "accuracy-csv", "loss-png", "loss-csv"],
        "predictions": ["confusion-png", "confusion-csv", "classes-png", "classes-csv"],
        "network": ["graph-png", "graph-csv"],
        "data": ["labels-png", "labels-csv"],
        "volunteers": ["people-csv"],
        "server": [f"{chart}-{kind}" for chart in ("merges", "traffic", "memory", "queue") for kind in ("png", "csv")],
    }
    async with serve(tmp_path) as served, looking(chromium, 1440, 900, "light") as look:
        page = look.page
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), [0.1] * 12))["outcome"] == "merged"
        for second in range(0, 40, 2):
            served.task.vitals.sample(1000 + second, second, 1000 * second, 1 << 20, 0)
        await answer_with(page, answers)
        await page.goto(f"{served.url}/watch/test-run")
        await page.wait_for_selector("#loss-chart .uplot")
        for tab, buttons in places.items():
            await page.click(f"#tab-{tab}")
            if tab == "server":
                await page.wait_for_selector("#queue-chart .uplot")
            for button in buttons:
                async with page.expect_download() as saving:
                    await page.click(f"#{button}")
                content = await asyncio.to_thread(Path(await (await saving.value).path()).read_bytes)
                await page.wait_for_timeout(110)  # of more than ten downloads a second Chromium drops some
                if button.endswith("png"):
                    assert content[:8] == b"\x89PNG\r\n\x1a\n", button
                    assert len(content) > 300, button
                else:
                    lines = content.decode().splitlines()
                    assert len(lines) > 1, button
                    assert len({line.count(",") for line in lines}) == 1, button
        assert look.console == []
