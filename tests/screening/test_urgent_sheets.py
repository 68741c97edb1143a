"""A sheet by itself and a figure corrected are held to the same: what cannot wait is said before it is stored."""

import pytest
from sqlalchemy import select

from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry, Task
from mengya_health.record.queries import find_entry
from mengya_health.screening.commands import find_check, record_measurement
from mengya_health.screening.corrections import answered, correct_written, typed_of, urgent_in_correction
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.sheet_commands import (
    correct_sheet,
    find_sheet,
    record_sheet,
    typed_values,
    urgent_in_sheet,
)
from mengya_health.screening.sheets import plan_sheet
from mengya_health.screening.urgent import urgent_fields
from mengya_health.screening.urgent_answer import NotSaid
from mengya_health.screening.urgent_care import OUTCOME
from tests.screening.conftest import TODAY

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])  # the same rows on both
SAID = {"urgent_answer": "arranged", "urgent_note": "妈妈在场，现在就去"}


@pytest.fixture
def on_lists(work_as, district):
    """Whose turn it is to say what came of an urgent finding of a child."""

    def found(child) -> set[str]:
        with work_as(district.doctor, writing=False) as work:
            chosen = select(Task).where(Task.child_id == child.id, Task.kind == OUTCOME, Task.status == "requested")
            return {task.whose_turn for task in work.session.scalars(chosen)}

    return found


def filled(**sent) -> dict:
    return {"done_on": TODAY.isoformat()} | sent


def test_nothing_urgent_on_a_sheet_is_stored_before_it_is_said(child_of, work_as, district, on_lists):
    child, sent = child_of(18), filled(hb="55", confirm_hb="55")

    def store(**changed):
        with work_as(district.doctor) as work:
            found, sheet = find_child(work, child.id), find_sheet(work.content, "SCR_ANEMIA")
            return record_sheet(work, found, sheet, sent | changed).id

    def correct(entry_id, version, **changed):
        with work_as(district.doctor) as work:
            correct_sheet(work, find_child(work, child.id), entry_id, sent | {"row_version": str(version)} | changed)

    for changed in ({}, {"urgent_answer": "arranged"}, {"urgent_seen": "A3", "urgent_answer": "recheck"}):
        with pytest.raises(NotSaid) as refused:
            store(**changed)
        assert set(refused.value.fields) == {"urgent_answer"}
    assert on_lists(child) == set()
    entry_id = store(urgent_seen="A3", **SAID)
    assert on_lists(child) == {"doctor", "guardian"}
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        kept = find_check(work, found, entry_id)
        plan = plan_sheet(work.content, found, find_sheet(work.content, "SCR_ANEMIA"), TODAY)
        typed = typed_values(plan, kept.content)
    assert (kept.content["urgent"]["codes"], kept.content["urgent"]["note"]) == (["A3"], SAID["urgent_note"])
    assert (typed["urgent_seen"], typed["urgent_answer"]) == ("A3", "arranged")
    with pytest.raises(NotSaid):
        correct(entry_id, kept.row_version)
    correct(entry_id, kept.row_version, hb="115")
    assert on_lists(child) == set()


@ON_SQLITE
@pytest.mark.parametrize(
    ("months", "key", "sent", "code"),
    [
        (18, "SCR_ANEMIA", {"hb": "59"}, "A3"),
        (6, "SCR_VITD", {"vitd25": "251"}, "D9"),
        (6, "SCR_VITD", {"hypocalcaemia_signs": "1"}, "R9"),
        (6, "SCR_VISION", {"eye_emergency": "1"}, "V9"),
        (6, "SCR_SOCIAL_EMOTION", {"caregiver_harm_thought": "1"}, "SE8"),
        (0, "SCR_NB_DANGER", {"temp": "37.5"}, "ND01"),
        (0, "SCR_NB_DANGER", {"told_nb_danger_nd05": "1"}, "ND05"),
    ],
)
def test_every_sheet_says_it_while_it_is_filled_in(content, work_as, district, child_of, months, key, sent, code):
    child = child_of(months, 5)
    with work_as(district.doctor, writing=False) as work:
        found, sheet = find_child(work, child.id), find_sheet(work.content, key)
        plan = plan_sheet(content, found, sheet, TODAY)
        urgent = urgent_in_sheet(work, found, sheet, filled(**sent))
        assert [each.code for each in urgent] == [code]
        assert set(sent) <= set(urgent_fields(content, plan))
        assert urgent_in_sheet(work, found, sheet, filled(**dict.fromkeys(sent, "nonsense"))) == ()
        assert not work.session.scalar(select(Entry.id).where(Entry.child_id == child.id))


@ON_SQLITE
def test_a_corrected_figure_is_held_to_the_same(child_of, work_as, district, on_lists):
    child = child_of(0, 5, birth_weight_kg="3.300")
    with work_as(district.doctor) as work:
        entry_id = record_measurement(
            work, find_child(work, child.id), Measurement(measured_on=TODAY, weight_kg="3.25")
        ).id

    def correct(version, **changed):
        sent = {"reason": "抄错了", "row_version": str(version)} | changed
        with work_as(district.doctor) as work:
            return correct_written(work, find_child(work, child.id), entry_id, sent)

    with pytest.raises(NotSaid):
        correct(1, weight_kg="2.95")
    assert on_lists(child) == set()
    correct(1, weight_kg="2.95", urgent_seen="G_NB_LOSS", **SAID)
    assert on_lists(child) == {"doctor", "guardian"}
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        kept = find_entry(work, found, entry_id)
        typed = typed_of(kept) | answered(kept)
        assert [each.code for each in urgent_in_correction(work, found, kept, typed)] == ["G_NB_LOSS"]
    correct(2, weight_kg="3.20")
    assert on_lists(child) == set()
