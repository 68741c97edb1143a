"""A pathway's computable rules, judged on what is on file about a case. Pure; three answers: yes, no, not known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from mengya_health.care.facts import CaseFacts
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.pathway_rules import RuleOutcome, closing_rules, rule_met
from mengya_health.screening.wording import figure_in_words, missing_in_words

USUAL_CLOSING = "closing"
AGREE = "agree"  # the step with which a plan begins
_HOLDS = {"met": True, "not_met": False}


@dataclass(frozen=True)
class Verdict:
    """Whether a rule holds (None: not known yet), and on what, in one line of words for the clinic."""

    is_met: bool | None
    text_zh: str = ""


def entry(facts: CaseFacts) -> Verdict:
    """Return whether the newest readings reach the pathway's mark for opening a case."""
    history = history_of(facts, unticked="no")
    if facts.pathway.rules.case_entry:  # where not every referral opens a case
        judged = judge(facts.pathway.rules.case_entry, history)
        return Verdict(judged.holds, _figures(facts, judged.figures))
    return _verdict(facts, "entry", history)


def watch(facts: CaseFacts) -> Verdict:
    """Return whether the pathway's reason to watch closely is still there."""
    return _verdict(facts, "watch", history_of(facts, unticked="no"))


def success(facts: CaseFacts) -> Verdict:
    """Return whether the pathway's goals are reached, with what the doctor ticked in the newest evaluation."""
    evaluations = facts.since_entered("evaluation")
    ticked = evaluations[-1].content.get("checks", ()) if evaluations else ()
    return _verdict(facts, "success", history_of(facts, dict.fromkeys(ticked, facts.today)))


def relapse(facts: CaseFacts) -> Verdict:
    """Return whether what was seen since the consolidation began calls for support again; what led here once does not.

    A finding stands until its screening is done again, and a reading until the next: both may be older than that.
    """
    if facts.pathway.rules.relapse is None:
        return _without_rule()
    outcome = rule_met(facts.content, facts.pathway.id, "relapse", history_of(facts, unticked="no"))
    since = facts.first_on("following")
    is_new = since is None or any(each.on >= since for each in outcome.figures)
    return Verdict(_HOLDS.get(outcome.status) and is_new, _words(facts, outcome))


def closing(facts: CaseFacts) -> Verdict:
    """Return whether the way to close that the doctor chose is open, with what the doctor ticks for it."""
    chosen = facts.given.get("closing") or USUAL_CLOSING
    if chosen not in closing_rules(facts.content, facts.pathway.id):
        return Verdict(False, "这条路径没有这种结案")
    return _verdict(facts, chosen, history_of(facts, dict.fromkeys(facts.given.get("checks", ()), facts.today)))


def steady_since(facts: CaseFacts) -> tuple[int, int]:
    """Return how many follow-ups the consolidation has had, and how many days it has lasted."""
    since = facts.first_on("following")
    if since is None:
        return 0, 0
    return follow_ups_in(facts, "following"), (facts.today - since).days


def follow_ups_in(facts: CaseFacts, state: str) -> int:
    """Return how many follow-ups were written since the case came into a state; the one that led there is none."""
    came = facts.step_into(state)
    return sum(e.kind == "follow_up" and came is not None and e.recorded_at >= came.at for e in facts.own_entries)


def is_steady(facts: CaseFacts) -> bool:
    """Return whether there were as many follow-ups, over as many days, as the pathway asks for."""
    done, days = steady_since(facts)
    return done >= facts.pathway.stability.follow_ups and days >= facts.pathway.stability.days


def may_close(facts: CaseFacts) -> bool:
    """Return whether the usual way to close is open but for the doctor's own ticks."""
    if USUAL_CLOSING not in closing_rules(facts.content, facts.pathway.id):
        return is_steady(facts)
    return is_steady(facts) and _verdict(facts, USUAL_CLOSING, history_of(facts, unticked="yes")).is_met is True


def triggers_of(facts: CaseFacts) -> tuple[str, ...]:
    """Return the metrics that reach the mark for opening a case on what is on file now."""
    rule = facts.pathway.rules.case_entry or facts.pathway.rules.entry
    figures = judge(rule, history_of(facts, unticked="no")).figures if rule else ()
    return tuple(dict.fromkeys(each.name for each in figures if each.name in facts.content.metrics))


def history_of(
    facts: CaseFacts, ticked: Mapping[str, date] | None = None, unticked: str = "open", *, of_any_plan: bool = False
) -> History:
    """Return everything on file that a rule may look at; `ticked` are the checks of this moment.

    What was ticked before the plan in force was agreed to counts no more, unless `of_any_plan`: it was about another.
    """
    agreed = next((s.at for s in reversed(facts.steps) if s.event == AGREE and s.round == facts.round), None)
    checks = {check: list(days) for check, days in facts.history.checks.items()}
    for check, on in (ticked or {}).items():
        checks.setdefault(check, []).append(on)
    for each in facts.own_entries:
        if each.kind == "follow_up" and (of_any_plan or agreed is None or each.recorded_at >= agreed):
            for check in each.content.get("checks", ()):
                checks.setdefault(check, []).append(each.happened_on)
    return replace(
        facts.history,
        checks={check: tuple(days) for check, days in checks.items()},
        triggers=facts.triggers,
        dates={**facts.history.dates, **_days(facts)},
        unticked=unticked,
    )


def _days(facts: CaseFacts) -> dict[str, date]:
    """Return the days of the case that a rule may count from."""
    known = {
        "entry": facts.first_on("positive") or facts.opened_on,
        "baseline": facts.first_on("active"),
        "intervention": facts.first_on("active"),
        "consolidation": facts.first_on("following"),
    }
    return {name: on for name, on in known.items() if on}


def _verdict(facts: CaseFacts, rule: str, history: History) -> Verdict:
    if rule in ("entry", "watch", "success") and getattr(facts.pathway.rules, rule) is None:
        return _without_rule()
    outcome = rule_met(facts.content, facts.pathway.id, rule, history)
    return Verdict(_HOLDS.get(outcome.status), _words(facts, outcome))


def _without_rule() -> Verdict:
    return Verdict(None, "这条路径没有可计算的标准，请写明理由")


def _words(facts: CaseFacts, outcome: RuleOutcome) -> str:
    parts = [_figures(facts, outcome.figures)]
    if outcome.missing:
        parts.append("缺：" + "、".join(missing_in_words(name, facts.content) for name in outcome.missing))
    if outcome.checks and not outcome.is_met:
        parts.append("待勾选：" + "、".join(outcome.checks))
    return "；".join(part for part in parts if part)


def _figures(facts: CaseFacts, figures: tuple[Reading, ...]) -> str:
    known = [each for each in figures if each.name in facts.content.metrics]
    return "；".join(f"{figure_in_words(each, facts.content)}（{each.on:%m-%d}）" for each in known)
