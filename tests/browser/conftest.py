from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright
from support.browsers import CHROMIUM_ARGUMENTS, find_chromium, find_firefox
from support.firefox import Firefox


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium or Chrome here; set WNN_TEST_BROWSER to the path of one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
async def firefox() -> AsyncIterator[Firefox]:
    path = find_firefox()
    if path is None:
        pytest.skip("there is no Firefox here; set WNN_TEST_FIREFOX to the path of one")
    async with Firefox(path) as started:
        yield started
