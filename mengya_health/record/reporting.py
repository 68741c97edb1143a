"""Write a mandatory report (强制报告), and what follows on it. It waits for nobody and needs no consent."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from mengya_health.access import fence
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, NotPermitted
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_child
from mengya_health.people.subjects import ATTENDING, current, subjects_of
from mengya_health.record import attachments
from mengya_health.record.files import CleanFile
from mengya_health.record.models import MandatoryReport, ReportNote
from mengya_health.record.reports import NOTE, REPORT, SPECIAL, found_one, name_of, note_apart


class ChildHere(NamedTuple):
    """A child whom somebody on this staff may have to report about: its name, and no more."""

    id: UUID
    name: str
    class_name: str
    is_in_own_class: bool


def find_child_to_report(work, child_id: UUID) -> ChildFacts:
    """Return a child the actor may report about, whatever was consented. Raises NotFound for everybody else."""
    fence.lift(work.session)  # whoever works at the place may report, of another class too
    try:
        child = find_child(work, child_id, Permission.WRITE_REPORT)
    except NotPermitted as error:
        raise NotFound from error
    note_apart(work, "R", child_id=child_id)
    return child


def children_to_report(work) -> list[ChildHere]:
    """Return the children at the actor's nursery or baby house today, those of their own classes first."""
    fence.lift(work.session)
    staff = work.actor.places_as("teacher", "health_staff")
    here = Relationship.organisation_id.in_([place.organisation_id for place in staff])
    attending = select(Relationship.child_id).where(
        here, Relationship.kind.in_(ATTENDING), current(Relationship, work.today)
    )
    found = subjects_of(work, list(work.session.scalars(attending.distinct())))
    work.keys.load(found)
    note_apart(work, "R")
    children = [
        ChildHere(child_id, name_of(work, child), child.class_name, child.group_id in work.actor.group_ids)
        for child_id, child in found.items()
        if is_allowed(work.actor, Permission.WRITE_REPORT, child.subject)
    ]
    return sorted(children, key=lambda child: (not child.is_in_own_class, child.class_name, child.name))


def write_report(work, child: ChildFacts, *, content: dict, file: CleanFile | None = None) -> MandatoryReport:
    """Store a report, sealed, with its event and its own audit row. It waits for nobody; raises NotFound.

    `content`: signs, text, seen_on, seen_at, police, police_at, police_number, authority, protection.
    """
    if not is_allowed(work.actor, Permission.WRITE_REPORT, child.subject):
        raise NotFound
    id = new_id()
    body, commit = work.keys.seal_revision(child.id, SPECIAL, id, 1, content, table=REPORT)
    report = MandatoryReport(
        id=id,
        child_id=child.id,
        author_id=work.actor.user_id,
        author_role=work.actor.role,
        organisation_id=next((place.organisation_id for place in work.actor.places_as(work.actor.role)), None),
        recorded_at=work.now,
        status="requested",
        body=body,
        commit=commit,
        retention_class=SPECIAL,
        row_version=1,
    )
    seals.seal(work, report)
    work.session.add(report)
    _chain(work, report.id, "report", commit)
    if file:
        attachments.keep(work, child.id, section=SPECIAL, file=file, subject_id=id, chain_id=work.deployment_id)
    note_apart(work, "C", report.id, child.id)
    return report


def add_note(work, report_id: UUID, *, text: str, status: str = "") -> None:
    """Add words to a report, and for a lead the status it has reached. Raises NotFound, Invalid."""
    found = found_one(work, report_id)
    if status and not is_allowed(work.actor, Permission.FOLLOW_REPORT, found.subject):
        raise NotFound
    if not (text or status):
        raise Invalid(fields={"text": ["请写一句，或选进展到哪一步。 Write a line, or choose how far it has come."]})
    note_id, report = new_id(), found.row.MandatoryReport
    said = {"text": text, "status": status}
    body, commit = work.keys.seal_revision(report.child_id, SPECIAL, note_id, 1, said, table=NOTE)
    work.session.add(
        ReportNote(
            id=note_id,
            report_id=report.id,
            child_id=report.child_id,
            author_id=work.actor.user_id,
            author_role=work.actor.role,
            recorded_at=work.now,
            body=body,
            commit=commit,
            retention_class=SPECIAL,
        )
    )
    if status:
        report.status = status
        seals.reseal(work, report)
    _chain(work, note_id, "report_note", commit)
    note_apart(work, "U", report.id, report.child_id)


def _chain(work, rec: UUID, rec_type: str, commit: bytes) -> None:
    chain.note_event(work, child_id=work.deployment_id, rec=rec, rec_type=rec_type, op="create", commit=commit)
