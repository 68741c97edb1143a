"""Passkeys: come in with one, confirm with one, keep one's own, look at a guardian's with their document in hand."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.crypto.passwords import MOST_CHARACTERS
from mengya_health.entry import form_state, public, set_session_cookie, signed_in, submitted
from mengya_health.fields import Choice, Form, PlainText, Ticked
from mengya_health.people import passkey_keeping as keeping
from mengya_health.people import passkeys, sign_in
from mengya_health.people.queries import accounts_of, find_child
from mengya_health.web.shown import passkeys as shown
from mengya_health.web.sign_in import local_path

bp = Blueprint("passkeys", __name__)

ANSWER_LONGEST = 8000  # what a device sends: at most some 3 KB, an RSA key included


class AskForm(Form):
    """A form whose passkey is still to be asked for; whatever else stands in it is not looked at yet."""

    passkey = Choice("ask", required=True)
    name = PlainText(longest=20)
    next = PlainText(longest=200)


class AnswerForm(Form):
    """A passkey's answer, and where to go on to."""

    passkey = PlainText(longest=ANSWER_LONGEST, required=True)
    next = PlainText(longest=200, load_default="")


class NewForm(Form):
    """A new passkey and its name."""

    passkey = PlainText(longest=ANSWER_LONGEST, required=True)
    name = PlainText(longest=20, load_default="")


class NameForm(Form):
    """Another name for a passkey."""

    name = PlainText(longest=20, required=True)


class ConfirmForm(Form):
    """The password once more, a code where there is an app, and where to go on to."""

    password = PlainText(longest=MOST_CHARACTERS, required=True)
    code = PlainText(longest=20, load_default="")
    next = PlainText(longest=200, load_default="")


class WitnessForm(Form):
    """What a member of the staff has seen."""

    saw_document = Ticked(required=True)


# --- coming in --------------------------------------------------------------------------------------------------------


@bp.post("/sign-in/passkey/options")
@public
def sign_in_options(work):
    submitted(AskForm())
    return passkeys.sign_in_options(work)


@bp.post("/sign-in/passkey")
@public(again="sign_in.form")
def enter(work):
    wanted = submitted(AnswerForm())
    token = passkeys.sign_in_by_passkey(work, wanted["passkey"])
    if work.actor:  # whoever was signed in here before is not any more
        sign_in.sign_out(work)
    return set_session_cookie(redirect(local_path(wanted["next"]) or url_for("sign_in.front"), 303), token)


# --- confirming that one is still there -------------------------------------------------------------------------------


@bp.get("/account/confirm")
@signed_in
def confirm_page(work):
    by_passkey = {"action": url_for("passkeys.confirm_by_passkey"), "options": url_for("passkeys.confirm_options")}
    return render_template(
        "pages/passkeys/confirm.html",
        action=url_for("passkeys.confirm"),
        by_passkey=by_passkey if passkeys.has_passkey(work, work.actor.user_id) else None,
        next=local_path(request.values.get("next", "")),
        needs_code=sign_in.needs_code(work),
        form=form_state(),
    )


@bp.post("/account/confirm")
@signed_in(again="passkeys.confirm_page")
def confirm(work):
    wanted = submitted(ConfirmForm())
    return _go_on(sign_in.reauthenticate(work, password=wanted["password"], code=wanted["code"]), wanted["next"])


@bp.post("/account/confirm/passkey/options")
@signed_in
def confirm_options(work):
    submitted(AskForm())
    return passkeys.confirm_options(work)


@bp.post("/account/confirm/passkey")
@signed_in(again="passkeys.confirm_page")
def confirm_by_passkey(work):
    wanted = submitted(AnswerForm())
    return _go_on(passkeys.reauthenticate_by_passkey(work, wanted["passkey"]), wanted["next"])


def _go_on(token: str, wanted: str):
    return set_session_cookie(redirect(local_path(wanted) or url_for("account.show"), 303), token)


# --- one's own --------------------------------------------------------------------------------------------------------


@bp.get("/account/passkeys")
@signed_in
def show(work, passkey_id: UUID | None = None):
    return render_template(
        "pages/passkeys/show.html",
        back={"href": url_for("account.show"), "text": _("我的账号")},
        passkeys=[shown.own(each) for each in keeping.my_passkeys(work)],
        new_href=url_for("passkeys.new"),
        form=form_state(),
    )


@bp.get("/account/passkeys/new")
@signed_in
def new(work):
    sign_in.require_fresh(work)
    return render_template(
        "pages/passkeys/new.html",
        back={"href": url_for("passkeys.show"), "text": _("通行密钥")},
        action=url_for("passkeys.enrol"),
        options=url_for("passkeys.enrolment_options"),
        form=form_state(),
    )


@bp.post("/account/passkeys/new/options")
@signed_in
def enrolment_options(work):
    submitted(AskForm())
    me = accounts_of(work, [work.actor.user_id])[work.actor.user_id]
    return passkeys.enrolment_options(work, name=me.name)


@bp.post("/account/passkeys")
@signed_in(again="passkeys.new")
def enrol(work):
    wanted = submitted(NewForm())
    passkeys.enrol(work, wanted["passkey"], name=wanted["name"] or _("我的设备"))
    return redirect(url_for("passkeys.show", saved="stored"), 303)


@bp.post("/account/passkeys/<uuid:passkey_id>/name")
@signed_in(again="passkeys.show")
def rename(work, passkey_id: UUID):
    keeping.rename_passkey(work, passkey_id, submitted(NameForm())["name"])
    return redirect(url_for("passkeys.show", saved="stored"), 303)


@bp.post("/account/passkeys/<uuid:passkey_id>/revoke")
@signed_in
def revoke(work, passkey_id: UUID):
    keeping.revoke_passkey(work, passkey_id)
    return redirect(url_for("passkeys.show", saved="stored"), 303)


# --- in person --------------------------------------------------------------------------------------------------------


@bp.get("/children/<uuid:child_id>/passkeys")
@signed_in
def witness_page(work, child_id: UUID, passkey_id: UUID | None = None):
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    sign_in.require_fresh(work)
    return render_template("pages/passkeys/witness.html", form=form_state(), **shown.witness_page(work, child))


@bp.post("/children/<uuid:child_id>/passkeys/<uuid:passkey_id>")
@signed_in(again="passkeys.witness_page")
def witness(work, child_id: UUID, passkey_id: UUID):
    child = find_child(work, child_id, Permission.KEEP_CHILD)
    submitted(WitnessForm())
    keeping.witness_passkey(work, child, passkey_id)
    return redirect(url_for("passkeys.witness_page", child_id=child_id, saved="stored"), 303)
