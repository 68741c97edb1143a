"""The pages of who a child is: search, a new record, the sheet, class, invitations, consents."""

from datetime import date
from urllib.parse import unquote
from uuid import UUID

import pytest
from sqlalchemy import func, select

from mengya_health.audit import AuditEvent
from mengya_health.people.models import Child
from mengya_health.people.queries import find_child, identity_of
from mengya_health.people.search import LOOKUPS_AN_HOUR
from mengya_health.record.models import Task
from mengya_health.record.queries import timeline
from tests.conftest import START
from tests.factories import a_guardian, client_of
from tests.web.browsing import Browser

TODAY = START.date()
SHEET = {
    "name": "样本小满",
    "sex": "F",
    "birth_on": "2025-11-21",
    "gestational_weeks": "34",
    "gestational_days": "2",
    "birth_weight_kg": "2.35",
    "contact_name": "样本妈妈",
    "contact_relation": "mother",
    "contact_phone": "13800138001",
}
OF_A_CHILD = ("", "/edit", "/invitation", "/consents", "/advice", "/papers")


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def other_desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.second_doctor))


def child_id_in(answer) -> UUID:
    return UUID(answer.headers["Location"].partition("?")[0].rpartition("/")[2])


def test_a_new_record_is_opened_at_the_desk_with_consents_on_paper(desk, find, district, work_as):
    answer = desk.send("/children/new", "/children", **SHEET, consent_P1="yes", consent_P2="yes")
    assert answer.status_code == 303
    child = find(district.doctor, child_id_in(answer))
    assert (child.name, child.birth_on, child.gestational_days) == ("样本小满", date(2025, 11, 21), 240)
    assert [child.subject.has_consent(purpose) for purpose in ("P1", "P2", "P3")] == [True, True, False]
    with work_as(district.doctor, writing=False) as work:
        visit = work.session.scalars(select(Task).where(Task.child_id == child.id)).one()
    assert visit.kind == "visit"
    assert visit.due_on >= TODAY


def test_without_the_first_consent_the_record_is_opened_and_nothing_planned(desk, find, district, work_as):
    child_id = child_id_in(desk.send("/children/new", "/children", **SHEET))
    assert not find(district.doctor, child_id).subject.consents
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(Task.id).where(Task.child_id == child_id)) is None
    page = desk.open(f"/children/{child_id}")
    assert f"/children/{child_id}/check" not in page
    assert f"/children/{child_id}/consents" in page


def test_no_consent_is_ticked_before_somebody_ticks_it(desk, register):
    child = register()
    for path in ("/children/new", f"/children/{child.id}/consents"):
        page = desk.open(path)
        assert 'type="checkbox"' in page
        assert " checked" not in page


def test_a_refused_record_keeps_what_was_typed_and_stores_nothing(desk, work_as, district):
    answer = desk.send(
        "/children/new", "/children", **SHEET | {"birth_on": "2027-01-01", "contact_phone": "123"}, consent_P1="yes"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert all(f'value="{SHEET[name]}"' in page for name in ("name", "birth_weight_kg", "contact_name"))
    assert 'value="123"' in page
    assert 'href="#contact_phone"' in page
    assert 'id="consent_P1" name="consent_P1" value="yes" checked' in page
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 0


def test_a_name_our_font_cannot_print_is_refused_beside_the_name(desk):
    answer = desk.send("/children/new", "/children", **SHEET | {"name": "样本\U000323af"})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.get_data(as_text=True)


def test_a_namesake_born_the_same_day_has_to_be_looked_at_first(desk, register, work_as, district):
    twin = register("P1", name=SHEET["name"], birth_on=date.fromisoformat(SHEET["birth_on"]))
    refused = desk.send("/children/new", "/children", **SHEET)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert twin.number in page
    checked = desk.send_form(desk.form(page, "/children"), "/children", **SHEET, not_the_same="yes")
    assert checked.status_code == 303
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 2


def test_a_form_sent_twice_stores_one_child(desk, work_as, district):
    form = desk.form(desk.open("/children/new"), "/children")
    first, second = (desk.send_form(form, "/children", **SHEET) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Child)) == 1


def found_by(browser, typed: str):
    return browser.send("/children", "/children/search", q=typed)


