"""Who of the family may read, record and sign; what was consented to; who looked at the record."""

from datetime import timedelta
from uuid import UUID

from flask import g, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form
from mengya_health.people import invitations, renewals
from mengya_health.people.break_glass import notices_of
from mengya_health.people.queries import family_of, find_child, who_viewed
from mengya_health.signing.consent_texts import consent_texts
from mengya_health.signing.consents import consents_of
from mengya_health.web.family import bp
from mengya_health.web.shown import family_people as shown

SPANS = {"month": timedelta(days=30), "quarter": timedelta(days=90), "year": timedelta(days=365)}


class InviteForm(Form):
    authority = Choice("records", "reads", required=True)


class UntilForm(Form):
    """Until when a caregiver looks in, from today."""

    until = Choice(*SPANS, required=True)


@bp.get("/home/<uuid:child_id>/family")
@signed_in
def people(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_FAMILY)
    audit.read(work, child.id, "child")
    page = shown.people_page(
        work,
        child,
        family_of(work, child),
        consents_of(work, child),
        consent_texts(),
        g.get("invited"),
        form_state(),
    )
    return render_template("pages/parent/family.html", **page)


@bp.post("/home/<uuid:child_id>/family")
@signed_in(again="family.people")
def invite(work, child_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_FAMILY)
    issued = invitations.invite_caregiver(work, child, authority=submitted(InviteForm())["authority"])
    g.invited = {"code": issued.code, "until": issued.expires_at.date().isoformat()}
    return people.inside(work, child_id=child_id)


@bp.post("/home/<uuid:child_id>/family/<uuid:user_id>/remove")
@signed_in
def remove(work, child_id: UUID, user_id: UUID):
    invitations.remove_caregiver(work, find_child(work, child_id, Permission.INVITE_FAMILY), user_id)
    return redirect(url_for("family.people", child_id=child_id, saved="stored"), 303)


@bp.post("/home/<uuid:child_id>/family/<uuid:user_id>/until")
@signed_in
def let_in_until(work, child_id: UUID, user_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_FAMILY)
    renewals.ties_of_caregiver(child, user_id)
    span = SPANS[submitted(UntilForm())["until"]]
    renewals.let_caregiver_in_until(work, child, user_id, work.today + span)
    return redirect(url_for("family.people", child_id=child_id, saved="stored"), 303)


@bp.get("/home/<uuid:child_id>/views")
@signed_in
def viewed(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_AUDIT)
    page = shown.views_page(work, child, who_viewed(work, child), notices_of(work, child))
    return render_template("pages/parent/who_viewed.html", **page)
