"""Drafts: one person's, of one form, for a week; sealed, bound to both, and gone with what they were written for."""

import pytest
from sqlalchemy import func, select, text, update

from mengya_health.db import new_id
from mengya_health.errors import Conflict, IntegrityError, Invalid
from mengya_health.operations.erasing import remove_traces
from mengya_health.operations.sweeping import sweep_old
from mengya_health.people.draft_models import Draft
from mengya_health.people.queries import find_child, who_viewed
from mengya_health.record import drafts
from mengya_health.record.models import Idempotency
from tests.factories import a_child, a_guardian

ADDRESS = "/children/one/advice"
SAID = {"text": ["每天户外两小时"], "ticked": ["a", "b"]}


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district)


@pytest.fixture
def keep(work_as, child):
    def kept(actor, address=ADDRESS, values=SAID, **more) -> int:
        more = {"field": "text", "form_key": None} | more
        with work_as(actor) as work:
            found = find_child(work, child.id)
            return drafts.keep_draft(work, found, "health", address, values, **more).row_version

    return kept


@pytest.fixture
def find(work_as, child):
    def found(actor, address=ADDRESS):
        with work_as(actor, writing=False) as work:
            return drafts.find_draft(work, find_child(work, child.id), "health", address)

    return found


def count(work) -> int:
    return work.session.scalar(select(func.count()).select_from(Draft))


def test_a_draft_is_found_by_its_author_at_its_form_and_by_nobody_else(keep, find, district, clock):
    keep(district.doctor)
    found = find(district.doctor)
    assert (found.values, found.field, found.saved_at) == (SAID, "text", clock.now)
    assert find(district.second_doctor) is None
    assert find(district.doctor, "/children/one/check") is None


def test_a_draft_stands_in_no_plain_column_and_its_id_tells_nothing(keep, district, work_as, child):
    keep(district.doctor, values={"note": ["金丝雀的草稿"]})
    with work_as(district.doctor, writing=False) as work:
        (row,) = work.session.execute(select(Draft.__table__)).mappings()
    assert set(row) == {"id", "user_id", "child_id", "section", "body", "saved_at", "row_version"}
    assert (row["user_id"], row["child_id"], row["section"]) == (district.doctor.user_id, child.id, "health")
    plain = repr({name: value for name, value in row.items() if name != "body"})
    assert "金丝雀" not in plain
    assert "advice" not in plain
    assert "金丝雀".encode() not in row["body"]


def test_a_draft_moved_to_somebody_else_or_to_another_child_does_not_open(keep, find, district, work_as):
    """S-11: the id is bound in the envelope, and nobody else's form has it."""
    keep(district.doctor)
    with work_as(district.second_doctor) as work:
        theirs = work.keys.draft_id(district.second_doctor.user_id, ADDRESS)
        moved = update(Draft.__table__).values(id=theirs, user_id=district.second_doctor.user_id)
        work.session.execute(moved)
    with pytest.raises(IntegrityError):
        find(district.second_doctor)
    with work_as(district.doctor) as work:
        other = a_child(work, district, name="样本乙", id_no=None)
        moved = update(Draft.__table__).values(id=work.keys.draft_id(district.doctor.user_id, ADDRESS))
        work.session.execute(moved.values(child_id=other.id, user_id=district.doctor.user_id))
    with pytest.raises(IntegrityError), work_as(district.doctor, writing=False) as work:
        drafts.find_draft(work, find_child(work, other.id), "health", ADDRESS)


def test_a_newer_draft_is_never_overwritten_unseen(keep, find, district):
    first = keep(district.doctor, seen=0)
    assert keep(district.doctor, values={"text": ["在门诊改过"]}, seen=first) == first + 1
    with pytest.raises(Conflict):
        keep(district.doctor, values={"text": ["旧的那一页"]}, seen=first)
    with pytest.raises(Conflict):
        keep(district.doctor, values={"text": ["另一处新开的"]}, seen=0)
    assert find(district.doctor).values == {"text": ["在门诊改过"]}


def test_a_form_that_was_saved_leaves_no_draft_behind(keep, district, work_as):
    key = new_id()
    keep(district.doctor, form_key=key)
    with work_as(district.doctor) as work:
        sent = {"user_id": district.doctor.user_id, "key": key, "route": "x", "body_mac": bytes(32), "location": "/"}
        work.session.add(Idempotency(**sent, stored_at=work.now))
        drafts.forget_draft(work, ADDRESS)
        assert count(work) == 0
    with pytest.raises(Invalid, match="已经保存"):  # what was on its way meanwhile
        keep(district.doctor, form_key=key)


def test_a_draft_lasts_a_week_and_is_swept(keep, find, district, work_as, installation, clock):
    keep(district.doctor)
    clock.forward(days=6, hours=23)
    assert find(district.doctor) is not None
    keep(district.second_doctor)
    clock.forward(hours=1)
    assert find(district.doctor) is None
    sweep_old(installation)
    with work_as(district.doctor, writing=False) as work:
        assert count(work) == 1  # the colleague's, an hour old
    assert keep(district.doctor, seen=7) == 1


def test_how_much_a_person_may_leave_lying_about_is_limited(keep, district, monkeypatch):
    with pytest.raises(Invalid, match="太长"):
        keep(district.doctor, values={"text": ["字" * drafts.MOST_BYTES]})
    monkeypatch.setattr(drafts, "MOST", 2)
    for number in range(2):
        keep(district.doctor, address=f"/{number}")
    with pytest.raises(Invalid, match="没写完的草稿"):
        keep(district.doctor, address="/3")
    assert keep(district.doctor, address="/1") == 2  # one that is there goes on


def test_deleting_a_class_of_a_child_deletes_its_drafts(keep, district, work_as, child):
    keep(district.doctor)
    with work_as(district.doctor) as work:
        remove_traces(work, child.id, ["family"], [], work.now)
        assert count(work) == 1
        remove_traces(work, child.id, ["health"], [], work.now)
        assert count(work) == 0


def test_a_draft_has_no_history_and_one_line_in_the_audit(keep, district, work_as, child):
    with work_as(district.doctor, writing=False) as work:
        before = work.session.scalar(text("SELECT count(*) FROM history_event"))
    for number in range(3):
        keep(district.doctor, values={"text": [str(number)]})
    with work_as(district.doctor) as work:
        assert work.session.scalar(text("SELECT count(*) FROM history_event")) == before
        drafts.drop_draft(work, find_child(work, child.id), ADDRESS)
        assert count(work) == 0
        written = "SELECT action FROM audit_event WHERE record_type = 'draft'"
        assert work.session.scalars(text(written)).all() == ["C"]  # the dropping is stored with this work
    with work_as(district.doctor, writing=False) as work:
        assert sorted(work.session.scalars(text(written))) == ["C", "D"]


def test_a_family_is_not_told_of_words_that_are_not_in_its_record(installation, keep, district, work_as, child):
    mother = a_guardian(installation, district, child)

    def told() -> int:
        with work_as(mother, writing=False) as work:
            return len(who_viewed(work, find_child(work, child.id)))

    before = told()
    keep(district.doctor)
    assert told() == before


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_database_itself_hides_drafts_of_children_one_has_nothing_to_do_with(keep, district, work_as):
    keep(district.doctor)
    with work_as(district.other_doctor, writing=False) as work:
        assert count(work) == 0
