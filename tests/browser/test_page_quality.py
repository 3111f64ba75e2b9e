"""What Lighthouse would look at, without a network: paint, weight, shifts, words in the head, icons."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Page

from tests.server.world import TARGET, Served, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

MOST_SCRIPT_BYTES = 60_000
MOST_SHIFT = 0.1
PAGES = ("/", "/join/test-run", "/watch/test-run", "/new", "/embed/test-run")
SIZES = ((390, 844), (1440, 900))

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


async def painted(page: Page) -> float:
    """Wait for the first contentful paint; milliseconds from the start of loading."""
    await page.wait_for_function(f"{PAINT} !== null")
    return float(await page.evaluate(PAINT))


async def show_something(served: Served) -> None:
    """Let the run have a curve, a volunteer, notes and a change of settings to show."""
    peer = await served.peer()
    await peer.join()
    assert (await peer.update(await peer.lease(), TARGET * 0.5))["outcome"] == "merged"
    served.task.memory.write_notes("A note of a few lines,\nwhich takes its place.")
    assert (await served.post("/settings", json={"learningRate": 0.02}, headers=served.owner))[0] == 200


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_nothing_jumps_and_the_head_says_what_the_page_is(
    chromium: Browser, tmp_path: Path, width: int, height: int
) -> None:
    async with serve(tmp_path) as served:
        await show_something(served)
        titles, descriptions = set(), set()
        for path in PAGES:
            page = await chromium.new_page(viewport={"width": width, "height": height})
            await page.goto(f"{served.url}{path}")
            await painted(page)
            await page.wait_for_load_state("networkidle")
            if path.startswith("/watch"):
                await page.wait_for_selector("#loss-chart .uplot")
                await page.wait_for_selector("#notes-part:not([hidden])")
            assert await page.evaluate(SHIFTS) < MOST_SHIFT, path
            head = await page.evaluate(
                """() => ({
                  lang: document.documentElement.lang,
                  title: document.title,
                  description: document.querySelector('meta[name=description]')?.content ?? '',
                  viewport: document.querySelector('meta[name=viewport]')?.content ?? '',
                  charset: document.characterSet,
                  headings: document.querySelectorAll('h1').length,
                  unsized: document.querySelectorAll('img:not([width][height])').length,
                  unnamed: document.querySelectorAll('img:not([alt])').length,
                  doctype: document.compatMode,
                })"""
            )
            assert head["lang"] == "en"
            assert head["charset"] == "UTF-8"
            assert head["doctype"] == "CSS1Compat"
            assert "width=device-width" in head["viewport"]
            assert "maximum-scale" not in head["viewport"]
            assert "user-scalable" not in head["viewport"]
            assert 20 < len(head["description"]) < 170, path
            assert head["headings"] == 1, path
            assert (head["unsized"], head["unnamed"]) == (0, 0), path
            titles.add(head["title"])
            descriptions.add(head["description"])
            await page.close()
        assert len(titles) == len(PAGES)
        assert len(descriptions) >= 4


async def test_words_are_painted_before_tensorflow_is_asked_for(chromium: Browser, tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        page = await chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{served.url}/join/test-run")
        await painted(page)
        await page.wait_for_load_state("networkidle")
        heavy = [url for url in asked if "/worker/" in url or url.endswith(".wasm")]
        assert heavy == []
        async with page.expect_request(lambda request: "/worker/" in request.url):
            await page.click("#start")
        await page.close()


@pytest.mark.parametrize("path", PAGES)
async def test_scripts_before_any_press_are_light(chromium: Browser, tmp_path: Path, path: str) -> None:
    async with serve(tmp_path) as served:
        page = await chromium.new_page()
        bodies: dict[str, int] = {}

        async def weigh(response: Any) -> None:
            if response.url.partition("?")[0].endswith(".js"):
                bodies[response.url] = len(gzip.compress(await response.body(), 6))

        page.on("response", weigh)
        await page.goto(f"{served.url}{path}")
        await page.wait_for_load_state("networkidle")
        assert 0 < sum(bodies.values()) < MOST_SCRIPT_BYTES, bodies
        await page.close()


async def test_manifest_can_be_installed(chromium: Browser, tmp_path: Path) -> None:
    async with serve(tmp_path, prefix="/webnn") as served:
        page = await chromium.new_page()
        await page.goto(f"{served.url}/join/test-run")
        place = urljoin(served.url, await page.get_attribute("link[rel=manifest]", "href") or "")
        async with served.http.get(place) as response:
            assert response.content_type == "application/manifest+json"
            manifest = await response.json(content_type=None)
        assert manifest["display"] in ("standalone", "minimal-ui", "fullscreen")
        assert manifest["name"]
        assert len(manifest["short_name"]) <= 12
        assert manifest["start_url"].startswith(manifest["scope"])
        sizes = set()
        for icon in manifest["icons"]:
            async with served.http.get(urljoin(served.url, icon["src"])) as response:
                assert response.status == 200
                body = await response.read()
            if icon["type"] == "image/png":
                body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
                width, height = struct.unpack(">II", body[16:24])
                assert icon["sizes"] == f"{width}x{height}"
                sizes.add(width)
        assert {192, 512} <= sizes
        session = await page.context.new_cdp_session(page)
        found = await session.send("Page.getAppManifest")
        assert found["errors"] == []
        await page.close()
