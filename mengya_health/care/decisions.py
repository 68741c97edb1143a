"""Several decisions in one save, as after a health check that found something: all of them, or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from mengya_health.care.commands import clear, flag, open_case, release, reopen, rescreen, stop_case
from mengya_health.care.follow_ups import meet_goals
from mengya_health.care.plans import make_plan, relapse, revise
from mengya_health.care.queries import open_case_on
from mengya_health.care.referrals import refer_child
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.commands import decide_findings
from mengya_health.screening.decisions import NOT_NOW, OPEN, Decision, undecided

BY_EVENT: Mapping[str, Callable] = {
    "flag": flag,
    "rescreen": rescreen,
    "refer": refer_child,
    "clear": clear,
    "release": release,
    "plan": make_plan,
    "revise": revise,
    "meet_goals": meet_goals,
    "relapse": relapse,
    "stop": stop_case,
    "reopen": reopen,
}


def apply_events(work, case_id: UUID, events: Iterable[tuple[str, Mapping]]) -> None:
    """Send a doctor's events to a case one after the other: each is checked and recorded, and each gets its arguments.

    The unit of work makes them one: if any is refused, its error leaves here and nothing of it all is stored.
    """
    for event, arguments in events:
        BY_EVENT[event](work, case_id, **arguments)


def decide_check(
    work, child: ChildFacts, opened: OpenEntry, decisions: Sequence[Decision], *, row_version: int
) -> Entry:
    """Write down what the doctor decided about a check, and open the cases decided on, or join those that are open.

    A finding that reaches the pathway's mark takes the case on into screening at once. Raises as `open_case`, `flag`,
    and Conflict where somebody changed the check in between.
    """
    ways = {each["pathway"]: each["how"] for each in undecided(opened)}
    cases = {}
    for each in decisions:
        if each.decision == NOT_NOW:
            continue
        case = open_case_on(work, child, each.pathway)
        case = case or open_case(work, child.id, pathway_id=each.pathway, reason=each.reason)
        if each.decision == OPEN and ways[each.pathway] == "open" and case.state == "watching":
            flag(work, case.id, reason=each.reason)
        cases[each.pathway] = case.id
    return decide_findings(work, child, opened, decisions, row_version=row_version, cases=cases)
