"""The family's pages, on a phone: one thing to do, read and sign, keep the home record, see who looked."""

from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import check_ins, closing, concerns, follow_ups, plans
from mengya_health.care.queries import cases_of, find_task, tasks_for
from mengya_health.care.tasks import open_body
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Conflict, Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate, PlainText, WholeNumber
from mengya_health.locale import language
from mengya_health.people import invitations
from mengya_health.people.queries import accounts_of, family_of, find_child, my_children, who_viewed
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import find_entry, record_page, timeline
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.signing.commands import LEVEL_LABELS
from mengya_health.signing.consent_texts import consent_texts, text_digest
from mengya_health.signing.consents import consents_of, give_consent, withdraw_consent
from mengya_health.web.shown import family as shown

bp = Blueprint("family", __name__)

TEMPLATE_VERSION = "2026.11-1"


class AnswerForm(Form):
    """A guardian's answer to a paper: first the choice, then, where they agree, the PIN."""

    choice = Choice("agree", "ask_first", "decline")
    reason = PlainText(longest=200, lines=True, load_default="")
    version = WholeNumber(low=1, high=10**6, required=True)
    shown_digest = PlainText(longest=64, load_default="")
    nonce = PlainText(longest=32, load_default="")
    pin = PlainText(longest=6, load_default="")


class HomeLogForm(Form):
    """奶 · 饭 · 睡, and one sentence."""

    milk = Choice("less", "usual", "more")
    meal = Choice("less", "usual", "more")
    sleep = Choice("less", "usual", "more")
    note = PlainText(longest=200, load_default="")
    observed_on = LocalDate(load_default=None)


class CheckInForm(Form):
    """One time a task was done; log_0, log_1 … answer the task's own fields."""

    done = Choice("done", "partly", "not_today", required=True)
    note = PlainText(longest=200, load_default="")
    on = LocalDate(load_default=None)


class TextForm(Form):
    text = PlainText(longest=400, lines=True, required=True)


class InviteForm(Form):
    authority = Choice("records", "reads", required=True)


class ConsentForm(Form):
    choice = Choice("agree", "decline", "withdraw", required=True)
    pin = PlainText(longest=6, load_default="")
    shown_digest = PlainText(longest=64, required=True)


@bp.get("/home")
@signed_in
def home(work):
    children = my_children(work)
    if not children:
        return render_template("pages/parent/nobody.html")
    return _home(work, children[0], children[1:])


@bp.get("/home/<uuid:child_id>")
@signed_in
def home_of(work, child_id: UUID):
    children = my_children(work)
    mine = [child for child in children if child.id == child_id]
    if not mine:
        raise NotFound
    return _home(work, mine[0], [child for child in children if child.id != child_id])


def _home(work, child, siblings):
    audit.read(work, [child.id, *(each.id for each in siblings)], "child")
    page = shown.home_page(
        work,
        child,
        siblings,
        record_page(work, child, limit=20, also=READING_KINDS),
        tasks_for(work, {child.id: child}, "guardian")[child.id],
        cases_of(work, child),
        None,
    )
    return render_template("pages/parent/home.html", **page)


# --- read and sign --------------------------------------------------------------------------------------------------


@bp.get("/home/<uuid:child_id>/sign/<uuid:task_id>")
@signed_in
def sign(work, child_id: UUID, task_id: UUID):
    paper = _paper(work, child_id, task_id)
    return render_template("pages/parent/sign.html", **_sign_page(work, paper))


@bp.post("/home/<uuid:child_id>/sign/<uuid:task_id>")
@signed_in(again="family.sign")
def answer(work, child_id: UUID, task_id: UUID):
    wanted = submitted(AnswerForm())
    if wanted.get("choice") is None:
        raise Invalid(fields={"choice": [_("请先选一项。")]})
    paper = _paper(work, child_id, task_id)
    if wanted["choice"] == "agree" and not (wanted["pin"] or wanted["nonce"]):
        return redirect(url_for("family.sign", child_id=child_id, task_id=task_id, choice="agree"), 303)
    saved = ANSWERS[wanted["choice"]](work, paper, wanted)
    return redirect(url_for("family.home_of", child_id=child_id, saved=saved), 303)


@bp.get("/home/<uuid:child_id>/sign/<uuid:task_id>/text")
@signed_in
def statement(work, child_id: UUID, task_id: UUID):
    child, _task, document, entry = _paper(work, child_id, task_id)
    return render_template(
        "pages/parent/statement.html",
        back={"href": url_for("family.sign", child_id=child_id, task_id=task_id), "text": _("回去")},
        title=str(shown.TITLES[document]),
        version=_("第 %(n)s 版", n=entry.version),
        parts=shown.statement_parts(document, entry),
        signatures=[],
    )


