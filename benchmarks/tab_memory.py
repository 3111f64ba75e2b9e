"""Trains in a real tab for a long time and watches its memory: it must stay flat.

    python benchmarks/tab_memory.py                                  30 minutes of mnist-cnn
    python benchmarks/tab_memory.py --random-mnist                   on noise of MNIST's shape, without its files
    python benchmarks/tab_memory.py --model digits-cnn --minutes 2

A `wnn train` serves the run, Chromium opens its page and presses Start. Each minute, after a forced collection:

    page heap, worker heap   JavaScript's own memory in use, of the page and of the worker that trains
    process                  resident memory of the tab's process, which holds TensorFlow.js's arrays too
    tensors                  how many more there were after a lease than before it, all leases together

What is printed last is the growth from a fifth of the time on, when everything is loaded and warm, to the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import struct
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402 (from the checkout)
from playwright.async_api import Browser, CDPSession, Page, async_playwright  # noqa: E402 (from the checkout)
from support.browsers import CHROMIUM_ARGUMENTS, find_chromium  # noqa: E402
from support.join_page import JoinPage  # noqa: E402
from support.programs import Program  # noqa: E402

MIB = 1 << 20
WARM = 0.2
"""The part of the time after which everything is loaded."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory of a tab at one moment, in bytes. `leaked`: tensors left over by all leases so far."""

    seconds: float
    page_heap: int
    worker_heap: int
    process: int
    leases: int
    leaked: int


class TabMemory:
    """Measures one tab of Chromium and the workers in it, through the browser's own debugger."""

    def __init__(self, browser: CDPSession, page: CDPSession) -> None:
        self._browser = browser
        self._page = page
        self._workers: set[str] = set()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._asked = 0
        page.on("Target.attachedToTarget", lambda event: self._workers.add(event["sessionId"]))
        page.on("Target.detachedFromTarget", lambda event: self._workers.discard(event["sessionId"]))
        page.on("Target.receivedMessageFromTarget", lambda event: self._receive(json.loads(event["message"])))

    @classmethod
    async def attach(cls, browser: Browser, page: Page) -> TabMemory:
        """Begin to measure `page`."""
        memory = cls(await browser.new_browser_cdp_session(), await page.context.new_cdp_session(page))
        options = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        await memory._page.send("Target.setAutoAttach", options)
        return memory

    async def heaps(self) -> tuple[int, int]:
        """Collect garbage; the bytes in use of the page's heap, and of its workers' together."""
        await self._page.send("HeapProfiler.collectGarbage")
        page = await self._page.send("Runtime.getHeapUsage")
        workers = 0.0
        for session in list(self._workers):
            await self._ask(session, "HeapProfiler.collectGarbage")
            workers += (await self._ask(session, "Runtime.getHeapUsage")).get("usedSize", 0)
        return int(page["usedSize"]), int(workers)

    async def process(self) -> int:
        """Resident bytes of the largest renderer process: that of the tab."""
        info = await self._browser.send("SystemInfo.getProcessInfo")
        return max((resident(one["id"]) for one in info["processInfo"] if one["type"] == "renderer"), default=0)

    async def _ask(self, session: str, method: str) -> dict[str, Any]:
        self._asked += 1
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        message = json.dumps({"id": self._asked, "method": method})
        await self._page.send("Target.sendMessageToTarget", {"message": message, "sessionId": session})
        try:
            return await asyncio.wait_for(answer, 10)
        except TimeoutError:  # a worker that ended meanwhile
            return {}

    def _receive(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message.get("id", 0), None)
        if answer is not None and not answer.done():
            answer.set_result(message.get("result", {}))


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where that is not known (elsewhere than on Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


async def sample(visitor: JoinPage, memory: TabMemory, seconds: float) -> Sample:
    """Measure a volunteer's tab now."""
    page_heap, worker_heap = await memory.heaps()
    leases = int(await visitor.value("merged") or 0)
    before, after = int(await visitor.value("tensorsBefore") or 0), int(await visitor.value("tensorsAfter") or 0)
    return Sample(seconds, page_heap, worker_heap, await memory.process(), leases, after - before)


def growth(samples: list[Sample]) -> dict[str, float]:
    """Growth in MiB from the first sample that is warm to the last; of tensors, the most that any lease left."""
    warm = [one for one in samples if one.seconds >= WARM * samples[-1].seconds] or samples
    first, last = warm[0], warm[-1]
    names = ("page_heap", "worker_heap", "process")
    found = {name: (getattr(last, name) - getattr(first, name)) / MIB for name in names}
    return {**found, "tensors": max(one.leaked for one in samples), "leases": last.leases}


def write_random_mnist(folder: Path) -> None:
    """Write files as MNIST has them, of noise: memory does not depend on what they show."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        labels = rng.integers(0, 10, count).astype(np.uint8)
        for name, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
            head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            (folder / name).write_bytes(head + array.tobytes())


async def watch(model: str, minutes: float, every: float, folder: Path, more: tuple[str, ...] = ()) -> list[Sample]:
    """Train in a tab, and measure it now and then. `more`: arguments of `wnn train`."""
    train = ("train", model, "--port", "0", "--no-open", "--seed", "1", "--set", 'training.stop={"accuracy": 1}')
    async with Program(*train, *more, cwd=folder) as owner, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        visitor = await JoinPage.open(browser, (await owner.event("listening"))["join_url"])
        memory = await TabMemory.attach(browser, visitor.page)
        await visitor.start()
        await visitor.wait_for("Number(d.merged) >= 1", 300)
        started = time.monotonic()
        samples = []
        while (seconds := time.monotonic() - started) < 60 * minutes:
            samples.append(await sample(visitor, memory, seconds))
            show(samples[-1])
            await asyncio.sleep(min(every, max(60 * minutes - seconds, 0.1)))
        samples.append(await sample(visitor, memory, time.monotonic() - started))
        show(samples[-1])
        await browser.close()
    return samples


def show(one: Sample) -> None:
    sizes = " ".join(f"{getattr(one, name) / MIB:8.1f}" for name in ("page_heap", "worker_heap", "process"))
    print(f"{one.seconds / 60:7.1f} min {sizes} MiB  {one.leases:6d} leases  {one.leaked:+d} tensors", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Watch the memory of a tab that trains.")
    parser.add_argument("--model", default="mnist-cnn")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=60, help="seconds between two looks")
    parser.add_argument("--data-dir", type=Path, help="where NAME/ of each dataset is")
    parser.add_argument("--random-mnist", action="store_true", help="train on noise of MNIST's shape")
    parser.add_argument("--json", type=Path, help="write the samples and the growth to this file")
    options = parser.parse_args()
    print("                page   worker  process")
    with tempfile.TemporaryDirectory(prefix="webnn-") as folder:
        more: tuple[str, ...] = () if options.data_dir is None else ("--data-dir", str(options.data_dir.resolve()))
        if options.random_mnist:
            write_random_mnist(Path(folder) / "data" / "mnist")
            more = ("--data-dir", str(Path(folder) / "data"))
        samples = asyncio.run(watch(options.model, options.minutes, options.every, Path(folder), more))
    grown = growth(samples)
    print("growth once warm: " + ", ".join(f"{name} {value:+.2f}" for name, value in grown.items()))
    if options.json is not None:
        words = {"model": options.model, "growth_mib": grown, "samples": [asdict(one) for one in samples]}
        options.json.write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
