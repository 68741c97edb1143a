"""Who of the family may read, record and sign; what was consented to; who looked at the record."""

from uuid import UUID

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.people import invitations
from mengya_health.people.queries import family_of, find_child, who_viewed
from mengya_health.signing.consent_texts import consent_texts, text_digest
from mengya_health.signing.consents import consents_of, give_consent, withdraw_consent
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.web.family import bp
from mengya_health.web.shown import family_people as shown


class InviteForm(Form):
    authority = Choice("records", "reads", required=True)


class ConsentForm(Form):
    choice = Choice("agree", "decline", "withdraw", required=True)
    pin = PlainText(longest=6, load_default="")
    shown_digest = PlainText(longest=64, required=True)


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


@bp.get("/home/<uuid:child_id>/consents/<purpose>")
@signed_in
def consent(work, child_id: UUID, purpose: str):
    child = find_child(work, child_id, Permission.CONSENT)
    audit.read(work, child.id, "consent")
    text = _consent_text(purpose)
    given = _given(work, child, purpose)
    choices = [("withdraw", _("撤回这一项"))] if given else [("agree", _("同意")), ("decline", _("不同意"))]
    return render_template(
        "pages/consent.html",
        back={"href": url_for("family.people", child_id=child_id), "text": _("家里人")},
        title=text.title,
        paragraphs=text.paragraphs,
        common=text.common,
        version=_("第 %(version)s 版", version=text.version),
        state=_("%(day)s 已同意", day=given.given_at.date().isoformat()) if given else "",
        action=url_for("family.answer_consent", child_id=child_id, purpose=purpose),
        form=form_state(),
        choices=[{"value": value, "text": words} for value, words in choices],
        level=LEVEL_LABELS["L1"],
        shown_digest=text_digest(work, purpose).hex(),
    )


@bp.post("/home/<uuid:child_id>/consents/<purpose>")
@signed_in(again="family.consent")
def answer_consent(work, child_id: UUID, purpose: str):
    child, wanted = find_child(work, child_id, Permission.CONSENT), submitted(ConsentForm())
    _consent_text(purpose)
    given = _given(work, child, purpose)
    if wanted["choice"] == "agree":
        digest = bytes.fromhex(wanted["shown_digest"])
        give_consent(work, child, purpose, shown_digest=digest, how="pin", pin=wanted["pin"])
    elif given:
        withdraw_consent(work, child, given.id)
    return redirect(url_for("family.people", child_id=child_id, saved="stored"), 303)


@bp.get("/home/<uuid:child_id>/views")
@signed_in
def viewed(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_AUDIT)
    return render_template("pages/parent/who_viewed.html", **shown.views_page(work, child, who_viewed(work, child)))


def _consent_text(purpose: str):
    text = consent_texts().get(purpose)
    if text is None:
        raise NotFound
    return text


def _given(work, child, purpose: str):
    return next((each for each in consents_of(work, child) if each.purpose == purpose and each.is_in_force), None)
