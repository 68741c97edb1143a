"""Weigh and measure between two checks: three numbers and a day."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, DecimalText, Form, LocalDate, WholeNumber
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.people.schemas import require_possible_day
from mengya_health.screening.commands import record_measurement
from mengya_health.screening.measurements import Measurement
from mengya_health.web.shown.children import child_head

bp = Blueprint("measurements", __name__)

# Field → metric of the content, which gives unit and hard range.
MEASURED = {"weight_kg": "WEIGHT", "length_cm": "LENGTH", "head_cm": "HEADC", "hb_g_l": "HB"}


@bp.get("/children/<uuid:child_id>/measurement")
@signed_in
def enter(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    form = form_state(measured_on=work.today.isoformat(), position=_usual_position(child, work))
    return render_template("pages/screening/measurement.html", **_page(work, child, form))


@bp.post("/children/<uuid:child_id>/measurement")
@signed_in(again="measurements.enter")
def save(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    said = submitted(_form(work))
    if not any(said[name] for name in MEASURED):
        raise Invalid(fields={"weight_kg": [_("至少填一个数。")]})
    require_possible_day(said["measured_on"], birth_on=child.birth_on, today=work.today, field="measured_on")
    measurement = Measurement(
        measured_on=said["measured_on"],
        weight_kg=said["weight_kg"],
        lenhei_cm=said["length_cm"],
        headc_cm=said["head_cm"],
        position=said["position"] if said["length_cm"] else None,
    )
    others = {"HB": said["hb_g_l"]} if said["hb_g_l"] else {}
    record_measurement(work, child, measurement, others=others)
    return redirect(url_for("children.show", child_id=child_id, saved="stored"), 303)


def _form(work) -> Form:
    """Return the schema; hard ranges come from the content."""
    fields = {name: _number(work.content.metrics[code]) for name, code in MEASURED.items()}
    return Form.from_dict(
        fields | {"measured_on": LocalDate(required=True), "position": Choice("l", "h", load_default=None)}
    )()


def _number(metric):
    low, high = metric.hard
    if metric.kind == "integer":
        return WholeNumber(low=int(low), high=int(high), load_default=None)
    return DecimalText(low=str(low), high=str(high), places=metric.decimals, unit=metric.unit, load_default=None)


def _usual_position(child: ChildFacts, work) -> str:
    return "h" if child.age_months(work.today) >= HEIGHT_FROM_MONTH else "l"


def _page(work, child: ChildFacts, form) -> dict:
    metrics = {name: work.content.metrics[code] for name, code in MEASURED.items()}
    return {
        "child": child_head(child, work.today),
        "back": {"href": url_for("children.show", child_id=child.id), "text": _("档案")},
        "action": url_for("measurements.save", child_id=child.id),
        "form": form,
        "measures": [{"name": name, "label": metric.name, "unit": metric.unit} for name, metric in metrics.items()],
        "positions": [{"value": "l", "text": _("躺着量")}, {"value": "h", "text": _("站着量")}],
    }
