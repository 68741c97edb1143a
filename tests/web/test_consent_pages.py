"""The pages on which a family answers, sees who sees what, and closes a section; and the desk's side of them."""

import re
from datetime import timedelta

import pytest

from mengya_health.care import consents
from mengya_health.care.commands import open_case
from mengya_health.care.models import Case
from mengya_health.content import consent_texts as texts
from mengya_health.people.queries import find_child
from mengya_health.people.sharing import closures_of
from mengya_health.signing.consents import consents_of
from tests.factories import PIN, a_guardian


@pytest.fixture
def father(installation, district, child):
    return a_guardian(installation, district, child)


def digest_of(page: str) -> str:
    return re.search(r'name="shown_digest" value="([^"]+)"', page).group(1)


def test_nothing_is_ticked_and_no_is_as_near_as_yes(browse, mother, child, work_as):
    """S-46: no box preset, refusing is one button of the same kind and needs no PIN, a changed text is refused."""
    browser, path = browse(mother), f"/home/{child.id}/consents/P4"
    page = browser.get(path)
    assert not re.search(r"\schecked|\sselected", page)
    buttons = re.findall(r'<button class="([^"]+)" name="choice" value="(\w+)"', page)
    assert [value for _classes, value in buttons] == ["agree", "decline"]
    assert len({classes for classes, _value in buttons}) == 1
    browser.post(path, choice="agree", pin=PIN, shown_digest="00" * 32, status=409)
    browser.post(path, choice="decline", shown_digest="00" * 32, status=409)
    browser.post(path, choice="agree", pin="000000", shown_digest=digest_of(page), status=422)
    browser.post(path, choice="decline", shown_digest=digest_of(page))
    browser.post(path, choice="agree", pin=PIN, shown_digest=digest_of(page))
    with work_as(mother, writing=False) as work:
        given = [each for each in consents_of(work, find_child(work, child.id)) if each.purpose == "P4"]
    assert [(each.given_by, each.is_in_force) for each in given] == [(mother.user_id, True)]


def test_without_the_record_its_page_is_still_reached_and_the_rest_of_the_family_s_pages_too(
    browse, mother, child, district
):
    """S-45: whoever took P1 back can give it again from the pages, and the desk is told what is left to do."""
    browser, path = browse(mother), f"/home/{child.id}/consents/P1"
    page = browser.get(f"/home/{child.id}/family")
    assert path in page
    browser.post(path, choice="withdraw", shown_digest=digest_of(browser.get(path)))
    for there in ("", "/record", "/family", "/views", "/sharing", "/consents/P1"):
        browser.get(f"/home/{child.id}{there}")
    doctor = browse(district.doctor)
    assert f"/children/{child.id}/consents" in doctor.get("/today")
    doctor.get(f"/children/{child.id}")
    assert "没有同意" in doctor.get(f"/children/{child.id}/consents")
    browser.post(path, choice="agree", pin=PIN, shown_digest=digest_of(browser.get(path)))
    assert "已同意" in browser.get(path)


def test_open_cases_are_stopped_from_the_desk_when_the_record_is_withdrawn(browse, mother, child, district, work_as):
    with work_as(district.doctor) as work:
        case_id = open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体重偏低").id
    browser, path = browse(mother), f"/home/{child.id}/consents/P1"
    browser.post(path, choice="withdraw", shown_digest=digest_of(browser.get(path)))
    doctor, desk = browse(district.doctor), f"/children/{child.id}/consents"
    assert "1 个没结束的个案" in doctor.get(desk)
    doctor.post(f"{desk}/stop", page=desk)
    assert "没结束的个案" not in doctor.get(desk)
    with work_as(district.doctor, writing=False) as work:
        assert work.session.get(Case, case_id).state == "stopped"


def test_guardians_who_disagree_read_the_same_neutral_words(browse, mother, father, child, district, work_as):
    """S-44: neither is told who; the clinic decides with a reason that both read."""
    path, desk = f"/home/{child.id}/consents/P2", f"/children/{child.id}/consents"
    one, other, doctor = browse(mother), browse(father), browse(district.doctor)
    one.post(path, choice="agree", pin=PIN, shown_digest=digest_of(one.get(path)))
    other.post(path, choice="decline", shown_digest=digest_of(other.get(path)))
    for browser in (one, other):
        page = browser.get(path)
        assert "监护人意见不一致" in page
        assert "孩子的健康检查照常" in page
        assert "妈妈" not in page.replace(child.name, "")
    assert "意见不一致" in doctor.get(desk)
    doctor.post(f"{desk}/decision", page=desk, purpose="P2", outcome="shared", reason="短", status=422)
    reason = "和两位家长分别谈过，都同意先继续共享一个学期。"
    doctor.post(f"{desk}/decision", page=desk, purpose="P2", outcome="shared", reason=reason)
    for browser in (one, other):
        assert "监护人意见不一致" not in browser.get(path)
        assert reason in browser.get(f"/home/{child.id}/record")


