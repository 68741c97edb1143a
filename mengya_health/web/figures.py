"""Figures that leave: the manager asks and takes the file once, the security officer approves or refuses."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.indicators import exports
from mengya_health.web.shown import figures as shown

bp = Blueprint("figures", __name__)


class FiguresWanted(Form):
    """For whom, and what for."""

    scope = Choice(*exports.K, required=True)
    recipient = PlainText(longest=60, required=True)
    purpose = PlainText(longest=200, required=True)


@bp.get("/figures")
@signed_in
def show(work):
    return render_template("pages/figures.html", **shown.page(work, exports.export_ledger(work), form_state()))


@bp.post("/figures")
@signed_in(again="figures.show")
def ask(work):
    exports.ask_export(work, **submitted(FiguresWanted()))
    return redirect(url_for("figures.show", saved="submitted"), 303)


@bp.post("/figures/<uuid:export_id>/approval")
@signed_in
def approve(work, export_id: UUID):
    exports.decide_export(work, export_id, is_approved=True)
    return redirect(url_for("figures.show", saved="stored"), 303)


@bp.post("/figures/<uuid:export_id>/refusal")
@signed_in
def refuse(work, export_id: UUID):
    exports.decide_export(work, export_id, is_approved=False)
    return redirect(url_for("figures.show", saved="stored"), 303)


@bp.post("/figures/<uuid:export_id>/file")
@signed_in
def take(work, export_id: UUID):
    submitted(Form())
    answer = Response(exports.take_export(work, export_id), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="figures-{work.today}.csv"'
    return answer
