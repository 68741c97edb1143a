"""Two people move one case at the same moment: one goes through, the other is told."""

import pytest

from mengya_health.care import commands, handovers
from mengya_health.care.loop import move
from mengya_health.care.queries import facts_of, find_case
from mengya_health.errors import Conflict, NotNow
from tests.factories import PIN


@pytest.fixture(params=["postgresql"])
def database(request) -> str:
    return request.param  # SQLite lets only one unit of work write at a time


def test_of_two_movers_the_second_gets_a_conflict(walk):
    walk.screen(walk.story.low)
    walk.open()
    with walk.work_as(walk.doctor) as first:
        opened = find_case(first, walk.case_id)
        facts = facts_of(first, opened)
        with walk.work_as(walk.district.second_doctor) as second:
            commands.flag(second, walk.case_id)
        with pytest.raises(Conflict):
            move(first, opened.case, "flag", facts=facts)
        first.session.rollback()
    assert walk.state == "positive"
    assert [step.event for step in walk.facts().steps] == ["open", "flag"]


def test_of_two_openers_the_second_gets_a_conflict(walk):
    with walk.work_as(walk.doctor) as first:
        commands.find_child(first, walk.child.id)
        with walk.work_as(walk.district.second_doctor) as second:
            commands.open_case(second, walk.child.id, pathway_id="PW_ANEMIA")
        with pytest.raises((Conflict, NotNow)):
            commands.open_case(first, walk.child.id, pathway_id="PW_ANEMIA")
        first.session.rollback()


def test_of_an_accepting_clinic_and_a_family_that_takes_it_back_one_is_told(walk):
    with walk.work_as(walk.mother) as work:
        handovers.ask_as_guardian(work, walk.child.id, clinic_id=walk.district.other_clinic_id, pin=PIN)
    with walk.work_as(walk.mother) as first:
        handovers.handover_of(first, walk.child)
        with walk.work_as(walk.district.other_doctor) as second:
            handovers.accept_handover(second, walk.child.id)
        with pytest.raises((Conflict, NotNow)):
            handovers.withdraw_handover(first, walk.child.id)
        first.session.rollback()
    with walk.work_as(walk.district.other_doctor) as work:
        assert handovers.find_child(work, walk.child.id).clinic_id == walk.district.other_clinic_id