def test_a_child_is_found_by_initials_number_and_name_at_its_own_clinic_only(desk, installation, district, register):
    child = register("P1", name="样本小芽")
    for typed in ("ybxy", child.number, "样本小芽"):
        address = found_by(desk, typed).location
        assert typed not in unquote(address)
        assert f"/children/{child.id}" in desk.open(address)
    missed = found_by(desk, "zzz").text
    assert "没找到" in missed
    assert 'value="zzz"' in missed
    elsewhere = Browser(client_of(installation, district.other_doctor))
    assert str(child.id) not in found_by(elsewhere, child.number).text
    assert str(child.id) not in elsewhere.open(address)
    desk.open("/children?found=zzz", status=404)


def test_looking_for_numbers_ends_after_thirty_and_is_nothing_for_families(desk, installation, district, register):
    """S-22: the 31st look-up by number is 429 and says how else to look; a guardian may not, a stranger signs in."""
    child = register("P1")
    answers = [found_by(desk, f"1390013{number:04}").status_code for number in range(LOOKUPS_AN_HOUR)]
    assert set(answers) == {200}
    refused = found_by(desk, "13900139000")
    assert (refused.status_code, "编号、姓名" in refused.text) == (429, True)
    mother = Browser(client_of(installation, a_guardian(installation, district, child)))
    form = mother.form(mother.open("/home"), "/sign-out")
    for browser, status in ((mother, (403, 404)), (Browser(mother.client.application.test_client()), (302, 400))):
        assert browser.client.post("/children/search", data=form | {"q": ["13800138000"]}).status_code in status


def test_looking_for_somebody_takes_at_most_eight_statements(desk, register, statements):
    counts = []
    for number in (1, 4):
        for each in range(number):
            register("P1", name="样本小芽", birth_on=date(2025, each + 1, number))
        form = desk.form(desk.open("/children"), "/children/search")
        statements.seen.clear()
        found_page = desk.send_form(form, "/children/search", q="ybxy").location
        assert len(statements.seen) <= 8
        statements.seen.clear()
        assert f"找到 {number + (counts != [])} 名" in desk.open(found_page)
        counts.append(len(statements.seen))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("page", OF_A_CHILD)
def test_a_child_of_another_clinic_is_not_found(page, installation, district, register):
    child = register("P1")
    Browser(client_of(installation, district.other_doctor)).open(f"/children/{child.id}{page}", status=404)


@pytest.mark.parametrize("page", OF_A_CHILD)
def test_every_page_of_a_child_is_audited_and_takes_at_most_eight_statements(
    page,
    desk,
    register,
    statements,
    work_as,
    district,
):
    child = register("P1")
    statements.seen.clear()
    desk.open(f"/children/{child.id}{page}")
    assert len(statements.seen) <= 8
    with work_as(district.doctor, writing=False) as work:
        seen = select(AuditEvent.id).where(AuditEvent.child_id == child.id, AuditEvent.action == "R")
        assert work.session.scalars(seen).first()


def test_the_sheet_is_corrected_from_what_is_stored(desk, register, find, district):
    child = register("P1")
    path = f"/children/{child.id}/edit"
    assert 'value="13800138000"' in desk.open(path)
    assert desk.send(path, allergies="牛奶").status_code == 303
    found = find(district.doctor, child.id)
    assert (found.allergies, found.gestational_days, found.birth_weight_kg) == ("牛奶", 252, "2.60")


@pytest.mark.parametrize(("typed", "meant"), [("3200", "3.200"), ("32", "3.2"), ("3,2", "3.2")])
def test_grams_or_a_point_left_out_of_the_birth_weight_get_a_guess(desk, register, find, district, typed, meant):
    child_id = register("P1").id
    path = f"/children/{child_id}/edit"
    page = desk.send(path, birth_weight_kg=typed).get_data(as_text=True)
    assert f"是不是 {meant}？" in page
    assert f'name="take_birth_weight_kg" value="{meant}"' in page
    assert desk.send_form(desk.form(page, path), path, take_birth_weight_kg=meant).status_code == 303
    assert find(district.doctor, child_id).birth_weight_kg == meant


