"""Somebody walks along the links of their pages, once to each kind, and every page is looked at in several ways."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tests.accessibility import axe, reflow
from tests.journeys.people import Person
from tests.sites import Site
from tests.web.crawling import ENTRANCES, LOST, NOBODY, kind_of_path

STAFF = ("doctor", "doctor2", "doctor3", "specialist", "reviewer", "manager", "officer", "admin")
CLASSES = ("teacher", "teacher2", "health", "babyhouse")
FAMILIES = ("parent", *(f"parent{number}" for number in range(2, 11)), "grandma")
EVERYBODY = (NOBODY, *STAFF, *CLASSES, *FAMILIES)  # all accounts of the demo
DESKTOP, TABLET, PHONE = 1366, 1180, 390
FRONT = "sign_in.front"  # leads on to the first page
FILES = ("static", "attachments.download")
Kind = tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """What was wrong with a page in somebody's browser."""

    login: str
    path: str
    kind: Kind
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return "\n    ".join([f"{self.login} {self.path}", *self.wrong])


def width_of(login: str) -> int:
    """Return how wide the window is before which somebody usually sits."""
    return PHONE if login in FAMILIES else TABLET if login in CLASSES else DESKTOP


def walk(site: Site, somebody: Person, login: str, wanted: Collection[str] = ()) -> Iterator[Kind]:
    """Let an account sit down before a browser, and yield the kind of each page it comes to, one of each kind.

    Of the endpoints `wanted` only, where any are named.
    """
    site.seat(somebody, login, width=width_of(login))
    kind_of, seen = kind_of_path(site.app), set()
    waiting = deque((*ENTRANCES, LOST) if login == NOBODY else ("/", LOST))
    while waiting:
        path = waiting.popleft()
        kind = kind_of(path)
        if kind in seen or kind[0] in FILES or (wanted and kind[0] not in (*wanted, FRONT)):
            continue
        seen.add(kind)
        somebody.open(path)
        waiting.extend(links_of(somebody))
        if kind[0] != FRONT:
            yield kind


def links_of(somebody: Person) -> list[str]:
    """Return where the links of a page lead, but for files."""
    links = somebody.page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
    return [link.partition("#")[0] for link in links if not link.endswith((".pdf", ".json", ".py"))]


def look_at(somebody: Person, *, thoroughly: bool = False) -> list[str]:
    """Return what is wrong with the page somebody has open, in a narrow window, and with 大字.

    Thoroughly: in their own window and at 200 %, too, and with the spaces a reader may set.
    """
    page, size = somebody.page, somebody.page.viewport_size
    axe.open_all_details(page)
    wrong = [f"console: {said}" for said in somebody.complaints if "status of 404" not in said]
    somebody.complaints.clear()
    if thoroughly:
        wrong += axe.violations(page) + reflow.trouble(page, reflow.DOUBLED)
        with reflow.spaced_out(page):
            wrong += named("with spaces", reflow.trouble(page, PHONE) + reflow.trouble(page, size["width"]))
        with reflow.enlarged(page):
            wrong += named("large", reflow.trouble(page, size["width"]))
    wrong += reflow.trouble(page, reflow.NARROW)
    with reflow.enlarged(page):
        wrong += named("large", reflow.trouble(page, reflow.NARROW))
    wrong += named("narrow", axe.violations(page))
    page.set_viewport_size(size)
    return wrong


def named(how: str, wrong: Iterable[str]) -> list[str]:
    return [f"{how}: {line}" for line in wrong]


def wrong_with(looks: Iterable[Look]) -> str:
    """Return the pages with something wrong, as one text to read in a failed test."""
    return "\n".join(str(look) for look in looks if look.wrong)
