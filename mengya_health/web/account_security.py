"""One's own account, what keeps it one's own: the authenticator app, and what happened to it."""

from flask import redirect, render_template, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotPermitted
from mengya_health.fields import Form, PlainText
from mengya_health.people import notices, second_factor, sign_in
from mengya_health.people.models import User
from mengya_health.web.account import bp
from mengya_health.web.entering import shown_setup


class AppForm(Form):
    """The first code of an app."""

    code = PlainText(longest=20, required=True)


@bp.get("/account/app")
@signed_in
def app_page(work):
    me = _me(work)
    return render_template(
        "pages/app.html",
        is_set=second_factor.has_app(work, me.id),
        may_drop=not second_factor.is_needed(work, me.id),
        setup=shown_setup(second_factor.setup_of(work, me)),
        form=form_state(),
    )


@bp.post("/account/app")
@signed_in
def start_app(work):
    sign_in.require_fresh(work)
    second_factor.start_app(work, _me(work))
    return redirect(url_for("account.app_page"), 303)


@bp.post("/account/app/code")
@signed_in(again="account.app_page")
def confirm_app(work):
    sign_in.require_fresh(work)
    codes = second_factor.confirm_app(work, _me(work), submitted(AppForm())["code"])
    return render_template("pages/spare_codes.html", codes=codes, onward=url_for("account.show"))


@bp.post("/account/app/spare-codes")
@signed_in
def spare_codes(work):
    sign_in.require_fresh(work)
    codes = second_factor.new_spare_codes(work, _me(work))
    return render_template("pages/spare_codes.html", codes=codes, onward=url_for("account.show"))


@bp.post("/account/app/drop")
@signed_in
def drop_app(work):
    sign_in.require_fresh(work)
    if second_factor.is_needed(work, work.actor.user_id):
        raise NotPermitted(
            "工作人员登录必须有验证器。要换手机，请用“换一个验证器”。",
            "The staff cannot sign in without an app. To change the phone, set up another one.",
        )
    second_factor.drop_app(work, _me(work))
    return redirect(url_for("account.show", saved="stored"), 303)


@bp.post("/account/notices")
@signed_in
def see_notices(work):
    notices.see_notices(work)
    return redirect(url_for("account.show"), 303)


def _me(work) -> User:
    return work.session.get(User, work.actor.user_id)
