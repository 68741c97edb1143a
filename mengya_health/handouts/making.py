"""The worker's side of printing: fill a document from the record, make the PDF, keep it sealed for a day."""

from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.handouts import from_record
from mengya_health.handouts.models import Handout
from mengya_health.handouts.render import render_in_child
from mengya_health.people.queries import find_child


def render_handout(work, handout_id: UUID) -> None:
    """Make the PDF of a handout and keep it sealed. The job; a second run changes nothing."""
    handout = work.session.get(Handout, handout_id)
    if handout is None or handout.pdf is not None:
        return
    child = find_child(work, handout.child_id, Permission.PRINT_HEALTH)
    content = from_record.DOCUMENTS[handout.document](work, child, handout.subject_id)
    pdf = render_in_child(handout.document, content)
    handout.pdf = work.keys.seal_file("handout", handout.id, child.id, "health", pdf.content, "pdf")
    handout.pages = pdf.pages
    audit.note(work, "P", child.id, "handout", record_id=handout.id)


def forget_old(session, *, before) -> int:
    """Drop the bytes of papers older than a day; return how many. The row stays: it says what was printed."""
    old = session.scalars(select(Handout).where(Handout.pdf.is_not(None), Handout.asked_at < before)).all()
    for handout in old:
        handout.pdf = None
    return len(old)
