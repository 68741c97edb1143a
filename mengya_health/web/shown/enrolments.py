"""The enrolments that run out, class by class."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _

from mengya_health.people.places import ClassChoice
from mengya_health.people.renewals import Ending
from mengya_health.web.shown import words


def enrolments_page(work, endings: Iterable[Ending], classes: Iterable[ClassChoice]) -> dict:
    """Return the context of pages/children/enrolments.html."""
    names = {each.group_id: f"{each.organisation} {each.name}" for each in classes}
    groups: dict = {}
    for each in endings:
        groups.setdefault(each.group_id, []).append(
            {
                "value": str(each.tie_id),
                "text": each.child.name,
                "hint": _("已到期") if each.to_on <= work.today else _("到 %(day)s", day=each.to_on.isoformat()),
                "age": words.sex_and_age(each.child, work.today),
                "href": url_for("children.show", child_id=each.child.id),
            }
        )
    return {
        "action": url_for("children.approve_enrolments"),
        "back": {"text": _("儿童"), "href": url_for("children.search")},
        "groups": [{"name": names.get(group_id, ""), "rows": rows} for group_id, rows in groups.items()],
    }
