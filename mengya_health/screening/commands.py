"""Write a check, correct it, measure a child, plan its visits, decide on what a check found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from types import MappingProxyType
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import func, select

from mengya_health.access.permissions import Permission, require
from mengya_health.content.shapes import OLDEST_MONTH
from mengya_health.content.visits import PlannedVisit
from mengya_health.errors import Malformed, NotFound
from mengya_health.fields import LocalDate
from mengya_health.growth.ages import add_months
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import decide_on_entry, record_entry
from mengya_health.record.models import Entry, Task
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.record.tasks import add_task, open_body
from mengya_health.screening.birth import birth_size_of
from mengya_health.screening.check_content import check_content, typed_values
from mengya_health.screening.deciding import ask_for_decision, correct_filled, put_on_lists
from mengya_health.screening.decisions import Decision
from mengya_health.screening.forms import Filled, measurement_in, read_form, read_so_far
from mengya_health.screening.judging import judge_filled, said_of_urgent, urgent_in_filled
from mengya_health.screening.measurements import Measurement, measured_content, stored_readings
from mengya_health.screening.planned import CheckPlan, plan_check, visit_on
from mengya_health.screening.queries import VISIT, checks_of, open_visit_of
from mengya_health.screening.rescreens import answered_beside, answered_beside_corrected, close_rescreens
from mengya_health.screening.schedule import last_day
from mengya_health.screening.urgent import Urgent

CHECK = "screening"


def record_check(work, child: ChildFacts, visit_id: str, sent: Mapping) -> Entry:
    """Write a check from a sent form (`forms.check_form`): entry, judgement, findings; closes and plans visits.

    Raises Invalid with a message per field, AskedBack for figures that want a second look, NotPermitted.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    earlier = checks_of(work, child)
    plan = plan_for(work, child, visit_id, sent, earlier)
    filled = read_form(work.content, child, plan, sent, work.today)
    content = _judged(work, child, plan, filled, earlier)
    content |= answered_beside(work, child, plan, content, filled.done_on)
    planned = open_visit_of(work, child)
    is_its_turn = planned is None or _due_month(work, planned) <= plan.visit.due_month
    task_id = planned.id if planned and is_its_turn else None
    entry = record_entry(
        work, child, section="health", kind=CHECK, content=content, happened_on=filled.done_on, task_id=task_id
    )
    if is_its_turn:  # an old check entered late leaves the present plan alone
        _close_visit(planned, filled)
        _plan_after(work, child, plan, filled)
    if plan.group:
        close_rescreens(work, child, filled.done_on)
    put_on_lists(work, child, entry, content)
    return entry


def correct_check(work, child: ChildFacts, entry_id: UUID, sent: Mapping) -> Entry:
    """Write a new revision of a check; what was decided about its findings stays.

    Raises Conflict, with both texts under the names of the form, when somebody corrected it in between.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    opened = find_check(work, child, entry_id)
    if not opened.content["visit"]:
        raise NotFound
    earlier = [entry for entry in checks_of(work, child) if entry.id != entry_id]
    plan = plan_for(work, child, opened.content["visit"], sent, ())  # with every line it may have had
    filled = read_form(work.content, child, plan, sent, work.today)
    if filled.row_version is None:
        raise Malformed
    content = _judged(work, child, plan, filled, earlier) | {"decisions": opened.content["decisions"]}
    content |= answered_beside_corrected(work, plan, content, opened.content)
    return correct_filled(work, child, entry_id, content, filled, plan=plan, typed=partial(typed_values, plan))


def record_measurement(
    work,
    child: ChildFacts,
    measurement: Measurement,
    *,
    others: Mapping[str, int | str] = MappingProxyType({}),
    also: Mapping[str, object] = MappingProxyType({}),
) -> Entry:
    """Write what was measured on one day without a check, judged by the same references.

    `others` are further readings by metric code: a whole number as int, a decimal as typed ({"HB": 112}). `also` is
    what else the entry keeps. Raises Invalid for what cannot be a measurement, NotPermitted.
    """
    content = measured_content(work, child, measurement)
    content["readings"] = sorted(content["readings"] + stored_readings(others), key=lambda each: each["code"])
    content |= {
        "visit": None,
        "done_on": measurement.measured_on.isoformat(),
        "content_version": work.content.version,
        **also,
    }
    return record_entry(work, child, section="health", kind=CHECK, content=content, happened_on=measurement.measured_on)


def plan_first_visits(work, child: ChildFacts) -> Task | None:
    """Plan the next visit of a child, as its doctor (`plan_visit_of`). Raises NotPermitted."""
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    return plan_visit_of(work, child)


def plan_visit_of(work, child: ChildFacts) -> Task | None:
    """Plan the next visit of a child that has none planned: the one whose window is open, else the next one.

    Doing it again changes nothing. Missed visits of the past are not made up for one by one: the next one takes over
    what they left out. Returns None for a child past the last visit. A building block: the record must be consented.
    """
    planned = open_visit_of(work, child)
    if planned:
        return planned
    visit = visit_on(work.content, child, work.today)
    if _is_done(work, child, visit):
        visit = _visit_after(work, visit)
    if visit is None or add_months(child.birth_on, OLDEST_MONTH) <= work.today:
        return None
    return _plan_visit(work, child, visit, last_day(visit, child))


def plan_visit_after(work, child: ChildFacts, visit: PlannedVisit) -> Task | None:
    """Plan the check that comes after one, or after the child's age; None where there is none. A building block."""
    following = _visit_after(work, visit, child.age_months(work.today))
    return _plan_visit(work, child, following, last_day(following, child)) if following else None


