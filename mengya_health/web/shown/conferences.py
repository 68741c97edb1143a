"""What the pages of case conferences show; without a name unless the reader knows the child anyway."""

from collections import Counter
from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.care.conferences import BLOCKED, CALLED, CANCELLED, CLINIC, CONCLUSION, OVER, Conference, Point
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES
from mengya_health.care.queries import OpenCase
from mengya_health.people.rota import Colleague
from mengya_health.web.shown import words
from mengya_health.web.shown.cases import back_to_case
from mengya_health.web.shown.children import child_head, may
from mengya_health.web.shown.looking_again import as_list
from mengya_health.web.shown.punctuation import bracketed, enumerated, joined, labelled

SORTS = {CONCLUSION: lazy("结论"), BLOCKED: lazy("堵点")}
FATES = {"solved": lazy("解决了"), "passed_on": lazy("转给了别人"), "given_up": lazy("不再做了")}
STATES = {
    CALLED: ("waiting", lazy("进行中")),
    OVER: ("met", lazy("都有下文了")),
    CANCELLED: ("note", lazy("取消了")),
}


def list_page(work, found: list[Conference]) -> dict:
    """Return the conferences of the reader (pages/conferences/index.html)."""
    return {"rows": [_row(work, each) for each in found], "is_doctor": bool(work.actor.places_as("doctor"))}


def case_page(work, opened: OpenCase, found: list[Conference]) -> dict:
    """Return the conferences about one case (pages/conferences/of_case.html)."""
    is_closed = opened.case.state in CLOSED_STATES
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "rows": [_row(work, each) for each in found],
        "new_href": "" if is_closed else url_for("conferences.new", case_id=opened.case.id),
    }


def new_page(work, opened: OpenCase, findings: list[Mapping], people: list[Colleague], form) -> dict:
    """Return the form that calls a conference (pages/conferences/new.html)."""
    as_list(form, "findings")
    as_list(form, "readers")
    days = loop_of(work.content).limits.conference_days
    return {
        "child": child_head(opened.child, work.today),
        "back": {"text": _("会商"), "href": url_for("conferences.of_case", case_id=opened.case.id)},
        "action": url_for("conferences.call", case_id=opened.case.id),
        "form": form,
        "findings": [
            {"value": each["entry"], "text": _age(each["age_months"]), "hint": each["text"]} for each in findings
        ],
        "people": [
            {
                "value": str(each.user_id),
                "text": each.name,
                "hint": f"{each.place} · {words.said(words.ROLES[each.role][1])}",
            }
            for each in people
        ],
        "days": days,
    }


