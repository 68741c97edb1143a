"""The pages between a right password and an open session, and the link with which a password is chosen first."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.entry import cookie_name, form_state, installation, public, set_session_cookie, submitted
from mengya_health.fields import Form, LocalDate, PlainText
from mengya_health.people import account_links, entering, second_factor
from mengya_health.people.entering import Entrance
from mengya_health.people.schemas import NewPassword
from mengya_health.people.sessions import pending_session
from mengya_health.web.shown.links import local_path
from mengya_health.web.shown.qr import qr_code

bp = Blueprint("entering", __name__)


class NextForm(Form):
    """Where the person was going."""

    next = PlainText(longest=200, load_default="")


class CodeForm(NextForm):
    """A code of the app, or one of the spare ones."""

    code = PlainText(longest=20, required=True)


class NewPasswordForm(NewPassword, NextForm):
    """A new password in place of one that is too old."""


class JoinForm(NewPassword):
    """The password that the holder of a link chooses; a guardian's asks for the child's birth date, too."""

    birth_on = LocalDate(load_default=None)


@bp.get("/sign-in/step")
@public
def step(work):
    waiting = entering.pending(work, _token())
    setup = second_factor.setup_of(work, waiting.user) if waiting.missing == entering.SET_UP else None
    return render_template(
        "pages/sign_in_step.html",
        missing=waiting.missing,
        setup=shown_setup(setup),
        form=form_state(),
        next=local_path(request.values.get("next", "")),
    )


@bp.post("/sign-in/code")
@public(again="entering.step")
def code(work):
    wanted = submitted(CodeForm())
    return go_on(entering.give_code(work, _token(), wanted["code"]), wanted["next"])


@bp.post("/sign-in/app")
@public(again="entering.step")
def start_app(work):
    wanted = submitted(NextForm())
    entering.start_app(work, _token())
    return redirect(url_for("entering.step", next=local_path(wanted["next"]) or None), 303)


@bp.post("/sign-in/app/code")
@public(again="entering.step")
def confirm_app(work):
    wanted = submitted(CodeForm())
    entrance, codes = entering.confirm_app(work, _token(), wanted["code"])
    onward = _address_after(entrance, wanted["next"])
    page = render_template("pages/spare_codes.html", codes=codes, onward=onward)
    return set_session_cookie(make_response(page), entrance.token)


@bp.post("/sign-in/password")
@public(again="entering.step")
def password(work):
    wanted = submitted(NewPasswordForm())
    return go_on(entering.choose_password(work, _token(), wanted["password"]), wanted["next"])


@bp.post("/sign-in/leave")
@public
def leave(work):
    entering.give_up(work, _token())
    return redirect(url_for("sign_in.form"), 303)


@bp.get("/join/<token>")
@public
def join_page(work, token: str):
    return render_template(
        "pages/join.html",
        action=url_for("entering.join", token=token),
        form=form_state(),
        asks_birth_date=account_links.asks_birth_date(work, token),
    )


@bp.post("/join/<token>")
@public(again="entering.join_page")
def join(work, token: str):
    wanted = submitted(JoinForm())
    return go_on(account_links.choose_first_password(work, token=token, **wanted), "")


def go_on(entrance: Entrance, wanted: str):
    """Return the way on after a step: to the next one, to what happened to the account, or to where one was going."""
    return set_session_cookie(redirect(_address_after(entrance, wanted), 303), entrance.token)


def is_half_way(work) -> bool:
    """Return whether this browser gave a right password lately and still has a step to do."""
    return pending_session(work, _token()) is not None


def shown_setup(setup: second_factor.AppSetup | None) -> dict | None:
    """Return what an app is set up with as a page shows it: the QR code, and the secret in groups of four."""
    if setup is None:
        return None
    groups = " ".join(setup.secret[start : start + 4] for start in range(0, len(setup.secret), 4))
    return {"qr": qr_code(setup.address, _("验证器二维码")), "secret": groups}


def _address_after(entrance: Entrance, wanted: str) -> str:
    onward = local_path(wanted)
    if entrance.missing:
        return url_for("entering.step", next=onward or None)
    if entrance.has_news and not onward:
        return url_for("account.show")
    return onward or url_for("sign_in.front")


def _token() -> str | None:
    return request.cookies.get(cookie_name(installation()))
