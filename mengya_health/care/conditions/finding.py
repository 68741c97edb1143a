"""What a condition finds, and what several conditions look at."""

from dataclasses import dataclass

from mengya_health.care.facts import CaseFacts, ReferralFacts, TaskFacts
from mengya_health.phrases import Phrase
from mengya_health.record.queries import OpenEntry


@dataclass(frozen=True)
class Finding:
    """Whether a condition holds, what shows it in one line, and whose turn it is where the file does not know."""

    is_met: bool
    evidence_zh: str = ""
    whose_turn: str = ""


def signed(
    facts: CaseFacts, entry: OpenEntry | None, capacity: str, decision: str = "", *, since_entered: bool = False
) -> Finding:
    """Return whether this very version carries a standing signature in a capacity (and with a decision)."""
    if entry is None:
        return Finding(False, Phrase("还没有写"))
    start = facts.entered.at if since_entered and facts.entered else None
    for signature in facts.signatures.get(entry.id, ()):
        right = signature.capacity == capacity and signature.version == entry.version and signature.stands
        wanted = not decision or signature.decision == decision
        if right and wanted and (start is None or signature.signed_at >= start):
            signed_on = f"{signature.signed_at.astimezone(facts.now.tzinfo):%m-%d}"
            return Finding(True, Phrase("%(on)s 第 %(version)s 版", on=signed_on, version=entry.version))
    return Finding(False, Phrase("第 %(version)s 版等签名", version=entry.version))


def open_duties(facts: CaseFacts) -> list[TaskFacts]:
    """Return what somebody still has to do for the case; the doctor's own next decision is none of it."""
    return [task for task in facts.own_tasks if task.is_open and task.kind not in ("decision", "referral_reply")]


def open_referrals(facts: CaseFacts) -> list[ReferralFacts]:
    return [referral for referral in facts.referrals if not referral.is_settled]
