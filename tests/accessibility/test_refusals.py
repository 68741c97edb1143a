"""What comes back from a form that was sent with nothing in it: looked at like any page, and the eye is led to it."""

import pytest
from playwright.sync_api import Error

from tests.accessibility import axe
from tests.accessibility.walking import CLASSES, FAMILIES, STAFF, look_at, named, walk
from tests.journeys.people import Person
from tests.sites import Site
from tests.web.crawling import NOBODY

# The forms that most is written into. Every form of every page: `./run test --full`.
EVERY_DAY = {NOBODY: "sign_in.form", "doctor": "checks.enter", "parent": "family.sign"}
# Not those of the bar, which end the session or change how it looks; nor those that a passkey alone can send.
FORMS = "form[method=post]:not(header form, [action$=sign-out], [action$=display], :has([data-passkey]))"
# The browser leads from the summary to the field: somewhere to type or choose, or something that is read.
LEADS_ASTRAY = """() => [...document.querySelectorAll(".govuk-error-summary a")].filter((link) => {
  const field = document.getElementById(link.hash.slice(1));
  link.click();
  return !field || !(field === document.activeElement || field.contains(document.activeElement));
}).map((link) => `leads nowhere: ${link.hash} ${link.textContent}`)"""

SEND = """([forms, number]) => {
  const form = document.querySelectorAll(forms)[number];
  form.noValidate = true;
  form.requestSubmit([...form.elements].find((el) => el.matches("button:not([type=button])")) || null);
}"""


def test_what_is_refused_leads_the_eye_and_has_nothing_wrong_with_it(demo_site, somebody):
    answers = [
        answer for login, wanted in EVERY_DAY.items() for answer in sent_empty(demo_site, somebody, login, wanted)
    ]
    assert {status for status, _wrong in answers} == {422}
    assert [wrong for _status, wrong in answers if wrong] == []


@pytest.mark.full
@pytest.mark.parametrize("login", [NOBODY, *STAFF, *CLASSES, *FAMILIES])
def test_every_form_that_is_refused_leads_the_eye_and_has_nothing_wrong_with_it(demo_site, somebody, login):
    assert [wrong for _status, wrong in sent_empty(demo_site, somebody, login, thoroughly=True) if wrong] == []


def sent_empty(
    site: Site, somebody: Person, login: str, wanted: str = "", *, thoroughly: bool = False
) -> list[tuple[int, list[str]]]:
    """Send every form of an account's pages with nothing in it; return the statuses, what is wrong with the answers."""
    forms = [
        (somebody.path, number)
        for _kind in walk(site, somebody, login, wanted.split())
        for number in range(somebody.page.locator(FORMS).count())
    ]
    return [send_empty(somebody, path, number, thoroughly=thoroughly) for path, number in forms]


def send_empty(somebody: Person, path: str, number: int, *, thoroughly: bool) -> tuple[int, list[str]]:
    """Send one form of a page, the n-th, by its first button, past what the browser itself would ask for."""
    somebody.open(path)
    page = somebody.page
    if page.locator(FORMS).count() <= number:  # one sent before has changed the page
        return 0, []
    try:
        with page.expect_navigation() as led_to:
            page.evaluate(SEND, [FORMS, number])
    except Error as error:
        if "ERR_ABORTED" in str(error):  # a file came, for which the browser stays where it is
            return 200, []
        raise
    if (status := led_to.value.status) not in (409, 422):
        return status, []
    page.wait_for_function("document.activeElement.matches('[data-focus]')", timeout=3000)
    wrong = page.evaluate(LEADS_ASTRAY) + (look_at(somebody) if thoroughly else axe.violations(page))
    somebody.complaints.clear()
    return status, named(f"{somebody.path} after {path} form {number}", wrong)
