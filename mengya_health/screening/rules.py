"""The small evaluator: the rules of one screening on one child's answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import checks_named, kind_of, names_read, simple_conditions
from mengya_health.content.measurements import Input
from mengya_health.content.screening_rules import LEVELS, Disposition, Profile, Rule
from mengya_health.content.screenings import Screening
from mengya_health.errors import Invalid
from mengya_health.screening.comparing import exact
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History, answers_as_history
from mengya_health.screening.proposals import Proposal, propose_pathways
from mengya_health.screening.wording import in_words

# Counted from the signs of an age group; at an age without signs there is nothing to count.
COUNTED_FROM_SIGNS = frozenset({"WSCST_N", "WS_ASD_N"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule that fired, on which `values`, with where it comes from, what to do, and the pathways it suggests.

    `level` is negative, watch, positive or severe. `text` is the rule in words. `dispositions` with a `when` hold only
    in that circumstance: a clinician weighs it.
    """

    screening_id: str
    code: str
    result: str
    level: str
    text: str
    values: Mapping[str, Any]
    ages_m: tuple[int, int] | None
    source: str | None
    basis: str | None
    verified: bool | None
    verified_note: str | None
    dispositions: tuple[Disposition, ...]
    pathways: tuple[Proposal, ...]

    @property
    def within_days(self) -> int | None:
        """The shortest time limit that holds without weighing anything; 0 is the same day."""
        limits = [each.first_days for each in self.dispositions if not each.when and not each.stage]
        return min((limit for limit in limits if limit is not None), default=None)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a screening says.

    `outcome`: "found", "none" (judged, and no rule fired), "not_applicable" or "incomplete". `missing` are the answers
    some rule still needed. Pages show `conclusion`: none with something missing is no clean result.
    """

    screening_id: str
    age_months: int | None
    profile: str | None
    outcome: str
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    not_applicable: tuple[str, ...]
    content_version: str

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(finding.code for finding in self.findings)

    @property
    def conclusion(self) -> str:
        """severe, positive, watch, negative, not_applicable or incomplete; the last two are never shown as normal."""
        level = max((LEVELS.index(finding.level) for finding in self.findings), default=0)
        if level:
            return LEVELS[level]
        if self.outcome in ("not_applicable", "incomplete"):
            return self.outcome
        return "incomplete" if self.missing else "negative"

    @property
    def is_positive(self) -> bool:
        """True for positive and severe: a concern that may open or move a case."""
        return self.conclusion in ("positive", "severe")


def evaluate(
    content: Content,
    screening_id: str,
    age_months: int | None,
    answers: Mapping[str, Any],
    *,
    profile: str | None = None,
) -> Evaluation:
    """Return what the rules of a screening say about one set of answers.

    `age_months` are whole months, corrected where `screening.uses_corrected_age`; None leaves out rules bound to an
    age. `answers` maps metric codes (values in the metric's unit), input codes, and "checks" to the names of ticked
    checks. `profile` picks among several sets of thresholds. Raises Invalid for an unknown screening, profile, answer
    or check and for values outside the metric's hard range.
    """
    screening, judged_by = _screening_and_rules(content, screening_id, profile)
    _refuse_impossible(content, screening_id, answers)
    compared = _as_compared(content, judged_by, answers)
    history = answers_as_history(compared, age_months, metric_choice=screening.metric_choice)
    applying, left_out = _split_by_age(content, screening_id, judged_by, history)
    results = {rule.code: judge(rule.condition, history) for rule in applying}
    fired = [rule for rule in applying if results[rule.code].holds]
    optional = set(screening.optional)
    unknown = [result for result in results.values() if result.holds is None]
    missing = tuple(dict.fromkeys(name for result in unknown for name in result.missing if name not in optional))
    judged = any(result.figures for result in results.values() if result.holds is not None)
    return Evaluation(
        screening_id=screening_id,
        age_months=age_months,
        profile=profile or screening.default_profile,
        outcome="found" if fired else _outcome(judged, left_out, answers, bool(applying)),
        findings=tuple(_finding(content, screening, rule, judged_by, answers, age_months) for rule in fired),
        missing=missing,
        not_applicable=tuple(rule.code for rule in left_out),
        content_version=content.version,
    )


def names_asked(content: Content, screening_id: str, age_months: int) -> tuple[str, ...]:
    """Return the metrics and inputs a screening needs at this age before it can be negative."""
    screening, judged_by = _screening_and_rules(content, screening_id, None)
    history = answers_as_history({}, age_months)
    applying, _ = _split_by_age(content, screening_id, judged_by, history)
    names = dict.fromkeys(name for rule in applying for name in sorted(names_read(rule.condition)))
    return tuple(name for name in names if name not in screening.optional)


def _screening_and_rules(content: Content, screening_id: str, profile: str | None) -> tuple[Screening, Profile]:
    screening = content.screenings.get(screening_id)
    if screening is None:
        raise Invalid(f"没有筛查 {screening_id}。", f"There is no screening {screening_id}.")
    screening = content.screenings[screening.alias_of or screening_id]
    if profile is not None and profile not in screening.profiles:
        raise Invalid(f"{screening_id} 没有口径 {profile}。", f"{screening_id} has no profile {profile}.")
    return screening, screening.profile(profile)


def checks_asked(content: Content, screening_id: str, profile: str | None = None) -> tuple[str, ...]:
    """Return the names of everything a screening leaves to a clinician's tick, by its rules and reminders."""
    screening, judged_by = _screening_and_rules(content, screening_id, profile)
    conditions = [rule.condition for rule in judged_by.rules]
    conditions += [alert.rule for alert in screening.alerts if alert.rule]
    conditions += [each for each in (content.screenings[screening_id].applies_if,) if each]
    return tuple(dict.fromkeys(check for condition in conditions for check in checks_named(condition)))


def _refuse_impossible(content: Content, screening_id: str, answers: Mapping[str, Any]) -> None:
    screening = content.screenings[content.screenings[screening_id].alias_of or screening_id]
    asked = {each.code: each for each in screening.asked}
    problems: dict[str, tuple[str, str]] = {}
    for name, value in answers.items():
        metric = content.metrics.get(name)
        if name == "checks":
            strange = sorted(set(value) - set(checks_asked(content, screening_id)))
            if strange:
                named = "、".join(strange)
                problems[name] = (f"{screening.name}没有勾选项 {named}。", f"It has no check {named}.")
        elif metric is None and name not in asked:
            problems[name] = (f"{screening.name}不问 {name}。", f"This screening does not ask {name}.")
        elif value is not None and not (_is_possible(metric, value) if metric else _is_answer(asked[name], value)):
            label = metric.name if metric else asked[name].name
            problems[name] = (f"{label}不可能是 {value}，请核对。", f"{name} {value} is impossible; check it.")
    if problems:
        fields = {name: [f"{zh} {en}"] for name, (zh, en) in problems.items()}
        raise Invalid(*next(iter(problems.values())), fields=fields)


def _is_possible(metric: Any, value: Any) -> bool:
    try:
        return not isinstance(value, str | bool) and metric.is_possible(value)
    except TypeError:
        return False


def _is_answer(asked: Input, value: Any) -> bool:
    """Return whether a value is of the kind that an input takes."""
    if asked.kind == "boolean":
        return isinstance(value, bool)
    if asked.kind == "set":
        return isinstance(value, list | tuple | set | frozenset)
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return is_number and (value in asked.values if asked.kind == "choice" else value >= 0)


def _as_compared(content: Content, judged_by: Profile, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answers with what is subtracted from one another rounded to its decimals first.

    Source: the grammar at the head of screenings.yaml (abs_diff).
    """
    subtracted = {
        name
        for rule in judged_by.rules
        for condition in simple_conditions(rule.condition)
        if kind_of(condition) == "abs_diff"
        for name in condition["abs_diff"]
    }
    rounded = {
        name: round(exact(answers[name]), content.metrics[name].decimals)
        for name in subtracted & set(answers)
        if answers[name] is not None
    }
    return {**answers, **rounded}


def _split_by_age(
    content: Content, screening_id: str, judged_by: Profile, history: History
) -> tuple[list[Rule], list[Rule]]:
    """Return the rules that apply at this age, and those that do not."""
    entry = content.screenings[screening_id]
    whole = (entry.ages_m, content.screenings[entry.alias_of or screening_id].ages_m, judged_by.ages_m)
    is_due = entry.applies_if is None or judge(entry.applies_if, history).holds is not False
    age = history.age_months
    if not is_due or not all(_within(age, ages) for ages in whole if age is not None):
        return [], list(judged_by.rules)
    has_signs = age is None or content.warning_signs.group_for(age) is not None
    applying = [
        rule
        for rule in judged_by.rules
        if (_within(age, rule.ages_m)) and (has_signs or not names_read(rule.condition) & COUNTED_FROM_SIGNS)
    ]
    return applying, [rule for rule in judged_by.rules if rule not in applying]


def _within(age_months: int | None, ages: tuple[int, int] | None) -> bool:
    return ages is None or (age_months is not None and ages[0] <= age_months < ages[1])


def _outcome(judged: bool, left_out: list[Rule], answers: Mapping[str, Any], any_apply: bool) -> str:
    if judged:
        return "none"
    answered = {name for name, value in answers.items() if value is not None}
    meant_for_another_age = any(names_read(rule.condition) & answered for rule in left_out)
    return "not_applicable" if meant_for_another_age or not any_apply else "incomplete"


def _finding(
    content: Content,
    screening: Screening,
    rule: Rule,
    judged_by: Profile,
    answers: Mapping[str, Any],
    age_months: int | None,
) -> Finding:
    read = names_read(rule.condition)
    read_by_others = {name for other in judged_by.rules for name in names_read(other.condition)} - read
    # Another rule's figures suggest that rule's pathway; only what no rule judges speaks for every finding.
    own = {name: value for name, value in answers.items() if name not in read_by_others}
    return Finding(
        screening_id=screening.id,
        code=rule.code,
        result=rule.result,
        level=rule.level,
        text=rule.text or in_words(rule.condition, content),
        values={name: answers[name] for name in sorted(read) if answers.get(name) is not None},
        ages_m=rule.ages_m or judged_by.ages_m or screening.ages_m,
        source=rule.source or judged_by.source or screening.source,
        basis=rule.basis,
        verified=rule.verified if rule.verified is not None else screening.verified,
        verified_note=rule.verified_note or judged_by.verified_note or screening.verified_note,
        dispositions=dispositions_of(screening, rule),
        pathways=propose_pathways(content, screening.pathways, own, age_months, codes=(rule.code,)),
    )


def dispositions_of(screening: Screening, rule: Rule) -> tuple[Disposition, ...]:
    """What names this rule goes before what names only its level; both are kept where the first needs weighing."""
    if rule.level == "negative":
        return ()
    named = tuple(each for each in screening.dispositions if rule.code in each.codes)
    if any(each.when is None for each in named):
        return named
    return (*(each for each in screening.dispositions if _is_general(each, rule)), *named)


def _is_general(disposition: Disposition, rule: Rule) -> bool:
    if disposition.codes or disposition.rule is not None:
        return False
    if disposition.level is None:
        return rule.level in ("positive", "severe")
    return disposition.level == rule.level
