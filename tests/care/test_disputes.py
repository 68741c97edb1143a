"""有异议: said, carried along, answered, closed or kept; and never in the way of care."""

import os

import pytest

from mengya_health.care import disputes, plans
from mengya_health.care.queries import waiting_for_doctor
from mengya_health.errors import Conflict, IntegrityError, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.handouts import from_record
from mengya_health.history import chain
from mengya_health.people.queries import find_child
from mengya_health.record.commands import correct_entry
from mengya_health.record.disputes import disputes_about
from mengya_health.record.models import Dispute
from mengya_health.record.queries import entries_of_kind, find_entry
from mengya_health.signing.queries import signatures_of
from mengya_health.signing.receipts import receipt_of
from tests.care.walking import SHOWN
from tests.factories import PIN, client_of
from tests.web.browsing import Browser

TEXT = "这次体重是穿着棉袄量的"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def planned(walk):
    walk.flagged()
    walk.make_plan()
    return walk


def newest(walk, kind: str, actor=None):
    with walk.work_as(actor or walk.doctor, writing=False) as work:
        return entries_of_kind(work, find_child(work, walk.child.id), kind)[-1]


def object_to(walk, entry, actor=None, **more) -> object:
    with walk.as_(actor or walk.mother) as work:
        given = {"version": entry.version, "text": TEXT} | more
        return disputes.raise_dispute(work, walk.child.id, entry.id, **given).id


def seen_by(walk, actor, entry_id):
    with walk.work_as(actor, writing=False) as work:
        child = find_child(work, walk.child.id)
        return disputes_about(work, child, [find_entry(work, child, entry_id)])


def papers(walk) -> dict:
    with walk.work_as(walk.doctor, writing=False) as work:
        child = find_child(work, walk.child.id)
        summary = from_record.DOCUMENTS["record_summary"](work, child, None)
        guide = from_record.DOCUMENTS["home_guide"](work, child, walk.case_id)
    return {"summary": summary.objections, "guide": guide.objections}


