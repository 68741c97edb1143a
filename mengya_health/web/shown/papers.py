"""What the pages about papers show: what can be printed for a child, and how far it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.care.queries import CaseLine
from mengya_health.errors import Invalid, NotNow
from mengya_health.handouts.batches import FOR_MANY
from mengya_health.handouts.from_record.referral_letter import NEVER_SENT
from mengya_health.handouts.models import Handout
from mengya_health.handouts.queries import Paper
from mengya_health.jobs import CANCELLED
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import ClassChoice
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
    CANCELLED: ("note", lazy_gettext("停下了")),
}
LACKING = (NotNow.code, Invalid.code)  # said in full where the paper is asked for again
WAITING = ("requested", "in-progress")
SEEN_TODAY = "today"


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


@dataclass(frozen=True)
class Batch:
    """Papers that were asked for in one moment, one or many."""

    papers: tuple[Paper, ...]

    @property
    def name(self) -> str:
        return str(NAMES[self.papers[0].handout.document])

    @property
    def total(self) -> int:
        return len(self.papers)

    @property
    def done(self) -> int:
        return self._count("completed")

    @property
    def is_waiting(self) -> bool:
        return bool(self._count(*WAITING))

    def time_left(self) -> str:
        """Return how long the rest takes, by what those that are ready took; "" before the first one is."""
        took = [each.finished_at - each.started_at for each in self.papers if each.status == "completed"]
        if not took or not self.is_waiting:
            return ""
        seconds = int(sum(took, timedelta()).total_seconds() / len(took) * self._count(*WAITING))
        if seconds < 60:
            return _("，约 %(n)s 秒", n=max(5, -(-seconds // 5) * 5))
        return _("，约 %(n)s 分钟", n=-(-seconds // 60))

    def _count(self, *states: str) -> int:
        return sum(each.status in states for each in self.papers)


def as_batches(papers: Iterable[Paper]) -> list[Batch]:
    """Return papers by what was asked for together, the newest first."""
    found: dict[tuple, list[Paper]] = {}
    for each in papers:
        found.setdefault((each.handout.asked_at, each.handout.document), []).append(each)
    return [Batch(tuple(each)) for each in found.values()]


def queue_page(
    papers: list[Paper], children: Mapping[UUID, ChildFacts], form, classes: list[ClassChoice] | None
) -> dict:
    """Return the papers asked for in the last day, newest first. `classes`: who may print for many at once."""
    known = [paper for paper in papers if paper.handout.child_id in children]
    batches = as_batches(known)
    return {
        "jobs": [_batch(batch, children) if batch.total > 1 else _job(batch.papers[0], children) for batch in batches],
        "is_waiting": any(batch.is_waiting for batch in batches),
        "refresh_href": url_for("papers.queue"),
        "form": form,
        "many": None if classes is None else _many(classes),
    }


def paper_wanted(child: ChildFacts, document: str, subject_id: UUID | None) -> dict:
    """Return the form that asks for one paper: where it is sent, and its hidden fields."""
    row = [{"name": "document", "value": document}]
    if subject_id:
        row.append({"name": "subject_id", "value": str(subject_id)})
    return {"action": url_for("papers.ask", child_id=child.id), "row": row}


def _many(classes: list[ClassChoice]) -> dict:
    """Return the form that asks for the same paper for many children."""
    return {
        "action": url_for("papers.ask_for_many"),
        "who": [
            {"value": SEEN_TODAY, "text": _("今天看完的孩子")},
            *({"value": str(each.group_id), "text": f"{each.organisation} {each.name}"} for each in classes),
        ],
        "documents": [{"value": name, "text": str(NAMES[name])} for name in FOR_MANY],
    }


def _document(child: ChildFacts, name: str, subject_id: UUID | None, note: str) -> dict:
    return {"text": str(NAMES[name]), "note": note} | paper_wanted(child, name, subject_id)


def _job(paper: Paper, children: Mapping[UUID, ChildFacts]) -> dict:
    handout, child = paper.handout, children[paper.handout.child_id]
    kind, text = STATES[paper.status]
    again = paper.status not in WAITING
    return {
        "is_batch": False,
        "name": str(NAMES[handout.document]),
        "child": child.name,
        "at": words.stamp(handout.asked_at),
        "paper": _paper(handout),
        "status": {"kind": kind, "text": str(text)},
        "href": url_for("papers.pdf", handout_id=handout.id) if paper.status == "completed" else "",
        "problem": _problem(paper),
        "again": paper_wanted(child, handout.document, handout.subject_id) if again else None,
    }


def _batch(batch: Batch, children: Mapping[UUID, ChildFacts]) -> dict:
    here = {"handout_id": batch.papers[0].handout.id}
    not_made = [each for each in batch.papers if each.status in ("failed", CANCELLED)]
    return {
        "is_batch": True,
        "name": _("%(n)s 份%(name)s", n=batch.total, name=batch.name),
        "at": words.stamp(batch.papers[0].handout.asked_at),
        "paper": _paper(batch.papers[0].handout),
        "done": batch.done,
        "total": batch.total,
        "left": batch.time_left(),
        "is_waiting": batch.is_waiting,
        "not_made": [_not_made(each, children[each.handout.child_id]) for each in not_made],
        "ready_href": url_for("papers.batch_pdf", **here) if batch.done else "",
        "stop_action": url_for("papers.stop", **here) if batch.is_waiting else "",
    }


def _not_made(paper: Paper, child: ChildFacts) -> dict:
    """Return one sheet that is missing: asked for by itself on the child's page, it says what keeps it."""
    why = str(STATES[CANCELLED][1]) if paper.status == CANCELLED else _problem(paper)
    return {"name": child.name, "why": why, "href": url_for("papers.choose", child_id=child.id)}


def _problem(paper: Paper) -> str:
    if paper.status != "failed":
        return ""
    if paper.error in LACKING:
        return _("档案里还缺要印的内容，打开看缺什么")
    return _("没有生成（%(code)s），可以再试一次", code=paper.error)


def _paper(handout: Handout) -> str:
    """Return what to put into the printer."""
    if handout.pages and handout.pages > 1:
        return _("A4 · %(n)s 页，请选双面打印", n=handout.pages)
    return "A4"
