"""Signatures on paper: a doctor records what a guardian signed at the clinic, a colleague who was there confirms it."""

from uuid import UUID

from flask import redirect, render_template, url_for
from marshmallow import ValidationError, validates_schema

from mengya_health.care import paper_signatures as papers
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.fields import Choice, Form, LocalDate, Nonce, PlainText, Ticked, WholeNumber
from mengya_health.locale import language
from mengya_health.people.queries import family_of
from mengya_health.people.schemas import RELATIONS
from mengya_health.signing.on_paper import PaperSigner
from mengya_health.signing.queries import paper_of
from mengya_health.uploads import required_file
from mengya_health.web.cases import bp, case_of_clinic
from mengya_health.web.shown import paper_signatures as shown

TEMPLATE_VERSION = "2026.11-1"
NO_ACCOUNT = "none"


class PaperForm(Form):
    """Who signed which version on which day, and the PIN of who saw it; the scan comes beside it."""

    version = WholeNumber(low=1, high=10**6, required=True)
    guardian = PlainText(longest=40, required=True)
    name = PlainText(longest=20, load_default="")
    relation = Choice(*RELATIONS, load_default="other")
    signed_on = LocalDate(required=True)
    seen = Ticked(required=True)
    nonce = Nonce(required=True)
    pin = PlainText(longest=6, load_default="")

    @validates_schema
    def _name_without_account(self, said: dict, **_kwargs) -> None:
        if said.get("guardian") == NO_ACCOUNT and not said.get("name"):
            raise ValidationError("请写签名人的姓名。 Please write the signer's name.", "name")


class ConfirmForm(Form):
    how = Choice("confirm", "refuse", required=True)
    pin = PlainText(longest=6, load_default="")


@bp.get("/cases/<uuid:case_id>/paper")
@signed_in
def paper(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    waiting = papers.version_to_sign(work, opened)
    if waiting is None:
        raise NotFound("现在没有等家长签的文件。", "No paper waits for the family's signature now.")
    state = form_state(signed_on=work.today.isoformat())
    page = shown.paper_page(work, opened, *waiting, family_of(work, opened.child), state)
    return render_template("pages/cases/paper.html", **page)


@bp.post("/cases/<uuid:case_id>/paper")
@signed_in(again="cases.paper")
def save_paper(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    said = submitted(PaperForm())
    signer = _signer(work, opened.child, said)
    scan = required_file(work)
    digest = work.keys.digest(scan.content).hex()
    seen = {"template": "paper", "template_ver": TEMPLATE_VERSION, "locale": language(), "render_digest": digest}
    proof = {"version": said["version"], "nonce": said["nonce"], "pin": said["pin"]}
    papers.record_paper_signature(work, case_id, signer, scan=scan, shown=seen, **proof)
    return redirect(url_for("cases.show", case_id=case_id, saved="witnessed"), 303)


@bp.get("/papers/signatures/<uuid:task_id>")
@signed_in
def confirm_paper(work, task_id: UUID):
    child, task, entry, body = papers.find_paper(work, task_id)
    found = paper_of(work, child, task.subject_id)
    page = shown.confirm_page(work, child, entry, found, body["witness"], task_id, form_state())
    return render_template("pages/cases/confirm_paper.html", **page)


@bp.post("/papers/signatures/<uuid:task_id>")
@signed_in(again="cases.confirm_paper")
def save_confirmation(work, task_id: UUID):
    papers.find_paper(work, task_id)
    said = submitted(ConfirmForm())
    if said["how"] == "confirm":
        case = papers.confirm_paper_signature(work, task_id, pin=said["pin"])
    else:
        case = papers.refuse_paper_signature(work, task_id)
    return redirect(url_for("cases.show", case_id=case.id, saved="stored"), 303)


def _signer(work, child, said: dict) -> PaperSigner:
    if said["guardian"] == NO_ACCOUNT:
        return PaperSigner(said["name"], said["relation"], said["signed_on"])
    member = next((each for each in family_of(work, child) if str(each.user_id) == said["guardian"]), None)
    if member is None:
        raise NotFound
    return PaperSigner(member.name, member.relation, said["signed_on"], member.user_id)
