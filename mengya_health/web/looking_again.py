"""Pages on which the doctor looks again at a case: a follow-up, the evaluation, the proposal to close."""

from collections.abc import Mapping
from uuid import UUID

from flask import render_template, request

from mengya_health.care import closing, follow_ups
from mengya_health.care.pathway_rules import USUAL_CLOSING
from mengya_health.care.queries import OpenCase, facts_of
from mengya_health.content.pathways import Pathway
from mengya_health.entry import FormState, form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.fields import Choice, Form, LocalDate, PlainText
from mengya_health.handouts.from_record.sheet import require_plain
from mengya_health.people.schemas import require_possible_day
from mengya_health.screening.forms import named_fields
from mengya_health.screening.measurements import MEASURED, Measurement
from mengya_health.screening.measuring import require_confirmed, urgent_measured
from mengya_health.screening.urgent import Urgent
from mengya_health.screening.urgent_answer import answer_from, answer_labels
from mengya_health.web.cases import RowVersion, bp, case_of_clinic
from mengya_health.web.drafts import OF_CASE, with_draft
from mengya_health.web.measurements import confirmed_in
from mengya_health.web.sent import back_to_case
from mengya_health.web.shown import looking_again as shown
from mengya_health.web.shown.asked import (
    Asked,
    asked_of_follow_up,
    asked_of_rule,
    follow_up_fields,
    form_fields,
    labels_of,
)
from mengya_health.web.shown.goals import achievement_fields, judged_in

TEMPLATE = "pages/cases/look_again.html"
FAMILY_TEXT = "给家长看的话"


class FollowUp(RowVersion):
    """What every follow-up has; the pathway's rules add their own fields."""

    happened_on = LocalDate(required=True)
    next_on = LocalDate(load_default=None)
    text = PlainText(longest=600, lines=True, required=True)


class Evaluation(RowVersion.from_dict(achievement_fields())):
    text = PlainText(longest=600, lines=True, required=True)
    plain_text = PlainText(longest=300, lines=True, required=True)


class Closing(RowVersion):
    outcome = Choice("1", "2", "3", "4", "5", required=True)
    text = PlainText(longest=600, lines=True, required=True)
    plain_text = PlainText(longest=300, lines=True, required=True)
    advice = PlainText(longest=300, lines=True, load_default="")
    reason = PlainText(longest=200, lines=True, load_default="")


