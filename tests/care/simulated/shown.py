"""What the product shows on a day, to everybody, compared with the book."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from mengya_health.care.due import day_list
from mengya_health.care.queries import tasks_for, waiting_for_doctor, waiting_for_others
from mengya_health.care.raised import raised_to_lead
from mengya_health.care.referral_lists import referrals_to
from mengya_health.people.queries import class_children, find_children
from mengya_health.screening.due_list import PAGE_ROWS, due_list
from tests.care.simulated import rules
from tests.care.simulated.book import CaseBook, Child, Due
from tests.care.simulated.district import SimulatedDistrict

EVERYTHING = 100_000
LISTS = ("urgent", "due", "overdue", "done", "decision")
# All that is shown of a child whose family agrees to no record; what else is open, `consent_ended` stands for.
WITHOUT_RECORD = ("visit", "look_first", "concern", "consent_ended")
Line = tuple  # of plain values: child, case, kind, whose turn, day


def require_same(sim: SimulatedDistrict, *, families: Iterable[Child], is_in_full: bool) -> None:
    """Raise AssertionError where a clinic, a class, the specialist or one of these families sees anything else.

    `is_in_full`: every line of every list; else, for the clinics, how many there are of each list and kind.
    """
    for clinic in range(len(sim.clinics)):
        _clinic(sim, clinic, is_in_full=is_in_full)
    for group in range(len(sim.groups)) if is_in_full else ():
        _class(sim, group)
    _specialist(sim)
    for child in families:
        if child.mother and child.is_here and child.is_kept:
            _family(sim, child)


def require_checks_listed(sim: SimulatedDistrict) -> None:
    """Raise AssertionError unless 应检名单 shows each planned check under the name that the child's age asks for."""
    for clinic, place in enumerate(sim.clinics):
        found, page = {}, 1
        with sim.work_as(sim.doctors[clinic][0]) as work:
            while lines := due_list(work, place, which="all", page=page).lines:
                found |= {line.child.id: (line.visit.id, line.due_on) for line in lines}
                page += 1
                if len(lines) < PAGE_ROWS:
                    break
        wanted = {}
        for child in _of_clinic(sim, clinic):
            for due in child.open("visit"):
                by_age = rules.visit_at(child.born_on, sim.book.today)
                planned = next(each for each in rules.VISITS if each.id == due.item)
                wanted[child.id] = (max(planned, by_age, key=lambda each: each.months).id, due.due_on)
        _same(sim, "应检名单", Counter(found.items()), Counter(wanted.items()))


# --- inside -----------------------------------------------------------------------------------------------------------


def _clinic(sim: SimulatedDistrict, clinic: int, *, is_in_full: bool) -> None:
    place = sim.clinics[clinic]
    opened = LISTS if is_in_full else ("urgent", "done")
    with sim.work_as(sim.doctors[clinic][0], writing=False) as work:
        day = day_list(work, place, limits=dict.fromkeys(opened, EVERYTHING))
        seen = {name: Counter(_shown(items)) for name, items in day.lines.items()}
        if is_in_full:
            seen["mine"] = Counter(_shown(waiting_for_doctor(work, place, limit=EVERYTHING)))
            seen["others"] = Counter(_shown(waiting_for_others(work, place, limit=EVERYTHING)))
            seen["raised"] = Counter(_shown(raised_to_lead(work, place, limit=EVERYTHING)))
    wanted: dict[str, Counter] = {name: Counter() for name in (*LISTS, "mine", "others", "raised")}
    waiting, numbers = Counter(), Counter(dict.fromkeys((*LISTS, "raised"), 0))
    for child in sim.book.children.values():
        for due, case in _everything(child):
            if _clinic_of(child, due) != clinic:
                continue
            for name in _lists_of(due, case, sim.book.today):
                numbers[name] += 1
                if child.is_kept or due.kind in WITHOUT_RECORD:
                    wanted[name][_line(child, due, case)] += 1
            if case and due.who != "doctor" and not (due.ended or due.resting):
                waiting[due.who, due.kind] += 1
    for name, shown in seen.items():
        _same(sim, name, shown, wanted[name])
    _same(sim, "waiting", Counter(day.waiting), waiting)
    counted = Counter({name: numbers[name] for name in (*LISTS, "raised")})
    if not is_in_full and any(day.counts.get(name, 0) != counted[name] for name in LISTS):
        _clinic(sim, clinic, is_in_full=True)  # says which
    _same(sim, "how many", Counter(day.counts | {"raised": day.raised}), counted)


