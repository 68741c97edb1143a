"""What a child's schedule shows: each planned check, the next one, what stands beside them, the vaccinations."""

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.loop import loop_of
from mengya_health.content.side_events import SideEvent
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Task
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.booklet import booklet_in
from mengya_health.screening.queries import answers_in, happened_in
from mengya_health.screening.schedule import (
    BEFORE_CARE,
    DONE,
    DUE,
    EXCUSED,
    MISSED,
    OVERDUE,
    UPCOMING,
    EventLine,
    VisitLine,
    event_lines,
    events_with,
    next_visit,
    visit_lines,
)
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head
from mengya_health.web.shown.punctuation import enumerated, span
from mengya_health.web.shown.vaccines import reminders, vaccine_rows

STATUS = {
    DONE: ("met", lazy("已做")),
    EXCUSED: ("note", lazy("没做")),
    UPCOMING: ("note", lazy("还没到")),
    DUE: ("waiting", lazy("现在做")),
    OVERDUE: ("overdue", lazy("逾期")),
    MISSED: ("flag", lazy("漏检")),
    BEFORE_CARE: ("note", lazy("来本门诊以前")),
}


def schedule_page(work, child: ChildFacts, entries: Sequence[OpenEntry], planned: Task | None, form) -> dict:
    """Return the schedule of one child (templates/pages/children/schedule.html)."""
    lines = lines_of(work, child, entries)
    booklet = booklet_in(entries)
    before = [line for line in lines if line.status == BEFORE_CARE]
    checks = {entry.content["visit"]: entry for entry in entries if entry.content.get("visit")}
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "rows": [_row(work, child, line, checks) for line in lines if line.status != BEFORE_CARE],
        "before_note": _before_note(before),
        "upcoming": _next(work, child, next_visit(lines), planned),
        "form": form,
        "excuse_action": url_for("schedule.excuse", child_id=child.id) if planned else "",
        "reasons": [
            {"value": c, "text": words.told(text)} for c, text in loop_of(work.content).not_done_reasons.items()
        ],
        "events": [_event(each) for each in events_of(work, child, entries)],
        "vaccines": [] if booklet.is_empty else vaccine_rows(work, child, booklet),
        "reminders": reminders(work, child, entries),
        "booklet_href": url_for("schedule.booklet", child_id=child.id),
        "disclaimer": words.told(work.content.vaccination.disclaimer),
    }


def lines_of(work, child: ChildFacts, entries: Sequence[OpenEntry]) -> tuple[VisitLine, ...]:
    """Return every planned check of a child as it stands today."""
    return visit_lines(work.content.visits, child, work.today, happened_in(child, entries))


def events_of(work, child: ChildFacts, entries: Sequence[OpenEntry]) -> tuple[EventLine, ...]:
    """Return what is to be done beside the planned checks, from today on."""
    content = work.content
    return event_lines(content.side_events, content.visits, child, work.today, answers_in(entries))


def family_visit(work, child: ChildFacts, entries: Sequence[OpenEntry]) -> dict | None:
    """Return in a family's words when the next check is, and where; None where none is to come."""
    line = next_visit(lines_of(work, child, entries))
    if line is None:
        return None
    name, asked_on = words.told(line.visit.name), _doctors_day(work, entries)
    if line.status == OVERDUE:
        text = _("%(name)s的时间过了，还可以补做，请打电话约时间。", name=name)
    elif asked_on:
        text = _("医生请您在 %(day)s 前带孩子再来一次。", day=_day(asked_on))
    elif line.status == DUE:
        text = _("现在可以做%(name)s，请在 %(day)s 前来。", name=name, day=_day(line.last_on))
    else:
        days = {"first": _day(line.first_on), "last": _day(line.last_on)}
        text = _("下次是%(name)s：%(first)s 至 %(last)s。", name=name, **days)
    return {"text": text, "place": words.told(line.visit.place)}


# --- inside -----------------------------------------------------------------------------------------------------------


def _doctors_day(work, entries: Sequence[OpenEntry]) -> date | None:
    """Return the day to come by which the doctor asked for the child at the last check."""
    checks = [entry for entry in entries if entry.content.get("visit") and entry.kind == "screening"]
    wanted = checks[-1].content.get("next_on") if checks else None
    on = date.fromisoformat(wanted) if wanted else None
    return on if on and on >= work.today else None


def _day(on: date) -> str:
    return on.isoformat()


def _row(work, child: ChildFacts, line: VisitLine, checks: dict[str, OpenEntry]) -> dict:
    kind, text = STATUS[line.status]
    check = checks.get(line.visit.id)
    note = ""
    if line.status == DONE:
        note = _day(line.done_on)
    elif line.status == EXCUSED:
        note = words.told(loop_of(work.content).not_done_reasons[line.reason])
    elif line.status == OVERDUE:
        text = words.overdue((work.today - line.last_on).days)
    is_check = check is not None and check.kind == "screening"
    return {
        "name": words.short_visit(line.visit.name),
        "window": span(_day(line.first_on), _day(line.last_on)),
        "with": enumerated(words.told(event.name) for event in _special(work, line)),
        "kind": kind,
        "text": str(text),
        "note": note,
        "is_past": line.status in (DONE, EXCUSED, MISSED),
        "is_now": line.status in (DUE, OVERDUE),
        "href": url_for("checks.show", child_id=child.id, entry_id=check.id) if is_check else "",
    }


def _special(work, line: VisitLine) -> list[SideEvent]:
    """Return what is done with this check and not with most: the eyes, the signs and feeding belong to nearly all."""
    found = events_with(work.content.side_events, line.visit.id)
    return [event for event in found if 2 * len(event.visits) < len(work.content.visits)]


def _before_note(before: list[VisitLine]) -> str:
    if not before:
        return ""
    names = enumerated(words.short_visit(line.visit.name) for line in before)
    return _("来本门诊以前的 %(n)s 次不算漏检：%(names)s。没做过的化验和筛查会并到下一次。", n=len(before), names=names)


def _next(work, child: ChildFacts, line: VisitLine | None, planned: Task | None) -> dict | None:
    if line is None:
        return None
    kind, text = STATUS[line.status]
    late = (work.today - line.last_on).days
    day = planned.due_on if planned else line.last_on
    return {
        "name": words.told(line.visit.name),
        "window": span(_day(line.first_on), _day(line.last_on)),
        "kind": kind,
        "text": words.overdue(late) if line.status == OVERDUE else str(text),
        "place": words.told(line.visit.place),
        "extra": line.visit.extra or "",
        "due": _("排在 %(day)s 前", day=_day(day)) if day != line.last_on else "",
        "href": url_for("checks.enter", child_id=child.id) if line.status in (DUE, OVERDUE) else "",
    }


def _event(line: EventLine) -> dict:
    days = [_day(on) if on else "" for on in (line.from_on, line.until_on)]
    return {
        "name": line.event.name,
        "note": line.event.note,
        "window": span(*days) if all(days) else next(filter(None, days), ""),
        "kind": "waiting" if line.is_now else "note",
        "text": _("现在做") if line.is_now else _("还没到"),
        "is_optional": line.event.is_optional,
    }
