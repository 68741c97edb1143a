"""A referral from the clinic's side: write it, register the reply that came on paper, say why none will come."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import fields

from mengya_health.access.permissions import Permission
from mengya_health.access.refusals import only_for
from mengya_health.care import referrals
from mengya_health.care.letters import MATERIAL_KINDS, Letter, find_letter
from mengya_health.care.loop import loop_of
from mengya_health.care.queries import facts_without_signatures
from mengya_health.care.referral_links import issue_link
from mengya_health.care.referral_visits import record_visit
from mengya_health.entry import FormState, form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Reference
from mengya_health.handouts.from_record.sheet import require_plain
from mengya_health.people.places import receivers
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.attachments import attachments_of, open_attachment
from mengya_health.record.files import CleanFile
from mengya_health.record.queries import entries_of_case
from mengya_health.uploads import received_file
from mengya_health.web.attachments import as_download
from mengya_health.web.cases import RowVersion, bp, case_of_clinic
from mengya_health.web.drafts import OF_CASE, of_letter, with_draft
from mengya_health.web.looking_again import readings_of
from mengya_health.web.sent import back_to_case
from mengya_health.web.shown import referrals as shown
from mengya_health.web.shown.asked import form_fields
from mengya_health.web.shown.attachments import listed
from mengya_health.web.shown.cases import choices
from mengya_health.web.shown.gates import refusal


class Referral(RowVersion):
    """The letter. Its texts are as long as the printed one has room for."""

    receiver_id = Reference(required=True)
    department = PlainText(longest=shown.longest("to_department"), load_default="")
    within = PlainText(longest=20, required=True)
    reason = PlainText(longest=shown.longest("reason"), lines=True, load_default="")
    impression = PlainText(longest=shown.longest("impression"), load_default="")
    medical_history = PlainText(longest=shown.longest("history"), lines=True, load_default="")
    materials = fields.List(PlainText(longest=40), load_default=list)
    questions = PlainText(longest=200, lines=True, load_default="")


class Reply(Form):
    """The reply slip: the result, and a word for each hand."""

    happened_on = LocalDate(required=True)
    result = Choice("excluded", "confirmed", "unclear", required=True)
    text = PlainText(longest=600, lines=True, required=True)
    for_doctor = PlainText(longest=300, lines=True, load_default="")
    for_class = PlainText(longest=200, lines=True, load_default="")
    for_family = PlainText(longest=200, lines=True, load_default="")
    next_visit_on = LocalDate(load_default=None)
    replied_by = PlainText(longest=30, load_default="")
    no_scan_reason = PlainText(longest=100, load_default="")


class Visit(Form):
    """The child was seen: when, and who told the clinic so."""

    visited_on = LocalDate(required=True)
    told_by = PlainText(longest=10, load_default="")


class NoReply(Form):
    reason = PlainText(longest=20, load_default="")
    reason_text = PlainText(longest=200, load_default="")


@bp.get("/cases/<uuid:case_id>/referrals/new")
@signed_in
def refer(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    form = with_draft(form_state(), work, opened.child, "cases.send_referral", row_version=opened.case.row_version)
    page = shown.refer_page(work, opened, facts_without_signatures(work, opened), receivers(work), form)
    return render_template("pages/cases/refer.html", **page)


@bp.post("/cases/<uuid:case_id>/referrals/new")
@signed_in(again="cases.refer", draft=OF_CASE)
def send_referral(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    said = submitted(Referral())
    entries = entries_of_case(work, opened.child, case_id, also=MATERIAL_KINDS)
    offered = {each["value"] for each in shown.material_options(work, entries)}
    if not set(said["materials"]) <= offered:
        raise Invalid(fields={"materials": [_("请从列出的材料里选。")]})
    said["questions"] = _questions(said["questions"])
    referrals.refer_child(work, case_id, seen_version=said.pop("row_version"), **said)
    return back_to_case(work, case_id)


@bp.get("/referrals/<uuid:referral_id>/reply")
@signed_in
def feedback(work, referral_id: UUID):
    letter = _letter_of_clinic(work, referral_id)
    back = {"text": _("个案"), "href": url_for("cases.show", case_id=letter.case_id)}
    page = shown.letter_page(work, letter, back=back)
    page["files"] = files_part(work, letter, "cases.referral_file")
    page["print_href"] = url_for("papers.choose", child_id=letter.child.id)
    if not letter.referral.is_settled:
        page |= _clinic_forms(work, letter)
    return render_template("pages/specialist/referral.html", **page)


@bp.post("/referrals/<uuid:referral_id>/reply")
@signed_in(again="cases.feedback", draft=of_letter(Permission.WRITE_HEALTH))
def save_feedback(work, referral_id: UUID):
    scan = received_file(work, "scan")
    letter = _letter_of_clinic(work, referral_id)
    record_reply(work, letter, scan)
    return redirect(url_for("cases.show", case_id=letter.case_id, saved="stored"), 303)


@bp.post("/referrals/<uuid:referral_id>/no-reply")
@signed_in(again="cases.feedback")
def no_reply(work, referral_id: UUID):
    letter = _letter_of_clinic(work, referral_id)
    said = submitted(NoReply())
    referrals.end_referral(work, referral_id, reason=said["reason"], text=said["reason_text"])
    return redirect(url_for("cases.show", case_id=letter.case_id, saved="stored"), 303)


@bp.post("/referrals/<uuid:referral_id>/visit")
@signed_in(again="cases.feedback")
def visited(work, referral_id: UUID):
    letter = _letter_of_clinic(work, referral_id)
    record_visit(work, referral_id, **submitted(Visit()))
    return redirect(url_for("cases.show", case_id=letter.case_id, saved="stored"), 303)


@bp.post("/referrals/<uuid:referral_id>/link")
@signed_in(again="cases.feedback")
def make_link(work, referral_id: UUID):
    letter = _letter_of_clinic(work, referral_id)
    issued = issue_link(work, referral_id)
    return render_template("pages/cases/referral_link.html", **shown.link_page(work, letter, issued))


@bp.get("/referrals/<uuid:referral_id>/reply/files/<uuid:attachment_id>")
@signed_in
def referral_file(work, referral_id: UUID, attachment_id: UUID):
    return file_of(work, _letter_of_clinic(work, referral_id), attachment_id)


def record_reply(work, letter: Letter, scan: CleanFile | None = None) -> None:
    """Store the reply that was sent with this request, by the receiver or from the paper slip."""
    asked = shown.asked_in_reply(work, letter)
    said = submitted(Reply.from_dict(form_fields(work.content, asked))())
    require_possible_day(said["happened_on"], birth_on=letter.child.birth_on, today=work.today, field="happened_on")
    for name, label in (("for_class", "给老师的话"), ("for_family", "给家长的话")):
        require_plain(said[name], field=name, label=label)
    readings = readings_of(asked, said)
    kept = {name: value for name, value in said.items() if name not in asked.readings}
    referrals.record_feedback(work, letter.referral.id, readings=readings, scan=scan, **kept)


def file_of(work, letter: Letter, attachment_id: UUID) -> Response:
    """Return one of the files that go with a referral. Raises NotFound for any other."""
    found = attachments_of(work, letter.child, letter.paper_ids, permission=Permission.READ_REFERRAL)
    if attachment_id not in {file.id for files in found.values() for file in files}:
        raise NotFound
    return as_download(open_attachment(work, letter.child, attachment_id, permission=Permission.READ_REFERRAL))


def files_part(work, letter: Letter, endpoint: str) -> list[dict]:
    """Return the files that go with a referral, each with its address."""
    found = attachments_of(work, letter.child, letter.paper_ids, permission=Permission.READ_REFERRAL)
    files = [file for entry_id in letter.paper_ids for file in found.get(entry_id, [])]
    return listed(files, lambda file: url_for(endpoint, referral_id=letter.referral.id, attachment_id=file.id))


def visit_part(work, letter: Letter, endpoint: str) -> dict | None:
    """Return the form that says the child was seen; None once that is known."""
    if letter.referral.visited_on:
        return None
    tellers = [] if work.actor.receiving_ids else [("family", _("家长说的")), ("receiver", _("接诊机构说的"))]
    return {
        "action": _address(letter, endpoint),
        "form": form_of(endpoint, visited_on=work.today.isoformat()),
        "tellers": [{"value": value, "text": text} for value, text in tellers],
    }


def form_of(*endpoints: str, **stored) -> FormState:
    """Return the refused form where it was sent to one of these endpoints, else a fresh one: a page has several."""
    return form_state(**stored) if request.endpoint in endpoints else FormState(values=stored)


def reply_part(work, letter: Letter, endpoint: str) -> dict:
    """Return the form of the reply with the address it is sent to."""
    seen_on = letter.referral.visited_on or work.today
    state = with_draft(form_of(endpoint, happened_on=seen_on.isoformat()), work, letter.child, endpoint)
    return shown.reply_form(work, letter, state, action=_address(letter, endpoint))


def _address(letter: Letter, endpoint: str) -> str:
    """Return where a form about a referral is sent; behind a link no address names it."""
    return url_for(endpoint) if endpoint.startswith("letter.") else url_for(endpoint, referral_id=letter.referral.id)


def _clinic_forms(work, letter: Letter) -> dict:
    return {
        "refusal": refusal(form_state(), {}),
        "link": {"action": url_for("cases.make_link", referral_id=letter.referral.id)},
        "visit": visit_part(work, letter, "cases.visited"),
        "feedback": reply_part(work, letter, "cases.save_feedback") | {"button": _("登记回执")},
        "no_reply": {
            "action": url_for("cases.no_reply", referral_id=letter.referral.id),
            "form": form_of("cases.no_reply"),
            "reasons": choices(loop_of(work.content).not_done_reasons),
        },
    }


def _letter_of_clinic(work, referral_id: UUID) -> Letter:
    if not work.actor.places_as("doctor"):
        raise only_for("clinic_doctor_of")
    return find_letter(work, referral_id)


def _questions(text: str) -> list[str]:
    """Return what the receiver is asked, one question for each line. Raises Invalid for more than the letter holds."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    most, each = shown.longest("questions"), shown.longest("questions", each=True)
    if len(lines) > most or any(len(line) > each for line in lines):
        message = f"最多 {most} 行，每行 {each} 个字以内。 At most {most} lines of {each} characters."
        raise Invalid(fields={"questions": [message]})
    return lines
