"""Delete what a family wants deleted (个人信息保护法 第四十七条): asked, decided by two, carried out in steps.

Destroying a data key destroys whatever it sealed, in every copy. What a law has us keep is sealed instead: stored and
protected until its day, read by nobody. The order is the same every time, and each step may be done twice:

    erase_intent in the history, committed → the ledger → the keystore → traces in the data and `erase` events

Whatever breaks off in between is finished by the worker, by `mengya keys replay`, or refused at the next start.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from mengya_health import audit, jobs
from mengya_health.access import fence
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require, require_no_family
from mengya_health.care.models import CLOSED_STATES, OPEN_TASK, Case, Task
from mengya_health.care.tasks import start_task
from mengya_health.crypto.erasure_ledger import ErasureLedger
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, NotFound, NotNow, NotPermitted
from mengya_health.handouts.models import Handout
from mengya_health.history import chain
from mengya_health.people import approvals, seals
from mengya_health.people.draft_models import Draft
from mengya_health.people.erasure_models import Ending, ErasedKey, Erasure, endings_text
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, ChildIndex
from mengya_health.record.models import Attachment, AttachmentSegment, Entry
from mengya_health.signing.pins import check_pin
from mengya_health.work import LOCAL

SCOPES = {"family": ("family",), "record": ("family", "behaviour", "health")}
LEGAL_BASIS = "pipl47"
WHAT = "erase_class"
TASK = "erasure"
REPLY_DAYS = 15  # the law gives as many working days; families need not wait for the last one
OPEN = ("asked", "proposed", "approved")


def ask_erasure(work, child: ChildFacts, *, scope: str, pin: str) -> Erasure:
    """Store a guardian's wish to delete the family's section, or the whole record; nothing is deleted yet.

    Raises NotPermitted, Invalid or TooMany for the PIN, NotNow where a wish is under way or nothing is left to delete.
    """
    require(work.actor, Permission.CONSENT, child.subject)
    check_pin(work, pin)
    if any(each.status in OPEN for each in erasures_of(work, child.id)):
        raise NotNow(
            "您的删除要求已经在办了，办好以后这里会写明结果。",
            "Your wish to delete is being dealt with already; the result will stand here.",
        )
    if all(child.subject.has_ended(name) for name in SCOPES[scope]):
        raise NotNow("这一部分已经删除或封存了。", "This part is deleted or sealed already.")
    erasure = Erasure(
        id=new_id(),
        child_id=child.id,
        scope=scope,
        legal_basis=LEGAL_BASIS,
        endings="",
        status="asked",
        asked_by=work.actor.user_id,
        asked_at=work.now,
        row_version=1,
    )
    seals.seal(work, erasure)
    work.session.add(erasure)
    if not child.subject.has_ended("health"):  # what a task says is sealed with that class
        due_on = work.today + timedelta(days=REPLY_DAYS)
        start_task(
            work, child, kind=TASK, whose_turn="doctor", due_on=due_on, body={"title": ""}, subject_id=erasure.id
        )
    _trace(work, erasure, "create")
    return erasure


def endings_for(work, child: ChildFacts, scope: str) -> tuple[Ending, ...]:
    """Return what would become of each class today: destroyed, or sealed until its day."""
    wanted = [name for name in SCOPES[scope] if not child.subject.has_ended(name)]
    return tuple(Ending(name, _kept_until(work, child, name)) for name in wanted)


def propose_erasure(work, child: ChildFacts) -> Erasure:
    """As the doctor who looked at the family's wish, ask the security officer to approve it.

    Raises NotPermitted, NotFound, NotNow while a case is open.
    """
    require(work.actor, Permission.ERASE, child.subject)
    require_no_family(work.actor, child.subject)
    erasure = next((each for each in erasures_of(work, child.id) if each.status == "asked"), None)
    if erasure is None:
        raise NotFound
    if erasure.scope == "record" and _has_open_case(work, child.id):
        raise NotNow(
            "还有没结束的个案。请先在个案页写明原因并中止，再提交。",
            "A case is still open. Stop it on its page, with the reason, and then submit this.",
        )
    erasure.endings = endings_text(endings_for(work, child, erasure.scope))
    asked = approvals.ask_approval(work, WHAT, child_id=child.id, subject_id=erasure.id, terms=erasure.endings)
    erasure.proposed_by, erasure.approval_id = work.actor.user_id, asked.id
    of_wish = update(Task).where(Task.child_id == child.id, Task.kind == TASK, Task.status.in_(OPEN_TASK))
    ended = {"status": "completed", "done_on": work.today, "row_version": Task.row_version + 1}
    work.session.execute(of_wish.values(**ended))
    _move(work, erasure, "proposed")
    return erasure


def approve_erasure(work, erasure_id: UUID) -> Erasure:
    """As the security officer, who is not the first, let it be carried out: at once, by the worker.

    Raises NotPermitted, NotFound where nothing waits, NotNow for an approval that ran out.
    """
    require(work.actor, Permission.APPROVE_ERASURE, PlaceSubject(None))
    erasure = _held(work, erasure_id, "proposed")
    if erasure.asked_by == work.actor.user_id:
        raise NotPermitted(
            "这是您自己提的要求，请另一位审计员批准。", "You asked for this yourself; another officer decides."
        )
    approvals.approve(work, erasure.approval_id)
    approvals.use_approval(work, WHAT, child_id=erasure.child_id, subject_id=erasure.id, terms=erasure.endings)
    erasure.approved_by = work.actor.user_id
    _move(work, erasure, "approved", op="erase_intent")
    jobs.later(work, "erase", subject_id=erasure.id)
    return erasure


def refuse_erasure(work, erasure_id: UUID) -> Erasure:
    """As the security officer, send a decision back to the doctor, whose wish it stays to decide again."""
    require(work.actor, Permission.APPROVE_ERASURE, PlaceSubject(None))
    erasure = _held(work, erasure_id, "proposed")
    approvals.refuse(work, erasure.approval_id)
    _move(work, erasure, "asked")
    return erasure


def erasures_of(work, child_id: UUID) -> list[Erasure]:
    """Return what was asked to be deleted of a child, newest first; a row without its seal does not count."""
    rows = work.session.scalars(select(Erasure).where(Erasure.child_id == child_id).order_by(Erasure.id.desc()))
    return [row for row in rows if seals.holds(work, Erasure, row)]


def waiting_erasures(work) -> list[tuple[Erasure, str]]:
    """Return what waits for the security officer, oldest first, each with the record's number and nobody's name."""
    require(work.actor, Permission.APPROVE_ERASURE, PlaceSubject(None))
    fence.lift(work.session)  # for the number alone
    chosen = select(Erasure, Child.number).join(Child, Child.id == Erasure.child_id)
    rows = work.session.execute(chosen.where(Erasure.status.in_(OPEN[1:])).order_by(Erasure.id)).all()
    return [(erasure, number) for erasure, number in rows if seals.holds(work, Erasure, erasure)]


def carry_out(work, erasure_id: UUID) -> None:
    """Do what was decided, from wherever it was broken off; nothing where it is done. The worker's job.

    Raises IntegrityError for a decision whose seal does not hold, NotPermitted once whoever approved may no longer.
    """
    require(work.actor, Permission.APPROVE_ERASURE, PlaceSubject(None))
    fence.lift(work.session)  # the officer reaches no child; what two people decided is done all the same
    finish(work, erasure_id)


def finish(work, erasure_id: UUID) -> None:
    """Carry out a decision that two people made, in whoever's name: `mengya keys replay` ends what broke off."""
    erasure = work.session.get(Erasure, erasure_id)
    if erasure is None or not seals.holds(work, Erasure, erasure):
        raise IntegrityError
    if erasure.status != "approved":
        return
    decided = erasure.decided()
    destroyed = [each.key_class for each in decided if each.sealed_until is None]
    sealed = {each.key_class: each.sealed_until for each in decided if each.sealed_until}
    keystore = work.keys.keystore
    # Written down before it is done: a key that is gone and not in the ledger would look like a loss.
    ledger = ErasureLedger(work.settings.ledger_file)
    ledger.add(keystore.key_ids(erasure.child_id, destroyed), work.now)
    keystore.end_keys(erasure.child_id, destroyed, work.now)
    keystore.seal_keys(erasure.child_id, sealed)
    remove_traces(work, erasure.child_id, destroyed, keystore.ended_ids(erasure.child_id, destroyed), work.now)
    if erasure.scope == "record":
        close_record(work, erasure.child_id)
    erasure.done_at = work.now
    _move(work, erasure, "done")


