"""A guardian reads a paper, chooses, and signs it by PIN or passkey; nothing is preselected, declining is as easy."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.care import closing, concerns, follow_ups, plans
from mengya_health.care.models import OPEN_TASK
from mengya_health.care.queries import find_task
from mengya_health.care.tasks import open_body
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow
from mengya_health.fields import Choice, Form, Nonce, PlainText, WholeNumber
from mengya_health.locale import language
from mengya_health.people.places import desks_of
from mengya_health.people.queries import family_of
from mengya_health.record.queries import find_entry
from mengya_health.signing.commands import prepare_signature
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.signing.queries import Signer, own_signatures, signer_of
from mengya_health.web.family import bp
from mengya_health.web.passkeys import ANSWER_LONGEST
from mengya_health.web.sent import sent_to_doctor
from mengya_health.web.shown import family_signing as shown
from mengya_health.web.shown import words
from mengya_health.web.shown.links import home_link, to_ring

TEMPLATE_VERSION = "2026.11-1"


class AnswerForm(Form):
    """A guardian's answer to a paper: first the choice, then, where they agree, the PIN."""

    choice = Choice("agree", "ask_first", "decline")
    reason = PlainText(longest=200, lines=True, load_default="")
    version = WholeNumber(low=1, high=10**6, required=True)
    shown_digest = PlainText(longest=64, load_default="")
    nonce = Nonce(load_default=b"")
    pin = PlainText(longest=6, load_default="")
    passkey = PlainText(longest=ANSWER_LONGEST, load_default="")


@bp.get("/home/<uuid:child_id>/sign/<uuid:task_id>")
@signed_in
def sign(work, child_id: UUID, task_id: UUID):
    child, task = _asked(work, child_id, task_id)
    if _is_over(task):
        return _answered(work, child, task)
    return render_template("pages/parent/sign.html", **_sign_page(work, _paper(work, child, task)))


@bp.post("/home/<uuid:child_id>/sign/<uuid:task_id>")
@signed_in(again="family.sign")
def answer(work, child_id: UUID, task_id: UUID):
    wanted = submitted(AnswerForm())
    child, task = _asked(work, child_id, task_id)
    if _is_over(task):
        raise NotNow(
            "这一份已经有了答复，没有再记一次。", "This paper has its answer already; nothing was stored twice."
        )
    if wanted.get("choice") is None:
        raise Invalid(fields={"choice": [_("请先选一项。")]})
    paper = _paper(work, child, task)
    if wanted["choice"] == "agree" and not (wanted["pin"] or wanted["passkey"] or wanted["nonce"]):
        return redirect(url_for("family.sign", child_id=child_id, task_id=task_id, choice="agree"), 303)
    saved = ANSWERS[wanted["choice"]](work, paper, wanted)
    return redirect(url_for("family.home_of", child_id=child_id, saved=saved), 303)


@bp.post("/home/<uuid:child_id>/sign/<uuid:task_id>/passkey")
@signed_in
def sign_options(work, child_id: UUID, task_id: UUID):
    child, task = _asked(work, child_id, task_id)
    if _is_over(task):
        raise NotFound
    _child, _task, _document, entry = paper = _paper(work, child, task)
    signing = _signing(work, paper, submitted(AnswerForm()))
    return prepare_signature(
        work, child, entry, read_version=signing.pop("version"), decision="agree", capacity="guardian", **signing
    )


@bp.get("/home/<uuid:child_id>/sign/<uuid:task_id>/text")
@signed_in
def statement(work, child_id: UUID, task_id: UUID):
    child, task = _asked(work, child_id, task_id)
    if _is_over(task):
        return _answered(work, child, task)
    _child, _task, document, entry = _paper(work, child, task)
    return render_template(
        "pages/parent/statement.html",
        back={"href": url_for("family.sign", child_id=child_id, task_id=task_id), "text": _("回去")},
        title=str(shown.TITLES[document]),
        version=_("第 %(n)s 版", n=entry.version),
        parts=shown.statement_parts(document, entry),
        signatures=[],
    )


@bp.get("/home/<uuid:child_id>/sign/<uuid:task_id>/hand-over")
@signed_in
def hand_over(work, child_id: UUID, task_id: UUID):
    child, task = _asked(work, child_id, task_id)
    if _is_over(task):
        return _answered(work, child, task)
    audit.read(work, child.id, "child")
    signers = [each for each in family_of(work, child, "guardian") if each.authority == "signs"]
    address = work.settings.base_url.rstrip("/") + url_for("family.sign", child_id=child_id, task_id=task.id)
    page = {"back": home_link(child), "signers": shown.named(signers), "address": address}
    return render_template("pages/parent/hand_over.html", **page)


def _asked(work, child_id: UUID, task_id: UUID) -> tuple:
    """Return child and task of a signature asked of this family, also where it has its answer. Raises NotFound."""
    # The keystore is asked once: for the child's keys, and for those of the signer, whose name stands on the page.
    work.keys.load([child_id, work.actor.user_id])
    child, task = find_task(work, task_id, "signature", also_over=True)
    if child.id != child_id or task.whose_turn != "guardian":
        raise NotFound
    return child, task


def _is_over(task) -> bool:
    return task.status not in OPEN_TASK


def _paper(work, child, task) -> tuple:
    """Return child, task, document and entry of a signature that is asked for."""
    return child, task, open_body(work, task)["document"], find_entry(work, child, task.subject_id)


