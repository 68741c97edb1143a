"""The family's pages, on a phone: one thing to do, the home record, tasks at home, a word to the doctor."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import concerns
from mengya_health.care.informants import checks_until
from mengya_health.care.queries import cases_of, find_task, tasks_for
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate, PlainText
from mengya_health.people.break_glass import told_on
from mengya_health.people.places import desks_of
from mengya_health.people.queries import MyFamily, find_child, my_family
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.attachments import attachments_of
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import record_page, timeline
from mengya_health.screening.informants import ANSWERS
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.queries import SCHEDULE_KINDS
from mengya_health.web import check_ins as pages
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.sent import sent_to_doctor
from mengya_health.web.shown import emergency as shown_emergency
from mengya_health.web.shown import family as shown
from mengya_health.web.shown import family_record as shown_record
from mengya_health.web.shown import moves as shown_moves
from mengya_health.web.shown.links import home_link

bp = Blueprint("family", __name__)


class HomeLogForm(Form):
    """奶 · 饭 · 睡, and one sentence."""

    milk = Choice("less", "usual", "more")
    meal = Choice("less", "usual", "more")
    sleep = Choice("less", "usual", "more")
    note = PlainText(longest=200, load_default="")
    observed_on = LocalDate(load_default=None)


@bp.get("/home")
@signed_in
def home(work):
    mine = my_family(work)
    if mine.closed_at and not mine.children:
        return render_template("pages/parent/closed.html", desks=desks_of(work, mine.closed_at))
    if not mine.children:
        return render_template("pages/parent/nobody.html")
    return _home(work, mine, mine.children[0], is_one_closed=bool(mine.closed_at))


@bp.get("/home/<uuid:child_id>")
@signed_in
def home_of(work, child_id: UUID):
    mine = my_family(work)
    wanted = [child for child in mine.children if child.id == child_id]
    if not wanted:
        raise NotFound
    return _home(work, mine, wanted[0])


def _home(work, mine: MyFamily, child, *, is_one_closed: bool = False):
    siblings = [each for each in mine.children if each.id != child.id]
    audit.read(work, [child.id, *(each.id for each in siblings)], "child")
    page = shown.home_page(
        work,
        child,
        siblings,
        record_page(work, child, limit=20, also=(*READING_KINDS, *SCHEDULE_KINDS, "exclusion", ANSWERS)),
        tasks_for(work, {child.id: child}, "guardian", checks_until=checks_until(work))[child.id],
        cases_of(work, child),
        mine,
    )
    told = [shown_emergency.notice(on) for on in told_on(work, child)] + shown_moves.family_notices(work, child)
    return render_template("pages/parent/home.html", **page, notices=told, is_one_closed=is_one_closed)


@bp.get("/home/<uuid:child_id>/record")
@signed_in
def record(work, child_id: UUID):
    child = find_child(work, child_id, Permission.READ_FAMILY)
    entries = timeline(work, child, limit=50)
    files = attachments_of(work, child, [entry.id for entry in entries])
    form = with_draft(form_state(), work, child, "family.log_home")
    page = shown_record.record_page(work, child, entries, files, form, "")
    return render_template("pages/parent/record.html", **page)


@bp.post("/home/<uuid:child_id>/record")
@signed_in(again="family.record", draft=of_child("family"))
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
    action = url_for("family.check_in", child_id=child_id, task_id=task_id)
    concern_href = url_for("family.concern_page", child_id=child_id)
    form = with_draft(form_state(), work, child, "family.check_in")
    return pages.check_in_page(
        work, child, task, form, back=home_link(child), action=action, concern_href=concern_href, is_class=False
    )


@bp.post("/home/<uuid:child_id>/tasks/<uuid:task_id>")
@signed_in(again="family.check_in_page", draft=of_child("family"))
def check_in(work, child_id: UUID, task_id: UUID):
    child, task = _task(work, child_id, task_id)
    home = url_for("family.home_of", child_id=child_id, saved="checked_in")
    return redirect(pages.record_check_in(work, child, task, then=home), 303)


def _task(work, child_id: UUID, task_id: UUID):
    child, task = find_task(work, task_id, "care_task")
    if child.id != child_id or task.whose_turn != "guardian":
        raise NotFound
    return child, task


@bp.get("/home/<uuid:child_id>/concern")
@signed_in
def concern_page(work, child_id: UUID):
    child = find_child(work, child_id, Permission.RAISE_CONCERN)
    action = url_for("family.raise_concern", child_id=child_id)
    form = with_draft(form_state(), work, child, "family.raise_concern")
    return pages.concern_page(work, child, form, back=home_link(child), action=action, is_class=False)


@bp.post("/home/<uuid:child_id>/concern")
@signed_in(again="family.concern_page", draft=of_child("family", Permission.RAISE_CONCERN))
def raise_concern(work, child_id: UUID):
    concerns.raise_concern(work, child_id, text=submitted(pages.TextForm())["text"])
    saved = sent_to_doctor(work, find_child(work, child_id))
    return redirect(url_for("family.home_of", child_id=child_id, saved=saved), 303)
