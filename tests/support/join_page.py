"""A volunteer's page in Chromium, through the attributes that `static/templates/join.html` shows its state by."""

from __future__ import annotations

from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

ROOT = "document.querySelector('#join').dataset"


class JoinPage:
    """`console` has errors and warnings of the page and its worker, and what it did not catch or could not load."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.console: list[str] = []
        page.on("console", lambda m: self.console.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("response", lambda r: self.console.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    @classmethod
    async def open(cls, browser: Browser, url: str) -> JoinPage:
        """Open in a context of its own: another volunteer."""
        context = await browser.new_context()
        opened = cls(await context.new_page())
        await opened.page.goto(url)
        return opened

    async def start(self) -> None:
        await self.page.click("#start")

    async def value(self, name: str) -> str | None:
        """Read a data attribute, by its name in `dataset`."""
        value = await self.page.evaluate(f"{ROOT}.{name} ?? null")
        return None if value is None else str(value)

    async def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait for a JavaScript condition on `d`, the data attributes, and `p`, the progress bar of the lease."""
        function = f"() => {{ const d = {ROOT}, p = document.querySelector('#lease-progress'); return {condition}; }}"
        try:
            await self.page.wait_for_function(function, timeout=1000 * seconds, polling=20)
        except PlaywrightTimeout as error:
            raise AssertionError(f"{condition} did not come: {await self.state()}") from error

    async def state(self) -> str:
        """Describe what the page shows, for the message of a test that failed."""
        attributes = await self.page.evaluate(f"JSON.stringify({ROOT})")
        return f"{attributes} {self.console} {await self.page.inner_text('main')}"

    async def close_tab(self) -> None:
        """Close the tab as a person does; nothing on the page is asked first."""
        await self.page.close(run_before_unload=False)