@bp.get("/cases/<uuid:case_id>/follow-up")
@signed_in
def follow_up(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    state = _state(work, opened, "cases.save_follow_up")
    urgent = urgent_in_follow_up(work, opened, state.values)
    page = shown.follow_up_page(work, opened, facts_of(work, opened), state, urgent)
    return render_template(TEMPLATE, **page)


@bp.post("/cases/<uuid:case_id>/follow-up")
@signed_in(again="cases.follow_up", draft=OF_CASE)
def save_follow_up(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    asked = asked_of_follow_up(work.content, _pathway(work, opened), opened.case.state)
    said = _said(work, asked)
    require_possible_day(said["happened_on"], birth_on=opened.child.birth_on, today=work.today, field="happened_on")
    measurement, readings = _measurement(said), readings_of(asked, said)
    looks = require_confirmed(
        work,
        opened.child,
        measurement or Measurement(measured_on=said["happened_on"]),
        follow_ups.as_others(follow_ups.known_readings(work, readings)),
        confirmed_in(said),
        names={**MEASURED, **{code: code for code in asked.readings}},
    )
    follow_ups.record_follow_up(
        work,
        case_id,
        text=said["text"],
        measurement=measurement,
        readings=readings,
        answer=answer_from(work.content, said),
        looks=looks,
        checks=said.get("checks", ()),
        dates=[{"name": day, "on": said[day]} for day in asked.days if day in said],
        goals=judged_in(said),
        happened_on=said["happened_on"],
        next_on=said["next_on"],
        seen_version=said["row_version"],
    )
    return back_to_case(work, case_id)


@bp.get("/cases/<uuid:case_id>/evaluation")
@signed_in
def evaluate(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    if opened.case.state != "active":
        raise NotNow("干预中的个案才写评估。", "Only a case under support is evaluated.")
    page = shown.evaluation_page(work, opened, facts_of(work, opened), _state(work, opened, "cases.save_evaluation"))
    return render_template(TEMPLATE, **page)


@bp.post("/cases/<uuid:case_id>/evaluation")
@signed_in(again="cases.evaluate", draft=OF_CASE)
def save_evaluation(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    said = submitted(_with(Evaluation, work, asked_of_rule(work.content, _pathway(work, opened), "success")))
    require_plain(said["plain_text"], field="plain_text", label=FAMILY_TEXT)
    follow_ups.record_evaluation(
        work,
        case_id,
        text=said["text"],
        plain_text=said["plain_text"],
        checks=said.get("checks", ()),
        goals=judged_in(said),
        seen_version=said["row_version"],
    )
    return back_to_case(work, case_id)


@bp.get("/cases/<uuid:case_id>/closing")
@signed_in
def close(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    way = _closing(work, opened)
    state = _state(work, opened, "cases.propose_closure", closing=way)
    page = shown.closing_page(work, opened, facts_of(work, opened), state, way)
    return render_template(TEMPLATE, **page)


@bp.post("/cases/<uuid:case_id>/closing")
@signed_in(again="cases.close", draft=OF_CASE)
def propose_closure(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    way = _closing(work, opened)
    said = submitted(_with(Closing, work, asked_of_rule(work.content, _pathway(work, opened), way)))
    for name in ("plain_text", "advice"):
        require_plain(said[name], field=name, label=FAMILY_TEXT)
    closing.propose_closure(work, case_id, closing=way, seen_version=said.pop("row_version"), **said)
    return back_to_case(work, case_id)


def urgent_in_follow_up(work, opened: OpenCase, sent: Mapping) -> tuple[Urgent, ...]:
    """Return what is urgent in the form of a follow-up as far as it can be read."""
    asked = asked_of_follow_up(work.content, _pathway(work, opened), opened.case.state)
    said = {"happened_on": work.today} | _follow_up_form(work, asked).readable_part(sent)
    if not opened.child.birth_on <= said["happened_on"] <= work.today:
        said["happened_on"] = work.today
    measurement = _measurement(said) or Measurement(measured_on=said["happened_on"])
    readings = follow_ups.known_readings(work, readings_of(asked, said))
    return urgent_measured(work, opened.child, measurement, follow_ups.as_others(readings))


def _state(work, opened: OpenCase, endpoint: str, **query) -> FormState:
    return with_draft(form_state(), work, opened.child, endpoint, row_version=opened.case.row_version, **query)


def _said(work, asked: Asked) -> dict:
    try:
        return submitted(_follow_up_form(work, asked))
    except Invalid as error:
        labels = labels_of(work.content, asked) | answer_labels(work.content)
        raise type(error)(error.zh, error.en, fields=named_fields(error.fields, labels)) from error


def readings_of(asked: Asked, said: dict) -> list[dict]:
    """Return the readings of a loaded form as commands take them: {code, value} as typed."""
    return [{"code": code, "value": str(said[code])} for code in asked.readings if code in said]


def _measurement(said: dict) -> Measurement | None:
    taken = {name: said[name] for name in MEASURED.values() if name in said}
    if not taken:
        return None
    return Measurement(measured_on=said["happened_on"], position=said.get("position"), **taken)


def _follow_up_form(work, asked: Asked) -> Form:
    return FollowUp.from_dict(follow_up_fields(work.content, asked) | achievement_fields())()


def _with(form: type[Form], work, asked: Asked) -> Form:
    """Return a form with the fields of what is asked."""
    return form.from_dict(form_fields(work.content, asked))()


def _pathway(work, opened: OpenCase) -> Pathway:
    return work.content.pathways[opened.body["pathway"]]


def _closing(work, opened: OpenCase) -> str:
    """Return which way of closing the address names. Raises NotFound for one the pathway does not have."""
    ways = [each.name for each in _pathway(work, opened).rules.closings] or [USUAL_CLOSING]
    wanted = request.args.get("closing", ways[0])
    if wanted not in ways:
        raise NotFound
    return wanted
