"""axe-core, which finds what breaks WCAG 2.0, 2.1 and 2.2 at levels A and AA in a page as a browser shows it."""

from pathlib import Path

from playwright.sync_api import Page

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
FILE = Path(__file__).with_name(f"axe.{VERSION}.min.js")
LOOKING = Path(__file__).with_name("looking.js")
# For `Site.somebody(script=…)`.
SCRIPT = FILE.read_text(encoding="utf-8") + LOOKING.read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Texts of one sign, which axe takes for drawings. It leaves open what a scroller cuts off and what stands in drawings,
# too: the first is seen in a wider window, the second by `unreadableDrawings`. And what a style sheet draws beside a
# small text: `liesOnDrawn` tells whether it lies beneath.
LEFT_OPEN = {"shortTextContent", "nonBmp"}


def open_all_details(page: Page) -> None:
    """Open what stands folded: axe does not look into it."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def violations(page: Page) -> list[str]:
    """Return what breaks WCAG on a page that carries `SCRIPT`, and what axe could not see of its contrast but should.

    The window is as high as the page from then on: nothing may lie beneath a bar that sticks to its edge.
    """
    page.set_viewport_size(page.viewport_size | {"height": page.evaluate("document.documentElement.scrollHeight")})
    found = page.evaluate("only => looking.axeFinds(only)", LEVELS)
    unseen = [each for each in found["open"] if not (LEFT_OPEN & set(each["why"]) or each["isElsewhere"])]
    return [*map(_line, found["violations"] + unseen), *page.evaluate("looking.unreadableDrawings()")]


def _line(node: dict) -> str:
    return f"{node['rule']}: {node['at']} {node['html']} {node['why']}"