def test_a_section_is_closed_for_a_while_and_opened_again(browse, mother, father, child, district, work_as, clock):
    page_path = f"/home/{child.id}/sharing"
    browser, teacher = browse(mother), browse(district.teacher)
    page = browser.get(page_path)
    assert "门诊依法要为孩子做健康检查" in page
    assert f"{page_path}/health/clinic" not in page
    browser.get(f"{page_path}/health/clinic", status=404)
    for wrong in ("nothing/nursery", "family/nursery", "behaviour/nobody"):
        browser.get(f"{page_path}/{wrong}", status=404)
    path = f"{page_path}/behaviour/nursery"
    assert not re.search(r"\schecked|\sselected", browser.get(path))
    browser.post(path, until="day", status=422)
    browser.post(path, until="day", to_on=(clock.now + timedelta(days=400)).date().isoformat(), status=422)
    teacher.get(f"/class/{district.group_id}/children/{child.id}")
    browser.post(path, until="month")
    assert "您关到 2026-12-23" in browser.get(page_path)
    assert "另一位监护人关到" in browse(father).get(page_path)
    with work_as(district.teacher, writing=False) as work:
        assert find_child(work, child.id).subject.is_closed("behaviour", "nursery")
    with work_as(mother, writing=False) as work:
        (closed,) = closures_of(work, find_child(work, child.id))
    browse(father).post(f"/home/{child.id}/closures/{closed.id}/open", page=page_path, status=404)
    browser.post(f"/home/{child.id}/closures/{closed.id}/open", page=page_path)
    with work_as(mother, writing=False) as work:
        assert closures_of(work, find_child(work, child.id)) == []
    browser.post(path, until="month")
    clock.forward(days=30)
    with work_as(district.teacher, writing=False) as work:
        assert not find_child(work, child.id).subject.is_closed("behaviour", "nursery")


@pytest.mark.parametrize("section", ["behaviour", "health"])
def test_what_is_closed_for_the_nursery_leaves_its_pages_whole(browse, mother, child, district, section):
    browse(mother).post(f"/home/{child.id}/sharing/{section}/nursery", until="month")
    teacher = browse(district.teacher)
    for path in (
        "/class",
        "/class/written",
        f"/class/{district.group_id}",
        f"/class/{district.group_id}/children/{child.id}",
    ):
        teacher.get(path)


def test_a_changed_text_is_asked_again_on_the_first_page(browse, mother, child, district, work_as, monkeypatch, clock):
    """§9.8: an agreement to an older text holds for what it allowed until a day, then for nothing."""
    old = texts.consent_texts()
    renew_by = (clock.now + timedelta(days=20)).date()
    newer = {
        purpose: texts.ConsentText(purpose, "2027.01-1", text.title, text.paragraphs, text.common, earlier)
        for purpose, text in old.items()
        for earlier in [(texts.EarlierText(text.version, purpose == "P2", renew_by if purpose == "P2" else None),)]
    }
    monkeypatch.setattr(texts, "read_consent_texts", lambda folder: newer)
    browser = browse(mother)
    page = browser.get("/home")
    assert "同意书有了新的一版" in page
    assert f"到 {renew_by.isoformat()} 为止" in browser.get(f"/home/{child.id}/consents/P2")
    with work_as(district.teacher, writing=False) as work:
        assert find_child(work, child.id)
    clock.forward(days=20)
    with work_as(district.doctor, writing=False) as work:
        subject = find_child(work, child.id).subject
        assert (subject.has_consent("P1"), subject.has_consent("P2")) == (True, False)
    browser, path = browse(mother), f"/home/{child.id}/consents/P2"
    assert "现在已经失效" not in browser.get("/home")
    browser.post(path, choice="agree", pin=PIN, shown_digest=digest_of(browser.get(path)))
    assert "同意书有了新的一版" not in browser.get("/home")
    with work_as(district.teacher, writing=False) as work:
        assert find_child(work, child.id)


def test_the_pages_ask_at_most_eight_statements(browse, mother, father, child, district, statements):
    def few(actor, *paths: str) -> None:
        browser = browse(actor)
        for path in paths:
            browser.get(path)
            statements.seen.clear()
            browser.get(path)
            assert len(statements.seen) <= 8, "\n\n".join([path, *statements.seen])

    home, desk = f"/home/{child.id}", f"/children/{child.id}/consents"
    few(mother, *(f"{home}{path}" for path in ("/sharing", "/sharing/behaviour/nursery", "/consents/P2", "/family")))
    few(district.doctor, desk, "/children/enrolments")
    path = f"{home}/consents/P1"
    browser = browse(mother)
    browser.post(path, choice="withdraw", shown_digest=digest_of(browser.get(path)))
    few(district.doctor, desk)


def test_a_task_of_consent_names_no_one(work_as, mother, child):
    assert all("妈妈" not in title and "爸爸" not in title for title in consents.TITLES.values())
