"""What the two pages about a signature on paper show: to record it, and to confirm having seen it."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.queries import OpenCase
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember
from mengya_health.record.queries import OpenEntry
from mengya_health.signing.levels import LEVEL_LABELS, PAPER
from mengya_health.signing.queries import PaperFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.cases import back_to_case
from mengya_health.web.shown.children import back_to, child_head, relation_options
from mengya_health.web.shown.punctuation import bracketed

NO_ACCOUNT = "none"


def paper_page(work, opened: OpenCase, kind: str, version: int, family: list[FamilyMember], form) -> dict:
    """Return the context of pages/cases/paper.html."""
    signing = [each for each in family if each.kind == "guardian" and each.authority == "signs"]
    options = [{"value": str(each.user_id), "text": each.name} for each in signing]
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "action": url_for("cases.save_paper", case_id=opened.case.id),
        "form": form,
        "title": words.said(words.KINDS[kind]),
        "version": version,
        "version_text": _("第 %(n)s 版", n=version),
        "level": words.told(LEVEL_LABELS[PAPER]),
        "guardians": [*options, {"value": NO_ACCOUNT, "text": _("没有账号的监护人"), "hint": _("在下面写姓名")}],
        "relations": relation_options(),
    }


def confirm_page(
    work, child: ChildFacts, entry: OpenEntry, paper: PaperFacts, witness: str, task_id: UUID, form
) -> dict:
    """Return the context of pages/cases/confirm_paper.html."""
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("cases.save_confirmation", task_id=task_id),
        "form": form,
        "is_first": paper.witness_id == work.actor.user_id,
        "level": words.told(LEVEL_LABELS[PAPER]),
        "scan_href": url_for("attachments.download", child_id=child.id, attachment_id=paper.scan_id),
        "rows": [
            {"label": _("签的是"), "text": f"{words.KINDS[entry.kind]} · {_('第 %(n)s 版', n=entry.version)}"},
            {"label": _("谁签的"), "text": bracketed(paper.name, words.RELATIONS[paper.relation])},
            {"label": _("签的那天"), "text": paper.signed_on.isoformat()},
            {"label": _("第一位见证人"), "text": witness},
        ],
    }
