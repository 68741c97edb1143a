"""One's own account: text size and language, signing PIN, sessions and bound phones."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError, validates_schema

from mengya_health.crypto.passwords import MOST_CHARACTERS
from mengya_health.entry import form_state, installation, public, set_session_cookie, signed_in, submitted
from mengya_health.fields import Choice, Form, PlainText, Ticked
from mengya_health.people import sign_in
from mengya_health.people.accounts import show_as
from mengya_health.people.models import User
from mengya_health.people.notices import Notice, notices_of
from mengya_health.people.queries import my_children
from mengya_health.people.schemas import PasswordChange
from mengya_health.signing.agreement import signing_agreement
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.signing.pins import hash_of_pin, store_pin
from mengya_health.web.shell import NAMES
from mengya_health.web.shown import words
from mengya_health.web.shown.links import local_path
from mengya_health.web.sign_in import PHONE_COOKIE

bp = Blueprint("account", __name__)

YEAR_S = 365 * 24 * 3600


class DisplayForm(Form):
    """Which switch was pressed, and where."""

    text_size = Choice("large", "standard")
    lang = Choice("zh-CN", "en")
    letter_keys = Choice("on", "off")
    names = Choice("hidden", "shown")
    next = PlainText(longest=200, load_default="/")


class PinForm(Form):
    """A signing PIN typed twice, the agreement accepted, and the password once more."""

    accept = Ticked(required=True)
    pin = PlainText(longest=6, required=True)
    pin_again = PlainText(longest=6, required=True)
    password = PlainText(longest=MOST_CHARACTERS, required=True)
    code = PlainText(longest=20, load_default="")

    @validates_schema
    def _agree(self, values: dict, **_kwargs) -> None:
        if {"pin", "pin_again"} <= set(values) and values["pin"] != values["pin_again"]:
            raise ValidationError("两次输入的签名密码不一样。 The two PINs differ.", "pin_again")


@bp.post("/display")
@public
def display(work):
    wanted = submitted(DisplayForm())
    answer = redirect(local_path(wanted["next"]) or url_for("sign_in.front"), 303)
    large, lang = wanted.get("text_size"), wanted.get("lang")
    if work.actor:
        keys = wanted.get("letter_keys")
        show_as(
            work,
            large_text=None if large is None else large == "large",
            language=lang and lang[:2],
            letter_keys=None if keys is None else keys == "on",
        )
    secure = installation().settings.is_production
    if large:
        answer.set_cookie("text_size", large, max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    if "names" in wanted:  # until the browser is closed; names.js sets it, too, when nobody is at the desk
        answer.set_cookie(NAMES, wanted["names"], samesite="Lax", secure=secure)
    if lang:
        answer.set_cookie("lang", lang[:2], max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    return answer


@bp.get("/account")
@signed_in
def show(work):
    return render_template(
        "pages/account.html",
        sessions=[
            _line(each.id, each.created_at, each.last_used_at) | {"is_here": each.id == work.actor.session_id}
            for each in sign_in.sessions_of(work)
        ],
        phones=[_line(each.id, each.bound_at, each.last_used_at) for each in sign_in.phones_of(work)],
        may_bind=not work.actor.places,
        has_pin=work.session.get(User, work.actor.user_id).pin_hash is not None,
        needs_code=sign_in.needs_code(work),
        notices=[_notice(each) for each in notices_of(work, work.actor.user_id)],
        form=form_state(),
    )


@bp.post("/account/password")
@signed_in(again="account.show")
def change_password(work):
    sign_in.change_password(work, **submitted(PasswordChange()))
    return redirect(url_for("account.show", saved="stored"), 303)


@bp.post("/account/sessions/<uuid:session_id>/end")
@signed_in
def end_session(work, session_id):
    sign_in.revoke_session(work, session_id)
    return redirect(url_for("account.show", saved="stored"), 303)


@bp.post("/account/phone")
@signed_in
def bind_phone(work):
    token = sign_in.bind_phone(work)
    answer = redirect(url_for("account.show", saved="stored"), 303)
    secure = installation().settings.is_production
    answer.set_cookie(PHONE_COOKIE, token, max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    return answer


@bp.post("/account/phones/<uuid:phone_id>/end")
@signed_in
def unbind_phone(work, phone_id):
    sign_in.revoke_phone(work, phone_id)
    return redirect(url_for("account.show", saved="stored"), 303)


@bp.get("/account/agreement")
@signed_in
def agreement(work):
    text = signing_agreement()
    return render_template(
        "pages/parent/agreement.html",
        back={"href": url_for("sign_in.front"), "text": _("首页")},
        version=_("第 %(version)s 版", version=text.version),
        parts=[{"title": title, "text": words} for title, words in text.parts],
        level=words.told(LEVEL_LABELS["L1"]),
        action=url_for("account.accept"),
        form=form_state(),
        needs_code=sign_in.needs_code(work),
    )


@bp.post("/account/agreement")
@signed_in(again="account.agreement")
def accept(work):
    wanted = submitted(PinForm())
    births = () if work.actor.places else tuple(child.birth_on for child in my_children(work))
    pin_hash = hash_of_pin(work, wanted["pin"], birth_dates=births)
    token = sign_in.reauthenticate(work, password=wanted["password"], code=wanted["code"])
    store_pin(work, work.session.get(User, work.actor.user_id), pin_hash)
    return set_session_cookie(redirect(url_for("sign_in.front", saved="stored"), 303), token)


# What happened to an account, as its owner is told. Who did it, the deployment's history knows.
HAPPENED = {
    "tries_failed": lambda: _("有人连续输错您的密码或验证码，账号锁了几分钟"),
    "password_set": lambda: _("登录密码换过了"),
    "reset_started": lambda: _("工作人员为您办理了重设密码"),
    "app_set": lambda: _("设好了验证器"),
    "app_dropped": lambda: _("验证器取下了"),
    "spare_code_spent": lambda: _("用掉了一个备用码"),
    "signing_locked": lambda: _("签名锁定 24 小时，或等当面确认"),
    "signing_open": lambda: _("已当面确认，可以签名了"),
    "email_set": lambda: _("收提醒的邮箱换过了"),
    "role_given": lambda: _("您有了一个新的角色"),
    "role_ended": lambda: _("您的一个角色结束了"),
    "chair_named": lambda: _("轮值表上排了您主持会商"),
    "chair_ended": lambda: _("您的会商轮值结束了"),
}


def _notice(told: Notice) -> dict:
    text = HAPPENED.get(told.kind, lambda: told.kind)()
    return {"text": text, "at": words.stamp(told.at), "is_new": told.is_new}


def _line(row_id, begun_at, used_at) -> dict:
    return {"id": row_id, "begun": words.stamp(begun_at), "used": words.stamp(used_at)}
