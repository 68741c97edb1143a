"""档案摘要: the record at a glance, newest first; what is left out is said."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, Permission, is_allowed, require
from mengya_health.care.facts import TaskFacts
from mengya_health.care.models import CLOSED_STATES
from mengya_health.care.queries import CaseLine as CaseFound
from mengya_health.care.queries import cases_of, find_case, tasks_for
from mengya_health.handouts.content import CaseLine, Hand, MeasurementRow, PlannedVisit, RecordSummary
from mengya_health.handouts.from_record.lines import Line, day_text, lines_of, note_of
from mengya_health.handouts.from_record.measured import measurement_row, titled_charts
from mengya_health.handouts.from_record.objections import objections_to
from mengya_health.handouts.from_record.sheet import (
    RELATIONS,
    child_on_paper,
    fitted,
    imprint,
    is_for_family,
    name_of,
    place,
    room,
    shortened,
)
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.queries import family_of
from mengya_health.record.queries import OpenEntry, timeline
from mengya_health.screening.measurements import growth_history

INDICATORS = ("wfa", "lhfa", "wflh", "hcfa")
OF_EACH_HAND = 3
COUNTS = ("active", "completed")  # not what was revoked or written by mistake
LOOKED_THROUGH = 60  # entries of the timeline, newest first
HANDS = ("doctor", "teacher", "guardian", "specialist")
TURNS = {"doctor": "医生", "teacher": "老师", "guardian": "家长", "specialist": "接诊机构", "invited": "会商请来的人"}
NOT_SHARED = "班级记录（家长没有同意分享）"


class _Recent(NamedTuple):
    """The newest lines of each hand, newest first, all entries looked through, and whether there are older ones."""

    lines: list[Line]
    entries: list[OpenEntry]
    has_older: bool


def record_summary(work, child: ChildFacts, subject_id: UUID | None = None) -> RecordSummary:
    """Return the summary of a record: clinical words for the clinic's doctors, plain ones for the family."""
    require(work.actor, Permission.PRINT_HEALTH, child.subject)
    plain = is_for_family(work, child)
    history = growth_history(work, child)
    rows = sorted(history, key=lambda each: each.measured_on)[::-1]
    recent = _recent(work, child, plain)
    cases, tasks = _newest_cases(work, child), _open_tasks(work, child)
    clinic = place(work, child.clinic_id)
    fits = {"measurements": room(RecordSummary, "measurements"), "cases": room(RecordSummary, "cases")}
    return RecordSummary(
        imprint=imprint(work, clinic, number=child.number, sources=[line.entry for line in recent.lines]),
        child=child_on_paper(work, child),
        for_family=plain,
        family=_family(work, child),
        clinic=fitted(RecordSummary, "clinic", _clinic(work, clinic, recent.lines)),
        nursery=_nursery(work, child),
        charts=titled_charts(work, child, history, INDICATORS, for_family=plain),
        measurements=_measurements(work, child, rows[: fits["measurements"]], plain),
        notes=tuple(note_of([line], work.today) for line in recent.lines),
        cases=tuple(_case_line(work, case, tasks, plain) for case in cases[: fits["cases"]]),
        visits=_visits(tasks),
        left_out=_left_out(
            work,
            child,
            older=[
                *(["测量"] if len(rows) > fits["measurements"] else []),
                *(["记录"] if recent.has_older else []),
            ],
            more_cases=len(cases) - fits["cases"],
        ),
        objections=objections_to(work, child, recent.entries),
    )


def _recent(work, child: ChildFacts, plain: bool) -> _Recent:
    entries = timeline(work, child, limit=LOOKED_THROUGH)
    told = lines_of(work.content, [entry for entry in entries if entry.status in COUNTS], for_family=plain)
    kept = [line for hand in Hand for line in _telling([line for line in told if line.hand == hand])]
    newest_first = [line for line in told if line in kept]
    return _Recent(newest_first, entries, len(kept) < len(told) or len(entries) == LOOKED_THROUGH)


def _telling(lines: list[Line]) -> list[Line]:
    """Return one hand's newest lines; a check-in, one of many, only where there is nothing else to say."""
    return sorted(lines, key=lambda line: line.entry.kind == "check_in")[:OF_EACH_HAND]


