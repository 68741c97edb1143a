"""What of an imported measurement cannot wait: asked about while it is fresh like any other finding, else named."""

from __future__ import annotations

from mengya_health.operations.import_lines import Line
from mengya_health.operations.import_table import Problem
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.commands import record_measurement
from mengya_health.screening.measuring import urgent_measured
from mengya_health.screening.urgent_answer import unsaid
from mengya_health.screening.urgent_care import keep_asking

FRESH_DAYS = 7  # an older measurement was seen by whoever took it; product's own default
ASKED = (
    "有要当日就诊的数值：已列在今天的名单最前面，请今天就联系家长。 "
    "A value here must be seen today: it stands first on today's list; call the family today."
)
NAMED = (
    "有可能要当日就诊的数值（测量已过 7 天，或要医生判断）：请医生打开档案看一看。 "
    "A value here may need to be seen at once (measured over 7 days ago, or for a doctor to weigh): look at the record."
)


def record_line(work, child: ChildFacts, line: Line) -> Problem | None:
    """Write the measurement of a line; return what its report says where something in it cannot wait.

    Nobody is there to be asked before it is stored. What is certain and fresh goes onto the lists of clinic and family
    until somebody answers; what a clinician has to weigh first is for the report alone. It says no value and no name.
    """
    others: dict[str, int | str] = {"HB": int(line.hb_g_l)} if line.hb_g_l else {}
    urgent = urgent_measured(work, child, line.measurement, others)
    is_fresh = (work.today - line.measurement.measured_on).days <= FRESH_DAYS
    said = unsaid(urgent, work.today) if is_fresh else None
    entry = record_measurement(work, child, line.measurement, others=others, also={"urgent": said} if said else {})
    if said:
        keep_asking(work, child, entry.id, said)
    return Problem(line.number, "", ASKED if said else NAMED) if urgent else None
