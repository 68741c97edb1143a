"""A referral from both ends: the clinic writes it and registers paper replies, the receiver answers its own."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from mengya_health.care import commands, plans
from mengya_health.care.referral_lists import referrals_of
from mengya_health.errors import NotNow
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import store_attachment
from mengya_health.record.files import CleanFile
from mengya_health.signing.consents import consents_of, withdraw_consent
from mengya_health.web.shown.escalations import reasons_to_refer
from tests.care.walking import STORIES, Walk
from tests.factories import a_child
from tests.record.pictures import pdf


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[1], district).prepare().flagged()


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


def test_the_receiver_reads_what_was_chosen_and_nothing_else_of_the_child(walk, browse):
    """Before, while and after: neither the record, nor another entry or file of the child, is there for it."""
    chosen = walk.screen({"HB": "99"})
    other = walk.screen({"HB": "97"})
    with walk.as_(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        kept = {}
        for entry_id in (chosen, other):
            scan = CleanFile(f"{entry_id}.pdf", "PDF", b"%PDF-1.7 the words of a scan %%EOF")
            kept[entry_id] = store_attachment(work, child, section="health", file=scan, subject_id=entry_id).id
    send(walk, browse(walk.doctor), materials=[str(chosen)])
    here = f"/referrals/{referral_of(walk).id}"
    specialist = browse(walk.district.specialist)
    page = specialist.get(here)
    assert "血红蛋白 99 g/L" in page
    assert "97 g/L" not in page
    assert "生长曲线" not in page
    assert str(other) not in page
    specialist.get(f"{here}/files/{kept[chosen]}")
    nowhere = [f"{here}/files/{kept[other]}", f"/children/{child.id}", f"/cases/{walk.case_id}"]
    nowhere += [f"/children/{child.id}/entries/{each}" for each in kept]
    nowhere += [f"/children/{child.id}/attachments/{each}" for each in kept.values()]
    for path in nowhere:
        specialist.get(path, status=404)
    reply = {"happened_on": "2026-11-23", "result": "confirmed", "text": "缺铁"}
    specialist.post(f"{here}/feedback", page=here, **reply)
    assert "缺铁" in specialist.get(here)
    for path in nowhere:
        specialist.get(path, status=404)
    walk.clock.forward(days=14)
    browse(walk.district.specialist).get(here, status=404)


def test_a_paper_reply_comes_with_its_scan_or_a_reason_why_there_is_none(walk, browse):
    referral_id = walk.refer()
    doctor, here = browse(walk.doctor), f"/referrals/{referral_id}/reply"
    reply = {"happened_on": "2026-11-23", "result": "excluded", "text": "未见问题"}
    page = doctor.post(here, status=422, **reply).get_data(as_text=True)
    assert "请附上回执的扫描件或照片" in page
    assert referral_of(walk).status == "requested"
    doctor.post(here, scan=(io.BytesIO(pdf(b"a slip")), "slip.pdf"), **reply)
    page = doctor.get(here)
    assert "slip.pdf" in page
    href = re.search(rf"{here}/files/[0-9a-f-]+", page)[0]
    assert b"a slip" in doctor.client.get(href).data


@pytest.mark.parametrize("who", ["doctor", "specialist"])
def test_a_visit_starts_the_time_of_the_reply_and_what_is_late_is_said(walk, browse, who):
    referral_id = walk.refer()  # to be seen within 14 days, the reply due 14 days after that
    walk.clock.forward(days=15)
    doctor = browse(walk.doctor)
    assert "应就诊的日子过了 1 天：请问家长去过没有" in doctor.get(f"/cases/{walk.case_id}")
    assert "应就诊的日子过了 1 天：来过请登记" in browse(walk.district.specialist).get("/referrals")
    browser = browse(getattr(walk.district, who))
    here = {"doctor": f"/referrals/{referral_id}/reply", "specialist": f"/referrals/{referral_id}"}[who]
    action = {"doctor": f"/referrals/{referral_id}/visit", "specialist": f"{here}/visited"}[who]
    said = {"told_by": "family"} if who == "doctor" else {}
    tomorrow = (walk.facts().today + timedelta(days=1)).isoformat()
    assert "就诊日期要在" in browser.post(action, page=here, status=422, visited_on=tomorrow, **said).get_data(
        as_text=True
    )
    browser.post(action, page=here, visited_on=walk.facts().today.isoformat(), **said)
    found = referral_of(walk)
    assert (found.status, found.reply_due_on - found.visited_on) == ("in-progress", timedelta(days=14))
    assert (walk.state, walk.turn) == ("referred", "specialist")
    walk.clock.forward(days=13)
    assert "没有回执" not in browse(walk.doctor).get(f"/cases/{walk.case_id}")
    walk.clock.forward(days=1)
    assert "就诊已 14 天没有回执：请打电话催" in browse(walk.doctor).get("/cases?tab=others")
    assert "就诊已 14 天：请写回执" in browse(walk.district.specialist).get("/referrals")
    walk.clock.forward(days=14)
    assert "就诊已 28 天没有回执：请转区妇幼督办" in browse(walk.doctor).get(f"/cases/{walk.case_id}")


def test_nothing_leads_out_of_referred_without_the_reply_or_a_typed_reason(walk):
    """Referring again stays; what else is written in the rule table is refused for the open referral itself."""
    walk.refer()
    walk.clock.forward(days=200)
    day = walk.facts().today + timedelta(days=7)
    ways = {
        "rescreen": lambda work: commands.rescreen(work, walk.case_id, due_on=day),
        "clear": lambda work: commands.clear(work, walk.case_id),
        "plan": lambda work: plans.make_plan(work, walk.case_id, plan=walk.plan),
        "stop": lambda work: commands.stop_case(work, walk.case_id, reason_code="5"),
    }
    loop = walk.facts().loop
    assert set(loop.transitions["referred"]) == {*ways, "refer"}
    needed = {
        "referrals_are_settled",
        "referrals_have_feedback",
        "plan_may_run_beside_referral",
        "open_items_have_reasons",
    }
    for event, go in ways.items():
        with pytest.raises(NotNow) as refused, walk.as_(walk.doctor) as work:
            go(work)
        assert needed & {each.condition for each in refused.value.missing}, event
        assert walk.state == "referred"
    walk.refer()
    assert walk.state == "referred"


def test_the_pathway_suggests_how_urgent_and_the_doctor_chooses(walk, browse, statements, content):
    doctor, path = browse(walk.doctor), f"/cases/{walk.case_id}/referrals/new"
    page = doctor.get(path)
    assert "路径建议" not in page
    assert "规范补铁1个月Hb上升" in page  # what the file says beside what fires now
    walk.screen({"HB": "58"})
    doctor.get(path)
    statements.seen.clear()
    page = doctor.get(path)
    assert len(statements.seen) <= 8, "\n".join(each[:100] for each in statements.seen)
    assert "建议当日转诊" in page
    options = re.findall(r'name="within" value="(\w+)"([^>]*)>.*?<b>(.*?)</b>', page)
    assert [value for value, _rest, text in options if "路径建议" in text] == ["SLA_REFER_EMERG"]
    assert not any("checked" in rest for _value, rest, _text in options)
    walk.refer("SLA_REFER_EMERG")
    assert "路径建议" not in doctor.get(path)


def test_no_page_of_a_case_speaks_of_harm_to_a_child(work_as, content, walk):
    facts = replace(walk.facts(), pathway=content.pathways["PW_EMOTION"])
    assert any(each.via for each in facts.pathway.escalation)
    said = [each["text"] for each in reasons_to_refer(facts)]
    assert said
    assert not any(each.when in said for each in facts.pathway.escalation if each.via)


def test_an_unusual_figure_of_a_follow_up_is_confirmed_under_the_name_its_page_gives(walk, browse):
    doctor, path = browse(walk.doctor), f"/cases/{walk.case_id}/follow-up"
    day = walk.facts().today.isoformat()
    said = {"happened_on": day, "text": "随访", "HB": "58", "urgent_seen": "A3", "urgent_answer": "arranged"}
    said["row_version"] = version(doctor.get(path))
    asked = doctor.post(path, status=422, **said).get_data(as_text=True)
    (confirm,) = re.findall(r'name="(confirm_\w+)" value="58"', asked)
    doctor.post(path, **said, **{confirm: "58"})
    assert "建议当日转诊" in doctor.get(f"/cases/{walk.case_id}")
