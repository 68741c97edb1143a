"""Print: what can be printed for a child, what was asked for, the PDF itself."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.queries import cases_of
from mengya_health.care.referral_lists import referrals_of
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, Reference
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import open_handout, print_queue
from mengya_health.people.queries import find_child, find_children
from mengya_health.web.shown import papers as shown

bp = Blueprint("papers", __name__)

# A PDF runs no script and loads nothing, whatever reader a browser brings.
PDF_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


class PaperWanted(Form):
    """Which paper, and the case or referral it is about."""

    document = Choice(*shown.NAMES, required=True)
    subject_id = Reference(load_default=None)


@bp.get("/papers")
@signed_in
def queue(work):
    papers = print_queue(work)
    children = find_children(work, {handout.child_id for handout, _status, _error in papers})
    audit.read(work, list(children), "handout")
    return render_template("pages/print/queue.html", **shown.queue_page(work, papers, children))


@bp.get("/children/<uuid:child_id>/papers")
@signed_in
def choose(work, child_id: UUID):
    child = find_child(work, child_id, Permission.PRINT_HEALTH)
    audit.read(work, child.id, "child")
    page = shown.choose_page(work, child, cases_of(work, child), referrals_of(work, child), form_state())
    return render_template("pages/print/choose.html", **page)


@bp.post("/children/<uuid:child_id>/papers")
@signed_in(again="papers.choose")
def ask(work, child_id: UUID):
    child = find_child(work, child_id, Permission.PRINT_HEALTH)
    wanted = submitted(PaperWanted())
    ask_for(work, child, wanted["document"], subject_id=wanted["subject_id"])
    return redirect(url_for("papers.queue", saved="printing"), 303)


@bp.get("/papers/<uuid:handout_id>.pdf")
@signed_in
def pdf(work, handout_id: UUID):
    answer = Response(open_handout(work, handout_id), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{handout_id}.pdf"'
    answer.headers["Content-Security-Policy"] = PDF_POLICY
    return answer
