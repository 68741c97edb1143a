"""What becomes of a page in a narrow window, with large text, or with the spaces a reader sets."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

NARROW = 320  # CSS pixels: 1280 at 400 % (WCAG 1.4.10); the phones of grandparents
DOUBLED = 640  # 1280 at 200 % (WCAG 1.4.4)


def trouble(page: Page, width: int) -> list[str]:
    """Return what sticks out or is cut off when the window is this wide."""
    page.set_viewport_size({"width": width, "height": 800})
    return page.evaluate("looking.trouble()")


@contextmanager
def enlarged(page: Page) -> Iterator[None]:
    """Show the page as with 大字 on: the server changes nothing but this class, and a word on a button."""
    page.evaluate("document.documentElement.classList.add('text-large')")
    yield
    page.evaluate("document.documentElement.classList.remove('text-large')")


@contextmanager
def spaced_out(page: Page) -> Iterator[None]:
    """Set line, letter, word and paragraph spaces as WCAG 1.4.12 lets a reader do."""
    page.evaluate("looking.spaceOut()")
    yield
    page.evaluate("document.adoptedStyleSheets = []")
