"""What the pages say before any script has run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.server.world import TARGET, Served, serve
from webnn.core.events import Stop
from webnn.core.metrics import Validation


class Links(HTMLParser):
    """The links of a page by their words, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.json = ""
        self._open = ""
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._open, self._words = given.get("href") or "", ""
        if tag == "link" and given.get("rel") == "alternate":
            self.json = given.get("href") or ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.found[self._words.strip()] = self._open


async def links(served: Served, path: str) -> tuple[Links, str]:
    response, body = await served.get(path, headers={"Accept-Encoding": "identity"})
    assert response.status == 200
    parser = Links()
    parser.feed(body.decode())
    return parser, body.decode()


async def test_every_page_names_its_json_twin_and_that_is_there(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        for path in ("/", "/join/test-run", "/watch/test-run", "/new", "/api"):
            page, _ = await links(served, path)
            assert page.json == page.found["This page as JSON"]
            assert page.json.startswith("/api/v1/")
            response, _ = await served.get(page.json)
            assert response.status == 200
            assert response.content_type == "application/json", path


async def test_the_home_page_draws_the_curve_of_a_run_that_goes_on_and_of_one_that_is_over(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        _, html = await links(served, "/")
        assert "spark-line" not in html
        assert "Its curve begins with the first measurement" in html
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET * 0.3))["outcome"] == "merged"
        for second in range(2):
            served.task.history.validated(second, second + 1, second, Validation(1.0, 0.5, 100), whole=False)
        page, html = await links(served, "/")
        assert re.search(r'class="spark-line" d="M0\.0 ', html)
        assert "1 volunteering now" in html
        assert page.found["Join"] == "/join/test-run"
        await served.task.ask(Stop("The owner stopped the run."))
        page, html = await links(served, "/")
        assert "Runs that are over" in html
        assert "spark-line" in html
        assert "Join" not in page.found
        assert page.found["See the result"] == "/watch/test-run"
