"""Files beside entries and papers: kept sealed in segments, listed with their size, handed out whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, WRITE_SECTION, Permission, is_allowed, require
from mengya_health.crypto.attachments import SEGMENT_BYTES
from mengya_health.db import new_id
from mengya_health.errors import NotFound, NotNow, NotPermitted
from mengya_health.history import chain
from mengya_health.people.facts import ChildFacts
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Attachment, AttachmentSegment, MandatoryReport
from mengya_health.record.opening import OpenEntry, as_author, unread_of

MOST_FILES, MOST_BYTES = 200, 500 * 1024 * 1024  # of one person in a day
SPECIAL = "special"
# What hangs on these is a picture of the child; on a clinic's entry it is a paper.
_OF_PHOTOS = ("behaviour", "family")


class AttachmentFacts(NamedTuple):
    """An attachment without its bytes."""

    id: UUID
    child_id: UUID
    subject_id: UUID
    section: str
    name: str
    kind: str  # JPEG PNG PDF
    size: int  # bytes
    author_id: UUID
    author_role: str
    recorded_at: datetime
    commit: bytes


class OpenedFile(NamedTuple):
    """A whole file, checked."""

    name: str
    content: bytes


def attach_to_entry(work, child: ChildFacts, entry: OpenEntry, file: CleanFile) -> Attachment:
    """Keep a file beside an entry of the actor's own section; a photo of a child only where P5 is consented.

    Raises NotFound, NotPermitted, NotNow with who can do what about it.
    """
    if entry.section in _OF_PHOTOS and file.is_image and not may_keep_photos(work, child):
        require(work.actor, WRITE_SECTION[entry.section], child.subject)
        raise NotNow(
            "没有存：保存孩子的照片，要监护人先同意“照片和视频”这一项。"
            "请监护人在“知情同意”里勾选，或在门诊签纸质同意；PDF 单据现在就可以传。",
            "Not kept: photos of the child need a guardian's consent to photos and video first. A guardian can give it "
            "on the consent page, or on paper at the clinic; a PDF can be sent now.",
        )
    return store_attachment(work, child, section=entry.section, file=file, subject_id=entry.id)


def may_keep_photos(work, child: ChildFacts) -> bool:
    """Return whether the actor may put a photo beside what they wrote."""
    return is_allowed(work.actor, Permission.KEEP_PHOTO, child.subject)


def store_attachment(
    work,
    child: ChildFacts,
    *,
    section: str,
    file: CleanFile,
    subject_id: UUID,
    permission: Permission | None = None,
) -> Attachment:
    """Seal a file that `record.files.clean_file` let through, with its history event and audit row.

    `section` may be "special" where `permission` names who keeps it; otherwise it is the section's own.
    Raises NotFound, NotPermitted, NotNow for one person's too many files in a day.
    """
    require(work.actor, permission or _of_section(WRITE_SECTION, section), child.subject)
    _require_room(work, len(file.content))
    attachment = keep(work, child.id, section=section, file=file, subject_id=subject_id, chain_id=child.id)
    audit.changed(work, child.id, "attachment", attachment.id, action="C")
    return attachment


def attachments_of(
    work, child: ChildFacts, subject_ids: Iterable[UUID], *, permission: Permission | None = None
) -> dict[UUID, list[AttachmentFacts]]:
    """Return what hangs on these entries and papers, oldest first, for those who may read its section; one statement.

    It is the caller's to have found the subjects, and with them to have noted the reading. `permission` names who may
    read what hangs on them, where that is not whoever reads the section.
    """
    if permission:
        require(work.actor, permission, child.subject)
    found_rows = _rows(work, child.id, list(subject_ids))
    rows = [row for row in found_rows if permission or _may_read(work, child, row)]
    found = defaultdict(list)
    for row in rows:
        found[row.subject_id].append(facts_of(work, row))
    return dict(found)


def open_attachment(
    work, child: ChildFacts, attachment_id: UUID, *, permission: Permission | None = None
) -> OpenedFile:
    """Return one file, noted and checked against the history before any byte of it leaves.

    `permission` names who may read a "special" one; otherwise only its author may.
    Raises NotFound, NotPermitted, IntegrityError.
    """
    row = _row(work, child.id, attachment_id)
    if not (is_allowed(work.actor, permission, child.subject) if permission else _may_read(work, child, row)):
        raise NotFound if row.section == SPECIAL else NotPermitted
    audit.read(work, child.id, "attachment", record_id=attachment_id)
    return open_whole(work, row, chain_id=child.id)


# --- building blocks, for what is kept and read under a permission of its own ----------------------------------------


def keep(work, child_id: UUID, *, section: str, file: CleanFile, subject_id: UUID, chain_id: UUID) -> Attachment:
    """Store a file and its event in the chain `chain_id`; permission, audit and limits are the caller's."""
    id, said = new_id(), {"name": file.name, "kind": file.kind, "size": len(file.content)}
    sealed = work.keys.seal_attachment(child_id, section, id, said, file.content)
    attachment = Attachment(
        id=id,
        child_id=child_id,
        section=section,
        subject_id=subject_id,
        author_id=work.actor.user_id,
        author_role=work.actor.role,
        recorded_at=work.now,
        body=sealed.body,
        commit=sealed.commit,
        start=sealed.start,
        segments=len(sealed.segments),
        retention_class=section,
    )
    work.session.add(attachment)
    work.session.flush()
    rows = [
        {"attachment_id": id, "index": index, "child_id": child_id, "body": body}
        for index, body in enumerate(sealed.segments)
    ]
    work.session.execute(insert(AttachmentSegment), rows)
    chain.note_event(work, child_id=chain_id, rec=id, rec_type="attachment", op="create", commit=sealed.commit)
    return attachment


