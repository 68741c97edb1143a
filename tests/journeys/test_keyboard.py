"""A doctor's day without a mouse: the list, a whole check, and what the keys leave alone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mengya_health.operations.installation import begin_work
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import plan_first_visits, plan_for, record_check
from tests.factories import a_child
from tests.journeys.checks import TICKED
from tests.journeys.conftest import Town
from tests.journeys.people import Person
from tests.screening.filling import filled_form

KEYS_OF_A_CHECK = 40  # from the day's list to the saved check; a change of the page may not ask for more
KEYS_OF_A_FIRST_CHECK = 46  # with haemoglobin to catch up and no earlier dose of vitamin D to take over
MEASURED = {"weight": "9.1", "length": "74.6", "headc": "45.2"}
ASKED = {"milk_ml": "500", "food_groups": "5", "vitd_dose": "400", "outdoor_h": "2", "screen_min": "0", "sleep_h": "13"}
EXAMINED = {"teeth": "6", "dt": "0"}
NOT_COMPLETE = ("weight", "outdoor_h")  # 9.1 may go on as 9.12, 2 as 24: the doctor presses Tab


class Typist:
    """Two hands on a keyboard. Every key counts; held together, several count as one."""

    def __init__(self, person: Person) -> None:
        self.page, self.keys = person.page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def type(self, text: str, *, is_complete: bool = True) -> None:
        """Type a number, key by key, and Tab where the page cannot know that no digit is to come."""
        self.press(*text)
        if not is_complete:
            self.press("Tab")


@pytest.fixture(scope="module")
def children(town: Town) -> list[ChildFacts]:
    """Four children whose twelve-month check is due. All but the last came at eight months, and all was well."""
    with begin_work(town.installation, town.district.doctor) as work:
        made = []
        for name in ("样本甲", "样本乙", "样本丙", "样本丁"):
            child = a_child(work, town.district, name=name, birth_on=work.today - timedelta(days=368))
            plan_first_visits(work, child)
            if name != "样本丁":
                plan = plan_for(work, child, "V_8M", {"done_on": (work.today - timedelta(days=120)).isoformat()}, ())
                record_check(work, child, "V_8M", filled_form(work.content, child, plan))
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


def enter_check(hands: Typist, measured: dict[str, str], *, vitd: str) -> None:
    """Type the whole check of twelve months, everything asked, nothing found."""
    for name, text in measured.items():
        hands.type(text, is_complete=name not in NOT_COMPLETE)
    hands.press("1", "2", "1")  # complementary food begun, iron-rich food eaten, urine and stool as usual
    for name, text in (ASKED | {"vitd_dose": vitd}).items():
        hands.type(text, is_complete=name not in NOT_COMPLETE and text != ASKED["vitd_dose"])
    hands.press("1")  # no illness since
    hands.press("Alt+a", "1")  # nothing found in all that is looked at; the fontanelle is closed
    for text in EXAMINED.values():
        hands.type(text)
    hands.press("n", "n")  # nothing of what is gone through one by one
    hands.press("n", "n", "n", "n", "n")  # four warning signs, and whether anything was lost again
    hands.press("1")  # stays in prevention


def test_a_whole_check_is_typed_and_saved_without_the_mouse(doctor, town, children):
    """Every question of the page but the free texts, from the list to the saved check. What is pressed, 40 keys:

    Enter on the list (1) · 9.1 Tab, 74.6, 45.2: only a weight may have a second digit after its point (12) · one digit
    each for three questions (3) · 500, 5, = for the dose of vitamin D as last time, 2 Tab, 0, 13 (10) · 1 no illness
    (1) · Alt+A and 1 for the fontanelle (2) · teeth 6, decayed 0 (2) · N twice for what is gone through one by one
    (2) · N for each of four signs and for what was lost again (5) · 1 for the conclusion (1) · Ctrl+Enter (1).
    Haemoglobin was taken at eight months, so the content does not ask for it now; `ws_*`, exam, conclusion come empty.
    """
    hands = Typist(doctor)
    with doctor.page.expect_navigation():
        hands.press("Enter")
    assert set(answers(doctor)) & set(ASKED | EXAMINED | TICKED) == set(ASKED | EXAMINED)  # boxes to type into
    assert not any(answers(doctor)[name] for name in ASKED | EXAMINED)
    enter_check(hands, MEASURED, vitd="=")
    said = answers(doctor)
    wanted = MEASURED | ASKED | EXAMINED | TICKED | {"illness_between": "1"}
    assert {name: said.get(name) for name in wanted} == wanted
    with doctor.page.expect_navigation():
        hands.press("Control+Enter")
    doctor.sees("已保存")
    assert "/correction" in doctor.page.get_by_role("link", name="更正刚才那份检查").get_attribute("href")
    with begin_work(town.installation, town.district.doctor, writing=False) as work:
        stored = [len(entries_of_kind(work, find_child(work, each.id), "screening")) for each in children]
    assert sorted(stored) == [0, 1, 1, 2]
    assert hands.keys <= KEYS_OF_A_CHECK
    assert doctor.complaints == []


def test_a_child_who_is_new_here_takes_a_few_keys_more(doctor, children):
    """118 for haemoglobin, which nobody measured at six or eight months (3), and 400 Tab in place of = (3)."""
    hands = Typist(doctor)
    doctor.open(f"/children/{children[3].id}/check")
    hands.keys = 1  # Enter on the list
    enter_check(hands, MEASURED | {"hb": "118"}, vitd=ASKED["vitd_dose"])
    hands.press("Control+Enter")
    doctor.sees("已保存")
    assert hands.keys <= KEYS_OF_A_FIRST_CHECK


def test_what_is_pressed_after_a_number_that_went_on_too_early_goes_back_to_it(doctor, children):
    doctor.open(f"/children/{children[1].id}/check")
    doctor.page.locator("#sleep_h").focus()
    hands = Typist(doctor)
    hands.press("1", "3")
    assert focused(doctor, "name") == "illness_between"
    hands.press(".", "5")
    assert answers(doctor)["sleep_h"] == "13.5"
    hands.press("Backspace")
    assert (focused(doctor, "name"), answers(doctor)["sleep_h"]) == ("sleep_h", "13.")
    doctor.page.locator("#screen_min").focus()
    doctor.page.keyboard.insert_text("0")  # an input method gives its own signs, and no key events with them
    doctor.page.keyboard.insert_text("1")
    assert (answers(doctor)["screen_min"], answers(doctor)["sleep_h"]) == ("0", "1")
    doctor.page.locator("#length").fill("")
    doctor.page.locator("#length").focus()
    doctor.page.keyboard.insert_text("74。6")
    assert (answers(doctor)["length"], focused(doctor, "name")) == ("74.6", "headc")


def test_who_turned_letters_off_types_as_on_any_page(doctor, children):
    doctor.open("/account")
    doctor.press("关掉单键")
    doctor.open(f"/children/{children[2].id}/check")
    assert focused(doctor, "tagName") == "BODY"
    doctor.page.locator("#teeth").focus()
    hands = Typist(doctor)
    hands.press("6", "Tab", "Shift+Tab")
    assert (answers(doctor)["teeth"], focused(doctor, "name")) == ("6", "teeth")
    doctor.page.locator("[name=ws_WS1201]").first.focus()
    hands.press("n", "?", "/")
    assert "ws_WS1201" not in answers(doctor)
    assert not doctor.page.locator("#keys").is_visible()
    doctor.open("/account")
    doctor.press("打开单键")
    doctor.page.keyboard.press("?")
    assert doctor.page.locator("#keys").is_visible()


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
    with doctor.page.expect_navigation():
        hands.press("Escape")
    assert doctor.path == "/children"  # where its first link leads


def test_slash_looks_for_a_child_and_a_question_mark_shows_all_keys(doctor):
    doctor.page.keyboard.press("/")
    assert focused(doctor, "name") == "q"
    focused(doctor, "blur()")
    doctor.page.keyboard.press("?")
    assert doctor.page.locator("#keys").is_visible()


def test_drawings_of_the_sprite_are_shown_under_the_policy(doctor):
    assert doctor.page.evaluate("document.querySelector('.track use').getBBox().width") > 80
    assert doctor.complaints == []


def test_names_leave_the_screen_when_nobody_is_at_the_desk(person, children):
    """Five minutes without a key, in any tab; what is typed stays, and one press shows the names again."""
    doctor = person()
    doctor.page.clock.install()
    doctor.sign_in("doctor")
    doctor.open(f"/children/{children[0].id}/advice")
    doctor.write(text="多晒太阳")
    doctor.page.clock.run_for(4 * 60_000)
    doctor.page.keyboard.press("Shift")
    doctor.page.clock.run_for(4 * 60_000)
    assert doctor.page.locator("h1").inner_text() == children[0].name
    doctor.page.clock.run_for(64_000)
    assert doctor.page.locator("h1").inner_text() == "样*"
    assert children[0].name not in doctor.page.content()
    doctor.press_here("显示姓名")
    assert doctor.page.locator("h1").inner_text() == children[0].name
    assert doctor.page.locator("#text").input_value() == "多晒太阳"
    doctor.press_here("遮名")
    doctor.open("/today")
    expect(doctor.page.locator("tr.sel .kid")).to_have_text("样*")
    with doctor.page.expect_navigation():
        doctor.press_here("显示姓名")
    assert doctor.page.locator("tr.sel .kid").inner_text() in {child.name for child in children}
    doctor.open("/account/agreement")  # a page without the switch
    assert doctor.complaints == []


# A camera that always sees the same, and a browser that reads it: Chromium on this system has neither.
SEES = """
const stream = document.createElement("canvas").captureStream();
Object.defineProperty(navigator, "mediaDevices", {value: {getUserMedia: async () => stream}});
window.BarcodeDetector = class { async detect() { return [{rawValue: "ADDRESS"}]; } };
HTMLMediaElement.prototype.play = async () => {};
"""


def test_a_camera_reads_the_code_of_a_paper(person, town, children):
    doctor = person()
    doctor.sign_in("doctor")
    doctor.open("/children")
    assert not doctor.page.locator("[data-scan]").is_visible()  # this browser reads no codes
    doctor.page.add_init_script(SEES.replace("ADDRESS", f"{town.address}/sign-in#{children[1].number}"))
    doctor.open("/children")
    with doctor.page.expect_navigation(url=f"**/children/{children[1].id}"):
        doctor.press_here("用相机扫码")
    doctor.sees(children[1].name)
    assert doctor.complaints == []
