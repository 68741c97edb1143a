"""A referral as a page shows it to either end: the letter, what goes with it, and the reply."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.facts import ReferralFacts
from mengya_health.care.models import Case, Referral
from mengya_health.care.queries import case_body, referral_facts
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.queries import find_child
from mengya_health.record.queries import OpenEntry, entries_of_case

# What may go with a letter beside the growth chart.
MATERIAL_KINDS = ("screening", "follow_up", "referral_feedback", "observation")


@dataclass(frozen=True)
class Letter:
    """One referral with everything the reader may read of it; `closed_materials` counts what they may not."""

    child: ChildFacts
    referral: ReferralFacts
    case_id: UUID
    pathway_id: str
    origin: str
    entry: OpenEntry = field(repr=False)
    feedback: OpenEntry | None = field(repr=False)
    materials: tuple[OpenEntry, ...] = field(repr=False)
    closed_materials: int


def find_letter(work, referral_id: UUID) -> Letter:
    """Return a referral, waiting or settled. Raises NotFound, also for a receiver it was not sent to, NotPermitted."""
    chosen = select(Referral, Case, Organisation.name).join(Case, Case.id == Referral.case_id)
    chosen = chosen.join(Organisation, Organisation.id == Referral.organisation_id)
    found = work.session.execute(chosen.where(Referral.id == referral_id)).one_or_none()
    if found is None:
        raise NotFound
    row, case, origin = found
    child = find_child(work, row.child_id, Permission.READ_HEALTH)
    if work.actor.role == "specialist" and row.receiver_id not in work.actor.organisation_ids:
        raise NotFound
    audit.read(work, child.id, "referral", record_id=row.id)
    entries = {entry.id: entry for entry in entries_of_case(work, child, row.case_id, also=MATERIAL_KINDS)}
    letter = entries[row.entry_id]
    wanted = [UUID(each) for each in letter.content["materials"] if each != "chart"]
    materials = tuple(entries[each] for each in wanted if each in entries)
    return Letter(
        child=child,
        referral=referral_facts(work, row),
        case_id=row.case_id,
        pathway_id=case_body(work, case)["pathway"],
        origin=origin,
        entry=letter,
        feedback=entries.get(row.feedback_entry_id),
        materials=materials,
        closed_materials=len(wanted) - len(materials),
    )


def origins_of(work, children: Iterable[ChildFacts]) -> dict[UUID, str]:
    """Return the names of the clinics in charge of these children, by id, in one statement."""
    clinics = {child.clinic_id for child in children}
    chosen = select(Organisation.id, Organisation.name).where(Organisation.id.in_(clinics))
    return dict(work.session.execute(chosen).all())
