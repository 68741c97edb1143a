"""The worker's side of printing: fill a document from the record, make the PDF, keep it sealed for a day."""

from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.errors import NotFound
from mengya_health.handouts import from_record
from mengya_health.handouts.models import Handout
from mengya_health.handouts.render import Pdf, render_in_child
from mengya_health.people.numbers import is_number
from mengya_health.people.queries import find_child
from mengya_health.people.search import search_children

MOST_SOURCES = 48  # as many ids with versions as the column holds


def render_handout(work, handout_id: UUID) -> None:
    """Make the PDF of a handout and keep it sealed. The job; a second run changes nothing."""
    handout = work.session.get(Handout, handout_id)
    if handout is None or handout.pdf is not None:
        return
    document, child = handout.document, find_child(work, handout.child_id, from_record.permission_for(handout.document))
    content = from_record.DOCUMENTS[document](work, child, handout.subject_id)
    work.session.rollback()  # nothing was written; the seconds that follow must not keep others from writing
    pdf = render_in_child(document, content)
    handout = work.session.get(Handout, handout_id)
    handout.pdf = work.keys.seal_file("handout", handout.id, child.id, "health", pdf.content, "pdf")
    handout.pages = pdf.pages
    handout.sources = " ".join(content.imprint.sources[:MOST_SOURCES])
    audit.note(work, "P", child.id, "handout", record_id=handout.id, purpose="print")


def make_pdf(work, document: str, *, number: str, subject_id: UUID | None = None) -> Pdf:
    """Return one paper of the child with this 童馨档案号, for whoever prints it into a file of their own.

    Raises NotFound for a number that is not among the actor's children, NotPermitted, and what keeps it from being
    filled.
    """
    found = search_children(work, number) if is_number(number) else []
    if len(found) != 1:
        raise NotFound("没有这个档案号，请核对。", "There is no record with this number; please check it.")
    child = find_child(work, found[0].id, Permission.PRINT_HEALTH)
    content = from_record.DOCUMENTS[document](work, child, subject_id)
    work.session.rollback()  # as above: nothing was written, and others want to
    audit.note(work, "P", child.id, "handout", purpose="print")
    return render_in_child(document, content)


def forget_old(session, *, before) -> int:
    """Drop the bytes of papers older than a day; return how many. The row stays: it says what was printed."""
    old = session.scalars(select(Handout).where(Handout.pdf.is_not(None), Handout.asked_at < before)).all()
    for handout in old:
        handout.pdf = None
    return len(old)
