"""Come in and go out: sign-in, invitation, bound phone."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.entry import form_state, installation, public, set_session_cookie, signed_in, submitted
from mengya_health.errors import SignInNeeded
from mengya_health.fields import PlainText
from mengya_health.people import invitations, sign_in
from mengya_health.people.schemas import InvitationInput, SignInInput
from mengya_health.web import shell
from mengya_health.web.entering import NextForm, go_on, is_half_way
from mengya_health.web.shown.links import local_path

bp = Blueprint("sign_in", __name__)

PHONE_COOKIE = "txp"
OF_FAMILIES = ("/home", "/inbox")  # what a message leads to, and what somebody copies from a family's address bar


class SignInForm(SignInInput):
    """The sign-in form, with where the person was going."""

    next = PlainText(longest=200, load_default="")


@bp.get("/")
@public
def front(work):
    if work.actor is None:
        return redirect(url_for("sign_in.form", next=url_for("family.home") if _comes_with_phone() else None))
    return redirect(url_for(shell.home_of(work.actor.role)))


@bp.get("/sign-in")
@public
def form(work):
    onward = local_path(request.values.get("next", ""))
    if work.actor is None and is_half_way(work):
        return redirect(url_for("entering.step", next=onward or None))
    if work.actor is None and onward and _comes_with_phone():
        return redirect(url_for("sign_in.by_phone_page", next=onward))
    return render_template(
        "pages/sign_in.html",
        for_family=onward.startswith(OF_FAMILIES),
        action=url_for("sign_in.enter"),
        by_passkey={"action": url_for("passkeys.enter"), "options": url_for("passkeys.sign_in_options")},
        form=form_state(),
        next=onward,
        invitation_href=url_for("sign_in.invitation"),
        demo=demo_accounts() if installation().settings.is_demo else [],
    )


@bp.post("/sign-in")
@public(again="sign_in.form")
def enter(work):
    wanted = submitted(SignInForm())
    entrance = sign_in.sign_in(work, login=wanted["login"], password=wanted["password"])
    if work.actor:  # whoever was signed in here before is not any more
        sign_in.sign_out(work)
    return go_on(entrance, wanted["next"])


@bp.post("/sign-out")
@signed_in
def leave(work):
    sign_in.sign_out(work)
    g.clear_site = True
    return redirect(url_for("sign_in.form"), 303)


@bp.get("/phone")
@public
def by_phone_page(work):
    return render_template(
        "pages/open_by_phone.html",
        action=url_for("sign_in.by_phone"),
        form=form_state(),
        next=local_path(request.values.get("next", "")),
        is_known=_comes_with_phone(),
    )


@bp.post("/phone")
@public(again="sign_in.by_phone_page")
def by_phone(work):
    onward = local_path(submitted(NextForm())["next"])
    try:
        token = sign_in.open_by_phone(work, request.cookies.get(PHONE_COOKIE))
    except SignInNeeded:  # it was taken off the list, or not used for too long: the browser need not bring it any more
        answer = redirect(url_for("sign_in.form", next=onward or None), 303)
        answer.delete_cookie(PHONE_COOKIE)
        return answer
    return set_session_cookie(redirect(onward or url_for("sign_in.front"), 303), token)


@bp.get("/invitations")
@bp.get("/invitations/<code>", endpoint="invitation_of")
@public
def invitation(work, code=""):
    return render_template(
        "pages/invitation.html",
        action=url_for("sign_in.redeem"),
        form=form_state(code=code),
        relations=[
            {"value": "mother", "text": _("妈妈")},
            {"value": "father", "text": _("爸爸")},
            {"value": "grandparent", "text": _("祖辈")},
            {"value": "other", "text": _("其他家人")},
        ],
    )


@bp.post("/invitations")
@public(again="sign_in.invitation")
def redeem(work):
    redeemed = invitations.redeem_invitation(work, **submitted(InvitationInput()))
    signs = redeemed.authority == "signs"
    return set_session_cookie(redirect(url_for("account.agreement" if signs else "sign_in.front"), 303), redeemed.token)


def _comes_with_phone() -> bool:
    return PHONE_COOKIE in request.cookies


def demo_accounts() -> list[dict]:
    """Return the accounts the demo names on its sign-in page."""
    return [
        {"text": _("社区医生"), "login": "doctor"},
        {"text": _("老师"), "login": "teacher"},
        {"text": _("家长（有一份计划等签名）"), "login": "parent"},
        {"text": _("外婆（只记录，不签名）"), "login": "grandma"},
        {"text": _("接诊机构"), "login": "specialist"},
    ]
