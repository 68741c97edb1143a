"""S-13: what a family wants deleted is gone for good, what a law keeps is sealed, and everybody else is untouched."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, update

from mengya_health.crypto.models import Dek
from mengya_health.errors import IntegrityError, Invalid, NotFound, NotNow, NotPermitted, SectionClosed
from mengya_health.handouts.queries import open_handout
from mengya_health.history.models import HistoryEvent
from mengya_health.operations import erasing, rekeying
from mengya_health.operations.installation import begin_work
from mengya_health.people.erasure_models import Ending, Erasure
from mengya_health.people.models import ChildIndex
from mengya_health.people.queries import find_child
from mengya_health.people.search import search_children
from mengya_health.record.attachments import attachments_of, open_attachment
from mengya_health.record.commands import record_entry
from mengya_health.record.models import AttachmentSegment
from mengya_health.record.queries import find_entry, record_page, timeline
from tests.factories import PIN
from tests.keys.erased import ID_NO, PHONE, a_family, approved, asked, erased, faults_of, rows_of


def sections_seen(installation, actor, child_id) -> list[str]:
    with begin_work(installation, actor, writing=False) as work:
        child = find_child(work, child_id)
        page = record_page(work, child)
        seen = sorted({entry.section for entry in timeline(work, child)})
        assert sorted({entry.section for entry in page.newest}) == seen
        return seen


def ops_of(installation, child_id, rec_type) -> list[str]:
    """Return what the history says was done to records of a kind, in order."""
    with begin_work(installation, None, writing=False) as work:
        events = select(HistoryEvent.event).where(HistoryEvent.child_id == child_id).order_by(HistoryEvent.child_seq)
        said = [event.decode() for event in work.session.scalars(events)]
    mine = [event for event in said if f'"rec_type":"{rec_type}"' in event]
    return [event.split('"op":"')[1].split('"')[0] for event in mine]


def test_one_section_is_destroyed_and_the_rest_reads_as_before(installation, district):
    """S-13: the family's section of one child; every other child is untouched, byte for byte."""
    family = a_family(installation, district)
    others = rows_of(installation, family.other.id)
    erased(installation, family, "family")
    assert rows_of(installation, family.other.id) == others
    for actor in (family.guardian, family.district.doctor):
        assert sections_seen(installation, actor, family.child.id) == ["behaviour", "health"]
    with begin_work(installation, family.guardian, writing=False) as work:
        child = find_child(work, family.child.id)
        for read in (
            lambda: find_entry(work, child, family.entries["family"]),
            lambda: work.keys.seal_body("task", child.id, child.id, "family", {}),
        ):
            with pytest.raises(SectionClosed, match="删除"):
                read()
        assert attachments_of(work, child, [family.entries["family"]]) == {}
        with pytest.raises(NotPermitted):
            open_attachment(work, child, family.attachment_id)
        assert work.session.scalar(select(func.count()).select_from(AttachmentSegment)) == 0
    with begin_work(installation, family.district.doctor, writing=False) as work:
        with pytest.raises(NotNow):
            open_handout(work, family.handout_id)
        assert [child.id for child in search_children(work, ID_NO)] == [family.child.id]
    with installation.keystore.reading() as connection:
        classes = set(connection.scalars(select(Dek.key_class).where(Dek.subject_id == family.child.id)))
    assert classes == {"identity", "health", "behaviour", "special"}
    assert ops_of(installation, family.child.id, "key") == ["erase"]
    assert ops_of(installation, family.child.id, "erasure") == ["create", "proposed", "erase_intent", "done"]
    assert rekeying.subjects_behind(installation, 0x01) == []  # what is noise is left alone
    assert faults_of(installation) == []


