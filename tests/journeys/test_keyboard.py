"""A doctor's day without a mouse: the list, a whole check, and what the keys leave alone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mengya_health.operations.installation import begin_work
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import plan_first_visits
from tests.factories import a_child
from tests.journeys.checks import TICKED, TYPED
from tests.journeys.conftest import Town
from tests.journeys.people import Person

KEYS_OF_A_CHECK = 58  # from the day's list to the saved check; a change of the page may not ask for more


class Typist:
    """Two hands on a keyboard. Every key counts; held together, several count as one."""

    def __init__(self, person: Person) -> None:
        self.page, self.keys = person.page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def write(self, text: str) -> None:
        """Type a text and go on; a Chinese input method gives its own signs, so no key events come with them."""
        self.page.keyboard.insert_text(text)
        self.keys += len(text)
        self.press("Tab")


@pytest.fixture(scope="module")
def children(town: Town) -> list[ChildFacts]:
    """Three children whose twelve-month check is due."""
    with begin_work(town.installation, town.district.doctor) as work:
        made = []
        for name in ("样本甲", "样本乙", "样本丙"):
            child = a_child(work, town.district, name=name, birth_on=work.today - timedelta(days=368))
            plan_first_visits(work, child)
            made.append(child)
    return made


@pytest.fixture
def doctor(person, children) -> Person:
    somebody = person()
    somebody.sign_in("doctor")
    return somebody


def answers(doctor: Person) -> dict[str, str]:
    """Return what the form of the check would send now."""
    return doctor.page.evaluate("Object.fromEntries([...new FormData(document.getElementById('check'))])")


def focused(doctor: Person, what: str) -> str:
    return doctor.page.evaluate(f"document.activeElement.{what}")


def enter_check(hands: Typist) -> None:
    """Type the whole check of twelve months, everything asked, nothing found."""
    hands.press("Alt+1")
    for name in ("weight", "length", "headc", "hb"):
        hands.write(TYPED[name].replace(".", "。"))
    hands.press("Alt+2", "1", "2", "1")
    for name in ("milk_ml", "food_groups", "vitd_dose", "outdoor_h", "screen_min", "sleep_h"):
        hands.write(TYPED[name])
    hands.press("Alt+a", "1")
    for name in ("teeth", "dt"):
        hands.write(TYPED[name])
    hands.press("n", "n", "Alt+4", "n", "n", "n", "n", "n", "Alt+5", "1")


def test_a_whole_check_is_typed_and_saved_without_the_mouse(doctor, town, children):
    hands = Typist(doctor)
    with doctor.page.expect_navigation():
        hands.press("Enter")
    assert not {name for name in answers(doctor) if name.startswith("ws_") or name in ("exam", "conclusion")}
    enter_check(hands)
    said = answers(doctor)
    assert {name: said.get(name) for name in TYPED | TICKED} == TYPED | TICKED
    with doctor.page.expect_navigation():
        hands.press("Control+Enter")
    doctor.sees("已保存")
    with begin_work(town.installation, town.district.doctor, writing=False) as work:
        stored = [len(entries_of_kind(work, find_child(work, each.id), "screening")) for each in children]
    assert sorted(stored) == [0, 0, 1]
    assert hands.keys <= KEYS_OF_A_CHECK
    assert doctor.complaints == []


def test_letters_typed_into_a_field_answer_nothing(doctor, children):
    doctor.open(f"/children/{children[1].id}/check")
    doctor.page.locator("#advice").focus()
    doctor.page.keyboard.type("yn1")
    assert answers(doctor)["advice"] == "yn1"
    assert not {name for name in answers(doctor) if name.startswith("ws_")}


def test_a_refused_page_starts_at_its_summary_and_keeps_what_was_typed(doctor, children):
    doctor.open(f"/children/{children[1].id}/check")
    doctor.write(weight="91")
    with doctor.page.expect_navigation():
        doctor.page.keyboard.press("Control+s")
    assert focused(doctor, "className") == "govuk-error-summary"
    expect(doctor.page.locator("#weight")).to_have_value("91")
    doctor.page.locator('.govuk-error-summary a[href="#weight"]').click()
    assert focused(doctor, "id") == "weight"


def test_arrows_choose_a_row_and_letters_press_what_stands_in_it(doctor):
    hands = Typist(doctor)
    rows = doctor.page.locator("[data-list] tbody tr")
    names = [each.inner_text() for each in rows.locator(".kid").all()]
    hands.press("ArrowDown", "ArrowDown", "ArrowUp")
    chosen = doctor.page.locator("tr.sel .kid").inner_text()
    assert chosen == names[1 if len(names) > 2 else 0]
    with doctor.page.expect_navigation():
        hands.press("o")
    doctor.sees(chosen, "三方时间线")


def test_slash_looks_for_a_child_and_a_question_mark_shows_all_keys(doctor):
    doctor.page.keyboard.press("/")
    assert focused(doctor, "name") == "q"
    focused(doctor, "blur()")
    doctor.page.keyboard.press("?")
    assert doctor.page.locator("#keys").is_visible()


def test_drawings_of_the_sprite_are_shown_under_the_policy(doctor):
    assert doctor.page.evaluate("document.querySelector('.track use').getBBox().width") > 80
    assert doctor.complaints == []
