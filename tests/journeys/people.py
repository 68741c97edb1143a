"""Somebody with a browser: does what a person does with a page, and notes what a page must not do."""

import os
import re
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.factories import PASSWORD

PHOTOS = os.environ.get("MENGYA_SCREENS")
REFUSED = re.compile(r"status of (409|422)")  # a refusal shown as a page is none of the browser's business


class Person:
    """Everything goes through what stands on the page; taps are counted from the last `begin`."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.taps = 0
        self.complaints: list[str] = []
        page.set_default_timeout(10_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    # --- coming and going ---------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.open("/sign-in")
        self.write(login=login, password=password)
        self.press("登录")
        expect(self.page).not_to_have_url(re.compile("/sign-in"))
        if self.page.url.endswith("/account"):  # news of the account came first: its new role
            self.open("/")

    def begin(self) -> None:
        self.taps = 0

    # --- doing --------------------------------------------------------------------------------------------------------

    def tap(self, what: Locator) -> None:
        """Press something by hand."""
        self.taps += 1
        what.click()

    def press(self, text: str, *, exact: bool = False, inside: str = "body") -> None:
        """Press the button or follow the link of this name, on to the next page."""
        place, named = self.page.locator(inside), {"name": text, "exact": exact}
        with self.page.expect_navigation():
            self.tap(place.get_by_role("button", **named).or_(place.get_by_role("link", **named)).first)

    def press_here(self, text: str) -> None:
        """Press the button of this name, which changes the page it stands on."""
        self.tap(self.page.get_by_role("button", name=text, exact=True))

    def choose(self, name: str, *values: str) -> None:
        """Tick answers of a field."""
        for value in values:
            self.tap(self.page.locator(f'label:has(input[name="{name}"][value="{value}"])'))

    def write(self, **typed: str) -> None:
        """Fill in text fields by their names."""
        for name, text in typed.items():
            self.page.locator(f'[name="{name}"]:visible').fill(text)

    def select(self, name: str, text: str) -> None:
        self.page.locator(f'select[name="{name}"]').select_option(label=text)

    # --- looking ------------------------------------------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def look(self, name: str) -> None:
        """Look at the whole page: nothing may stick out of it sideways. Photographed where MENGYA_SCREENS says."""
        assert self.too_wide_px <= 0, name
        if PHOTOS:
            self.photograph(Path(PHOTOS) / f"{name}.png")

    @property
    def too_wide_px(self) -> int:
        """How far the page sticks out of its window sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def photograph(self, file: Path) -> None:
        """Store a picture as high as the page, so that bars which stick to the lower edge stand where it ends."""
        size = self.page.viewport_size
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file)
        self.page.set_viewport_size(size)

    def is_led_to(self, selector: str) -> None:
        """The page has put the focus on this, so that it is read out first."""
        focused = "selector => document.activeElement.matches(selector)"
        assert self.page.evaluate(focused, selector), self.page.evaluate("document.activeElement.outerHTML")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not REFUSED.search(said.text):
            self.complaints.append(f"{self.page.url}: {said.text}")
