"""axe-core on a page, and pictures of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}
GRAVE = ("serious", "critical")


@cache
def axe_source() -> str:
    return (ROOT / "static" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


async def grave_faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical: the rule and where."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(axe_source())
    found: dict[str, Any] = await page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


async def keep_picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")
