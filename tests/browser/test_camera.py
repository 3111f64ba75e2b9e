"""What is held to the camera is read by the network of the moment, and the picture stays in the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import async_playwright
from support.browsers import CHROMIUM_ARGUMENTS, find_chromium
from support.join_page import JoinPage
from support.programs import Program

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(200)]

WIDTH, HEIGHT = 320, 240
TRAIN = ("train", "digits-cnn", "--workers", "1", "--port", "0", "--no-open", "--seed", "1")
FOR_LONG = ("--set", 'training.stop={"accuracy": 0.9999}')


def write_film(path: Path) -> None:
    """A sheet of paper in uneven light, on which somebody has drawn a 7 with a pen."""
    luma = np.tile(np.linspace(150, 210, WIDTH), (HEIGHT, 1))
    for row in range(60, 180):
        along = (row - 60) / 120
        centre = 190 - 60 * along
        luma[row, int(centre) - 8 : int(centre) + 8] = 40
    luma[56:72, 118:198] = 40
    chroma = np.full(HEIGHT * WIDTH // 2, 128, np.uint8)
    frame = b"FRAME\n" + luma.astype(np.uint8).tobytes() + chroma.tobytes()
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + 4 * frame)


async def test_a_7_on_paper_is_read_through_the_camera(tmp_path: Path) -> None:
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium or Chrome here; set WNN_TEST_BROWSER to the path of one")
    write_film(tmp_path / "seven.y4m")
    film = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'seven.y4m'}",
    )
    async with async_playwright() as playwright, Program(*TRAIN, *FOR_LONG, cwd=tmp_path) as owner:
        browser = await playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_ARGUMENTS, *film])
        listening = await owner.event("listening")
        await owner.wait_for(lambda event: (event.get("accuracy") or 0) > 0.93, 120)
        visitor = await JoinPage.open(browser, listening["join_url"])
        page = visitor.page
        await page.click("#tryout-start")
        await page.wait_for_selector("#tryout[data-state=ready]")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.post_data or ""))
        await page.click("#pad-camera")
        await page.wait_for_selector("#tryout[data-guess='7']", timeout=30_000)
        assert await page.is_visible("#pad-seen")
        assert await page.get_attribute("#pad-camera", "aria-pressed") == "true"
        await page.click("#pad-camera")
        await page.wait_for_selector("#pad-video", state="hidden")
        assert await page.evaluate("document.querySelector('#pad-video').srcObject") is None
        assert await page.get_attribute("#tryout", "data-guess") is None
        assert [body for body in sent if body] == []
        assert await visitor.value("phase") == "idle"  # nothing was trained for it
        assert visitor.console == []
        await browser.close()