def remove_traces(work, child_id: UUID, classes: Iterable[str], key_ids: Iterable[UUID], at: datetime) -> None:
    """Take out of the data what destroyed keys leave behind, and tell it in the history; twice is as good as once."""
    work.session.execute(update(Handout).where(Handout.child_id == child_id).values(pdf=None, pages=None))
    files = select(Attachment.id).where(Attachment.child_id == child_id, Attachment.section.in_(list(classes)))
    work.session.execute(delete(AttachmentSegment).where(AttachmentSegment.attachment_id.in_(files)))
    work.session.execute(delete(Draft).where(Draft.child_id == child_id, Draft.section.in_(list(classes))))
    for key_id in key_ids:
        if work.session.get(ErasedKey, key_id) is None:
            work.session.add(ErasedKey(key_id=key_id, erased_at=at))
            erased = {"rec": key_id, "rec_type": "key", "op": "erase", "commit": None}
            chain.note_event(work, child_id=child_id, **erased, by=_who(work))


def close_record(work, child_id: UUID) -> None:
    """Let nobody look for this child any more, and nothing fall due."""
    work.session.execute(delete(ChildIndex).where(ChildIndex.child_id == child_id))
    due = update(Task).where(Task.child_id == child_id, Task.status.in_(OPEN_TASK))
    work.session.execute(due.values(status="cancelled", row_version=Task.row_version + 1))


