"""看一看: what a family looks for at its child's age, one domain at a time, in plain words and without a score."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.observing import signals_of
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.observing import items_to_see
from mengya_health.web.drafts import with_draft
from mengya_health.web.shown import words
from mengya_health.web.shown.classes import item_questions
from mengya_health.web.shown.links import home_link

SCORES = {"2": lazy("会了"), "1": lazy("有时"), "0": lazy("还没"), "9": lazy("没机会看")}
ICONS = {
    "gross_motor": "run",
    "fine_motor": "pen",
    "language": "talk",
    "cognition": "eye",
    "social_emotional": "smile",
    "self_care": "bowl",
}


def look_page(work, child: ChildFacts, domain: str, form, seen: list[OpenEntry]) -> dict:
    """Return the context of pages/parent/look.html; `seen` is what the family has observed so far."""
    names = work.content.behaviours.domains
    here = {item.domain for item in items_to_see(work.content, {}, child.corrected_months(work.today))}
    offered = [each for each in names if each in here]
    domain = domain if domain in offered else next(iter(offered), "")
    wanted = work.content.behaviours.observations_a_month["parent"]
    written = sum(entry.happened_on >= work.today.replace(day=1) for entry in seen)
    return {
        "back": home_link(child),
        "child_name": child.name,
        "domain": domain,
        "domains": [
            {
                "name": words.told(names[each]),
                "icon": ICONS[each],
                "href": url_for("family.look", child_id=child.id, domain=each),
                "is_current": each == domain,
            }
            for each in offered
        ],
        "questions": questions(work, child, domain, seen),
        "month_note": _("这个月还没记过，方便时看一看，记一条就好。") if written < wanted else "",
        "talk_href": url_for("family.concern_page", child_id=child.id)
        if signals_of(work, child, seen).unlinked
        else "",
        "action": url_for("family.write_look", child_id=child.id),
        "form": with_draft(form, work, child, "family.write_look", domain=domain),
    }


def questions(work, child: ChildFacts, domain: str, seen: list[OpenEntry]) -> list[dict]:
    """Return the questions of one domain for the child's age."""
    return item_questions(work, child, (domain,), seen, SCORES)
