"""Emergency access on its pages, and 谁看过档案 afterwards; the officer's pages; the reviewer's."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from mengya_health.audit import Alarm
from mengya_health.handouts.commands import ask_for
from mengya_health.people.queries import find_child
from mengya_health.people.search import search_children
from mengya_health.record.commands import record_entry
from mengya_health.worker import watch_over
from tests.care.walking import STORIES, Walk
from tests.district import Statements
from tests.factories import PASSWORD, a_member

WHY = {"code": "treatment", "text": "孩子在我院急诊，家长说吃过敏药，要看过敏史"}


@pytest.fixture
def advice(work_as, district, child):
    with work_as(district.doctor) as work:
        wanted = {"section": "health", "kind": "advice", "content": {"text": "多晒太阳"}, "happened_on": work.today}
        return record_entry(work, find_child(work, child.id), **wanted)


def test_a_foreign_doctor_opens_one_record_reads_it_under_a_banner_and_writes_nothing(
    browse, district, child, mother, advice, clock, work_as
):
    """S-43: no reason, nine characters, a write attempt, minute 61; officer and guardian are told."""
    rescuer = browse(district.other_doctor)
    record = f"/children/{child.id}"
    lost = rescuer.get(record, status=404)
    assert 'href="/emergency"' in lost
    clock.forward(minutes=6)  # the password was given too long ago
    nothing = rescuer.post("/emergency", status=422, number=child.number, code="", text="九个字是不够的呀")
    page = nothing.get_data(as_text=True)
    assert all(f'id="{name}-error"' in page for name in ("code", "text", "password"))
    assert "九个字是不够的呀" in page
    opened = rescuer.post("/emergency", number=child.number, password=PASSWORD, **WHY)
    assert opened.headers["Location"] == record
    page = rescuer.get(record)
    assert "多晒太阳" in page
    for anywhere in (record, "/children", "/account"):
        assert "紧急查阅中：只能看" in rescuer.get(anywhere)
    forms = re.findall(r'action="([^"]+)"', page)
    assert not [action for action in forms if action.startswith(record)]  # nothing is offered that writes
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    for path in (f"{record}/advice", f"{record}/cases/new", f"{record}/check"):
        refused = rescuer.client.post(path, data={"csrf_token": token})
        assert refused.status_code in (403, 404, 422), path
    assert rescuer.client.get(f"{record}/advice").status_code == 403
    assert rescuer.client.get(f"/print/{child.id}").status_code in (403, 404)
    told = browse(mother).get("/home")
    assert "有医生紧急查阅过孩子的档案" in told
    viewed = browse(mother).get(f"/home/{child.id}/views")
    assert "紧急查阅" in viewed
    assert "正在接诊" in viewed
    assert "家长说吃过敏药" not in viewed
    officer = browse(district.security_officer)
    assert "有医生紧急查阅了一名孩子的档案" in officer.get("/oversight")
    clock.forward(minutes=61)
    assert "紧急查阅中" not in browse(district.other_doctor).get("/children")
    browse(district.other_doctor).get(record, status=404)


def test_it_can_be_ended_early_and_the_officer_reviews_it(browse, district, child, statements: Statements):
    rescuer = browse(district.other_doctor)
    rescuer.post("/emergency", number=child.number, **WHY)
    record = f"/children/{child.id}"
    rescuer.post("/emergency/end", page=record)
    rescuer.get(record, status=404)
    officer = browse(district.security_officer)
    path = re.search(r'href="(/oversight/emergencies/[^"]+)"', officer.get("/oversight"))[1]
    for page in ("/oversight", "/oversight/emergencies", path, "/oversight/audit"):
        statements.seen.clear()
        html = officer.get(page)
        assert len(statements.seen) <= 8, page
        assert child.name not in html
        assert child.number not in html
    assert WHY["text"] in unescape(officer.get(path))
    officer.post(path, status=422, finding="justified", text="好")
    officer.post(f"{path}/hold", page=path)
    assert "暂不告知" in officer.get(path)
    officer.post(path, finding="justified", text="已向急诊科核实，当时在接诊")
    assert "有正当理由" in officer.get("/oversight/emergencies")
    assert "等您处理" in officer.get("/oversight")
    assert "去复核" not in officer.get("/oversight")
    for stranger in (district.doctor, district.teacher, district.sysadmin):
        for page in ("/oversight", path, "/oversight/emergencies", "/oversight/audit"):
            assert "安全审计员" in browse(stranger).get(page, status=403)


def test_the_officer_closes_an_alarm_and_searches_the_audit_by_codes(
    browse, district, child, mother, work_as, installation
):
    curious = browse(district.other_teacher)
    for _try in range(5):
        curious.get(f"/children/{child.id}", status=404)
    watch_over(installation)
    officer = browse(district.security_officer)
    page = officer.get("/oversight")
    assert "一小时内有 5 次想打开与自己无关的内容" in page
    action = re.search(r'action="(/oversight/alarms/[^"]+)"', page)[1]
    officer.post(action, page="/oversight", finding="explained")
    assert "已说明" in officer.get("/oversight")
    href = unescape(re.search(r'href="(/oversight/audit\?[^"]+)"', page)[1])
    rows = officer.get(href)
    assert rows.count("<code>teacher_of</code>") == 5
    found = officer.post("/oversight/audit", login="sysadmin", outcome="")
    assert "sysadmin" not in found.headers["Location"]
    assert "user=" in found.headers["Location"]
    wrong = officer.post("/oversight/audit", status=422, login="nobody-here", from_on="2026-11-23", to_on="2026-11-20")
    assert 'value="nobody-here"' in wrong.get_data(as_text=True)
    with work_as(None, writing=False) as work:
        assert work.session.scalar(select(Alarm.finding)) == "explained"


def test_the_family_sees_each_kind_of_looking_once_with_its_purpose(browse, district, child, mother, advice, work_as):
    """S-49: doctor view, list view, print, export, search hit."""
    doctor = browse(district.doctor)
    doctor.get(f"/children/{child.id}")
    with work_as(district.teacher, writing=False) as work:
        found = find_child(work, child.id)
        assert found.name
    browse(district.teacher).get("/class")
    with work_as(district.doctor) as work:
        search_children(work, child.name)
    with work_as(district.doctor) as work:
        asked = ask_for(work, find_child(work, child.id), "record_summary")
        asked.pdf, asked.pages = work.keys.seal_file("handout", asked.id, child.id, "health", b"%PDF-", "pdf"), 1
        asked_id = asked.id
    doctor.client.get(f"/papers/{asked_id}.pdf")
    home = f"/home/{child.id}"
    copy = browse(mother).post(f"{home}/rights/copy", page=f"{home}/rights", status=200)
    assert copy.mimetype == "application/json"
    page = browse(mother).get(f"/home/{child.id}/views")
    lines = [re.sub(r"<[^>]+>|\s+", "", line) for line in re.findall(r"<li>(.*?)</li>", page, re.DOTALL)]
    looked = (
        ("医生", "看了档案·照护"),
        ("老师", "看了档案·照护"),
        ("医生", "查找到档案·照护"),
        ("医生", "打印了档案·打印"),
        ("家长", "导出了档案·导出"),
    )
    for who, what in looked:
        hits = [line for line in lines if who in line and what in line]
        assert len(hits) == 1, (who, what, lines)
    assert "查询本人信息" in page


def test_a_reviewer_is_asked_and_answers_and_consent_is_never_offered(
    browse, work_as, installation, clock, district, statements
):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.screen(STORIES[0].low)
    walk.open()
    walk.flag()
    walk.make_plan()
    walk.agree()
    with work_as(walk.district.sysadmin) as work:
        reviewer = a_member(work, "reviewer", walk.district.mch_institute_id)
    reviewer = browse(reviewer)
    assert "现在没有等您复核的" in reviewer.get("/releases")
    reviewer.get(f"/children/{walk.child.id}", status=302)
    doctor = browse(walk.district.doctor)
    case = f"/cases/{walk.case_id}"
    assert f'href="{case}/release"' in doctor.get(case)
    statements.seen.clear()
    asking = doctor.get(f"{case}/release")
    assert len(statements.seen) <= 8
    assert 'value="meet_goals.class_has_observed"' in asking
    assert "evaluation_is_signed" not in asking
    doctor.post(f"{case}/release", status=422, wanted="meet_goals.class_has_observed")
    doctor.post(f"{case}/release", status=422, wanted="meet_goals.evaluation_is_signed", reason="家长出差")
    doctor.post(f"{case}/release", wanted="meet_goals.class_has_observed", reason="孩子住院，班里看不到")
    path = re.search(r'href="(/releases/[^"]+)"', reviewer.get("/releases"))[1]
    statements.seen.clear()
    page = reviewer.get(path)
    assert len(statements.seen) <= 8
    assert "孩子住院，班里看不到" in page
    assert "checked" not in page
    browse(walk.district.doctor).get(path, status=403)
    browse(walk.district.specialist).get(path, status=404)
    reviewer.post(path, status=422, decision="grant")
    reviewer.post(path, decision="grant", reason="情况属实，同意")
    assert "区级复核医生已放行" in doctor.get(case)
    assert "现在没有等您复核的" in reviewer.get("/releases")
