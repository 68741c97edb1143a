"""The guardians of a child for the desk: who may what, whom the record is closed to, what waits for a colleague."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.restrictions import LIFT, RESTRICT
from mengya_health.people.approvals import Approval
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import FamilyMember
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head

RIGHTS = {"signs": lazy("可以看、可以记、可以签名"), "reads": lazy("可以看")}
ASKED = {RESTRICT: lazy("限制查阅"), LIFT: lazy("恢复查阅")}


def guardians_page(work, child: ChildFacts, family: list[FamilyMember], waiting: list[Approval], form) -> dict:
    """Return the context of pages/children/guardians.html; `family` are guardians and those it is closed to."""
    names = {each.user_id: f"{words.RELATIONS.get(each.relation, '')} {each.name}".strip() for each in family}
    asked = {each.subject_id for each in waiting}
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "people": [_person(each, names, asked) for each in family],
        "waiting": [_waiting(work, child, each, names) for each in waiting],
        "action": url_for("children.ask_restriction", child_id=child.id),
        "invite_href": url_for("children.invite", child_id=child.id),
        "form": form,
    }


def _person(each: FamilyMember, names: dict, asked: set) -> dict:
    is_closed = each.kind == "restricted"
    what = LIFT if is_closed else RESTRICT
    return {
        "name": names[each.user_id],
        "rights": _("访问受限") if is_closed else str(RIGHTS[each.authority]),
        "is_closed": is_closed,
        "value": "" if each.user_id in asked else str(each.user_id),
        "what": what,
        "button": str(ASKED[what]),
    }


def _waiting(work, child: ChildFacts, approval: Approval, names: dict) -> dict:
    here = {"child_id": child.id, "approval_id": approval.id}
    is_mine = approval.asked_by == work.actor.user_id
    return {
        "text": _("%(name)s：%(what)s", name=names.get(approval.subject_id, ""), what=str(ASKED[approval.what])),
        "note": _("%(at)s 提出", at=words.stamp(approval.asked_at)),
        "document_href": url_for("children.restriction_document", **here),
        "approve_action": "" if is_mine else url_for("children.approve_restriction", **here),
        "refuse_action": url_for("children.refuse_restriction", **here),
        "is_mine": is_mine,
    }
