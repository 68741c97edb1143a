"""The administrator's pages: staff accounts, their roles and links."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Reference
from mengya_health.people import account_links, accounts, second_factor
from mengya_health.people.accounts import require_account_change
from mengya_health.people.schemas import LOGIN_LONGEST, NAME_LONGEST
from mengya_health.people.staff import staff, staff_member
from mengya_health.web.shown import accounts as shown

bp = Blueprint("accounts", __name__)


class RoleForm(Form):
    """A role, where, and until when."""

    given_role = Choice(*accounts.ROLES, required=True)
    organisation = Reference(load_default=None)
    group = Reference(load_default=None)
    to_on = LocalDate(load_default=None)


class AccountForm(RoleForm):
    """A new account with its first role. There is no password in it."""

    login = PlainText(longest=LOGIN_LONGEST, required=True)
    name = PlainText(longest=NAME_LONGEST, required=True)


@bp.get("/admin/accounts")
@signed_in
def index(work):
    page = request.args.get("page", 0, type=int)
    found, has_more = staff(work, page=max(page, 0))
    return render_template("pages/admin/accounts.html", **shown.list_page(work, found, page, has_more=has_more))


@bp.get("/admin/accounts/new")
@signed_in
def new(work):
    require_account_change(work)
    return render_template("pages/admin/new_account.html", **shown.role_choices(work), form=form_state())


@bp.post("/admin/accounts")
@signed_in(again="accounts.new")
def add(work):
    wanted = submitted(AccountForm())
    user = accounts.add_user(work, login=wanted["login"], name=wanted["name"])
    _give(work, user.id, wanted)
    return _hand_over(work, user.id, account_links.invite_user(work, user.id))


@bp.get("/admin/accounts/<uuid:user_id>")
@signed_in
def show(work, user_id: UUID):
    member = staff_member(work, user_id)
    has_app = second_factor.has_app(work, user_id)
    page = shown.account_page(work, member, has_app=has_app) | shown.role_choices(work)
    return render_template("pages/admin/account.html", **page, form=form_state())


@bp.post("/admin/accounts/<uuid:user_id>/roles")
@signed_in(again="accounts.show")
def give_role(work, user_id: UUID):
    _give(work, user_id, submitted(RoleForm()))
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/roles/<uuid:membership_id>/renew")
@signed_in
def renew_role(work, user_id: UUID, membership_id: UUID):
    accounts.renew_membership(work, membership_id)
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/roles/<uuid:membership_id>/end")
@signed_in
def end_role(work, user_id: UUID, membership_id: UUID):
    accounts.end_membership(work, membership_id)
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/close")
@signed_in
def close(work, user_id: UUID):
    accounts.disable_user(work, user_id)
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/open")
@signed_in
def open_again(work, user_id: UUID):
    accounts.enable_user(work, user_id)
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/link")
@signed_in(again="accounts.show")
def link(work, user_id: UUID):
    member = staff_member(work, user_id)
    make = account_links.start_reset if member.has_password else account_links.invite_user
    return _hand_over(work, user_id, make(work, user_id))


@bp.post("/admin/accounts/<uuid:user_id>/lost-app")
@signed_in(again="accounts.show")
def lost_app(work, user_id: UUID):
    account_links.take_off_second_factor(work, user_id)
    return _back(user_id)


@bp.post("/admin/accounts/<uuid:user_id>/seen")
@signed_in(again="accounts.show")
def seen_in_person(work, user_id: UUID):
    account_links.confirm_in_person(work, user_id)
    return _back(user_id)


def _give(work, user_id: UUID, wanted: dict) -> None:
    where = {"organisation_id": wanted["organisation"], "group_id": wanted["group"]}
    accounts.add_membership(work, user_id=user_id, role=wanted["given_role"], to_on=wanted["to_on"], **where)


def _hand_over(work, user_id: UUID, issued: account_links.IssuedLink):
    return render_template("pages/admin/link.html", **shown.link_page(work, user_id, issued))


def _back(user_id: UUID):
    return redirect(url_for("accounts.show", user_id=user_id, saved="stored"), 303)
