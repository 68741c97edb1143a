"""Parents and teachers look first; the doctor sees their answers side by side and decides about a re-screen."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import WRITE_SECTION, Permission
from mengya_health.care import informants
from mengya_health.entry import form_state, posted, signed_in
from mengya_health.errors import NotFound, NotNow
from mengya_health.people.queries import find_child, groups_of
from mengya_health.screening.commands import find_check, plan_for
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown import informants as shown
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.links import home_link

bp = Blueprint("informants", __name__)
TABLE = "pages/screening/informants.html"
ANSWERED_BY = {"family": "answer_at_home", "behaviour": "answer_in_class"}


@bp.get("/home/<uuid:child_id>/look-first")
@signed_in
def at_home(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_FAMILY)
    action = url_for("informants.answer_at_home", child_id=child_id)
    return _to_answer(work, child, "family", back=home_link(child), action=action, is_class=False)


@bp.post("/home/<uuid:child_id>/look-first")
@signed_in(again="informants.at_home", draft=of_child("family"))
def answer_at_home(work, child_id: UUID):
    informants.answer_signs(work, child_id, "family", posted())
    return redirect(url_for("family.home_of", child_id=child_id, saved="sent"), 303)


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>/look-first")
@signed_in
def in_class(work, group_id: UUID, child_id: UUID):
    child = _of_class(work, group_id, child_id)
    here = {"group_id": group_id, "child_id": child_id}
    back = {"href": url_for("classes.observe_page", **here), "text": child.name}
    return _to_answer(
        work, child, "behaviour", back=back, action=url_for("informants.answer_in_class", **here), is_class=True
    )


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/look-first")
@signed_in(again="informants.in_class", draft=of_child("behaviour"))
def answer_in_class(work, group_id: UUID, child_id: UUID):
    informants.answer_signs(work, _of_class(work, group_id, child_id).id, "behaviour", posted())
    return redirect(url_for("classes.of", group_id=group_id, saved="sent"), 303)


@bp.get("/children/<uuid:child_id>/look-first")
@signed_in
def show(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "check")
    group, told = informants.answers_of(work, child)
    head = child_head(child, work.today)
    page = shown.now_page(work, child, group, told, informants.asked_hands(work, child), head)
    return render_template(TABLE, **page)


@bp.post("/children/<uuid:child_id>/look-first")
@signed_in(again="informants.show")
def ask(work, child_id: UUID):
    informants.ask_to_look_first(work, find_child(work, child_id, Permission.WRITE_HEALTH))
    return redirect(url_for("informants.show", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/checks/<uuid:entry_id>/side-by-side")
@signed_in
def of_check(work, child_id: UUID, entry_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    opened = find_check(work, child, entry_id)
    if not opened.content["visit"]:
        raise NotFound
    plan = plan_for(work, child, opened.content["visit"], opened.content, ())
    page = shown.check_page(work, child, opened, plan.group, form_state(), child_head(child, work.today))
    return render_template(TABLE, **page)


@bp.post("/children/<uuid:child_id>/checks/<uuid:entry_id>/side-by-side")
@signed_in(again="informants.of_check")
def decide(work, child_id: UUID, entry_id: UUID):
    informants.decide_rescreen(work, find_child(work, child_id, Permission.WRITE_HEALTH), entry_id, posted())
    return redirect(url_for("informants.of_check", child_id=child_id, entry_id=entry_id, saved="stored"), 303)


def _to_answer(work, child, section: str, **page) -> str:
    audit.read(work, child.id, "child")
    group, told = informants.answers_of(work, child)
    if group is None:
        raise NotNow(_("这个月龄没有要先看的。"), "There is nothing to look at first at this age.")
    mine = next((each for each in told if each.author_id == work.actor.user_id and each.section == section), None)
    form = with_draft(form_state(), work, child, "informants." + ANSWERED_BY[section])
    return render_template("pages/look_first.html", **shown.to_answer(work, child, group, mine, form, **page))


def _of_class(work, group_id: UUID, child_id: UUID):
    """Return a child of a class of this teacher's. Raises NotFound, NotPermitted."""
    child = find_child(work, child_id, WRITE_SECTION["behaviour"])
    if group_id not in {group.id for group in groups_of(work)}:
        raise NotFound
    return child
