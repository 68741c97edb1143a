"""The pages behind a referral's link: open it once, then read and answer that one referral without an account."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.care.letters import Letter, find_letter
from mengya_health.care.referral_links import (
    ELSEWHERE,
    HERE,
    enter_by_link,
    nothing_open_here,
    open_link,
    standing_of,
)
from mengya_health.care.referral_visits import record_visit
from mengya_health.care.referrals import accept_referral, receive_referral, reject_referral
from mengya_health.entry import form_state, installation, public, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Form, LocalDate
from mengya_health.web.referrals import Rejection
from mengya_health.web.referring import Visit, file_of, files_part, form_of, record_reply, reply_part, visit_part
from mengya_health.web.shown import referrals as shown
from mengya_health.web.shown.gates import refusal

bp = Blueprint("letter", __name__)


class Opening(Form):
    """What the paper says beside the link."""

    birth_on = LocalDate(required=True)


@bp.get("/letter/<token>")
@public
def opening(work, token: str):
    standing = standing_of(work, token, _browser())
    if standing == HERE:
        return redirect(url_for("letter.show"))
    return render_template(
        "pages/specialist/opening.html",
        action=url_for("letter.open_here", token=token),
        form=form_state(),
        is_elsewhere=standing == ELSEWHERE,
    )


@bp.post("/letter/<token>")
@public(again="letter.opening")
def open_here(work, token: str):
    browser = open_link(work, token=token, **submitted(Opening()))
    answer = redirect(url_for("letter.show"), 303)
    secure = installation().settings.is_production
    answer.set_cookie(_cookie(), browser, httponly=True, secure=secure, samesite="Lax", path="/")
    return answer


@bp.get("/letter")
@public
def show(work):
    letter = _letter(work)
    page = shown.letter_page(work, letter, back={"text": "", "href": ""})
    page["files"] = files_part(work, letter, "letter.file")
    if not letter.referral.is_settled:
        page |= _forms(work, letter)
    return render_template("pages/specialist/referral.html", **page)


@bp.get("/letter/files/<uuid:referral_id>/<uuid:attachment_id>")
@public
def file(work, referral_id: UUID, attachment_id: UUID):
    return file_of(work, _letter(work), attachment_id)


@bp.post("/letter/received")
@public(again="letter.show")
def receive(work):
    receive_referral(work, enter_by_link(work, _browser()))
    return _back()


@bp.post("/letter/accepted")
@public(again="letter.show")
def accept(work):
    accept_referral(work, enter_by_link(work, _browser()))
    return _back()


@bp.post("/letter/visited")
@public(again="letter.show")
def visited(work):
    record_visit(work, enter_by_link(work, _browser()), visited_on=submitted(Visit())["visited_on"])
    return _back()


@bp.post("/letter/rejected")
@public(again="letter.show")
def reject(work):
    reject_referral(work, enter_by_link(work, _browser()), reason=submitted(Rejection())["reason"])
    return render_template("pages/specialist/sent_back.html")


@bp.post("/letter/feedback")
@public(again="letter.show")
def feedback(work):
    record_reply(work, _letter(work))
    return _back()


def _letter(work) -> Letter:
    referral_id = enter_by_link(work, _browser())
    try:
        return find_letter(work, referral_id)
    except NotFound as error:  # the referral ended, or the family took its consent back
        raise nothing_open_here() from error


def _forms(work, letter: Letter) -> dict:
    """Return what the holder of a link can do now: the same as a receiver with an account."""
    return {
        "refusal": refusal(form_state(), {}),
        "arrive": shown.arrivals(letter, {"receive": url_for("letter.receive"), "accept": url_for("letter.accept")}),
        "visit": visit_part(work, letter, "letter.visited"),
        "decline": {"action": url_for("letter.reject"), "form": form_of("letter.reject")},
        "feedback": reply_part(work, letter, "letter.feedback") | {"button": _("发出回执")},
    }


def _back():
    return redirect(url_for("letter.show", saved="stored"), 303)


def _browser() -> str | None:
    return request.cookies.get(_cookie())


def _cookie() -> str:
    return "__Host-txr" if installation().settings.is_production else "txr"
