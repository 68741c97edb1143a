"""What the pages of a referral show: the letter as it is written, the letter as either end reads it, the reply."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.care.facts import CaseFacts, ReferralFacts
from mengya_health.care.letters import CHART, MATERIAL_KINDS, Letter
from mengya_health.care.loop import loop_of
from mengya_health.care.models import WAITING
from mengya_health.care.queries import OpenCase
from mengya_health.care.referral_links import IssuedLink
from mengya_health.content import Content
from mengya_health.handouts.content import ReferralLetter
from mengya_health.locale import language
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import Receiver
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.measurements import charts_of
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.asked import Asked, asked_of_follow_up, measure_fields
from mengya_health.web.shown.cases import back_to_case, choices
from mengya_health.web.shown.children import child_head, may
from mengya_health.web.shown.entries_in_full import in_full
from mengya_health.web.shown.escalations import reasons_to_refer, urgency_options, wanted_rows
from mengya_health.web.shown.looking_again import as_list
from mengya_health.web.shown.papers import paper_wanted
from mengya_health.web.shown.punctuation import with_colons
from mengya_health.web.shown.qr import qr_code
from mengya_health.web.shown.reminders import reminder_text
from mengya_health.work import LOCAL

MOST_MATERIALS = 12


def longest(name: str, *, each: bool = False) -> int:
    """Return how many characters (lines, or characters of each line) of a text fit on the printed letter."""
    return ReferralLetter.__dataclass_fields__[name].metadata["each" if each else "at_most"]


def refer_page(work, opened: OpenCase, facts: CaseFacts, receivers: list[Receiver], state) -> dict:
    """Return the page on which a referral is written (pages/cases/refer.html)."""
    subject, wanted = opened.child.subject, wanted_rows(facts)
    as_list(state, "materials")
    here = {"write_reason": "#reason", "choose_materials": "#materials"}
    agreed = [each for each in receivers if subject.has_consent("P3", each.id)]
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "action": url_for("cases.send_referral", case_id=opened.case.id),
        "row_version": state.seen(opened.case.row_version),
        "form": state,
        "refusal": gates.refusal(state, gates.fix_links(opened, **here)),
        "receivers": [{"value": str(each.id), "text": _receiver(each, is_agreed=each in agreed)} for each in receivers],
        "wanted": wanted,
        "urgencies": urgency_options(facts, wanted),
        "when": reasons_to_refer(facts),
        "materials": material_options(work, facts.entries),
        "consent": {"kind": "met", "text": _("家长已同意向接诊机构提供资料")}
        if agreed
        else {"kind": "waiting", "text": _("等家长同意向接诊机构提供资料")},
        "limits": {name: longest(name) for name in ("reason", "questions")} | {"each": longest("questions", each=True)},
    }


def material_options(work, entries: Iterable[OpenEntry]) -> list[dict]:
    """Return what may go with a letter: the growth chart, and the newest records."""
    found = [entry for entry in entries if entry.kind in MATERIAL_KINDS and entry.status == "active"]
    found.sort(key=lambda entry: (entry.happened_on, entry.recorded_at), reverse=True)
    listed = [
        {
            "value": str(entry.id),
            "text": say.say(work.content, entry).title,
            "hint": f"{words.role(entry.author_role)['text']} · {words.day(entry.happened_on, work.today)}",
        }
        for entry in found[:MOST_MATERIALS]
    ]
    return [{"value": CHART, "text": _("生长曲线和测量"), "hint": ""}, *listed]


def letter_page(work, letter: Letter, *, back: dict) -> dict:
    """Return a referral as either end reads it (pages/specialist/referral.html), without any form."""
    child = letter.child
    return {
        "back": back,
        "print_href": "",
        "refusal": None,
        "child": {
            "name": child.name,
            "sex_age": words.sex_and_age(child, work.today),
            "born": child.birth_on.isoformat(),
            "number": child.number,
            "allergies": child.allergies,
            "contacts": [words.contact(each) for each in child.contacts],
        },
        "referral": _letter(work, letter),
        "growth": _growth(work, letter),
        "record_href": url_for("children.show", child_id=child.id) if may(work, child, Permission.READ_CHILD) else "",
        "files": [],
        "report_href": "",
        "arrive": None,
        "visit": None,
        "link": None,
        "decline": None,
        "feedback": None,
        "no_reply": None,
        "answered": in_full(work.content, letter.feedback) if letter.feedback else None,
        "given_up": _given_up(work.content, letter.referral),
    }


def _letter(work, letter: Letter) -> dict:
    said, referral = letter.entry.content, letter.referral
    return {
        "to": "　".join(filter(None, (said["receiver"], said["department"]))),
        "origin": letter.origin,
        "at": referral.sent_on.isoformat(),
        "number": referral.number,
        "urgency": _("%(day)s 前就诊", day=said["visit_by"]),
        "visited": referral.visited_on.isoformat() if referral.visited_on else "",
        "reply_by": referral.reply_due_on.isoformat(),
        "reason": said["reason"],
        "impression": said["impression"],
        "medical_history": said["medical_history"],
        "materials": _materials(work, letter),
        "closed_note": _("另有 %(n)s 条随纸质转诊单", n=letter.closed_materials) if letter.closed_materials else "",
        "questions": said["questions"],
        "status": waiting_status(referral, work.today),
        "reminder": reminder_text(work, referral),
    }


def reply_form(work, letter: Letter, state, *, action: str) -> dict:
    """Return the form of a reply: the result, what was measured, and a word for each hand."""
    return {
        "action": action,
        "form": state,
        "results": choices(loop_of(work.content).feedback_results),
        "asks_scan": not work.actor.receiving_ids,
        "asks_name": not work.actor.places_as("specialist"),
        "measures": measure_fields(work.content, asked_in_reply(work, letter), letter.child, work.today, state),
    }


def arrivals(letter: Letter, actions: Mapping[str, str]) -> list[dict]:
    """Return which steps before the visit a receiver can still say; `actions` are their addresses."""
    offered = {"requested": ("receive", "accept"), "received": ("accept",)}.get(letter.referral.status, ())
    texts = {"receive": _("收到了"), "accept": _("接诊")}
    return [{"text": texts[name], "action": actions[name]} for name in offered]


def link_page(work, letter: Letter, issued: IssuedLink) -> dict:
    """Return the page that shows a referral's link, this once, and prints it (pages/cases/referral_link.html)."""
    address = f"{work.settings.base_url.rstrip('/')}{issued.path}"
    return {
        "child": child_head(letter.child, work.today),
        "back": {"text": _("转诊单"), "href": url_for("cases.feedback", referral_id=letter.referral.id)},
        "number": letter.referral.number,
        "to": letter.entry.content["receiver"],
        "link": {
            "qr": qr_code(address, _("接诊链接二维码")),
            "address": address,
            "until": issued.expires_at.astimezone(LOCAL).date().isoformat(),
        },
        "print_letter": paper_wanted(letter.child, "referral_letter", letter.referral.id),
    }


