"""Registering, finding and correcting children, and who reaches them."""

import logging
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from mengya_health.access.actor import Actor, Place
from mengya_health.audit import AuditEvent
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotFound, NotPermitted, TooMany
from mengya_health.history.models import HistoryEvent
from mengya_health.people import commands, queries
from mengya_health.people.models import Child, ChildIndex, Relationship
from mengya_health.people.numbers import is_number
from mengya_health.people.queries import find_child, find_children
from mengya_health.people.search import LOOKUPS_AN_HOUR, search_children
from tests.district import CHILD
from tests.factories import BIRTH_ON


def test_a_registered_child_is_found_by_its_clinic_with_everything_that_was_typed(register, find, district):
    child = find(district.doctor, register().id)
    assert (child.name, child.sex, child.birth_on) == ("样本甲", "F", BIRTH_ON)
    assert (child.gestational_days, child.birth_weight_kg, child.allergies) == (252, "2.60", "鸡蛋")
    assert child.contacts[0].phone == "13800138000"
    assert is_number(child.number)
    assert child.number.startswith("TX3101062026")
    assert not child.attends


def test_a_child_of_another_clinic_is_not_found(register, find, district):
    child = register("P1")
    with pytest.raises(NotFound):
        find(district.other_doctor, child.id)
    with pytest.raises(NotFound):
        find(district.doctor, new_id())


def test_registering_needs_a_doctor_of_that_clinic(work_as, district):
    with pytest.raises(NotPermitted), work_as(district.other_doctor) as work:
        commands.register_child(work, clinic_id=district.clinic_id, **CHILD)
    with pytest.raises(NotPermitted), work_as(district.teacher) as work:
        commands.register_child(work, clinic_id=district.clinic_id, **CHILD)


@pytest.mark.parametrize("birth_on", [date(2026, 11, 24), date(2019, 11, 22)])
def test_an_impossible_birth_date_is_refused_and_nothing_is_stored(work_as, district, birth_on):
    """S-64: tomorrow, and seven years ago."""
    with pytest.raises(Invalid) as refused, work_as(district.doctor) as work:
        commands.register_child(work, clinic_id=district.clinic_id, **CHILD | {"birth_on": birth_on})
    assert "birth_on" in refused.value.fields
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(Child.id)) is None


def test_a_second_child_with_the_same_id_number_is_refused_and_audited_without_the_number(register, work_as, district):
    register(id_no=CHILD["id_no"])
    with pytest.raises(Invalid) as refused:
        register(id_no=CHILD["id_no"].lower(), name="样本乙")
    assert "id_no" in refused.value.fields
    with work_as(district.doctor, writing=False) as work:
        noted = work.session.scalars(select(AuditEvent).where(AuditEvent.record_type == "lookup")).one()
        assert (noted.outcome, noted.child_id) == ("deny", None)


def test_ages_count_from_the_due_date_until_two_years(register, find, district):
    child = find(district.doctor, register(birth_on=date(2024, 8, 31), gestational_days=252).id)
    assert child.corrected_birth_on() == date(2024, 9, 28)
    assert child.age_months(date(2025, 2, 28)) == 6  # the month has no 31st
    assert child.corrected_months(date(2025, 2, 28)) == 5
    assert child.corrected_months(date(2026, 8, 31)) == 24  # from two years on, age by birth date
    assert child.age_text(date(2025, 9, 3)) == "12月3天"
    assert child.age_text(date(2028, 10, 31)) == "4岁2月"
    assert child.corrected_age_text(date(2024, 9, 1)) == "未足月"


def test_correcting_a_child_replaces_its_sheet_and_what_it_is_found_by(register, work_as, district):
    child = register()
    with work_as(district.doctor) as work:
        changed = CHILD | {"name": "欧阳甲", "gestational_days": None}
        corrected = commands.correct_child(work, child.id, row_version=child.row_version, **changed)
    assert (corrected.name, corrected.body_version, corrected.row_version) == ("欧阳甲", 2, 2)
    with work_as(district.doctor) as work:
        assert [found.id for found in search_children(work, "欧阳甲")] == [child.id]
        assert search_children(work, "样本甲") == []
        assert [found.id for found in search_children(work, CHILD["id_no"])] == [child.id]


