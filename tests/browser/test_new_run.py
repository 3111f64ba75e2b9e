"""The form for a new run in each of its states: without the token, loading, empty, offline, refused, hosting, over."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route
from support.programs import Program

from tests.browser.test_pages import LOOKS, Look, looking
from tests.server.world import TARGET, Served, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

MODELS = [
    {
        "name": "digits-mlp",
        "description": "A small network for handwritten digits.",
        "definition": {
            "dataset": "digits",
            "layers": [{"dense": {"units": 10}}],
            "optimizer": {"sgd": {"learningRate": 0.2}},
            "training": {"batchSize": 32, "stop": {"accuracy": 0.97, "epochs": 5}},
            "merge": {"fedbuff": {}},
        },
    },
    {"name": "plain", "description": "Says nothing of itself.", "definition": {"dataset": "digits", "layers": []}},
    {"name": "broken", "description": "cannot be used: it lacks a dataset", "definition": None},
]
DATASETS = [{"name": "digits", "description": "Digits"}, {"name": "mnist", "description": "More digits"}]


class Desk:
    """Answers the page's questions in the place of a server that hosts runs."""

    def __init__(self, look: Look, served: Served) -> None:
        self.look = look
        self.served = served
        self.models: Any = MODELS
        self.refusal: str | None = None
        self.asked: list[dict[str, Any]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def open(self) -> None:
        page = self.look.page
        await page.route("**/api/v1/models", self.list_models)
        await page.route("**/api/v1/datasets", lambda route: route.fulfill(json=DATASETS))
        await page.route("**/api/v1/runs", self.create)
        await page.goto(f"{self.served.url}/new")

    async def list_models(self, route: Route) -> None:
        await self.go_on.wait()
        await (route.abort() if self.models is None else route.fulfill(json=self.models))

    async def create(self, route: Route) -> None:
        if route.request.method != "POST":
            await route.continue_()
            return
        assert route.request.headers["authorization"] == f"Bearer {self.served.token}"
        self.asked.append(json.loads(route.request.post_data or ""))
        if self.refusal is not None:
            await route.fulfill(status=400, json={"error": {"code": "settings", "message": self.refusal}})
        else:
            await route.fulfill(status=201, json=self.served.task.status() | {"state": "queued"})


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_every_state_of_the_form(chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str) -> None:
    async with looking(chromium, width, height, scheme) as look, serve(tmp_path) as served:
        page, desk = look.page, Desk(look, served)
        await desk.open()
        await page.wait_for_selector("#new[data-state=token]")
        await look.check("new-token")
        await page.fill("#token", "wrong")
        await page.click("#token-form button")
        await page.wait_for_selector("#new-note:not(:empty)")
        await look.check("new-refused")
        look.console[:] = [line for line in look.console if "403" not in line]

        desk.go_on.clear()
        await page.fill("#token", served.token)
        await page.click("#token-form button")
        await page.wait_for_selector("#new[data-state=loading]")
        await look.check("new-loading")
        desk.go_on.set()
        await page.wait_for_selector("#new[data-state=ready]")
        for models, state in (([], "empty"), (None, "offline"), (MODELS, "ready")):
            desk.models = models
            await page.reload()
            await page.wait_for_selector(f"#new[data-state={state}]")
            await look.check(f"new-{state}")
        look.console[:] = [line for line in look.console if "ERR_FAILED" not in line]

        await host_something_else(look, desk)
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET * 0.9))["outcome"] == "merged"
        await page.wait_for_selector("#output-chart .uplot")
        await page.wait_for_selector("#output-log li")
        await look.check("new-hosting")
        await page.click("#new-stop")
        await page.wait_for_selector("#new[data-state=over]")
        await look.check("new-over")
        assert await page.is_enabled("#new-host")
        await page.goto(served.url)
        await page.wait_for_selector("#owner-actions:not([hidden])")
        await look.check("home-owned")
        assert look.console == []


async def host_something_else(look: Look, desk: Desk) -> None:
    page = look.page
    await page.fill("#new-batchSize", "48")
    await page.fill("#new-stop-epochs", "")
    await page.focus("#new-learningRate-slider")
    await page.keyboard.press("ArrowLeft")
    desk.refusal = "training.batchSize is 48, but this server takes no more than 32."
    await page.click("#new-host")
    await page.wait_for_selector("#new-note:has-text('no more than 32')")
    await look.check("new-error")
    look.console[:] = [line for line in look.console if "400" not in line]
    desk.refusal = None
    await page.click("#new-host")
    await page.wait_for_selector("#new[data-state=hosting]")
    asked = desk.asked[-1]
    assert asked["model"] == "digits-mlp"
    rate, *others = asked["settings"]
    name, _, value = rate.partition("=")
    assert name == "optimizer.sgd.learningRate"
    assert 0.15 < float(value) < 0.2
    assert others == ["training.batchSize=48", 'training.stop={"accuracy":0.97}']


async def test_what_the_model_says_itself_is_not_sent_again(chromium: Browser, tmp_path: Path) -> None:
    async with looking(chromium, 1440, 900, "light") as look, serve(tmp_path) as served:
        desk = Desk(look, served)
        await desk.open()
        await look.page.fill("#token", served.token)
        await look.page.click("#token-form button")
        await look.page.wait_for_selector("#new[data-state=ready]")
        assert await look.page.locator("#new-model option").all_text_contents() == ["digits-mlp", "plain"]
        await look.page.select_option("#new-model", "plain")
        await look.page.select_option("#new-dataset", "mnist")
        await look.page.select_option("#new-merge", "fedavg")
        await look.page.click("#new-host")
        await look.page.wait_for_selector("#new[data-state=hosting]")
        assert desk.asked == [
            {"model": "plain", "settings": ['dataset="mnist"', 'merge="fedavg"'], "order": None, "bound": False}
        ]


async def test_the_form_hosts_a_run_of_a_real_server_and_shows_it_to_the_end(chromium: Browser, tmp_path: Path) -> None:
    async with (
        Program("serve", "--workers", "1", "--port", "0", cwd=tmp_path) as owner,
        looking(chromium, 390, 844, "light") as look,
    ):
        url = (await owner.event("listening"))["url"]
        page = look.page
        await page.goto(f"{url}/new")
        await page.fill("#token", (tmp_path / "runs" / "owner-token").read_text())
        await page.click("#token-form button")
        await page.wait_for_selector("#new[data-state=ready]")
        await page.select_option("#new-model", "digits-mlp")
        await page.fill("#new-stop-accuracy", "0.9")
        await page.click("#new-host")
        await page.wait_for_selector("#output-chart .uplot", timeout=60_000)
        await page.wait_for_selector("#new[data-state=over]", timeout=60_000)
        runs = await (await page.request.get(f"{url}/api/v1/runs")).json()
        assert [(one["name"], one["state"]) for one in runs] == [("digits-mlp", "finished")]
        assert runs[0]["accuracy"] >= 0.9
        assert look.console == []
