"""What the inbox shows: what waits for the reader, what others did, what the reader asked and nobody answered yet."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.care.inbox import Inbox, InboxLine
from mengya_health.web.shown import words
from mengya_health.web.shown.classes import advice_href
from mengya_health.web.shown.links import task_href

FIRST = 20  # lines of each list
HAPPENED = {
    "agree": lazy_gettext("家长签了计划"),
    "decline": lazy_gettext("家长暂时不同意计划"),
    "withdraw": lazy_gettext("家长撤回了同意，任务先停下"),
    "confirm_stable": lazy_gettext("老师确认在班里稳定"),
    "confirm_closure": lazy_gettext("家长签了结案小结"),
    "reply": lazy_gettext("转诊有回执了"),
    "released": lazy_gettext("放行申请有答复了"),
    "answered_concern": lazy_gettext("您请医生看的事，有答复了"),
    "answered_question": lazy_gettext("您问的，医生回答了"),
    "answered_dispute": lazy_gettext("您提的异议，有答复了"),
}
ASKED = {
    "concern": lazy_gettext("您请医生看看"),
    "question": lazy_gettext("您想先问问"),
    "dispute": lazy_gettext("您提了异议"),
}
# Which page of theirs a hand goes to for a task of a kind; anything else, to their first page.
OPENS = {
    "guardian": {"signature": lambda line: url_for("family.sign", child_id=line.child.id, task_id=line.task.id)},
    "teacher": {
        "signature": lambda line: url_for("classes.summary", child_id=line.child.id, task_id=line.task.id),
        "dispute": lambda line: task_href(line.child.id, line.task),
        "class_advice": lambda line: advice_href(line.child.group_id, line.child, line.task),
    },
    "specialist": {"referral_reply": lambda line: url_for("referrals.show", referral_id=line.task.subject_id)},
    "reviewer": {"release": lambda line: url_for("releases.show", case_id=line.case_id, task_id=line.task.id)},
}


def inbox_page(work, found: Inbox, unheard: frozenset, *, home_href: str) -> dict:
    """Return the inbox (partials/inbox.html). `unheard`: tasks of which nobody who has to answer gets a message."""
    return {
        "waiting": [_waiting(work, line, home_href) for line in found.waiting[:FIRST]],
        "more": _("另外 %(n)s 项，在您的工作页里", n=len(found.waiting) - FIRST) if len(found.waiting) > FIRST else "",
        "happened": [_happened(work, line, home_href) for line in found.happened[:FIRST]],
        "asked": [_asked(line, is_unheard=line.task.id in unheard) for line in found.asked],
        "has_new": work.actor.has_news or any(each.is_new for each in (*found.waiting, *found.happened)),
        "has_channels": bool(work.settings.channels),
        "home": {"href": home_href, "text": _("首页")},
        "conferences": len(found.conferences),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _waiting(work, line: InboxLine, home_href: str) -> dict:
    late = max(0, (work.today - line.due_on).days)
    return _line(line) | {
        "text": words.told(line.task.title) or str(words.TASKS.get(line.kind, "")),
        "note": _("%(day)s 前", day=f"{line.due_on:%m-%d}"),
        "tag": words.overdue(late) if late else str(_("今天就要看")) if line.is_urgent else "",
        "href": _opens(line, home_href),
    }


def _opens(line: InboxLine, home_href: str) -> str:
    if line.task.whose_turn == "doctor":
        return task_href(line.child.id, line.task)
    opens = OPENS.get(line.task.whose_turn, {}).get(line.kind)
    return opens(line) if opens else home_href


def _happened(work, line: InboxLine, home_href: str) -> dict:
    return _line(line) | {"text": str(HAPPENED[line.kind]), "href": _shows(work, line, home_href)}


def _shows(work, line: InboxLine, home_href: str) -> str:
    """Return where the reader sees what happened."""
    if not work.actor.places:
        return url_for("family.record", child_id=line.child.id)
    if not work.actor.places_as("doctor"):
        return home_href
    if line.case_id:
        return url_for("cases.show", case_id=line.case_id)
    return url_for("children.show", child_id=line.child.id)


def _asked(line: InboxLine, *, is_unheard: bool) -> dict:
    return _line(line) | {
        "text": str(ASKED[line.kind]),
        "note": _("%(day)s 前答复", day=f"{line.due_on:%m-%d}"),
        "unheard": unheard_words(line.task.whose_turn) if is_unheard else "",
        "href": "",
        "is_new": False,
    }


def unheard_words(whose_turn: str) -> str:
    """Return what a sender is told where nobody who has to do something gets a message of it."""
    who = str(words.TURNS[whose_turn][1]) if whose_turn in words.TURNS else str(_("对方"))
    return str(_("%(who)s收不到消息：请打电话或下次来时当面说。", who=who))


def _line(line: InboxLine) -> dict:
    return {
        "name": line.child.name,
        "initial": words.initial_of(line.child.name),
        "shade": words.shade_of(line.child.id),
        "at": words.stamp(line.at)[5:],
        "is_new": line.is_new,
    }
