"""Every pathway from a screening that finds something to closing, by its own file, through the product's commands."""

from dataclasses import replace

import pytest

from mengya_health.care.queries import open_cases_of
from mengya_health.errors import NotNow
from mengya_health.people.queries import find_child
from tests.care.course_walk import COMMON, CourseWalk
from tests.care.courses import COURSES, Course


@pytest.fixture
def along(installation, work_as, clock, district):
    """A walk along a course."""
    return lambda course: CourseWalk.along(course, installation, work_as, clock, district)


def test_every_pathway_has_its_course(content):
    assert {course.pathway for course in COURSES} == {*content.pathways}
    computed = {
        course.pathway: {f"escalate.{at}" for at, each in enumerate(content.pathways[course.pathway].rules.escalate)}
        for course in COURSES
    }
    reported = {"PW_EMOTION": {"escalate.0"}}  # leaves no trace in a case
    assert {course.pathway: {*course.urgent} | reported.get(course.pathway, set()) for course in COURSES} == computed


@pytest.mark.parametrize(
    ("database", "course"),
    [*(("sqlite", course) for course in COURSES), ("postgresql", COURSES[-1])],
    ids=lambda value: value if isinstance(value, str) else value.pathway,
)
def test_a_child_goes_from_a_finding_to_closing_and_back_to_prevention(along, course: Course):
    walk = along(course)
    walk.screened()
    assert walk.state == "positive"
    if course.refers_first:
        referral_id = walk.refer()
        assert (walk.state, walk.turn) == ("referred", "specialist")
        walk.answer_referral(referral_id)
    if course.baseline:
        walk.look_again(replace(course.well, answers=course.baseline))
    walk.planned()
    walk.make_plan()
    assert (walk.state, walk.turn) == ("planning", "guardian")
    walk.agree()
    assert walk.state == "active"
    assert walk.next_days() == walk.interval("intervention", 0)
    for rule, seen in course.urgent.items():
        sent_on_in_time(walk, rule, seen)

    walk.supported(ticked=True)
    assert (walk.state, walk.turn) == ("following", "doctor")
    comes_back(walk)
    walk.supported(ticked=False)

    follow_ups = walk.steadied()
    assert follow_ups >= walk.pathway.stability.follow_ups
    walk.closed()
    assert (walk.state, walk.turn, walk.open_tasks()) == ("resolved", "", [])
    with walk.work_as(walk.doctor, writing=False) as work:
        assert open_cases_of(work, find_child(work, walk.child.id)) == []


def sent_on_in_time(walk: CourseWalk, rule: str, seen) -> None:
    """The doctor sees what the file would refer for, how soon; once it is done it is not asked for again."""
    within = walk.pathway.rules.escalate[int(rule.partition(".")[2])].within
    assert rule not in walk.wanted()
    walk.later(1)
    walk.enter(seen)
    assert walk.wanted()[rule].limit.id == within
    walk.later(1)
    assert rule in walk.wanted()
    walk.answer_referral(walk.refer(within))
    assert walk.wanted() == {}
    walk.later(1)
    assert walk.wanted() == {}


def comes_back(walk: CourseWalk) -> None:
    """What led here once is no reason to begin again; what is seen anew is, and a new plan replaces the old."""
    old = walk.facts().newest("care_plan")
    walk.planned(COMMON)
    with pytest.raises(NotNow) as refused:
        walk.fallen_back()
    assert [missing.condition for missing in refused.value.missing] == ["relapse_evidence_is_on_file"]
    walk.later(20)
    entry_id = walk.enter(walk.course.back)
    if walk.pathway.rules.relapse:
        walk.fallen_back()
    else:  # the specialist says so: the doctor names the record
        with pytest.raises(NotNow):
            walk.fallen_back()
        walk.fallen_back(entry_id)
    assert (walk.state, walk.facts().newest("care_plan").content["replaces"]) == ("planning", str(old.id))
    walk.agree()