def _paper(work, child_id: UUID, task_id: UUID):
    """Return child, task, document and entry of a signature asked of this family. Raises NotFound."""
    # The keystore is asked once: for the child's keys, and for those of the signer, whose name stands on the page.
    work.keys.load([child_id, work.actor.user_id])
    child, task = find_task(work, task_id, "signature")
    if child.id != child_id or task.whose_turn != "guardian":
        raise NotFound
    document = open_body(work, task)["document"]
    return child, task, document, find_entry(work, child, task.subject_id)


def _sign_page(work, paper) -> dict:
    child, task, document, entry = paper
    form = form_state()
    sections = shown.sections_of(work, document, entry)
    digest = _digest_of(work, sections)
    options = shown.CHOICES[document]
    choice = form["values"].get("choice") or request.args.get("choice", "")
    pin_asked = choice == "agree" and ("pin" in form["values"] or not form["errors"]) and "choice" not in form["errors"]
    me = accounts_of(work, [work.actor.user_id])[work.actor.user_id]
    return {
        "back": shown.home_link(child),
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
        "notes": [_("签名后 24 小时内可以撤回。不签也不影响孩子看病和体检。")],
        "statement": {
            "title": str(shown.TITLES[document]),
            "version": _("第 %(n)s 版", n=entry.version),
            "number": entry.version,
            "digest": digest,
            "digest_short": digest[:12],
        },
        "pin_step": {
            "choice": "agree",
            "choice_text": str(options[0]),
            "level": LEVEL_LABELS["L1"],
            "locked": "",
        }
        if pin_asked
        else None,
    }


def _agree(work, paper, wanted: dict) -> str:
    child, task, document, entry = paper
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
    signing = {
        "version": wanted["version"],
        "pin": wanted["pin"],
        "shown": shown_to_signer,
        "nonce": _nonce(wanted["nonce"]),
    }
    {"care_plan": plans.agree, "evaluation": follow_ups.sign_evaluation, "closing_summary": closing.confirm_closure}[
        document
    ](work, task.case_id, **signing)
    return "signed"


def _ask_first(work, paper, wanted: dict) -> str:
    child, task, document, _entry = paper
    question = wanted["reason"] or _("家长想先问问再决定，请给家里打电话。")
    if document == "care_plan":
        plans.ask_first(work, task.case_id, question=question)
    else:
        concerns.raise_concern(work, child.id, text=question, case_id=task.case_id)
    return "asked"


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


def _nonce(text: str) -> bytes:
    try:
        nonce = bytes.fromhex(text)
    except ValueError:
        nonce = b""
    if len(nonce) != 16:
        raise Invalid(fields={"pin": [_("请刷新页面再签一次。")]})
    return nonce


def _may_sign(work, child) -> bool:
    return any(
        tie.user_id == work.actor.user_id and tie.authority == "signs" for tie in child.subject.current("guardian")
    )


# --- records --------------------------------------------------------------------------------------------------------


@bp.get("/home/<uuid:child_id>/record")
@signed_in
def record(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_FAMILY)
    entries = timeline(work, child, limit=50)
    return render_template("pages/parent/record.html", **shown.record_page(work, child, entries, form_state(), ""))


@bp.post("/home/<uuid:child_id>/record")
@signed_in(again="family.record")
def log_home(work, child_id: UUID):
    child, said = find_child(work, child_id), submitted(HomeLogForm())
    happened_on = said.pop("observed_on") or work.today
    require_possible_day(happened_on, birth_on=child.birth_on, today=work.today, field="observed_on")
    if not any(said.values()):
        raise Invalid(fields={"milk": [_("奶、饭、睡至少点一项，或写一句。")]})
    record_entry(work, child, section="family", kind="home_record", content=said, happened_on=happened_on)
    return redirect(url_for("family.record", child_id=child_id, saved="stored"), 303)


@bp.get("/home/<uuid:child_id>/tasks/<uuid:task_id>")
@signed_in
def check_in_page(work, child_id: UUID, task_id: UUID):
    child, task = _task(work, child_id, task_id)
    body = open_body(work, task)
    audit.read(work, child.id, "task", record_id=task.id)
    return render_template(
        "pages/task_checkin.html",
        back=shown.home_link(child),
        task={
            "title": body["title"],
            "text": body["text"],
            "frequency": body["frequency"],
            "safety": body["safety"],
            "stop_rule": work.content.task_rules.stop_rule,
            "child_name": child.name,
            "done_text": _("记了 %(n)s 次", n=body.get("times_done", 0)),
        },
        action=url_for("family.check_in", child_id=child_id, task_id=task_id),
        form=form_state(),
        choices=[{"value": value, "text": str(text)} for value, text in shown.DONE.items()],
        logs=[{"name": f"log_{number}", "label": label} for number, label in enumerate(body["log"])],
        is_class=False,
    )


@bp.post("/home/<uuid:child_id>/tasks/<uuid:task_id>")
@signed_in(again="family.check_in_page")
def check_in(work, child_id: UUID, task_id: UUID):
    _child, task = _task(work, child_id, task_id)
    record_check_in(work, task)
    return redirect(url_for("family.home_of", child_id=child_id, saved="checked_in"), 303)


