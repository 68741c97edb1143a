"""Pages by the keyboard: Tab goes as the eye goes, and what has the focus is always to be seen."""

import pytest

from tests.accessibility.walking import walk

MAIN = {
    "doctor": "today.show children.show checks.enter cases.show",
    "teacher": "classes.show classes.observe_page",
    "parent": "family.home family.sign family.record",
}
STOPS = 250  # more than any page has


@pytest.mark.parametrize("login", MAIN)
def test_tab_goes_as_the_eye_goes_and_the_focus_is_always_to_be_seen(demo_site, login):
    wanted = MAIN[login].split()
    wrong = {kind[0]: by_keys(somebody) for somebody, kind in walk(demo_site, login, wanted) if kind[0] in wanted}
    assert wrong == dict.fromkeys(wanted, [])


def by_keys(somebody) -> list[str]:
    """Go through a page by Tab; return where the focus was not to be seen, and where it went against the eye."""
    page, wrong, stops = somebody.page, [], 0
    while stops < STOPS:
        page.keyboard.press("Tab")
        said = page.evaluate("looking.stop()")
        if said is None:
            break
        wrong, stops = wrong + said, stops + 1
    assert stops > 5, page.url
    size = page.viewport_size
    page.set_viewport_size(size | {"height": page.evaluate("document.documentElement.scrollHeight")})
    wrong += page.evaluate("looking.againstTheEye()")
    page.set_viewport_size(size)
    return wrong
