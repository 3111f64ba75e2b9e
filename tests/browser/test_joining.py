"""What a visitor does on the join page: draws, bounds, reloads; and what the page costs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from support.join_page import JoinPage
from support.programs import Program

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(200)]

TRAIN = ("train", "digits-cnn", "--port", "0", "--no-open", "--seed", "1")
FOR_LONG = ("--set", 'training.stop={"accuracy": 0.9999}')
MOST_SCRIPT_BYTES = 60_000
MOST_LONG_TASK_MILLISECONDS = 100


async def draw(page: Page, *points: tuple[float, float]) -> None:
    """Draw through points of the field, given in parts of its side."""
    pad = page.locator("#pad")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=6)
    await page.mouse.up()


async def test_a_drawn_7_is_read_by_the_network_of_the_moment(chromium: Browser, tmp_path: Path) -> None:
    async with Program(*TRAIN, "--workers", "1", *FOR_LONG, cwd=tmp_path) as owner:
        listening = await owner.event("listening")
        await owner.wait_for(lambda event: (event.get("accuracy") or 0) > 0.9, 90)
        visitor = await JoinPage.open(chromium, listening["join_url"])
        await visitor.page.click("#tryout-start")
        await visitor.page.wait_for_selector("#tryout[data-state=ready]")
        await draw(visitor.page, (0.28, 0.2), (0.72, 0.2), (0.45, 0.85))
        await visitor.page.wait_for_selector("#tryout[data-guess='7']", timeout=10_000)
        right = await visitor.page.wait_for_function(
            "() => Number(document.querySelector('#tryout').dataset.right) || 0"
        )
        assert await right.json_value() >= 4
        assert await visitor.value("phase") == "idle"  # nothing was trained for it
        await visitor.page.click("#pad-clear")
        assert await visitor.page.get_attribute("#tryout", "data-guess") is None
        assert visitor.console == []


async def test_the_page_is_light_modest_smooth_and_goes_on_after_a_reload(chromium: Browser, tmp_path: Path) -> None:
    async with Program(*TRAIN, *FOR_LONG, "--set", "training.leaseSeconds=0.5", cwd=tmp_path) as owner:
        visitor = await JoinPage.open(chromium, (await owner.event("listening"))["join_url"])
        page = visitor.page
        assert await page.input_value("#share") == "50"
        scripts = await page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).map(e => e.encodedBodySize)"
        )
        assert 0 < sum(scripts) < MOST_SCRIPT_BYTES
        await visitor.start()
        await visitor.wait_for("Number(d.merged) >= 1")
        await page.wait_for_selector("#tryout[data-state=ready]")
        tasks = await long_tasks(page, 5)
        assert [task for task in tasks if task > MOST_LONG_TASK_MILLISECONDS] == []

        merged = int(await visitor.value("merged") or 0)
        await page.reload()
        await visitor.wait_for(f"d.phase === 'active' && Number(d.merged) > {merged}")
        assert await page.locator("#own-note").is_visible()

        await page.click("summary")
        await page.select_option("#cap", "50000000")
        today = await page.evaluate("new Date().toDateString()")
        await page.evaluate(
            f"localStorage.setItem('webnn:bytes-today', {json.dumps(json.dumps({'day': today, 'bytes': 6e7}))})"
        )
        await visitor.wait_for("d.held === 'yes'")
        assert "50 MB are used up" in await page.inner_text("[data-field=detail]")
        await page.select_option("#cap", "0")
        await visitor.wait_for("d.held === '' && d.activity === 'training'")
        await page.click("#stop")
        await visitor.wait_for("d.phase === 'over'")
        await page.reload()
        await asyncio.sleep(0)
        assert await visitor.value("phase") == "idle"
        assert visitor.console == []


async def long_tasks(page: Page, seconds: float) -> list[float]:
    """Milliseconds of each task on the page's thread that took longer than 50, while `seconds` pass."""
    found: list[float] = await page.evaluate(
        """(milliseconds) => new Promise((resolve) => {
             const found = [];
             const keep = (list) => found.push(...list.getEntries().map((entry) => entry.duration));
             const observer = new PerformanceObserver(keep);
             observer.observe({ type: "longtask" });
             setTimeout(() => { observer.disconnect(); resolve(found); }, milliseconds);
           })""",
        1000 * seconds,
    )
    return found
