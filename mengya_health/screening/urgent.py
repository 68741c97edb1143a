"""当日就诊: which findings cannot wait until tomorrow, and what has to be said about them before they are stored. Pure.

What is urgent is data: a disposition or an alert of screenings.yaml whose time limit is 0 days. Suspected harm is never
among them: it is reported on a page of its own (mandatory_report.yaml), and leaves no trace in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import checks_named, names_read
from mengya_health.content.screening_rules import Alert, Rule
from mengya_health.content.screenings import Screening
from mengya_health.content.urgent import UrgentWords
from mengya_health.screening.planned import CheckPlan, form_name, original
from mengya_health.screening.reported import reported_codes
from mengya_health.screening.rules import dispositions_of
from mengya_health.screening.wording import name_of

SAME_DAY = 0


@dataclass(frozen=True, kw_only=True)
class Urgent:
    """One finding for which the child is seen today.

    `figures` are the values it rests on, with unit. `circumstance` is what a clinician weighs first, "" where nothing
    is left to weigh. `words` are what the family reads.
    """

    code: str
    screening: str
    result: str
    figures: str
    actions: tuple[str, ...]
    circumstance: str
    source: str
    words: UrgentWords


def urgent_in(content: Content, findings: Iterable[Mapping[str, Any]]) -> tuple[Urgent, ...]:
    """Return the urgent ones among findings as an entry keeps them (`findings.finding_content`)."""
    reported = reported_codes(content)
    return tuple(_urgent(content, each) for each in findings if each["code"] not in reported and _is_urgent(each))


def urgent_fields(content: Content, plan: CheckPlan) -> tuple[str, ...]:
    """Return the fields of a check's form on which something urgent may rest, in the order of the form."""
    read: set[str] = set()
    for screening_id in plan.visit.screenings:
        screening = original(content, screening_id)
        conditions = [rule.condition for rule in _urgent_rules(content, screening)]
        conditions += [alert.rule for alert in _urgent_alerts(screening)]
        found = {name for each in conditions for name in (*names_read(each), *checks_named(each))}
        read |= found | ({*screening.inputs} if found & {*screening.derives} else set())
    lines = [line for line in plan.visit.fields if {line.metric, (line.feeds or "").rpartition(".")[2]} & read]
    told = [each.name for each in plan.told if each.check in read]
    seen = [each.name for each in plan.seen if each.code in read]
    return ("done_on", "position", *(form_name(line) for line in lines), *told, *seen)


def urgent_codes(content: Content) -> frozenset[str]:
    """Return every code that may ever be urgent."""
    return frozenset(
        each.code
        for screening in content.screenings.values()
        for each in (*_urgent_rules(content, screening), *_urgent_alerts(screening))
    )


def circumstances(content: Content) -> Mapping[str, str]:
    """Return the codes whose urgency a clinician weighs, each with the name of its field in a form."""
    weighed = (
        rule.code
        for screening in content.screenings.values()
        for rule in _urgent_rules(content, screening)
        if not any(each.first_days == SAME_DAY and not each.when for each in dispositions_of(screening, rule))
    )
    return {code: weighed_in(code) for code in weighed}


def weighed_in(code: str) -> str:
    """Return the field of a form in which a clinician says whether the circumstance holds."""
    return f"weigh_{code.lower()}"


def has_urgent(content: Content, screening: Screening) -> bool:
    """Return whether anything a screening finds may be urgent."""
    return bool(_urgent_rules(content, screening) or _urgent_alerts(screening))


# --- inside -----------------------------------------------------------------------------------------------------------


def _is_urgent(finding: Mapping[str, Any]) -> bool:
    # Checks stored before a circumstance kept its time limit have none.
    return finding["within_days"] == SAME_DAY or any(each.get("within_days") == SAME_DAY for each in finding["weigh"])


def _urgent(content: Content, finding: Mapping[str, Any]) -> Urgent:
    weighed = [each for each in finding["weigh"] if each.get("within_days") == SAME_DAY]
    is_weighed = finding["within_days"] != SAME_DAY
    figures = [f"{name_of(each['code'], content)} {_shown(content, each)}" for each in finding["values"]]
    return Urgent(
        code=finding["code"],
        screening=finding["name"],
        result=finding["result"],
        figures="；".join([*figures, *([] if figures else [finding["text"]])]),
        actions=tuple(each["action"] for each in weighed) if is_weighed else tuple(finding["actions"]),
        circumstance=weighed[0]["when"] if is_weighed else "",
        source=finding["source"] or "",
        words=content.urgent_words.get(finding["code"], content.usual_urgent_words),
    )


def _shown(content: Content, value: Mapping[str, Any]) -> str:
    metric = content.metrics.get(value["code"])
    if metric is None:
        return "有" if value["value"] is True else str(value["value"])
    text = str(value["value"])
    if metric.kind == "derived":
        text = f"{float(text):.1f}".replace("-", "−")
    return f"{text} {metric.unit}".strip()


def _urgent_rules(content: Content, screening: Screening) -> list[Rule]:
    return _urgent_rules_of(content)[screening.id]


@lru_cache(maxsize=4)
def _urgent_rules_of(content: Content) -> dict[str, list[Rule]]:
    """Return them by screening, looked for once: a form that takes measurements asks sixty times."""
    return {id: _rules_with_urgency(content, screening) for id, screening in content.screenings.items()}


def _rules_with_urgency(content: Content, screening: Screening) -> list[Rule]:
    if screening.alias_of:
        return []
    reported = reported_codes(content)
    return [
        rule
        for rule in screening.profile().rules
        if rule.code not in reported
        and any(each.first_days == SAME_DAY and not each.stage for each in dispositions_of(screening, rule))
    ]


def _urgent_alerts(screening: Screening) -> list[Alert]:
    return [alert for alert in screening.alerts if alert.rule and alert.within_days == SAME_DAY]
