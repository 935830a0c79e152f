"""A browser for tests that look at pages: Chromium, headless.

``CHROMIUM`` names another one than the first of PROGRAMS that is installed. The shell shows the same pages in
half the processor time: it has no windows.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
PATIENCE_MS: Final = 120_000
"""For a page that a busy machine renders: Playwright's own 30 s were too few at a load of 15."""
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser to look with: install chromium, or name one by CHROMIUM=/path/to/it"
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser that runs; in a container, too."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile of the browser, with patience."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context
