"""What cannot wait: looked at while a form is filled in, and what came of it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.loop import loop_of
from mengya_health.entry import FormState, form_state, posted, signed_in, submitted
from mengya_health.fields import Choice, Form, LocalDate, PlainText
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.queries import find_entry
from mengya_health.screening.commands import plan_for, urgent_so_far
from mengya_health.screening.corrections import urgent_in_correction
from mengya_health.screening.sheet_commands import find_sheet, urgent_in_sheet
from mengya_health.screening.urgent_care import Outcome, find_outcome, record_outcome
from mengya_health.web.cases import case_of_clinic
from mengya_health.web.looking_again import urgent_in_follow_up
from mengya_health.web.measurements import urgent_in_form
from mengya_health.web.shown.urgent import banner, outcome_page

bp = Blueprint("urgent", __name__)


@bp.post("/children/<uuid:child_id>/check/urgent")
@signed_in(stores=False)
def in_check(work, child_id: UUID):
    child = _child(work, child_id)
    plan = plan_for(work, child, request.args.get("visit"), posted(), ())
    return _fragment(work, urgent_so_far(work, child, plan, posted()))


@bp.post("/children/<uuid:child_id>/screenings/<key>/urgent")
@signed_in(stores=False)
def in_sheet(work, child_id: UUID, key: str):
    child, sheet = _child(work, child_id), find_sheet(work.content, key)
    corrects = request.args.get("corrects", type=UUID)
    return _fragment(work, urgent_in_sheet(work, child, sheet, posted(), corrects=corrects))


@bp.post("/children/<uuid:child_id>/measurement/urgent")
@signed_in(stores=False)
def in_measurement(work, child_id: UUID):
    return _fragment(work, urgent_in_form(work, _child(work, child_id), posted()))


@bp.post("/children/<uuid:child_id>/entries/<uuid:entry_id>/urgent")
@signed_in(stores=False)
def in_correction(work, child_id: UUID, entry_id: UUID):
    child = _child(work, child_id)
    return _fragment(work, urgent_in_correction(work, child, find_entry(work, child, entry_id), posted()))


@bp.post("/cases/<uuid:case_id>/follow-up/urgent")
@signed_in(stores=False)
def in_follow_up(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    return _fragment(work, urgent_in_follow_up(work, opened, posted()))


@bp.get("/children/<uuid:child_id>/outcomes/<uuid:task_id>")
@signed_in
def outcome(work, child_id: UUID, task_id: UUID):
    child = _child(work, child_id)
    task = find_outcome(work, child, task_id)
    audit.read(work, child.id, "task")
    page = outcome_page(work, child, task_id, task.subject_id, form_state())
    return render_template("pages/screening/outcome.html", **page)


@bp.post("/children/<uuid:child_id>/outcomes/<uuid:task_id>")
@signed_in(again="urgent.outcome")
def record(work, child_id: UUID, task_id: UUID):
    child = _child(work, child_id)
    said = submitted(_outcome_form(work))
    require_possible_day(said["happened_on"], birth_on=child.birth_on, today=work.today, field="happened_on")
    arrived = said.pop("arrived") == "yes"
    record_outcome(work, child, task_id, Outcome(arrived=arrived, **said))
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


def _outcome_form(work) -> Form:
    """Return the schema; the reasons are those of the loop."""
    return Form.from_dict(
        {
            "arrived": Choice("yes", "no", required=True),
            "happened_on": LocalDate(required=True),
            "where": PlainText(longest=80, load_default=""),
            "reason": Choice(*loop_of(work.content).not_done_reasons, load_default=""),
            "text": PlainText(longest=300, lines=True, load_default=""),
        },
        name="OutcomeForm",
    )()


def _child(work, child_id: UUID) -> ChildFacts:
    return find_child(work, child_id, Permission.WRITE_HEALTH)


def _fragment(work, urgent) -> str:
    """Return the banner alone, for the script of the form; what was answered in it stays answered."""
    state = FormState(values=request.form.to_dict())
    return render_template("partials/urgent_alone.html", form=state, urgent=banner(work, urgent))
