"""The browser that the tests of every page share."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture(scope="module")  # as long as it is open, its event loop runs in this thread
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the page is NOT tried in one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
