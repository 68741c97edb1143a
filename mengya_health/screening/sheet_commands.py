"""Write a sheet: one screening or one scale outside a planned check; correct it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.content import Content
from mengya_health.errors import Malformed, NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.screening.check_content import as_typed, said_and_found, typed_alike
from mengya_health.screening.commands import CHECK, day_asked
from mengya_health.screening.deciding import correct_filled, put_on_lists
from mengya_health.screening.entering import with_other_ways_in
from mengya_health.screening.findings import CheckResult
from mengya_health.screening.forms import measurement_in
from mengya_health.screening.judging import judge_filled, said_of_urgent, urgent_in_filled
from mengya_health.screening.measurements import measured_content, stored_readings
from mengya_health.screening.planned import SIGNS, CheckPlan
from mengya_health.screening.queries import checks_of
from mengya_health.screening.rescreens import close_rescreens
from mengya_health.screening.second_look import SecondLook
from mengya_health.screening.sheet_forms import FilledSheet, read_sheet, read_sheet_so_far
from mengya_health.screening.sheets import Sheet, plan_sheet, sheet_of
from mengya_health.screening.urgent import Urgent


def find_sheet(content: Content, key: str) -> Sheet:
    """Return a sheet by the word in its address. Raises NotFound."""
    sheet = sheet_of(content, key)
    if sheet is None:
        raise NotFound
    return sheet


def record_sheet(work, child: ChildFacts, sheet: Sheet, sent: Mapping) -> Entry:
    """Write a sheet from a sent form (`sheet_forms.sheet_form`): entry, judgement, findings, what is to be decided.

    Raises Invalid with a message per field, AskedBack for figures that want a second look, NotSaid, NotPermitted.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    plan = plan_sheet(work.content, child, sheet, day_asked(work, child, sent))
    filled = read_sheet(work.content, child, sheet, plan, sent, work.today)
    content = _judged(work, child, sheet, plan, filled, checks_of(work, child))
    on = filled.filled.done_on
    entry = record_entry(work, child, section="health", kind=CHECK, content=content, happened_on=on)
    if plan.group:
        close_rescreens(work, child, on)
    put_on_lists(work, child, entry, content)
    return entry


def correct_sheet(work, child: ChildFacts, entry_id: UUID, sent: Mapping) -> Entry:
    """Write a new revision of a sheet; what was decided about its findings stays.

    Raises Conflict, with both texts under the names of the form, when somebody corrected it in between.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    opened = find_entry(work, child, entry_id)
    sheet = find_sheet(work.content, opened.content.get("sheet", ""))
    plan = plan_sheet(work.content, child, sheet, day_asked(work, child, sent))
    filled = read_sheet(work.content, child, sheet, plan, sent, work.today)
    if filled.filled.row_version is None:
        raise Malformed
    earlier = [entry for entry in checks_of(work, child) if entry.id != entry_id]
    content = _judged(work, child, sheet, plan, filled, earlier) | {"decisions": opened.content["decisions"]}
    return correct_filled(work, child, entry_id, content, filled.filled, plan=plan, typed=partial(typed_values, plan))


def urgent_in_sheet(
    work, child: ChildFacts, sheet: Sheet, sent: Mapping, *, corrects: UUID | None = None
) -> tuple[Urgent, ...]:
    """Return what is urgent in a sheet that is still being filled in; nothing of it is stored.

    `corrects` is the entry a correction is typed for: what it said so far is no earlier finding.
    """
    plan = plan_sheet(work.content, child, sheet, day_asked(work, child, sent))
    filled = read_sheet_so_far(work.content, child, sheet, plan, sent).filled
    earlier = [entry for entry in checks_of(work, child) if entry.id != corrects and entry.happened_on <= plan.on]
    return urgent_in_filled(work, child, plan, filled, earlier)


def typed_values(plan: CheckPlan, content: Mapping) -> dict:
    """Return the form's values as they would be typed."""
    readings = {each["code"]: each["value"] for each in content["readings"]}
    typed = {name: content.get(name) for name in ("done_on", "by", "version", "cutoff", "tool", "tier", "note")}
    typed |= {name: content.get(name) for name in ("position", "scale_result", "tier_result")}
    for line in plan.visit.fields:
        typed[line.code.lower()] = (
            readings.get(line.metric) if line.metric else content["answers"].get(line.code.lower())
        )
    typed |= {f"score_{code}": value for code, value in content.get("scores", {}).items()}
    typed |= {f"ma_{code}": value for code, value in content.get("mental_ages", {}).items()}
    typed |= typed_alike(content)
    return {name: as_typed(value) for name, value in typed.items() if value not in (None, "")}


# --- inside -----------------------------------------------------------------------------------------------------------


def _judged(
    work, child: ChildFacts, sheet: Sheet, plan: CheckPlan, sent: FilledSheet, earlier: Sequence[OpenEntry]
) -> dict:
    """Return the content of a sheet. Raises AskedBack for what nobody confirmed, NotSaid for what cannot wait."""
    filled, measurement = sent.filled, measurement_in(sent.filled)
    result, looks = judge_filled(work, child, plan, filled, earlier)
    result = with_other_ways_in(work.content, plan, sheet, result)
    said = said_of_urgent(work, result, filled)
    measured = {} if measurement.is_empty else measured_content(work, child, measurement)
    return measured | sheet_content(work.content, sheet, plan, sent, result, looks) | said


def sheet_content(
    content: Content,
    sheet: Sheet,
    plan: CheckPlan,
    sent: FilledSheet,
    result: CheckResult,
    looks: Sequence[SecondLook],
) -> dict:
    """Return what the entry keeps: everything answered, what it was judged by, and what came of it.

    In the shape of a check, so that readings, findings and proposals count like a check's; `sheet` instead of `visit`.
    """
    filled = sent.filled
    return {
        **said_and_found(content, plan, filled, result, looks),
        "visit": None,
        "sheet": sheet.key,
        "name": sheet.name,
        "instrument": sheet.instrument.id if sheet.instrument else sheet.key,
        "instrument_version": sent.about.get("version") or _own_version(content, sheet),
        "position": filled.position,
        "readings": stored_readings({**result.readings, **_sums(content, sheet, result.readings)}),
        **({"positive_domains": result.positive_domains} if plan.group else {}),
        **sent.about,
    }


def _own_version(content: Content, sheet: Sheet) -> str:
    return content.warning_signs.version if sheet.key == SIGNS else content.versions["screenings.yaml"]


def _sums(content: Content, sheet: Sheet, readings: Mapping) -> dict[str, int]:
    """Return the derived metrics that are nothing but a sum of others (DMFT = DT+MT+FT), where all are there."""
    found = {}
    for code in sheet.screening.derives:
        parts = (content.metrics[code].formula or "").split("+")
        if len(parts) > 1 and all(part in readings for part in parts):
            found[code] = sum(int(readings[part]) for part in parts)
    return found
