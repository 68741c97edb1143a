"""有异议 on the pages: a guardian reads one entry and says what they disagree with; whoever is asked answers it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care import disputes
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Form, Nonce, PlainText, WholeNumber
from mengya_health.handouts.from_record.sheet import require_plain
from mengya_health.locale import language
from mengya_health.people.queries import find_child
from mengya_health.record.disputes import disputes_about
from mengya_health.record.queries import find_entry
from mengya_health.web.drafts import of_child, of_objection, with_draft
from mengya_health.web.shown import disputes as shown
from mengya_health.web.shown.family_record import plain_line

bp = Blueprint("disputes", __name__)

TEMPLATE_VERSION = "2026.11-1"


class DisputeForm(Form):
    """What a guardian disagrees with, in their own words; with the PIN it is signed."""

    text = PlainText(longest=200, lines=True, load_default="")
    version = WholeNumber(low=1, high=10**6, required=True)
    nonce = Nonce(load_default=b"")
    pin = PlainText(longest=6, load_default="")


class AnswerForm(Form):
    text = PlainText(longest=200, lines=True, load_default="")


@bp.get("/home/<uuid:child_id>/entries/<uuid:entry_id>")
@signed_in
def of_entry(work, child_id: UUID, entry_id: UUID):
    child, entry = _entry(work, child_id, entry_id)
    notes = disputes_about(work, child, [entry])
    form = with_draft(form_state(), work, child, "disputes.dispute")
    page = shown.entry_page(work, child, entry, plain_line(work, entry), notes, form)
    return render_template("pages/parent/entry.html", **page)


@bp.post("/home/<uuid:child_id>/entries/<uuid:entry_id>")
@signed_in(again="disputes.of_entry", draft=of_child("family", Permission.DISPUTE))
def dispute(work, child_id: UUID, entry_id: UUID):
    _child, entry = _entry(work, child_id, entry_id)
    said, signing = submitted(DisputeForm()), {}
    if said["pin"]:
        signing = {"pin": said["pin"], "shown": _shown(work, entry), "nonce": said["nonce"]}
    disputes.raise_dispute(work, child_id, entry_id, version=said["version"], text=said["text"], **signing)
    return redirect(url_for("disputes.of_entry", child_id=child_id, entry_id=entry_id, saved="disputed"), 303)


@bp.post("/home/<uuid:child_id>/disputes/<uuid:note_id>/keep")
@signed_in
def keep(work, child_id: UUID, note_id: UUID):
    disputes.settle_dispute(work, child_id, note_id, is_kept=True)
    return redirect(url_for("family.record", child_id=child_id, saved="stored"), 303)


@bp.post("/home/<uuid:child_id>/disputes/<uuid:note_id>/close")
@signed_in
def close(work, child_id: UUID, note_id: UUID):
    disputes.settle_dispute(work, child_id, note_id, is_kept=False)
    return redirect(url_for("family.record", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/disputes/<uuid:note_id>")
@signed_in
def answer_page(work, child_id: UUID, note_id: UUID):
    child, found, task = disputes.find_dispute(work, child_id, note_id)
    form = with_draft(form_state(), work, child, "disputes.answer")
    page = shown.answer_page(work, child, found, task, form)
    return render_template("pages/cases/answer.html", **page)


@bp.post("/children/<uuid:child_id>/disputes/<uuid:note_id>")
@signed_in(again="disputes.answer_page", draft=of_objection())
def answer(work, child_id: UUID, note_id: UUID):
    child, found, _task = disputes.find_dispute(work, child_id, note_id)
    text = require_plain(submitted(AnswerForm())["text"], field="text", label="答复")
    disputes.answer_dispute(work, child_id, note_id, text=text)
    return redirect(url_for("children.entry", child_id=child.id, entry_id=found.about_id, saved="stored"), 303)


def _entry(work, child_id: UUID, entry_id: UUID):
    child = find_child(work, child_id)
    if not is_allowed(work.actor, Permission.READ_FAMILY, child.subject) or work.actor.places:
        audit.refused(work, child.id, "entry", "role")
        raise NotFound(_("没有找到这一页。请从首页进入。"))
    return child, find_entry(work, child, entry_id)


def _shown(work, entry) -> dict:
    """Return what the guardian saw when they disagreed, for the statement."""
    line = plain_line(work, entry)
    seen = f"{line.title}\n{line.note}".encode()
    return {
        "template": "pages/parent/entry",
        "template_ver": TEMPLATE_VERSION,
        "locale": language(),
        "render_digest": work.keys.digest(seen).hex(),
    }