def test_a_disagreement_travels_with_its_entry_until_it_is_closed(planned):
    walk, plan = planned, newest(planned, "care_plan")
    note_id = object_to(walk, plan)
    (note,) = seen_by(walk, walk.doctor, plan.id)
    assert (note.text, note.version, note.status, note.answer) == (TEXT, 1, "open", "")
    assert [[line.text, line.answer] for line in papers(walk)["summary"]] == [[TEXT, ""]]
    assert papers(walk)["guide"] == papers(walk)["summary"]
    with walk.work_as(walk.doctor, writing=False) as work:
        (item,) = [each for each in waiting_for_doctor(work, walk.district.clinic_id) if each.task.kind == "dispute"]
        assert item.task.body["text"] == TEXT
    with walk.as_(walk.doctor) as work:
        disputes.answer_dispute(work, walk.child.id, note_id, text="明天来再量一次")
    (note,) = seen_by(walk, walk.mother, plan.id)
    assert (note.status, note.answer, note.answered_as) == ("answered", "明天来再量一次", "doctor")
    assert papers(walk)["guide"][0].answer == "明天来再量一次"
    with walk.as_(walk.mother) as work:
        disputes.settle_dispute(work, walk.child.id, note_id, is_kept=True)
    assert "保留异议" in papers(walk)["guide"][0].answer
    with walk.as_(walk.mother) as work:
        disputes.settle_dispute(work, walk.child.id, note_id, is_kept=False)
    assert papers(walk) == {"summary": (), "guide": ()}
    assert seen_by(walk, walk.doctor, plan.id) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestRules:
    def test_it_never_stands_in_the_way_of_care(self, planned):
        walk, check = planned, newest(planned, "screening")
        object_to(walk, check)
        object_to(walk, newest(walk, "care_plan"))
        with walk.as_(walk.doctor) as work:
            child = find_child(work, walk.child.id)
            opened = find_entry(work, child, check.id)
            correct_entry(work, child, check.id, content=opened.content, row_version=check.row_version)
        walk.agree()
        assert walk.state == "active"
        assert seen_by(walk, walk.doctor, check.id)[0].version == 1

    def test_the_class_answers_what_the_class_wrote_and_reads_what_is_said_against_it(self, planned):
        walk = planned
        walk.observe()
        seen = newest(walk, "observation", walk.teacher)
        note_id = object_to(walk, seen)
        assert [note.text for note in seen_by(walk, walk.teacher, seen.id)] == [TEXT]
        with pytest.raises(NotPermitted), walk.as_(walk.doctor) as work:
            disputes.answer_dispute(work, walk.child.id, note_id, text="我来答")
        with pytest.raises(NotPermitted), walk.work_as(walk.doctor, writing=False) as work:
            disputes.find_dispute(work, walk.child.id, note_id)  # nor the page on which one would
        with pytest.raises(NotFound), walk.as_(walk.district.other_teacher) as work:
            disputes.answer_dispute(work, walk.child.id, note_id, text="我来答")
        with walk.as_(walk.teacher) as work:
            disputes.answer_dispute(work, walk.child.id, note_id, text="我们再看一周")
        assert seen_by(walk, walk.mother, seen.id)[0].answered_as == "teacher"

    def test_only_a_guardian_objects_and_only_the_same_one_closes(self, planned):
        walk, plan = planned, newest(planned, "care_plan")
        for actor in (walk.doctor, walk.teacher):
            with pytest.raises(NotPermitted):
                object_to(walk, plan, actor)
        note_id = object_to(walk, plan)
        with pytest.raises(NotPermitted), walk.as_(walk.doctor) as work:
            disputes.settle_dispute(work, walk.child.id, note_id, is_kept=False)
        with pytest.raises(NotNow), walk.as_(walk.mother) as work:
            disputes.settle_dispute(work, walk.child.id, note_id, is_kept=True)
        with pytest.raises(NotNow):
            object_to(walk, newest(walk, "dispute", walk.mother))
        with pytest.raises(Conflict):
            object_to(walk, plan, version=2)
        with pytest.raises(Invalid):
            object_to(walk, plan, text=" ")

    def test_with_the_pin_it_is_a_signed_decision_that_agrees_to_nothing(self, planned):
        walk, plan = planned, newest(planned, "care_plan")
        note_id = object_to(walk, plan, pin=PIN, shown=SHOWN, nonce=os.urandom(16))
        with walk.work_as(walk.doctor, writing=False) as work:
            child = find_child(work, walk.child.id)
            (signed,) = signatures_of(work, child, [plan.id])[plan.id]
            commit = find_entry(work, child, note_id).commit.hex()
            said = receipt_of(work, child, signed.id).statement
        assert (signed.decision, signed.stands) == ("disagree", False)
        assert said["comment_commit"] == commit
        with pytest.raises(NotNow), walk.as_(walk.doctor) as work:
            plans.revise(work, walk.case_id, plan=walk.plan, reason="没有签")

    def test_a_note_that_sql_changed_is_not_shown(self, planned):
        walk, plan = planned, newest(planned, "care_plan")
        note_id = object_to(walk, plan)
        other = newest(walk, "screening")
        with walk.as_(walk.doctor) as work:
            dispute = work.session.get(Dispute, note_id)
            dispute.answer_id = other.id  # an answer that nobody gave
        with pytest.raises(IntegrityError):
            seen_by(walk, walk.doctor, plan.id)
        with walk.installation.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE dispute SET answer_id = NULL")
            connection.exec_driver_sql("UPDATE revision SET author_id = child_id, version = 2 WHERE section = 'family'")
            connection.exec_driver_sql("UPDATE entry SET current_version = 2 WHERE section = 'family'")
        with pytest.raises(IntegrityError):
            seen_by(walk, walk.doctor, plan.id)

    def test_a_note_the_history_does_not_know_is_not_shown(self, planned, monkeypatch):
        walk, plan = planned, newest(planned, "care_plan")
        append = chain.append

        def forgetful(*given, **event):
            return None if event["rec_type"] == "entry" else append(*given, **event)

        with monkeypatch.context() as patched:
            patched.setattr(chain, "append", forgetful)
            object_to(walk, plan)
        with pytest.raises(IntegrityError):
            seen_by(walk, walk.doctor, plan.id)

    def test_the_pages_show_it_and_let_it_be_answered(self, planned, installation):
        walk, plan = planned, newest(planned, "care_plan")
        mother = Browser(client_of(installation, walk.mother))
        page = f"/home/{walk.child.id}/entries/{plan.id}"
        assert f'href="{page}"' in mother.open(f"/home/{walk.child.id}/record")
        assert mother.send(page, text="").status_code == 422
        assert mother.send(page, text=TEXT).status_code == 303
        assert TEXT in mother.open(page)
        assert "有异议" in mother.open(f"/home/{walk.child.id}/record")
        doctor = Browser(client_of(installation, walk.doctor))
        assert "家长有异议" in doctor.open(f"/children/{walk.child.id}")
        assert "家长有异议" in doctor.open(f"/cases/{walk.case_id}")
        beside = doctor.open(f"/children/{walk.child.id}/entries/{plan.id}")
        assert TEXT in beside
        note = newest(walk, "dispute")
        answer = f"/children/{walk.child.id}/disputes/{note.id}"
        assert f'href="{answer}"' in beside
        assert f'href="{answer}"' in doctor.open("/today")
        assert doctor.send(answer, text="明天来再量一次").status_code == 303
        assert "明天来再量一次" in mother.open(page)
        assert "明天来再量一次" in mother.open(f"/home/{walk.child.id}/record")
        closing = f"/home/{walk.child.id}/disputes/{note.id}/close"
        assert mother.send(page, closing).status_code == 303
        assert TEXT not in mother.open(page)
