"""Mandatory reports (强制报告): read by their author and the safeguarding leads, and by nobody else.

Nothing of one may reach the child's family: it is sealed under `special`, its events stand in the deployment's chain
and not in the child's, and who wrote or read it is kept in `report_reading` and not in the audit a guardian sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, case, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from mengya_health.access import fence
from mengya_health.access.actor import ReportSubject
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.db import new_id
from mengya_health.errors import NotFound
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.models import DISTRICT_DIGITS, Organisation, Region, User
from mengya_health.people.subjects import FAMILY, FoundChild, subjects_of
from mengya_health.record import attachments
from mengya_health.record.attachments import AttachmentFacts, OpenedFile
from mengya_health.record.models import Attachment, MandatoryReport, ReportNote, ReportReading

SPECIAL = attachments.SPECIAL
REPORT, NOTE = MandatoryReport.__tablename__, ReportNote.__tablename__
STATUSES = ("requested", "received", "in-progress", "completed")  # FHIR task-status
MOST_LISTED = 200


class Note(NamedTuple):
    """What was added to a report."""

    recorded_at: datetime
    author_role: str
    is_mine: bool
    text: str
    status: str  # "" where it was left as it was


@dataclass(frozen=True)
class OpenReport:
    """A report as its reader sees it."""

    id: UUID
    child_id: UUID
    child_name: str
    author_role: str
    author: str  # for the leads; "" for the author
    recorded_at: datetime
    status: str
    content: dict
    is_mine: bool
    may_follow: bool
    notes: tuple[Note, ...] = ()
    files: tuple[AttachmentFacts, ...] = ()


def reports_of(work) -> list[OpenReport]:
    """Return the reports the actor wrote or watches over, newest first, each without notes and files."""
    rows = work.session.execute(_reports(work).order_by(MandatoryReport.recorded_at.desc()).limit(MOST_LISTED)).all()
    found = subjects_of(work, list({row.MandatoryReport.child_id for row in rows}))
    readable = [row for row in rows if _may_read(work, row, found)]
    reports = [row.MandatoryReport for row in readable]
    work.keys.load({each.child_id for each in reports} | {each.author_id for each in reports})
    _check(work, [(each.id, each.commit) for each in reports])
    for each in reports:
        note_apart(work, "R", each.id, each.child_id)
    return [_open(work, row, found) for row in readable]


def open_report(work, report_id: UUID) -> OpenReport:
    """Return one report with its notes and files, noted apart and checked against the history.

    Raises NotFound for one that is not there and for everybody who may not read it, IntegrityError.
    """
    row, _subject, found, notes = found_one(work, report_id)
    report = row.MandatoryReport
    work.keys.load({report.child_id, report.author_id})
    kept = work.session.scalars(_files_of(report).order_by(Attachment.id)).all()
    _check(work, [(each.id, each.commit) for each in (report, *notes, *kept)])
    note_apart(work, "R", report.id, report.child_id)
    return _open(work, row, found, notes, kept)


def open_file_of_report(work, report_id: UUID, attachment_id: UUID) -> OpenedFile:
    """Return a file of a report, noted apart; raises NotFound, IntegrityError."""
    report = found_one(work, report_id).row.MandatoryReport
    kept = work.session.scalar(_files_of(report).where(Attachment.id == attachment_id))
    if kept is None:
        raise NotFound
    note_apart(work, "R", report.id, report.child_id)
    return attachments.open_whole(work, kept, chain_id=work.deployment_id)


# --- inside -----------------------------------------------------------------------------------------------------------


def _reports(work) -> Select:
    """Return the SELECT of reports the actor wrote or may watch over, and whether each lies in their district."""
    fence.lift(work.session)  # a lead of the district is tied to no child: the sealed report says who reads it
    places = [place.organisation_id for place in work.actor.places_as("safeguarding")]
    areas = [place.organisation_id for place in work.actor.places_as("area_safeguarding")]
    watched, watched_in = aliased(Organisation), aliased(Region)
    in_district = exists().where(
        watched.id.in_(areas),
        watched.region_id == watched_in.id,
        func.substr(watched_in.code, 1, DISTRICT_DIGITS) == func.substr(Region.code, 1, DISTRICT_DIGITS),
    )
    mine = MandatoryReport.author_id == work.actor.user_id
    of_author = User.body.label("author_body")
    chosen = select(MandatoryReport, case((in_district, 1), else_=0).label("in_district"), of_author)
    chosen = chosen.join(User, User.id == MandatoryReport.author_id)
    chosen = chosen.outerjoin(Organisation, Organisation.id == MandatoryReport.organisation_id)
    chosen = chosen.outerjoin(Region, Region.id == Organisation.region_id)
    return chosen.where(or_(mine, MandatoryReport.organisation_id.in_(places), in_district))


class FoundReport(NamedTuple):
    """A report the actor may read: its row, as what it is decided on, its child by id, and what was added to it."""

    row: Row
    subject: ReportSubject
    found: dict[UUID, FoundChild]
    notes: tuple[ReportNote, ...]


def found_one(work, report_id: UUID) -> FoundReport:
    """Return a report the actor may read, in two statements. Raises NotFound."""
    chosen = _reports(work).where(MandatoryReport.id == report_id).add_columns(ReportNote)
    chosen = chosen.outerjoin(ReportNote, ReportNote.report_id == MandatoryReport.id).order_by(ReportNote.id)
    rows = work.session.execute(chosen).all()
    found = subjects_of(work, [rows[0].MandatoryReport.child_id]) if rows else {}
    if not rows or not _may_read(work, rows[0], found):
        raise NotFound
    notes = tuple(row.ReportNote for row in rows if row.ReportNote)
    return FoundReport(rows[0], _subject(work, rows[0], found), found, notes)


def _may_read(work, row, found: dict[UUID, FoundChild]) -> bool:
    report = row.MandatoryReport
    if report.child_id not in found or not seals.holds(work, MandatoryReport, report):
        return False
    return is_allowed(work.actor, Permission.READ_REPORT, _subject(work, row, found))


def _subject(work, row, found: dict[UUID, FoundChild]) -> ReportSubject:
    report = row.MandatoryReport
    areas = (place.organisation_id for place in work.actor.places_as("area_safeguarding"))
    family = [tie for kind in FAMILY for tie in found[report.child_id].subject.current(kind)]
    return ReportSubject(
        author_id=report.author_id,
        organisation_id=report.organisation_id,
        area_ids=frozenset(areas) if row.in_district else frozenset(),
        family_ids=frozenset(tie.user_id for tie in family),
    )


def _open(work, row, found: dict, notes: Iterable = (), kept: Iterable = ()) -> OpenReport:
    report, me = row.MandatoryReport, work.actor.user_id
    account = work.keys.open_body("user", report.author_id, report.author_id, "user", row.author_body)
    return OpenReport(
        id=report.id,
        child_id=report.child_id,
        child_name=name_of(work, found[report.child_id]),
        author_role=report.author_role,
        author=account["name"] if report.author_id != me else "",
        recorded_at=report.recorded_at,
        status=report.status,
        content=work.keys.open_revision(
            report.child_id, SPECIAL, report.id, 1, report.body, report.commit, table=REPORT
        ),
        is_mine=report.author_id == me,
        may_follow=is_allowed(work.actor, Permission.FOLLOW_REPORT, _subject(work, row, found)),
        notes=tuple(_open_note(work, note) for note in notes),
        files=tuple(attachments.facts_of(work, each) for each in kept),
    )


def _open_note(work, note: ReportNote) -> Note:
    said = work.keys.open_revision(note.child_id, SPECIAL, note.id, 1, note.body, note.commit, table=NOTE)
    is_mine = note.author_id == work.actor.user_id
    return Note(note.recorded_at, note.author_role, is_mine, said["text"], said["status"])


def name_of(work, found: FoundChild) -> str:
    """Return a child's name, and no more of it."""
    row = found.row
    return work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)["name"]


def _files_of(report: MandatoryReport) -> Select:
    return select(Attachment).where(Attachment.child_id == report.child_id, Attachment.subject_id == report.id)


def _check(work, told: list[tuple[UUID, bytes]]) -> None:
    claims = [chain.Claim(work.deployment_id, rec, 1, commit) for rec, commit in told]
    chain.check_newest(work.session, work.keys, claims)


def note_apart(work, action: str, report_id: UUID | None = None, child_id: UUID | None = None) -> None:
    """Keep who writes or reads, stored by the door before it answers, as the audit is."""
    actor = work.actor
    row = {
        "id": new_id(),
        "request_id": work.request_id,
        "report_id": report_id,
        "child_id": child_id,
        "user_id": actor.user_id,
        "role": actor.role,
        "session_id": actor.session_id,
        "action": action,
        "source": work.source,
        "at": work.now,
    }
    work.after_answer.append(lambda session: session.execute(insert(ReportReading), [row]))
