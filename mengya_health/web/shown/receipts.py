"""What the page of a signature's receipt shows."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.handouts.models import Handout
from mengya_health.handouts.queries import Paper
from mengya_health.people.facts import ChildFacts
from mengya_health.signing.receipts import Standing
from mengya_health.web.shown import words
from mengya_health.web.shown.papers import STATES


def receipt_page(work, child: ChildFacts, standing: Standing, signer: str, papers: list[Paper], form) -> dict:
    """Return the context of pages/receipt.html. `papers` is what the reader asked for today."""
    signature = standing.signature
    here = {"child_id": child.id, "signature_id": signature.id}
    sheets = [_sheet(each.handout, each.status) for each in papers if each.handout.subject_id == signature.id]
    return {
        "back": _back(work, child, signature.entry_id),
        "form": form,
        "rows": [{"label": label, "text": text} for label, text in _rows(standing, signer) if text],
        "is_covered": standing.is_covered,
        "json_href": url_for("receipts.download", **here),
        "script_href": url_for("receipts.script"),
        "action": url_for("receipts.ask", **here),
        "sheet": sheets[0] if sheets else None,
    }


def _rows(standing: Standing, signer: str) -> list[tuple]:
    signature = standing.signature
    withdrawn_at = signature.withdrawn_at
    return [
        (_("签的是"), _("第 %(n)s 版", n=signature.version)),
        (_("意见"), str(words.DECIDED[signature.decision])),
        (_("谁签的"), signer),
        (_("什么时候"), words.stamp(signature.signed_at)),
        (_("签名级别"), words.level(signature)),
        (_("已撤回"), words.stamp(withdrawn_at) if withdrawn_at else ""),
        (_("在档案历史里"), _("第 %(n)s 条", n=standing.child_seq)),
    ]


def _sheet(handout: Handout, status: str) -> dict:
    kind, text = STATES[status]
    is_done = status == "completed"
    return {
        "kind": kind,
        "text": str(text),
        "href": url_for("papers.pdf", handout_id=handout.id) if is_done else "",
    }


def _back(work, child: ChildFacts, entry_id) -> dict:
    if work.actor.places:
        return {"href": url_for("children.entry", child_id=child.id, entry_id=entry_id), "text": _("这条记录")}
    return {"href": url_for("family.signed", child_id=child.id), "text": _("签过的")}
