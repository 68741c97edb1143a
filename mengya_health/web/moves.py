"""A child moves: to another clinic, out of the district; and what those read who had it before."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.care import handovers, moving_away
from mengya_health.care.due import open_tasks_of
from mengya_health.care.queries import open_cases_of
from mengya_health.care.referral_lists import referrals_of
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Form, PlainText, Reference, Ticked
from mengya_health.people.former import former_child, former_children
from mengya_health.people.places import other_clinics
from mengya_health.people.queries import find_child
from mengya_health.record.own_words import own_words, written_about
from mengya_health.web.shown import moves as shown
from mengya_health.web.shown.children import may

bp = Blueprint("moves", __name__)


class DeskHandover(Form):
    """Which clinic, and that a guardian has signed for it."""

    clinic_id = Reference(required=True)
    is_signed = Ticked(load_default=False)


class Refusal(Form):
    text = PlainText(longest=200, load_default="")


class Leaving(Form):
    """Why everything ends, and where the family says it goes."""

    why = PlainText(longest=20, load_default="")
    text = PlainText(longest=200, load_default="")


@bp.get("/children/<uuid:child_id>/handover")
@signed_in
def handover(work, child_id: UUID):
    child = find_child(work, child_id)
    if not may(work, child, Permission.TAKE_OVER):
        require(work.actor, Permission.KEEP_CHILD, child.subject)
    audit.read(work, child.id, "child")
    newest, clinics = handovers.newest_handover(work, child), other_clinics(work, child.clinic_id)
    page = shown.handover_page(work, child, newest, open_tasks_of(work, child), clinics, form_state())
    return render_template("pages/children/handover.html", **page)


@bp.post("/children/<uuid:child_id>/handover")
@signed_in(again="moves.handover")
def ask(work, child_id: UUID):
    handovers.ask_at_desk(work, child_id, **submitted(DeskHandover()))
    return redirect(url_for("moves.handover", child_id=child_id, saved="sent_on"), 303)


@bp.post("/children/<uuid:child_id>/handover/withdrawal")
@signed_in
def withdraw(work, child_id: UUID):
    handovers.withdraw_handover(work, child_id)
    return redirect(url_for("moves.handover", child_id=child_id, saved="withdrawn"), 303)


@bp.post("/children/<uuid:child_id>/handover/acceptance")
@signed_in
def accept(work, child_id: UUID):
    handovers.accept_handover(work, child_id)
    return redirect(url_for("moves.handover", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/handover/refusal")
@signed_in(again="moves.handover")
def refuse(work, child_id: UUID):
    handovers.refuse_handover(work, child_id, text=submitted(Refusal())["text"])
    return redirect(url_for("today.show", saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/handover/done")
@signed_in
def finish(work, child_id: UUID):
    handovers.finish_handover(work, child_id)
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/moving-away")
@signed_in
def away(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    has_left = moving_away.has_left(work, child)
    cases, tasks = open_cases_of(work, child), open_tasks_of(work, child)
    page = shown.away_page(work, child, has_left, cases, tasks, referrals_of(work, child), form_state())
    return render_template("pages/children/moving_away.html", **page)


@bp.post("/children/<uuid:child_id>/moving-away")
@signed_in(again="moves.away")
def leave(work, child_id: UUID):
    moving_away.leave_district(work, child_id, **submitted(Leaving()))
    return redirect(url_for("moves.away", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/return")
@signed_in
def come_back(work, child_id: UUID):
    moving_away.come_back(work, child_id)
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


@bp.get("/former")
@signed_in
def former(work):
    clinics = [place.organisation_id for place in work.actor.places_as("doctor")]
    children = former_children(work, among=written_about(work, clinics))
    return render_template("pages/children/former.html", **shown.former_page(work, children))


@bp.get("/former/<uuid:child_id>")
@signed_in
def written(work, child_id: UUID):
    child = former_child(work, child_id)
    entries = own_words(work, child, organisation_ids=child.clinic_ids)
    page = shown.written_page(work, child, entries, handovers.cases_until_left(work, child))
    return render_template("pages/children/former_child.html", **page)
