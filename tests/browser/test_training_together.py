"""Real browsers and a Node worker train one run, and one of them goes away in mid-lease."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser
from support.firefox import Firefox
from support.join_page import JoinPage
from support.programs import Program

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(300)]

# five validations decide that an accuracy is reached, so that a run lasts five times this at least
SLOW_TO_END = ("--set", "validation.everySeconds=6", "--set", 'training.stop={"accuracy": 0.95, "seconds": 200}')


def training(cwd: Path, *more: str) -> Program:
    return Program("train", "digits-cnn", "--port", "0", "--no-open", "--seed", "1", *more, cwd=cwd)


async def volunteers_now(url: str, run: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v1/runs/{run}") as response:
        return int((await response.json())["volunteers"])


async def test_two_pages_and_a_worker_train_together_and_one_closes_in_mid_lease(chromium: Browser, tmp_path: Path):
    async with training(tmp_path, *SLOW_TO_END) as owner:
        listening = await owner.event("listening")
        join_url = listening["join_url"]
        first = await JoinPage.open(chromium, f"{join_url}?backend=webgl")
        second = await JoinPage.open(chromium, f"{join_url}?backend=wasm")
        watch = await JoinPage.open(chromium, listening["watch_url"])
        async with Program("worker", join_url, cwd=tmp_path) as worker:
            await asyncio.gather(first.start(), second.start())
            await first.wait_for("Number(d.merged) >= 1 && d.activity === 'training' && p.value > 0")
            assert await first.value("backend") == "webgl"
            assert await first.value("tensorsBefore") == await first.value("tensorsAfter")
            assert await first.value("leakedTensors") == "0"
            assert await volunteers_now(listening["url"], listening["run"]) == 3
            await first.close_tab()

            await second.wait_for("Number(d.merged) >= 2")
            while await volunteers_now(listening["url"], listening["run"]) != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)  # until the server knows of the closed tab
            finished = await owner.event("finished", 200)
            await second.wait_for("d.phase === 'over'")
            assert await worker.exit_code() == 0
            trained = [event for event in worker.events if event["type"] == "trained"]
        assert await owner.exit_code() == 0
        assert finished["state"] == "finished"
        assert finished["accuracy"] >= 0.95
        assert finished["volunteers"] == 3
        assert await second.value("backend") == "wasm"
        assert await second.value("closed") == "finished"
        assert await second.value("leakedTensors") == "0"
        assert trained
        assert all(event["tensors_before"] == event["tensors_after"] for event in trained)
        assert await watch.page.evaluate("document.querySelector('#watch').dataset.state") == "finished"
        assert first.console + second.console + watch.console == []


async def test_firefox_joins(firefox: Firefox, tmp_path: Path):
    root = "document.querySelector('#join').dataset"
    async with training(tmp_path, "--workers", "1", *SLOW_TO_END) as owner:
        await firefox.open((await owner.event("listening"))["join_url"])
        await firefox.evaluate("document.querySelector('#start').click()")
        await firefox.wait_for(f"Number({root}.merged) >= 1", 90)
        assert await firefox.evaluate(f"{root}.tensorsBefore") == await firefox.evaluate(f"{root}.tensorsAfter")
        assert await firefox.evaluate(f"{root}.leakedTensors") == "0"
        finished = await owner.event("finished", 200)
        assert finished["state"] == "finished"
        assert finished["volunteers"] == 2
        assert await owner.exit_code() == 0
    assert firefox.console == []
