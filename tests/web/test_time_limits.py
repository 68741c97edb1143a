"""Time on the pages: what is late and who has heard of it, calm reminders, days of a year without a calendar."""

import re
from datetime import timedelta

import pytest

from mengya_health.care import commands
from mengya_health.care.models import Case
from mengya_health.content.workdays import LAST_YEAR
from mengya_health.people import accounts, places
from mengya_health.web.shown import words
from tests.care.walking import STORIES, Walk
from tests.factories import a_child


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[0], district).prepare()


def named(walk, organisation_id, role, name):
    with walk.work_as(walk.district.sysadmin) as work:
        user = accounts.add_user(work, login=f"{role}-{name}", name=name)
        accounts.add_membership(work, user_id=user.id, role=role, organisation_id=organisation_id)
        places.name_lead(work, organisation_id, user.id)
        return user.id


def missed(walk):
    """A second screening that was missed a day ago, so that the district has heard of it."""
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id, reason="复测")
    walk.clock.forward(days=31)
    return walk


def seen(statements, browser, path) -> str:
    statements.seen.clear()
    page = browser.get(path)
    assert len(statements.seen) <= 8, "\n\n".join(each[:200] for each in statements.seen)
    return page


def test_the_doctors_pages_name_who_has_heard(walk, browse, statements):
    district = walk.district
    named(walk, district.clinic_id, "doctor", "样本张主任")
    named(walk, district.mch_institute_id, "manager", "样本孙主任")
    walk.flagged()
    doctor = browse(walk.doctor)
    page = seen(statements, doctor, "/today")
    assert "督办清单" not in page
    walk.clock.forward(days=5)
    browser = browse(walk.doctor)
    page = seen(statements, browser, "/today")
    assert "逾期 2 天 · 已报 样本张主任" in page
    assert "按时限报给负责人的事" in page
    for tab in ("mine", "raised"):
        assert "逾期 2 天 · 已报 样本张主任" in seen(statements, browser, f"/cases?tab={tab}")
    page = seen(statements, browser, f"/cases/{walk.case_id}")
    assert "在等谁" in page
    assert "11-23 起，5 天" in page
    assert "逾期 2 天 · 已报医生主管" in page


def test_the_district_reads_a_code_that_the_clinic_finds_again(walk, browse, statements):
    user_id = named(walk, walk.district.mch_institute_id, "manager", "样本孙主任")
    missed(walk)
    browser = browse(walk.doctor)
    code = words.code_of(walk.case_id)
    assert code in browser.get("/cases?tab=raised")
    assert code in browser.get(f"/cases/{walk.case_id}")
    page = seen(statements, browse(user_id), "/raised")
    assert code in page
    assert "示例社区卫生服务中心" in page
    assert "逾期 1 天" in page
    with walk.work_as(walk.doctor) as work:
        pathway = work.content.pathways[walk.story.pathway]
        assert work.session.get(Case, walk.case_id).state == "rescreening"
    for hidden in (walk.child.name, walk.child.number, pathway.name, pathway.plain_name, "复筛", str(walk.child.id)):
        assert hidden not in page


def test_nobody_named_is_said_so_and_not_as_if_somebody_had_heard(walk, browse):
    missed(walk)
    page = browse(walk.doctor).get("/cases")
    assert "请报区妇幼联系人" in page
    assert "已报" not in page


def test_a_deadline_that_comes_near_is_announced(walk, browse):
    walk.flagged()
    with walk.as_(walk.doctor) as work:
        commands.rescreen(work, walk.case_id, reason="复测")
    walk.clock.forward(days=22)
    assert "还有" not in browse(walk.doctor).get("/cases")
    walk.clock.forward(days=1)
    assert "还有 7 天" in browse(walk.doctor).get("/cases")


def test_a_task_nobody_wrote_down_reminds_the_family_kindly_and_the_doctor_after_two_weeks(walk, browse):
    walk.in_support()
    walk.clock.forward(days=6)
    assert "这周还没记" not in browse(walk.mother).get(f"/home/{walk.child.id}")
    walk.clock.forward(days=1)
    home = browse(walk.mother).get(f"/home/{walk.child.id}")
    assert "这周还没记，记一次就好" in home
    assert not re.search("逾期|没有按时", home)
    path = f"/class/{walk.district.group_id}/children/{walk.child.id}"
    assert "这周还没记，记一次就好" in browse(walk.teacher).get(path)
    others = browse(walk.doctor).get("/cases?tab=others")
    assert "7 天没有记录" in others
    assert "请问问" not in others
    walk.clock.forward(days=7)
    assert "14 天没有记录 · 请问问" in browse(walk.doctor).get("/cases?tab=others")


def test_a_letter_is_asked_after_by_its_days(walk, browse):
    walk.flagged()
    walk.refer()
    page, said = f"/cases/{walk.case_id}", {}
    for day in range(1, 46):
        walk.clock.forward(days=1)
        if day in (3, 4, 14, 15, 29, 42):
            said[day] = browse(walk.doctor).get(page)
    assert "等回执 3 天" in said[3]  # three working days from a Monday end on the Thursday
    assert "对方还没有收单" in said[4]
    assert "打个电话问问" in said[14]
    assert "应就诊的日子过了 1 天" in said[15]
    assert "逾期 1 天 · 请打电话问问" in said[29]
    assert "逾期 14 天 · 已报区妇幼联系人" in said[42]


def test_the_lead_of_the_nursery_has_a_list_and_a_teacher_has_none(walk, browse):
    lead = named(walk, walk.district.kindergarten_id, "health_staff", "样本园长")
    assert 'href="/class/raised"' in browse(lead).get("/class")
    assert "班里没有拖久的事" in browse(lead).get("/class/raised")
    assert 'href="/class/raised"' not in browse(walk.teacher).get("/class")
    browse(walk.teacher).get("/class/raised", status=403)


def test_a_day_in_a_year_without_a_calendar_is_marked(walk, browse):
    with walk.work_as(walk.doctor) as work:
        last = (work.today.replace(year=LAST_YEAR, month=12, day=30) - work.today) // timedelta(days=1)
    walk.clock.forward(days=last)
    walk.raise_concern(walk.teacher)
    said = f"{LAST_YEAR + 1} 年放假安排还没收录，先按普通周末推算"
    assert said in browse(walk.doctor).get("/cases")
    assert said in browse(walk.mother).get(f"/home/{walk.child.id}/concern")


def test_a_newborn_with_a_hearing_case_has_its_days_by_age(installation, work_as, clock, district, browse):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    with walk.work_as(walk.doctor) as work:
        born = work.today - timedelta(days=30)
        child = a_child(work, walk.district, name="样本新", birth_on=born)
        case = commands.open_case(work, child.id, pathway_id="PW_HEARING", reason="初筛未过")
        older = commands.open_case(work, walk.child.id, pathway_id="PW_HEARING", reason="家长担心")
    page = browse(walk.doctor).get(f"/cases/{case.id}")
    assert "新生儿听力复筛" in page
    assert "新生儿听力复筛" not in browse(walk.doctor).get(f"/cases/{older.id}")
    walk.clock.forward(days=13)
    assert "逾期 1 天" in browse(walk.doctor).get(f"/cases/{case.id}")
