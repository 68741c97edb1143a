"""What a guardian's answer about a purpose sets going: the doctor is told, and what must stop stops."""

from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission, require_no_family
from mengya_health.care import loop
from mengya_health.care.commands import stop_case
from mengya_health.care.ending import close_all
from mengya_health.care.models import CLOSED_STATES, OPEN_TASK, Case, Task
from mengya_health.care.tasks import due_by, end_task, start_task
from mengya_health.errors import Invalid, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry
from mengya_health.screening.commands import plan_visit_of
from mengya_health.signing.consent_texts import PURPOSES
from mengya_health.signing.consents import end_answers, give_consent, refuse_consent, withdraw_consent

RECORD = "P1"  # the purpose without which nothing is written
WITHDRAWN, DISPUTED = "consent_ended", "consent_disputed"  # kinds of the doctor's tasks
TITLES = {WITHDRAWN: "家长不再同意建档，请停下未结束的个案", DISPUTED: "监护人意见不一致，请了解情况后决定"}
REFUSED_BY_GUARDIAN, DECLINED = "7", "declined"  # closing_reasons.yaml, not_done_reasons of the loop
SHORTEST_REASON = 10  # characters: a decision between two guardians is explained


def agree(work, child_id: UUID, purpose: str, *, shown_digest: bytes, pin: str) -> None:
    """Agree to a purpose as a guardian, by PIN; agreeing to the record plans its first visits.

    Raises Conflict when the text changed, Invalid, TooMany or NotNow for the PIN, NotFound, NotPermitted.
    """
    child = find_child(work, child_id, Permission.CONSENT)
    give_consent(work, child, purpose, shown_digest=shown_digest, how="pin", pin=pin)
    _follow(work, child_id, purpose)


def refuse(work, child_id: UUID, purpose: str, *, shown_digest: bytes) -> None:
    """Say no to a purpose as a guardian, or take a yes back: it works on the next request.

    The doctor gets a task where the record itself may no longer be kept, or where another guardian agrees.
    """
    child = find_child(work, child_id, Permission.CONSENT)
    refuse_consent(work, child, purpose, shown_digest=shown_digest)
    _follow(work, child_id, purpose)


def take_paper(work, child_id: UUID, purpose: str, **given) -> None:
    """Register a consent signed on paper at the desk; takes what `give_consent` takes."""
    give_consent(work, find_child(work, child_id, Permission.KEEP_CHILD), purpose, how="paper", **given)
    _follow(work, child_id, purpose)


def end_at_the_desk(work, child_id: UUID, consent_id: UUID) -> None:
    """Take a consent back for a guardian who says so at the desk. Raises NotFound, NotPermitted."""
    ended = withdraw_consent(work, find_child(work, child_id, Permission.KEEP_CHILD), consent_id)
    _follow(work, child_id, ended.purpose)


def settle_dispute(work, child_id: UUID, purpose: str, *, is_shared: bool, reason: str) -> Entry:
    """Decide as the clinic between guardians who disagree, with a reason both of them read.

    Shared: the yes counts again; otherwise it ends. Either guardian may answer anew afterwards, which opens the
    question again: nobody's right to take consent back ends with a decision of the clinic. Raises Invalid without a
    reason, NotNow where nobody disagrees, NotFound, NotPermitted.
    """
    child = find_child(work, child_id, Permission.SETTLE_CONSENT)
    require_no_family(work.actor, child.subject)
    if not child.subject.is_disputed(purpose):
        raise NotNow("监护人现在没有不同意见，不用决定。", "The guardians do not disagree about this now.")
    if len(reason.strip()) < SHORTEST_REASON:
        message = f"请写清理由，至少 {SHORTEST_REASON} 个字；两位监护人都会看到。 Give the reason in full."
        raise Invalid(fields={"reason": [message]})
    content = {"purpose": purpose, "outcome": "shared" if is_shared else "stopped", "text": reason.strip()}
    entry = record_entry(
        work, child, section="health", kind="consent_decision", content=content, happened_on=work.today
    )
    end_answers(work, child, purpose, refusals=is_shared)
    _follow(work, child_id, purpose)
    return entry


def stop_what_is_open(work, child_id: UUID) -> int:
    """Stop every open case of a child whose record may no longer be kept, as refused; return how many.

    Raises NotNow while the record is consented, NotFound, NotPermitted.
    """
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    if child.subject.has_consent(RECORD):
        raise NotNow("家长同意建档，个案照常进行。", "The record is consented; its cases go on as usual.")
    opened = select(Case.id).where(Case.child_id == child_id, Case.state.not_in(CLOSED_STATES))
    found = list(work.session.scalars(opened))
    for case_id in found:
        stop_case(work, case_id, reason_code=REFUSED_BY_GUARDIAN, reason="家长不再同意建档", not_done=DECLINED)
    _tell(work, child, WITHDRAWN, is_open=False)
    close_all(work, child, DECLINED)
    return len(found)


# --- inside -----------------------------------------------------------------------------------------------------------


def _follow(work, child_id: UUID, purpose: str) -> None:
    child = find_child(work, child_id)
    is_kept = child.subject.has_consent(RECORD)
    if purpose == RECORD:
        _tell(work, child, WITHDRAWN, is_open=not is_kept)
        if is_kept:
            plan_visit_of(work, child)
    _tell(work, child, DISPUTED, is_open=any(child.subject.is_disputed(each) for each in PURPOSES))


def _tell(work, child: ChildFacts, kind: str, *, is_open: bool) -> None:
    """Give the doctor the task of a kind where there is none yet, or end it where there is nothing left to do."""
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == kind, Task.status.in_(OPEN_TASK))
    told = list(work.session.scalars(chosen))
    if is_open and not told:
        due_on = due_by(work, loop.loop_of(work.content), "consent")
        start_task(work, child, kind=kind, whose_turn="doctor", due_on=due_on, body={"title": TITLES[kind]})
    for task in [] if is_open else told:
        end_task(work, task)
    work.session.flush()
