"""Growth: reference tables, z-scores and bands, chart geometry. Pure: no Flask, no database, no clock."""

from mengya_health.growth.judging import INDICATORS, judge, reference_for, who_reference
from mengya_health.growth.lms import LMS, OutsideReference, measurement_at, z_score
from mengya_health.growth.visits import NOTES, REASONS, Judgement, Score, Visit

__all__ = [
    "INDICATORS",
    "LMS",
    "NOTES",
    "REASONS",
    "Judgement",
    "OutsideReference",
    "Score",
    "Visit",
    "judge",
    "measurement_at",
    "reference_for",
    "who_reference",
    "z_score",
]
