"""Mandatory reports: who writes, who reads, what follows, and that no row of them can be turned. Security row S-76."""

from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from mengya_health import db
from mengya_health.access import fence
from mengya_health.access.actor import Actor, Place
from mengya_health.access.permissions import Permission
from mengya_health.audit import AuditEvent
from mengya_health.db import Base
from mengya_health.errors import IntegrityError, NotFound
from mengya_health.history.models import HistoryEvent
from mengya_health.history.tree_check import Signer
from mengya_health.operations.verifying import verify
from mengya_health.people.models import Consent
from mengya_health.people.places import add_organisation, add_region
from mengya_health.people.queries import find_child
from mengya_health.record import reporting
from mengya_health.record.attachments import attachments_of, open_attachment, store_attachment
from mengya_health.record.files import CleanFile
from mengya_health.record.models import MandatoryReport, ReportReading
from mengya_health.record.reporting import add_note, children_to_report, find_child_to_report, write_report
from mengya_health.record.reports import open_file_of_report, open_report, reports_of
from mengya_health.signing.consents import withdraw_consent
from tests.factories import a_guardian, a_member

CONTENT = {
    "signs": ["injury"], "text": "左臂有三处圆形的伤，孩子说不能讲。", "seen_on": "2026-11-23", "seen_at": "9:10",
    "police": "called", "police_at": "9:20", "police_number": "示例派出所 1 号", "authority": "", "protection": "",
}  # fmt: skip
PHOTO = CleanFile("IMG_2.jpg", "JPEG", b"\xff\xd8\xff what was seen")


@pytest.fixture
def child(register, district):
    return register("P1", "P2", group_id=district.group_id)


@pytest.fixture
def leads(work_as, district) -> dict[str, Actor]:
    """Leads of the nursery, the clinic and the district, and of another district."""
    with work_as(district.sysadmin) as work:
        region = add_region(work, code="310199001", name="别的街道").id
        far = add_organisation(work, region_id=region, kind="mch_institute", code="far", name="别区妇幼保健所").id
        return {
            "nursery": a_member(work, "safeguarding", district.kindergarten_id),
            "clinic": a_member(work, "safeguarding", district.clinic_id),
            "district": a_member(work, "area_safeguarding", district.mch_institute_id),
            "far": a_member(work, "area_safeguarding", far),
        }


@pytest.fixture
def report_id(work_as, district, child) -> UUID:
    with work_as(district.teacher) as work:
        found = find_child_to_report(work, child.id)
        return write_report(work, found, content=CONTENT, file=PHOTO).id


@contextmanager
def unfenced(installation):
    """A connection that sees every row, as somebody who owns the database does."""
    with db.open_session(installation.engine, writing=True) as session:
        fence.lift(session)
        yield session.connection()
        session.commit()


def reads(work_as, actor, report_id):
    with work_as(actor, writing=False) as work:
        return open_report(work, report_id)


def closed_to(work_as, actor, report_id) -> bool:
    """Return whether somebody meets the report nowhere: not on a list, not by its id, not by its file's."""
    with work_as(actor, writing=False) as work:
        assert reports_of(work) == []
    for act in (open_report, lambda work, id: open_file_of_report(work, id, uuid4())):
        with pytest.raises(NotFound), work_as(actor, writing=False) as work:
            act(work, report_id)
    with pytest.raises(NotFound), work_as(actor) as work:
        add_note(work, report_id, text="看看")
    return True


