"""When the next thing is due. Pure: intervals come from the pathway, the service menu and the loop's rhythms."""

from datetime import date, timedelta

from mengya_health.care.facts import CaseFacts
from mengya_health.care.workflow import Workflow


def follow_up_on(facts: CaseFacts, stage: str, done: int, last_on: date) -> date:
    """Return when the doctor looks again: the pathway's next interval after `done` follow-ups; the last one repeats."""
    days = facts.pathway.rules.follow_up_days.get(stage)
    if days is None:
        return facts.content.time_limits[facts.loop.due["follow_up"]].due_on(last_on)
    interval = days if isinstance(days, int) else days[min(done, len(days) - 1)]
    return last_on + timedelta(days=interval)


def is_last_follow_up(facts: CaseFacts, stage: str, done: int) -> bool:
    """Return whether the pathway plans a fixed number of follow-ups in this stage and all of them are done."""
    days = facts.pathway.rules.follow_up_days.get(stage)
    return days is not None and not isinstance(days, int) and done >= len(days)


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