def test_two_who_correct_a_sheet_at_once_get_both_texts(desk, other_desk, register, work_as, district):
    child = register("P1")
    path = f"/children/{child.id}/edit"
    mine = desk.form(desk.open(path), path)
    assert other_desk.send(path, allergies="牛奶").status_code == 303
    answer = desk.send_form(mine, path, allergies="花生", contact_name="样本爸爸")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "牛奶" in page
    assert "花生" in page
    kept = desk.form(page, path)
    assert desk.send_form(kept, path, allergies="牛奶、花生", contact_name="样本爸爸").status_code == 303
    with work_as(district.doctor, writing=False) as work:
        identity = identity_of(work, find_child(work, child.id))
    assert identity["allergies"] == "牛奶、花生"
    assert identity["contacts"][0]["name"] == "样本爸爸"


def test_a_child_changes_class_and_leaves_it(desk, register, find, district):
    child = register("P1", "P2", group_id=district.group_id)
    path, action = f"/children/{child.id}/edit", f"/children/{child.id}/class"
    assert desk.send(path, action, group_id=str(district.other_group_id)).status_code == 303
    assert find(district.other_teacher, child.id).class_name == "小二班"
    assert desk.send(path, action).status_code == 422
    assert desk.send(path, action, leaves="yes").status_code == 303
    assert not find(district.doctor, child.id).attends


def test_an_invitation_shows_its_code_and_drawing_once(desk, register, installation):
    child = register("P1")
    path = f"/children/{child.id}/invitation"
    refused = desk.send(path, authority="signs")
    assert refused.status_code == 422
    assert 'value="signs" id="authority" checked' in refused.get_data(as_text=True)
    page = desk.send(path, authority="signs", saw_document="yes").get_data(as_text=True)
    code = page.partition('<p class="digits">')[2].partition("</p>")[0]
    assert len(code.replace("-", "")) == 10
    assert 'class="qr"' in page
    again = desk.open(path)
    assert code not in again
    assert again.count("/revoke") == 1


def test_an_invitation_can_be_taken_back(desk, register):
    child = register("P1")
    path = f"/children/{child.id}/invitation"
    desk.send(path, authority="reads", saw_document="yes")
    revoke = desk.open(path).partition("/revoke")[0].rpartition('"')[2] + "/revoke"
    assert desk.send(path, revoke).status_code == 303
    assert "/revoke" not in desk.open(path)


def test_a_consent_is_given_on_paper_and_withdrawn_at_the_desk(desk, register, find, district):
    child = register("P1")
    path = f"/children/{child.id}/consents"
    page = desk.open(path)
    digest = page.partition('name="purpose" value="P4"')[2].partition('name="digest" value="')[2].partition('"')[0]
    form = {name: values for name, values in desk.form(page, path).items() if name in ("csrf_token", "idem_key")}
    form = {name: values[:1] for name, values in form.items()}
    refused = desk.send_form(form, path, purpose="P4", digest=digest)
    assert refused.status_code == 422
    assert not find(district.doctor, child.id).subject.has_consent("P4")
    assert desk.send_form(form, path, purpose="P4", digest=digest, saw_paper="yes").status_code == 303
    assert find(district.doctor, child.id).subject.has_consent("P4")
    withdraw = desk.open(path).rpartition("/withdrawal")[0].rpartition('"')[2] + "/withdrawal"
    assert desk.send(path, withdraw).status_code == 303
    assert not find(district.doctor, child.id).subject.has_consent("P4")


def test_a_word_of_advice_stands_in_the_record(desk, register, work_as, district):
    child = register("P1")
    path = f"/children/{child.id}/advice"
    assert desk.send(path, text="").status_code == 422
    assert desk.send(path, text="每天户外两小时。\n睡前不看屏幕。").status_code == 303
    with work_as(district.doctor, writing=False) as work:
        (entry,) = timeline(work, find_child(work, child.id))
    assert (entry.kind, entry.content["text"]) == ("advice", "每天户外两小时。\n睡前不看屏幕。")
    assert "医生的话：每天户外两小时。" in desk.open(f"/children/{child.id}")


def test_a_teacher_may_not_open_a_record_nor_keep_a_sheet(installation, district, register):
    child = register("P1", "P2", group_id=district.group_id)
    teacher = Browser(client_of(installation, district.teacher))
    teacher.open("/children/new", status=403)
    for page in ("/edit", "/invitation", "/consents", "/advice", "/papers"):
        teacher.open(f"/children/{child.id}{page}", status=403)
