"""Every disease of behaviours.yaml at its boundary: the day before, the day itself, and each thing that is missing."""

from datetime import date, datetime, timedelta

import pytest

from mengya_health.screening.returning import COUNTED, Course, conditions_asked, facts_asked, return_of
from mengya_health.work import LOCAL

NEVER_ASKED = datetime.min.replace(tzinfo=LOCAL)  # ticks alone are enough


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=LOCAL)


DAY0 = date(2026, 11, 1)
NOON = at(2026, 11, 1, 12, 0)
ALL_FACTS = {"onset_on": DAY0, "rash_on": DAY0, "antibiotic_on": DAY0, "symptom_free_at": NOON, "afebrile_at": NOON}

# Disease → the first moment at which the child may come back, every fact being of 1 November (noon where it has a time)
# and every condition ticked.
FIRST = {
    "HFMD": at(2026, 11, 15),
    "HERP": at(2026, 11, 8),
    "VAR": at(2026, 11, 15),
    "NORO": at(2026, 11, 4, 12),
    "ILI": at(2026, 11, 3, 12),
    "MUMPS": at(2026, 11, 11),
    "SCAR": at(2026, 11, 8),
    "MEAS": at(2026, 11, 6),
    "RUB": at(2026, 11, 8),
    "AHC": at(2026, 11, 8),
    "DIAR": at(2026, 11, 4),
    "DYS": NEVER_ASKED,  # two negative cultures are enough
    "HEPA": at(2026, 11, 22),
    "FEVER": at(2026, 11, 2, 12),
    "PERT": at(2026, 11, 6),
    "TB": NEVER_ASKED,
    "CONJ": NEVER_ASKED,
    "COVID": at(2026, 11, 6),  # with five days by the district's notice
}


def course_of(rule, **changed) -> Course:
    facts = {name: ALL_FACTS[name] for name in facts_asked(rule)}
    given = {"conditions": frozenset(conditions_asked(rule)), "certificate": "seen"}
    if rule.get("configurable"):
        given["days_by_notice"] = 5
    return Course(**facts | given | changed)


def test_every_disease_has_its_first_day_written_here(content):
    assert FIRST.keys() == content.behaviours.infections.keys()
    known = {*COUNTED, "conditions", "any", "configurable", "if_pneumonia_rash_days_ge"}
    for infection in content.behaviours.infections.values():
        assert {key for rule in infection.rule.get("any", (infection.rule,)) for key in rule} <= known


@pytest.mark.parametrize("code", FIRST)
def test_nobody_comes_back_a_moment_too_early_nor_waits_longer(content, code):
    rule, first = content.behaviours.infections[code].rule, FIRST[code]
    back = return_of(rule, course_of(rule))
    if first > NEVER_ASKED:
        assert min(way.from_at for way in back.ways if way.from_at) == first
        assert not back.may_return(first - timedelta(minutes=1))
    assert back.may_return(max(first, NOON))


@pytest.mark.parametrize("code", FIRST)
def test_a_certificate_is_asked_for_whatever_the_days(content, code):
    rule = content.behaviours.infections[code].rule
    assert not return_of(rule, course_of(rule, certificate="")).may_return(at(2027, 11, 1))
    assert return_of(rule, course_of(rule, certificate="doctor")).may_return(at(2027, 11, 1))


@pytest.mark.parametrize("code", FIRST)
def test_each_condition_and_each_date_counts(content, code):
    rule = content.behaviours.infections[code].rule
    late = at(2027, 11, 1)
    if "any" in rule:
        nothing = Course(certificate="seen")
        assert not return_of(rule, nothing).may_return(late)
        return
    for condition in conditions_asked(rule):
        back = return_of(rule, course_of(rule, conditions=frozenset(conditions_asked(rule)) - {condition}))
        assert back.best.open == (condition,)
        assert not back.may_return(late)
    for fact in facts_asked(rule):
        back = return_of(rule, course_of(rule, **{fact: None}))
        assert back.best.missing == (fact,)
        assert back.best.from_at is None
        assert not back.may_return(late)


def test_measles_with_pneumonia_takes_ten_days(content):
    rule = content.behaviours.infections["MEAS"].rule
    assert return_of(rule, course_of(rule, has_pneumonia=True)).best.from_at == at(2026, 11, 11)
    rubella = content.behaviours.infections["RUB"].rule
    assert return_of(rubella, course_of(rubella, has_pneumonia=True)).best.from_at == at(2026, 11, 8)


def test_whooping_cough_without_antibiotics_takes_twenty_one_days(content):
    rule = content.behaviours.infections["PERT"].rule
    back = return_of(rule, Course(onset_on=DAY0, certificate="seen"))
    assert back.best.from_at == at(2026, 11, 22)
    assert not back.may_return(at(2026, 11, 21, 23, 59))
    # Antibiotics begun late do not lengthen it.
    late = return_of(rule, Course(onset_on=DAY0, antibiotic_on=DAY0 + timedelta(days=19), certificate="seen"))
    assert late.may_return(at(2026, 11, 22))


def test_dysentery_without_cultures_takes_a_week_without_symptoms(content):
    rule = content.behaviours.infections["DYS"].rule
    back = return_of(rule, Course(symptom_free_at=NOON, certificate="seen"))
    assert back.best.from_at == at(2026, 11, 8)
    assert not back.may_return(at(2026, 11, 7, 23, 59))
    assert back.may_return(at(2026, 11, 8))


def test_what_the_district_has_to_say_is_asked_for(content):
    rule = content.behaviours.infections["COVID"].rule
    back = return_of(rule, course_of(rule, days_by_notice=None))
    assert back.best.missing == ("days_by_notice",)
    assert not back.may_return(at(2027, 11, 1))


def test_days_and_conditions_count_whichever_is_later(content):
    rule = content.behaviours.infections["SCAR"].rule
    back = return_of(rule, course_of(rule, conditions=frozenset()))
    assert (back.best.from_at, len(back.best.open)) == (at(2026, 11, 8), 2)


def test_a_day_of_the_calendar_counts_over_the_end_of_a_leap_february(content):
    rule = content.behaviours.infections["DIAR"].rule
    back = return_of(rule, Course(symptom_free_at=at(2028, 2, 27, 23, 50), certificate="seen"))
    assert back.best.from_at == at(2028, 3, 1)


def test_of_two_clocks_the_later_counts():
    rule = {"onset_days_ge": 7, "symptom_free_days_ge": 3}
    for free_from, first in ((at(2026, 11, 2), at(2026, 11, 8)), (at(2026, 11, 7), at(2026, 11, 10))):
        back = return_of(rule, Course(onset_on=DAY0, symptom_free_at=free_from, certificate="seen"))
        assert back.best.from_at == first
        assert not back.may_return(first - timedelta(minutes=1))
        assert back.may_return(first)
