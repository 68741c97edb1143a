"""What the rules of a pathway ask when the doctor looks again: measurements, readings, ticks, days; and their sources.

The fields of these forms are made here, too, so that a page never offers what its form would not take.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields

from mengya_health.care.facts import CaseFacts
from mengya_health.care.pathway_rules import history_of
from mengya_health.content import Content
from mengya_health.content.conditions import kind_of, names_read, simple_conditions
from mengya_health.content.follow_up_intervals import IntervalChoice
from mengya_health.content.pathways import Pathway
from mengya_health.content.shapes import Sourced
from mengya_health.content.typed_numbers import likely, range_of
from mengya_health.fields import Choice, LocalDate, PlainText, WholeNumber
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.expected import expected_of
from mengya_health.screening.line_fields import metric_field
from mengya_health.screening.measurements import MEASURED
from mengya_health.screening.pathway_rules import rule_met
from mengya_health.screening.planned import SIGNS
from mengya_health.screening.sheets import REGRESSION
from mengya_health.screening.urgent_answer import answer_fields
from mengya_health.screening.wording import answers_of, in_words, name_of
from mengya_health.web.shown import words
from mengya_health.web.shown.origins import origin_text

LARGEST_NUMBER = 9999
BIRTH = "GA_WEEKS"  # stands on the child's sheet
DEFAULT = "product_default"
TYPED_DAYS = (
    "start_of_iron",
    "iron_stopped",
    "glasses_fitted",
)  # the days that rules count from and only a doctor knows
POSITION = "position"
# What is asked in each state: the rule that leads on, and the one that leads back.
RULES_OF_STATE = {
    "active": ("success", "relapse"),
    "following": ("closings", "relapse"),
    "confirming": ("closings", "relapse"),
}
BEFORE_SUPPORT = ("entry", "case_entry", "watch")
ESCALATE = "escalate"  # asked in every state


@dataclass(frozen=True)
class Asked:
    """What one form asks. `readings` are codes of metrics, `checks` name → its text, `days` names of TYPED_DAYS."""

    is_measured: bool
    readings: tuple[str, ...]
    checks: Mapping[str, str]
    days: tuple[str, ...]
    origins: Mapping[str, Sourced]  # of each check


def asked_of_follow_up(content: Content, pathway: Pathway, state: str) -> Asked:
    """Return what the rules ask in a state; readings and measurements are those of all the pathway's rules."""
    rules = (*BEFORE_SUPPORT, "success", "relapse", "closings", "response_check", ESCALATE)
    everywhere = list(_conditions(pathway, rules))
    here = list(_conditions(pathway, (*RULES_OF_STATE.get(state, BEFORE_SUPPORT), ESCALATE)))
    names = frozenset().union(*(names_read(condition) for _rule, condition in everywhere))
    if SIGNS in pathway.screenings:  # whoever is followed for development is asked about regression each time
        names |= {REGRESSION}
    codes = [code for code in content.metrics if code in names and code not in MEASURED]
    return Asked(
        is_measured=any(name in MEASURED or _is_of_growth(content, name) for name in names),
        readings=tuple(code for code in codes if code != BIRTH and not _is_of_growth(content, code)),
        checks=_checks(content, here),
        days=_typed_days([*(condition for _rule, condition in everywhere), *_of_intervals(pathway)]),
        origins={name: _origin(pathway, rule) for rule, condition in here for name in _named(condition)},
    )


def asked_of_rule(content: Content, pathway: Pathway, rule: str) -> Asked:
    """Return the ticks of one rule: success, or one of the ways to close."""
    found = list(_conditions(pathway, (rule,)))
    origins = {name: _origin(pathway, rule) for _rule, condition in found for name in _named(condition)}
    return Asked(False, (), _checks(content, found), (), origins)


def check_options(asked: Asked) -> list[dict]:
    """Return the ticks as options of a field, each with what it rests on."""
    return [
        {"value": name, "text": text, "hint": _("依据：%(basis)s", basis=basis_text(asked.origins[name]))}
        for name, text in asked.checks.items()
    ]


def basis_text(origin: Sourced) -> str:
    """Return where a rule comes from: its source, and of what kind it is."""
    return origin_text(origin, "")


def rule_card(facts: CaseFacts, rule: str) -> dict | None:
    """Return a rule with each of its parts as it stands on what is on file; None where the pathway has none."""
    if not any(_conditions(facts.pathway, (rule,))):
        return None
    outcome = rule_met(facts.content, facts.pathway.id, rule, history_of(facts))
    words = {
        "met": ("met", _("已满足")),
        "not_met": ("flag", _("还没达到")),
        "needs_check": ("waiting", _("等医生勾选")),
        "incomplete": ("note", _("还缺资料")),
    }
    return {
        "text": outcome.text,
        "basis": origin_text(outcome.origin, facts.content.version),
        "parts": [
            {"text": part.text, "kind": words[part.status][0], "status": words[part.status][1]}
            for part in outcome.parts
        ],
    }