def _lists_of(due: Due, case: CaseBook | None, today: date) -> Iterator[str]:
    """Yield the lists of a clinic that something stands on today."""
    if due.who == "doctor" and not due.resting and (name := _of_the_day(due, today)):
        yield name
    if due.ended or due.resting or due.kind == "visit":
        return
    if due.who != "doctor" and case is None:
        return  # asked of a family or a class apart from any case: on no list of the clinic's
    yield "mine" if due.who == "doctor" else "others"
    if rules.raised_to(due.kind, case.state if case else "", due.due_on, today) in ("lead", "district"):
        yield "raised"


def _of_the_day(due: Due, today: date) -> str:
    """Return which list of 今日 something of the doctor's stands on, "" while its day is far."""
    if due.kind not in rules.AT_THE_CLINIC:
        return "" if due.ended else "decision"
    if due.ended:
        return "done" if due.ended == "done" and due.ended_on == today else ""
    if due.due_on < today:
        return "overdue"
    days = rules.LISTED_DAYS if due.kind == "visit" else rules.CALLED_DAYS
    return "due" if due.due_on <= today + timedelta(days=days) else ""


def _class(sim: SimulatedDistrict, group: int) -> None:
    with sim.work_as(sim.teachers[group]) as work:
        children = {child.id: child for child in class_children(work, sim.groups[group])}
        found = tasks_for(work, children, "teacher")
        shown = Counter(_task(task, child_id) for child_id, tasks in found.items() for task in tasks)
    wanted = Counter()
    for child in sim.book.children.values():
        if child.group == group and child.is_here and child.is_kept:
            wanted.update(_line(child, due, case) for due, case in child.all_open() if _is_for(due, "teacher"))
    _same(sim, "班级", shown, wanted)


def _family(sim: SimulatedDistrict, child: Child) -> None:
    with sim.work_as(child.mother) as work:
        found = tasks_for(work, find_children(work, [child.id]), "guardian")
        shown = Counter(_task(task, child_id) for child_id, tasks in found.items() for task in tasks)
    wanted = Counter(_line(child, due, case) for due, case in child.all_open() if _is_for(due, "guardian"))
    _same(sim, "家里", shown, wanted)


def _specialist(sim: SimulatedDistrict) -> None:
    with sim.work_as(sim.places.specialist) as work:
        rows = referrals_to(work, sim.places.mch_institute_id, limit=EVERYTHING)
        shown = Counter(referral.id for _child, referral in rows)
    wanted = Counter()
    for child in sim.book.children.values():
        for due, _case in child.all_open() if child.is_kept else ():
            if due.kind == "referral_reply" and sim.book.today < due.until_on:
                wanted[due.subject] += 1
    _same(sim, "转诊", shown, wanted)


def _everything(child: Child) -> Iterator[tuple[Due, CaseBook | None]]:
    yield from ((due, None) for due in child.dues)
    for case in child.cases:
        yield from ((due, case) for due in case.dues)


def _of_clinic(sim: SimulatedDistrict, clinic: int) -> list[Child]:
    return [child for child in sim.book.children.values() if child.clinic == clinic]


def _clinic_of(child: Child, due: Due) -> int:
    return child.clinic if due.at_clinic is None else due.at_clinic


def _is_for(due: Due, who: str) -> bool:
    return due.who == who and not due.resting


def _line(child: Child, due: Due, case: CaseBook | None) -> Line:
    return child.id, case.id if case else None, due.kind, due.who, due.due_on


def _shown(items) -> Iterator[Line]:
    return (_task(item.task, item.child.id) for item in items)


def _task(task, child_id) -> Line:
    return child_id, task.case_id, task.kind, task.whose_turn, task.due_on


def _same(sim: SimulatedDistrict, name: str, shown: Counter, wanted: Counter) -> None:
    vanished, unknown = wanted - shown, shown - wanted
    if vanished or unknown:
        raise AssertionError(
            f"{sim.book.today} {name}\nin the book, not shown: {list(vanished)[:5]}\n"
            f"shown, not in the book: {list(unknown)[:5]}\n{_story(sim, [*vanished, *unknown])}"
        )


def _story(sim: SimulatedDistrict, lines: list[Line]) -> str:
    """Return what happened lately to the first child that two lists disagree about."""
    ids = [line[0] for line in lines if isinstance(line, tuple)]
    found = next((sim.book.children[child_id] for child_id in ids if child_id in sim.book.children), None)
    return f"{found.name}: {found.acts[-12:]}" if found else ""
