"""One time a task was done, and something for the doctor to look at: the same two pages at home and in class."""

from flask import render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.care import check_ins
from mengya_health.care.check_ins import PHOTO
from mengya_health.care.models import Task
from mengya_health.care.tasks import open_body
from mengya_health.entry import FormState, submitted
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Ticked
from mengya_health.people.facts import ChildFacts
from mengya_health.record.attachments import may_keep_photos
from mengya_health.web.shown import words
from mengya_health.web.shown.family_record import DONE
from mengya_health.web.shown.punctuation import bracketed
from mengya_health.web.shown.standings import estimated

ANSWER_LIMIT = "SLA_TEACHER_ALERT"


class CheckInForm(Form):
    """One time a task was done; log_0, log_1 … answer the task's own fields."""

    done = Choice("done", "partly", "not_today", required=True)
    note = PlainText(longest=200, load_default="")
    on = LocalDate(load_default=None)
    with_photo = Ticked(load_default=False)


class TextForm(Form):
    text = PlainText(longest=400, lines=True, required=True)


def check_in_page(
    work, child: ChildFacts, task: Task, form: FormState, *, back: dict, action: str, concern_href: str, is_class: bool
) -> str:
    """Return the page on which one task is checked in."""
    body = open_body(work, task)
    audit.read(work, child.id, "task", record_id=task.id)
    return render_template(
        "pages/task_checkin.html",
        back=back,
        task={
            "title": words.told(body["title"]),
            "text": body["text"],
            "frequency": words.told(body["frequency"]),
            "safety": body["safety"],
            "stop_rule": work.content.task_rules.stop_rule,
            "child_name": child.name,
            "done_text": _("记了 %(n)s 次", n=body.get("times_done", 0)),
        },
        action=action,
        form=form,
        choices=[{"value": value, "text": str(text)} for value, text in DONE.items()],
        logs=[
            {"name": f"log_{number}", "label": words.told(label)}
            for number, label in enumerate(body["log"])
            if label != PHOTO
        ],
        photo_note=_photo_note(work, child, body),
        concern_href=concern_href,
        is_class=is_class,
    )


def record_check_in(work, child: ChildFacts, task: Task, *, then: str) -> str:
    """Take a check-in from the posted form; return where to go: `then`, or to the photos a task asks for.

    Nobody is asked for a photo where a guardian has not consented to photos (P5), nor after a single tap.
    """
    logs = open_body(work, task)["log"]
    said = submitted(CheckInForm.from_dict({f"log_{number}": PlainText(longest=60) for number in range(len(logs))})())
    log = {label: said[f"log_{number}"] for number, label in enumerate(logs) if said.get(f"log_{number}")}
    entry = check_ins.check_in(work, task.id, done=said["done"], log=log, note=said["note"], on=said["on"])
    asks_photo = PHOTO in logs and said["with_photo"] and may_keep_photos(work, child)
    return url_for("attachments.show", child_id=child.id, entry_id=entry.id, saved="checked_in") if asks_photo else then


def concern_page(work, child: ChildFacts, form: FormState, *, back: dict, action: str, is_class: bool) -> str:
    """Return the page on which somebody asks the doctor to look."""
    audit.read(work, child.id, "child")
    return render_template(
        "pages/concern.html",
        back=back,
        child_name=child.name,
        action=action,
        form=form,
        answer_note=_answer_note(work),
        is_class=is_class,
    )


def _photo_note(work, child: ChildFacts, body: dict) -> dict | None:
    """Return whether a photo may go with this task; None for a task that asks for none."""
    if PHOTO not in body["log"]:
        return None
    if may_keep_photos(work, child):
        return {"may": True, "text": _("保存后加照片")}
    return {"may": False, "text": _("没有同意保存照片和视频，这一项不用拍照，写一句就好。")}


def _answer_note(work) -> str:
    limit = work.content.time_limits[ANSWER_LIMIT]
    due_on = limit.due_on(work.today)
    day = words.short_day(due_on, work.today)
    promised = _("医生会在 %(n)s 个工作日内回复，%(day)s 前", n=limit.days, day=day)
    return bracketed(promised, estimated(due_on)) if limit.is_estimated(due_on) else promised
