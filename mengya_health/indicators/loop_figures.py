"""How the loop goes at a clinic and in a district: medians and shares over a stretch of time, and what waits now.

Plain columns only: no record is opened for a figure. A clinic's doctors see their own figures as they are; what is said
of a district is of children whose guardians agree to statistics (P4), and nothing of it is of fewer than five.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, select

from mengya_health import audit
from mengya_health.access import fence
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.clocks import CARE_TASK, quiet_since
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES, Case, CaseStep, Referral, Task
from mengya_health.care.queries import is_going
from mengya_health.growth.ages import add_months
from mengya_health.indicators.counting import ERASED, agreed_to_statistics
from mengya_health.indicators.grouping import shown_alone
from mengya_health.indicators.measures import HANDS, EntryDay, Figure, Observed, ReferralRow, figure, observe
from mengya_health.indicators.periods import OBSERVED_MONTHS, Period, finished, running
from mengya_health.indicators.rounds import INTERVENTION, StepRow, rounds_of
from mengya_health.indicators.suppression import INSIDE_K, publishable
from mengya_health.people.leads import in_district_of
from mengya_health.people.models import Organisation, Region
from mengya_health.record.models import Entry
from mengya_health.work import LOCAL

Figures = Mapping[str, Figure | None]  # by indicator; None: of too few to be shown


@dataclass(frozen=True)
class Waiting:
    """What there is today: open cases by stage, and those with something late by whose turn it is."""

    by_stage: Mapping[str, int]
    late_by_turn: Mapping[str, int]


@dataclass(frozen=True)
class LoopFigures:
    """Figures over a period. Of a district also by 街镇, as far as these are shown alone, and of the rest together."""

    period: Period
    whole: Figures
    waiting: Waiting
    streets: tuple[tuple[str, Figures], ...]
    together: Figures


def clinic_figures(work, organisation_id: UUID, kind: str) -> LoopFigures:
    """Return a clinic's figures over the last months up to today (`kind` of `periods.MONTHS`), as they are.

    Raises NotPermitted.
    """
    require(work.actor, Permission.CLINIC_FIGURES, PlaceSubject(organisation_id))
    period, here = running(kind, work.today), Organisation.id == organisation_id
    observed = _observed(work, here, period, None)
    audit.note(work, "R", None, "statistics", purpose="statistics")
    return LoopFigures(period, _pooled(work, observed), _waiting(work, here, None), (), {})


def district_figures(work, kind: str) -> LoopFigures:
    """Return the figures of the actor's district over time that is over, with whatever is too small left out.

    Counts are steps of five, rounded down. Raises NotPermitted for anybody but its managers.
    """
    require(work.actor, Permission.DISTRICT_FIGURES, PlaceSubject(None))
    fence.lift(work.session)  # figures are about everybody, and whoever reads them is tied to nobody
    period, agreed = finished(kind, work.today), agreed_to_statistics(work)
    near = in_district_of(place.organisation_id for place in work.actor.places_as("manager"))
    observed = _observed(work, near, period, agreed)
    waiting = _waiting(work, near, agreed)
    audit.note(work, "R", None, "statistics", purpose="statistics")
    alone = {indicator: shown_alone(_numbers(seen), INSIDE_K) for indicator, seen in observed.items()}
    parts, left = _parted(observed, alone)
    streets = tuple(
        (name, _rounded(work, parts.get(street_id, {}))) for street_id, name in work.session.execute(_streets(near))
    )
    return LoopFigures(
        period,
        _rounded(work, observed),
        Waiting(publishable(waiting.by_stage, {}, INSIDE_K), publishable(waiting.late_by_turn, {}, INSIDE_K)),
        streets,
        _rounded(work, left),
    )


# --- inside -----------------------------------------------------------------------------------------------------------


def _observed(work, places: ColumnElement, period: Period, agreed: set[UUID] | None) -> Observed:
    """Return what every round and referral of some places says, by 街镇; of these children only, unless None."""

    def taken(wanted: Select, row: type) -> list:
        rows = map(row._make, work.session.execute(wanted))
        return [each for each in rows if agreed is None or each.child_id in agreed]

    stages = {name: state.stage for name, state in loop_of(work.content).states.items()}
    supporting = [name for name, stage in stages.items() if stage == INTERVENTION]
    return observe(
        period,
        rounds_of(taken(_steps(places, period), StepRow), stages),
        taken(_referrals(places, period), ReferralRow),
        taken(_written(places, period, supporting), EntryDay),
        work.content.time_limits,
    )


def _steps(places: ColumnElement, period: Period) -> Select:
    """Return the SELECT of all steps of the cases in which something happened since what the period asks about."""
    since = _midnight(add_months(period.first_on, -OBSERVED_MONTHS))
    lively = select(CaseStep.case_id).where(CaseStep.at >= since)
    step = CaseStep
    return (
        _at(
            places,
            select(
                Case.id,
                Case.child_id,
                Organisation.region_id,
                step.event,
                step.from_state,
                step.to_state,
                step.round,
                step.at,
            ),
        )
        .join(step, step.case_id == Case.id)
        .where(Case.id.in_(lively))
        .order_by(Case.id, step.seq)
    )


def _referrals(places: ColumnElement, period: Period) -> Select:
    chosen = select(Referral.child_id, Organisation.region_id, Referral.visited_on, Entry.recorded_at)
    return (
        _at(places, chosen, Referral)
        .outerjoin(Entry, Entry.id == Referral.feedback_entry_id)
        .where(
            Referral.reply_due_on.between(period.first_on, period.last_on),
            Referral.status != "entered-in-error",
        )
    )


def _written(places: ColumnElement, period: Period, supporting: list[str]) -> Select:
    """Return the SELECT of the days on which a section of the children was written whose support ended meanwhile."""
    ended = _at(places, select(Case.child_id)).join(CaseStep, CaseStep.case_id == Case.id)
    ended = ended.where(CaseStep.from_state.in_(supporting), CaseStep.at >= _midnight(period.first_on))
    return (
        select(Entry.child_id, Entry.section, Entry.happened_on)
        .where(
            Entry.child_id.in_(ended),
            Entry.section.in_(HANDS),
            Entry.status != "entered-in-error",
            Entry.happened_on <= period.last_on,
        )
        .distinct()
    )


def _waiting(work, places: ColumnElement, agreed: set[UUID] | None) -> Waiting:
    """Return what is open today; a task of the plan is late once nothing was written down for as long as it may."""
    loop = loop_of(work.content)
    quiet_on = quiet_since(loop, work.content.time_limits, work.today)
    is_late = case((Task.kind == CARE_TASK, Task.due_on <= quiet_on), else_=Task.due_on < work.today)
    wanted = (
        _at(places, select(Case.id, Case.child_id, Case.state, Task.whose_turn).distinct())
        .outerjoin(Task, and_(Task.case_id == Case.id, is_going(), is_late))
        .where(Case.state.not_in(CLOSED_STATES))
    )
    rows = [row for row in work.session.execute(wanted) if agreed is None or row.child_id in agreed]
    stages = {row.id: loop.states[row.state].stage for row in rows}
    return Waiting(Counter(stages.values()), Counter(row.whose_turn for row in rows if row.whose_turn))


def _streets(places: ColumnElement) -> Select:
    """Return the SELECT of the 街镇 whose clinics look after the cases, by id and name."""
    with_clinics = select(Organisation.region_id).where(Organisation.kind == "clinic")
    return select(Region.id, Region.name).where(places, Region.id.in_(with_clinics)).order_by(Region.code)


def _at(places: ColumnElement, chosen: Select, of=Case) -> Select:
    """Return a SELECT from cases, or referrals, limited to some places; of no erased record."""
    return (
        chosen.select_from(of)
        .join(Organisation, Organisation.id == of.organisation_id)
        .join(Region, Region.id == Organisation.region_id)
        .where(places, of.child_id.not_in(ERASED))
    )


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), LOCAL)


def _numbers(by_street: Mapping[UUID, list[int]]) -> dict[UUID, int]:
    return {street_id: len(seen) for street_id, seen in sorted(by_street.items())}


def _parted(observed: Observed, alone: Mapping[str, list[UUID]]) -> tuple[dict[UUID, Observed], Observed]:
    """Return what is shown of each 街镇 alone, and everything else."""
    parts: dict[UUID, Observed] = defaultdict(dict)
    left: Observed = defaultdict(dict)
    for indicator, by_street in observed.items():
        for street_id, seen in by_street.items():
            side = parts[street_id] if street_id in alone[indicator] else left
            side[indicator] = {**side.get(indicator, {}), street_id: seen}
    return parts, left


def _pooled(work, observed: Observed) -> dict[str, Figure]:
    """Return the figure of every indicator that is counted here, all places together."""
    counted = {name: each for name, each in work.content.indicators.items() if each.counted}
    return {
        name: figure(each.kind, [one for seen in observed.get(name, {}).values() for one in seen])
        for name, each in counted.items()
    }


def _rounded(work, observed: Observed) -> Figures:
    """Return the figures with their counts in steps of five; None for what is of fewer."""
    return {
        name: None
        if exact.number < INSIDE_K
        else Figure(exact.value, exact.number - exact.number % INSIDE_K, is_rounded=True)
        for name, exact in _pooled(work, observed).items()
    }
