"""Conditions on what the actor supplies with an event."""

from mengya_health.care.conditions.finding import Finding, open_duties, open_referrals
from mengya_health.care.facts import CaseFacts
from mengya_health.phrases import Phrase

OTHER, CURED = "99", "1"  # closing_reasons.yaml


def date_is_set(facts: CaseFacts) -> Finding:
    on = facts.given.get("due_on")
    return Finding(on is not None and on >= facts.today, f"{on:%m-%d}" if on else "")


def reason_is_given(facts: CaseFacts) -> Finding:
    return Finding(bool(str(facts.given.get("reason", "")).strip()))


def question_is_asked(facts: CaseFacts) -> Finding:
    return Finding(bool(str(facts.given.get("question", "")).strip()))


def materials_are_chosen(facts: CaseFacts) -> Finding:
    chosen = facts.given.get("materials", ())
    return Finding(bool(chosen), Phrase("%(n)s 份", n=len(chosen)) if chosen else "")


def stop_reason_is_typed(facts: CaseFacts) -> Finding:
    code = facts.given.get("reason_code")
    known = code in facts.content.closing_reasons and code != CURED
    explained = code != OTHER or bool(str(facts.given.get("reason", "")).strip())
    return Finding(known and explained, facts.content.closing_reasons[code] if known else "")


def open_items_have_reasons(facts: CaseFacts) -> Finding:
    left = [*open_duties(facts), *open_referrals(facts)]
    code = facts.given.get("not_done")
    explained = code != "other" or bool(str(facts.given.get("not_done_text", "")).strip())
    shown = Phrase("%(n)s 件", n=len(left)) if left else ""
    return Finding(not left or (code in facts.loop.not_done_reasons and explained), shown)
