"""One screening or scale by itself, in the browser: from the record to the decision, and what the pages say of it."""

import re

import pytest
from sqlalchemy import select

from mengya_health.care.concerns import answer_concern, raise_concern
from mengya_health.care.queries import open_cases_of
from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.models import Task
from mengya_health.web.shown.asked import asked_of_follow_up
from tests.conftest import START
from tests.factories import a_child, a_guardian

TODAY = START.date().isoformat()


@pytest.fixture
def toddler(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district, birth_on=add_months(START.date(), -20))


def test_from_the_record_to_a_case(browse, district, work_as, installation, toddler):
    doctor, here = browse(district.doctor), f"/children/{toddler.id}"
    assert f"{here}/screenings" in doctor.get(here)
    listed = doctor.get(f"{here}/screenings")
    suits, others = listed.index("这个月龄可做"), listed.index("其他月龄的")
    assert suits < listed.index("M-CHAT-R/F") < others < listed.index("新生儿立即转诊指征核对")

    form = f"{here}/screenings/SCR_DEV"
    again = doctor.post(form, done_on=TODAY, dq_la="72", ma_dq_gm="x", status=422).get_data(as_text=True)
    assert 'value="72"' in again
    assert "施测者：请填这一项" in again
    assert "大运动智龄：要填数字" in again
    answer = doctor.post(form, done_on=TODAY, by="区妇幼 李医生", dq="84", dq_la="72")
    result = answer.location.partition("?")[0]
    page = doctor.get(result)
    for said in (
        "系统提示，由您决定",
        "发育预警与语言发育迟缓",
        "请同时安排听力评估",
        "screenings/SCR_HEARING",
        "内容版本",
    ):
        assert said in page
    assert "编者默认，待区级确认" in page

    doctor.post(result, decide_PW_DEVELOPMENT="open", row_version=_row_version(page))
    with work_as(district.doctor, writing=False) as work:
        cases = open_cases_of(work, find_child(work, toddler.id))
    assert [case.state for case in cases] == ["positive"]
    case_page = doctor.get(f"/cases/{cases[0].id}")
    assert "screenings/SCR_HEARING" in case_page
    assert "听力评估" in case_page

    record = doctor.get(here)
    entry = re.search(rf'href="({here}/entries/[0-9a-f-]+)"><b>发育行为评估', record).group(1)
    shown = doctor.get(entry)
    for said in ("区妇幼 李医生", "发育行为评估（儿心量表-Ⅱ）", "WS/T 580", "内容版本", result):
        assert said in shown
    heard = doctor.post(f"{here}/screenings/SCR_HEARING", done_on=TODAY, result="1", observation_positive_count="1")
    assert "未见问题" in doctor.get(heard.location.partition("?")[0])
    assert "screenings/SCR_HEARING" not in doctor.get(f"/cases/{cases[0].id}")

    mother = browse(a_guardian(installation, district, toddler))
    family = mother.get(f"/home/{toddler.id}/record")
    for word in ("阳性", "疑似", "异常", "发育商", "落后"):
        assert word not in family


def test_a_correction_keeps_both_versions(browse, district, toddler):
    doctor, here = browse(district.doctor), f"/children/{toddler.id}"
    result = doctor.post(f"{here}/screenings/SCR_ANEMIA", done_on=TODAY, hb="95").location.partition("?")[0]
    correction = re.search(rf'href="({here}/screened/[0-9a-f-]+)"', doctor.get(result)).group(1)
    page = doctor.get(correction)
    assert 'value="95"' in page
    doctor.post(correction, done_on=TODAY, hb="119", row_version=_row_version(page))
    page = doctor.get(result)
    assert "第 2 版" in page
    assert "系统提示，由您决定" not in page
    doctor.get(f"{here}/checks/{result.rpartition('/')[2]}/correction", status=404)


def test_only_those_who_write_health_enter_and_an_unknown_sheet_is_not_there(browse, district, toddler):
    here = f"/children/{toddler.id}/screenings"
    browse(district.doctor).get(f"{here}/SCR_NOTHING", status=404)
    browse(district.teacher).get(here, status=403)
    browse(district.other_doctor).get(f"{here}/SCR_ANEMIA", status=404)


def test_harm_is_not_asked_where_guardians_read(browse, district, toddler):
    page = browse(district.doctor).get(f"/children/{toddler.id}/screenings/SCR_SOCIAL_EMOTION")
    assert f"/children/{toddler.id}/report" in page
    assert "harm_suspected" not in page
    assert "虐待" not in browse(district.doctor).get(f"/children/{toddler.id}/screenings/SCR_HIGHRISK")


def _row_version(page: str) -> str:
    return re.search(r'name="row_version" value="(\d+)"', page).group(1)


def test_a_case_opened_by_a_worry_asks_the_doctor_about_hearing(browse, district, work_as, toddler):
    with work_as(district.doctor) as work:
        raise_concern(work, toddler.id, text="还不会说话")
    with work_as(district.doctor) as work:
        task = work.session.scalars(select(Task).where(Task.child_id == toddler.id, Task.kind == "concern")).one()
        answer_concern(work, task.id, is_accepted=True, text="来门诊看看", pathway_id="PW_DEVELOPMENT")
        case = open_cases_of(work, find_child(work, toddler.id))[0]
    page = browse(district.doctor).get(f"/cases/{case.id}")
    assert "如果是说话或听方面的担心，请同时安排听力评估" in page
    assert "入案标准" in page


def test_follow_ups_of_development_ask_about_regression(content):
    for pathway in content.pathways.values():
        asked = asked_of_follow_up(content, pathway, "active").readings
        assert ("WS_REG" in asked) == ("SCR_WSCST" in pathway.screenings), pathway.id
