"""有异议: what a family says against an entry, read together with the entry by whoever may read that.

The note and the answer to it are entries of their own, sealed and in the history like all others; the table `dispute`
only says which entry they belong to.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from mengya_health.errors import IntegrityError
from mengya_health.history.chain import check_told, newest_event_of
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Dispute, Entry, Revision
from mengya_health.record.queries import OpenEntry

NOTE, ANSWER = "dispute", "dispute_answer"
OPEN, ANSWERED, KEPT, CLOSED = "open", "answered", "kept", "closed"


class DisputeNote(NamedTuple):
    """One disagreement with its answer, if there is one yet."""

    id: UUID  # of the note's entry
    about_id: UUID
    version: int  # of the entry it is about
    status: str  # open answered kept closed
    author_id: UUID
    text: str
    raised_at: datetime
    answer: str
    answered_as: str  # the role of whoever answered; "" before
    answered_at: datetime | None


def disputes_about(work, child: ChildFacts, entries: Iterable[OpenEntry]) -> list[DisputeNote]:
    """Return what is said against these entries and not closed, oldest first; no statement where nothing is, else one.

    Takes entries that were opened for this reader: that is the permission. Words of a section that the family had
    deleted are left out: no wish to delete may shut the entry they were about. Raises IntegrityError.
    """
    disputed = {entry.id for entry in entries if entry.is_disputed}
    if not disputed:
        return []
    chosen = _WITH_TEXTS.where(Dispute.child_id == child.id, Dispute.about_id.in_(disputed), Dispute.status != CLOSED)
    rows_of = defaultdict(dict)
    for row in work.session.execute(chosen):
        check_told(work.keys, row, row.Revision.version, row.Revision.commit)
        if not child.subject.has_ended(row.Revision.section):
            rows_of[row.Dispute][row.Revision.entry_id] = row.Revision
    return [_note(work, dispute, said) for dispute, said in rows_of.items() if dispute.note_id in said]


# --- inside -----------------------------------------------------------------------------------------------------------

_EVENT, _IS_NEWEST, _OF_EVENT = newest_event_of(Dispute.child_id, Revision.entry_id)
_WITH_TEXTS = (
    select(Dispute, Revision, *_OF_EVENT)
    .join(Entry, or_(Entry.id == Dispute.note_id, Entry.id == Dispute.answer_id))
    .join(Revision, (Revision.entry_id == Entry.id) & (Revision.version == Entry.current_version))
    .outerjoin(_EVENT, _IS_NEWEST)
    .order_by(Dispute.raised_at, Dispute.note_id)
)


def _note(work, dispute: Dispute, revisions: dict[UUID, Revision]) -> DisputeNote:
    note, answer = revisions[dispute.note_id], revisions.get(dispute.answer_id)
    return DisputeNote(
        id=dispute.note_id,
        about_id=dispute.about_id,
        version=dispute.version,
        status=dispute.status,
        author_id=note.author_id,
        text=_text(work, note, about=dispute.about_id),
        raised_at=dispute.raised_at,
        answer=_text(work, answer, answers=dispute.note_id) if answer else "",
        answered_as=answer.author_role if answer else "",
        answered_at=answer.recorded_at if answer else None,
    )


def _text(work, row: Revision, **refers: UUID) -> str:
    """Return what a note or an answer says; raises IntegrityError unless it says itself what it refers to."""
    said = work.keys.open_revision(row.child_id, row.section, row.entry_id, row.version, row.body, row.commit)
    if any(said.get(name) != str(each) for name, each in refers.items()):
        raise IntegrityError
    return said["text"]
