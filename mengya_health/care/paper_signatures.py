"""The family signs a paper of a case at the clinic: one colleague records it, another confirms, the case goes on."""

from dataclasses import replace
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care import loop
from mengya_health.care.closing import close_by_family
from mengya_health.care.commands import start
from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import Case, Task
from mengya_health.care.plans import begin_plan
from mengya_health.care.queries import OpenCase, find_task
from mengya_health.care.tasks import due_by, end_task, end_tasks, open_body, open_tasks, settle, start_task
from mengya_health.db import new_id
from mengya_health.errors import NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of
from mengya_health.record.attachments import store_attachment
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.signing.models import Signature
from mengya_health.signing.on_paper import PaperSigner, confirm_paper, record_paper, refuse_paper
from mengya_health.signing.queries import signatures_of

KIND = "witness"  # of the task
SIGNED_BY_FAMILY = ("care_plan", "evaluation", "closing_summary")


def paper_to_sign(opened: OpenCase) -> UUID | None:
    """Return the entry of a case that waits for a guardian's signature; None for none."""
    asked = [
        task.subject_id
        for task in opened.tasks
        if task.kind == "signature"
        and task.whose_turn == "guardian"
        and task.is_open
        and task.case_id == opened.case.id
        and task.body["document"] in SIGNED_BY_FAMILY
    ]
    return asked[-1] if asked else None


def version_to_sign(work, opened: OpenCase) -> tuple[str, int] | None:
    """Return kind and version of the paper that waits; None for none. Nothing of it is opened."""
    entry_id = paper_to_sign(opened)
    entry = work.session.get(Entry, entry_id) if entry_id else None
    return (entry.kind, entry.current_version) if entry else None


def record_paper_signature(
    work,
    case_id: UUID,
    signer: PaperSigner,
    *,
    version: int,
    scan: CleanFile,
    shown: dict,
    nonce: bytes,
    pin: str,
) -> Signature:
    """Record, as the first witness, that a guardian signed the paper that waits; a colleague is asked to confirm.

    Raises NotNow where nothing waits or a paper is being confirmed already, and what `record_paper` raises.
    """
    opened, facts = start(work, case_id, None)
    entry = _waiting(opened, facts)
    signature_id = new_id()
    kept = store_attachment(work, opened.child, section="health", file=scan, subject_id=signature_id)
    signature = record_paper(
        work,
        opened.child,
        entry,
        signer,
        signature_id=signature_id,
        read_version=version,
        scan=(kept.id, kept.commit),
        shown=shown,
        nonce=nonce,
        pin=pin,
    )
    _ask_second_witness(work, opened, facts, entry, signature)
    settle(work, opened.child, opened.case, facts)
    return signature


def find_paper(work, task_id: UUID) -> tuple[ChildFacts, Task, OpenEntry, dict]:
    """Return what a second witness is asked about: child, task, the paper at its version now, what the task says.

    Raises NotFound for one that is settled, NotPermitted for whoever may not witness.
    """
    child, task = find_task(work, task_id, KIND)
    require(work.actor, Permission.WITNESS_PAPER, child.subject)
    body = open_body(work, task)
    return child, task, find_entry(work, child, UUID(body["entry"])), body


def confirm_paper_signature(work, task_id: UUID, *, pin: str) -> Case:
    """Confirm as the second witness; what the guardian decided on paper happens now."""
    child, task, entry, _body = find_paper(work, task_id)
    opened, facts = start(work, task.case_id, None)
    confirm_paper(work, child, entry, task.subject_id, pin=pin)
    noted = {"on_paper": str(task.subject_id)}
    _end(work, opened, task_id)
    signed = signatures_of(work, child, [entry.id])
    facts = replace(facts, signatures={**facts.signatures, entry.id: tuple(signed[entry.id])})
    _GOES_ON[entry.kind](work, opened, facts, noted)
    return opened.case


def refuse_paper_signature(work, task_id: UUID) -> Case:
    """Say that this paper does not count: the family is asked as before."""
    child, task, _entry, _body = find_paper(work, task_id)
    opened, facts = start(work, task.case_id, None)
    refuse_paper(work, child, task.subject_id)
    _end(work, opened, task_id)
    settle(work, child, opened.case, facts)
    return opened.case


# --- inside -----------------------------------------------------------------------------------------------------------


def _waiting(opened: OpenCase, facts: CaseFacts) -> OpenEntry:
    entry = next((each for each in facts.own_entries if each.id == paper_to_sign(opened)), None)
    if entry is None:
        raise NotNow("这个个案现在没有等家长签的文件。", "No paper of this case waits for the family's signature.")
    if any(task.kind == KIND and task.is_open for task in facts.own_tasks):
        raise NotNow(
            "已经登记了一份，等第二位见证人确认。", "One is recorded already and waits for its second witness."
        )
    return entry


def _ask_second_witness(work, opened: OpenCase, facts: CaseFacts, entry: OpenEntry, signature: Signature) -> None:
    witness = accounts_of(work, [work.actor.user_id])[work.actor.user_id].name
    start_task(
        work,
        opened.child,
        kind=KIND,
        whose_turn="doctor",
        due_on=due_by(work, facts.loop, "second_doctor"),
        body={"title": "纸质签名等第二位见证人", "entry": str(entry.id), "witness": witness},
        case=opened.case,
        subject_id=signature.id,
    )


def _end(work, opened: OpenCase, task_id: UUID) -> None:
    for task in open_tasks(work, opened.case):
        if task.id == task_id:
            end_task(work, task)
    work.session.flush()


def _plan_agreed(work, opened: OpenCase, facts: CaseFacts, noted: dict) -> None:
    begin_plan(work, opened, facts, loop.move_on_paper(work, opened.case, "agree", facts=facts, noted=noted))


def _evaluation_signed(work, opened: OpenCase, facts: CaseFacts, _noted: dict) -> None:
    end_tasks(work, opened.case, "signature")
    settle(work, opened.child, opened.case, facts)


def _closure_confirmed(work, opened: OpenCase, facts: CaseFacts, noted: dict) -> None:
    close_by_family(work, opened, facts, move=loop.move_on_paper, noted=noted)


_GOES_ON = {"care_plan": _plan_agreed, "evaluation": _evaluation_signed, "closing_summary": _closure_confirmed}
