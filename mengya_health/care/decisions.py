"""Several decisions in one save, as after a health check that found something: all of them, or none."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from mengya_health.care.commands import clear, flag, release, reopen, rescreen, stop_case
from mengya_health.care.follow_ups import meet_goals
from mengya_health.care.plans import make_plan, relapse, revise
from mengya_health.care.referrals import refer_child

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
