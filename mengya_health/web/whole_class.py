"""记全班: how a meal went, for a class in one page by exception."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care import daily_checks
from mengya_health.care.observing import record_meals
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, LocalDate
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import class_children, groups_of
from mengya_health.web.classes import bp, group_among
from mengya_health.web.shown import class_pages as shown
from mengya_health.web.shown.classes import LOGS


@bp.get("/class/<uuid:group_id>/meal")
@signed_in
def whole(work, group_id: UUID):
    group, children = _class_of(work, group_id)
    audit.read(work, [child.id for child in children], "class")
    sheets = daily_checks.sheets_of(work, children)
    came = {child.id: sheets.state(child.id, work.today, "morning") for child in children}
    return render_template("pages/teacher/whole.html", **shown.whole_page(work, group, children, came, form_state()))


@bp.post("/class/<uuid:group_id>/meal")
@signed_in(again="classes.whole")
def save_whole(work, group_id: UUID):
    _group, children = _class_of(work, group_id)
    options = LOGS["eat"]["meal"][1]
    fields = {f"meal_{child.id.hex}": Choice(*options, shown.NOT_SEEN) for child in children}
    said = submitted(Form.from_dict(fields | {"rest": Choice(*options), "on": LocalDate(load_default=None)})())
    how = {child.id: said.get(f"meal_{child.id.hex}") or said.get("rest") for child in children}
    left = sum(value is None for value in how.values())
    if left:
        raise Invalid(fields={"rest": [_("还有 %(n)s 个孩子没点。先点全班怎么样，再点个别孩子改。", n=left)]})
    seen = {child_id: value for child_id, value in how.items() if value != shown.NOT_SEEN}
    record_meals(work, children, how=seen, happened_on=daily_checks.require_recent(work, said["on"]))
    return redirect(url_for("classes.of", group_id=group_id, saved="stored"), 303)


def _class_of(work, group_id: UUID) -> tuple:
    """Return one of the actor's classes with the children they may write about. Raises NotFound."""
    group = group_among(groups_of(work), group_id)
    children: list[ChildFacts] = class_children(work, group_id)
    may_write = [child for child in children if is_allowed(work.actor, Permission.WRITE_BEHAVIOUR, child.subject)]
    return group, may_write
