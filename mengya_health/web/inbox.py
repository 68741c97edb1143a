"""The inbox of whoever is signed in, and how they want to be told."""

from flask import Blueprint, redirect, render_template, url_for

from mengya_health.care.inbox import inbox
from mengya_health.care.reach import not_reached
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Email, Form, PlainText
from mengya_health.people import messages
from mengya_health.people.models import User
from mengya_health.people.reach import address_in, wants_digest
from mengya_health.web.shell import home_of
from mengya_health.web.shown.inbox import inbox_page

bp = Blueprint("inbox", __name__)


class DigestForm(Form):
    wanted = Choice("yes", "no", required=True)


class EmailForm(Form):
    email = Email(required=True)


class CodeForm(Form):
    code = PlainText(longest=10, required=True)


@bp.get("/inbox")
@signed_in
def show(work):
    found = inbox(work)
    unheard = not_reached(work, [(line.child, line.task) for line in found.asked])
    page = inbox_page(work, found, unheard, home_href=url_for(home_of(work.actor.role)))
    template = "pages/inbox.html" if work.actor.places else "pages/parent/inbox.html"
    return render_template(template, inbox=page)


@bp.post("/inbox")
@signed_in
def see(work):
    submitted(Form())  # nothing but the button is sent
    messages.see_inbox(work)
    return redirect(url_for("inbox.show"), 303)


@bp.get("/inbox/settings")
@signed_in
def settings(work):
    body = messages.account_body(work, work.session.get(User, work.actor.user_id))
    address = address_in(work.settings, body)
    return render_template(
        "pages/messages.html",
        channels=work.settings.channels,
        channel=address.channel if address else "",
        email=body.get("email", ""),
        asked=body.get("email_asked", ""),
        wants_digest=wants_digest(body),
        form=form_state(),
    )


@bp.post("/inbox/settings")
@signed_in(again="inbox.settings")
def choose(work):
    messages.choose_digest(work, is_wanted=submitted(DigestForm())["wanted"] == "yes")
    return redirect(url_for("inbox.settings", saved="stored"), 303)


@bp.post("/inbox/email")
@signed_in(again="inbox.settings")
def ask_email(work):
    messages.ask_email(work, submitted(EmailForm())["email"])
    return redirect(url_for("inbox.settings", saved="code_sent"), 303)


@bp.post("/inbox/email/code")
@signed_in(again="inbox.settings")
def confirm_email(work):
    messages.confirm_email(work, submitted(CodeForm())["code"])
    return redirect(url_for("inbox.settings", saved="stored"), 303)


@bp.post("/inbox/email/drop")
@signed_in(again="inbox.settings")
def drop_email(work):
    messages.drop_email(work)
    return redirect(url_for("inbox.settings", saved="stored"), 303)
