"""A browser for tests that look at pages: Chromium, headless.

``CHROMIUM`` names another one than the first found of chromium and google-chrome.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
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