def open_whole(work, row: Attachment | Row, *, chain_id: UUID) -> OpenedFile:
    """Return the file of a row, checked against the chain it was kept in; permission and audit are the caller's."""
    chain.check_newest(work.session, work.keys, [chain.Claim(chain_id, row.id, 1, row.commit)])
    said = work.keys.open_attachment_body(row.child_id, row.section, row.id, row.body, row.commit)
    chosen = select(AttachmentSegment.body).where(AttachmentSegment.attachment_id == row.id)
    segments = work.session.scalars(chosen.order_by(AttachmentSegment.index)).all()
    content = work.keys.open_attachment(row.child_id, row.section, row.id, row.start, segments, said["digest"])
    return OpenedFile(said["name"], content)


def facts_of(work, row: Attachment | Row) -> AttachmentFacts:
    """Return what is said of an attachment; raises IntegrityError."""
    said = work.keys.open_attachment_body(row.child_id, row.section, row.id, row.body, row.commit)
    return AttachmentFacts(
        id=row.id,
        child_id=row.child_id,
        subject_id=row.subject_id,
        section=row.section,
        name=said["name"],
        kind=said["kind"],
        size=said["size"],
        author_id=row.author_id,
        author_role=row.author_role,
        recorded_at=row.recorded_at,
        commit=row.commit,
    )


# --- inside -----------------------------------------------------------------------------------------------------------


def _rows(work, child_id: UUID, subject_ids: list[UUID]) -> list[Attachment]:
    chosen = _of_child(child_id).where(Attachment.subject_id.in_(subject_ids))
    return list(work.session.scalars(chosen.order_by(Attachment.id)))


def _of_child(child_id: UUID) -> Select:
    """Return the SELECT of a child's attachments; what hangs on a mandatory report opens through the report alone."""
    reports = select(MandatoryReport.id).where(MandatoryReport.child_id == child_id)
    return select(Attachment).where(Attachment.child_id == child_id, Attachment.subject_id.not_in(reports))


def _row(work, child_id: UUID, attachment_id: UUID) -> Attachment:
    row = work.session.scalar(_of_child(child_id).where(Attachment.id == attachment_id))
    if row is None:
        raise NotFound
    return row


def _may_read(work, child: ChildFacts, row: Attachment) -> bool:
    """Return whether the actor may read a file: whoever may read what its author wrote in that section."""
    if child.subject.has_ended(row.section):
        return False
    if row.author_id == as_author(work, child):
        return True
    if row.section == "family" and row.author_id in unread_of(child):
        return False
    return row.section != SPECIAL and is_allowed(work.actor, READ_SECTION[row.section], child.subject)


def _of_section(permissions: dict[str, Permission], section: str) -> Permission:
    if section not in permissions:
        raise NotPermitted
    return permissions[section]


def _require_room(work, size: int) -> None:
    """Raise NotNow where one person sent as much in a day as nobody needs to."""
    sent = select(func.count(), func.coalesce(func.sum(Attachment.segments), 0)).where(
        Attachment.author_id == work.actor.user_id, Attachment.recorded_at > work.now - timedelta(days=1)
    )
    files, segments = work.session.execute(sent).one()
    if files >= MOST_FILES or segments * SEGMENT_BYTES + size > MOST_BYTES:
        raise NotNow(
            "今天传的文件已经到了上限（200 份或 500 MB），这一份没有存。请明天再传，或请同事来传。",
            "Today's limit of 200 files or 500 MB is reached; this was not kept. Send it tomorrow, or ask a colleague.",
        )