def test_two_people_correcting_at_once_get_a_conflict_with_what_the_other_stored(register, work_as, district):
    child = register()
    with work_as(district.doctor) as work:
        commands.correct_child(work, child.id, row_version=1, **CHILD | {"allergies": "牛奶"})
    with pytest.raises(Conflict) as conflict, work_as(district.doctor) as work:
        commands.correct_child(work, child.id, row_version=1, **CHILD | {"allergies": "花生"})
    assert conflict.value.theirs["allergies"] == "牛奶"
    assert conflict.value.row_version == 2


def test_every_change_of_a_child_stands_in_its_history(register, work_as, district):
    child = register("P1", group_id=district.group_id)
    with work_as(district.doctor, writing=False) as work:
        chain = select(HistoryEvent.rec).where(HistoryEvent.child_id == child.id).order_by(HistoryEvent.child_seq)
        told = work.session.scalars(chain).all()
        ties = work.session.scalars(select(Relationship.id).where(Relationship.child_id == child.id)).all()
    assert told[0] == child.id
    assert set(ties) < set(told)
    assert len(told) == 4  # child, care, enrolment, consent


# --- who reaches a child ----------------------------------------------------------------------------------------------


def test_a_teacher_sees_the_children_of_the_class_once_sharing_is_consented(register, work_as, find, district):
    alone = register("P1", group_id=district.group_id)
    shared = register("P1", "P2", group_id=district.group_id, name="样本乙")
    with pytest.raises(NotFound):
        find(district.teacher, alone.id)
    with work_as(district.teacher, writing=False) as work:
        assert [child.id for child in queries.class_children(work, district.group_id)] == [shared.id]
        assert queries.class_children(work, district.other_group_id) == []
    seen = find(district.teacher, shared.id)
    assert (seen.class_name, seen.attends) == ("小一班", True)


def test_a_teacher_loses_the_child_the_day_it_leaves_the_class(register, work_as, find, district):
    child = register("P1", "P2", group_id=district.group_id)
    assert find(district.teacher, child.id).attends
    with work_as(district.teacher) as work:
        commands.end_enrolment(work, find_child(work, child.id))
    with pytest.raises(NotFound):
        find(district.teacher, child.id)
    assert not find(district.doctor, child.id).attends


def test_changing_class_moves_the_child_from_one_teacher_to_the_other(register, work_as, find, district):
    child = register("P1", "P2", group_id=district.group_id)
    with work_as(district.doctor) as work:
        commands.enrol_child(work, find_child(work, child.id), district.other_group_id)
    with pytest.raises(NotFound):
        find(district.teacher, child.id)
    assert find(district.doctor, child.id).class_name == "小二班"
    with pytest.raises(Invalid), work_as(district.doctor) as work:
        commands.enrol_child(work, find_child(work, child.id), district.other_group_id)


def test_a_baby_house_reaches_the_child_on_the_booked_day_only(register, work_as, find, district, clock):
    child = register("P1", "P2")
    with work_as(district.doctor) as work:
        tomorrow = work.today + timedelta(days=1)
        commands.book_visit(work, find_child(work, child.id), organisation_id=district.baby_house_id, on=tomorrow)
    with pytest.raises(NotFound):
        find(district.carer, child.id)
    clock.forward(days=1)
    assert find(district.carer, child.id).attends
    clock.forward(days=1)
    with pytest.raises(NotFound):
        find(district.carer, child.id)


