"""An observation that the concern rule is about reaches the doctor once, and nobody else reads more than calm words."""

import re

import pytest
from sqlalchemy import select

from mengya_health.care.concerns import answer_concern
from mengya_health.care.models import Task
from mengya_health.care.observing import record_observation
from mengya_health.care.tasks import open_body
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from tests.factories import a_guardian

NOT_OURS = re.compile("阳性|疑似|异常|障碍|迟缓|筛查")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def child(register, district):
    return register("P1", "P2", "P3", group_id=district.group_id, gestational_days=None)  # twelve months old


@pytest.fixture
def observe(work_as, child):
    """Write scores by item as somebody; return whether the doctor is told of something new."""

    def observed(actor, section: str, **scores: int) -> bool:
        with work_as(actor) as work:
            content = {"domain": "talk", "items": [{"code": c, "score": s} for c, s in scores.items()], "note": ""}
            return record_observation(
                work, find_child(work, child.id), section=section, content=content, happened_on=work.today
            )

    return observed


@pytest.fixture
def told(work_as, district, child):
    """What stands on the clinic's list of this child: open concerns, as their bodies."""

    def bodies() -> list[dict]:
        with work_as(district.doctor, writing=False) as work:
            chosen = select(Task).where(Task.child_id == child.id, Task.kind == "concern", Task.status == "requested")
            return [open_body(work, task) for task in work.session.scalars(chosen.order_by(Task.created_at))]

    return bodies


def test_linked_item_tells_the_doctor_once_while_it_is_open(observe, told, district, work_as, child):
    assert observe(district.teacher, "behaviour", B0405=0, B0406=0)  # B0405 is linked, B0406 is not
    assert [each["matters"] for each in told()] == [["linked:B0405"]]
    assert "预警征象筛查" in told()[0]["title"]
    assert not observe(district.teacher, "behaviour", B0405=0)
    assert observe(district.teacher, "behaviour", B0405=0, B0408=0)
    assert [each["matters"] for each in told()] == [["linked:B0405"], ["linked:B0408"]]
    with work_as(district.doctor) as work:
        tasks = work.session.scalars(select(Task).where(Task.child_id == child.id, Task.kind == "concern")).all()
        answer_concern(work, tasks[0].id, is_accepted=False, text="已经做了筛查")
    assert observe(district.teacher, "behaviour", B0405=0)  # answered, and still not there
    with work_as(district.teacher, writing=False) as work:
        concerns = entries_of_kind(work, find_child(work, child.id), "concern")
    assert concerns
    assert not any(NOT_OURS.search(each.content["text"]) for each in concerns)


def test_going_backwards_tells_the_doctor_and_is_not_said_twice(observe, told, district):
    assert not observe(district.teacher, "behaviour", B0405=2, B0407=2)
    assert observe(district.teacher, "behaviour", B0405=0, B0407=0)
    assert [each["matters"] for each in told()] == [["regressed:B0405", "regressed:B0407"]]


def test_each_hand_is_judged_by_its_own_observations(observe, told, district, installation, child):
    mother = a_guardian(installation, district, child)
    assert not observe(district.teacher, "behaviour", B0407=2)
    assert not observe(mother, "family", B0407=0)
    assert told() == []
    assert observe(mother, "family", B0405=0)
    assert not observe(district.teacher, "behaviour", B0405=0)  # the same matter, and it is open


def test_a_preterm_child_is_judged_at_its_corrected_age(register, district, work_as):
    young = register("P1", "P2", gestational_days=196, group_id=district.group_id)  # twelve weeks early: nine months
    with work_as(district.teacher) as work:
        found = find_child(work, young.id)
        assert found.corrected_months(work.today) == 9
        content = {"items": [{"code": "B0405", "score": 0}, {"code": "B0301", "score": 0}], "note": ""}
        assert record_observation(work, found, section="behaviour", content=content, happened_on=work.today)
        bodies = [open_body(work, task) for task in work.session.scalars(select(Task).where(Task.kind == "concern"))]
        # B0405 belongs to the signs of twelve months; B0301 to those of eight.
        assert [each["matters"] for each in bodies if "matters" in each] == [["linked:B0301"]]
