"""What somebody granted runs out within a year; leaving and visits count by the day."""

from datetime import timedelta

import pytest

from mengya_health.errors import Invalid, NotFound, NotPermitted
from mengya_health.people import commands, invitations
from mengya_health.people.queries import class_children, family_of, find_child
from mengya_health.people.renewals import approve_anew, endings, let_caregiver_in_until
from tests.factories import CONSENTS, PASSWORD, a_guardian


@pytest.fixture
def child(register, district):
    return register(*CONSENTS, group_id=district.group_id)


def sees(find, actor, child) -> bool:
    try:
        return find(actor, child.id) is not None
    except NotFound:
        return False


def test_an_enrolment_runs_out_after_a_year_and_is_approved_anew_by_name(work_as, find, district, child, clock):
    clock.forward(days=330)
    with work_as(district.doctor, writing=False) as work:
        assert endings(work, district.clinic_id) == []
    clock.forward(days=10)
    with work_as(district.doctor, writing=False) as work:
        (ending,) = endings(work, district.clinic_id)
    for actor in (district.teacher, district.other_doctor):
        with pytest.raises((NotFound, NotPermitted)), work_as(actor) as work:
            approve_anew(work, district.clinic_id, [ending.tie_id])
    clock.forward(days=25)
    assert not sees(find, district.teacher, child)
    assert sees(find, district.doctor, child)
    with work_as(district.doctor) as work:
        assert work.today == ending.to_on
        assert not find_child(work, child.id).attends
        assert approve_anew(work, district.clinic_id, [ending.tie_id]) == 1
        assert endings(work, district.clinic_id) == []
    assert sees(find, district.teacher, child)
    with work_as(district.doctor, writing=False) as work:
        (tie,) = find_child(work, child.id).subject.current("enrolment")
        assert tie.to_on == work.today + timedelta(days=365)


def test_no_row_lets_anybody_in_for_longer_than_a_year(work_as, find, district, child, clock):
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        commands.end_enrolment(work, found)
        commands.tie_child(work, child.id, kind="enrolment", group_id=district.other_group_id)
    clock.forward(days=365)
    assert sees(find, district.other_teacher, child)
    clock.forward(days=1)
    assert not sees(find, district.other_teacher, child)
    with work_as(district.other_teacher, writing=False) as work:
        assert class_children(work, district.other_group_id) == []


def test_a_child_who_leaves_is_gone_that_day(work_as, find, district, child):
    """S-40: the teacher's next click finds nothing."""
    assert sees(find, district.teacher, child)
    with work_as(district.teacher) as work:
        commands.end_enrolment(work, find_child(work, child.id))
    assert not sees(find, district.teacher, child)
    with work_as(district.doctor, writing=False) as work:
        assert endings(work, district.clinic_id) == []


def test_a_baby_house_sees_a_child_on_the_day_of_its_visit_only(work_as, find, district, register, clock):
    """§9.3: not the day before, not the day after."""
    child = register(*CONSENTS)
    with work_as(district.doctor) as work:
        day = work.today + timedelta(days=2)
        commands.book_visit(work, find_child(work, child.id), organisation_id=district.baby_house_id, on=day)
    seen = []
    for _ in range(5):
        seen.append(sees(find, district.carer, child))
        clock.forward(days=1)
    assert seen == [False, False, True, False, False]


def test_a_caregiver_is_let_in_for_a_year_at_most_and_a_guardian_says_until_when(
    work_as, find, district, child, clock, installation
):
    mother = a_guardian(installation, district, child)
    with work_as(mother) as work:
        code = invitations.invite_caregiver(work, find_child(work, child.id)).code
    with work_as(None) as work:
        granny = invitations.redeem_invitation(
            work,
            code=code,
            birth_on=child.birth_on,
            name="外婆",
            phone="13700137000",
            relation="grandparent",
            password=PASSWORD,
        ).user.id
    with work_as(mother) as work:
        found = find_child(work, child.id)
        assert [each.to_on for each in family_of(work, found)] == [None, work.today + timedelta(days=365)]
        for wrong in (work.today, work.today + timedelta(days=366)):
            with pytest.raises(Invalid):
                let_caregiver_in_until(work, found, granny, wrong)
        with pytest.raises(NotFound):
            let_caregiver_in_until(work, found, mother.user_id, work.today + timedelta(days=30))
        let_caregiver_in_until(work, found, granny, work.today + timedelta(days=30))
    clock.forward(days=29)
    with work_as(mother, writing=False) as work:
        assert len(family_of(work, find_child(work, child.id))) == 2
    clock.forward(days=1)
    with work_as(mother, writing=False) as work:
        assert [each.user_id for each in family_of(work, find_child(work, child.id))] == [mother.user_id]
