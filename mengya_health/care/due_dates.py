"""When the next thing is due. Pure: intervals come from the pathway, the service menu and the loop's rhythms."""

from datetime import date, timedelta

from mengya_health.care.facts import CaseFacts
from mengya_health.care.pathway_rules import history_of
from mengya_health.care.workflow import Workflow
from mengya_health.content.follow_up_intervals import Days, IntervalChoice, interval_of_age
from mengya_health.screening.conditions import judge


def follow_up_on(facts: CaseFacts, stage: str, done: int, last_on: date) -> date:
    """Return when the doctor looks again: the pathway's next interval after `done` follow-ups; the last one repeats."""
    days = _intervals(facts, stage, last_on)
    if days is None:
        return facts.content.time_limits[facts.loop.due["follow_up"]].due_on(last_on)
    interval = days if isinstance(days, int) else days[min(done, len(days) - 1)]
    return last_on + timedelta(days=interval)


def is_last_follow_up(facts: CaseFacts, stage: str, done: int) -> bool:
    """Return whether as many follow-ups are done as the pathway plans in this stage: a list's number, else one."""
    days = _intervals(facts, stage, facts.today)
    return done >= (len(days) if isinstance(days, tuple) else 1)


def _intervals(facts: CaseFacts, stage: str, on: date) -> Days | None:
    """Return the intervals in force: those of the first choice that holds on what is on file, and at this age."""
    days = facts.pathway.rules.follow_up_days.get(stage)
    if not isinstance(days, tuple) or not isinstance(days[0], IntervalChoice):
        return days
    history = history_of(facts, unticked="no")
    chosen = next(each for each in days if each.condition is None or judge(each.condition, history).holds)
    if chosen.rows_of is None:
        return chosen.days
    screening, row = chosen.rows_of
    rows = facts.content.screenings[screening].reference["followup"]["interval_rules"][row]
    return interval_of_age(rows, facts.child.corrected_months(on))


def next_check_in_on(loop: Workflow, frequency: str, last_on: date) -> date:
    """Return when a task of the menu is to be written down again."""
    return last_on + timedelta(days=loop.rhythms[frequency].every_days)


def records_needed(loop: Workflow, frequency: str, weeks: int) -> int:
    """Return on how many days a task has to be written down before it counts as done well enough."""
    rhythm = loop.rhythms[frequency]
    possible = rhythm.times or max(1, weeks * 7 // rhythm.every_days)
    return min(loop.limits.home_records, possible)


def ends_on(start_on: date, weeks: int) -> date:
    """Return the last day of a task that runs for so many weeks."""
    return start_on + timedelta(weeks=weeks)
