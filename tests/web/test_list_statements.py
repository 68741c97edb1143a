"""A list asks the databases as often for many cases as for few, and opens no more than it shows."""

from datetime import timedelta

import pytest

from mengya_health.care import commands
from mengya_health.care.queries import PAGE_ROWS, waiting_for_doctor
from mengya_health.care.tasks import start_task
from mengya_health.screening.commands import plan_visit_of
from tests.factories import a_child, client_of

LISTS = (
    "/today", "/today?tab=overdue", "/today?tab=all&show=all", "/cases", "/cases?tab=others", "/cases?tab=raised",
    "/cases?tab=open", "/cases?tab=closed", "/due?which=all", "/due?which=overdue",
)  # fmt: skip
FEW = 20
LATE = timedelta(days=60)


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


def cases_are_opened(work_as, district, number: int) -> None:
    """Open so many cases, each with something for the doctor and something that a family owes; all of it is late."""
    with work_as(district.doctor) as work:
        for name in range(number):
            child = a_child(work, district, name=f"样本{name}", group_id=None, consents=("P1",))
            plan_visit_of(work, child)
            case = commands.open_case(work, child.id, pathway_id="PW_ANEMIA", reason="体检")
            for kind, whose in (("follow_up", "doctor"), ("signature", "guardian")):
                body = {"title": "样本", "document": "care_plan"}
                due_on = work.today - LATE
                start_task(work, child, kind=kind, whose_turn=whose, due_on=due_on, body=body, case=case)


@pytest.mark.parametrize("many", [60, pytest.param(200, marks=pytest.mark.full)])
def test_every_list_asks_as_often_for_many_cases_as_for_twenty(installation, work_as, district, statements, many):
    cases_are_opened(work_as, district, FEW)
    browser = client_of(installation, district.doctor)
    few = asked_by(browser, statements)
    cases_are_opened(work_as, district, many - FEW)
    then = asked_by(browser, statements)
    assert few == then
    assert max(then.values()) <= 8
    lines, last = 2 * many, -(-2 * many // PAGE_ROWS)  # a decision and a follow-up of each
    pages = [browser.get(f"/cases?page={page}").get_data(as_text=True) for page in (1, last, last + 1)]
    assert [page.count('class="enter"') for page in pages] == [PAGE_ROWS, lines - (last - 1) * PAGE_ROWS, 0]
    assert f"第 1–{PAGE_ROWS} 项，共 {lines} 项" in pages[0]
    assert ["page=2" in pages[0], f"page={last - 1}" in pages[1], f"page={last + 1}" in pages[1]] == [True, True, False]
    with work_as(district.doctor, writing=False) as work:
        found = [waiting_for_doctor(work, district.clinic_id, page=page) for page in range(1, last + 1)]
    assert len({item.task.id for page in found for item in page}) == lines


def asked_by(browser, statements) -> dict[str, int]:
    """Return how many statements each list takes, once what is compiled once is compiled."""
    counted = {}
    for path in LISTS:
        assert browser.get(path).status_code == 200
        statements.seen.clear()
        browser.get(path)
        counted[path] = len(statements.seen)
    return counted
