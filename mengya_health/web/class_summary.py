"""The class summary: a teacher writes two sentences and signs them with the PIN or a passkey, on one page."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health.care import closing, concerns
from mengya_health.care.queries import find_task
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Conflict, Invalid, NotFound
from mengya_health.fields import Choice, Form, Nonce, PlainText
from mengya_health.locale import language
from mengya_health.record.queries import entries_of_case, find_entry
from mengya_health.signing.by_passkey import may_sign_by_passkey
from mengya_health.signing.commands import prepare_signature
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.web.classes import bp
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.passkeys import ANSWER_LONGEST
from mengya_health.web.sent import sent_to_doctor
from mengya_health.web.shown import seen

TEMPLATE_VERSION = "2026.11-1"


class SummaryForm(Form):
    """The class summary: what was seen, in two sentences, signed by PIN or passkey."""

    choice = Choice("stable", "not_yet")
    summary = PlainText(longest=200, lines=True, load_default="")
    nonce = Nonce(required=True)
    pin = PlainText(longest=6, load_default="")
    passkey = PlainText(longest=ANSWER_LONGEST, load_default="")


@bp.get("/class/children/<uuid:child_id>/summaries/<uuid:task_id>")
@signed_in
def summary(work, child_id: UUID, task_id: UUID):
    child, task = _summary_task(work, child_id, task_id)
    entries = entries_of_case(work, child, task.case_id, also=("observation",))
    observations = [entry for entry in entries if (entry.kind, entry.status) == ("observation", "active")][-10:]
    return render_template(
        "pages/teacher/class_summary.html",
        back={"href": url_for("classes.show"), "text": _("班级")},
        child_name=child.name,
        observations=[
            {"at": entry.happened_on.isoformat(), "text": seen.plainly(work.content, entry)} for entry in observations
        ],
        action=url_for("classes.sign_summary", child_id=child_id, task_id=task_id),
        form=with_draft(form_state(), work, child, "classes.sign_summary"),
        row_version=None,
        level=LEVEL_LABELS["L1"],
        by_passkey=_by_passkey(work, child_id, task_id),
    )


@bp.post("/class/children/<uuid:child_id>/summaries/<uuid:task_id>")
@signed_in(again="classes.summary", draft=of_child("behaviour"))
def sign_summary(work, child_id: UUID, task_id: UUID):
    child, task = _summary_task(work, child_id, task_id)
    said = _filled_in(submitted(SummaryForm()))
    if said["choice"] == "not_yet":
        concerns.raise_concern(work, child.id, text=said["summary"], case_id=task.case_id)
        return redirect(url_for("classes.show", saved=sent_to_doctor(work, child)), 303)
    version = _signed_version(work, child, task.case_id, said)
    proof = {"pin": said["pin"], "passkey": said["passkey"]}
    closing.confirm_stable(work, task.case_id, version=version, **proof, **_signing(work, said))
    return redirect(url_for("classes.show", saved="signed"), 303)


@bp.post("/class/children/<uuid:child_id>/summaries/<uuid:task_id>/passkey")
@signed_in
def summary_options(work, child_id: UUID, task_id: UUID):
    child, task = _summary_task(work, child_id, task_id)
    said = _filled_in(submitted(SummaryForm()))
    if said["choice"] != "stable":
        raise Invalid(fields={"choice": [_("不签名就直接发给医生。")]})
    entry = find_entry(work, child, _written(work, task.case_id, said).id)
    signing = {"read_version": entry.version, "decision": "agree", "capacity": "teacher"}
    return prepare_signature(work, child, entry, **signing, **_signing(work, said))


def _filled_in(said: dict) -> dict:
    if said.get("choice") is None:
        raise Invalid(fields={"choice": [_("请先选一项。")]})
    if not said["summary"]:
        raise Invalid(fields={"summary": [_("请写两句您看到的。")]})
    return said


def _signed_version(work, child, case_id: UUID, said: dict) -> int:
    """Return the version to sign: the PIN's is stored now, a passkey's was stored when it was asked for."""
    if not said["passkey"]:
        return _written(work, case_id, said).current_version
    written = [entry for entry in entries_of_case(work, child, case_id) if entry.kind == "class_summary"]
    if not written or written[-1].content["text"] != said["summary"]:
        raise Conflict("小结刚刚改过，请再看一看再签。", "The summary has just changed; read it again before you sign.")
    return written[-1].version


def _written(work, case_id: UUID, said: dict):
    """Store the summary as it was typed, as a version of its own."""
    entry = closing.write_class_summary(work, case_id, text=said["summary"])
    work.session.flush()
    return entry


def _signing(work, said: dict) -> dict:
    shown_to_signer = {
        "template": "pages/teacher/class_summary",
        "template_ver": TEMPLATE_VERSION,
        "locale": language(),
        "render_digest": work.keys.digest(said["summary"].encode()).hex(),
    }
    return {"shown": shown_to_signer, "nonce": said["nonce"]}


def _by_passkey(work, child_id: UUID, task_id: UUID) -> dict | None:
    """Return what offers the teacher's own device, where they have a passkey."""
    options = url_for("classes.summary_options", child_id=child_id, task_id=task_id)
    return {"options": options, "level": LEVEL_LABELS["L2"]} if may_sign_by_passkey(work) else None


def _summary_task(work, child_id: UUID, task_id: UUID):
    child, task = find_task(work, task_id, "signature")
    if child.id != child_id or task.whose_turn != "teacher":
        raise NotFound
    return child, task
