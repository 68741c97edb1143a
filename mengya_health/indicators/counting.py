"""How many children there are, by place, quarter of birth and stage. Plain facts only: no record is opened."""

from collections import Counter, defaultdict
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from mengya_health.access import fence
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES, Case
from mengya_health.content.consent_texts import LAPSED, consent_texts
from mengya_health.people.erasure_models import Erasure
from mengya_health.people.models import REFUSED, Child, Consent, Relationship
from mengya_health.people.subjects import current

PURPOSE = "P4"  # statistics without identity
NO_CASE = "none"
ERASED = select(Erasure.child_id).where(Erasure.scope == "record", Erasure.status == "done")
STAGES = ("prevention", "screening", "intervention", "consolidation")


class Cell(NamedTuple):
    """What a child is counted under; each child once."""

    place_id: UUID  # where it goes to nursery, else its clinic
    quarter: str  # of birth: 2024Q3
    stage: str  # the earliest that one of its open cases is in, or NO_CASE


def count_children(work) -> Counter[Cell]:
    """Return the true counts, which leave this package only through `suppression`. Raises NotPermitted.

    Counted are children in care today whose guardians agree to statistics (P4). The dead, erased records and decoys, of
    which no tie is current, are not.
    """
    require(work.actor, Permission.EXPORT_FIGURES, PlaceSubject(None))
    fence.lift(work.session)  # figures are about everybody, and whoever takes them is tied to nobody
    agreed, stages = agreed_to_statistics(work), _stages(work)
    return Counter(
        Cell(place_id, quarter_of(birth_ym), stages.get(child_id, NO_CASE))
        for child_id, (place_id, birth_ym) in _in_care(work).items()
        if child_id in agreed
    )


def quarter_of(birth_ym: str) -> str:
    """Return the quarter of a month: 2024Q3 for 2024-07."""
    year, month = birth_ym.split("-")
    return f"{year}Q{(int(month) + 2) // 3}"


def agreed_to_statistics(work) -> set[UUID]:
    """Return the children of whom somebody agreed to be counted (P4) and nobody refuses."""
    chosen = select(Consent.child_id, Consent.how, Consent.text_version)
    words, text = defaultdict(set), consent_texts()[PURPOSE]
    for child_id, how, version in work.session.execute(
        chosen.where(Consent.purpose == PURPOSE, current(Consent, work.today))
    ):
        is_worth = how == REFUSED or text.standing(version, work.today) != LAPSED
        words[child_id].add(how if is_worth else LAPSED)
    return {child_id for child_id, said in words.items() if said - {LAPSED} and REFUSED not in said}


def _in_care(work) -> dict[UUID, tuple[UUID, str]]:
    tie = Relationship
    chosen = (
        select(Child.id, Child.birth_ym, tie.organisation_id)
        .join(tie, tie.child_id == Child.id)
        .where(tie.kind.in_(("care", "enrolment")), tie.organisation_id.is_not(None), current(tie, work.today))
        .where(Child.status == "active", Child.id.not_in(ERASED))
        .order_by(tie.kind, tie.id)  # care before enrolment: the nursery is what stays
    )
    return {child_id: (place_id, birth_ym) for child_id, birth_ym, place_id in work.session.execute(chosen)}


def _stages(work) -> dict[UUID, str]:
    states = loop_of(work.content).states
    found: dict[UUID, str] = {}
    open_cases = select(Case.child_id, Case.state).where(Case.state.not_in(CLOSED_STATES))
    for child_id, state in work.session.execute(open_cases):
        found[child_id] = min(found.get(child_id, STAGES[-1]), states[state].stage, key=STAGES.index)
    return found
