"""How each dose of the immunisation schedule stands for one child on a day. Pure; ages are actual, also if born early.

Source: compute and rules of vaccine_schedule.yaml. This reminds and records; the vaccination clinic decides, and
whatever does not fit the schedule is left to it (`ASK_CLINIC`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from mengya_health.content.vaccines import Dose, Vaccine, VaccineSchedule
from mengya_health.growth.ages import add_months, completed_months
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import answers_as_history

NOT_DUE, DUE, CATCH_UP, DONE = "not_due", "due", "catch_up", "done"
NOT_APPLICABLE, ASK_CLINIC = "not_applicable", "ask_clinic"
NEXT_TO_DO = (DUE, CATCH_UP)


@dataclass(frozen=True)
class Given:
    """One dose that was given, as the booklet says."""

    vaccine: str
    dose: int
    on: date


@dataclass(frozen=True, kw_only=True)
class Vaccinee:
    """What a schedule is worked out from. `mother_hbsag` is positive, negative, unknown, or None: nobody asked.

    `is_special`: born to a mother with HIV, immune deficiency, or on immunosuppressants. `region`: GB/T 2260 code.
    """

    birth_on: date
    birth_weight_g: int | None = None
    mother_hbsag: str | None = None
    is_special: bool = False
    region: str = ""
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DoseLine:
    """One dose of one vaccine. `due_on` None: it waits for the dose before it. `why` is a word of WHYS, or ""."""

    vaccine: Vaccine
    dose: int
    status: str
    why: str = ""
    due_on: date | None = None
    given_on: date | None = None


# Why a dose is left to the vaccination clinic, or is not wanted at all.
WHYS = (
    "interval", "age", "live_gap", "later_dose", "transition", "special", "hbsag", "mixed", "after", "alternative",
    "too_old",
)  # fmt: skip


def dose_lines(schedule: VaccineSchedule, child: Vaccinee, on: date) -> tuple[DoseLine, ...]:
    """Return every dose of the national schedule, and of the local one where the child lives, as it stands on a day."""
    return tuple(
        line for vaccine in _vaccines_for(schedule, child) for line in _Course(schedule, child, vaccine, on).lines()
    )


def blood_test_window(
    schedule: VaccineSchedule, child: Vaccinee, lines: Iterable[DoseLine]
) -> tuple[date, date] | None:
    """Return from when until when the blood test after the last dose is due (R_HEPB_PVST); None where it is not."""
    test = schedule.blood_test
    doses = [line for line in lines if line.vaccine.code == test.vaccine]
    answers = {"mother_hbsag": child.mother_hbsag}
    if (
        not doses
        or any(line.given_on is None for line in doses)
        or not judge(test.condition, answers_as_history(answers)).holds
    ):
        return None
    last_on = max(line.given_on for line in doses)
    return add_months(last_on, test.from_months), add_months(last_on, test.to_months)


def _vaccines_for(schedule: VaccineSchedule, child: Vaccinee) -> Iterator[Vaccine]:
    yield from schedule.vaccines
    for vaccine in schedule.local:
        is_here = child.region.startswith(vaccine.region.rstrip("0"))
        if is_here and (vaccine.born_from is None or child.birth_on >= date.fromisoformat(vaccine.born_from)):
            yield vaccine


@dataclass(frozen=True)
class _Course:
    """All doses of one vaccine for one child."""

    schedule: VaccineSchedule
    child: Vaccinee
    vaccine: Vaccine
    today: date

    @cached_property
    def doses(self) -> tuple[Dose, ...]:
        low = self.schedule.low_weight
        return low.doses if self.vaccine.code == low.vaccine and self._low_weight is True else self.vaccine.doses

    @cached_property
    def _low_weight(self) -> bool | None:
        """Whether R_HEPB_LBW applies; None: it would, if the mother's result were what nobody asked for."""
        answers = {"BW_G": self.child.birth_weight_g, "mother_hbsag": self.child.mother_hbsag}
        if self.child.birth_weight_g is None:
            return False
        return judge(self.schedule.low_weight.condition, answers_as_history(answers)).holds

    @cached_property
    def given(self) -> Mapping[int, Given]:
        """The doses given, by number, of this vaccine and of those of its series."""
        series, transition = self.vaccine.series, self.schedule.transition
        codes = {v.code for v in self.schedule.vaccines if series and v.series == series} | {self.vaccine.code}
        found = {each.dose: each for each in self.child.given if each.vaccine in codes}
        if self.vaccine.code == transition.vaccine:
            for each in self.child.given:
                if each.vaccine in transition.counts_as:
                    found.setdefault(transition.counts_as[each.vaccine], each)
        return found

    @cached_property
    def is_in_transition(self) -> bool:
        """Whether it was begun under the older schedule (R_DTAP_TRANSITION)."""
        old = self.schedule.transition
        return self.vaccine.code == old.vaccine and any(each.on < old.started_before for each in self.given.values())

    @cached_property
    def other_given(self) -> bool:
        """Whether the other product that does the same was begun."""
        return any(each.vaccine == self.vaccine.alternative for each in self.child.given)

    def lines(self) -> list[DoseLine]:
        return [self._line(dose) for dose in self.doses]

    def _line(self, dose: Dose) -> DoseLine:
        given = self.given.get(dose.dose)
        if given:
            doubt = self._doubt(dose, given)
            return self._as(dose, ASK_CLINIC if doubt else DONE, doubt, given_on=given.on)
        left_out = self._not_wanted() or self._for_the_clinic(dose)
        if left_out:
            return self._as(dose, *left_out)
        due_on = self._due_on(dose)
        if due_on is None or self.today < due_on:
            return self._as(dose, NOT_DUE, due_on=due_on)
        months, limit = completed_months(self.child.birth_on, self.today), dose.complete_before_m
        return self._as(dose, DUE if limit is None or months < limit else CATCH_UP, due_on=due_on)

    def _as(self, dose: Dose, status: str, why: str = "", *, due_on: date | None = None, given_on: date | None = None):
        return DoseLine(vaccine=self.vaccine, dose=dose.dose, status=status, why=why, due_on=due_on, given_on=given_on)

    # --- doses that were given ----------------------------------------------------------------------------------------

    def _doubt(self, dose: Dose, given: Given) -> str:
        """Return what does not fit about a dose that was given; "" where all does, or another product was given."""
        if given.vaccine != self.vaccine.code or self.is_in_transition:
            return ""
        if given.on < add_months(self.child.birth_on, dose.age_months):
            return "age"
        earliest_on = self._after_earlier_doses(dose)
        latest_on = self._latest_on(dose)
        if (earliest_on and given.on < earliest_on) or (latest_on and given.on > latest_on):
            return "interval"
        return "live_gap" if self._live_before(given.on) else ""

    # --- doses that were not ------------------------------------------------------------------------------------------

    def _not_wanted(self) -> tuple[str, str] | None:
        limit = self.vaccine.no_catch_up_from_m
        if limit is not None and completed_months(self.child.birth_on, self.today) >= limit:
            return NOT_APPLICABLE, "too_old"
        if self.other_given and not self.given:
            return NOT_APPLICABLE, "alternative"
        if self.vaccine.is_optional and not self.given:
            return NOT_APPLICABLE, "alternative"
        return None

    def _for_the_clinic(self, dose: Dose) -> tuple[str, str] | None:
        if self.child.is_special and self.vaccine.code in self.schedule.asked_of_special:
            return ASK_CLINIC, "special"
        if self.is_in_transition:
            return ASK_CLINIC, "transition"
        if self.vaccine.code == self.schedule.low_weight.vaccine and self._low_weight is None:
            return ASK_CLINIC, "hbsag"
        if self.other_given and self.given:
            return ASK_CLINIC, "mixed"
        if any(number > dose.dose for number in self.given):
            return ASK_CLINIC, "later_dose"
        if self._waits_for_other_vaccine(dose):
            return ASK_CLINIC, "after"
        latest_on = self._latest_on(dose)
        return (ASK_CLINIC, "interval") if latest_on and self.today > latest_on else None

    def _waits_for_other_vaccine(self, dose: Dose) -> bool:
        """Whether the dose of another vaccine that comes before (`after`) is missing and will not be given any more."""
        if not dose.after or self._given_before(dose):
            return False
        before = next(each for each in self.schedule.vaccines if each.code == dose.after["code"])
        return completed_months(self.child.birth_on, self.today) >= before.no_catch_up_from_m

    def _given_before(self, dose: Dose) -> date | None:
        wanted = (dose.after["code"], dose.after["dose"])
        return next((each.on for each in self.child.given if (each.vaccine, each.dose) == wanted), None)

    def _due_on(self, dose: Dose) -> date | None:
        """Return the first day the dose can be given; None while one that comes before it is missing."""
        first = min(each.dose for each in self.doses)
        has_earlier = dose.dose > first or (self.vaccine.series is not None and dose.dose > 1)
        if has_earlier and dose.dose - 1 not in self.given:
            return None
        if dose.after and not self._given_before(dose):
            return None
        age_on = add_months(self.child.birth_on, dose.age_months)
        due_on = max(filter(None, (age_on, self._after_earlier_doses(dose))))
        live = self._live_before(max(due_on, self.today))
        return max(due_on, live + timedelta(days=self.schedule.live_gap_days)) if live else due_on

    # --- intervals ----------------------------------------------------------------------------------------------------

    def _after_earlier_doses(self, dose: Dose) -> date | None:
        """Return the first day that keeps every interval to the doses before; None where there are none."""
        days = []
        before, first = self.given.get(dose.dose - 1), self.given.get(1)
        if before and dose.min_interval_days:
            days.append(before.on + timedelta(days=dose.min_interval_days))
        if before and dose.min_interval_months:
            days.append(add_months(before.on, dose.min_interval_months))
        if first and dose.min_interval_from_dose1_months:
            days.append(add_months(first.on, dose.min_interval_from_dose1_months))
        if dose.after and (other_on := self._given_before(dose)):
            days.append(add_months(other_on, dose.after["min_interval_months"]))
        return max(days, default=None)

    def _latest_on(self, dose: Dose) -> date | None:
        before = self.given.get(dose.dose - 1)
        if before is None or dose.max_interval_days is None:
            return None
        return before.on + timedelta(days=dose.max_interval_days)

    def _live_before(self, on: date) -> date | None:
        """Return when another injected live vaccine was last given, if that is less than the gap before a day."""
        if not self.vaccine.is_live_injected:
            return None
        products = (*self.schedule.vaccines, *self.schedule.local)
        live = {each.code for each in products if each.is_live_injected}
        others = live - {self.vaccine.code}
        gap = timedelta(days=self.schedule.live_gap_days)
        days = [each.on for each in self.child.given if each.vaccine in others and on - gap < each.on < on]
        return max(days, default=None)
