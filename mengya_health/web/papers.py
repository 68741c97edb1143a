"""Print: what can be printed for a child, what was asked for, the PDF itself."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.due import DONE, day_list
from mengya_health.care.queries import cases_of
from mengya_health.care.referral_lists import referrals_of
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, PlainText, Reference
from mengya_health.handouts import batches
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import open_handout, print_queue
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import classes
from mengya_health.people.queries import class_children, find_child, find_children
from mengya_health.web.shown import papers as shown
from mengya_health.web.today import clinic_of

bp = Blueprint("papers", __name__)

# A PDF runs no script and loads nothing, whatever reader a browser brings.
PDF_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


class PaperWanted(Form):
    """Which paper, and the case or referral it is about."""

    document = Choice(*shown.NAMES, required=True)
    subject_id = Reference(load_default=None)


class ManyWanted(Form):
    """The same paper for many: who was seen today, or the children of a class."""

    who = PlainText(longest=36, load_default="")
    document = Choice(*batches.FOR_MANY, required=True)


@bp.get("/papers")
@signed_in
def queue(work):
    papers = print_queue(work)
    children = find_children(work, {paper.handout.child_id for paper in papers})
    audit.read(work, list(children), "handout")
    many = classes(work) if work.actor.places_as("doctor") else None
    return render_template("pages/print/queue.html", **shown.queue_page(papers, children, form_state(), many))


@bp.post("/papers/batches")
@signed_in(again="papers.queue")
def ask_for_many(work):
    clinic_id, wanted = clinic_of(work), submitted(ManyWanted())
    batches.ask_for_all(work, _children_of(work, clinic_id, wanted["who"]), wanted["document"])
    return redirect(url_for("papers.queue", saved="printing"), 303)


@bp.post("/papers/batches/<uuid:handout_id>/stop")
@signed_in(again="papers.queue")
def stop(work, handout_id: UUID):
    batches.stop(work, handout_id)
    return redirect(url_for("papers.queue", saved="stopped"), 303)


@bp.get("/papers/batches/<uuid:handout_id>.pdf")
@signed_in
def batch_pdf(work, handout_id: UUID):
    return _as_pdf(batches.open_ready(work, handout_id), handout_id)


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
    return _as_pdf(open_handout(work, handout_id), handout_id)


def _as_pdf(content: bytes, handout_id: UUID) -> Response:
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{handout_id}.pdf"'
    answer.headers["Content-Security-Policy"] = PDF_POLICY
    return answer


def _children_of(work, clinic_id: UUID, who: str) -> list[ChildFacts]:
    """Return whom a batch is for: those whose visit took place today, or a class's children of this clinic."""
    if who == shown.SEEN_TODAY:
        seen = day_list(work, clinic_id, limits={DONE: batches.MOST + 1}).lines[DONE]
        return list({item.child.id: item.child for item in seen}.values())
    try:
        return class_children(work, UUID(who))
    except ValueError as error:
        raise Invalid(fields={"who": ["请选给谁打印。 Choose whom to print for."]}) from error
