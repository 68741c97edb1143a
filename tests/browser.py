"""Chromium for the tests: Debian's own, driven by Playwright, cut off from everything but our server."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FONTS_CONF = Path(__file__).parents[1] / "mengya_health" / "handouts" / "fonts" / "fonts.conf"
CHINA = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but this machine is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@contextmanager
def running_chromium() -> Iterator[Browser | None]:
    """A running Chromium without a window; None where none is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=FLAGS,
            chromium_sandbox=os.geteuid() != 0,
            env=os.environ | {"FONTCONFIG_FILE": str(FONTS_CONF)},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium; skips where none is installed."""
    with running_chromium() as browser:
        if browser is None:
            pytest.skip("Chromium is not installed 没有安装 Chromium")
        yield browser


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as a new person: own cookies, Chinese, Shanghai time; takes Playwright's context options."""
    contexts = []

    def open_page(**options) -> Page:
        context = chromium.new_context(**(CHINA | options))
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
