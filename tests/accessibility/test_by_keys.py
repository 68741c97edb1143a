"""Pages by the keyboard: Tab goes as the eye goes, and what has the focus is always to be seen."""

import pytest

from tests.accessibility.walking import CLASSES, STAFF, walk

EVERY_DAY = {"doctor": "checks.enter cases.show", "teacher": "classes.observe_page", "parent": "family.sign"}
STOPS = 250  # more than any page has


def test_tab_goes_as_the_eye_goes_and_the_focus_is_always_to_be_seen(demo_site, somebody):
    on_the_way = ["today.show", "children.show", "classes.show", "family.home"]
    for login, wanted in EVERY_DAY.items():
        kinds = walk(demo_site, somebody, login, [*wanted.split(), *on_the_way])
        wrong = {kind[0]: by_keys(somebody) for kind in kinds if kind[0] in wanted.split()}
        assert wrong == dict.fromkeys(wanted.split(), [])


@pytest.mark.full
@pytest.mark.parametrize("login", [*STAFF, *CLASSES, "parent", "parent2", "parent3", "grandma"])
def test_tab_goes_as_the_eye_goes_on_every_page(demo_site, somebody, login):
    wrong = [(kind, lines) for kind in walk(demo_site, somebody, login) if (lines := by_keys(somebody))]
    assert wrong == []


def by_keys(somebody) -> list[str]:
    """Go through a page by Tab; return where the focus was not to be seen, and where it went against the eye."""
    page, wrong, stops = somebody.page, [], 0
    while stops < STOPS:
        page.keyboard.press("Tab")
        said = page.evaluate("looking.stop()")
        if said is None:
            break
        wrong, stops = wrong + said, stops + 1
    assert stops, page.url
    size = page.viewport_size
    page.set_viewport_size(size | {"height": page.evaluate("document.documentElement.scrollHeight")})
    wrong += page.evaluate("looking.againstTheEye()")
    page.set_viewport_size(size)
    return wrong
