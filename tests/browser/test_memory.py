"""A tab that trains keeps its memory; the long form is benchmarks/tab_memory.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser
from support.join_page import JoinPage
from support.programs import Program

from benchmarks.tab_memory import MIB, TabMemory, sample

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.slow, pytest.mark.timeout(180)]

TRAIN = ("train", "digits-mlp", "--port", "0", "--no-open", "--seed", "1")
FOR_LONG = ("--set", 'training.stop={"accuracy": 0.99999}', "--set", "training.leaseSeconds=0.1")
WARM_LEASES, LEASES = 40, 120
MOST_GROWTH = 3 * MIB
"""A lease of this model is 20 kB: eighty that are not let go of, with what belongs to them, would be seen."""


async def test_many_leases_leave_nothing_behind(chromium: Browser, tmp_path: Path) -> None:
    async with Program(*TRAIN, *FOR_LONG, cwd=tmp_path) as owner:
        visitor = await JoinPage.open(chromium, (await owner.event("listening"))["join_url"])
        memory = await TabMemory.attach(chromium, visitor.page)
        await visitor.start()
        await visitor.wait_for(f"Number(d.merged) >= {WARM_LEASES}", 60)
        before = await sample(visitor, memory, 0)
        await visitor.wait_for(f"Number(d.merged) >= {LEASES}", 90)
        after = await sample(visitor, memory, 0)
        assert before.worker_heap > MIB  # it was measured
        assert after.leaked == before.leaked == 0
        assert after.page_heap - before.page_heap < MOST_GROWTH
        assert after.worker_heap - before.worker_heap < MOST_GROWTH
        assert visitor.console == []
