"""What cannot wait until tomorrow: said before it is stored, and kept on the lists until somebody answers."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from mengya_health.care.due import DECISION, DUE, URGENT, day_list, open_tasks_of
from mengya_health.care.queries import tasks_for
from mengya_health.errors import Invalid, NotFound
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry, Task
from mengya_health.record.queries import find_entry
from mengya_health.screening.commands import correct_check, plan_for, urgent_so_far
from mengya_health.screening.facts import Reading
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.measuring import measure_child
from mengya_health.screening.reported import reported_codes
from mengya_health.screening.urgent import circumstances, urgent_codes, urgent_fields, urgent_in
from mengya_health.screening.urgent_answer import NotSaid, UrgentAnswer
from mengya_health.screening.urgent_care import OUTCOME, Outcome, record_outcome
from mengya_health.screening.urgent_readings import urgent_in_readings
from mengya_health.web.shown.family_record import PLAIN_KINDS
from tests.conftest import START
from tests.factories import a_guardian

TODAY = START.date()
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])  # the same rows on both
SAID = {"urgent_answer": "arranged", "urgent_note": "妈妈在场，现在就去"}
NOT_FOR_FAMILIES = ("阳性", "疑似", "异常", "SD", "贫血", "Hb", "白瞳")


@pytest.fixture
def waiting(work_as, district):
    """The open tasks of a child that wait for an outcome, by whose turn."""

    def found(child) -> dict[str, Task]:
        with work_as(district.doctor, writing=False) as work:
            chosen = select(Task).where(Task.child_id == child.id, Task.kind == OUTCOME, Task.status == "requested")
            return {task.whose_turn: task for task in work.session.scalars(chosen)}

    return found


def test_what_is_urgent_is_what_the_content_gives_no_day_for(content):
    newborn = {f"ND{number:02}" for number in range(1, 12)}
    assert urgent_codes(content) == newborn | {"A3", "A4", "R9", "D9", "V9", "SE8", "G_NB_LOSS", "G_OED", "G_WHZ3"}
    assert set(circumstances(content)) == {"G_OED", "G_WHZ3"}  # a clinician weighs these
    assert reported_codes(content) == {"SE9"}  # a mandatory report, nothing of a check


def test_what_a_family_reads_names_no_finding(content):
    words = [*content.urgent_words.values(), content.usual_urgent_words]
    said = "".join(each.family + each.then for each in words)
    assert not [word for word in NOT_FOR_FAMILIES if word in said]
    assert all(len(each.family) <= 25 for each in words)
    assert "outcome" in PLAIN_KINDS


@ON_SQLITE
@pytest.mark.parametrize(
    ("months", "changed", "code"),
    [
        (6, {"hb": "59"}, "A3"),
        (6, {"hb": "29"}, "A4"),
        (12, {"seen_vision_eye_emergency": "1"}, "V9"),
        (12, {"seen_vitd_hypocalcaemia_signs": "1"}, "R9"),
        (0, {"told_nb_danger_nd05": "1"}, "ND05"),
        (0, {"temp": "37.5"}, "ND01"),
    ],
)
def test_an_urgent_answer_is_noticed_in_a_form_that_is_only_begun(
    content, work_as, district, child_of, months, changed, code
):
    child = child_of(months, 5)
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        plan = plan_for(work, found, None, {}, ())
        urgent = urgent_so_far(work, found, plan, changed)
        assert [each.code for each in urgent] == [code]
        assert urgent[0].actions
        assert set(changed) <= set(urgent_fields(content, plan))
        assert urgent_so_far(work, found, plan, dict.fromkeys(changed, "nonsense")) == ()
        assert not work.session.scalar(select(Entry.id).where(Entry.child_id == child.id))


@ON_SQLITE
def test_the_boundaries_of_the_day_are_those_of_the_rules(work_as, district, child_of, content):
    child = child_of(6, 5)
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        plan = plan_for(work, found, None, {}, ())
        assert urgent_so_far(work, found, plan, {"hb": "60"}) == ()
        assert urgent_so_far(work, found, plan, {"hb": "59"})
    assert [each.code for each in urgent_in_readings(content, child, [Reading("HB", 59, TODAY)])] == ["A3"]
    assert urgent_in_readings(content, child, [Reading("HB", 60, TODAY)]) == ()


@ON_SQLITE
def test_a_newborn_that_lost_a_tenth_of_its_weight_is_urgent(content, child_of):
    child = child_of(0, 5, birth_weight_kg="3.300")
    lost = urgent_in_readings(content, child, [Reading("WEIGHT", Decimal("2.95"), TODAY)])
    assert [each.code for each in lost] == ["G_NB_LOSS"]
    assert urgent_in_readings(content, child, [Reading("WEIGHT", Decimal("3.10"), TODAY)]) == ()


def test_nothing_urgent_is_stored_before_it_is_said(child_of, check, waiting):
    child = child_of(6, 5)
    for changed in ({}, {"urgent_answer": "arranged"}, {"urgent_seen": "A3", "urgent_answer": "recheck"}):
        with pytest.raises(NotSaid) as refused:
            check(child, hb="55", confirm_hb="55", **changed)
        assert set(refused.value.fields) == {"urgent_answer"}
    with pytest.raises(NotSaid) as refused:
        check(child, hb="55", confirm_hb="55", urgent_seen="A3", urgent_answer="declined")
    assert set(refused.value.fields) == {"urgent_note"}
    assert waiting(child) == {}
    entry = check(child, hb="55", confirm_hb="55", urgent_seen="A3", **SAID)
    kept = entry.content["urgent"]
    assert (kept["codes"], kept["answer"], kept["note"]) == (["A3"], "arranged", SAID["urgent_note"])
    assert set(waiting(child)) == {"doctor", "guardian"}


@ON_SQLITE
def test_what_a_clinician_weighs_is_asked_and_kept(child_of, check, waiting):
    child = child_of(12)
    doubted = {"weight": "5.0", "confirm_weight": "5.0"}
    with pytest.raises(NotSaid) as refused:
        check(child, **doubted)
    assert "weigh_g_whz3" in refused.value.fields
    entry = check(child, **doubted, weigh_g_whz3="0")
    assert entry.content["urgent"]["weighed"] == [{"code": "G_WHZ3", "holds": False}]
    assert waiting(child) == {}
    other = child_of(12)
    with pytest.raises(NotSaid) as refused:
        check(other, **doubted, weigh_g_whz3="1")
    assert set(refused.value.fields) == {"urgent_answer"}
    check(other, **doubted, weigh_g_whz3="1", urgent_seen="G_WHZ3", **SAID)
    assert set(waiting(other)) == {"doctor", "guardian"}


def test_it_stands_first_until_the_doctor_writes_what_came_of_it(child_of, check, waiting, work_as, district, clock):
    child = child_of(6, 5)
    check(child, hb="55", confirm_hb="55", urgent_seen="A3", **SAID)
    task = waiting(child)["doctor"]
    assert task.due_on == TODAY
    with work_as(district.doctor, writing=False) as work:
        day = day_list(work, district.clinic_id, limits={URGENT: 9, DUE: 9, DECISION: 9})
        assert [item.task.kind for item in day.lines[URGENT]] == [OUTCOME]
        assert day.lines[URGENT][0].days_overdue == 0
        assert OUTCOME not in {item.task.kind for item in day.lines[DECISION]}
    clock.forward(days=1)
    with work_as(district.doctor, writing=False) as work:
        day = day_list(work, district.clinic_id, limits={URGENT: 9})
        assert day.lines[URGENT][0].days_overdue == 1
        assert OUTCOME in {each.kind for each in open_tasks_of(work, find_child(work, child.id))}
    with work_as(district.doctor) as work, pytest.raises(Invalid) as refused:
        record_outcome(work, find_child(work, child.id), task.id, Outcome(arrived=False, happened_on=TODAY))
    assert set(refused.value.fields) == {"reason", "text"}
    with work_as(district.doctor) as work:
        told = Outcome(arrived=True, happened_on=TODAY, where="示例儿童医院", text="已收住院")
        entry = record_outcome(work, find_child(work, child.id), task.id, told)
    assert waiting(child) == {}
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        kept = find_entry(work, found, entry.id)
        assert (kept.kind, kept.content["where"], kept.happened_on) == (OUTCOME, "示例儿童医院", TODAY)
    with work_as(district.doctor) as work, pytest.raises(NotFound):
        record_outcome(work, find_child(work, child.id), task.id, told)


@ON_SQLITE
def test_the_family_sees_its_own_words_and_nothing_of_the_finding(installation, child_of, check, work_as, district):
    child = child_of(6, 5)
    check(child, hb="55", confirm_hb="55", urgent_seen="A3", **SAID)
    mother = a_guardian(installation, district, child)
    with work_as(mother, writing=False) as work:
        (task,) = tasks_for(work, {child.id: find_child(work, child.id)}, "guardian")[child.id]
    assert task.title == "请今天就带孩子去医院看医生。"
    assert not [word for word in NOT_FOR_FAMILIES if word in f"{task.title}{task.body['then']}"]


def test_plain_columns_do_not_say_what_was_found(child_of, check, owner):
    child = child_of(6, 5)
    check(child, hb="55", confirm_hb="55", urgent_seen="A3", **SAID)
    with owner.connect() as database:
        for table in (Task.__table__, Entry.__table__):
            for row in database.execute(select(table)):
                plain = {str(each) for each in row if not isinstance(each, bytes)}
                assert not {"A3", "severe", "urgent", "arranged", "55"} & plain


@ON_SQLITE
def test_a_correction_takes_it_off_the_lists_and_does_not_ask_twice(
    child_of, check, form_of, waiting, work_as, district
):
    child = child_of(6, 5)
    entry = check(child, hb="55", confirm_hb="55", urgent_seen="A3", **SAID)
    first = waiting(child)["doctor"].id
    again = form_of(child, hb="54", confirm_hb="54", urgent_seen="A3", **SAID) | {"row_version": str(entry.row_version)}
    with work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), entry.id, again)
    assert waiting(child)["doctor"].id == first
    right = form_of(child, hb="115") | {"row_version": str(entry.row_version + 1)}
    with work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), entry.id, right)
    assert waiting(child) == {}


@ON_SQLITE
def test_a_measurement_is_held_to_the_same(child_of, work_as, district, waiting):
    child = child_of(12)
    taken = Measurement(measured_on=TODAY)
    asked = {"others": {"HB": 55}, "confirmed": {"hb_g_l": "55"}, "names": {"HB": "hb_g_l"}}
    with work_as(district.doctor) as work, pytest.raises(NotSaid):
        measure_child(work, find_child(work, child.id), taken, **asked, answer=UrgentAnswer())
    assert waiting(child) == {}
    with work_as(district.doctor) as work:
        answer = UrgentAnswer(seen=frozenset({"A3"}), answer="arranged")
        measure_child(work, find_child(work, child.id), taken, **asked, answer=answer)
    assert set(waiting(child)) == {"doctor", "guardian"}


@ON_SQLITE
def test_suspected_harm_is_asked_by_no_check(content, plan_of, child_of):
    for months in (6, 12, 24, 36):
        assert "harm_suspected" not in {each.code for each in plan_of(child_of(months)).seen}
    finding = {"code": "SE9", "within_days": 0, "weigh": []}
    assert urgent_in(content, [finding]) == ()


@ON_SQLITE
def test_an_old_newborn_finding_is_not_urgent_at_a_later_age(content, child_of):
    assert urgent_in_readings(content, child_of(2), [Reading("TEMP", 39.0, TODAY)]) == ()