def test_its_author_and_the_leads_read_it_and_nobody_else(installation, work_as, district, child, leads, report_id):
    """S-76."""
    for reader in (district.teacher, leads["nursery"], leads["district"]):
        report = reads(work_as, reader, report_id)
        assert (report.content, report.child_name) == (CONTENT, child.name)
        assert report.may_follow == (reader != district.teacher)
        (file,) = report.files
        with work_as(reader, writing=False) as work:
            assert open_file_of_report(work, report_id, file.id).content == PHOTO.content
            assert [each.id for each in reports_of(work)] == [report_id]
    mother = a_guardian(installation, district, child)
    others = (
        district.doctor, district.other_teacher, district.carer, district.specialist, district.sysadmin,
        district.security_officer, mother, leads["clinic"], leads["far"],
    )  # fmt: skip
    assert all(closed_to(work_as, other, report_id) for other in others)
    in_the_family = replace(mother, places=(Place("safeguarding", district.kindergarten_id, None),))
    assert closed_to(work_as, in_the_family, report_id)


def test_it_needs_no_consent_and_outlives_a_withdrawal(work_as, district, child, register, leads, report_id):
    """S-76: neither P1 missing nor P1 withdrawn stands in the way."""
    unconsented = register(group_id=district.group_id, name="样本乙", contacts=[])
    with work_as(district.teacher, writing=False) as work:
        assert {each.id for each in children_to_report(work)} == {child.id, unconsented.id}
        with pytest.raises(NotFound):
            find_child(work, unconsented.id)
    for staff in (district.teacher, district.other_teacher, district.doctor):
        with work_as(staff) as work:
            write_report(work, find_child_to_report(work, unconsented.id), content=CONTENT)
    with work_as(district.doctor) as work:
        given = work.session.scalars(select(Consent.id).where(Consent.child_id == child.id, Consent.purpose == "P1"))
        withdraw_consent(work, find_child(work, child.id), given.one())
    for reader in (district.teacher, leads["nursery"]):
        assert reads(work_as, reader, report_id).content == CONTENT
    for stranger in (district.other_doctor, district.carer, district.sysadmin):
        with pytest.raises(NotFound), work_as(stranger) as work:
            find_child_to_report(work, child.id)


def test_what_follows_is_added_by_the_author_and_the_leads(work_as, district, leads, report_id):
    with work_as(district.teacher) as work:
        add_note(work, report_id, text="民警到园。")
    with pytest.raises(NotFound), work_as(district.teacher) as work:
        add_note(work, report_id, text="", status="completed")
    with work_as(leads["nursery"]) as work:
        add_note(work, report_id, text="已联系街道。", status="in-progress")
    report = reads(work_as, leads["district"], report_id)
    assert report.status == "in-progress"
    assert [(note.text, note.status) for note in report.notes] == [("民警到园。", ""), ("已联系街道。", "in-progress")]


def test_it_leaves_nothing_on_the_child(installation, work_as, district, child, leads, report_id):
    """S-76: no event, no count, no audit line; who wrote and read it is kept apart."""
    before = _of_child(installation, child.id)
    reads(work_as, leads["nursery"], report_id)
    with work_as(leads["nursery"]) as work:
        add_note(work, report_id, text="看过了。", status="received")
    with work_as(district.other_teacher) as work:
        children_to_report(work)
        write_report(work, find_child_to_report(work, child.id), content=CONTENT)
    assert _of_child(installation, child.id) == before
    with work_as(district.teacher, writing=False) as work:
        noted = select(AuditEvent.id).where(AuditEvent.record_type.like("%report%"))
        assert work.session.scalars(noted).all() == []
        found, photo = find_child(work, child.id), open_report(work, report_id).files[0].id
        assert attachments_of(work, found, [report_id]) == {}
        with pytest.raises(NotFound):
            open_attachment(work, found, photo)
    with work_as(None, writing=False) as work:
        told = select(ReportReading.action, ReportReading.user_id).where(ReportReading.report_id == report_id)
        author, follower = district.teacher.user_id, leads["nursery"].user_id
        noted = [("C", author), ("R", author), ("R", follower), ("U", follower)]
        assert sorted(work.session.execute(told)) == sorted(noted)
        in_chain = select(func.count()).where(
            HistoryEvent.rec == report_id, HistoryEvent.child_id == work.deployment_id
        )
        assert work.session.scalar(in_chain) == 1


APART = {"mandatory_report", "report_note", "report_reading"}


