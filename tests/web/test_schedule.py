"""The schedule of a child, its booklet, the list of who is due, and what the family is told."""

import re
from datetime import timedelta

import pytest

from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import plan_first_visits
from tests.conftest import START
from tests.factories import a_child, a_guardian, client_of
from tests.web.browsing import Browser

TODAY = START.date()
BORN = add_months(TODAY, -12) - timedelta(days=3)


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        made = a_child(work, district, name="样本豆豆", birth_on=BORN)
        plan_first_visits(work, made)
        return made


def test_a_booklet_typed_in_shows_what_is_next_at_the_desk_and_at_home(installation, district, desk, child):
    here = f"/children/{child.id}"
    assert "还没有登记接种证" in desk.open(f"{here}/schedule")
    path = f"{here}/vaccines"
    wrong = desk.send(path, on_MMR_1="2019-01-01", on_HepB_1=BORN.isoformat(), source="booklet")
    assert wrong.status_code == 422
    page = wrong.get_data(as_text=True)
    assert "比出生日期" in page
    assert f'value="{BORN.isoformat()}"' in page  # what was typed is still there
    given_on = add_months(BORN, 8).isoformat()
    assert desk.send(path, on_MMR_1=given_on, on_HepB_1=BORN.isoformat(), source="booklet").status_code == 303
    for shown in (desk.open(f"{here}/schedule"), desk.open(f"{here}/check")):
        assert "第 2 剂乙肝疫苗：可以接种" in shown
        assert "第 1 剂水痘疫苗（上海市免疫规划）：可以接种" in shown
    assert "接种证：登记了 2 剂" in desk.open(here)
    family = Browser(client_of(installation, a_guardian(installation, district, child))).open("/home")
    told = re.search(r"下次检查和打针.*?</section>", family, re.DOTALL)[0]
    assert "第 1 剂卡介苗还没有记录，可以补种，请和接种门诊预约。" in told
    assert "接种时间以接种门诊预约为准" in told
    assert "现在可以做12月龄健康检查" in told
    assert not re.search("推迟|暂缓|阳性|HBsAg|逾期|缺种", told)


def test_a_check_that_will_not_take_place_leaves_the_list_with_its_reason(desk, child):
    here = f"/children/{child.id}/schedule"
    assert "样本豆豆" in desk.open("/due?which=month")
    refused = desk.send(here)
    assert refused.status_code == 422
    assert "请选一个原因" in refused.get_data(as_text=True)
    assert desk.send(here, reason="declined", text="下月再说").status_code == 303
    page = desk.open(here)
    assert "家长不愿意" in page
    assert "18月龄健康检查" in page
    assert "样本豆豆" not in desk.open("/due?which=month")
    assert "检查没有做：12月龄健康检查" in desk.open(f"/children/{child.id}")


def test_telephone_numbers_stand_on_the_list_only_where_asked_for(desk, child, district):
    assert "13800138000" not in desk.open("/due?which=all")
    assert "13800138000" in desk.open("/due?which=all&phones=1")
    assert "样本豆豆" in desk.open(f"/due?which=all&group={district.group_id}")
    assert "样本豆豆" not in desk.open("/due?which=all&group=none")
    assert "样本豆豆" not in desk.open("/due?which=all&page=2")
    desk.open("/due?group=everybody", status=404)
    desk.open("/due?which=nonsense&page=x")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_page_of_the_schedule_asks_more_than_eight_statements(desk, child, work_as, district, statements):
    with work_as(district.doctor) as work:
        for number in range(12):
            plan_first_visits(work, find_child(work, a_child(work, district, name=f"样本{number}", birth_on=BORN).id))
    for path in ("/due?which=all", f"/children/{child.id}/schedule", f"/children/{child.id}/vaccines"):
        statements.seen.clear()
        desk.open(path)
        assert len(statements.seen) <= 8, (path, statements.seen)


def test_only_the_childs_doctor_opens_its_schedule(installation, district, child):
    mother = a_guardian(installation, district, child)
    for actor, status in ((district.teacher, 403), (district.other_doctor, 404), (mother, 403)):
        browser = Browser(client_of(installation, actor))
        for page in ("schedule", "vaccines"):
            browser.open(f"/children/{child.id}/{page}", status=status)
    Browser(client_of(installation, district.teacher)).open("/due", status=403)
    assert "样本豆豆" not in Browser(client_of(installation, district.other_doctor)).open("/due?which=all")