def test_of_the_whole_record_a_law_keeps_some_sealed_and_nobody_finds_or_reads_it(installation, district):
    """S-13: family gone; health and behaviour sealed, each until its day; the child is not found any more."""
    family = a_family(installation, district)
    erasure_id = erased(installation, family, "record")
    with begin_work(installation, None, writing=False) as work:
        decided = work.session.get(Erasure, erasure_id).decided()
        assert work.session.scalar(select(func.count()).where(ChildIndex.child_id == family.child.id)) == 0
    assert set(decided) == {
        Ending("family", None), Ending("health", date(2041, 11, 23)), Ending("behaviour", date(2029, 11, 23)),
    }  # fmt: skip
    for actor in (family.guardian, family.district.doctor):
        assert sections_seen(installation, actor, family.child.id) == []
    with begin_work(installation, family.district.doctor, writing=False) as work:
        for text in (ID_NO, PHONE, family.child.name):
            assert family.child.id not in [child.id for child in search_children(work, text)]
        child = find_child(work, family.child.id)
        with pytest.raises(SectionClosed, match="2041-11-23"):
            find_entry(work, child, family.entries["health"])
    with begin_work(installation, family.district.doctor) as work, pytest.raises(SectionClosed):
        record_entry(
            work, find_child(work, family.child.id), section="health", kind="advice", content={}, happened_on=work.today
        )
    assert faults_of(installation) == []
    # Sealed is not destroyed: the keys are there, and a change of keys takes what they sealed along.
    assert rekeying.rekey_child(installation, family.child.id) > 0
    assert sections_seen(installation, family.district.doctor, family.child.id) == []


def test_two_people_decide_and_nobody_else(installation, district):
    """S-13: the doctor proposes, the security officer approves; a row made by SQL destroys nothing."""
    family = a_family(installation, district)
    district, child_id = family.district, family.child.id
    with pytest.raises(Invalid), begin_work(installation, family.guardian) as work:
        erasing.ask_erasure(work, find_child(work, child_id), scope="family", pin="000000")
    erasure_id = asked(installation, family, "family")
    with pytest.raises(NotNow), begin_work(installation, family.guardian) as work:
        erasing.ask_erasure(work, find_child(work, child_id), scope="family", pin=PIN)
    with pytest.raises(NotPermitted), begin_work(installation, family.guardian) as work:
        erasing.propose_erasure(work, find_child(work, child_id))
    with pytest.raises(NotFound), begin_work(installation, district.security_officer) as work:
        erasing.approve_erasure(work, erasure_id)  # nobody has looked at it
    with begin_work(installation, district.doctor) as work:
        erasing.propose_erasure(work, find_child(work, child_id))
    with pytest.raises(NotPermitted), begin_work(installation, district.doctor) as work:
        erasing.approve_erasure(work, erasure_id)
    with begin_work(installation, district.security_officer) as work:
        erasing.refuse_erasure(work, erasure_id)
    with begin_work(installation, district.security_officer) as work:
        assert erasing.waiting_erasures(work) == []
    table = Erasure.__table__
    with installation.engine.begin() as connection:
        connection.execute(update(table).values(status="approved", endings="family:destroyed"))
    with pytest.raises(IntegrityError), begin_work(installation, district.security_officer) as work:
        erasing.carry_out(work, erasure_id)
    assert "family" in sections_seen(installation, family.guardian, child_id)


def test_an_open_case_is_ended_first(installation, district):
    from mengya_health.care.commands import open_case

    family = a_family(installation, district)
    with begin_work(installation, family.district.doctor) as work:
        open_case(work, family.child.id, pathway_id=next(iter(work.content.pathways)))
    asked(installation, family, "record")
    with pytest.raises(NotNow, match="个案"), begin_work(installation, family.district.doctor) as work:
        erasing.propose_erasure(work, find_child(work, family.child.id))


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_no_law_keeps_any_longer_is_destroyed_too(installation, clock, district):
    """Fifteen years after the last visit nothing holds the health section back."""
    family = a_family(installation, district)
    later = replace(installation, now=lambda: clock.now.replace(year=2045))
    with begin_work(later, None, writing=False) as work:
        endings = erasing.endings_for(work, family.child, "record")
    assert Ending("health", None) in endings
    assert Ending("behaviour", date(2048, 11, 23)) in endings


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_job_asked_for_by_somebody_who_may_no_longer_destroys_nothing(installation, district):
    family = a_family(installation, district)
    erasure_id, _job_id = approved(installation, family, "family")
    with pytest.raises(NotPermitted), begin_work(installation, family.district.doctor) as work:
        erasing.carry_out(work, erasure_id)
    assert "family" in sections_seen(installation, family.guardian, family.child.id)
