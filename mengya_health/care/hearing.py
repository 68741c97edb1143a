"""Whether a case asks for a hearing check beside everything else: whoever speaks late is heard first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mengya_health.care.facts import CaseFacts
from mengya_health.care.pathway_rules import history_of
from mengya_health.care.readings import READING_KINDS
from mengya_health.content.shapes import Sourced
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.pathway_rules import RuleOutcome, rule_met

HEARING = "SCR_HEARING"
RULE = "requires_hearing_check_if"
LEFT_OPEN = ("incomplete", "not_applicable")
KNOWN_RESULTS = (1, 2)  # of SCR_HEARING.result: passed, not passed


@dataclass(frozen=True)
class HearingWanted:
    """A hearing check is asked for. `is_certain` is False where only somebody's worry is on file: the doctor knows."""

    is_certain: bool
    text: str
    origin: Sourced


def hearing_wanted(facts: CaseFacts) -> HearingWanted | None:
    """Return that a case asks for a hearing check nobody has done since; None where not.

    A language or hearing sign, a low quotient of language or a loss of language asks for one, by the rule of the
    pathway on development; so may a concern that somebody raised, which is in words alone.
    """
    if HEARING not in facts.pathway.screenings or facts.loop.is_closed(facts.state):
        return None
    outcome = _outcome(facts)
    if outcome is not None and outcome.is_met:
        return None if _was_heard(facts, _since(facts, outcome)) else HearingWanted(True, outcome.text, outcome.origin)
    if not _comes_from_worry(facts) or _was_heard(facts, facts.opened_on or facts.today):
        return None
    return HearingWanted(False, "", Sourced(basis="product_default", verified=False))


def _outcome(facts: CaseFacts) -> RuleOutcome | None:
    """Return the rule as it stands on what is on file, whichever pathway states it."""
    stated = [each for each in facts.content.pathways.values() if each.rules.requires_hearing_check_if]
    history = history_of(facts, unticked="no")
    return next((rule_met(facts.content, each.id, RULE, history) for each in stated), None)


def _since(facts: CaseFacts, outcome: RuleOutcome) -> date:
    days = [figure.on for figure in outcome.figures]
    days += [entry.happened_on for entry in _readings(facts) if entry.content.get("positive_domains")]
    return min(max(days, default=facts.today), facts.opened_on or facts.today)


def _was_heard(facts: CaseFacts, since: date) -> bool:
    return any(entry.happened_on >= since and _tells_of_hearing(entry) for entry in _readings(facts))


def _tells_of_hearing(entry: OpenEntry) -> bool:
    said = entry.content
    if said.get("sheet") == HEARING:
        return said["answers"].get("result") in KNOWN_RESULTS
    screenings = said.get("screenings", ())
    return any(each["screening"] == HEARING and each["conclusion"] not in LEFT_OPEN for each in screenings)


def _comes_from_worry(facts: CaseFacts) -> bool:
    return any(task.kind == "concern" and task.body.get("outcome") == "accepted" for task in facts.own_tasks)


def _readings(facts: CaseFacts) -> list[OpenEntry]:
    return [entry for entry in facts.entries if entry.kind in READING_KINDS and entry.status == "active"]