def asked_in_reply(work, letter: Letter) -> Asked:
    """Return which readings of its pathway a reply may bring; weight and length are taken at the clinic."""
    asked = asked_of_follow_up(work.content, work.content.pathways[letter.pathway_id], "referred")
    return replace(asked, is_measured=False, checks={}, days=())


def received_page(work, found: list[tuple[ChildFacts, ReferralFacts]], origins: Mapping[UUID, str]) -> dict:
    """Return the referrals an institution has still to answer (pages/specialist/index.html)."""
    return {
        "rows": [
            {
                "name": child.name,
                "sex_age": words.sex_and_age(child, work.today),
                "number": referral.number,
                "origin": origins.get(child.clinic_id, ""),
                "at": referral.sent_on.isoformat(),
                "reply_by": referral.reply_due_on.isoformat(),
                "status": waiting_status(referral, work.today),
                "reminder": reminder_text(work, referral),
                "href": url_for("referrals.show", referral_id=referral.id),
            }
            for child, referral in found
        ]
    }


def waiting_status(referral: ReferralFacts, today: date) -> dict:
    """Return how far a referral is, as a status tag."""
    names = {
        "requested": _("新转来"),
        "received": _("已收到"),
        "accepted": _("已接诊"),
        "in-progress": _("已就诊，等回执"),
    }
    if referral.status == "completed":
        return {"kind": "met", "text": _("已有回执")}
    if referral.status not in WAITING:
        return {"kind": "note", "text": _("已结束，没有回执")}
    late = (today - referral.reply_due_on).days
    if late > 0:
        return {"kind": "overdue", "text": words.overdue(late)}
    return {"kind": "waiting", "text": names[referral.status]}


# --- inside -----------------------------------------------------------------------------------------------------------


def _receiver(receiver: Receiver, *, is_agreed: bool) -> str:
    return receiver.name if is_agreed else _("%(name)s（家长还没同意）", name=receiver.name)


def _materials(work, letter: Letter) -> list[dict]:
    has_chart = CHART in letter.entry.content["materials"]
    by = words.role("doctor")
    until = _("到 %(day)s", day=letter.referral.sent_on.isoformat())
    chart = {"role": by["role"], "by": by["text"], "at": "", "text": _("生长曲线和测量"), "note": until}
    lines = say.lines_of(work.content, letter.materials, work.today, lambda _entry: "")
    shown = [{"role": each.role, "by": each.by, "at": each.at, "text": each.title, "note": each.note} for each in lines]
    return ([chart] if has_chart else []) + shown


def _growth(work, letter: Letter) -> list[dict]:
    """Return the charts of weight and length up to the day of the letter, where they were chosen."""
    child = letter.child
    if not letter.measurements:
        return []
    titles = (("wfa", _("体重")), ("lhfa", _("身长/身高")))
    drawn = {"today_on": work.today, "sizes": ("narrow",), "language": language(), "age_rule": work.settings.age_rule}
    return [
        {"title": title, "drawing": drawing}
        for code, title in titles
        for drawing in charts_of(child, letter.measurements, code, **drawn)
    ]


def _given_up(content: Content, referral: ReferralFacts) -> str:
    if not referral.not_done:
        return ""
    reason = loop_of(content).not_done_reasons.get(referral.not_done["reason"], "")
    return with_colons(filter(None, (reason, referral.not_done.get("text", ""))))