def _of_child(installation, child_id) -> dict:
    """Return all that is stored of a child but its reports and what hangs on them."""
    with unfenced(installation) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(_rows_of(table, child_id))))
            for table in Base.metadata.sorted_tables
            if "child_id" in table.c and table.name not in APART
        }


def _rows_of(table, child_id):
    chosen = select(table).where(table.c.child_id == child_id)
    if table.name == "attachment":
        return chosen.where(table.c.section != "special")
    if table.name == "attachment_segment":
        kept = Base.metadata.tables["attachment"]
        return chosen.where(table.c.attachment_id.not_in(select(kept.c.id).where(kept.c.section == "special")))
    return chosen


def test_a_row_turned_by_sql_opens_to_nobody_new(installation, work_as, district, leads, report_id):
    """S-76: whom it is open to is sealed; what it says stands in the deployment's chain."""
    with work_as(district.teacher) as work:
        other = write_report(work, find_child_to_report(work, _child_of(work, report_id)), content=CONTENT).id

    def turn(statement, **values):
        with unfenced(installation) as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            given = {"id": report_id, "other": other, **values}
            connection.execute(text(statement), {name: id.bytes if is_sqlite else id for name, id in given.items()})

    for column, value in (
        ("author_id", district.other_teacher.user_id),
        ("organisation_id", district.clinic_id),
    ):
        old = {"author_id": district.teacher.user_id, "organisation_id": district.kindergarten_id}[column]
        turn(f"UPDATE mandatory_report SET {column} = :value WHERE id = :id", value=value)  # noqa: S608
        for reader in (district.other_teacher, leads["clinic"], leads["nursery"], district.teacher):
            with pytest.raises(NotFound):
                reads(work_as, reader, report_id)
        turn(f"UPDATE mandatory_report SET {column} = :value WHERE id = :id", value=old)  # noqa: S608
    assert reads(work_as, district.teacher, report_id).content == CONTENT
    turn('UPDATE mandatory_report SET body = (SELECT body FROM mandatory_report WHERE id = :other), "commit" = '
         '(SELECT "commit" FROM mandatory_report WHERE id = :other) WHERE id = :id')  # fmt: skip
    with pytest.raises(IntegrityError):
        reads(work_as, district.teacher, report_id)


def test_a_report_the_history_does_not_know_is_not_shown(work_as, district, child, monkeypatch):
    """S-76: rows put in beside the history, sealed as they should be, are no report."""
    with monkeypatch.context() as patched, work_as(district.teacher) as work:
        patched.setattr(reporting, "_chain", lambda *_event: None)
        made_up = write_report(work, find_child_to_report(work, child.id), content=CONTENT).id
    with work_as(district.teacher, writing=False) as work, pytest.raises(IntegrityError):
        open_report(work, made_up)
    with work_as(district.teacher, writing=False) as work, pytest.raises(IntegrityError):
        reports_of(work)


def _child_of(work, report_id) -> UUID:
    return open_report(work, report_id).child_id


def test_verify_knows_reports_and_what_hangs_on_them(installation, work_as, district, child, leads, report_id):
    """S-76: what stands in the deployment's chain is checked like the rest, and so is a sealed paper of the child's."""
    with work_as(leads["nursery"]) as work:
        add_note(work, report_id, text="看过了。", status="received")
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        store_attachment(
            work, found, section="special", file=PHOTO, subject_id=uuid4(), permission=Permission.KEEP_CHILD
        )
    signer = Signer(installation.deployment_id, installation.keystore.log_key.public)
    digest = installation.keystore.hash_suite.digest
    with unfenced(installation) as connection:
        assert verify(connection, digest, signer, keystore=installation.keystore).faults == []
        connection.execute(update(MandatoryReport).values(commit=bytes(32)))
        faults = verify(connection, digest, signer, keystore=installation.keystore).faults
        assert [fault.record for fault in faults] == [f"report {report_id}"]
