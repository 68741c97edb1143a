"""service_menu.yaml: the five parcels and the tasks a doctor assigns from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from mengya_health.content.shapes import (
    AgeRange,
    Kept,
    Meta,
    Shape,
    Sourced,
    many,
    one_of,
    whole,
    word_list,
    words,
)


@dataclass(frozen=True, kw_only=True)
class Task(Sourced):
    """One task of the menu, in words for the family.

    `who` parent and/or teacher, the usual one first; `ages_m` [from, to) whole months; `frequency` in words; `weeks`
    and `minutes` the usual length; `log` the fields of a check-in; `review` when the doctor looks; `safety` always goes
    with the text, and so does the text of the kind `general_safety` (feeding or tcm). `service` is the parcel it comes
    from.
    """

    id: str
    title: str
    who: tuple[str, ...]
    ages: str
    ages_m: tuple[int, int]
    pathways: tuple[str, ...]
    text: str
    frequency: str
    weeks: int
    minutes: int
    log: tuple[str, ...]
    review: str
    safety: str | None = None
    general_safety: str | None = None
    service: str = ""

    def suits(self, age_months: int) -> bool:
        """True if a child of this age in whole months (corrected for preterm children) may get it."""
        return self.ages_m[0] <= age_months < self.ages_m[1]


class TaskShape(Shape):
    id = words(required=True, pattern=r"(BB|BT|XJ|NB|TD|GY)\d{2}")
    title = words(required=True)
    who = fields.List(words(), required=True, validate=validate.ContainsOnly(("parent", "teacher")))
    ages = words(required=True)
    ages_m = AgeRange(required=True)
    pathways = word_list(required=True)
    text = words(required=True)
    frequency = words(required=True, key="freq")
    weeks = whole(required=True, least=1)
    minutes = whole(required=True)
    log = word_list(required=True)
    review = words(required=True)
    safety = words()
    general_safety = one_of("feeding", "tcm")


@dataclass(frozen=True, kw_only=True)
class Service(Sourced):
    """One parcel: name, provider, what it is for."""

    id: str
    name: str
    provider: str
    goal: str
    ages: str
    pathways: tuple[str, ...]
    tasks: tuple[Task, ...]


class ServiceShape(Shape):
    id = words(required=True, pattern=r"SM_[A-Z0-9]+")
    name = words(required=True)
    provider = words(required=True)
    goal = words(required=True)
    ages = words(required=True)
    pathways = word_list(required=True)
    items = many(TaskShape, required=True)


class AssignLimitsShape(Shape):
    parent_open_max = whole(required=True, least=1)
    teacher_open_max = whole(required=True, least=1)
    age_check = words(required=True)


class ServiceMenuMeta(Meta):
    task_fields = Kept()
    defaults = Kept()
    stop_rule = words(required=True)
    assign_rule = words(required=True)
    assign_limits = fields.Nested(AssignLimitsShape, required=True)
    ages_m_note = words()
    feeding_safety = words(required=True)
    tcm_safety = words(required=True)
    go_now = word_list(required=True)
    go_now_source = Kept(required=True)
    wording_rule = words(required=True)


class ServiceMenuFile(Shape):
    meta = fields.Nested(ServiceMenuMeta, required=True)
    services = many(ServiceShape, required=True)
    common = many(TaskShape, required=True)


@dataclass(frozen=True, kw_only=True)
class TaskRules:
    """What holds for every task: when to stop, how many may be open, and the safety words of two kinds of task.

    `go_now` are the signs with which a family does not wait for an appointment.
    """

    stop_rule: str
    assign_rule: str
    parent_open_max: int
    teacher_open_max: int
    feeding_safety: str
    tcm_safety: str
    go_now: tuple[str, ...]
    wording_rule: str

    def general_safety(self, kind: str) -> str:
        """Return the words that go with every task of a kind: feeding or tcm."""
        return {"feeding": self.feeding_safety, "tcm": self.tcm_safety}[kind]


def services_from(loaded: Mapping[str, Any]) -> tuple[Service, ...]:
    """Return the parcels with their tasks."""
    return tuple(_service(each) for each in loaded["services"])


def common_tasks_from(loaded: Mapping[str, Any]) -> tuple[Task, ...]:
    """Return the tasks of no parcel, for a pathway that has none of its own or none for the child's age."""
    return tuple(Task(**item) for item in loaded["common"])


def task_rules_from(loaded: Mapping[str, Any]) -> TaskRules:
    meta = loaded["meta"]
    limits = meta["assign_limits"]
    return TaskRules(
        parent_open_max=limits["parent_open_max"],
        go_now=tuple(meta["go_now"]),
        teacher_open_max=limits["teacher_open_max"],
        **{name: meta[name] for name in ("stop_rule", "assign_rule", "feeding_safety", "tcm_safety", "wording_rule")},
    )


def _service(loaded: Mapping[str, Any]) -> Service:
    kept = {name: loaded[name] for name in Service.__dataclass_fields__ if name in loaded}
    return Service(**kept, tasks=tuple(Task(**item, service=loaded["name"]) for item in loaded["items"]))
