"""Several children of a class or place with the same symptom or infection within some days. Pure; figures, no names.

Source: `absence_rule` and `cluster_rule` of behaviours.yaml.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from mengya_health.content.behaviours import Behaviours

WIDER = ("same_site_count_ge", "classes_ge")  # what the CDC weighs: about the whole place


@dataclass(frozen=True)
class Sick:
    """One child of a class who had a symptom, or an infection (its code), that day."""

    child_id: UUID
    group_id: UUID
    what: str
    on: date


@dataclass(frozen=True)
class Cluster:
    """How many children had the same within the days. `group_id` None: over the whole place."""

    what: str
    group_id: UUID | None
    count: int
    within_days: int


def clusters(
    behaviours: Behaviours, sick: Iterable[Sick], class_sizes: Mapping[UUID, int], today: date
) -> list[Cluster]:
    """Return the clusters that end today, by what the file says of each infection, else of any symptom."""
    found, by_what = [], defaultdict(list)
    for each in sick:
        by_what[each.what].append(each)
    for what, cases in sorted(by_what.items()):
        rule = _rule(behaviours, what)
        since = today - timedelta(days=rule["within_days"])
        recent = [each for each in cases if since < each.on <= today]
        found += _of_classes(what, rule, recent, class_sizes)
        found += _of_the_place(what, rule, recent)
    return found


def _rule(behaviours: Behaviours, what: str) -> Mapping[str, int]:
    infection = behaviours.infections.get(what)
    if infection and infection.cluster_rule:
        return infection.cluster_rule
    general = behaviours.daily_check.absence_rule
    return {"same_class_count_ge": general["same_symptom_count_ge"], "within_days": general["within_days"]}


def _of_classes(what: str, rule: Mapping[str, int], recent: list[Sick], sizes: Mapping[UUID, int]) -> list[Cluster]:
    numbers = {group_id: _children(recent, group_id) for group_id in {each.group_id for each in recent}}
    return [
        Cluster(what, group_id, number, rule["within_days"])
        for group_id, number in sorted(numbers.items())
        if _is_enough(rule, number, sizes.get(group_id, 0))
    ]


def _is_enough(rule: Mapping[str, int], number: int, size: int) -> bool:
    if "same_class_percent_ge" in rule:
        return number * 100 >= rule["same_class_percent_ge"] * size > 0
    return number >= rule["same_class_count_ge"]


def _of_the_place(what: str, rule: Mapping[str, int], recent: list[Sick]) -> list[Cluster]:
    """Return the whole place's cluster: so many in all, or so many classes with a cluster of their own."""
    if not any(key in rule for key in WIDER):
        return []
    number = _children(recent)
    groups = {each.group_id for each in recent}
    many = [group_id for group_id in groups if _children(recent, group_id) >= rule["same_class_count_ge"]]
    is_one = number >= rule["same_site_count_ge"] or len(many) >= rule["classes_ge"]
    return [Cluster(what, None, number, rule["within_days"])] if is_one else []


def _children(cases: Iterable[Sick], group_id: UUID | None = None) -> int:
    return len({each.child_id for each in cases if group_id in (None, each.group_id)})
