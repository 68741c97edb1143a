"""有异议: a guardian disagrees with an entry. It is said, answered in writing, and closed or kept by who said it.

Nothing waits for it: the entry counts, may be corrected, and no step of a case asks about it.
"""

from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import WRITE_SECTION, Permission, require
from mengya_health.care import loop
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.tasks import due_by, end_task, place_of, start_task
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.commands import correct_entry, record_entry
from mengya_health.record.disputes import ANSWER, ANSWERED, CLOSED, KEPT, NOTE, OPEN
from mengya_health.record.models import Dispute, Entry
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.signing.commands import sign_entry

KIND = "dispute"  # of the task
SECTION_OF_HAND = {"doctor": "health", "teacher": "behaviour"}


def raise_dispute(
    work,
    child_id: UUID,
    entry_id: UUID,
    *,
    version: int,
    text: str,
    pin: str = "",
    shown: dict | None = None,
    nonce: bytes = b"",
) -> Entry:
    """Write down that a guardian disagrees with an entry at the version they read, and ask its author to answer.

    With the `pin` (then `shown` and `nonce` as for `sign_entry`) it is signed, too: a decision like any other.
    Raises Invalid without a text, Conflict when the entry moved on, NotNow for what cannot be disputed, NotFound,
    NotPermitted.
    """
    if not text.strip():
        raise Invalid(fields={"text": ["请写一句您不同意的是什么。 Please write what you disagree with."]})
    child = find_child(work, child_id, Permission.DISPUTE)
    entry = find_entry(work, child, entry_id)
    _require_disputable(work, entry, version)
    note = _write_note(work, child, entry, text)
    if pin:
        words = {"comment_commit": find_entry(work, child, note.id).commit}
        proof = {"shown": shown, "nonce": nonce, "pin": pin}
        said = {"read_version": version, "decision": "disagree", "capacity": "guardian"}
        sign_entry(work, child, entry, **said, **words, **proof)
    start_task(
        work,
        child,
        kind=KIND,
        whose_turn=_whose_turn(child, entry),
        due_on=due_by(work, loop.loop_of(work.content), "concern"),
        body={"title": "家长对一条记录有异议，请答复", "text": text},
        subject_id=note.id,
    )
    work.session.flush()
    return note


def answer_dispute(work, child_id: UUID, note_id: UUID, *, text: str) -> Entry:
    """Answer a disagreement in writing, as the hand that was asked; the answer is shown beside the note from now on.

    Raises Invalid without a text, NotFound for one that is not open, NotPermitted.
    """
    if not text.strip():
        raise Invalid(fields={"text": ["请写一句答复。 Please write an answer."]})
    child, dispute, task = find_dispute(work, child_id, note_id)
    entry = record_entry(
        work,
        child,
        section=SECTION_OF_HAND[task.whose_turn],
        kind=ANSWER,
        content={"text": text, "answers": str(note_id), "about": str(dispute.about_id)},
        happened_on=work.today,
        task_id=task.id,
    )
    work.session.flush()
    dispute.answer_id, dispute.status = entry.id, ANSWERED
    end_task(work, task)
    work.session.flush()
    return entry


def settle_dispute(work, child_id: UUID, note_id: UUID, *, is_kept: bool) -> None:
    """Close one's own disagreement, or keep it standing beside the answer it was given.

    Raises NotFound, NotPermitted for somebody else's, NotNow for one to keep that nobody has answered.
    """
    child = find_child(work, child_id, Permission.DISPUTE)
    dispute = work.session.get(Dispute, note_id)
    if dispute is None or dispute.child_id != child.id or dispute.status == CLOSED:
        raise NotFound
    if is_kept and dispute.status == OPEN:
        raise NotNow("还没有答复，您的异议一直都在。", "There is no answer yet; your note stands anyway.")
    note = find_entry(work, child, note_id)
    status = KEPT if is_kept else CLOSED
    correct_entry(work, child, note_id, content=note.content | {"settled": status}, row_version=note.row_version)
    dispute.status = status
    task = _open_task(work, note_id)
    if task and not is_kept:
        end_task(work, task, status="cancelled", reason="other", text="家长不再有异议")
    work.session.flush()


def find_dispute(work, child_id: UUID, note_id: UUID) -> tuple[ChildFacts, Dispute, Task]:
    """Return an open disagreement with its child and the task of answering it, for whoever is asked to.

    Raises NotFound for one that is answered or closed, NotPermitted.
    """
    child = find_child(work, child_id)
    dispute, task = work.session.get(Dispute, note_id), _open_task(work, note_id)
    if dispute is None or task is None or dispute.child_id != child.id:
        raise NotFound
    require(work.actor, WRITE_SECTION[SECTION_OF_HAND[task.whose_turn]], child.subject)
    audit.read(work, child.id, "task", record_id=task.id)
    return child, dispute, task


# --- inside -----------------------------------------------------------------------------------------------------------


def _write_note(work, child: ChildFacts, entry: OpenEntry, text: str) -> Entry:
    """Store what a guardian says against an entry, and that it is open."""
    said = {"text": text, "about": str(entry.id), "about_kind": entry.kind, "version": entry.version}
    note = record_entry(work, child, section="family", kind=NOTE, content=said, happened_on=work.today)
    work.session.flush()
    work.session.add(
        Dispute(
            note_id=note.id,
            child_id=child.id,
            about_id=entry.id,
            version=entry.version,
            status=OPEN,
            raised_at=work.now,
        )
    )
    return note


def _require_disputable(work, entry: OpenEntry, version: int) -> None:
    if entry.kind in (NOTE, ANSWER) or entry.author_id == work.actor.user_id:
        raise NotNow(
            "对自己写的、或异议本身，不用再写异议。要补充，请用“请医生看看”。",
            "There is nothing to dispute in one's own words, or in a dispute. To add something, write to the doctor.",
        )
    if entry.version != version:
        raise Conflict(
            "您读的这一版刚刚改过，请读一读新的一版再写。", "What you read has just changed; please read it again."
        )


def _whose_turn(child: ChildFacts, entry: OpenEntry) -> str:
    """Return who answers: the class for what it wrote, while the child is still in one; for all else the clinic."""
    is_of_class = entry.section == "behaviour" and place_of(child, "teacher") is not None
    return "teacher" if is_of_class else "doctor"


def _open_task(work, note_id: UUID) -> Task | None:
    chosen = select(Task).where(Task.subject_id == note_id, Task.kind == KIND, Task.status.in_(OPEN_TASK))
    return work.session.scalar(chosen)
