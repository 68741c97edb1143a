"""The doctor's day: who comes, what waits for a decision, what others owe."""

from datetime import timedelta

import pytest

from mengya_health.care.commands import open_case
from mengya_health.care.concerns import raise_concern
from mengya_health.care.due import open_tasks_of
from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.models import Task
from mengya_health.screening.commands import plan_first_visits
from tests.conftest import START
from tests.factories import a_child, a_guardian, client_of
from tests.web.browsing import Browser

TODAY = START.date()
TURNED_ONE = add_months(TODAY, -12)


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def expect(work_as, district):
    """Register children whose check at twelve months is due from today on, and plan it."""

    def expected(number: int, *, name: str = "样本", birth_on=TURNED_ONE) -> list:
        children = []
        with work_as(district.doctor) as work:
            for each in range(number):
                child = a_child(work, district, name=f"{name}{each:02}", birth_on=birth_on)
                plan_first_visits(work, child)
                children.append(child)
        return children

    return expected


def test_an_empty_day_says_that_everybody_was_seen(desk):
    page = desk.open("/today")
    assert "今天的孩子都看完了" in page
    assert "没有等您决定的事" in page
    assert "没有在等的事" in page


def test_a_child_whose_check_is_due_stands_on_the_list_with_a_way_to_enter_it(desk, expect):
    (child,) = expect(1)
    page = desk.open("/today")
    assert "11月23日 周一 · 示例社区卫生服务中心" in page
    assert "12月龄健检" in page
    assert f'href="/children/{child.id}/check"' in page
    assert f'href="/children/{child.id}"' in page
    assert "等候与待到 1" in page


def test_each_tab_counts_and_shows_its_own(installation, district, expect, clock):
    expect(2, name="逾期", birth_on=TURNED_ONE - timedelta(days=28))
    clock.forward(days=5)
    expect(3, name="应到", birth_on=TURNED_ONE)
    desk = Browser(client_of(installation, district.doctor))
    page = desk.open("/today")
    assert all(text in page for text in ("等候与待到 3", "已完成 0", "逾期未到 2", "全部 5"))
    assert "应到00" in page
    assert "逾期00" not in page
    late = desk.open("/today?tab=overdue")
    assert "逾期00" in late
    assert "逾期 3 天" in late
    assert "应到00" not in late
    everybody = desk.open("/today?tab=all")
    assert "逾期00" in everybody
    assert "应到00" in everybody


def test_a_visit_that_took_place_today_is_done(desk, expect, work_as, district):
    (child,) = expect(1)
    with work_as(district.doctor) as work:
        (visit,) = open_tasks_of(work, find_child(work, child.id))
        task = work.session.get(Task, visit.id)
        task.status, task.done_on = "completed", TODAY
    assert "今天的孩子都看完了" in desk.open("/today")
    page = desk.open("/today?tab=done")
    assert child.name in page
    assert f"/children/{child.id}/check" not in page


def test_a_concern_and_a_case_wait_for_the_doctor(desk, expect, work_as, district):
    (child,) = expect(1)
    with work_as(district.doctor) as work:
        case = open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体重增长慢")
    with work_as(district.teacher) as work:
        raise_concern(work, child.id, text="午餐吃得少")
    page = desk.open("/today")
    assert '等我决定 <span class="muted">2</span>' in page
    assert f"/cases/{case.id}" in page
    assert "体重身高关注" in page
    assert "轮到我" in page


def test_the_first_ten_are_shown_and_all_on_demand(desk, expect):
    expect(12)
    page = desk.open("/today")
    assert "第 1–10 项，共 12 项" in page
    assert page.count('data-key="o"') == 10
    assert desk.open("/today?show=all").count('data-key="o"') == 12


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_day_takes_at_most_eight_statements_however_long_it_is(desk, expect, statements):
    counts = []
    for number in (1, 11):
        expect(number)
        for chosen in ("", "?tab=all&show=all"):
            statements.seen.clear()
            desk.open(f"/today{chosen}")
            counts.append(len(statements.seen))
    assert counts == [counts[0]] * 4
    assert counts[0] <= 8


def test_sixty_children_fit_into_one_small_page(desk, expect):
    expect(60)
    page = desk.open("/today?show=all")
    assert page.count('data-key="o"') == 60
    assert len(page.encode()) < 150_000


def test_children_of_another_clinic_never_stand_on_the_list(installation, district, expect):
    expect(1)
    page = Browser(client_of(installation, district.other_doctor)).open("/today")
    assert "等候与待到 0" in page


def test_only_a_doctor_has_a_day(installation, district, expect):
    (child,) = expect(1)
    Browser(client_of(installation, district.teacher)).open("/today", status=403)
    Browser(client_of(installation, a_guardian(installation, district, child))).open("/today", status=403)
