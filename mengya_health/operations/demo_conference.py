"""Case conferences in the demo: the district's rota, one conference that is being followed, and one still to come."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

from mengya_health.care.case_lists import clinic_cases
from mengya_health.care.conference_points import add_point
from mengya_health.care.conferences import find_conference, my_conferences
from mengya_health.care.conferring import call_conference, tell_family
from mengya_health.care.deidentified import KINDS
from mengya_health.operations.demo_stage import EVENING, Stage
from mengya_health.people.rota import name_chair
from mengya_health.record.queries import entries_of_case

TURNS = (("doctor3", 0, 31), ("specialist", 31, 62))  # who, from and to how many days after it was written
ASKED = ("teacher", "specialist")
QUESTION = "家里和班里都在做任务，两次随访指标没有好转。想请大家看看还差什么，谁来补上。"
POINTS = (
    ("conclusion", "先看孩子一餐怎么吃，再定勺子和坐姿", "teacher", 7),
    ("blocked", "专科门诊约不到近期的号", "specialist", 0),
)
FOR_FAMILY = "大家商量好了：先在班里看一餐，下周告诉您怎么做。"


def confer(stage: Stage) -> None:
    """Let the rota be written, a conference called, held and told of, and another called, on the evening before."""
    on, at = stage.ago(1), EVENING
    _write_rota(stage, on, at)
    _call(stage, on, at, held_on=on, place=0)
    _conclude(stage, on, at)
    _tell(stage, on, at)
    _call(stage, on, at, held_on=stage.today + timedelta(days=2), place=1)


def _write_rota(stage: Stage, on: date, at: time) -> None:
    with stage.work(stage.staff["manager"], on, at) as work:
        for login, begins, ends in TURNS:
            days = {"from_on": on + timedelta(days=begins), "to_on": on + timedelta(days=ends)}
            name_chair(work, user_id=stage.staff[login].user_id, **days)


def _call(stage: Stage, on: date, at: time, *, held_on: date, place: int) -> None:
    """Call a conference about one of the cases under support in the doctor's clinic."""
    with stage.work(stage.staff["doctor"], on, at) as work:
        cases = clinic_cases(work, stage.places["clinic"])
        under_support = [(child, case) for child, case in cases if case.state == "active"]
        child, case = sorted(under_support, key=lambda found: found[0].class_name != "豆芽班")[place]
        checks = [each.id for each in entries_of_case(work, child, case.id, also=("screening",)) if each.kind in KINDS]
        call_conference(
            work,
            case.id,
            held_on=held_on,
            question=QUESTION,
            entry_ids=checks[-2:],
            reader_ids=[stage.staff[login].user_id for login in ASKED],
            is_family_told=True,
        )


def _conclude(stage: Stage, on: date, at: time) -> None:
    """Write the conclusions as the chair, each on top of what stands there."""
    with stage.work(stage.staff["doctor3"], on, at) as work:
        called = _only(work)
        for sort, text, owner, days in POINTS:
            add_point(
                work,
                called,
                sort=sort,
                text=text,
                owner=str(stage.staff[owner].user_id),
                due_on=on + timedelta(days=days),
                row_version=find_conference(work, called).entry.row_version,
            )


def _tell(stage: Stage, on: date, at: time) -> None:
    with stage.work(stage.staff["doctor"], on, at) as work:
        called = _only(work)
        tell_family(work, called, text=FOR_FAMILY, row_version=find_conference(work, called).entry.row_version)


def _only(work) -> UUID:
    return my_conferences(work)[0].entry.id
