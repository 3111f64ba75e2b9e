"""Which browsers there are to test with."""

from __future__ import annotations

import os
import shutil

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FIREFOX_NAMES = ("firefox-esr", "firefox")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The browser that the launcher found (WNN_TEST_BROWSER), or one on PATH."""
    return os.environ.get("WNN_TEST_BROWSER") or _first_on_path(CHROMIUM_NAMES)


def find_firefox() -> str | None:
    return os.environ.get("WNN_TEST_FIREFOX") or _first_on_path(FIREFOX_NAMES)


def _first_on_path(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)
