"""The consents of a child at the clinic's desk: paper registered, taken back, and decided where guardians disagree."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import consents as care
from mengya_health.care.queries import number_of_open_cases
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, PlainText, Reference, Ticked
from mengya_health.people.places import receivers
from mengya_health.people.queries import family_of, find_child
from mengya_health.signing.consent_texts import PURPOSES
from mengya_health.signing.consents import consents_of
from mengya_health.web.child_forms import Digest
from mengya_health.web.children import bp
from mengya_health.web.shown import desk_consents as shown


class PaperForm(Form):
    """One consent signed on paper, seen by whoever sends this."""

    purpose = Choice(*PURPOSES, required=True)
    digest = Digest(required=True)
    receiver_id = Reference(load_default=None)
    signed_by = Reference(load_default=None)
    saw_paper = Ticked(required=True)


class DecisionForm(Form):
    """What the clinic decides between guardians who disagree about a purpose, and why."""

    purpose = Choice(*PURPOSES, required=True)
    outcome = Choice("shared", "stopped", required=True)
    reason = PlainText(longest=500, lines=True, required=True)


@bp.get("/children/<uuid:child_id>/consents")
@signed_in
def consents(work, child_id: UUID):
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    audit.read(work, child.id, "consent")
    family, given = family_of(work, child), consents_of(work, child)
    # Without the record there is nobody to refer to, but something to stop: the page asks for one or the other.
    is_kept = child.subject.has_consent("P1")
    places, open_cases = (receivers(work), 0) if is_kept else ([], number_of_open_cases(work, child))
    page = shown.consents_page(work, child, form_state(), given, places, family, open_cases)
    return render_template("pages/children/consents.html", **page)


@bp.post("/children/<uuid:child_id>/consents")
@signed_in(again="children.consents")
def take_consent(work, child_id: UUID):
    find_child(work, child_id, Permission.KEEP_CHILD)
    wanted = submitted(PaperForm())
    digest, _saw = wanted.pop("digest"), wanted.pop("saw_paper")
    care.take_paper(work, child_id, wanted.pop("purpose"), shown_digest=digest, **wanted)
    return redirect(url_for("children.consents", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/consents/<uuid:consent_id>/withdrawal")
@signed_in
def end_consent(work, child_id: UUID, consent_id: UUID):
    care.end_at_the_desk(work, child_id, consent_id)
    return redirect(url_for("children.consents", child_id=child_id, saved="withdrawn"), 303)


@bp.post("/children/<uuid:child_id>/consents/decision")
@signed_in(again="children.consents")
def settle(work, child_id: UUID):
    find_child(work, child_id, Permission.SETTLE_CONSENT)
    wanted = submitted(DecisionForm())
    is_shared = wanted["outcome"] == "shared"
    care.settle_dispute(work, child_id, wanted["purpose"], is_shared=is_shared, reason=wanted["reason"])
    return redirect(url_for("children.consents", child_id=child_id, saved="stored"), 303)


@bp.post("/children/<uuid:child_id>/consents/stop")
@signed_in
def stop_cases(work, child_id: UUID):
    care.stop_what_is_open(work, child_id)
    return redirect(url_for("children.consents", child_id=child_id, saved="stored"), 303)
