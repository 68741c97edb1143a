"""What pages say where a hearing check is asked for."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.facts import CaseFacts
from mengya_health.care.hearing import HEARING, hearing_wanted
from mengya_health.web.shown.origins import origin_text


def hearing_row(facts: CaseFacts) -> dict | None:
    """Return what a case page asks for, and where the result is written; None where nothing is asked."""
    wanted = hearing_wanted(facts)
    if wanted is None:
        return None
    said = _("请同时安排听力评估。") if wanted.is_certain else _("如果是说话或听方面的担心，请同时安排听力评估。")
    return {
        "text": said,
        "why": wanted.text,
        "basis": origin_text(wanted.origin, facts.content.version),
        "href": url_for("screenings.enter", child_id=facts.child.id, key=HEARING),
    }