def test_a_relationship_written_by_sql_alone_grants_nothing_and_is_reported(
    register, work_as, find, district, owner, caplog
):
    child = register("P1")
    forged = {
        "id": new_id(),
        "child_id": child.id,
        "kind": "care",
        "organisation_id": district.other_clinic_id,
        "authority": "",
        "from_on": date(2026, 1, 1),
        "seal": bytes(32),
        "row_version": 1,
    }
    with owner.begin() as connection:
        connection.execute(insert(Relationship.__table__), forged)
    with caplog.at_level(logging.CRITICAL, "mengya.security"), pytest.raises(NotFound):
        find(district.other_doctor, child.id)
    assert str(forged["id"]) in caplog.text
    with work_as(district.other_doctor, writing=False) as work:
        assert find_children(work, [child.id]) == {}


@pytest.mark.parametrize(
    ("model", "changed"),
    [
        (Relationship, {"from_on": date(2020, 1, 1)}),
        (Relationship, {"row_version": 7}),
        (Child, {"status": "x"}),
    ],
)
def test_a_sealed_column_changed_by_sql_closes_the_child(register, find, district, owner, model, changed):
    child = register("P1")
    with owner.begin() as connection:
        connection.execute(update(model.__table__).values(**changed))
    with pytest.raises(NotFound):
        find(district.doctor, child.id)


def test_only_staff_see_whom_to_call(register, work_as, find, district):
    child = register("P1")
    parent = Actor(new_id(), "guardian")
    with work_as(district.doctor) as work:
        commands.tie_child(work, child.id, kind="guardian", user_id=parent.user_id, authority="signs")
    assert find(parent, child.id).contacts == ()
    assert len(find(district.doctor, child.id).contacts) == 1
    with work_as(parent, writing=False) as work:
        assert [mine.id for mine in queries.my_children(work)] == [child.id]
        with pytest.raises(NotPermitted):
            queries.identity_of(work, find_child(work, child.id))


# --- searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["样本甲", "ybj", "YBJ", "13800138000", "138 0013 8000", "１３８００１３８０００", "11010520251120002x"]
)
def test_a_child_is_found_by_what_is_known_of_it(register, work_as, district, text):
    child = register("P1", id_no=CHILD["id_no"])
    register("P1", name="王小丙", contacts=[])
    with work_as(district.doctor) as work:
        assert [found.id for found in search_children(work, text)] == [child.id]
        assert [found.id for found in search_children(work, child.number)] == [child.id]
    with work_as(district.other_doctor) as work:
        assert search_children(work, text) == []
        assert search_children(work, child.number) == []


@pytest.mark.parametrize("how", ["name", "initials"])
def test_of_two_children_in_one_bucket_only_the_one_that_was_asked_for_is_found(register, work_as, district, how):
    """S-23: an index of nine bits is equal for many names; which of them was meant, the sealed sheet says."""
    with work_as(district.doctor, writing=False) as work:
        index = work.keys.index

        def bucket(name: str) -> bytes:
            if how == "name":
                return index.name(name, district.clinic_id)
            return index.typed_initials(name, district.clinic_id)

        asked = "样本甲" if how == "name" else "YBJ"
        others = (f"Q{''.join(each)}" for each in product("BCDFGHJKLMNPQRSTVWXZ", repeat=3))
        other = next(each for each in others if bucket(each) == bucket(asked))
    there = register("P1", name="样本甲")
    register("P1", name=other, contacts=[])
    with work_as(district.doctor) as work:
        assert [found.id for found in search_children(work, asked)] == [there.id]


def test_a_teacher_finds_a_child_by_name_within_the_own_class(register, work_as, district):
    child = register("P1", "P2", group_id=district.group_id)
    register("P1", "P2", group_id=district.other_group_id)
    with work_as(district.teacher) as work:
        assert [found.id for found in search_children(work, "样本甲")] == [child.id]


