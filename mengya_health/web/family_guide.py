"""家庭指导单 as a page: what is done at home until the next visit, for phones that cannot open a PDF."""

from uuid import UUID

from flask import render_template

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import signed_in
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.handouts.from_record.home_guide import guide_of_case as guide_of_plan
from mengya_health.handouts.from_record.home_guide import guide_of_last_check
from mengya_health.people.queries import find_child
from mengya_health.web.family import bp
from mengya_health.web.shown import family_guide as shown


@bp.get("/home/<uuid:child_id>/guide")
@signed_in
def guide(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_HEALTH)
    audit.read(work, child.id, "child")
    try:
        return _shown(work, child, guide_of_last_check(work, child), None)
    except (NotNow, Invalid):  # nothing was written for the family yet, or not in words for a family
        return _nothing_yet(child_id)


@bp.get("/home/<uuid:child_id>/guide/<uuid:case_id>")
@signed_in
def guide_of_case(work, child_id: UUID, case_id: UUID):
    try:
        child, found = guide_of_plan(work, case_id)
    except (NotNow, Invalid):
        return _nothing_yet(child_id)
    if child.id != child_id:
        raise NotFound
    return _shown(work, child, found, case_id)


def _shown(work, child, found, case_id: UUID | None) -> str:
    return render_template("pages/parent/guide.html", **shown.guide_page(work, child, found, case_id))


def _nothing_yet(child_id: UUID) -> str:
    return render_template("pages/parent/guide.html", **shown.nothing_yet(child_id))
