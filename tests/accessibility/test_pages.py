"""Every page as people see, hear and handle it: axe finds nothing, nothing sticks out at 320 px or with large text."""

import hashlib

import pytest

from tests.accessibility import axe, reflow
from tests.accessibility.walking import CLASSES, FAMILIES, STAFF, Kind, Look, look_at, walk, wrong_with
from tests.factories import a_child, a_guardian
from tests.journeys.people import Person
from tests.sites import Site, open_site
from tests.web.crawling import NOBODY

# What people have open all day, and what has most on it. The rest of their pages are looked at by `./run test --full`.
EVERY_DAY = {
    NOBODY: "sign_in.form sign_in.invitation entering.join_page",
    "doctor": "today.show children.show checks.enter checks.show cases.show cases.plan",
    "teacher": "classes.show classes.observe_page classes.whole daily.check_class",
    "parent": "family.home family.sign family.record family.people",
    "grandma": "family.home",
    "specialist": "referrals.waiting referrals.show",
    "reviewer": "releases.waiting releases.show",
    "manager": "indicators.district",
    "officer": "officer.alarms_page",
    "admin": "accounts.index accounts.new",
}
# One page of these looks like no other of its kind: whoever comes to one looks at it.
OF_ONE_S_OWN = ("cases.show", "children.show", "family.home", "family.home_of", "today.show", "classes.show")

WRONG = """<p id="pale">看不清的字</p><input id="unnamed">
<p><button class="near">一</button><button class="near">二</button></p>
<div id="wide"><p>转不出去的一行长字转不出去的一行长字转不出去的一行长字</p></div><p id="broad">太宽</p>
<svg width="90" height="30"><rect fill="#fff" width="90" height="30"/><text fill="#ccc" y="20">画里</text></svg>"""
SPOIL = """(wrong) => {
  document.querySelector("main").insertAdjacentHTML("afterbegin", wrong);
  const look = (what, style) => document.querySelectorAll(what).forEach((el) => Object.assign(el.style, style));
  look("#pale", { color: "#bbb" });
  look(".near", { width: "9px", height: "9px", padding: 0, border: 0, overflow: "hidden" });
  look("#wide", { width: "99px", overflow: "auto" });
  look("#wide p", { width: "999px" });
  look("#broad", { width: "400px" });
}"""

COLOURS = """() => {
  const [muted, card] = [".muted", ".card"].map((what) => getComputedStyle(document.querySelector(what)));
  return { muted: muted.color, ink: getComputedStyle(document.body).color, line: card.borderTopColor };
}"""


@pytest.fixture
def database() -> str:
    """Pages are the same on both databases."""
    return "sqlite"


def looks_of(
    site: Site, somebody: Person, login: str, wanted: str = "", passed: frozenset[Kind] = frozenset(), **how
) -> list[Look]:
    """Return what an account's pages look like, but for those kinds that were looked at before."""
    return [
        Look(login, somebody.path, kind, tuple(look_at(somebody, **how)))
        for kind in walk(site, somebody, login, wanted.split())
        if kind not in passed or kind[0] in OF_ONE_S_OWN
    ]


def test_axe_is_what_its_makers_published():
    assert hashlib.sha256(axe.FILE.read_bytes()).hexdigest() == axe.SHA256
    assert axe.SHA256 in axe.FILE.with_name("README.md").read_text(encoding="utf-8")
    assert axe.SCRIPT.startswith(f"/*! axe v{axe.VERSION}\n")


def test_axe_runs_under_our_policy_and_finds_what_is_wrong(demo_site, somebody):
    """What a page must not have is put into one: an ear, an eye and a hand each miss something."""
    demo_site.seat(somebody, "doctor", width=1366)
    somebody.open("/today")
    somebody.page.evaluate(SPOIL, WRONG)
    found = axe.violations(somebody.page)
    for rule in (
        "color-contrast: #pale",
        "label: #unnamed",
        "target-size: ",
        "scrollable-region-focusable: ",
        "画里: ",
    ):
        assert [line for line in found if line.startswith(rule)], (rule, found)
    assert [line for line in reflow.trouble(somebody.page, reflow.NARROW) if "px in a window of 320" in line]


@pytest.mark.parametrize("login", EVERY_DAY)
def test_what_people_have_open_all_day_has_nothing_wrong_with_it(demo_site, somebody, login):
    if login == "grandma":
        demo_site.wants(login, large_text=True)
    wanted = EVERY_DAY[login]
    looks = looks_of(demo_site, somebody, login, wanted)
    assert set(wanted.split()) <= {look.kind[0] for look in looks}
    assert wrong_with(looks) == ""


def test_whoever_asks_for_more_contrast_reads_everything_in_ink(demo_site):
    """`prefers-contrast: more` darkens secondary text and lines (ux.md §12)."""
    shown = {}
    for contrast in ("no-preference", "more"):
        page = demo_site.somebody("parent", width=390, contrast=contrast).page
        page.goto(f"{demo_site.address}/home")
        shown[contrast] = page.evaluate(COLOURS)
    assert shown["no-preference"]["muted"] != shown["no-preference"]["ink"]
    assert shown["more"]["muted"] == shown["more"]["ink"] == shown["no-preference"]["ink"]
    assert shown["more"]["line"] != shown["no-preference"]["line"]


@pytest.mark.full
def test_the_first_page_of_everybody_where_nothing_has_happened_yet(installation, district, chromium, work_as):
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    staff = (district.teacher, district.specialist, district.security_officer, district.sysadmin)
    mother = a_guardian(installation, district, child)
    wrong = {}
    with open_site(installation, chromium) as site:
        for actor in (district.doctor, district.other_doctor, *staff, mother):
            newcomer = site.somebody(actor, width=390 if actor is mother else 1366, script=axe.SCRIPT)
            newcomer.open("/")
            wrong[newcomer.path] = look_at(newcomer, thoroughly=True)
    assert {path: lines for path, lines in wrong.items() if lines} == {}
    assert len(wrong) > 5


@pytest.mark.full
@pytest.mark.parametrize("group", [(NOBODY,), STAFF, CLASSES, FAMILIES], ids=lambda group: group[0])
@pytest.mark.parametrize("wishes", [{}, {"language": "en"}, {"large_text": True}], ids=["", "english", "large"])
def test_every_page_of_every_account_has_nothing_wrong_with_it(demo_site, somebody, group, wishes):
    looks: list[Look] = []
    for login in group:
        if login != NOBODY:
            demo_site.wants(login, **{"language": "zh", "large_text": False} | wishes)
        passed = frozenset(look.kind for look in looks)
        looks += looks_of(demo_site, somebody, login, passed=passed, thoroughly=True)
    assert wrong_with(looks) == ""
