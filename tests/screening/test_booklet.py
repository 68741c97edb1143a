"""The vaccination booklet as it is copied: stored sealed, corrected with trace, read together. On both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from mengya_health.errors import Conflict, Invalid, NotPermitted
from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry, Revision
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.booklet import VACCINATION, booklet_in, record_booklet, vaccinee
from mengya_health.screening.vaccines import ASK_CLINIC, CATCH_UP, DONE, dose_lines
from tests.screening.conftest import TODAY


@pytest.fixture
def copy(work_as, district):
    def copied(child, actor=None, **typed) -> None:
        with work_as(actor or district.doctor) as work:
            record_booklet(work, find_child(work, child.id), typed)

    return copied


@pytest.fixture
def read(work_as, district):
    """The entries of the booklet, what they say together, and each dose's status by (code, dose)."""

    def found(child):
        with work_as(district.doctor, writing=False) as work:
            facts = find_child(work, child.id)
            entries = entries_of_kind(work, facts, VACCINATION)
            booklet = booklet_in(entries)
            lines = dose_lines(work.content.vaccination, vaccinee(work, facts, booklet), TODAY)
            return entries, booklet, {(line.vaccine.code, line.dose): line.status for line in lines}

    return found


def test_a_booklet_is_copied_added_to_and_put_right(child_of, copy, read, work_as, district):
    child = child_of(12, 3)
    first_on, second_on = child.birth_on, add_months(child.birth_on, 1)
    copy(child, on_HepB_1=first_on.isoformat(), batch_HepB_1="A1", on_HepB_2=second_on.isoformat(), source="booklet")
    (entry,), booklet, status = read(child)
    assert {key: each.on for key, each in booklet.doses.items()} == {("HepB", 1): first_on, ("HepB", 2): second_on}
    assert booklet.doses["HepB", 1].batch == "A1"
    assert (status["HepB", 1], status["HepB", 3], status["MMR", 1]) == (DONE, CATCH_UP, CATCH_UP)
    moved_on = second_on + timedelta(days=2)
    typed = {"on_HepB_1": first_on.isoformat(), "batch_HepB_1": "A1", "on_HepB_2": moved_on.isoformat()}
    more = {"more_0_vaccine": "PCV13", "more_0_dose": "1", "more_0_on": moved_on.isoformat()}
    copy(child, **typed, **more, source="system", row_version=str(entry.row_version))
    (entry,), booklet, _ = read(child)
    assert entry.version == 2
    assert booklet.doses["HepB", 2].on == moved_on
    assert [booklet.doses[key].source for key in (("HepB", 1), ("HepB", 2), ("PCV13", 1))] == [
        "booklet",
        "system",
        "system",
    ]
    with work_as(district.doctor) as work, pytest.raises(Conflict) as conflict:
        record_booklet(work, find_child(work, child.id), typed | {"row_version": "1"})
    assert conflict.value.theirs["on_HepB_2"] == moved_on.isoformat()
    # A dose taken out was written down by mistake; the older version still shows it.
    copy(child, on_HepB_1=first_on.isoformat(), batch_HepB_1="A1", row_version=str(entry.row_version))
    (entry,), booklet, _ = read(child)
    assert set(booklet.doses) == {("HepB", 1)}
    assert entry.version == 3


def test_plain_columns_say_nothing_of_which_vaccine_or_when(child_of, copy, work_as, district):
    child = child_of(12, 3)
    given_on = add_months(child.birth_on, 8)
    copy(child, on_MMR_1=given_on.isoformat(), batch_MMR_1="QX77", source="booklet", mother_hbsag="positive")
    with work_as(district.doctor, writing=False) as work:
        row = work.session.execute(select(Entry.__table__).where(Entry.kind == VACCINATION)).one()
        body = work.session.scalars(select(Revision.body).where(Revision.entry_id == row.id)).one()
        assert row.happened_on == TODAY
        for word in (b"MMR", b"QX77", b"positive", given_on.isoformat().encode()):
            assert word not in body
            assert word not in repr(tuple(row)).encode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"on_BCG_1": "2020-01-01"}, "on_BCG_1"),
        ({"on_BCG_1": (TODAY + timedelta(days=1)).isoformat()}, "on_BCG_1"),
        ({"on_BCG_1": "2026-02-30"}, "on_BCG_1"),
        ({"batch_BCG_1": "A1"}, "on_BCG_1"),
        ({"more_1_vaccine": "Hib", "more_1_on": "2026-06-01"}, "more_1_dose"),
        (
            {"more_0_vaccine": "BCG", "more_0_dose": "1", "more_0_on": "2026-06-01", "on_BCG_1": "2026-06-01"},
            "more_0_dose",
        ),
        ({"on_BCG_1": "2026-06-01", "source": ""}, "source"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_what_cannot_be_is_asked_back(child_of, work_as, district, typed, field):
    child = child_of(12, 3)
    with work_as(district.doctor) as work:
        with pytest.raises(Invalid) as refused:
            record_booklet(work, find_child(work, child.id), {"source": "booklet"} | typed)
        assert field in refused.value.fields


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_dose_too_early_is_kept_and_a_chinese_date_is_read(child_of, copy, read):
    child = child_of(12, 3)
    second_on = child.birth_on + timedelta(days=20)
    typed = f"{second_on.year}年{second_on.month}月{second_on.day}日"
    copy(child, on_HepB_1=child.birth_on.isoformat(), on_HepB_2=typed, source="told")
    _, booklet, status = read(child)
    assert booklet.doses["HepB", 2].on == second_on
    assert status["HepB", 2] == ASK_CLINIC


@pytest.mark.parametrize("database", ["sqlite"])
def test_another_hand_has_a_copy_of_its_own_and_only_a_clinics_doctor_writes(child_of, copy, read, work_as, district):
    child = child_of(12, 3)
    copy(child, on_BCG_1=child.birth_on.isoformat(), source="booklet", mother_hbsag="negative")
    copy(child, district.second_doctor, on_BCG_1=child.birth_on.isoformat(), special_state="yes", row_version="1")
    entries, booklet, _ = read(child)
    assert [entry.version for entry in entries] == [2]  # one desk, one copy
    assert booklet.is_special
    assert booklet.mother_hbsag is None
    with work_as(district.teacher) as work, pytest.raises(NotPermitted):
        record_booklet(work, find_child(work, child.id), {})


@pytest.mark.parametrize("database", ["sqlite"])
def test_copies_of_two_places_are_read_together(child_of, copy, read, work_as, district):
    child = child_of(12, 3)
    copy(child, on_BCG_1=child.birth_on.isoformat(), on_HepB_1=child.birth_on.isoformat(), source="booklet")
    later_on = child.birth_on + timedelta(days=1)
    with work_as(district.doctor) as work:  # as if another clinic had begun the record
        (entry,) = work.session.scalars(select(Entry).where(Entry.kind == VACCINATION))
        entry.organisation_id = district.other_clinic_id
        for written in (entry, *work.session.scalars(select(Revision).where(Revision.entry_id == entry.id))):
            written.author_id = district.other_doctor.user_id
    copy(child, on_BCG_1=child.birth_on.isoformat(), on_HepB_1=later_on.isoformat(), source="system")
    entries, booklet, _ = read(child)
    assert [len(entry.content["doses"]) for entry in entries] == [2, 1]  # what the other place wrote stays there
    assert booklet.doses["HepB", 1].on == later_on
    assert isinstance(booklet.doses["BCG", 1].on, date)
