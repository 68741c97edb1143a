"""家庭指导单 on a page: the same words as on paper (handouts/from_record/home_guide.py)."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.handouts.from_record.home_guide import Guide, allergy_caution
from mengya_health.handouts.from_record.sheet import allergies_in
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import words
from mengya_health.web.shown.children import may
from mengya_health.web.shown.links import home_link
from mengya_health.web.shown.papers import paper_wanted


def guide_page(work, child: ChildFacts, guide: Guide, case_id: UUID | None) -> dict:
    """Return the context of pages/parent/guide.html."""
    may_print = may(work, child, Permission.PRINT_HEALTH)
    return {
        "back": home_link(child),
        "guide": _said(work, child, guide),
        "paper": paper_wanted(child, "home_guide", case_id) if may_print else None,
    }


def nothing_yet(child_id: UUID) -> dict:
    """Return the same where nothing was written for the family yet."""
    back = {"href": url_for("family.home_of", child_id=child_id), "text": _("首页")}
    return {"back": back, "guide": None, "paper": None}


def _said(work, child: ChildFacts, guide: Guide) -> dict:
    next_on = guide.next_visit_on
    return {
        "sentence": guide.sentence,
        "title": _("这 %(n)s 周在家做的事", n=guide.weeks(work.today)),
        "tasks": [
            {
                "title": words.told(task.title),
                "how_often": words.told(task.how_often),
                "how": task.how,
                "note": task.note,
                "safety": task.safety,
            }
            for task in guide.tasks
        ],
        "cautions": [*allergy_caution(allergies_in(child.allergies) or ()), *guide.cautions],
        "go_now": work.content.task_rules.go_now,
        "next_visit": f"{next_on.isoformat()} {words.weekday(next_on)}" if next_on else "",
    }
