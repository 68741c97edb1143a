"""Deleting at a family's wish: the doctor submits it, the security officer approves it or sends it back."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.entry import form_state, signed_in
from mengya_health.operations import erasing
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import require_fresh
from mengya_health.web.shown import erasures as shown

bp = Blueprint("erasures", __name__)


@bp.get("/children/<uuid:child_id>/erasure")
@signed_in
def show(work, child_id: UUID):
    child = find_child(work, child_id, Permission.ERASE)
    audit.read(work, child.id, "erasure")
    page = shown.decision_page(work, child, erasing.erasures_of(work, child.id), form_state())
    return render_template("pages/children/erasure.html", **page)


@bp.post("/children/<uuid:child_id>/erasure")
@signed_in(again="erasures.show")
def propose(work, child_id: UUID):
    child = find_child(work, child_id, Permission.ERASE)
    require_fresh(work)
    erasing.propose_erasure(work, child)
    return redirect(url_for("erasures.show", child_id=child_id, saved="submitted"), 303)


@bp.get("/erasures")
@signed_in
def waiting(work):
    page = shown.waiting_page(work, erasing.waiting_erasures(work), form_state())
    return render_template("pages/officer/erasures.html", **page)


@bp.post("/erasures/<uuid:erasure_id>/approval")
@signed_in
def approve(work, erasure_id: UUID):
    require(work.actor, Permission.APPROVE_ERASURE, PlaceSubject(None))
    require_fresh(work)
    erasing.approve_erasure(work, erasure_id)
    return redirect(url_for("erasures.waiting", saved="erasing"), 303)


@bp.post("/erasures/<uuid:erasure_id>/refusal")
@signed_in
def refuse(work, erasure_id: UUID):
    erasing.refuse_erasure(work, erasure_id)
    return redirect(url_for("erasures.waiting", saved="stored"), 303)
