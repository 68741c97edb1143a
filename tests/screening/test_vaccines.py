"""Every dose of the immunisation schedule at its boundaries, and each rule. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.growth.ages import add_months
from mengya_health.screening.vaccines import (
    ASK_CLINIC,
    CATCH_UP,
    DONE,
    DUE,
    NOT_APPLICABLE,
    NOT_DUE,
    Given,
    Vaccinee,
    blood_test_window,
    dose_lines,
)

SCHEDULE = load_content(WORKFLOWS).vaccination
SHANGHAI = "310106"
# An ordinary day, a month end that February and April do not have, a leap day.
BIRTHS = (date(2025, 11, 20), date(2025, 8, 31), date(2028, 2, 29))
DAY = timedelta(days=1)
PRODUCTS = (*SCHEDULE.vaccines, *SCHEDULE.local)
EVERY_DOSE = [(vaccine, dose) for vaccine in PRODUCTS for dose in vaccine.doses]
IDS = [f"{vaccine.code}-{dose.dose}" for vaccine, dose in EVERY_DOSE]


def line_of(child: Vaccinee, code: str, dose: int, on: date):
    (found,) = [each for each in dose_lines(SCHEDULE, child, on) if each.vaccine.code == code and each.dose == dose]
    return found


def status_of(child: Vaccinee, code: str, dose: int, on: date) -> tuple[str, str]:
    found = line_of(child, code, dose, on)
    return found.status, found.why


def child_with(birth_on: date, *given: tuple[str, int, date], **about) -> Vaccinee:
    return Vaccinee(birth_on=birth_on, region=SHANGHAI, given=tuple(Given(*each) for each in given), **about)


def given_before(birth_on: date, vaccine, dose) -> list[Given]:
    """The doses that come before one, each on its first possible day; of IPV and bOPV those of the series."""
    series = [
        (each, other)
        for each in PRODUCTS
        for other in each.doses
        if (each.code == vaccine.code or (vaccine.series and each.series == vaccine.series)) and other.dose < dose.dose
    ]
    if dose.after:
        before = next(each for each in PRODUCTS if each.code == dose.after["code"])
        series = [*((before, other) for other in before.doses), *series]
    found: list[Given] = []
    # JE-I is only worked out once it was begun.
    for each, other in series:
        age_on = add_months(birth_on, other.age_months)
        previous = [given.on for given in found if given.dose == other.dose - 1 and given.vaccine in _series(each)]
        gaps = [previous[0] + timedelta(days=other.min_interval_days or 0)] if previous else []
        gaps += [add_months(previous[0], other.min_interval_months)] if previous and other.min_interval_months else []
        first = [given.on for given in found if given.dose == 1]
        if first and other.min_interval_from_dose1_months:
            gaps.append(add_months(first[0], other.min_interval_from_dose1_months))
        found.append(Given(each.code, other.dose, max([age_on, *gaps])))
    return found


def _series(vaccine) -> set[str]:
    return {each.code for each in PRODUCTS if vaccine.series and each.series == vaccine.series} | {vaccine.code}


@pytest.mark.parametrize("birth_on", BIRTHS, ids=str)
@pytest.mark.parametrize(("vaccine", "dose"), EVERY_DOSE, ids=IDS)
def test_every_dose_is_due_from_its_day_and_to_catch_up_from_its_month(vaccine, dose, birth_on):
    earlier = given_before(birth_on, vaccine, dose)
    if vaccine.is_optional and not earlier:
        assert status_of(Vaccinee(birth_on=birth_on), vaccine.code, 1, birth_on)[0] == NOT_APPLICABLE
        return
    child = Vaccinee(birth_on=birth_on, region=SHANGHAI, given=tuple(earlier))
    if dose.age_months or earlier:
        due_on = line_of(child, vaccine.code, dose.dose, earlier[-1].on if earlier else birth_on).due_on
        assert due_on >= add_months(birth_on, dose.age_months)
        assert status_of(child, vaccine.code, dose.dose, due_on - DAY)[0] == NOT_DUE
    else:
        due_on = birth_on
    assert status_of(child, vaccine.code, dose.dose, due_on) == (DUE, "")
    if dose.max_interval_days:
        last_on = earlier[-1].on + timedelta(days=dose.max_interval_days)
        assert status_of(child, vaccine.code, dose.dose, last_on)[0] == DUE
        assert status_of(child, vaccine.code, dose.dose, last_on + DAY) == (ASK_CLINIC, "interval")
    if dose.complete_before_m:
        ends_on = add_months(birth_on, dose.complete_before_m)
        over = NOT_APPLICABLE if vaccine.no_catch_up_from_m == dose.complete_before_m else CATCH_UP
        assert status_of(child, vaccine.code, dose.dose, ends_on - DAY)[0] == DUE
        assert status_of(child, vaccine.code, dose.dose, ends_on)[0] == over


@pytest.mark.parametrize(("vaccine", "dose"), EVERY_DOSE, ids=IDS)
def test_a_dose_one_day_too_early_is_kept_and_left_to_the_clinic(vaccine, dose):
    birth_on = BIRTHS[0]
    earlier = given_before(birth_on, vaccine, dose)
    bare = Vaccinee(birth_on=birth_on, region=SHANGHAI, given=tuple(earlier))
    begun = replace(bare, given=(*earlier, Given(vaccine.code, dose.dose, add_months(birth_on, 84))))
    assert line_of(begun, vaccine.code, dose.dose, add_months(birth_on, 84)).given_on == add_months(birth_on, 84)
    if not earlier:
        due_on = add_months(birth_on, dose.age_months)
    else:
        due_on = line_of(bare, vaccine.code, dose.dose, earlier[-1].on).due_on
    if due_on == birth_on:
        return
    on_time = replace(bare, given=(*earlier, Given(vaccine.code, dose.dose, due_on)))
    assert status_of(on_time, vaccine.code, dose.dose, due_on) == (DONE, "")
    early = replace(bare, given=(*earlier, Given(vaccine.code, dose.dose, due_on - DAY)))
    status, why = status_of(early, vaccine.code, dose.dose, due_on)
    assert status == ASK_CLINIC
    assert why in ("age", "interval")


BORN = BIRTHS[0]
AT = {months: add_months(BORN, months) for months in range(0, 85)}


@pytest.mark.parametrize(
    ("code", "months", "before"), [("BCG", 48, CATCH_UP), ("MPSV-A", 24, CATCH_UP)], ids=["BCG", "MPSV-A"]
)
def test_some_vaccines_are_not_caught_up_from_an_age_on(code, months, before):
    child = child_with(BORN)
    assert status_of(child, code, 1, AT[months] - DAY)[0] == before
    assert status_of(child, code, 1, AT[months]) == (NOT_APPLICABLE, "too_old")


def test_a_later_dose_waits_for_the_one_before_it_and_only_the_next_one_is_wanted():
    child = child_with(BORN, ("HepB", 1, AT[0]))
    assert [status_of(child, "HepB", dose, AT[14])[0] for dose in (1, 2, 3)] == [DONE, DUE, NOT_DUE]
    assert line_of(child, "HepB", 3, AT[14]).due_on is None


def test_a_missing_dose_before_a_recorded_one_is_for_the_clinic():
    child = child_with(BORN, ("DTaP", 2, AT[4]))
    assert status_of(child, "DTaP", 1, AT[5]) == (ASK_CLINIC, "later_dose")


@pytest.mark.parametrize(("one", "other"), [("JE-L", "JE-I"), ("HepA-L", "HepA-I")])
def test_of_two_products_only_the_chosen_one_is_asked_for(one, other):
    assert status_of(child_with(BORN), one, 1, AT[19])[0] in (DUE, CATCH_UP)
    assert status_of(child_with(BORN), other, 1, AT[19]) == (NOT_APPLICABLE, "alternative")
    chose_other = child_with(BORN, (other, 1, AT[18]))
    assert status_of(chose_other, one, 1, AT[30]) == (NOT_APPLICABLE, "alternative")
    assert status_of(chose_other, other, 2, AT[30])[0] != NOT_APPLICABLE
    both = child_with(BORN, (other, 1, AT[18]), ("JE-L", 1, AT[20]))
    if one == "JE-L":
        assert status_of(both, "JE-L", 2, AT[40]) == (ASK_CLINIC, "mixed")


def test_four_doses_with_ipv_in_them_leave_no_bopv_to_ask_for():
    child = child_with(BORN, *(("IPV", dose, AT[months]) for dose, months in ((1, 2), (2, 3), (3, 4), (4, 18))))
    assert [status_of(child, "bOPV", dose, AT[60]) for dose in (3, 4)] == [(DONE, ""), (DONE, "")]


def test_bopv_goes_on_from_ipv_and_keeps_its_interval():
    late = child_with(BORN, ("IPV", 1, AT[2]), ("IPV", 2, AT[4]))
    assert line_of(late, "bOPV", 3, AT[4]).due_on == AT[4] + timedelta(days=28)
    assert line_of(child_with(BORN, ("IPV", 1, AT[2])), "bOPV", 3, AT[5]).due_on is None


def test_ac_comes_a_year_after_the_second_a_and_is_the_clinics_where_a_was_not_finished():
    second_on = AT[23] + timedelta(days=15)
    whole = child_with(BORN, ("MPSV-A", 1, AT[6]), ("MPSV-A", 2, second_on))
    assert line_of(whole, "MPSV-AC", 1, AT[30]).due_on == max(AT[36], add_months(second_on, 12))
    half = child_with(BORN, ("MPSV-A", 1, AT[6]))
    assert status_of(half, "MPSV-AC", 1, AT[24] - DAY)[0] == NOT_DUE
    assert status_of(half, "MPSV-AC", 1, AT[24]) == (ASK_CLINIC, "after")


def test_injected_live_vaccines_are_given_together_or_28_days_apart():
    varicella_on = AT[18] - timedelta(days=10)
    child = child_with(BORN, ("MMR", 1, AT[8]), ("VarV-SH", 1, varicella_on))
    free_on = varicella_on + timedelta(days=28)
    assert line_of(child, "MMR", 2, AT[18]).due_on == free_on
    assert status_of(child, "MMR", 2, free_on - DAY)[0] == NOT_DUE
    assert status_of(child, "MMR", 2, free_on)[0] == DUE
    assert status_of(child, "MMR", 2, varicella_on)[0] == NOT_DUE
    same_day = child_with(BORN, ("MMR", 1, AT[12]), ("JE-L", 1, AT[12]), ("VarV-SH", 1, AT[12]))
    assert {status_of(same_day, code, 1, AT[13])[0] for code in ("MMR", "JE-L", "VarV-SH")} == {DONE}
    for days, expected in ((27, (ASK_CLINIC, "live_gap")), (28, (DONE, ""))):
        apart = child_with(BORN, ("MMR", 1, AT[8]), ("JE-L", 1, AT[8] + timedelta(days=days)))
        assert status_of(apart, "JE-L", 1, AT[12]) == expected
        assert status_of(apart, "MMR", 1, AT[12]) == (DONE, "")


def test_who_began_dtap_before_2025_is_never_said_to_miss_a_dose():
    born = date(2024, 8, 20)
    last_old = child_with(born, ("DTaP", 1, date(2024, 12, 31)))
    assert status_of(last_old, "DTaP", 1, AT[0])[0] == DONE
    assert {status_of(last_old, "DTaP", dose, date(2030, 1, 1)) for dose in (2, 3, 4, 5)} == {
        (ASK_CLINIC, "transition")
    }
    first_new = child_with(born, ("DTaP", 1, date(2025, 1, 1)))
    assert status_of(first_new, "DTaP", 2, date(2025, 6, 1))[0] == DUE
    # Given by the older schedule at 3, 4 and 5 months: counted, not looked at for age.
    old = child_with(born, *(("DTaP", n, add_months(born, 2 + n)) for n in (1, 2, 3)), ("DT", 1, date(2030, 9, 1)))
    assert [status_of(old, "DTaP", dose, date(2030, 10, 1))[0] for dose in (1, 2, 3, 4, 5)] == [
        DONE, DONE, DONE, ASK_CLINIC, DONE,
    ]  # fmt: skip


def test_a_small_newborn_of_a_mother_with_hbsag_has_four_doses():
    for hbsag in ("positive", "unknown"):
        child = child_with(BORN, ("HepB", 1, AT[0]), birth_weight_g=1999, mother_hbsag=hbsag)
        doses = [each for each in dose_lines(SCHEDULE, child, AT[1]) if each.vaccine.code == "HepB"]
        assert [each.status for each in doses] == [DONE, DUE, NOT_DUE, NOT_DUE]
        later = child_with(BORN, *(("HepB", n, AT[n - 1]) for n in (1, 2, 3)), birth_weight_g=1999, mother_hbsag=hbsag)
        assert line_of(later, "HepB", 4, AT[6]).due_on == AT[7]
    for about in (
        {"birth_weight_g": 2000, "mother_hbsag": "positive"},
        {"birth_weight_g": 1999, "mother_hbsag": "negative"},
    ):
        lines = dose_lines(SCHEDULE, child_with(BORN, **about), AT[1])
        assert len([each for each in lines if each.vaccine.code == "HepB"]) == 3
    nobody_asked = child_with(BORN, birth_weight_g=1999)
    assert status_of(nobody_asked, "HepB", 1, AT[1]) == (ASK_CLINIC, "hbsag")


def test_after_the_last_hepb_a_mother_with_hbsag_is_told_of_the_blood_test():
    doses = (("HepB", 1, AT[0]), ("HepB", 2, AT[1]), ("HepB", 3, AT[6]))

    def window(*given, hbsag):
        child = child_with(BORN, *given, mother_hbsag=hbsag)
        return blood_test_window(SCHEDULE, child, dose_lines(SCHEDULE, child, AT[7]))

    assert window(*doses, hbsag="positive") == (AT[7], AT[8])
    assert window(*doses[:2], hbsag="positive") is None
    assert window(*doses, hbsag="negative") is None
    assert window(*doses, hbsag=None) is None


def test_live_vaccines_of_a_child_with_a_special_state_are_only_for_the_clinic():
    child = child_with(BORN, is_special=True)
    for code, dose in (("BCG", 1), ("MMR", 1), ("JE-L", 1), ("HepA-L", 1), ("VarV-SH", 1), ("bOPV", 3)):
        assert status_of(child, code, dose, AT[20]) == (ASK_CLINIC, "special"), code
    assert status_of(child, "DTaP", 1, AT[20])[0] == DUE


def test_local_vaccines_are_asked_for_where_they_are_local_and_from_their_day_on():
    def codes(birth_on: date, region: str) -> set[str]:
        lines = dose_lines(SCHEDULE, Vaccinee(birth_on=birth_on, region=region), date(2026, 1, 1))
        return {each.vaccine.code for each in lines}

    first = date(2014, 8, 1)
    assert "VarV-SH" in codes(first, "310000")
    assert "VarV-SH" in codes(first, SHANGHAI)
    assert "VarV-SH" not in codes(first - DAY, SHANGHAI)
    assert "VarV-SH" not in codes(first, "330100")
    assert "VarV-SH" not in codes(first, "")


def test_what_parents_pay_for_is_never_asked_for():
    assert {"PCV13", "Hib", "RV", "EV71", "IIV", "VarV", "DT"} <= set(SCHEDULE.recorded)
    lines = dose_lines(SCHEDULE, child_with(BORN, ("PCV13", 1, AT[2])), AT[60])
    assert {each.vaccine.code for each in lines} == {each.code for each in PRODUCTS}
