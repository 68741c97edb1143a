"""Conditions on closing: by three hands, by two doctors, or because the family was lost."""

from datetime import date, timedelta

from mengya_health.care import pathway_rules
from mengya_health.care.conditions.finding import Finding, open_duties, open_referrals, signed
from mengya_health.care.facts import CaseFacts
from mengya_health.phrases import Phrase
from mengya_health.record.queries import OpenEntry

LOST = "6"  # closing_reasons.yaml


def closing_rule_is_met(facts: CaseFacts) -> Finding:
    verdict, needed = pathway_rules.closing(facts), facts.pathway.stability
    done, days = pathway_rules.steady_since(facts)
    shown = Phrase(
        "随访 %(done)s/%(follow_ups)s 次，巩固 %(steady)s/%(days)s 天。%(rule)s",
        done=done,
        follow_ups=needed.follow_ups,
        steady=days,
        days=needed.days,
        rule=verdict.text_zh,
    )
    return Finding(verdict.is_met is True and pathway_rules.is_steady(facts), shown)


def nothing_is_open(facts: CaseFacts) -> Finding:
    left = [task.title for task in open_duties(facts)] + [r.number for r in open_referrals(facts)]
    return Finding(not left, "、".join(left))


def class_summary_is_signed(facts: CaseFacts) -> Finding:
    summaries = facts.since_entered("class_summary")
    return signed(facts, summaries[-1] if summaries else None, "teacher")


def class_has_confirmed(facts: CaseFacts) -> Finding:
    if not facts.class_takes_part:
        return Finding(True, Phrase("孩子不在托，无需班级确认"))
    start = facts.entered
    confirmed = [s for s in facts.steps if s.event == "confirm_stable" and start and s.seq > start.seq]
    shown = Phrase("%(on)s 已确认", on=f"{confirmed[-1].on:%m-%d}") if confirmed else ""
    return Finding(bool(confirmed), shown)


def closing_summary_is_signed(facts: CaseFacts) -> Finding:
    return signed(facts, facts.newest("closing_summary"), "guardian", "agree", since_entered=True)


def confirmation_time_is_over(facts: CaseFacts) -> Finding:
    waited = (facts.today - facts.entered.on).days if facts.entered else 0
    wanted = facts.loop.limits.unconfirmed_days
    return Finding(waited >= wanted, Phrase("%(waited)s/%(wanted)s 天", waited=waited, wanted=wanted))


def contacts_were_tried(facts: CaseFacts) -> Finding:
    tried = len(facts.since_entered("contact_attempt"))
    wanted = facts.loop.limits.unconfirmed_contacts
    return Finding(tried >= wanted, Phrase("%(tried)s/%(wanted)s 次", tried=tried, wanted=wanted))


def second_doctor_agrees(facts: CaseFacts) -> Finding:
    asked = [t for t in facts.own_tasks if t.kind == "second_doctor" and t.is_open]
    is_another = any(task.body.get("asked_by") != str(facts.actor_id) for task in asked)
    return Finding(is_another, Phrase("请没有提出的那位医生来决定") if asked and not is_another else "")


def loss_is_shown(facts: CaseFacts) -> Finding:
    if facts.given.get("reason_code") != LOST:
        return Finding(True)
    wanted = facts.content.time_limits[facts.loop.limits.lost_after].compute
    tries = [e for e in facts.own_entries if e.kind == "contact_attempt"]
    recent = [e for e in tries if facts.today - e.happened_on <= timedelta(days=wanted["window_days"])]
    unanswered = recent[_after_last_reached(recent) :]
    times = _days_that_count([e.happened_on for e in unanswered], wanted["min_gap_days"])
    ways = {e.content.get("way") for e in unanswered}
    shown = Phrase(
        "联系 %(times)s/%(contacts)s 次，%(tried)s/%(ways)s 种方式",
        times=times,
        contacts=wanted["contacts"],
        tried=len(ways),
        ways=wanted["ways"],
    )
    return Finding(times >= wanted["contacts"] and len(ways) >= wanted["ways"], shown)


def _after_last_reached(tries: list[OpenEntry]) -> int:
    return max((position + 1 for position, each in enumerate(tries) if each.content.get("reached")), default=0)


def _days_that_count(days: list[date], min_gap_days: int) -> int:
    """Return how many of the days lie at least so many days after the last one that counted."""
    counted: list[date] = []
    for day in sorted(days):
        if not counted or (day - counted[-1]).days >= min_gap_days:
            counted.append(day)
    return len(counted)
