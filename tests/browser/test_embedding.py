"""A volunteer in other people's pages, and the client package in an application of one's own."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from playwright.async_api import Browser
from support.programs import ROOT, Program
from support.wiretap import tapped

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(200)]

STRICT = "default-src 'none'; script-src {server} 'self'; frame-src {server}; style-src 'self'; img-src data:"
PAGE = """<!doctype html><html lang="en"><title>Somebody else</title><link rel="stylesheet" href="/page.css">
<link rel="icon" href="data:,"><script type="module" src="{server}/embed.js"></script>
<webnn-volunteer run="{run}"></webnn-volunteer>"""


@asynccontextmanager
async def other_site() -> AsyncIterator[tuple[str, web.Application]]:
    """A site of another origin, whose page is `app["html"]` under the policy `app["policy"]`."""
    app = web.Application()
    content: dict[str, str] = {}

    async def page(_: web.Request) -> web.Response:
        return web.Response(
            text=content["html"], content_type="text/html", headers={"Content-Security-Policy": content["policy"]}
        )

    async def style(_: web.Request) -> web.Response:
        return web.Response(text="webnn-volunteer { --webnn-accent: rgb(122, 31, 162); }", content_type="text/css")

    app.router.add_get("/", page)
    app.router.add_get("/page.css", style)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", content  # type: ignore[misc]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("allowed", [True, False])
async def test_another_site_shows_a_volunteer_where_the_owner_lets_it(
    chromium: Browser, tmp_path: Path, allowed: bool
) -> None:
    async with other_site() as (site, content):
        origin = site if allowed else "https://elsewhere.example"
        train = ("train", "digits-cnn", "--port", "0", "--no-open", "--seed", "1", "--embed-origin", origin)
        async with Program(*train, "--set", "training.leaseSeconds=0.5", cwd=tmp_path) as owner:
            listening = await owner.event("listening")
            content["html"] = PAGE.format(server=listening["url"], run=listening["run"])  # type: ignore[index]
            content["policy"] = STRICT.format(server=listening["url"])  # type: ignore[index]
            page = await (await chromium.new_context()).new_page()
            console: list[str] = []
            page.on("console", lambda m: console.append(m.text) if m.type in ("error", "warning") else None)
            await page.goto(site)
            frame = page.frame_locator("webnn-volunteer iframe")
            if not allowed:
                await asyncio.sleep(1)
                assert await frame.locator("#start").count() == 0
                assert any("frame-ancestors" in line for line in console)
                return
            await page.evaluate(
                "addEventListener('webnn-change', ({ detail }) => { document.body.dataset.merged = detail.merged; })"
            )
            colour = await frame.locator("#start").evaluate("e => getComputedStyle(e).backgroundColor")
            assert colour == "rgb(122, 31, 162)"
            await frame.locator("#start").click()
            await page.wait_for_function("() => Number(document.body.dataset.merged) >= 1", timeout=60_000)
            height = await page.evaluate("document.querySelector('webnn-volunteer iframe').clientHeight")
            assert height > 300
            assert console == []


@asynccontextmanager
async def example_application(folder: Path) -> AsyncIterator[str]:
    """`examples/mounted/app.py` as a process; yields its address."""
    program = (sys.executable, str(ROOT / "examples" / "mounted" / "app.py"), "--port", "0")
    process = await asyncio.create_subprocess_exec(
        *(*program, "--runs-dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        found = re.search(r"http://\S+", line)
        assert found, line
        yield found[0]
    finally:
        process.terminate()
        await process.wait()


async def test_a_visitors_own_examples_are_trained_on_and_never_sent(chromium: Browser, tmp_path: Path) -> None:
    own = (np.arange(60 * 64) * 7 + 3) % 17  # as examples/mounted/page.js makes them
    marks = [own[:16].astype(kind).tobytes() for kind in ("<f4", "u1", "<i4", "<f8")]
    marks.append(",".join(map(str, own[:16])).encode())
    async with example_application(tmp_path) as url, tapped(url) as tap:
        page = await (await chromium.new_context()).new_page()
        console: list[str] = []
        page.on("console", lambda m: console.append(m.text) if m.type in ("error", "warning") else None)
        await page.goto(tap.url)
        await page.click("#predict")
        await page.wait_for_selector("#guess:not(:empty)", timeout=30_000)
        await page.click("#own")
        await page.wait_for_function("() => Number(document.body.dataset.merged) >= 2", timeout=60_000)
        await page.click("#leave")
        await page.wait_for_function("() => document.querySelector('#state').textContent.startsWith('Left')")
        everything = b"".join(tap.sent)
    assert everything.count(b"update") >= 2
    assert b"/weights/" in everything
    assert b"/shards/" not in everything
    assert not any(mark in everything for mark in marks)
    assert console == []
