"""What the page of the rota shows."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.people.rota import Colleague, Turn
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import bracketed


def rota_page(work, turns: list[Turn], people: list[Colleague], form) -> dict:
    """Return the rota (pages/rota.html): whose turn it is, who comes next, and the form for another turn."""
    return {
        "action": url_for("rota.name_chair"),
        "form": form,
        "people": [{"value": str(each.user_id), "text": colleague(each)} for each in people],
        "rows": [
            {
                "who": turn.who.name,
                "place": turn.who.place,
                "days": _("%(first)s 起，到 %(last)s 换人", first=turn.from_on, last=turn.to_on),
                "is_now": turn.from_on <= work.today,
                "end": url_for("rota.end_turn", turn_id=turn.id),
            }
            for turn in turns
        ],
    }


def colleague(who: Colleague) -> str:
    """Return somebody of the staff as lists of people name them."""
    return bracketed(who.name, f"{who.place} · {words.said(words.ROLES[who.role][1])}")
