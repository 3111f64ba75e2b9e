"""A run that asks for a code: the field, what it says, the link that has one, and a worker without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser
from support.join_page import JoinPage
from support.programs import Program

from tests.browser.test_pages import LOOKS, looking
from tests.server.world import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(200)]

PASSWORD = "plain words"
TRAIN = ("train", "digits-mlp", "--port", "0", "--no-open", "--seed", "1", "--password", PASSWORD)
FOR_LONG = ("--set", 'training.stop={"accuracy": 0.9999}', "--set", "training.leaseSeconds=0.5")


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_the_field_is_there_and_says_what_is_wrong(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with (
        serve(tmp_path, server={"password": PASSWORD}) as served,
        looking(chromium, width, height, scheme) as look,
    ):
        page = look.page
        for place in ("join", "embed"):
            await page.goto(f"{served.url}/{place}/test-run")
            assert await page.input_value("#code") == ""
            await look.check(f"{place}-code")
            await page.click("#start")
            assert await page.evaluate("document.activeElement.id") == "code"
            assert await page.inner_text("#code-fault") == "Enter the code first."
            assert await page.get_attribute("#join", "data-phase") == "idle"
            await page.fill("#code", "wrong words")
            assert not await page.is_visible("#code-fault")
            await page.click("#start")
            await page.wait_for_selector("#join[data-closed=code_needed]")
            assert "mistyped" in await page.inner_text("#code-fault")
            assert await page.evaluate("document.activeElement.id") == "code"
            await look.check(f"{place}-code-refused")
            await page.evaluate("sessionStorage.clear()")
        assert look.console == []


async def test_a_run_without_codes_shows_no_field(chromium: Browser, tmp_path: Path) -> None:
    async with serve(tmp_path) as served, looking(chromium, 390, 844, "light") as look:
        await look.page.goto(f"{served.url}/join/test-run")
        assert not await look.page.is_visible("#code")


@pytest.mark.node
async def test_a_link_brings_the_code_and_a_worker_has_it_too(chromium: Browser, tmp_path: Path) -> None:
    async with Program(*TRAIN, *FOR_LONG, "--workers", "1", cwd=tmp_path) as owner:
        listening = await owner.event("listening")
        await owner.wait_for(lambda event: (event.get("accuracy") or 0) > 0.2, 90)  # its own worker needs no code
        url = listening["join_url"]
        visitor = await JoinPage.open(chromium, f"{url}#code=plain%20words")
        page = visitor.page
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        assert await page.evaluate("location.href") == url
        await page.click("#tryout-start")
        await page.wait_for_selector("#tryout[data-state=ready]")
        await visitor.start()
        await visitor.wait_for("Number(d.merged) >= 1")
        await page.reload()
        await visitor.wait_for("d.phase === 'active' && Number(d.merged) >= 2")
        assert visitor.console == []
        assert [address for address in addresses if "plain" in address] == []
        async with Program("worker", url, "--code", PASSWORD, cwd=tmp_path) as worker:
            await worker.event("outcome")
        async with Program("worker", url, cwd=tmp_path) as worker:
            assert await worker.exit_code() == 2
            assert any("those who have a code" in str(event.get("message")) for event in worker.events)