def _family(work, child: ChildFacts) -> tuple[str, ...]:
    most, longest = room(RecordSummary, "family"), RecordSummary.__dataclass_fields__["family"].metadata["each"]
    people = [
        (each.name, f"{RELATIONS[each.relation]}，监护人" if each.kind == "guardian" else RELATIONS[each.relation])
        for each in family_of(work, child)
    ]
    people = people or [(contact.name, RELATIONS[contact.relation]) for contact in child.contacts]
    return tuple(f"{shortened(name, longest - len(said) - 2)}（{said}）" for name, said in people[:most])


def _clinic(work, clinic: Organisation, lines: Iterable[Line]) -> str:
    """Return the clinic with the doctor who wrote last."""
    wrote = next((line.entry.author_id for line in lines if line.entry.author_role == "doctor"), None)
    return f"{clinic.name}　{name_of(work, wrote)}" if wrote else clinic.name


def _nursery(work, child: ChildFacts) -> str:
    attended = child.subject.current("enrolment") + child.subject.current("visit")
    if not attended:
        return ""
    name = place(work, attended[0].organisation_id).name
    return fitted(RecordSummary, "nursery", f"{name}　{child.class_name}")


def _measurements(work, child: ChildFacts, rows: list, plain: bool) -> tuple[MeasurementRow, ...]:
    return tuple(measurement_row(work, child, row, for_family=plain) for row in rows)


def _newest_cases(work, child: ChildFacts) -> list[CaseFound]:
    """Return the child's cases, open ones first, then those that ended last."""
    audit.read(work, child.id, "case")
    cases = cases_of(work, child)
    going = [case for case in cases if case.state not in CLOSED_STATES]
    ended = [case for case in cases if case.state in CLOSED_STATES]
    return going + sorted(ended, key=lambda case: case.closed_on, reverse=True)


def _open_tasks(work, child: ChildFacts) -> list[TaskFacts]:
    audit.read(work, child.id, "task")
    found = [task for hand in HANDS for task in tasks_for(work, {child.id: child}, hand)[child.id]]
    return sorted(found, key=lambda task: task.due_on)


def _case_line(work, case: CaseFound, tasks: list[TaskFacts], plain: bool) -> CaseLine:
    """Return a case; a family's paper names it in plain words and carries no number that tells a pathway."""
    return CaseLine(
        number="" if plain else case.number,
        title=fitted(CaseLine, "title", case.plain_name if plain else case.name),
        opened_on=case.opened_on,
        state=fitted(CaseLine, "state", case.plain_state if plain else case.state_name),
        round=case.round,
        ended_on=case.closed_on,
        next=fitted(CaseLine, "next", _next(work, case, tasks, plain)),
    )


def _next(work, case: CaseFound, tasks: list[TaskFacts], plain: bool) -> str:
    if case.state in CLOSED_STATES:
        code = find_case(work, case.id).steps[-1].body.get("closing_code", "")
        return "" if plain else work.content.closing_reasons.get(code, "")
    coming = next((task for task in tasks if task.case_id == case.id), None)
    if coming is None:
        return f"轮到{TURNS[case.whose_turn]}" if case.whose_turn in TURNS else ""
    return f"{TURNS[coming.whose_turn]}：{coming.title}（{day_text(coming.due_on, work.today)} 前）"


def _visits(tasks: list[TaskFacts]) -> tuple[PlannedVisit, ...]:
    planned = [task for task in tasks if task.kind in ("visit", "follow_up")]
    most = room(RecordSummary, "visits")
    return tuple(
        PlannedVisit(due_on=task.due_on, what=fitted(PlannedVisit, "what", task.title)) for task in planned[:most]
    )


def _left_out(work, child: ChildFacts, *, older: list[str], more_cases: int) -> tuple[str, ...]:
    hidden = child.attends and not is_allowed(work.actor, READ_SECTION["behaviour"], child.subject)
    said = (
        (NOT_SHARED, hidden),
        (f"更早的{'和'.join(older)}", older),
        (f"{more_cases} 个较早结束的个案", more_cases > 0),
    )
    return tuple(text for text, is_so in said if is_so)
