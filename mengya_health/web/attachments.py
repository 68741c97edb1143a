"""Files beside one entry: see them, add one, take one away to one's own device. Nothing of them is shown in a page."""

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Form
from mengya_health.people.queries import find_child
from mengya_health.record.attachments import OpenedFile, attach_to_entry, attachments_of, open_attachment
from mengya_health.record.queries import find_entry
from mengya_health.uploads import required_file
from mengya_health.web.papers import PDF_POLICY
from mengya_health.web.shown import attachments as shown

bp = Blueprint("attachments", __name__)


@bp.get("/children/<uuid:child_id>/entries/<uuid:entry_id>/attachments")
@signed_in
def show(work, child_id: UUID, entry_id: UUID):
    child = find_child(work, child_id)
    entry = find_entry(work, child, entry_id)
    files = attachments_of(work, child, [entry_id]).get(entry_id, [])
    return render_template(shown.template(work), **shown.page(work, child, entry, files, form_state()))


@bp.post("/children/<uuid:child_id>/entries/<uuid:entry_id>/attachments")
@signed_in(again="attachments.show")
def add(work, child_id: UUID, entry_id: UUID):
    child = find_child(work, child_id)
    entry = find_entry(work, child, entry_id)
    submitted(Form())  # the file is all that is sent
    attach_to_entry(work, child, entry, required_file(work))
    return redirect(url_for("attachments.show", child_id=child_id, entry_id=entry_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/attachments/<uuid:attachment_id>")
@signed_in
def download(work, child_id: UUID, attachment_id: UUID):
    return as_download(open_attachment(work, find_child(work, child_id), attachment_id))


def as_download(file: OpenedFile) -> Response:
    """Return a file as something to save: no browser shows, sniffs, runs or keeps it."""
    answer = Response(file.content, mimetype="application/octet-stream")
    # The plain name is for old readers (RFC 6266); theirs is in UTF-8, each odd character written as %XX (RFC 5987).
    ending = file.name.rpartition(".")[2].lower()
    name = quote(file.name, safe="")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"file.{ending}\"; filename*=UTF-8''{name}"
    answer.headers["Content-Security-Policy"] = PDF_POLICY
    return answer
