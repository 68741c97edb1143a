"""Who the guardians of a child are, at the clinic's desk; closing the record to one of them, by two and a document."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import restrictions
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, Reference
from mengya_health.people.queries import family_of, find_child
from mengya_health.people.sessions import require_fresh
from mengya_health.uploads import required_file
from mengya_health.web.attachments import as_download
from mengya_health.web.children import bp
from mengya_health.web.shown import guardians as shown


class AskForm(Form):
    """What is asked for, and about whom; the document comes with it."""

    what = Choice(restrictions.RESTRICT, restrictions.LIFT, required=True)
    user_id = Reference(required=True)


@bp.get("/children/<uuid:child_id>/guardians")
@signed_in
def guardians(work, child_id: UUID):
    child = find_child(work, child_id, Permission.RESTRICT_GUARDIAN)
    audit.read(work, child.id, "child")
    family = family_of(work, child, "guardian", "restricted")
    page = shown.guardians_page(work, child, family, restrictions.waiting(work, child), form_state())
    return render_template("pages/children/guardians.html", **page)


@bp.post("/children/<uuid:child_id>/guardians")
@signed_in(again="children.guardians")
def ask_restriction(work, child_id: UUID):
    find_child(work, child_id, Permission.RESTRICT_GUARDIAN)
    require_fresh(work)
    wanted, file = submitted(AskForm()), required_file(work, "document")
    restrictions.ask_restriction(work, child_id, **wanted, file=file)
    return redirect(url_for("children.guardians", child_id=child_id, saved="asked_two"), 303)


@bp.post("/children/<uuid:child_id>/guardians/<uuid:approval_id>/approve")
@signed_in
def approve_restriction(work, child_id: UUID, approval_id: UUID):
    find_child(work, child_id, Permission.RESTRICT_GUARDIAN)
    require_fresh(work)
    restrictions.approve_restriction(work, child_id, approval_id)
    return redirect(url_for("children.guardians", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/guardians/<uuid:approval_id>/refuse")
@signed_in
def refuse_restriction(work, child_id: UUID, approval_id: UUID):
    restrictions.refuse_restriction(work, child_id, approval_id)
    return redirect(url_for("children.guardians", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/guardians/<uuid:approval_id>/document")
@signed_in
def restriction_document(work, child_id: UUID, approval_id: UUID):
    return as_download(restrictions.open_document(work, child_id, approval_id))
