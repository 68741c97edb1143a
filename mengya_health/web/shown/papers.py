"""What the pages about papers show: what can be printed for a child, and how far it is."""

from collections.abc import Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.care.queries import CaseLine
from mengya_health.handouts.from_record.referral_letter import NEVER_SENT
from mengya_health.handouts.models import Handout
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head

NAMES = {
    "home_guide": lazy_gettext("家庭指导单"),
    "referral_letter": lazy_gettext("转诊单"),
    "record_summary": lazy_gettext("档案摘要"),
    "closing_summary": lazy_gettext("结案小结"),
    "signature_receipt": lazy_gettext("签名回执"),
}
STATES = {
    "requested": ("queued", lazy_gettext("排队中")),
    "in-progress": ("queued", lazy_gettext("正在生成")),
    "completed": ("met", lazy_gettext("好了")),
    "failed": ("overdue", lazy_gettext("没有成功")),
}


def choose_page(work, child: ChildFacts, cases: list[CaseLine], referrals: list, form) -> dict:
    """Return what can be printed for a child now; each is asked for by a form of its own."""
    documents = [
        _document(child, "record_summary", None, _("两页以内，带生长图")),
        _document(child, "home_guide", None, _("按最近一次检查的指导")),
    ]
    for case in cases:
        if case.stage in ("intervention", "consolidation"):
            documents.append(_document(child, "home_guide", case.id, words.told(case.name)))
        if case.state in ("confirming", "resolved", "stopped"):
            documents.append(_document(child, "closing_summary", case.id, words.told(case.name)))
    for referral in [each for each in referrals if each.status not in NEVER_SENT]:
        note = _("%(day)s 开出 · %(number)s", day=referral.sent_on.isoformat(), number=referral.number)
        documents.append(_document(child, "referral_letter", referral.id, note))
    return {"child": child_head(child, work.today), "back": back_to(child), "documents": documents, "form": form}


def queue_page(work, papers: list[tuple[Handout, str, str]], children: Mapping[UUID, ChildFacts]) -> dict:
    """Return the papers asked for in the last day, newest first."""
    known = [paper for paper in papers if paper[0].child_id in children]
    return {
        "jobs": [_job(children[handout.child_id], handout, status, error) for handout, status, error in known],
        "refresh_href": url_for("papers.queue"),
    }


def paper_wanted(child: ChildFacts, document: str, subject_id: UUID | None) -> dict:
    """Return the form that asks for one paper: where it is sent, and its hidden fields."""
    row = [{"name": "document", "value": document}]
    if subject_id:
        row.append({"name": "subject_id", "value": str(subject_id)})
    return {"action": url_for("papers.ask", child_id=child.id), "row": row}


def _document(child: ChildFacts, name: str, subject_id: UUID | None, note: str) -> dict:
    return {"text": str(NAMES[name]), "note": note} | paper_wanted(child, name, subject_id)


def _job(child: ChildFacts, handout: Handout, status: str, error: str) -> dict:
    kind, text = STATES[status]
    failed = status == "failed"
    return {
        "name": str(NAMES[handout.document]),
        "child": child.name,
        "at": words.stamp(handout.asked_at),
        "done": int(status == "completed"),
        "total": 1,
        "status": {"kind": kind, "text": str(text)},
        "href": url_for("papers.pdf", handout_id=handout.id) if status == "completed" else "",
        "problem": _("没有生成（%(code)s），可以再试一次", code=error) if failed else "",
        "retry": paper_wanted(child, handout.document, handout.subject_id) if failed else None,
    }
