"""Closing a child's record to a guardian, as a court or a protective order asks: a document, and two of the staff.

The guardianship itself ends and a tie of kind `restricted` begins, which opens nothing: were its row lost, the door
would stay shut. It keeps what the guardian might do before, so that lifting it gives back exactly that.
"""

from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission, require_no_family
from mengya_health.care import loop
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.tasks import due_by, end_task, start_task
from mengya_health.errors import NotFound, NotNow
from mengya_health.people import approvals
from mengya_health.people.approvals import Approval
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.invitations import end_invitations_of
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import OpenedFile, open_attachment, store_attachment
from mengya_health.record.files import CleanFile

RESTRICT, LIFT = "restrict_guardian", "lift_restriction"
KIND_BEFORE = {RESTRICT: "guardian", LIFT: "restricted"}  # what is asked for → the tie it ends
KIND_AFTER = {RESTRICT: "restricted", LIFT: "guardian"}
TASK = "two_persons"


def ask_restriction(work, child_id: UUID, *, what: str, user_id: UUID, file: CleanFile) -> Approval:
    """Ask a colleague to restrict a guardian, or to lift that again, with the document that says so, sealed as special.

    Nothing changes until another of the staff has approved. Raises NotFound for somebody who is not in that place,
    NotNow where it is asked already, NotPermitted.
    """
    child = find_child(work, child_id, Permission.RESTRICT_GUARDIAN)
    require_no_family(work.actor, child.subject)
    ties = _ties(child, what, user_id)
    if any(each.subject_id == user_id for each in waiting(work, child)):
        raise NotNow("这件事已经在等另一位同事批准。", "This already waits for a colleague's approval.")
    kept = store_attachment(
        work,
        child,
        section="special",
        file=file,
        subject_id=ties[0].id,
        permission=Permission.RESTRICT_GUARDIAN,
    )
    approval = approvals.ask_approval(
        work, what, organisation_id=child.clinic_id, child_id=child.id, subject_id=user_id, evidence_id=kept.id
    )
    due_on = due_by(work, loop.loop_of(work.content), "consent")
    body = {"title": "有一件事要另一位同事看过材料后批准"}
    start_task(work, child, kind=TASK, whose_turn="doctor", due_on=due_on, body=body, subject_id=approval.id)
    return approval


def waiting(work, child: ChildFacts) -> list[Approval]:
    """Return what waits for a second person of the staff about this child's guardians."""
    return approvals.waiting_approvals(work, RESTRICT, LIFT, child_id=child.id)


def approve_restriction(work, child_id: UUID, approval_id: UUID) -> None:
    """Approve as the second person, which carries it out at once. Raises NotFound, NotPermitted for whoever asked."""
    child, approval = _asked(work, child_id, approval_id)
    ties = _ties(child, approval.what, approval.subject_id)
    approvals.approve(work, approval_id)
    approvals.use_approval(work, approval.what, child_id=child_id, subject_id=approval.subject_id)
    # Whoever may no longer look as a guardian must not go on as somebody a guardian let in.
    let_in = [tie for tie in child.subject.current("caregiver") if tie.user_id == approval.subject_id]
    for tie in ties + let_in:
        end_tie(work, child, tie.id)
    # The evidence of the new tie is the approval by two, and that of the approval the document.
    tie_child(
        work,
        child_id,
        kind=KIND_AFTER[approval.what],
        user_id=approval.subject_id,
        authority=ties[0].authority,
        basis_id=approval_id,
    )
    if approval.what == RESTRICT:
        end_invitations_of(work, child, approval.subject_id)
    _end_task(work, approval_id)


def refuse_restriction(work, child_id: UUID, approval_id: UUID) -> None:
    """Say no to what a colleague asked for, or take back what one asked for oneself."""
    _asked(work, child_id, approval_id)
    approvals.refuse(work, approval_id)
    _end_task(work, approval_id)


def open_document(work, child_id: UUID, approval_id: UUID) -> OpenedFile:
    """Return the document of something that waits, for whoever has to judge it. Raises NotFound, NotPermitted."""
    child, approval = _asked(work, child_id, approval_id)
    return open_attachment(work, child, approval.evidence_id, permission=Permission.RESTRICT_GUARDIAN)


# --- inside -----------------------------------------------------------------------------------------------------------


def _ties(child: ChildFacts, what: str, user_id: UUID | None) -> list:
    """Return the ties that would end. Raises NotFound where there are none."""
    ties = [tie for tie in child.subject.current(KIND_BEFORE[what]) if tie.user_id == user_id]
    if not ties:
        raise NotFound
    return ties


def _asked(work, child_id: UUID, approval_id: UUID) -> tuple[ChildFacts, Approval]:
    child = find_child(work, child_id, Permission.RESTRICT_GUARDIAN)
    require_no_family(work.actor, child.subject)
    found = [each for each in waiting(work, child) if each.id == approval_id]
    if not found:
        raise NotFound
    return child, found[0]


def _end_task(work, approval_id: UUID) -> None:
    chosen = select(Task).where(Task.kind == TASK, Task.subject_id == approval_id, Task.status.in_(OPEN_TASK))
    for task in work.session.scalars(chosen):
        end_task(work, task)
    work.session.flush()
