"""Ask for a paper. The worker makes it, under the rights of who asked."""

from uuid import UUID

from mengya_health import audit, jobs
from mengya_health.db import new_id
from mengya_health.errors import Invalid
from mengya_health.handouts import from_record
from mengya_health.handouts.models import Handout
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child

TEMPLATE_VERSION = "2026.11-1"


def ask_for(work, child: ChildFacts, document: str, *, subject_id: UUID | None = None) -> Handout:
    """Ask for one paper about a child; the worker makes it. `subject_id` is the case or referral it is about.

    Raises NotPermitted, Invalid for a document there is not, and whatever keeps it from being filled: what is wrong
    is said now, beside the button, not later in a queue.
    """
    find_child(work, child.id, from_record.permission_for(document))
    if document not in from_record.DOCUMENTS:
        raise Invalid(fields={"document": ["没有这种打印件。 There is no such document."]})
    from_record.DOCUMENTS[document](work, child, subject_id)
    return asked_for(work, child, document, subject_id=subject_id)


def asked_for(work, child: ChildFacts, document: str, *, subject_id: UUID | None = None) -> Handout:
    """Put a paper on the list of the worker, for callers that have asked for the permission to print it."""
    handout = Handout(
        id=new_id(),
        child_id=child.id,
        document=document,
        subject_id=subject_id,
        asked_by=work.actor.user_id,
        asked_role=work.actor.role,
        asked_at=work.now,
        template_version=TEMPLATE_VERSION,
    )
    handout.job_id = jobs.later(work, "render_handout", subject_id=handout.id).id
    work.session.add(handout)
    audit.changed(work, child.id, "handout", handout.id, action="C")
    return handout
