"""A guardian answers for one purpose: yes by PIN, no by one button, and either can be taken back."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import consents
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.people.queries import find_child
from mengya_health.signing.consent_texts import consent_texts, text_digest
from mengya_health.signing.consents import consents_of
from mengya_health.web.child_forms import Digest
from mengya_health.web.family import bp
from mengya_health.web.shown import family_consents as shown


class ConsentForm(Form):
    """One answer, and the digest of the text it was given to."""

    choice = Choice("agree", "decline", "withdraw", required=True)
    pin = PlainText(longest=6, load_default="")
    shown_digest = Digest(required=True)


@bp.get("/home/<uuid:child_id>/consents/<purpose>")
@signed_in
def consent(work, child_id: UUID, purpose: str):
    child, text = find_child(work, child_id, Permission.CONSENT), _text(purpose)
    audit.read(work, child.id, "consent")
    given = [each for each in consents_of(work, child) if each.purpose == purpose and each.is_in_force]
    page = shown.consent_page(work, child, text, given, form_state(), text_digest(work, purpose).hex())
    return render_template("pages/consent.html", **page)


@bp.post("/home/<uuid:child_id>/consents/<purpose>")
@signed_in(again="family.consent")
def answer_consent(work, child_id: UUID, purpose: str):
    find_child(work, child_id, Permission.CONSENT), _text(purpose)
    wanted = submitted(ConsentForm())
    digest = wanted["shown_digest"]
    if wanted["choice"] == "agree":
        consents.agree(work, child_id, purpose, shown_digest=digest, pin=wanted["pin"])
    else:
        consents.refuse(work, child_id, purpose, shown_digest=digest)
    saved = {"agree": "stored", "decline": "refused", "withdraw": "withdrawn"}[wanted["choice"]]
    return redirect(url_for("family.people", child_id=child_id, saved=saved), 303)


def _text(purpose: str):
    text = consent_texts().get(purpose)
    if text is None:
        raise NotFound
    return text
