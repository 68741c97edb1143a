"""The same paper for many children at once: asked for together, stopped together, printed as one file.

A batch has no row of its own: it is what one person asked for in one moment. Every sheet is a job by itself, so that a
bad one never stops the rest.
"""

from collections.abc import Iterable
from io import BytesIO
from uuid import UUID

from pypdf import PdfWriter
from sqlalchemy import select, update

from mengya_health import audit, jobs
from mengya_health.access.permissions import is_allowed
from mengya_health.errors import Invalid, NotNow
from mengya_health.handouts.commands import asked_for
from mengya_health.handouts.from_record import permission_for
from mengya_health.handouts.models import Handout
from mengya_health.handouts.queries import KEPT, my_handout
from mengya_health.jobs import Job
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_children

FOR_MANY = ("home_guide", "record_summary")  # papers that are about the child, not about one case or letter
MOST = 60


def ask_for_all(work, children: Iterable[ChildFacts], document: str) -> list[Handout]:
    """Ask for one paper for each of these children whose papers the actor may print.

    What is missing for one of them is said of that sheet alone, when it is made. Raises Invalid for nobody and for more
    than MOST.
    """
    if document not in FOR_MANY:
        raise Invalid(fields={"document": ["没有这种打印件。 There is no such document."]})
    theirs = [child for child in children if is_allowed(work.actor, permission_for(document), child.subject)]
    if not theirs:
        raise Invalid(fields={"who": ["这里没有可以打印的孩子。 There is nobody to print for."]})
    if len(theirs) > MOST:
        raise Invalid(fields={"who": [f"一次最多 {MOST} 份，请分开打印。 At most {MOST} sheets at once."]})
    return [asked_for(work, child, document) for child in theirs]


def stop(work, handout_id: UUID) -> int:
    """Stop what has not been begun of the batch this paper belongs to; return how many sheets. Raises NotFound."""
    waiting = select(Handout.job_id).where(*_together(my_handout(work, handout_id)))
    stopped = update(Job).where(Job.id.in_(waiting), Job.status == jobs.REQUESTED)
    return work.session.execute(stopped.values(status=jobs.CANCELLED, finished_at=work.now)).rowcount


def open_ready(work, handout_id: UUID) -> bytes:
    """Return the sheets of a batch that are ready as one PDF, in the order they were asked for; each is audited.

    Raises NotFound, NotNow while there is none, or after their 24 hours.
    """
    asked = my_handout(work, handout_id)
    ready = select(Handout).where(*_together(asked), Handout.pdf.is_not(None)).order_by(Handout.id)
    rows = [] if work.now - asked.asked_at > KEPT else work.session.scalars(ready).all()
    permission = permission_for(asked.document)
    children = find_children(work, {row.child_id for row in rows}, with_open="health", permission=permission)
    rows = [row for row in rows if row.child_id in children]
    if not rows:
        raise NotNow("还没有一份打好，或已过二十四小时。", "No sheet is ready, or they are older than 24 hours.")
    return _as_one(_opened(work, row) for row in rows)


# --- inside -----------------------------------------------------------------------------------------------------------


def _together(handout: Handout) -> tuple:
    """Return the conditions of the papers that were asked for with this one."""
    return (
        Handout.asked_by == handout.asked_by,
        Handout.asked_at == handout.asked_at,
        Handout.document == handout.document,
    )


def _opened(work, row: Handout) -> bytes:
    audit.note(work, "P", row.child_id, "handout", record_id=row.id, purpose="print")
    return work.keys.open_file("handout", row.id, row.child_id, "health", row.pdf, "pdf")


def _as_one(sheets: Iterable[bytes]) -> bytes:
    joined, whole = PdfWriter(), BytesIO()
    for sheet in sheets:
        joined.append(BytesIO(sheet))
    joined.write(whole)
    return whole.getvalue()
