"""Every state of every page: no grave fault of accessibility, nothing wider than the screen, a clean console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from support.axe import grave_faults, keep_picture
from support.programs import Program

from tests.server.world import TARGET, serve
from webnn.core.events import Pause, Stop

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(200)]

LOOKS = [
    pytest.param(width, height, scheme, id=f"{width}-{scheme}")
    for width, height in ((390, 844), (1440, 900))
    for scheme in ("light", "dark")
]
TABS = {
    "course": "#loss-chart .uplot",
    "predictions": "#verdicts:not([hidden])",
    "network": "#spreads figure",
    "data": "#data-samples li",
    "volunteers": "#people tr",
    "server": "#panel-server",
    "log": "#log li",
    "own": "#own-form",
}
"""Each tab of the watch page with what stands on it once it is filled."""
FOR_LONG = ("--set", 'training.stop={"accuracy": 0.9999}', "--set", "training.leaseSeconds=0.5")


@dataclass
class Look:
    """One page at one size in one scheme; `check` looks at the state that it is in."""

    page: Page
    name: str
    console: list[str]
    faults: list[str]

    async def check(self, state: str) -> None:
        self.faults += [f"{state}: {fault}" for fault in await grave_faults(self.page)]
        if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.faults.append(f"{state}: wider than the screen")
        await keep_picture(self.page, f"{state}-{self.name}")


@asynccontextmanager
async def looking(browser: Browser, width: int, height: int, scheme: str) -> AsyncIterator[Look]:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = await context.new_page()
    look = Look(page, f"{scheme}-{width}", [], [])
    page.on("console", lambda m: look.console.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: look.console.append(str(error)))
    yield look
    await context.close()
    assert look.faults == []


@pytest.mark.node
async def test_pages_of_a_run_that_goes_on(chromium: Browser, tmp_path: Path) -> None:
    train = ("train", "digits-cnn", "--workers", "1", "--share", "0.2", "--port", "0", "--no-open", "--seed", "1")
    async with Program(*train, *FOR_LONG, cwd=tmp_path) as owner:
        listening = await owner.event("listening")
        token = (tmp_path / "runs" / "owner-token").read_text().strip()
        for parameter in LOOKS:
            width, height, scheme = parameter.values
            async with looking(chromium, width, height, scheme) as look:  # type: ignore[arg-type]
                await look.page.goto(listening["url"])
                await look.check("home")
                await watch_every_tab(look, listening["watch_url"], token)
                await join(look, listening["join_url"])
                await look.page.goto(listening["join_url"].replace("/join/", "/embed/"))
                await look.check("embed")
                assert look.console == []


async def watch_every_tab(look: Look, url: str, token: str) -> None:
    page = look.page
    await page.goto(url)
    await page.wait_for_selector("#watch[data-connection=open]")
    for tab, filled in TABS.items():
        await page.click(f"#tab-{tab}")
        await page.wait_for_selector(filled)
        await look.check(f"watch-{tab}")
    await page.fill("#own-token", "wrong")
    await page.click("#own-form button")
    await page.wait_for_selector("#own-note:not(:empty)")
    await look.check("watch-own-refused")
    look.console[:] = [line for line in look.console if "403" not in line]
    await page.fill("#own-token", token)
    await page.click("#own-form button")
    await page.wait_for_selector("#own-controls:not([hidden])")
    await look.check("watch-own-controls")
    await change_settings(look)
    await page.click("#own-save")
    await page.wait_for_selector("#own-note:has-text('Saved in')")
    await page.click("#own-best")  # a young run may have none yet, and says so
    await page.wait_for_selector("#own-note:has-text('version'):not(:has-text('Saved'))")
    look.console[:] = [line for line in look.console if "status of 404" not in line and "status of 409" not in line]
    await page.click("#own-stop")
    await look.check("watch-own-stopping")
    await page.keyboard.press("Escape")
    await page.click("#tab-volunteers")
    await page.wait_for_selector("#people button")
    await look.check("watch-volunteers-owned")


async def change_settings(look: Look) -> None:
    page = look.page
    await page.click("#settings-send")
    await page.wait_for_selector("#settings-note:has-text('Nothing is different')")
    before = await page.input_value("#set-batchSize")
    await page.fill("#set-stop-accuracy", "7")
    await page.click("#settings-send")
    await page.wait_for_selector("#settings-note:has-text('stop.accuracy is 7')")
    await look.check("watch-settings-refused")
    look.console[:] = [line for line in look.console if "status of 400" not in line]
    await page.fill("#set-stop-accuracy", "0.9999")
    await page.focus("#set-learningRate-slider")
    await page.keyboard.press("ArrowLeft")
    await page.fill("#set-batchSize", str(int(before) + 1))
    await page.click("#settings-send")
    await page.wait_for_selector("#settings-note:has-text('Changed')")
    await page.wait_for_selector("#changes li:has-text('batch size')")
    await page.fill("#notes-text", "Tried <b>larger</b> batches.\nLooks good so far.")
    await page.click("#notes-form button")
    await page.wait_for_selector("#notes-note:has-text('Kept')")
    await look.check("watch-settings-changed")
    await page.click("#tab-course")
    await page.wait_for_selector("#notes-part:not([hidden])")
    assert await page.locator("#notes").text_content() == "Tried <b>larger</b> batches.\nLooks good so far."
    await page.wait_for_selector("#marks-note:not([hidden])")
    await look.check("watch-settings-marked")
    await page.click("#tab-log")
    await page.wait_for_selector("#log li:has-text('The owner changed')")
    await look.check("watch-settings-logged")
    await page.click("#tab-own")


async def join(look: Look, url: str) -> None:
    page = look.page
    await page.goto(url)
    await page.click("summary")
    await look.check("join")
    await page.click("#start")
    await page.wait_for_selector("#tryout[data-state=ready]")
    await page.wait_for_selector("#tiles .verdict")
    await look.check("join-training")
    await page.click("#pause")
    await page.wait_for_selector("#join[data-activity=paused]")
    await look.check("join-paused")
    await page.click("#pause")
    await page.click("#stop")
    await page.wait_for_selector("#join[data-phase=over]")
    await look.check("join-stopped")


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
async def test_pages_of_a_run_that_rests_or_is_over(
    chromium: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async with looking(chromium, width, height, scheme) as look:
        async with serve(tmp_path) as served:
            page = look.page
            peer = await served.peer()
            await peer.join()
            assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"
            await served.task.ask(Pause("The owner paused the run."))
            for name in ("join", "watch"):
                await page.goto(f"{served.url}/{name}/test-run")
                await look.check(f"{name}-of-paused")
            await served.task.ask(Stop("The owner stopped the run."))
            await page.wait_for_selector("#watch[data-state=stopped]")
            await look.check("watch-of-stopped")
            for path in ("", "/join/test-run", "/embed/test-run", "/nothing-here"):
                await page.goto(f"{served.url}{path}")
                await look.check(f"{path.strip('/').replace('/', '-') or 'home'}-of-stopped")
            look.console.clear()  # the browser names the address that it did not find
            await page.goto(f"{served.url}/watch/test-run")
            await page.wait_for_selector("#watch[data-connection=open]")
        await page.wait_for_selector("#watch[data-connection=closed], #watch[data-connection=lost]")
        await look.check("watch-offline")
