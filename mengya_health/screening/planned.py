"""What is asked at one check: the lines of its form, what an earlier check left out, the signs of the age. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from mengya_health.content import Content
from mengya_health.content.conditions import checks_named, kind_of, names_read
from mengya_health.content.screenings import Screening
from mengya_health.content.visits import FormField, PlannedVisit
from mengya_health.content.warning_signs import WarningSignGroup
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.reported import reported_inputs

SIGNS = "SCR_WSCST"  # its last question is asked at every age


@dataclass(frozen=True)
class Told:
    """A check that a rule leaves to the clinician. `is_required`: the list it stands on is gone through one by one."""

    name: str
    check: str
    text: str
    screening_id: str
    is_required: bool


@dataclass(frozen=True)
class Seen:
    """Something a screening asks that no line of the form does: said where it was seen, else left open."""

    name: str
    code: str
    text: str
    screening_id: str


@dataclass(frozen=True, kw_only=True)
class CheckPlan:
    """One check of one child on one day. `group` is None at an age without signs; ages are whole months.

    `is_focused`: no planned check but one screening by itself (`sheets.plan_sheet`), judged whatever the age.
    """

    visit: PlannedVisit
    on: date
    age_months: int
    judged_months: int
    is_corrected: bool
    group: WarningSignGroup | None
    told: tuple[Told, ...]
    seen: tuple[Seen, ...]
    is_focused: bool = False

    def months_for(self, screening: Screening) -> int:
        """Return the age a screening is judged at: corrected where it asks for that and the child is young enough."""
        return self.judged_months if screening.uses_corrected_age else self.age_months

    @property
    def exam_items(self) -> tuple[FormField, ...]:
        """The lines of the examination that can be without finding: one answer may stand for all of them."""
        return tuple(field for field in self.visit.fields_in("examine") if field.normal is not None)


def form_name(field: FormField) -> str:
    """Return what a line is called in the form."""
    is_item = field.section == "examine" and field.normal is not None
    return f"exam_{field.code.lower()}" if is_item else field.code.lower()


def plan_check(
    content: Content, child: ChildFacts, on: date, visit_id: str | None = None, earlier: Iterable[OpenEntry] = ()
) -> CheckPlan:
    """Return what a check on a day asks, by default the planned visit of the child's age that day.

    `earlier` are the child's checks so far. Raises KeyError for a visit that the schedule does not know.
    """
    visit = content.visit(visit_id) if visit_id else visit_on(content, child, on)
    missed = list(_missed(content, child, visit, list(earlier)))
    screenings = dict.fromkeys([*visit.screenings, *(screening_id for _, screening_id in missed), SIGNS])
    visit = replace(visit, fields=visit.fields + tuple(field for field, _ in missed), screenings=tuple(screenings))
    plan = plan_of(content, child, on, visit)
    told, seen = told_and_seen(content, plan)
    return replace(plan, told=told, seen=seen)


def plan_of(content: Content, child: ChildFacts, on: date, visit: PlannedVisit) -> CheckPlan:
    """Return the plan of a visit on a day, with the signs of the child's age and nothing else asked yet."""
    judged_months = child.corrected_months(on)
    return CheckPlan(
        visit=visit,
        on=on,
        age_months=max(0, child.age_months(on)),
        judged_months=judged_months,
        is_corrected=child.uses_corrected_age(on),
        group=content.warning_signs.group_for(judged_months),
        told=(),
        seen=(),
    )


def told_and_seen(content: Content, plan: CheckPlan) -> tuple[tuple[Told, ...], tuple[Seen, ...]]:
    """Return what the screenings of a plan leave to the clinician, and what no line of its form asks."""
    return tuple(_told(content, plan)), tuple(_seen(content, plan))


def visit_on(content: Content, child: ChildFacts, on: date) -> PlannedVisit:
    """Return the planned visit whose turn it is: the last one whose window has opened by that day."""
    opened = [visit for visit in content.visits if visit.window(child.birth_on)[0] <= on]
    return opened[-1] if opened else content.visits[0]


def original(content: Content, screening_id: str) -> Screening:
    """Return a screening, or the one it is another name of."""
    return content.screenings[content.screenings[screening_id].alias_of or screening_id]


def _missed(
    content: Content, child: ChildFacts, visit: PlannedVisit, earlier: list[OpenEntry]
) -> Iterator[tuple[FormField, str]]:
    """Yield the lines to catch up, each with its screening: nobody answered them since the last visit that asked.

    Signs and observations are never made up for. Source: window_rules.catch_up of visit_schedule.yaml.
    """
    wanted = content.catch_up_items - {field.code for field in visit.fields}
    for before in reversed([each for each in content.visits if each.due_month < visit.due_month]):
        due_on = before.window(child.birth_on)[0]
        for field in before.fields:
            screening_id = next((each for each in before.screenings if _reads(content, each, field)), None)
            if field.code in wanted and screening_id:
                wanted = wanted - {field.code}
                if not any(_answers(entry, field) for entry in earlier if entry.happened_on >= due_on):
                    yield field, screening_id


def _reads(content: Content, screening_id: str, field: FormField) -> bool:
    """Return whether a screening reads a line; one that only makes up for another does not ask for it by itself."""
    screening = content.screenings[screening_id]
    return (field.feeds or "").startswith(f"{screening_id}.") or field.metric in screening.inputs


def _answers(entry: OpenEntry, field: FormField) -> bool:
    read = {each["code"] for each in entry.content.get("readings", ())}
    return field.metric in read or entry.content.get("answers", {}).get(field.code.lower()) is not None


def _told(content: Content, plan: CheckPlan) -> Iterator[Told]:
    for screening_id in plan.visit.screenings:
        screening = original(content, screening_id)
        one_by_one = "checks" in (screening.inputs_extra or ())
        conditions = [(rule, rule.condition) for rule in screening.profile().rules]
        conditions += [(alert, alert.rule) for alert in screening.alerts if alert.rule]
        named: set[str] = set()
        for rule, condition in conditions:
            if not _suits(rule, plan.months_for(screening)):
                continue
            for number, check in enumerate(checks_named(condition)):
                if check not in named:
                    named.add(check)
                    name = f"told_{screening.id[4:]}_{rule.code}".lower() + (f"_{number}" if number else "")
                    text = rule.text if kind_of(condition) == "check" and rule.text else check
                    yield Told(name, check, text, screening_id, one_by_one)


def _seen(content: Content, plan: CheckPlan) -> Iterator[Seen]:
    fed = {field.feeds for field in plan.visit.fields}
    for screening_id in plan.visit.screenings:
        screening = original(content, screening_id)
        months = plan.months_for(screening)
        read = {
            name for rule in screening.profile().rules if _suits(rule, months) for name in names_read(rule.condition)
        }
        left_out = reported_inputs(content, screening)
        for asked in screening.asked:
            if asked.code in left_out:
                continue
            if asked.kind == "boolean" and asked.code in read and f"{screening.id}.{asked.code}" not in fed:
                name = f"seen_{screening.id[4:]}_{asked.code}".lower()
                yield Seen(name, asked.code, asked.name, screening_id)


def _suits(rule, months: int) -> bool:
    return rule.ages_m is None or rule.ages_m[0] <= months < rule.ages_m[1]
