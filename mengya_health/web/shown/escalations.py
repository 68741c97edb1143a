"""What the pages say where a pathway asks for a referral: the case, and the letter that is being written."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.escalations import REPORT, ReferralWanted, referrals_wanted
from mengya_health.care.facts import CaseFacts
from mengya_health.content.limits import TimeLimit
from mengya_health.web.shown.origins import origin_text
from mengya_health.web.shown.punctuation import labelled


def wanted_rows(facts: CaseFacts) -> list[dict]:
    """Return the referrals a case page suggests, the most urgent first; the doctor decides."""
    return [_row(facts, each) for each in referrals_wanted(facts)]


def urgency_options(facts: CaseFacts, wanted: list[dict]) -> list[dict]:
    """Return how urgent a referral may be, each with where it comes from; what the pathway asks for now says so.

    Nothing of it is chosen: the doctor does.
    """
    asked = {each["limit"] for each in wanted}
    limits = [facts.content.time_limits[limit_id] for limit_id in facts.loop.urgencies]
    return [_option(limit, is_suggested=limit.id in asked) for limit in limits]


def reasons_to_refer(facts: CaseFacts) -> list[dict]:
    """Return when the pathway's file sends a child on, in its words, and how soon; harm to a child goes another way."""
    return [
        {"text": each.when, "limit": within_words(facts.content.time_limits[each.within])}
        for each in facts.pathway.escalation
        if each.within and each.via != REPORT
    ]


def within_words(limit: TimeLimit) -> str:
    return _("%(n)s 天内", n=limit.days) if limit.days else _("当天")


# --- inside -----------------------------------------------------------------------------------------------------------


def _row(facts: CaseFacts, wanted: ReferralWanted) -> dict:
    days = wanted.limit.days
    return {
        "title": _("建议转诊，%(n)s 天内就诊", n=days) if days else _("建议当日转诊"),
        "text": wanted.text_zh,
        "figures": wanted.figures_zh,
        "basis": origin_text(wanted.origin, facts.content.version),
        "href": url_for("cases.refer", case_id=facts.case_id),
        "limit": wanted.limit.id,
    }


def _option(limit: TimeLimit, *, is_suggested: bool) -> dict:
    text = within_words(limit)
    return {
        "value": limit.id,
        "text": _("%(limit)s（路径建议）", limit=text) if is_suggested else text,
        "hint": " · ".join(filter(None, (limit.what, _whence(limit)))),
    }


def _whence(limit: TimeLimit) -> str:
    """Return by what a limit stands: its source, or that the district has still to confirm it."""
    if limit.basis == "product_default":
        return _("时限待区级确认")
    return labelled(_("依据"), origin_text(limit, ""))