def conference_page(work, found: Conference, form, drafted: Mapping) -> dict:
    """Return one conference with what the reader may write in it (pages/conferences/show.html).

    `form` is the one that was refused, if any; `drafted` each of them with what its author has not sent yet.
    """
    kind, text = STATES[found.entry.status]
    return {
        "child": child_head(found.child, work.today, is_clinical=found.is_clinic) if found.sees_name else None,
        "back": {"text": _("会商"), "href": url_for("conferences.index")},
        "links": _links(found, work),
        "form": form,
        "drafted": drafted,
        "row_version": found.entry.row_version,
        "head": _title(found),
        "status": {"kind": kind, "text": str(text)},
        "facts": _facts(work, found),
        "findings": _findings(found),
        "cancelled": found.said["cancelled"],
        "points": [_point(work, each) for each in found.points],
        "is_nameless": not found.sees_name,
        **_forms(work, found),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _age(months: int) -> str:
    return _("%(n)s 月龄", n=months)


def _title(found: Conference) -> str:
    said = found.said
    corrected = _("，矫正 %(n)s 月龄", n=said["corrected_months"]) if said["corrected_months"] != "" else ""
    return f"{_age(said['age_months'])}{corrected} · {words.SEX[said['sex']]}"


def _row(work, found: Conference) -> dict:
    kind, text = STATES[found.entry.status]
    mine = [each for each in found.points if each.is_open and each.owner == str(work.actor.user_id)]
    waits = [each for each in found.points if each.is_open]
    return {
        "name": found.child.name if found.sees_name else "",
        "title": _title(found),
        "question": found.said["question"].partition("\n")[0],
        "held_on": found.said["held_on"],
        "status": {"kind": kind, "text": str(text)},
        "note": _("还有 %(n)s 条没有下文", n=len(waits)) if waits else "",
        "mine": _("等您的 %(n)s 条", n=len(mine)) if mine else "",
        "href": url_for("conferences.show", conference_id=found.entry.id),
    }


def _facts(work, found: Conference) -> list[dict]:
    said = found.said
    last_on = said["until"]
    rows = [
        (_("哪天"), said["held_on"]),
        (_("主持人（轮值）"), said["chair"]["name"]),
        (_("请来的人"), _people(found)),
        (_("月龄、性别"), _title(found)),
        (_("想商量什么"), said["question"]),
        (_("请来的人看到哪天"), last_on),
        (_("告诉家长"), said["told_family_on"] or _("还没有写结论")) if found.is_clinic else ("", ""),
    ]
    return [{"label": label, "text": text} for label, text in rows if text]


def _people(found: Conference) -> str:
    """Return who was asked: by name and place for those who know the child, else how many of each kind."""
    readers = found.said["readers"]
    if found.sees_name:
        return joined(bracketed(each["name"], each["place"]) for each in readers)
    counted = Counter(words.said(words.ROLES[each["role"]][1]) for each in readers)
    return enumerated(_("%(who)s %(n)s 位", who=who, n=number) for who, number in counted.items())


def _findings(found: Conference) -> list[dict]:
    if not found.reads_findings:
        return []
    return [{"at": _age(each["age_months"]), "text": each["text"]} for each in found.said["findings"]]


def _links(found: Conference, work) -> list[dict]:
    if found.is_clinic:
        return [{"text": _("个案"), "href": url_for("cases.show", case_id=found.entry.case_id)}]
    if may(work, found.child, Permission.READ_CHILD):
        return [{"text": _("这个孩子"), "href": url_for("children.show", child_id=found.child.id)}]
    return []


def _point(work, point: Point) -> dict:
    late = max(0, (work.today - point.due_on).days)
    waits = {"kind": "overdue", "text": words.overdue(late)} if late else {"kind": "waiting", "text": str(_("等下文"))}
    fate = {"kind": "met" if point.fate == "solved" else "note", "text": str(FATES.get(point.fate, ""))}
    return {
        "id": point.id,
        "sort": str(SORTS[point.sort]),
        "is_blocked": point.sort == BLOCKED,
        "text": point.text,
        "owner": point.owner_name or str(_("孩子的门诊")),
        "due": point.due_on.isoformat(),
        "status": waits if point.is_open else fate,
        "fate": " · ".join(filter(None, (point.fate_text, point.fate_on))),
    }


def _forms(work, found: Conference) -> dict:
    """Return what may be written now: a point, the fate of one, what the family reads, that it is called off."""
    here = {"conference_id": found.entry.id}
    is_on = found.is_called
    settling = [each for each in found.points if found.settles(work, each)]
    return {
        "add": _adding(found, here) if is_on and found.leads and work.today >= found.held_on else None,
        "settle": {
            "action": url_for("conferences.settle", **here),
            "points": [{"value": each.id, "text": labelled(SORTS[each.sort], each.text)} for each in settling],
            "fates": [{"value": fate, "text": str(text)} for fate, text in FATES.items()],
        }
        if settling
        else None,
        "tell": url_for("conferences.tell", **here) if found.is_clinic and found.points else "",
        "cancel": url_for("conferences.cancel", **here) if is_on and found.is_clinic and not found.points else "",
    }


def _adding(found: Conference, here: dict) -> dict:
    people = [found.said["chair"], *found.said["readers"]]
    names = [{"value": each["id"], "text": each["name"] if found.sees_name else _unnamed(each)} for each in people]
    return {
        "action": url_for("conferences.add_point", **here),
        "sorts": [{"value": sort, "text": str(text)} for sort, text in SORTS.items()],
        "owners": [{"value": CLINIC, "text": _("孩子的门诊")}, *names],
    }


def _unnamed(person: Mapping) -> str:
    """Return somebody without their place, which could say where the child goes."""
    return bracketed(person["name"], words.said(words.ROLES[person["role"]][1]))