def record_check_in(work, task) -> None:
    """Take a check-in from the posted form; the same for home and class."""
    logs = open_body(work, task)["log"]
    said = submitted(CheckInForm.from_dict({f"log_{number}": PlainText(longest=60) for number in range(len(logs))})())
    log = {label: said[f"log_{number}"] for number, label in enumerate(logs) if said.get(f"log_{number}")}
    check_ins.check_in(work, task.id, done=said["done"], log=log, note=said["note"], on=said["on"])


def _task(work, child_id: UUID, task_id: UUID):
    child, task = find_task(work, task_id, "care_task")
    if child.id != child_id or task.whose_turn != "guardian":
        raise NotFound
    return child, task


@bp.get("/home/<uuid:child_id>/concern")
@signed_in
def concern_page(work, child_id: UUID):
    child = find_child(work, child_id, Permission.RAISE_CONCERN)
    audit.read(work, child.id, "child")
    return render_template(
        "pages/concern.html",
        back=shown.home_link(child),
        child_name=child.name,
        action=url_for("family.raise_concern", child_id=child_id),
        form=form_state(),
        answer_note=_("医生会在 %(n)s 个工作日内回复", n=work.content.time_limits["SLA_TEACHER_ALERT"].days),
        is_class=False,
    )


@bp.post("/home/<uuid:child_id>/concern")
@signed_in(again="family.concern_page")
def raise_concern(work, child_id: UUID):
    concerns.raise_concern(work, child_id, text=submitted(TextForm())["text"])
    return redirect(url_for("family.home_of", child_id=child_id, saved="sent"), 303)


# --- family, consents, views ----------------------------------------------------------------------------------------


@bp.get("/home/<uuid:child_id>/family")
@signed_in
def people(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_FAMILY)
    audit.read(work, child.id, "child")
    page = shown.people_page(
        work,
        child,
        family_of(work, child),
        consents_of(work, child),
        consent_texts(),
        g.get("invited"),
        form_state(),
    )
    return render_template("pages/parent/family.html", **page)


@bp.post("/home/<uuid:child_id>/family")
@signed_in(again="family.people")
def invite(work, child_id: UUID):
    child = find_child(work, child_id, Permission.INVITE_FAMILY)
    issued = invitations.invite_caregiver(work, child, authority=submitted(InviteForm())["authority"])
    g.invited = {"code": issued.code, "until": issued.expires_at.date().isoformat()}
    return people.inside(work, child_id=child_id)


@bp.post("/home/<uuid:child_id>/family/<uuid:user_id>/remove")
@signed_in
def remove(work, child_id: UUID, user_id: UUID):
    invitations.remove_caregiver(work, find_child(work, child_id, Permission.INVITE_FAMILY), user_id)
    return redirect(url_for("family.people", child_id=child_id, saved="stored"), 303)


@bp.get("/home/<uuid:child_id>/consents/<purpose>")
@signed_in
def consent(work, child_id: UUID, purpose: str):
    child = find_child(work, child_id, Permission.CONSENT)
    audit.read(work, child.id, "consent")
    text = _consent_text(purpose)
    given = _given(work, child, purpose)
    choices = [("withdraw", _("撤回这一项"))] if given else [("agree", _("同意")), ("decline", _("不同意"))]
    return render_template(
        "pages/consent.html",
        back={"href": url_for("family.people", child_id=child_id), "text": _("家里人")},
        title=text.title,
        paragraphs=text.paragraphs,
        common=text.common,
        version=_("第 %(version)s 版", version=text.version),
        state=_("%(day)s 已同意", day=given.given_at.date().isoformat()) if given else "",
        action=url_for("family.answer_consent", child_id=child_id, purpose=purpose),
        form=form_state(),
        choices=[{"value": value, "text": words} for value, words in choices],
        level=LEVEL_LABELS["L1"],
        shown_digest=text_digest(work, purpose).hex(),
    )


@bp.post("/home/<uuid:child_id>/consents/<purpose>")
@signed_in(again="family.consent")
def answer_consent(work, child_id: UUID, purpose: str):
    child, wanted = find_child(work, child_id, Permission.CONSENT), submitted(ConsentForm())
    _consent_text(purpose)
    given = _given(work, child, purpose)
    if wanted["choice"] == "agree":
        digest = bytes.fromhex(wanted["shown_digest"])
        give_consent(work, child, purpose, shown_digest=digest, how="pin", pin=wanted["pin"])
    elif given:
        withdraw_consent(work, child, given.id)
    return redirect(url_for("family.people", child_id=child_id, saved="stored"), 303)


@bp.get("/home/<uuid:child_id>/views")
@signed_in
def viewed(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_AUDIT)
    return render_template("pages/parent/who_viewed.html", **shown.views_page(work, child, who_viewed(work, child)))


def _consent_text(purpose: str):
    text = consent_texts().get(purpose)
    if text is None:
        raise NotFound
    return text


def _given(work, child, purpose: str):
    return next((each for each in consents_of(work, child) if each.purpose == purpose and each.is_in_force), None)