# --- inside -----------------------------------------------------------------------------------------------------------


def _kept_until(work, child: ChildFacts, key_class: str) -> date | None:
    """Return until when a law has a class kept, None where none does, or no longer."""
    rule = work.content.retention[key_class]
    if not rule.kept_by_law:
        return None
    until = rule.until(_last_visit_on(work, child) if rule.counted_from == "last_visit" else work.today)
    return until if until > work.today else None


def _last_visit_on(work, child: ChildFacts) -> date:
    of_health = (Entry.child_id == child.id) & (Entry.section == "health")
    last_on = work.session.scalar(select(func.max(Entry.happened_on)).where(of_health))
    return last_on or work.session.get(Child, child.id).created_at.astimezone(LOCAL).date()


def _has_open_case(work, child_id: UUID) -> bool:
    is_open = (Case.child_id == child_id) & Case.state.not_in(CLOSED_STATES)
    return bool(work.session.scalar(select(func.count()).select_from(Case).where(is_open)))


def _held(work, erasure_id: UUID, status: str) -> Erasure:
    erasure = work.session.get(Erasure, erasure_id)
    if erasure is None or erasure.status != status or not seals.holds(work, Erasure, erasure):
        raise NotFound
    return erasure


def _move(work, erasure: Erasure, status: str, *, op: str = "") -> None:
    erasure.status = status
    seals.reseal(work, erasure)
    _trace(work, erasure, op or status)


def _trace(work, erasure: Erasure, op: str) -> None:
    work.session.flush()
    chain.note_row(work, erasure, op, by=_who(work))
    audit.note(work, "U", erasure.child_id, "erasure", record_id=erasure.id, purpose="erasure")


def _who(work) -> UUID:
    return work.actor.user_id if work.actor else work.deployment_id