def _answered(work, child, task):
    """Return what stands in place of a paper that has its answer: whoever comes back to it signs nothing twice."""
    mine = [each for each in own_signatures(work, child) if each.entry_id == task.subject_id]
    audit.read(work, child.id, "signature", record_id=task.subject_id)
    document = open_body(work, task)["document"]
    page = shown.answered_page(child, document, mine[0] if mine else None, now=work.now, form=form_state())
    (desk,) = desks_of(work, [child.clinic_id])
    return render_template("pages/parent/answered.html", clinic=to_ring(desk), **page)


def _sign_page(work, paper) -> dict:
    child, task, document, entry = paper
    form = form_state()
    sections = shown.sections_of(work, document, entry)
    digest = _digest_of(work, sections)
    options = shown.CHOICES[document]
    choice = form["values"].get("choice") or request.args.get("choice", "")
    proves = "pin" in form["values"] or "passkey" in form["values"]
    pin_asked = choice == "agree" and (proves or not form["errors"]) and "choice" not in form["errors"]
    me = signer_of(work, entry.id)
    before = words.signed_before(me.signed_version or entry.version, entry.version)
    return {
        "back": home_link(child),
        "sections": sections,
        "full_href": url_for("family.statement", child_id=child.id, task_id=task.id),
        "action": url_for("family.answer", child_id=child.id, task_id=task.id),
        "form": form,
        "row_version": None,
        "choices": [
            {"value": value, "text": str(text)}
            for value, text in zip(("agree", "ask_first", "decline"), options, strict=True)
        ],
        "signer": {"name": _("%(name)s（监护人）", name=me.name), "not_me_href": ""},
        "may_sign": _may_sign(work, child),
        "notes": [before] * bool(before) + [_("签名后 24 小时内可以在“签过的”里撤回。不签也不影响孩子看病和体检。")],
        "statement": {
            "title": str(shown.TITLES[document]),
            "version": _("第 %(n)s 版", n=entry.version),
            "number": entry.version,
            "digest": digest,
            "digest_short": digest[:12],
        },
        "pin_step": _pin_step(str(options[0]), _by_passkey(me, child, task)) if pin_asked else None,
    }


def _pin_step(choice_text: str, by_passkey: dict) -> dict:
    return {
        "choice": "agree",
        "choice_text": choice_text,
        "level": words.told(LEVEL_LABELS["L1"]),
        "locked": "",
        "by_passkey": by_passkey,
    }


def _agree(work, paper, wanted: dict) -> str:
    _child, task, document, _entry = paper
    sign = {
        "care_plan": plans.agree,
        "evaluation": follow_ups.sign_evaluation,
        "closing_summary": closing.confirm_closure,
    }
    sign[document](work, task.case_id, pin=wanted["pin"], passkey=wanted["passkey"], **_signing(work, paper, wanted))
    return "signed"


def _signing(work, paper, wanted: dict) -> dict:
    """Return what is signed and how it was shown. Raises Conflict when the words are not those that were read."""
    _child, _task, document, entry = paper
    if not wanted["nonce"]:
        raise Invalid(fields={"pin": [_("请刷新页面再签一次。")]})
    digest = _digest_of(work, shown.sections_of(work, document, entry))
    if wanted["shown_digest"] != digest:
        raise Conflict(
            "您读的这一版刚刚改过，请读一读新的一版再签。", "What you read has just changed; please read it again."
        )
    shown_to_signer = {
        "template": "pages/parent/sign",
        "template_ver": TEMPLATE_VERSION,
        "locale": language(),
        "render_digest": digest,
    }
    return {"version": wanted["version"], "shown": shown_to_signer, "nonce": wanted["nonce"]}


def _ask_first(work, paper, wanted: dict) -> str:
    child, task, document, _entry = paper
    question = wanted["reason"] or _("家长想先问问再决定，请给家里打电话。")
    if document == "care_plan":
        plans.ask_first(work, task.case_id, question=question)
    else:
        concerns.raise_concern(work, child.id, text=question, case_id=task.case_id)
    return sent_to_doctor(work, child, "asked")


def _decline(work, paper, wanted: dict) -> str:
    child, task, document, _entry = paper
    if not wanted["reason"]:
        raise Invalid(fields={"reason": [_("请写一句原因，医生会联系您。")]})
    if document == "care_plan":
        plans.decline(work, task.case_id, reason=wanted["reason"])
    else:
        concerns.raise_concern(work, child.id, text=wanted["reason"], case_id=task.case_id)
    return "declined"


ANSWERS = {"agree": _agree, "ask_first": _ask_first, "decline": _decline}


def _digest_of(work, sections: list[dict]) -> str:
    return work.keys.digest("\n".join(f"{each['title']}\n{each['text']}" for each in sections).encode()).hex()


def _by_passkey(me: Signer, child, task) -> dict:
    """Return what offers the signer's own device: its button where they have a passkey, else where to add one."""
    options = url_for("family.sign_options", child_id=child.id, task_id=task.id)
    return {
        "options": options if me.has_passkey else "",
        "level": words.told(LEVEL_LABELS["L2"]),
        "add_href": url_for("passkeys.show"),
    }


def _may_sign(work, child) -> bool:
    return any(
        tie.user_id == work.actor.user_id and tie.authority == "signs" for tie in child.subject.current("guardian")
    )