def decide_findings(
    work,
    child: ChildFacts,
    opened: OpenEntry,
    decisions: Sequence[Decision],
    *,
    row_version: int,
    cases: Mapping[str, UUID],
) -> Entry:
    """Write down what the doctor decided about each proposal of a check. `cases` are those opened, by pathway.

    Raises Conflict when somebody changed the check in between.
    """
    made = [
        {
            "pathway": each.pathway,
            "decision": each.decision,
            "reason": each.reason,
            "case_id": str(cases[each.pathway]) if each.pathway in cases else None,
            "by": str(work.actor.user_id),
            "on": work.today.isoformat(),
        }
        for each in decisions
    ]
    decided = {"decisions": opened.content["decisions"] + made}
    entry = decide_on_entry(work, child, opened.id, decided=decided, row_version=row_version)
    ask_for_decision(work, child, entry, {**opened.content, **decided}, ended="completed")
    work.session.flush()
    return entry


def find_check(work, child: ChildFacts, entry_id: UUID) -> OpenEntry:
    """Return a check, or a sheet filled in by itself. Raises NotFound for an entry that is neither."""
    opened = find_entry(work, child, entry_id)
    if not is_judged_check(opened):
        raise NotFound
    return opened


def is_judged_check(entry: OpenEntry) -> bool:
    """Return whether an entry is a check or a sheet: judged, with findings to decide on. A bare measurement is not."""
    return entry.kind == CHECK and bool(entry.content.get("visit") or entry.content.get("sheet"))


def plan_for(work, child: ChildFacts, visit_id: str | None, sent: Mapping, earlier: Sequence[OpenEntry]) -> CheckPlan:
    """Return what a sent or shown form asks; its day decides, and today where that is no day."""
    on = day_asked(work, child, sent)
    if visit_id is not None and visit_id not in {visit.id for visit in work.content.visits}:
        raise NotFound
    return plan_check(work.content, child, on, visit_id, [entry for entry in earlier if entry.happened_on <= on])


def day_asked(work, child: ChildFacts, sent: Mapping) -> date:
    """Return the day of a sent or shown form, today where that is no day of the child's life."""
    try:
        on = LocalDate().deserialize(sent.get("done_on") or work.today)
    except ValidationError:
        on = work.today
    return min(max(on, child.birth_on), work.today)


def urgent_so_far(work, child: ChildFacts, plan: CheckPlan, sent: Mapping) -> tuple[Urgent, ...]:
    """Return what is urgent in a form that is still being filled in; nothing of it is stored."""
    return urgent_in_filled(work, child, plan, read_so_far(work.content, plan, sent), ())


def _judged(work, child: ChildFacts, plan: CheckPlan, filled: Filled, earlier: Sequence[OpenEntry]) -> dict:
    """Return the content of a check. Raises AskedBack for what the doctor has not confirmed."""
    result, looks = judge_filled(work, child, plan, filled, earlier)
    said = said_of_urgent(work, result, filled)
    measured = measured_content(work, child, measurement_in(filled))
    measured |= {"birth_size": birth_size_of(child, result.readings)}
    return check_content(work.content, plan, filled, measured, result, looks) | said


def _due_month(work, planned: Task) -> int:
    """Return the age at which a planned visit becomes due."""
    return work.content.visit(open_body(work, planned)["visit"]).due_month


def _close_visit(planned: Task | None, filled: Filled) -> None:
    if planned:
        planned.status, planned.done_on = "completed", filled.done_on


def _plan_after(work, child: ChildFacts, plan: CheckPlan, filled: Filled) -> None:
    """Plan what comes next: on the doctor's day where one is given, else by the end of the next window."""
    following = _visit_after(work, plan.visit, child.age_months(filled.done_on))
    if filled.next_on:
        is_sooner = following is None or filled.next_on < following.window(child.birth_on)[0]
        _plan_visit(
            work, child, visit_on(work.content, child, filled.next_on) if is_sooner else following, filled.next_on
        )
    elif following:
        _plan_visit(work, child, following, last_day(following, child))


def _visit_after(work, visit: PlannedVisit, age_months: int = 0) -> PlannedVisit | None:
    return work.content.next_visit_after(max(visit.due_month, age_months))


def _plan_visit(work, child: ChildFacts, visit: PlannedVisit, due_on: date) -> Task:
    task = add_task(
        work,
        child,
        kind=VISIT,
        whose_turn="doctor",
        organisation_id=child.clinic_id,
        due_on=due_on,
        body={"visit": visit.id, "title": visit.name},
    )
    work.session.flush()
    return task


def _is_done(work, child: ChildFacts, visit: PlannedVisit) -> bool:
    """Return whether the child was checked or measured since this visit became due; a sheet by itself is neither."""
    due_on = visit.window(child.birth_on)[0]
    newest = select(func.max(Entry.happened_on)).where(Entry.child_id == child.id, Entry.kind == CHECK)
    last_on = work.session.scalar(newest)
    if last_on is None or last_on < due_on:
        return False  # most children: nothing is opened
    checks = (entry for entry in checks_of(work, child) if entry.kind == CHECK)
    return any(entry.happened_on >= due_on and not entry.content.get("sheet") for entry in checks)
