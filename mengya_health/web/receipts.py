"""The receipt of a signature: a page that says what it is, its file, its sheet, and the script that checks it."""

import json
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for

from mengya_health.entry import form_state, public, signed_in
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import print_queue
from mengya_health.people.queries import accounts_of, find_child
from mengya_health.signing.receipts import receipt_of, standing_of, verifying_script
from mengya_health.web.shown import receipts as shown

bp = Blueprint("receipts", __name__)


@bp.get("/children/<uuid:child_id>/signatures/<uuid:signature_id>")
@signed_in
def show(work, child_id: UUID, signature_id: UUID):
    # The keystore is asked once: for the child's keys, and for those of the signer, whose name stands on the page.
    work.keys.load([child_id, work.actor.user_id])
    child = find_child(work, child_id)
    standing = standing_of(work, child, signature_id)
    signer_id = standing.signature.signer_id
    signer = accounts_of(work, [signer_id])[signer_id].name if signer_id else standing.signature.signer_name
    page = shown.receipt_page(work, child, standing, signer, print_queue(work), form_state())
    return render_template("pages/receipt.html", **page)


@bp.post("/children/<uuid:child_id>/signatures/<uuid:signature_id>")
@signed_in(again="receipts.show")
def ask(work, child_id: UUID, signature_id: UUID):
    ask_for(work, find_child(work, child_id), "signature_receipt", subject_id=signature_id)
    return redirect(url_for("receipts.show", child_id=child_id, signature_id=signature_id, saved="receipt"), 303)


@bp.get("/children/<uuid:child_id>/signatures/<uuid:signature_id>.json")
@signed_in
def download(work, child_id: UUID, signature_id: UUID):
    receipt = receipt_of(work, find_child(work, child_id), signature_id)
    text = json.dumps(receipt.fields, ensure_ascii=False, sort_keys=True, indent=1)
    return _file(text.encode(), "application/json", f"receipt-{signature_id}.json")


@bp.get("/receipts/verify_receipt.py")
@public
def script(work):
    return _file(verifying_script(), "text/x-python", "verify_receipt.py")


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
