"""What pages show of a disagreement: to the family with one entry, to whoever answers, and beside the entry itself."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.access.permissions import Permission
from mengya_health.care.tasks import task_facts
from mengya_health.people.facts import ChildFacts
from mengya_health.record.disputes import ANSWER, KEPT, NOTE, OPEN, DisputeNote
from mengya_health.record.models import Dispute, Task
from mengya_health.record.queries import OpenEntry
from mengya_health.signing.levels import L1, LEVEL_LABELS
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head, may
from mengya_health.web.shown.entries import Line
from mengya_health.work import LOCAL

STATES = {
    OPEN: ("waiting", lazy("等答复")),
    "answered": ("met", lazy("已答复")),
    KEPT: ("note", lazy("看过答复，保留异议")),
}


def entry_page(work, child: ChildFacts, entry: OpenEntry, line: Line, notes: list[DisputeNote], form) -> dict:
    """Return the context of pages/parent/entry.html: one entry in the family's words, and what is said against it."""
    is_own = entry.author_id == work.actor.user_id
    may_object = may(work, child, Permission.DISPUTE) and not is_own and entry.kind not in (NOTE, ANSWER)
    here = {"child_id": child.id, "entry_id": entry.id}
    return {
        "back": {"href": url_for("family.record", child_id=child.id), "text": _("全部记录")},
        "entry": line._asdict() | {"version": _("第 %(n)s 版", n=entry.version)},
        "disputes": [_dispute(work, child, note, is_family=True) for note in notes],
        "objecting": {
            "action": url_for("disputes.dispute", **here),
            "form": form,
            "version": entry.version,
            "level": words.told(LEVEL_LABELS[L1]) if may(work, child, Permission.SIGN) else "",
        }
        if may_object
        else None,
    }


def beside(work, child: ChildFacts, entry: OpenEntry, notes: list[DisputeNote]) -> list[dict]:
    """Return what is said against an entry, for the page on which staff read it."""
    permission = Permission.WRITE_BEHAVIOUR if entry.section == "behaviour" else Permission.WRITE_HEALTH
    may_answer = may(work, child, permission)
    return [_dispute(work, child, note, may_answer=may_answer) for note in notes]


def answer_page(work, child: ChildFacts, dispute: Dispute, task: Task, form) -> dict:
    """Return the page on which a disagreement is answered (pages/cases/answer.html)."""
    facts = task_facts(work, task)
    mark, who = words.ROLES["guardian"]
    return {
        "child": child_head(child, work.today, is_clinical=may(work, child, Permission.READ_HEALTH)),
        "back": back_to(child),
        "title": str(words.TASKS["dispute"]),
        "by": {"role": mark, "text": str(who)},
        "at": words.day(facts.created_at.astimezone(LOCAL).date(), work.today),
        "text": facts.body["text"],
        "action": url_for("disputes.answer", child_id=child.id, note_id=dispute.note_id),
        "form": form,
        "pathways": [],
        "record_href": url_for("children.entry", child_id=child.id, entry_id=dispute.about_id),
    }


def _dispute(work, child: ChildFacts, note: DisputeNote, *, is_family: bool = False, may_answer: bool = False) -> dict:
    kind, state = STATES[note.status]
    here = {"child_id": child.id, "note_id": note.id}
    is_mine = is_family and note.author_id == work.actor.user_id
    return {
        "at": words.stamp(note.raised_at),
        "version": _("对第 %(n)s 版", n=note.version),
        "text": note.text,
        "kind": kind,
        "state": str(state),
        "answer": note.answer,
        "answered": _("%(who)s %(at)s 答复", who=words.ROLES[note.answered_as][1], at=words.stamp(note.answered_at))
        if note.answer
        else "",
        "answer_href": url_for("disputes.answer_page", **here) if may_answer and note.status == OPEN else "",
        "close_action": url_for("disputes.close", **here) if is_mine else "",
        "keep_action": url_for("disputes.keep", **here) if is_mine and note.status == "answered" else "",
    }
