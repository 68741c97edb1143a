"""签过的: all that a guardian signed; within a day it can be taken back."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.care import closing, concerns, plans
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Form, PlainText
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind, find_entry
from mengya_health.signing.commands import withdraw_signature
from mengya_health.signing.queries import own_signatures
from mengya_health.web.family import bp
from mengya_health.web.shown import family_signing as shown
from mengya_health.web.shown.links import home_link


class WithdrawForm(Form):
    """Why a signature is taken back; may be left empty."""

    reason = PlainText(longest=200, lines=True, load_default="")


@bp.get("/home/<uuid:child_id>/signed")
@signed_in
def signed(work, child_id: UUID):
    child = find_child(work, child_id, Permission.SIGN)
    papers = {entry.id: entry for entry in entries_of_kind(work, child, *shown.TITLES)}
    mine = [(each, papers[each.entry_id]) for each in own_signatures(work, child) if each.entry_id in papers]
    page = shown.signed_page(child, mine, now=work.now)
    return render_template("pages/parent/signed.html", form=form_state(), back=home_link(child), **page)


@bp.post("/home/<uuid:child_id>/signed/<uuid:signature_id>")
@signed_in
def withdraw(work, child_id: UUID, signature_id: UUID):
    child = find_child(work, child_id, Permission.SIGN)
    reason = submitted(WithdrawForm())["reason"] or _("家长撤回了签名，请给家里打电话。")
    mine = {each.id: each for each in own_signatures(work, child) if each.may_be_taken_back(work.now)}
    if signature_id not in mine:
        raise NotFound
    _take_back(work, child, find_entry(work, child, mine[signature_id].entry_id), signature_id, reason)
    return redirect(url_for("family.home_of", child_id=child_id, saved="withdrawn"), 303)


def _take_back(work, child, entry, signature_id: UUID, reason: str) -> None:
    """Take a signature back and tell the doctor why; a plan rests until it is agreed to again."""
    if entry.kind == "closing_summary":
        closing.withdraw_closing(work, entry.case_id, reason=reason)
        return
    withdraw_signature(work, child, signature_id)
    if entry.kind == "care_plan":
        plans.withdraw(work, entry.case_id, reason=reason)
    concerns.raise_concern(work, child.id, text=reason, case_id=entry.case_id)