def measure_fields(content: Content, asked: Asked, child: ChildFacts, today: date, state) -> list[dict]:
    """Return what is measured and read as fields of partials/any_field.html; a refused number with a guess."""
    shown = []
    if asked.is_measured:
        lying = child.corrected_months(today) < HEIGHT_FROM_MONTH
        positions = [{"value": "l", "text": _("躺着量")}, {"value": "h", "text": _("站着量")}]
        shown = [
            {
                "kind": "number",
                "name": name,
                "label": words.told(content.metrics[code].name),
                "unit": words.told(content.metrics[code].unit),
            }
            for code, name in MEASURED.items()
        ]
        hint = _("这个月龄通常躺着量") if lying else _("这个月龄通常站着量")
        shown.append({"kind": "select", "name": POSITION, "label": _("身长怎么量"), "options": positions, "hint": hint})
    shown += [_reading_field(content, code) for code in asked.readings]
    expected, codes = expected_of(child, today), {name: code for code, name in MEASURED.items()}
    for field in shown:
        metric = content.metrics.get(codes.get(field["name"], field["name"]))
        if field["kind"] == "number" and field["name"] in state.errors and metric.hard:
            meant = likely(str(state.values.get(field["name"], "")), range_of(metric, expected.get(metric.code)))
            field["guess"] = meant or ""
    return shown


def day_fields(content: Content, asked: Asked) -> list[dict]:
    return [{"kind": "date", "name": day, "label": name_of(day, content)} for day in asked.days]


def labels_of(content: Content, asked: Asked) -> dict[str, str]:
    """Return what the measured fields are called in the summary of what is wrong."""
    measured = {name: words.told(content.metrics[code].name) for code, name in MEASURED.items()}
    return measured | {code: words.told(content.metrics[code].name) for code in asked.readings}


def form_fields(content: Content, asked: Asked) -> dict[str, fields.Field]:
    """Return the fields a form takes for all that is asked, by name."""
    taken: dict[str, fields.Field] = {}
    if asked.checks:
        taken["checks"] = fields.List(Choice(*asked.checks), load_default=list)
    if asked.is_measured:
        taken |= {name: _number(content, code) for code, name in MEASURED.items()}
        taken[POSITION] = Choice("l", "h")
    taken |= {code: _number(content, code) for code in asked.readings}
    return taken | {day: LocalDate() for day in asked.days}


def follow_up_fields(content: Content, asked: Asked) -> dict[str, fields.Field]:
    """Return the same for a follow-up, with what is confirmed and what is said about figures that cannot wait."""
    names = (*MEASURED.values(), *asked.readings)
    confirmed = {f"confirm_{name}": PlainText(longest=20) for name in names}
    return form_fields(content, asked) | confirmed | answer_fields(content)


# --- inside -----------------------------------------------------------------------------------------------------------


def _conditions(pathway: Pathway, rules: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the conditions of these rules with the name of each; one that refers to another brings it along."""
    closings = {closing.name: closing.condition for closing in pathway.rules.closings}
    for rule in rules:
        if rule == "closings":
            for name, closing in closings.items():
                yield from _with_referred(pathway, name, closing)
            continue
        if rule == ESCALATE:
            yield from ((rule, each.condition) for each in pathway.rules.escalate)
            continue
        condition = closings.get(rule) or getattr(pathway.rules, rule, None)
        if condition:
            yield from _with_referred(pathway, rule, condition)


def _with_referred(
    pathway: Pathway, rule: str, condition: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield rule, condition
    for simple in simple_conditions(condition):
        if "ref" in simple:
            yield simple["ref"], getattr(pathway.rules, simple["ref"])


def _named(condition: Mapping[str, Any]) -> list[str]:
    """Return what a clinician ticks for a condition: its checks, and corrected acuity, which is no metric."""
    kinds = ("check", "any_of_both_eyes")
    return [each[kind_of(each)] for each in simple_conditions(condition) if kind_of(each) in kinds]


def _checks(content: Content, found: list[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    return {
        each[kind_of(each)]: each["check"] if "check" in each else in_words(each, content)
        for _rule, condition in found
        for each in simple_conditions(condition)
        if kind_of(each) in ("check", "any_of_both_eyes")
    }


def _of_intervals(pathway: Pathway) -> list[Mapping[str, Any]]:
    """Return the conditions by which the time to the next follow-up is chosen."""
    choices = [days for days in pathway.rules.follow_up_days.values() if isinstance(days, tuple)]
    return [each.condition for days in choices for each in days if isinstance(each, IntervalChoice) and each.condition]


def _typed_days(conditions: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    counted = {day for condition in conditions for day in _days(condition)}
    return tuple(day for day in TYPED_DAYS if day in counted)


def _days(condition: Mapping[str, Any]) -> set[str]:
    return {each.get("days_since") or each.get("vs", "") for each in simple_conditions(condition)}


def _is_of_growth(content: Content, name: str) -> bool:
    """Return whether a metric is worked out from weight and length; what is counted by hand has a range."""
    metric = content.metrics.get(name)
    return metric is not None and metric.kind == "derived" and metric.hard is None


def _origin(pathway: Pathway, rule: str) -> Sourced:
    if rule == "success":
        return pathway.success_origin
    return pathway.closing_origin if rule == "closing" else Sourced(basis=DEFAULT)


def _reading_field(content: Content, code: str) -> dict:
    metric = content.metrics[code]
    named = answers_of(code, content)
    if named:
        options = [{"value": str(value), "text": words.told(text)} for value, text in named.items()]
        return {"kind": "select", "name": code, "label": words.told(metric.name), "options": options}
    return {"kind": "number", "name": code, "label": words.told(metric.name), "unit": words.told(metric.unit)}


def _number(content: Content, code: str) -> fields.Field:
    metric = content.metrics[code]
    named = answers_of(code, content)
    if named:
        return Choice(*map(str, named))
    return metric_field(metric) if metric.hard else WholeNumber(low=0, high=LARGEST_NUMBER)
