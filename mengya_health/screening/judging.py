"""What a filled form comes to: what has to be asked back, what was found, what of it cannot wait."""

from __future__ import annotations

from collections.abc import Sequence

from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.findings import CheckResult, judge_check
from mengya_health.screening.forms import Filled, measurement_in
from mengya_health.screening.measurements import judge_measurement, measurements_in
from mengya_health.screening.planned import CheckPlan
from mengya_health.screening.second_look import AskedBack, SecondLook, second_looks, unsettled
from mengya_health.screening.urgent import Urgent, urgent_in
from mengya_health.screening.urgent_answer import require_said


def judge_filled(
    work, child: ChildFacts, plan: CheckPlan, filled: Filled, earlier: Sequence[OpenEntry]
) -> tuple[CheckResult, list[SecondLook]]:
    """Return what a form comes to, and what was asked back and settled. Raises AskedBack for what nobody confirmed."""
    before = [entry for entry in earlier if entry.happened_on <= filled.done_on]
    judged = judge_measurement(child, measurement_in(filled), age_rule=work.settings.age_rule)
    last = next(iter(reversed(measurements_in(before))), None)
    looks = second_looks(work.content, child, plan, filled, judged, last)
    left = unsettled(looks, filled.confirmed)
    if left:
        raise AskedBack(left)
    return judge_check(work.content, child, plan, filled, judged, before), looks


def said_of_urgent(work, result: CheckResult, filled: Filled) -> dict:
    """Return what an entry keeps of what cannot wait, nothing where all can wait. Raises NotSaid."""
    said = require_said(work.content, urgent_in(work.content, result.findings), filled.urgent, work.today)
    return {"urgent": said} if said else {}


def urgent_in_filled(
    work, child: ChildFacts, plan: CheckPlan, filled: Filled, earlier: Sequence[OpenEntry]
) -> tuple[Urgent, ...]:
    """Return what is urgent in a form that is still being filled in; nothing of it is stored."""
    judged = judge_measurement(child, measurement_in(filled), age_rule=work.settings.age_rule)
    return urgent_in(work.content, judge_check(work.content, child, plan, filled, judged, earlier).findings)
