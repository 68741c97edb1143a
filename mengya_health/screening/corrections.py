"""Correct what was written outside a check: its words, and weight, length and head measured with it."""

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

    Figures are judged anew. Raises Invalid, NotPermitted, and Conflict with both texts under the form's names.
    """
    opened = find_entry(work, child, entry_id)
    if not is_corrected_here(opened):
        raise NotPermitted("这一条在它自己的页面上改。", "This entry is corrected on its own page.")
    loaded = _form(work.content, opened)().load(sent)
    if "text" in opened.content and not loaded["text"] and opened.content["text"]:
        raise Invalid(fields={"text": [NEEDED]})
    content = _corrected(work, child, opened, loaded)
    try:
        return correct_entry(work, child, entry_id, content=content, row_version=loaded["row_version"])
    except Conflict as conflict:
        theirs, base = (typed_of(opened._replace(content=each)) for each in (conflict.theirs, conflict.base))
        raise Conflict(theirs=theirs, base=base, row_version=conflict.row_version) from conflict


def _form(content: Content, entry: OpenEntry) -> type[Form]:
    made: dict[str, fields.Field] = {
        "reason": PlainText(longest=LONGEST_REASON, required=True),
        "row_version": WholeNumber(low=1, high=10**9, required=True),
    }
    codes = {name: code for code, name in MEASURED.items()}
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
    if "growth" not in entry.content:
        return content
    taken = {name: loaded.get(name) for name in MEASURED.values()}
    measurement = Measurement(
        measured_on=entry.happened_on, position=content["position"], oedema=content["oedema"], **taken
    )
    measured = measured_content(work, child, measurement)
    others = [each for each in entry.content["readings"] if each["code"] not in OF_GROWTH]
    return content | measured | {"readings": measured["readings"] + others}
