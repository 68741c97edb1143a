"""Correct what was written outside a check: its words, and weight, length and head measured with it.

What cannot wait in the corrected figures is said before they are stored, as in a new measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import fields

from mengya_health.content import Content
from mengya_health.errors import Conflict, Invalid, NotPermitted
from mengya_health.fields import NEEDED, DecimalText, Form, PlainText, WholeNumber
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.screening.instruments import GROWTH_METRICS
from mengya_health.screening.measurements import MEASURED, Measurement, measured_content
from mengya_health.screening.measuring import urgent_measured
from mengya_health.screening.urgent import Urgent
from mengya_health.screening.urgent_answer import answer_fields, answer_from, require_said, typed_answer
from mengya_health.screening.urgent_care import keep_asking

# Papers of a case are revised on its own pages, where they are signed again; checks on theirs.
CORRECTED_HERE = ("advice", "follow_up", "contact_attempt", "concern", "question", "screening")
TEXTS = ("text", "note")
LONGEST_TEXT, LONGEST_REASON = 2000, 200
OF_GROWTH = {*MEASURED, "BMI", *GROWTH_METRICS.values()}  # what is judged anew with the figures


def is_corrected_here(entry: OpenEntry) -> bool:
    """Return whether an entry is one whose words and figures can be corrected one by one."""
    return entry.kind in CORRECTED_HERE and not (entry.content.get("visit") or entry.content.get("sheet"))


def typed_of(entry: OpenEntry) -> dict[str, str]:
    """Return what can be corrected of an entry, by field, as it was typed; "" where a figure was not taken."""
    typed = {name: entry.content[name] for name in TEXTS if name in entry.content}
    if "growth" in entry.content:
        readings = {each["code"]: each["value"] for each in entry.content["readings"]}
        typed |= {name: str(readings.get(code, "")) for code, name in MEASURED.items()}
    return typed


def correct_written(work, child: ChildFacts, entry_id: UUID, sent: Mapping) -> Entry:
    """Write a new revision from a sent form: the fields of `typed_of`, a reason, the row version it was made from.

    Figures are judged anew. Raises Invalid, NotSaid, NotPermitted, and Conflict with both texts under the form's names.
    """
    opened = find_entry(work, child, entry_id)
    if not is_corrected_here(opened):
        raise NotPermitted("这一条在它自己的页面上改。", "This entry is corrected on its own page.")
    loaded = _form(work.content, opened)().load(sent)
    if "text" in opened.content and not loaded["text"] and opened.content["text"]:
        raise Invalid(fields={"text": [NEEDED]})
    content = _corrected(work, child, opened, loaded)
    try:
        entry = correct_entry(work, child, entry_id, content=content, row_version=loaded["row_version"])
    except Conflict as conflict:
        raise conflict.in_words_of(lambda each: typed_of(opened._replace(content=each))) from conflict
    if is_measured(opened):
        keep_asking(work, child, entry.id, content.get("urgent"))
    return entry


def is_measured(entry: OpenEntry) -> bool:
    """Return whether a correction of an entry changes figures, and not only words."""
    return "growth" in entry.content


def answered(entry: OpenEntry) -> dict[str, str]:
    """Return what was said about the urgent figures of an entry, as the form would send it again."""
    return typed_answer(entry.content.get("urgent"))


def urgent_in_correction(work, child: ChildFacts, entry: OpenEntry, sent: Mapping) -> tuple[Urgent, ...]:
    """Return what is urgent in a correction that is still being typed; nothing of it is stored."""
    if not (is_corrected_here(entry) and is_measured(entry)):
        return ()
    loaded = _form(work.content, entry)().readable_part(sent)
    return urgent_measured(work, child, _measurement(entry, loaded), _others(entry))


def _form(content: Content, entry: OpenEntry) -> type[Form]:
    made: dict[str, fields.Field] = {
        "reason": PlainText(longest=LONGEST_REASON, required=True),
        "row_version": WholeNumber(low=1, high=10**9, required=True),
    }
    codes = {name: code for code, name in MEASURED.items()}
    if is_measured(entry):
        made |= answer_fields(content)
    for name in typed_of(entry):
        if name in TEXTS:
            made[name] = PlainText(longest=LONGEST_TEXT, lines=True, load_default="")
        else:
            metric = content.metrics[codes[name]]
            low, high = (str(limit) for limit in metric.hard)
            made[name] = DecimalText(low=low, high=high, places=metric.decimals, unit=metric.unit)
    return Form.from_dict(made, name="Correction")


def _corrected(work, child: ChildFacts, entry: OpenEntry, loaded: Mapping[str, Any]) -> dict:
    content = dict(entry.content) | {name: loaded[name] for name in TEXTS if name in loaded}
    content["correction_reason"] = loaded["reason"]
    if not is_measured(entry):
        return content
    measurement = _measurement(entry, loaded)
    urgent = urgent_measured(work, child, measurement, _others(entry))
    said = require_said(work.content, urgent, answer_from(work.content, loaded), work.today)
    content.pop("urgent", None)
    content |= {"urgent": said} if said else {}
    measured = measured_content(work, child, measurement)
    others = [each for each in entry.content["readings"] if each["code"] not in OF_GROWTH]
    return content | measured | {"readings": measured["readings"] + others}


def _measurement(entry: OpenEntry, loaded: Mapping[str, Any]) -> Measurement:
    kept = entry.content
    taken = {name: loaded.get(name) for name in MEASURED.values()}
    return Measurement(measured_on=entry.happened_on, position=kept["position"], oedema=kept["oedema"], **taken)


def _others(entry: OpenEntry) -> dict[str, int | str]:
    """Return the readings that a correction leaves as they are."""
    return {each["code"]: each["value"] for each in entry.content["readings"] if each["code"] not in OF_GROWTH}
