"""结案小结: why the case began, what three hands did, what changed, how it ended, and who signed."""

from datetime import date
from uuid import UUID

from mengya_health.care.facts import CaseFacts
from mengya_health.care.queries import case_number, facts_of, find_case
from mengya_health.errors import NotFound, NotNow
from mengya_health.handouts.content import (
    ClosingSummary,
    ContactTry,
    Hand,
    HandSummary,
    Signature,
)
from mengya_health.handouts.from_record.figures import basis_of, began_on, comparisons_of
from mengya_health.handouts.from_record.objections import objections_to
from mengya_health.handouts.from_record.sheet import (
    child_on_paper,
    fitted,
    imprint,
    name_of,
    place,
    require_clinic,
    room,
    with_relation,
)
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of
from mengya_health.record.queries import OpenEntry
from mengya_health.signing.levels import level_words
from mengya_health.signing.queries import SignatureFacts
from mengya_health.work import LOCAL

ENDS = ("resolved", "stopped")
LOST = "6"
NOT_JUDGED = "5"  # outcome: 未评估
NOT_WRITTEN = "未记录"  # adverse events: nobody was asked, which is not the same as 无


def closing_summary(work, child: ChildFacts, case_id: UUID | None) -> ClosingSummary:
    """Return the summary of a case that has ended, or that waits for its last signatures.

    Raises NotFound, NotPermitted for whoever is not the clinic, NotNow while the case goes on.
    """
    require_clinic(work, child)
    opened = find_case(work, case_id)
    if opened.child.id != child.id:
        raise NotFound
    facts = facts_of(work, opened)
    if facts.state not in (*ENDS, "confirming"):
        raise NotNow("这个个案还没有提出结案。", "Closing this case has not been proposed yet.")
    summary, step = facts.newest("closing_summary"), facts.entered
    written = summary.content if summary else {}
    code = step.body.get("closing_code") or written.get("code", "")
    clinic = place(work, opened.case.organisation_id)
    return ClosingSummary(
        imprint=imprint(
            work, clinic, number=_number(facts), scanned=child.number, sources=[summary] if summary else []
        ),
        child=child_on_paper(work, child),
        condition=fitted(ClosingSummary, "condition", facts.pathway.name),
        opened_on=facts.opened_on,
        basis=basis_of(facts),
        hands=_hands(facts),
        comparisons=comparisons_of(facts, until=opened.case.closed_on or facts.today),
        closed_on=opened.case.closed_on,
        reason=fitted(ClosingSummary, "reason", work.content.closing_reasons.get(code, "")),
        outcome=work.content.outcomes[written.get("outcome", NOT_JUDGED)],
        adverse_events=NOT_WRITTEN,
        advice=_whole_sentences(written.get("advice", ""), room(ClosingSummary, "advice")),
        next_check_on=_next_check_on(facts),
        contacts=_contacts(facts) if code == LOST or step.event == "close_unconfirmed" else (),
        signatures=_signatures(work, facts, summary),
        objections=objections_to(work, child, facts.own_entries),
    )


def _number(facts: CaseFacts) -> str:
    return case_number(facts.child, facts.pathway, facts.round)


def _next_check_on(facts: CaseFacts) -> date | None:
    coming = [task.due_on for task in facts.tasks if task.is_open and task.kind == "visit"]
    return min((on for on in coming if on >= facts.today), default=None)


