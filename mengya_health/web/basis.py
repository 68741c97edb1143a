"""依据: by which rules the program judges, where each comes from, and whether it was seen there."""

from flask import Blueprint, render_template

from mengya_health.entry import signed_in
from mengya_health.screening.basis import basis_subjects
from mengya_health.web.shown.basis import index_page, subject_page

bp = Blueprint("basis", __name__)


@bp.get("/basis")
@signed_in
def index(work):
    return render_template("pages/basis/index.html", **index_page(work.content, basis_subjects(work)))


@bp.get("/basis/<subject_id>")
@signed_in
def subject(work, subject_id):
    return render_template("pages/basis/subject.html", **subject_page(basis_subjects(work), subject_id))