def test_look_ups_by_number_are_limited_and_audited_without_the_value(register, work_as, district, clock):
    """S-22: the 31st in an hour."""
    register("P1")
    for _ in range(LOOKUPS_AN_HOUR):
        with work_as(district.doctor) as work:
            search_children(work, "13900139000")
    with pytest.raises(TooMany), work_as(district.doctor) as work:
        search_children(work, "13900139000")
    with work_as(district.doctor) as work:
        search_children(work, "样本甲")
        noted = work.session.scalars(select(AuditEvent).where(AuditEvent.record_type == "lookup")).all()
    assert len(noted) == LOOKUPS_AN_HOUR
    assert {row.child_id for row in noted} == {None}
    clock.forward(hours=1, seconds=1)
    with work_as(district.doctor) as work:
        assert search_children(work, "13900139000") == []


def test_families_cannot_search(work_as):
    """S-22."""
    with pytest.raises(NotPermitted), work_as(Actor(new_id(), "guardian")) as work:
        search_children(work, "样本甲")


def test_a_guardian_sees_who_opened_the_record_one_line_for_a_page(register, work_as, district, clock):
    child = register("P1")
    parent = Actor(new_id(), "guardian")
    with work_as(district.doctor) as work:
        commands.tie_child(work, child.id, kind="guardian", user_id=parent.user_id, authority="signs")
    clock.forward(minutes=1)
    with work_as(district.doctor, writing=False) as work:
        search_children(work, "样本甲")
    with work_as(parent, writing=False) as work:
        newest = queries.who_viewed(work, find_child(work, child.id))[0]
    assert (newest.organisation, newest.role, newest.action) == ("示例社区卫生服务中心", "doctor", "S")
    with pytest.raises(NotPermitted), work_as(district.doctor, writing=False) as work:
        queries.who_viewed(work, find_child(work, child.id))


# --- how much is asked of the databases ------------------------------------------------------------------------------


def test_finding_a_child_takes_one_statement_and_one_of_the_keystore(register, work_as, district, statements):
    child = register("P1", "P2", group_id=district.group_id)
    with work_as(district.doctor, writing=False) as work:
        statements.seen.clear()
        find_child(work, child.id)
        assert len(statements.seen) == 2


def test_a_list_takes_as_many_statements_however_long_it_is(register, work_as, district, statements):
    ids = [register("P1", name=name).id for name in ("样本甲", "样本乙", "样本丙")]
    counts = []
    for some in (ids[:1], ids):
        with work_as(district.doctor, writing=False) as work:
            statements.seen.clear()
            assert set(find_children(work, some)) == set(some)
            counts.append(len(statements.seen))
    assert counts == [2, 2]


def test_work_lists_are_fenced_in_sql(register, work_as, district):
    here = register("P1").id

    def fenced(actor: Actor) -> list[UUID]:
        with work_as(actor, writing=False) as work:
            return list(work.session.scalars(queries.visible_child_ids(work)))

    assert fenced(district.doctor) == [here]
    assert fenced(district.other_doctor) == []
    assert fenced(district.teacher) == []
    assert fenced(Actor(new_id(), "manager", (Place("manager", district.clinic_id, None),))) == []


def test_indexes_hold_nothing_that_can_be_read(register, work_as, district):
    register(id_no=CHILD["id_no"])
    with work_as(district.doctor, writing=False) as work:
        rows = work.session.scalars(select(ChildIndex)).all()
    assert {row.kind for row in rows} == {"name", "initials", "phone", "id_no"}
    assert all(len(row.value) == (2 if row.kind in ("name", "initials") else 16) for row in rows)


def test_birth_weight_is_compared_for_the_weeks_of_pregnancy(register, find, district):
    child = replace(find(district.doctor, register().id), sex="M", gestational_days=280, birth_weight_kg="3.300")
    assert child.birth_size().size == "AGA"
    assert replace(child, birth_weight_kg="2.300").birth_size().size == "SGA"
    for unknown in ({"birth_weight_kg": None}, {"gestational_days": None}, {"gestational_days": 301}, {"sex": "U"}):
        assert replace(child, **unknown).birth_size() is None
