"""The security officer's pages: alarms, emergency accesses to review, the audit. Ids and codes, no content."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import ValidationError, validates_schema

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Reference
from mengya_health.people import emergency_review as review_of
from mengya_health.people.accounts import ROLES
from mengya_health.people.oversight import ACTIONS, Wanted, alarms, close_alarm, search_audit, user_of_login
from mengya_health.web.shown import emergency as shown_emergency
from mengya_health.web.shown import officer as shown

bp = Blueprint("officer", __name__)

ALL_ROLES = (*ROLES, "guardian", "caregiver", "anonymous")


class AlarmForm(Form):
    finding = PlainText(longest=16, load_default="")


class ReviewForm(Form):
    finding = PlainText(longest=12, load_default="")
    text = PlainText(longest=400, lines=True, load_default="")


class AuditFields(Form):
    """What narrows a search and may stand in an address: codes and days."""

    role = Choice(*ALL_ROLES, load_default="")
    action = Choice(*ACTIONS, load_default="")
    outcome = Choice("allow", "deny", load_default="")
    from_on = LocalDate(load_default=None)
    to_on = LocalDate(load_default=None)

    @validates_schema
    def _in_order(self, values: dict, **_kwargs) -> None:
        if values.get("from_on") and values.get("to_on") and values["to_on"] < values["from_on"]:
            raise ValidationError("结束的日子不能早于开始的日子。 The last day comes before the first.", "to_on")


class AuditForm(AuditFields):
    login = PlainText(longest=60, load_default="")


class AuditAddress(AuditFields):
    user = Reference(load_default=None)


@bp.get("/oversight")
@signed_in
def alarms_page(work):
    return render_template("pages/officer/alarms.html", **shown.alarms_page(alarms(work)))


@bp.post("/oversight/alarms/<uuid:alarm_id>")
@signed_in
def close(work, alarm_id: UUID):
    close_alarm(work, alarm_id, finding=submitted(AlarmForm())["finding"])
    return redirect(url_for("officer.alarms_page", saved="stored"), 303)


@bp.get("/oversight/emergencies")
@signed_in
def emergencies(work):
    page = shown_emergency.list_page(work, review_of.emergencies(work))
    return render_template("pages/officer/emergencies.html", **page)


@bp.get("/oversight/emergencies/<uuid:break_glass_id>")
@signed_in
def emergency(work, break_glass_id: UUID):
    one = review_of.emergency_of(work, break_glass_id)
    return render_template("pages/officer/emergency.html", **shown_emergency.review_page(work, one, form_state()))


@bp.post("/oversight/emergencies/<uuid:break_glass_id>")
@signed_in(again="officer.emergency")
def review(work, break_glass_id: UUID):
    review_of.review_emergency(work, break_glass_id, **submitted(ReviewForm()))
    return redirect(url_for("officer.emergencies", saved="stored"), 303)


@bp.post("/oversight/emergencies/<uuid:break_glass_id>/hold")
@signed_in
def hold(work, break_glass_id: UUID):
    review_of.hold_notice(work, break_glass_id)
    return redirect(url_for("officer.emergency", break_glass_id=break_glass_id, saved="stored"), 303)


@bp.get("/oversight/audit")
@signed_in
def audit(work):
    asked = AuditAddress().load({name: value for name, value in request.args.items() if name != "saved"})
    user_id = asked.pop("user")
    found = search_audit(work, Wanted(user_id=user_id, **asked))
    return render_template("pages/officer/audit.html", **shown.audit_page(asked, user_id, found, form_state()))


@bp.post("/oversight/audit")
@signed_in(again="officer.audit")
def search(work):
    wanted = submitted(AuditForm())
    login = wanted.pop("login")
    # A sign-in name may be a phone number: the address that a browser keeps holds the account's id.
    user = user_of_login(work, login).hex if login else None
    chosen = {name: value for name, value in wanted.items() if value}
    return redirect(url_for("officer.audit", user=user, **chosen), 303)
