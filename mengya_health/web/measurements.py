"""Weigh and measure between two checks: three numbers and a day."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.content.typed_numbers import likely, range_of
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, LocalDate, PlainText
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.people.schemas import require_possible_day
from mengya_health.screening.expected import expected_of
from mengya_health.screening.forms import named_fields
from mengya_health.screening.line_fields import metric_field
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.measuring import measure_child, urgent_measured
from mengya_health.screening.urgent import Urgent
from mengya_health.screening.urgent_answer import answer_fields, answer_from, answer_labels
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown import words
from mengya_health.web.shown.checks import soft_checks
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.urgent import banner

bp = Blueprint("measurements", __name__)

# Field → metric of the content, which gives unit and hard range.
MEASURED = {"weight_kg": "WEIGHT", "length_cm": "LENGTH", "head_cm": "HEADC", "hb_g_l": "HB"}
FIELD_OF = {code: name for name, code in MEASURED.items()}
CONFIRM = "confirm_"


@bp.get("/children/<uuid:child_id>/measurement")
@signed_in
def enter(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    form = form_state(measured_on=work.today.isoformat(), position=_usual_position(child, work))
    form = with_draft(form, work, child, "measurements.save")
    return render_template("pages/screening/measurement.html", **_page(work, child, form))


@bp.post("/children/<uuid:child_id>/measurement")
@signed_in(again="measurements.enter", draft=of_child("health"))
def save(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    said = _said(work, child)
    if not any(said[name] for name in MEASURED):
        raise Invalid(fields={"weight_kg": [_("至少填一个数。")]})
    require_possible_day(said["measured_on"], birth_on=child.birth_on, today=work.today, field="measured_on")
    measure_child(
        work,
        child,
        _measurement(said),
        others=_others(said),
        answer=answer_from(work.content, said),
        confirmed=confirmed_in(said),
        names=FIELD_OF,
    )
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


def urgent_in_form(work, child: ChildFacts, sent: Mapping) -> tuple[Urgent, ...]:
    """Return what is urgent in the form as far as it can be read."""
    said = {"measured_on": work.today} | _form(work, child, work.today).readable_part(sent)
    if not child.birth_on <= said["measured_on"] <= work.today:
        said["measured_on"] = work.today
    return urgent_measured(work, child, _measurement(said), _others(said))


def _said(work, child: ChildFacts) -> dict:
    labels = {name: words.told(work.content.metrics[code].name) for name, code in MEASURED.items()}
    try:
        return submitted(_form(work, child, work.today))
    except Invalid as error:
        named = named_fields(error.fields, labels | answer_labels(work.content))
        raise type(error)(error.zh, error.en, fields=named) from error


def _form(work, child: ChildFacts, on: date) -> Form:
    """Return the schema; hard ranges come from the content, guesses from the child's age."""
    expected = expected_of(child, on)
    metrics = {name: work.content.metrics[code] for name, code in MEASURED.items()}
    fields = {
        name: metric_field(metric, expected.get(metric.code), load_default=None) for name, metric in metrics.items()
    }
    confirmed = {f"confirm_{name}": PlainText(longest=20) for name in MEASURED}
    days = {"measured_on": LocalDate(required=True), "position": Choice("l", "h", load_default=None)}
    return Form.from_dict(fields | confirmed | answer_fields(work.content) | days)()


def confirmed_in(said: Mapping) -> dict[str, str]:
    """Return what was confirmed, by field."""
    return {name.removeprefix(CONFIRM): value for name, value in said.items() if name.startswith(CONFIRM)}


def _measurement(said: Mapping) -> Measurement:
    position = said.get("position")
    return Measurement(
        measured_on=said["measured_on"],
        weight_kg=said.get("weight_kg"),
        lenhei_cm=said.get("length_cm"),
        headc_cm=said.get("head_cm"),
        position=position if said.get("length_cm") else None,
    )


def _others(said: Mapping) -> dict[str, int | str]:
    return {"HB": int(said["hb_g_l"])} if said.get("hb_g_l") else {}


def _usual_position(child: ChildFacts, work) -> str:
    return "h" if child.age_months(work.today) >= HEIGHT_FROM_MONTH else "l"


def _page(work, child: ChildFacts, form) -> dict:
    metrics = {name: work.content.metrics[code] for name, code in MEASURED.items()}
    return {
        "child": child_head(child, work.today),
        "back": {"href": url_for("children.show", child_id=child.id), "text": _("档案")},
        "action": url_for("measurements.save", child_id=child.id),
        "form": form,
        "measures": [
            {
                "name": name,
                "label": words.told(metric.name),
                "unit": words.told(metric.unit),
                "guess": _guess(child, work, form, name, metric),
            }
            for name, metric in metrics.items()
        ],
        "soft_checks": soft_checks(form),
        "urgent": banner(work, urgent_in_form(work, child, form.values)),
        "urgent_href": url_for("urgent.in_measurement", child_id=child.id),
        "urgent_fields": " ".join((*MEASURED, "measured_on", "position")),
        "positions": [{"value": "l", "text": _("躺着量")}, {"value": "h", "text": _("站着量")}],
    }


def _guess(child: ChildFacts, work, form, name: str, metric) -> str:
    if name not in form.errors:
        return ""
    return (
        likely(str(form.values.get(name, "")), range_of(metric, expected_of(child, work.today).get(metric.code))) or ""
    )
