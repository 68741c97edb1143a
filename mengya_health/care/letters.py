"""A referral as a page shows it to either end: the letter, what goes with it, and the reply."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.facts import ReferralFacts
from mengya_health.care.models import Case, Referral
from mengya_health.care.referral_lists import has_door
from mengya_health.care.rows import case_body, referral_facts
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.queries import find_child
from mengya_health.record.queries import OpenEntry, SentAlong, sent_along
from mengya_health.screening.measurements import READING_KINDS, Measurement, measurements_in

# What may go with a letter beside the growth chart.
CHART = "chart"  # growth up to the day of the letter
MATERIAL_KINDS = ("screening", "follow_up", "referral_feedback", "observation")


@dataclass(frozen=True)
class Letter:
    """One referral with everything the reader may read of it; `closed_materials` counts what they may not.

    `measurements` are those up to the day of the letter, where the growth chart was chosen.
    """

    child: ChildFacts
    referral: ReferralFacts
    case_id: UUID
    pathway_id: str
    origin: str
    entry: OpenEntry = field(repr=False)
    feedback: OpenEntry | None = field(repr=False)
    materials: tuple[OpenEntry, ...] = field(repr=False)
    closed_materials: int
    measurements: tuple[Measurement, ...] = field(default=(), repr=False)

    @property
    def paper_ids(self) -> list[UUID]:
        """The entries whose files go with it: the letter itself, what was chosen, and the reply."""
        papers = [self.entry, *self.materials] + ([self.feedback] if self.feedback else [])
        return [each.id for each in papers]


def find_letter(work, referral_id: UUID) -> Letter:
    """Return a referral, waiting or settled. Raises NotFound, also for a receiver it was not sent to, NotPermitted."""
    chosen = select(Referral, Case, Organisation.name).join(Case, Case.id == Referral.case_id)
    chosen = chosen.join(Organisation, Organisation.id == Referral.organisation_id)
    found = work.session.execute(chosen.where(Referral.id == referral_id)).one_or_none()
    if found is None:
        raise NotFound
    row, case, origin = found
    child = find_child(work, row.child_id, Permission.READ_REFERRAL)
    if not has_door(work, child, row):
        raise NotFound
    audit.read(work, child.id, "referral", record_id=row.id)
    papers = [each for each in (row.entry_id, row.feedback_entry_id) if each]
    sent = sent_along(work, child, papers, kinds=MATERIAL_KINDS)
    (letter,) = sent.open(lambda each: each.id == row.entry_id)
    chosen_ids = [UUID(each) for each in letter.content["materials"] if each != CHART]
    entries = {each.id: each for each in sent.open(lambda each: each.id in (*chosen_ids, row.feedback_entry_id))}
    materials = tuple(entries[each] for each in chosen_ids if each in entries)
    return Letter(
        child=child,
        referral=referral_facts(work, row),
        case_id=row.case_id,
        pathway_id=case_body(work, case)["pathway"],
        origin=origin,
        entry=letter,
        feedback=entries.get(row.feedback_entry_id),
        materials=materials,
        closed_materials=len(chosen_ids) - len(materials),
        measurements=_measured(sent, row) if CHART in letter.content["materials"] else (),
    )


def origins_of(work, children: Iterable[ChildFacts]) -> dict[UUID, str]:
    """Return the names of the clinics in charge of these children, by id, in one statement."""
    clinics = {child.clinic_id for child in children}
    chosen = select(Organisation.id, Organisation.name).where(Organisation.id.in_(clinics))
    return dict(work.session.execute(chosen).all())


def _measured(sent: SentAlong, row: Referral) -> tuple[Measurement, ...]:
    """Return the measurements up to the day of the letter, oldest first."""
    found = measurements_in(sent.open(lambda each: each.kind in READING_KINDS and each.happened_on <= row.sent_on))
    return tuple(sorted(found, key=lambda each: each.measured_on))
