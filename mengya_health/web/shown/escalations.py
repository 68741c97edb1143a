"""What a case page says where its pathway asks for a referral."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.escalations import referrals_wanted
from mengya_health.care.facts import CaseFacts
from mengya_health.web.shown.origins import origin_text


def wanted_rows(facts: CaseFacts) -> list[dict]:
    """Return the referrals a case page suggests, the most urgent first; the doctor decides."""
    return [
        {
            "title": _("建议当日转诊") if each.limit.days == 0 else _("建议转诊，%(n)s 天内就诊", n=each.limit.days),
            "text": each.text_zh,
            "figures": each.figures_zh,
            "basis": origin_text(each.origin, facts.content.version),
            "href": url_for("cases.refer", case_id=facts.case_id),
        }
        for each in referrals_wanted(facts)
    ]
