"""The receiver's pages: children who were referred here, one referral, and the reply."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.access.refusals import only_for
from mengya_health.care.letters import Letter, find_letter, origins_of
from mengya_health.care.referral_lists import referrals_to
from mengya_health.care.referral_visits import record_visit
from mengya_health.care.referrals import accept_referral, receive_referral, reject_referral
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Form, PlainText
from mengya_health.web.drafts import of_letter
from mengya_health.web.referring import Visit, file_of, files_part, form_of, record_reply, reply_part, visit_part
from mengya_health.web.shown import referrals as shown
from mengya_health.web.shown.gates import refusal

bp = Blueprint("referrals", __name__)


class Rejection(Form):
    reason = PlainText(longest=200, lines=True, load_default="")


@bp.get("/referrals")
@signed_in
def waiting(work):
    places = work.actor.places_as("specialist")
    if not places:
        raise only_for("receiver_of")
    found = referrals_to(work, places[0].organisation_id)
    origins = origins_of(work, [child for child, _referral in found])
    return render_template("pages/specialist/index.html", **shown.received_page(work, found, origins))


@bp.get("/referrals/<uuid:referral_id>")
@signed_in
def show(work, referral_id: UUID):
    letter = _letter_here(work, referral_id)
    page = shown.letter_page(work, letter, back={"text": _("转诊"), "href": url_for("referrals.waiting")})
    page["files"] = files_part(work, letter, "referrals.file")
    page["report_href"] = url_for("reports.write_page", child_id=letter.child.id)
    if not letter.referral.is_settled:
        page |= _forms(work, letter)
    return render_template("pages/specialist/referral.html", **page)


@bp.post("/referrals/<uuid:referral_id>/received")
@signed_in(again="referrals.show")
def receive(work, referral_id: UUID):
    receive_referral(work, referral_id)
    return _back(referral_id)


@bp.post("/referrals/<uuid:referral_id>/accepted")
@signed_in(again="referrals.show")
def accept(work, referral_id: UUID):
    accept_referral(work, referral_id)
    return _back(referral_id)


@bp.get("/referrals/<uuid:referral_id>/files/<uuid:attachment_id>")
@signed_in
def file(work, referral_id: UUID, attachment_id: UUID):
    return file_of(work, _letter_here(work, referral_id), attachment_id)


@bp.post("/referrals/<uuid:referral_id>/visited")
@signed_in(again="referrals.show")
def visited(work, referral_id: UUID):
    record_visit(work, referral_id, visited_on=submitted(Visit())["visited_on"])
    return _back(referral_id)


@bp.post("/referrals/<uuid:referral_id>/rejected")
@signed_in(again="referrals.show")
def reject(work, referral_id: UUID):
    reject_referral(work, referral_id, reason=submitted(Rejection())["reason"])
    return redirect(url_for("referrals.waiting", saved="stored"), 303)


@bp.post("/referrals/<uuid:referral_id>/feedback")
@signed_in(again="referrals.show", draft=of_letter(Permission.ANSWER_REFERRAL))
def feedback(work, referral_id: UUID):
    record_reply(work, _letter_here(work, referral_id))
    return redirect(url_for("referrals.waiting", saved="stored"), 303)


def _letter_here(work, referral_id: UUID) -> Letter:
    if not work.actor.places_as("specialist"):
        raise only_for("receiver_of")
    return find_letter(work, referral_id)


def _forms(work, letter: Letter) -> dict:
    """Return what a receiver can do now: say that it came, see the child, send it back, reply."""
    here = {"referral_id": letter.referral.id}
    steps = {name: url_for(f"referrals.{name}", **here) for name in ("receive", "accept")}
    return {
        "refusal": refusal(form_state(), {}),
        "arrive": shown.arrivals(letter, steps),
        "visit": visit_part(work, letter, "referrals.visited"),
        "decline": {"action": url_for("referrals.reject", **here), "form": form_of("referrals.reject")},
        "feedback": reply_part(work, letter, "referrals.feedback") | {"button": _("发出回执")},
    }


def _back(referral_id: UUID):
    return redirect(url_for("referrals.show", referral_id=referral_id, saved="stored"), 303)
