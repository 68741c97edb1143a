"""The consents of a child as the clinic's desk sees them, and what is left to decide."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _

from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import Receiver
from mengya_health.people.queries import FamilyMember
from mengya_health.signing.consent_texts import consent_texts
from mengya_health.signing.consents import ConsentFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head, paper

EMPTY = {"values": {}, "errors": {}}


def consents_page(
    work,
    child: ChildFacts,
    form,
    given: list[ConsentFacts],
    receivers: Iterable[Receiver],
    family: list[FamilyMember],
    open_cases: int,
) -> dict:
    """Return the consents of a child for the desk: each purpose with its text, what is in force, what was before."""
    receivers = list(receivers)
    by_id = {each.id: each.name for each in receivers}
    signing = [each for each in family if each.kind == "guardian" and each.authority == "signs"]
    people = {each.user_id: f"{words.RELATIONS.get(each.relation, '')} {each.name}".strip() for each in signing}
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("children.take_consent", child_id=child.id),
        "receivers": [{"value": str(each.id), "text": each.name} for each in receivers],
        "signers": [{"value": str(user_id), "text": name} for user_id, name in people.items()] if signing[1:] else [],
        "stop": None
        if not open_cases
        else {
            "action": url_for("children.stop_cases", child_id=child.id),
            "text": _("没有建档同意：不能再写。还有 %(n)s 个没结束的个案要停下。", n=open_cases),
        },
        "decide_action": url_for("children.settle", child_id=child.id),
        "items": [
            paper(work, purpose)
            | {
                "form": form if form.values.get("purpose") == purpose else EMPTY,
                "in_force": [_line(child, each, by_id, people) for each in _of(given, purpose) if each.is_in_force],
                "over": [_line(child, each, by_id, people) for each in _of(given, purpose) if not each.is_in_force],
                "dispute": _dispute(child, purpose, people),
            }
            for purpose in consent_texts()
        ],
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _of(given: list[ConsentFacts], purpose: str) -> list[ConsentFacts]:
    return [each for each in given if each.purpose == purpose]


def _dispute(child: ChildFacts, purpose: str, people: dict) -> str:
    """Return who disagrees, for whoever has to decide; "" where nobody does."""
    if not child.subject.is_disputed(purpose):
        return ""
    names = _("、").join(people.get(each, "") for each in child.subject.refusing(purpose))
    return _("%(names)s 不同意，另一位监护人已同意。", names=names)


def _line(child: ChildFacts, consent: ConsentFacts, receivers: dict, people: dict) -> dict:
    how = _("纸质签字，工作人员看过证件") if consent.how == "paper" else _("家长用签名密码确认")
    said = [words.stamp(consent.given_at), people.get(consent.given_by, ""), how]
    parts = [*filter(None, said), _("第 %(version)s 版", version=consent.text_version)]
    if consent.purpose == "P3":
        parts.append(receivers.get(consent.receiver_id, "") if consent.receiver_id else _("不限机构"))
    if consent.to_on:
        parts.append(_("%(day)s 起撤回", day=consent.to_on.isoformat()))
    return {
        "text": " · ".join(filter(None, parts)),
        "action": url_for("children.end_consent", child_id=child.id, consent_id=consent.id),
    }
