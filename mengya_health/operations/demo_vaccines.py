"""The vaccination booklets of the demo's children: given month by month as the schedule says, copied at a check."""

from __future__ import annotations

from datetime import date, timedelta

from mengya_health.people.facts import ChildFacts
from mengya_health.screening.booklet import Booklet, record_booklet, vaccinee
from mengya_health.screening.vaccines import NEXT_TO_DO, Given, Vaccinee, dose_lines

ROUND_DAYS = 14  # the vaccination clinic is gone to on days this far apart
STOPPED_DAYS_AGO = 25  # what came due since is not given yet
PLACE = "萌芽街道接种门诊"


def copy_booklet(work, child: ChildFacts) -> None:
    """Copy what was given to a child who went to the vaccination clinic until some weeks ago."""
    given = _given(work, vaccinee(work, child, Booklet()), work.today - timedelta(days=STOPPED_DAYS_AGO))
    typed = {f"on_{each.vaccine}_{each.dose}": each.on.isoformat() for each in given}
    record_booklet(work, child, typed | {"source": "booklet", "place": PLACE, "mother_hbsag": "negative"})


def _given(work, child: Vaccinee, until_on: date) -> list[Given]:
    given: list[Given] = []
    on = child.birth_on
    while on <= until_on:
        now = Vaccinee(
            birth_on=child.birth_on,
            birth_weight_g=child.birth_weight_g,
            mother_hbsag="negative",
            region=child.region,
            given=tuple(given),
        )
        lines = dose_lines(work.content.vaccination, now, on)
        given += [Given(line.vaccine.code, line.dose, on) for line in lines if line.status in NEXT_TO_DO]
        on += timedelta(days=ROUND_DAYS)
    return given
