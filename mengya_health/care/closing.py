"""Closing by three hands: the doctor proposes, the class confirms, the family signs; or two doctors decide."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Unpack
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care import loop
from mengya_health.care.commands import start
from mengya_health.care.concerns import raise_concern
from mengya_health.care.entries import write_entry
from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import Case, CaseStep
from mengya_health.care.pathway_rules import USUAL_CLOSING
from mengya_health.care.queries import OpenCase
from mengya_health.care.signatures import Proof, ask_for_signature, sign_paper
from mengya_health.care.tasks import due_by, end_task, end_tasks, open_tasks, settle, start_task
from mengya_health.errors import Invalid, NotNow
from mengya_health.record.commands import correct_entry, may_correct
from mengya_health.record.models import Entry
from mengya_health.signing.commands import withdraw_signature


def propose_closure(
    work,
    case_id: UUID,
    *,
    text: str,
    plain_text: str,
    advice: str = "",
    outcome: str = "1",
    closing: str = USUAL_CLOSING,
    checks: Iterable[str] = (),
    reason: str = "",
    seen_version: int | None = None,
) -> Entry:
    """Write the closing summary and ask the class and the family for their word.

    `closing` names one of the pathway's ways to close, `checks` what the doctor ticks for it, `outcome` is a code of
    `outcomes`. Raises NotNow with all that is missing, Invalid.
    """
    if outcome not in work.content.outcomes:
        raise Invalid(fields={"outcome": ["请选转归。 Please choose the outcome."]})
    ticked = list(checks)
    opened, facts = start(work, case_id, seen_version, closing=closing, checks=ticked, reason=reason)
    step = loop.move(work, opened.case, "propose_closure", facts=facts)
    code = next(each.code for each in facts.pathway.rules.closings if each.name == closing)
    content = {
        "text": text,
        "plain_text": plain_text,
        "advice": advice,
        "outcome": outcome,
        "closing": closing,
        "code": code,
        "checks": ticked,
    }
    entry = write_entry(work, opened, "closing_summary", content)
    _ask_all_hands(work, opened, facts, entry, step)
    return entry


def write_class_summary(work, case_id: UUID, *, text: str) -> Entry:
    """Write how the child is doing in class, as its teacher; writing again makes a new version."""
    opened, facts = start(work, case_id, None)
    if facts.state != "confirming":
        raise NotNow("医生提出结案以后再写班级小结。", "The class summary follows the doctor's proposal.")
    require(work.actor, Permission.WRITE_BEHAVIOUR, opened.child.subject)
    written = facts.since_entered("class_summary")
    last = written[-1] if written else None
    if last and may_correct(work, opened.child, last):  # not one from the class that the child has left meanwhile
        return correct_entry(work, opened.child, last.id, content={"text": text}, row_version=last.row_version)
    return write_entry(work, opened, "class_summary", {"text": text}, section="behaviour")


def confirm_stable(work, case_id: UUID, **proof: Unpack[Proof]) -> Case:
    """Sign the class summary as the child's teacher; then it is the family's turn."""
    opened, facts = start(work, case_id, None)
    loop.require_decider(work, facts, "confirm_stable")
    written = facts.since_entered("class_summary") if facts.state == "confirming" else []
    facts = sign_paper(work, opened, facts, written[-1] if written else None, capacity="teacher", **proof)
    step = loop.move(work, opened.case, "confirm_stable", facts=facts)
    for task in open_tasks(work, opened.case):
        if task.kind == "signature" and task.whose_turn == "teacher":
            end_task(work, task, step=step)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def confirm_closure(work, case_id: UUID, **proof: Unpack[Proof]) -> Case:
    """Sign the closing summary as a guardian; the case is closed."""
    opened, facts = start(work, case_id, None)
    loop.require_decider(work, facts, "confirm_closure")
    summary = facts.newest("closing_summary") if facts.state == "confirming" else None
    facts = sign_paper(work, opened, facts, summary, capacity="guardian", **proof)
    return close_by_family(work, opened, facts)


def close_by_family(
    work, opened: OpenCase, facts: CaseFacts, *, move: Callable = loop.move, noted: Mapping | None = None
) -> Case:
    """Close a case whose closing summary the family has signed; `move` is `loop.move_on_paper` for a paper."""
    step = move(work, opened.case, "confirm_closure", facts=facts, noted={**_code_of(facts), **(noted or {})})
    return _close(work, opened, facts, step, "already_done")


def withdraw_closing(work, case_id: UUID, *, reason: str) -> Entry:
    """Take the closing signature back within 24 hours: a concern for the doctor, who may open the case again."""
    opened, facts = start(work, case_id, None)
    summary = facts.newest("closing_summary")
    own = [s for s in facts.signatures.get(summary.id, ()) if s.signer_id == work.actor.user_id] if summary else []
    if not own:
        raise NotNow("您没有签过这份结案小结。", "You have not signed this closing summary.")
    withdraw_signature(work, opened.child, own[-1].id)
    return raise_concern(work, opened.child.id, text=reason, case_id=case_id)


def ask_second_doctor(work, case_id: UUID, *, reason: str) -> None:
    """Ask a colleague to close a case that nobody confirms: they decide, you have proposed."""
    opened, facts = start(work, case_id, None)
    require(work.actor, Permission.WRITE_HEALTH, opened.child.subject)
    if facts.state != "confirming":
        raise NotNow("等三方确认的个案才需要另一位医生。", "Only a case that waits to be confirmed needs this.")
    start_task(
        work,
        opened.child,
        kind="second_doctor",
        whose_turn="doctor",
        due_on=due_by(work, facts.loop, "second_doctor"),
        body={"title": "请另一位医生决定结案", "text": reason, "asked_by": str(work.actor.user_id)},
        case=opened.case,
    )
    settle(work, opened.child, opened.case, facts)


def close_unconfirmed(work, case_id: UUID, *, reason: str = "", seen_version: int | None = None) -> Case:
    """Close as the second doctor, after the waiting time and the logged tries to reach the family."""
    opened, facts = start(work, case_id, seen_version, reason=reason)
    step = loop.move(work, opened.case, "close_unconfirmed", facts=facts, noted=_code_of(facts))
    return _close(work, opened, facts, step, "not_responding")


# --- inside -----------------------------------------------------------------------------------------------------------


def _ask_all_hands(work, opened: OpenCase, facts: CaseFacts, summary: Entry, step: CaseStep) -> None:
    due_on = work.today + timedelta(days=facts.loop.limits.unconfirmed_days)
    asked = {"guardian": ("closing_summary", summary.id)}
    if facts.class_takes_part:
        asked["teacher"] = ("class_summary", None)
    for whose_turn, (document, entry_id) in asked.items():
        ask_for_signature(
            work, opened, step, whose_turn=whose_turn, document=document, entry_id=entry_id, due_on=due_on
        )
    settle(work, opened.child, opened.case, facts, step)


def _code_of(facts: CaseFacts) -> dict:
    summary = facts.newest("closing_summary")
    return {"closing_code": summary.content["code"]} if summary else {}


def _close(work, opened: OpenCase, facts: CaseFacts, step: CaseStep, reason: str) -> Case:
    """End what the closing itself had asked for; nothing else can be open."""
    if reason == "already_done":
        end_tasks(work, opened.case, "signature", step=step)
    end_tasks(work, opened.case, status="cancelled", reason=reason, step=step)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case
