"""What the pages of emergency access show: to the doctor who asks, to the officer who reviews, to the family."""

from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.people.break_glass import EmergencyNotice
from mengya_health.people.emergency import LASTS, REASONS
from mengya_health.people.emergency_review import EmergencyFacts
from mengya_health.web.shown import words

CODES = {
    "treatment": lazy("正在接诊，要马上看过往检查和过敏"),
    "transfer": lazy("转运、急诊交接"),
    "rescue": lazy("抢救、意外伤害"),
    "protection": lazy("孩子可能受到伤害"),
    "public_health": lazy("传染病等公共卫生处置"),
}
FINDINGS = {"justified": lazy("有正当理由"), "unjustified": lazy("没有正当理由")}
MINUTES = int(LASTS.total_seconds() // 60)


def ask_page(work, state, *, is_fresh: bool) -> dict:
    """Return the page on which a doctor asks for emergency access (pages/emergency.html)."""
    return {
        "action": url_for("emergency.start"),
        "back": {"text": _("儿童"), "href": url_for("children.search")},
        "form": state,
        "minutes": MINUTES,
        "codes": [{"value": code, "text": str(CODES[code])} for code in REASONS],
        "asks_password": not is_fresh or "password" in state.errors,
    }


def banner(work) -> dict | None:
    """Return the band on every page while an emergency access is running; None while none is."""
    emergency = work.actor.emergency if work and work.actor else None
    if emergency is None:
        return None
    return {
        "text": _("紧急查阅中：只能看，到 %(at)s 为止。每一步都会复核。", at=words.stamp(emergency.until_at)[-5:]),
        "href": url_for("children.show", child_id=emergency.child_id),
        "end_action": url_for("emergency.end"),
    }


def notice(on: date) -> str:
    """Return what a family reads on its first page of a day on which its child's record was opened in an emergency."""
    return _("%(day)s，有医生紧急查阅过孩子的档案。是谁、为什么，请看“谁看过档案”。", day=on.isoformat())


def notices(told: list[EmergencyNotice]) -> list[str]:
    """Return what a family reads of emergency accesses to its child's record."""
    return [
        _(
            "%(at)s，%(place)s的医生紧急查阅过档案（%(why)s）。安全审计员会在 72 小时内复核；有疑问请打电话给门诊。",
            at=words.stamp(each.opened_at),
            place=each.organisation,
            why=CODES[each.code],
        )
        for each in told
    ]


def list_page(work, found: list[EmergencyFacts]) -> dict:
    """Return the officer's list of emergency accesses (pages/officer/emergencies.html)."""
    return {"rows": [_row(work, each) for each in found]}


def review_page(work, one: EmergencyFacts, state) -> dict:
    """Return the page on which an emergency access is reviewed (pages/officer/emergency.html)."""
    here = {"break_glass_id": one.id}
    may_review = not one.finding and not one.is_mine
    return {
        "back": {"text": _("紧急查阅"), "href": url_for("officer.emergencies")},
        "one": _row(work, one),
        "facts": [
            (_("谁"), f"{one.organisation} {words.ROLES['doctor'][1]}", words.code_of(one.user_id)),
            (_("什么时候"), f"{words.stamp(one.opened_at)} – {words.stamp(one.expires_at)[-5:]}", ""),
            (_("为什么"), str(CODES[one.code]), ""),
            (_("医生写的"), one.text, ""),
            (_("告知家长"), _told(work, one), ""),
        ],
        "audit_href": url_for("officer.audit", user=one.user_id.hex, from_on=one.opened_at.date().isoformat()),
        "form": state,
        "action": url_for("officer.review", **here) if may_review else "",
        "findings": [{"value": value, "text": str(text)} for value, text in FINDINGS.items()],
        "hold_action": url_for("officer.hold", **here) if may_review and one.held_until is None else "",
    }


def _row(work, one: EmergencyFacts) -> dict:
    is_late = not one.finding and work.now > one.review_by
    state = {"kind": "waiting", "text": _("%(day)s 前复核", day=words.stamp(one.review_by))}
    if one.finding:
        state = {"kind": "met" if one.finding == "justified" else "flag", "text": str(FINDINGS[one.finding])}
    elif is_late:
        state = {"kind": "overdue", "text": _("逾期，此人已不能再用紧急查阅")}
    return {
        "at": words.stamp(one.opened_at),
        "who": one.organisation,
        "code": words.code_of(one.user_id),
        "why": str(CODES[one.code]),
        "state": state,
        "href": url_for("officer.emergency", break_glass_id=one.id),
    }


def _told(work, one: EmergencyFacts) -> str:
    if one.held_until is None:
        return _("已经在家长首页和“谁看过档案”里告知")
    if work.now < one.held_until:
        return _("暂不告知，%(at)s 自动告知", at=words.stamp(one.held_until))
    return _("暂缓已到期，已告知")
