"""What the pages about a child's moves show: the handover, leaving the district, and what remains of a former child."""

from datetime import date, timedelta

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.care.facts import ReferralFacts, TaskFacts
from mengya_health.care.handovers import ACCEPTED, FormerCase, refusal_in
from mengya_health.care.loop import loop_of
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.moving_away import REASONS
from mengya_health.care.queries import CaseLine
from mengya_health.care.tasks import open_body
from mengya_health.people.changing_clinic import MOVED
from mengya_health.people.facts import ChildFacts
from mengya_health.people.former import FormerChild
from mengya_health.record.queries import OpenEntry
from mengya_health.web.shown import entries as shown_entries
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head, may
from mengya_health.web.shown.entries_in_full import in_full
from mengya_health.web.shown.links import home_link
from mengya_health.work import LOCAL

TOLD_FOR = timedelta(days=30)  # that a child has a new clinic


def handover_page(work, child: ChildFacts, newest: Task | None, tasks: list[TaskFacts], clinics, form) -> dict:
    """Return the context of pages/children/handover.html, for the clinic that has the child or that takes it over."""
    here, task = {"child_id": child.id}, _open(newest)
    takes_over = may(work, child, Permission.TAKE_OVER)
    body = open_body(work, task) if task else {}
    stage = "none" if task is None else "accepted" if task.status == ACCEPTED else "mine" if takes_over else "asked"
    return {
        "child": child_head(child, work.today, is_clinical=not takes_over),
        "back": {"text": _("今日"), "href": url_for("today.show")} if takes_over else back_to(child),
        "stage": stage,
        "from_name": body.get("from_name", ""),
        "to_name": body.get("to_name", ""),
        "how": _("监护人在手机上用签名密码提出") if body.get("how") == "pin" else _("监护人在门诊签字提出"),
        "asked": task.created_at.astimezone(LOCAL).date().isoformat() if task else "",
        "rows": [_due_row(each, work.today, is_titled=not takes_over) for each in tasks if each.kind != "handover"],
        "clinics": [{"value": str(each.id), "text": each.name} for each in clinics],
        "refused": _refusal(work, newest),
        "form": form,
        "actions": {
            name: url_for(f"moves.{name}", **here) for name in ("ask", "withdraw", "accept", "refuse", "finish")
        },
        "away_href": url_for("moves.away", **here),
    }


def away_page(
    work, child: ChildFacts, has_left: bool, cases: list[CaseLine], tasks: list[TaskFacts], referrals, form
) -> dict:
    """Return the context of pages/children/moving_away.html: everything that would end, and the reason asked for."""
    here, reasons = {"child_id": child.id}, loop_of(work.content).not_done_reasons
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "has_left": has_left,
        "cases": [
            {"text": f"{words.told(each.name)} · {words.told(each.state_name)}", "note": each.number} for each in cases
        ],
        "rows": [_due_row(each, work.today, is_titled=True) for each in tasks if each.kind != "handover"],
        "referrals": [_("转诊单 %(number)s", number=each.number) for each in referrals if _is_open(each)],
        "class_name": child.class_name,
        "reasons": [{"value": name, "text": words.told(reasons[name])} for name in REASONS],
        "form": form,
        "action": url_for("moves.leave", **here),
        "return_action": url_for("moves.come_back", **here),
        "papers_href": url_for("papers.choose", **here) if may(work, child, Permission.PRINT_HEALTH) else "",
        "handover_href": url_for("moves.handover", **here),
    }


def former_page(work, children: list[FormerChild]) -> dict:
    """Return the context of pages/children/former.html."""
    is_doctor = bool(work.actor.places_as("doctor"))
    home = ("today.show", _("今日")) if is_doctor else ("classes.show", _("班级"))
    return {
        "back": {"href": url_for(home[0]), "text": home[1]},
        "rows": [
            {
                "name": each.name,
                "number": each.number,
                "until": _("到 %(day)s", day=each.until_on.isoformat()),
                "href": url_for("moves.written", child_id=each.id),
            }
            for each in children
        ],
    }


def written_page(work, child: FormerChild, entries: list[OpenEntry], cases: list[FormerCase]) -> dict:
    """Return the context of pages/children/former_child.html."""
    loop, is_doctor = loop_of(work.content), bool(child.clinic_ids)
    return {
        "back": {"href": url_for("moves.former"), "text": _("转走的孩子")},
        "name": child.name,
        "number": child.number,
        "note": _("%(day)s 起不在您的门诊。这里只有本门诊写的，之后的都看不到。", day=child.until_on.isoformat())
        if is_doctor
        else _("%(day)s 起不在您的班里。这里只有您自己写的，别的都看不到。", day=child.until_on.isoformat()),
        "cases": [
            {
                "title": f"{words.told(each.name)} · {each.number}",
                "steps": [
                    {
                        "on": step.at.astimezone(LOCAL).date().isoformat(),
                        "text": _step(loop, step),
                    }
                    for step in each.steps
                ],
            }
            for each in cases
        ],
        "entries": [
            {
                "on": entry.happened_on.isoformat(),
                "title": shown_entries.say(work.content, entry).title,
                "rows": in_full(work.content, entry),
            }
            for entry in entries
        ],
    }


def family_page(work, child: ChildFacts, newest: Task | None, here: str, clinics, form) -> dict:
    """Return the context of pages/parent/clinic.html."""
    task = _open(newest)
    body = open_body(work, task) if task else {}
    is_asked = task is not None and task.status != ACCEPTED
    return {
        "back": home_link(child),
        "here": here,
        "asked": body["to_name"] if is_asked else "",
        "refused": _refusal(work, newest),
        "ask": None
        if task is not None
        else {
            "action": url_for("family.change_clinic", child_id=child.id),
            "form": form,
            "clinics": [{"value": str(each.id), "text": each.name} for each in clinics],
        },
        "withdraw_action": url_for("family.stay_at_clinic", child_id=child.id) if is_asked else "",
    }


def family_notices(work, child: ChildFacts) -> list[str]:
    """Return what a family is told on its first page about its clinic; read from the ties that came with the child."""
    told = [_("正在换门诊，等新门诊接收。接收以前，还是原来的门诊负责。")] if child.subject.current("handover") else []
    moved = [
        tie for tie in child.subject.current("care") if tie.authority == MOVED and work.today - tie.from_on <= TOLD_FOR
    ]
    return told + [_("孩子已经换到新的社区门诊，以后有事请找新门诊的医生。") for _tie in moved]


def _open(newest: Task | None) -> Task | None:
    return newest if newest is not None and newest.status in OPEN_TASK else None


def _refusal(work, newest: Task | None) -> str:
    """Return what a clinic said that did not take the child over; "" where none did."""
    said = refusal_in(work, newest)
    return _("%(name)s没有接收：%(text)s", name=said[0], text=said[1]) if said else ""


def _due_row(task: TaskFacts, today: date, *, is_titled: bool) -> dict:
    mark, who, _text = words.TURNS[task.whose_turn]
    late = max(0, (today - task.due_on).days)
    kind = words.said(words.TASKS[task.kind])
    return {
        "text": (words.told(task.title) or kind) if is_titled else kind,
        "due": task.due_on.isoformat(),
        "overdue": words.overdue(late) if late else "",
        "role": mark,
        "role_text": words.said(who),
    }


def _is_open(referral: ReferralFacts) -> bool:
    return not referral.is_settled


def _step(loop, step) -> str:
    event, state = loop.events.get(step.event, step.event), loop.states[step.to_state].name
    return f"{words.told(event)} → {words.told(state)}"