def _whole_sentences(text: str, longest: int) -> str:
    """Return a text, or as many of its sentences as there is room for, and where the rest can be read."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    rest = "（余下见电子档案）"
    kept = line[: longest - len(rest)]
    return kept[: max(kept.rfind(mark) for mark in "。；！") + 1] + rest


# --- what three hands did ---------------------------------------------------------------------------------------------


def _hands(facts: CaseFacts) -> tuple[HandSummary, ...]:
    said = {Hand.DOCTOR: _doctor_did(facts), Hand.TEACHER: _teacher_did(facts), Hand.GUARDIAN: _family_did(facts)}
    told = {hand: fitted(HandSummary, "text", "；".join(parts)) for hand, parts in said.items() if parts}
    return tuple(HandSummary(hand=hand, text=text) for hand, text in told.items())


def _doctor_did(facts: CaseFacts) -> list[str]:
    own = _kinds_of_round(facts)
    counts = (("随访", "follow_up"), ("评估", "evaluation"), ("转诊", "referral"), ("联系家长", "contact_attempt"))
    parts = [f"{name} {own.count(kind)} 次" for name, kind in counts if kind in own]
    if "referral" in own:
        parts.append(f"回执 {own.count('referral_feedback')} 份")
    reason = facts.entered.body.get("reason", "") if facts.loop.is_closed(facts.state) else ""
    return parts + ([reason] if reason else [])


def _teacher_did(facts: CaseFacts) -> list[str]:
    since = began_on(facts)
    seen = [e for e in facts.entries if e.kind == "observation" and e.happened_on >= since]
    parts = [f"观察 {len(seen)} 条"] if seen else []
    parts += _tasks_done(facts, "behaviour", "班级任务")
    summary = facts.newest("class_summary")
    return parts + ([summary.content["text"]] if summary else [])


def _family_did(facts: CaseFacts) -> list[str]:
    signed = [s for found in facts.signatures.values() for s in found if s.capacity == "guardian" and s.stands]
    return _tasks_done(facts, "family", "家庭任务") + ([f"签名 {len(signed)} 次"] if signed else [])


def _tasks_done(facts: CaseFacts, section: str, name: str) -> list[str]:
    since = began_on(facts)
    noted = [e for e in facts.own_entries if e.kind == "check_in" and e.section == section and e.happened_on >= since]
    done = [e for e in noted if e.content["done"] != "not_today"]
    return [f"{name}记录 {len(noted)} 次，做了 {len(done)} 次"] if noted else []


def _contacts(facts: CaseFacts) -> tuple[ContactTry, ...]:
    tries = [e for e in facts.own_entries if e.kind == "contact_attempt"]
    newest = sorted(tries, key=lambda e: e.happened_on, reverse=True)[: room(ClosingSummary, "contacts")]
    return tuple(
        ContactTry(
            tried_on=entry.happened_on,
            way=fitted(ContactTry, "way", facts.loop.contact_ways[entry.content["way"]]),
            result=fitted(ContactTry, "result", _contact_result(entry)),
        )
        for entry in newest
    )


def _contact_result(entry: OpenEntry) -> str:
    reached = "联系到了" if entry.content["reached"] else "没有联系到"
    return f"{reached}：{entry.content['text']}" if entry.content["text"] else reached


def _kinds_of_round(facts: CaseFacts) -> list[str]:
    return [entry.kind for entry in facts.own_entries if entry.section == "health"]


# --- signatures -------------------------------------------------------------------------------------------------------


def _signatures(work, facts: CaseFacts, summary: OpenEntry | None) -> tuple[Signature, ...]:
    """Return a line for each hand: its electronic signature, room for a pen, or why there is none."""
    class_summary, proposer = facts.newest("class_summary"), summary.author_id if summary else facts.entered.actor_id
    doctors = dict.fromkeys(
        [proposer, *([facts.entered.actor_id] if facts.entered.event == "close_unconfirmed" else [])]
    )
    return (
        *(Signature(hand=Hand.DOCTOR, who=fitted(Signature, "who", name_of(work, doctor))) for doctor in doctors),
        _signature(work, facts, class_summary, Hand.TEACHER) or _class_without(facts),
        _signature(work, facts, summary, Hand.GUARDIAN) or _family_without(facts, summary),
    )


def _signature(work, facts: CaseFacts, entry: OpenEntry | None, hand: Hand) -> Signature | None:
    found: tuple[SignatureFacts, ...] = facts.signatures.get(entry.id, ()) if entry else ()
    standing = [s for s in found if s.capacity == hand and s.stands]
    if not standing:
        return None
    signed = standing[-1]
    return Signature(
        hand=hand,
        who=_signer(work, signed),
        signed_at=signed.signed_at.astimezone(LOCAL),
        level=level_words(signed),
        version=f"第{signed.version}版",
    )


def _signer(work, signed: SignatureFacts) -> str:
    """Return who signed: by the name on the paper, else by that of the account."""
    if signed.signer_name:
        return fitted(Signature, "who", signed.signer_name)
    account = accounts_of(work, [signed.signer_id])[signed.signer_id]
    return with_relation(account.name, account.relation, room(Signature, "who"))


def _class_without(facts: CaseFacts) -> Signature:
    if not facts.class_takes_part:
        return Signature(hand=Hand.TEACHER, who="", instead="孩子不在托，无需班级确认")
    if facts.state == "confirming":
        return Signature(hand=Hand.TEACHER, who="")
    return Signature(hand=Hand.TEACHER, who="", instead="没有班级确认")


def _family_without(facts: CaseFacts, summary: OpenEntry | None) -> Signature:
    withdrawn = any(s.withdrawn_at for s in facts.signatures.get(summary.id, ())) if summary else False
    if withdrawn:
        return Signature(hand=Hand.GUARDIAN, who="", instead="家长签过，已撤回")
    if facts.state == "confirming":
        return Signature(hand=Hand.GUARDIAN, who="")
    why = {
        "close_unconfirmed": "没有等到家长确认，由两位医生结案",
        "release": "关注结束，已告知家长",
        "stop": "个案中止，没有请家长签名",
    }
    return Signature(hand=Hand.GUARDIAN, who="", instead=why.get(facts.entered.event, "没有家长签名"))
