"""紧急查阅: a doctor opens one child's record for an hour, says why, and ends it."""

from dataclasses import replace

from flask import Blueprint, make_response, redirect, render_template, url_for

from mengya_health.access.refusals import only_for
from mengya_health.crypto.passwords import MOST_CHARACTERS
from mengya_health.entry import form_state, set_session_cookie, signed_in, submitted
from mengya_health.errors import PasswordNeeded
from mengya_health.fields import Form, PlainText
from mengya_health.people import sign_in
from mengya_health.people.break_glass import end_emergency, open_emergency
from mengya_health.web.shown.emergency import ask_page

bp = Blueprint("emergency", __name__)


class EmergencyForm(Form):
    """Which child, why, and the password once more; what is missing is said by the command, all at once."""

    number = PlainText(longest=60, load_default="")
    code = PlainText(longest=20, load_default="")
    text = PlainText(longest=400, lines=True, load_default="")
    password = PlainText(longest=MOST_CHARACTERS, load_default="")


@bp.get("/emergency")
@signed_in
def ask(work):
    if not work.actor.places_as("doctor"):
        raise only_for("doctor_here")
    _require_code_first(work)
    return render_template("pages/emergency.html", **ask_page(work, form_state(), is_fresh=sign_in.is_fresh(work)))


@bp.post("/emergency")
@signed_in(again="emergency.ask")
def start(work):
    wanted, token = submitted(EmergencyForm()), ""
    password = wanted.pop("password")
    _require_code_first(work)
    if password and not sign_in.is_fresh(work):
        token = sign_in.reauthenticate(work, password=password)
        work.actor = replace(work.actor, reauthenticated_at=work.now)
    opened = open_emergency(work, **wanted)
    answer = make_response(redirect(url_for("children.show", child_id=opened.child_id), 303))
    return set_session_cookie(answer, token) if token else answer


def _require_code_first(work) -> None:
    """Lead who has an authenticator app by the page that asks for its code, too: a password alone is not enough."""
    if sign_in.needs_code(work):
        raise PasswordNeeded


@bp.post("/emergency/end")
@signed_in
def end(work):
    end_emergency(work)
    return redirect(url_for("sign_in.front", saved="stored"), 303)
