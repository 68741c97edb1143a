"""What 应检名单 shows: who is to come for which check until when, and only where asked whom to call."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import ClassChoice
from mengya_health.screening.due_list import ALL, MONTH, NO_CLASS, OVERDUE, PAGE_ROWS, WEEK, DueList, DueVisit
from mengya_health.web.shown import words

TABS = {WEEK: lazy("7 天内"), MONTH: lazy("一个月内"), OVERDUE: lazy("逾期未到"), ALL: lazy("全部排着的")}
USUAL = WEEK


def due_page(work, place: str, found: DueList, groups: list[ClassChoice], asked: dict) -> dict:
    """Return the page of the list (templates/pages/doctor/due.html)."""
    number, first = found.counts[asked["which"]], (asked["page"] - 1) * PAGE_ROWS
    last = first + len(found.lines)
    return {
        "lead": f"{place} · {words.long_day(work.today)}",
        "tabs": [
            {
                "text": f"{text} {found.counts[name]}",
                "href": _href(asked, which=name, page=1),
                "is_current": name == asked["which"],
            }
            for name, text in TABS.items()
        ],
        "which": asked["which"],
        "group": str(asked["group"] or ""),
        "groups": [
            {"value": NO_CLASS, "text": _("不在托幼机构的")},
            *({"value": str(each.group_id), "text": f"{each.organisation} {each.name}"} for each in groups),
        ],
        "action": url_for("due.show"),
        "with_phones": asked["phones"],
        "phones_href": _href(asked, phones=None if asked["phones"] else "1"),
        "rows": [_row(work, line, with_phones=asked["phones"]) for line in found.lines],
        "range_text": _("第 %(first)s–%(last)s 名，共 %(all)s 名", first=first + 1, last=last, all=number),
        "before_href": _href(asked, page=asked["page"] - 1) if asked["page"] > 1 else "",
        "after_href": _href(asked, page=asked["page"] + 1) if last < number else "",
    }


def _href(asked: dict, **changed) -> str:
    wanted = asked | {"phones": "1" if asked["phones"] else None} | changed
    return url_for("due.show", **{name: value for name, value in wanted.items() if value not in (None, 1)})


def _row(work, line: DueVisit, *, with_phones: bool) -> dict:
    child = line.child
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "age": words.sex_and_age(child, work.today),
        "item": words.short_visit(line.visit.name),
        "missed": _("漏检：%(name)s", name=words.short_visit(line.missed.name)) if line.missed else "",
        "due": line.due_on.isoformat(),
        "overdue": words.overdue(line.days_overdue) if line.days_overdue else "",
        "class_name": child.class_name,
        "phone": _phone(child) if with_phones else "",
        "child_href": url_for("children.show", child_id=child.id),
        "enter_href": url_for("checks.enter", child_id=child.id),
        "schedule_href": url_for("schedule.show", child_id=child.id),
    }


def _phone(child: ChildFacts) -> str:
    """Return the first person to call, as few words as a caller needs."""
    first = next(iter(child.contacts), None)
    return f"{words.RELATIONS[first.relation]} {first.phone}" if first else _("没有电话")
