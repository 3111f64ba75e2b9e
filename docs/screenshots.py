"""Draws docs/images/*.png: `python3 cli.py screenshots`. Trains the bundled digits for a minute, and looks."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

IMAGES = Path(__file__).parent / "images"
TRAIN = (
    "train",
    "digits-cnn",
    "--workers",
    "1",
    "--share",
    "0.25",
    "--port",
    "0",
    "--no-open",
    "--json",
    "--seed",
    "4",
)
ASK = (
    'owner="The digits project"',
    'purpose="To read postcodes on old letters"',
    'licence="CC BY 4.0"',
    'training.stop={"accuracy": 0.999, "seconds": 900}',
    "training.leaseSeconds=0.5",
)
DESKTOP, PHONE = (1280, 960), (390, 844)
PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
GOOD_ACCURACY, WARM_UP_SECONDS = 0.94, 400
"""What the network has reached when the pictures are taken: for so long one waits for it."""


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    settings = [part for setting in ASK for part in ("--set", setting)]
    with tempfile.TemporaryDirectory(prefix="webnn-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webnn.cli", *TRAIN, *settings), stdout=asyncio.subprocess.PIPE, cwd=folder
        )
        try:
            listening = await find_event(process, lambda event: event["event"] == "listening")
            async with asyncio.timeout(WARM_UP_SECONDS):
                await find_event(process, lambda event: (event.get("accuracy") or 0) >= GOOD_ACCURACY)
            reading = asyncio.create_task(find_event(process, lambda _: False))  # or its output would fill up
            async with async_playwright() as playwright:
                path = os.environ.get("WNN_TEST_BROWSER")
                browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                await draw_all(browser, listening)
                await browser.close()
            reading.cancel()
        finally:
            process.terminate()
            await process.wait()


async def find_event(process: asyncio.subprocess.Process, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    assert process.stdout is not None
    async for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if wanted(event):
            return event
    raise SystemExit("The server ended.")


async def draw_all(browser: Browser, listening: dict[str, Any]) -> None:
    for scheme in ("light", "dark"):
        suffix = "" if scheme == "light" else "-dark"
        for size, name in ((DESKTOP, "join"), (PHONE, "join-phone")):
            page = await open_page(browser, listening["join_url"], size, scheme)
            await page.click("#start")
            await page.wait_for_selector("#tryout[data-state=ready]")
            await page.wait_for_function("() => Number(document.querySelector('#join').dataset.merged) >= 3")
            await draw_a_digit(page)
            await page.evaluate("scrollTo(0, 0)")
            await keep(page, f"{name}{suffix}")
            if name == "join":
                await page.locator("#tryout").scroll_into_view_if_needed()
                await page.locator("#tryout").screenshot(path=IMAGES / f"tryout{suffix}.png")
            await page.context.close()
        page = await open_page(browser, listening["watch_url"], DESKTOP, scheme)
        await page.wait_for_selector("#watch[data-connection=open]")
        await keep(page, f"watch{suffix}")
        await page.set_viewport_size({"width": DESKTOP[0], "height": 760})
        for tab in ("predictions", "network"):
            await page.click(f"#tab-{tab}")
            await page.wait_for_load_state("networkidle")
            await keep(page, f"watch-{tab}{suffix}")
        await page.context.close()
        page = await open_page(browser, listening["url"], (1280, 820), scheme)
        await keep(page, f"home{suffix}")
        await page.context.close()


async def open_page(browser: Browser, url: str, size: tuple[int, int], scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        user_agent=PHONE_AGENT if size == PHONE else None,
    )
    page = await context.new_page()
    await page.goto(url)
    return page


async def draw_a_digit(page: Page) -> None:
    pad = page.locator("#pad")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    curve = [(0.32, 0.3), (0.42, 0.18), (0.6, 0.18), (0.68, 0.32), (0.6, 0.5), (0.45, 0.65), (0.32, 0.8), (0.72, 0.8)]
    for place, (x, y) in enumerate(curve):
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if place == 0:
            await page.mouse.down()
    await page.mouse.up()
    await page.wait_for_selector("#tryout[data-guess]")


async def keep(page: Page, name: str) -> None:
    await page.wait_for_timeout(400)  # the charts draw in the next frame
    await page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    asyncio.run(main())
