"""Measure a child without a check, as a page does it: doubtful figures are asked back, urgent ones said first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Entry
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import record_measurement
from mengya_health.screening.measurements import READING_KINDS, Measurement, judge_measurement, measurements_in
from mengya_health.screening.second_look import AskedBack, SecondLook, looks_at, unsettled
from mengya_health.screening.urgent import Urgent
from mengya_health.screening.urgent_answer import UrgentAnswer, require_said
from mengya_health.screening.urgent_care import keep_asking
from mengya_health.screening.urgent_readings import readings_of, urgent_in_readings


def measure_child(
    work,
    child: ChildFacts,
    measurement: Measurement,
    *,
    others: Mapping[str, int | str],
    answer: UrgentAnswer,
    confirmed: Mapping[str, str],
    names: Mapping[str, str],
) -> Entry:
    """Write what was measured on one day. `confirmed` field → the very value that was measured twice; `names` are the
    fields by metric code.

    Raises Invalid for what cannot be a measurement, AskedBack, NotSaid, NotPermitted.
    """
    looks = require_confirmed(work, child, measurement, others, confirmed, names=names)
    said = require_said(work.content, urgent_measured(work, child, measurement, others), answer, work.today)
    also = {"confirmed": kept_looks(looks)} if looks else {}
    also |= {"urgent": said} if said else {}
    entry = record_measurement(work, child, measurement, others=others, also=also)
    keep_asking(work, child, entry.id, said)
    return entry


def urgent_measured(
    work, child: ChildFacts, measurement: Measurement, others: Mapping[str, int | str]
) -> tuple[Urgent, ...]:
    """Return what is urgent in these figures of one day."""
    readings = readings_of(child, measurement, others, age_rule=work.settings.age_rule)
    return urgent_in_readings(work.content, child, readings)


def require_confirmed(
    work,
    child: ChildFacts,
    measurement: Measurement,
    others: Mapping[str, int | str],
    confirmed: Mapping[str, str],
    *,
    names: Mapping[str, str],
) -> list[SecondLook]:
    """Return what was asked back about these figures; `names` are their fields by metric code.

    Raises AskedBack for what nobody has confirmed.
    """
    taken = entries_of_kind(work, child, *READING_KINDS)
    earlier = [entry for entry in taken if entry.happened_on < measurement.measured_on]
    before = next(iter(reversed(measurements_in(earlier))), None)
    judged = judge_measurement(child, measurement, age_rule=work.settings.age_rule)
    looks = looks_at(work.content, child, measurement, others, judged, before, names=names)
    left = unsettled(looks, confirmed)
    if left:
        raise AskedBack(left)
    return looks


def kept_looks(looks: Iterable[SecondLook]) -> list[dict]:
    """Return what was asked back as an entry keeps it."""
    return [{"field": look.field, "value": look.answer, "why": look.why} for look in looks]
