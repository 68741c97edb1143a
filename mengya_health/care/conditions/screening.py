"""Conditions on the way through screening and referral."""

from mengya_health.care import pathway_rules
from mengya_health.care.conditions.finding import Finding
from mengya_health.care.facts import CaseFacts, ReferralFacts
from mengya_health.care.readings import READING_KINDS
from mengya_health.phrases import Phrase, listed


def pathway_is_free(facts: CaseFacts) -> Finding:
    return Finding(facts.other_open_case is None)


def positive_is_on_file(facts: CaseFacts) -> Finding:
    concern = next((t for t in facts.own_tasks if t.kind == "concern" and t.body.get("outcome") == "accepted"), None)
    if concern:
        return Finding(True, Phrase("已接受的提醒 %(on)s", on=f"{concern.created_at:%m-%d}"))
    verdict = pathway_rules.entry(facts)
    return Finding(verdict.is_met is True, verdict.text_zh)


def negative_is_on_file(facts: CaseFacts) -> Finding:
    feedback = facts.newest("referral_feedback")
    if feedback and feedback.content.get("result") == "excluded":
        return Finding(True, Phrase("回执 %(on)s：未见问题", on=f"{feedback.happened_on:%m-%d}"))
    if not _read_since_flagged(facts):
        return Finding(False, Phrase("立案以后还没有新的检查"))
    verdict = pathway_rules.entry(facts)
    return Finding(verdict.is_met is False, verdict.text_zh)


def risk_is_past(facts: CaseFacts) -> Finding:
    typed = str(facts.given.get("reason", "")).strip()
    if typed:
        return Finding(True, Phrase("已写明理由"))
    negative = negative_is_on_file(facts)
    watch = pathway_rules.watch(facts)
    return Finding(negative.is_met and watch.is_met is not True, negative.evidence_zh)


def guardian_is_informed(facts: CaseFacts) -> Finding:
    if facts.given.get("informed"):
        return Finding(True, Phrase("这次告知"))
    reached = [e for e in facts.since_entered("contact_attempt") if e.content.get("reached")]
    shown = Phrase("%(on)s 已联系到", on=f"{reached[-1].happened_on:%m-%d}") if reached else ""
    return Finding(bool(reached), shown)


def receiver_is_consented(facts: CaseFacts) -> Finding:
    receiver_id = facts.given.get("receiver_id")
    return Finding(receiver_id is not None and facts.child.subject.has_consent("P3", receiver_id))


def referrals_are_settled(facts: CaseFacts) -> Finding:
    return _referrals([r for r in facts.referrals if not r.is_settled], facts)


def referrals_have_feedback(facts: CaseFacts) -> Finding:
    return _referrals([r for r in facts.referrals if not r.is_answered], facts)


def _referrals(waiting: list[ReferralFacts], facts: CaseFacts) -> Finding:
    if waiting:
        days = ((r.number, (facts.today - r.sent_on).days) for r in waiting)
        return Finding(False, listed(Phrase("%(number)s 等了 %(n)s 天", number=number, n=n) for number, n in days))
    number = len(facts.referrals)
    return Finding(True, Phrase("%(n)s 张都有结果", n=number) if number else Phrase("没有转诊"))


def _read_since_flagged(facts: CaseFacts) -> bool:
    """Return whether a reading came in after the case was opened or last flagged."""
    flagged = [s for s in facts.steps if s.event in ("open", "flag", "reopen") and s.round == facts.round]
    last = flagged[-1].at if flagged else None
    return any(e.kind in READING_KINDS and (last is None or e.recorded_at > last) for e in facts.entries)
