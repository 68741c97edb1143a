"""A referral from both ends: the clinic writes it and registers paper replies, the receiver answers its own."""

import re

import pytest

from mengya_health.care.queries import referrals_of
from mengya_health.signing.consents import consents_of, withdraw_consent
from tests.care.walking import STORIES, Walk
from tests.factories import a_child


@pytest.fixture
def walk(installation, work_as, clock) -> Walk:
    walk = Walk(installation, work_as, clock, STORIES[1]).prepare()
    walk.screen(walk.story.low)
    walk.open()
    walk.flag()
    return walk


def version(html: str) -> str:
    return re.search(r'name="row_version" value="(\d+)"', html)[1]


def send(walk: Walk, browser, status: int = 303, **changed):
    path = f"/cases/{walk.case_id}/referrals/new"
    letter = {
        "receiver_id": str(walk.district.mch_institute_id),
        "within": "SLA_REFER_URGENT",
        "reason": "血红蛋白 98 g/L，请进一步检查。",
        "materials": "chart",
        "questions": "查因\n是否用铁剂",
    }
    return browser.post(path, status=status, row_version=version(browser.get(path)), **(letter | changed))


def referral_of(walk: Walk):
    with walk.work_as(walk.doctor) as work:
        return referrals_of(work, walk.child)[0]


def test_a_referral_written_by_the_doctor_is_answered_by_the_receiver(walk, browse):
    send(walk, browse(walk.doctor))
    assert (walk.state, walk.turn) == ("referred", "specialist")
    here = f"/referrals/{referral_of(walk).id}"
    specialist = browse(walk.district.specialist)
    assert walk.child.name in specialist.get("/referrals")
    page = specialist.get(here)
    assert "血红蛋白 98 g/L，请进一步检查。" in page
    assert "查因；是否用铁剂" in page
    specialist.post(f"{here}/received", page=here)
    specialist.post(f"{here}/accepted", page=here)
    reply = {
        "happened_on": "2026-11-23",
        "result": "confirmed",
        "HB": "97",
        "text": "缺铁",
        "for_class": "多给富铁食物",
    }
    specialist.post(f"{here}/feedback", page=here, **reply)
    assert (walk.state, walk.turn) == ("referred", "doctor")
    assert "没有待接的转诊" in specialist.get("/referrals")
    page = browse(walk.doctor).get(f"{here}/reply")
    assert "明确有问题" in page
    assert "97 g/L" in page


def test_a_record_sent_along_stands_on_the_letter_for_both_ends(walk, browse):
    path = f"/cases/{walk.case_id}/referrals/new"
    doctor = browse(walk.doctor)
    offered = re.findall(r'name="materials" value="([0-9a-f-]{36})"', doctor.get(path))
    send(walk, doctor, materials=["chart", offered[0]])
    here = f"/referrals/{referral_of(walk).id}"
    for page in (browse(walk.district.specialist).get(here), doctor.get(f"{here}/reply")):
        assert "生长曲线和测量" in page
        assert "血红蛋白 98 g/L" in page.partition("已有的材料")[2]


def test_a_reply_without_a_result_comes_back_with_everything_typed(walk, browse):
    referral_id = walk.refer()
    specialist, here = browse(walk.district.specialist), f"/referrals/{referral_id}"
    page = specialist.post(f"{here}/feedback", page=here, status=422, happened_on="2026-11-23", text="看过了")
    page = page.get_data(as_text=True)
    assert "看过了</textarea>" in page
    assert 'href="#result"' in page
    assert walk.turn == "specialist"


def test_a_receiver_sends_a_child_back_only_with_a_reason(walk, browse):
    here = f"/referrals/{walk.refer()}"
    specialist = browse(walk.district.specialist)
    page = specialist.post(f"{here}/rejected", page=here, status=422).get_data(as_text=True)
    assert "请写一句理由" in page
    specialist.post(f"{here}/rejected", page=here, reason="没有这个科，请转区妇幼")
    assert (walk.state, walk.turn) == ("referred", "doctor")
    specialist.get(here, status=404)


def test_a_specialist_sees_only_children_that_were_referred_to_them(walk, browse, installation):
    with walk.work_as(walk.doctor) as work:
        other = a_child(work, walk.district, name="样本乙")
    specialist = browse(walk.district.specialist)
    assert walk.child.name not in specialist.get("/referrals")
    referral_id = walk.refer()
    listed = specialist.get("/referrals")
    assert walk.child.name in listed
    assert "样本乙" not in listed
    specialist.get(f"/referrals/{referral_id}")
    specialist.get(f"/children/{other.id}", status=404)
    browse(walk.district.other_doctor).get(f"/referrals/{referral_id}/reply", status=404)
    browse(walk.teacher).get(f"/referrals/{referral_id}", status=403)
    specialist.get(f"/cases/{walk.case_id}", status=404)


def test_a_referral_without_consent_says_who_has_to_agree_and_keeps_what_was_typed(walk, browse):
    with walk.as_(walk.doctor) as work:
        given = next(each for each in consents_of(work, walk.child) if each.purpose == "P3")
        withdraw_consent(work, walk.child, given.id)
    page = send(walk, browse(walk.doctor), status=409, materials=[], reason="请看看").get_data(as_text=True)
    assert "监护人还没有同意把资料给这家接诊机构" in page
    assert f"/children/{walk.child.id}/consents" in page
    assert "还没有选随转诊单一起给的材料" in page
    assert "请看看</textarea>" in page
    assert walk.state == "positive"


def test_questions_that_do_not_fit_on_the_letter_are_refused(walk, browse):
    page = send(walk, browse(walk.doctor), status=422, questions="这一行的问题实在是太长了印不下").get_data(
        as_text=True
    )
    assert "最多 6 行，每行 10 个字以内" in page


def test_the_clinic_registers_a_paper_reply(walk, browse):
    here = f"/referrals/{walk.refer()}/reply"
    doctor = browse(walk.doctor)
    reply = {"happened_on": "2026-11-23", "result": "excluded", "text": "未见问题", "no_scan_reason": "家长没带"}
    doctor.post(here, **reply)
    assert referral_of(walk).status == "completed"
    again = doctor.client.post(here, data={"csrf_token": "x"})
    assert again.status_code == 400


def test_the_clinic_says_why_no_reply_will_come(walk, browse):
    referral_id = walk.refer()
    doctor, here = browse(walk.doctor), f"/referrals/{referral_id}"
    page = doctor.post(f"{here}/no-reply", page=f"{here}/reply", status=422).get_data(as_text=True)
    assert "请选原因" in page
    doctor.post(f"{here}/no-reply", page=f"{here}/reply", reason="declined")
    assert referral_of(walk).not_done == {"reason": "declined", "text": ""}
    assert walk.turn == "doctor"
    assert "家长不愿意" in doctor.get(f"{here}/reply")


@pytest.mark.parametrize("who", ["doctor", "specialist"])
def test_pages_of_a_referral_ask_at_most_eight_statements(walk, browse, statements, who):
    referral_id = walk.refer()
    browser = browse(getattr(walk.district, who))
    pages = {"doctor": [f"/referrals/{referral_id}/reply"], "specialist": ["/referrals", f"/referrals/{referral_id}"]}
    browser.get(pages[who][0])
    for page in pages[who]:
        statements.seen.clear()
        browser.get(page)
        assert len(statements.seen) <= 8, "\n".join(each[:100] for each in statements.seen)
