"""A stock Firefox, driven over WebDriver BiDi, which it speaks by itself: a WebSocket of JSON commands and events."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

PREFERENCES = {
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.prefs.recommended": True,
    "toolkit.telemetry.enabled": False,
}


def write_preferences(profile: Path) -> None:
    lines = (f'user_pref("{name}", {str(value).lower()});\n' for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines), "utf-8")


class Firefox:
    """One headless Firefox with one tab; `console` has the messages of errors and warnings on its page."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.console: list[str] = []
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._stack = contextlib.AsyncExitStack()
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        profile = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True))
        write_preferences(Path(profile))
        self._process = await asyncio.create_subprocess_exec(
            *(self._path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._stack.push_async_callback(self._end)
        async with asyncio.timeout(60):
            url = await self._read_url()
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._socket = await self._stack.enter_async_context(http.ws_connect(f"{url}/session", max_msg_size=0))
        reader = asyncio.create_task(self._read())
        self._stack.callback(reader.cancel)
        await self.send("session.new", capabilities={})
        await self.send("session.subscribe", events=["log.entryAdded"])
        tree = await self.send("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def _read_url(self) -> str:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            match = re.search(rb"WebDriver BiDi listening on (ws://\S+)", line)
            if match:
                self._rest = asyncio.create_task(self._process.stderr.read())
                return match[1].decode()
        raise AssertionError("Firefox ended before it listened")

    async def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if hasattr(self, "_rest"):
            await self._rest

    async def _read(self) -> None:
        async for message in self._socket:
            data = message.json()
            if data["type"] != "event":
                self._answers.pop(data["id"]).set_result(data)
            elif data["method"] == "log.entryAdded" and data["params"]["level"] in ("error", "warn"):
                self.console.append(str(data["params"]["text"]))

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a BiDi command and wait for its `result`, for which the test's own time limit is the limit."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        data = await answer
        assert data["type"] == "success", data
        return dict(data["result"])

    async def open(self, url: str) -> None:
        await self.send("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript whose value is a string, a number, a boolean or null."""
        target = {"context": self._context}
        result = await self.send("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert result["type"] == "success", result
        return result["result"].get("value")

    async def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait until a JavaScript condition holds."""
        look = f"const look = () => ({condition}) ? done(true) : setTimeout(look, 50)"
        async with asyncio.timeout(seconds):
            await self.evaluate(f"new Promise((done) => {{ {look}; look(); }})")
