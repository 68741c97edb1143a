"""Who acts: a user in one request, with what the sealed rows say they are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

# What a guardian may close for whom. The clinic keeps the health record by law; a nursery never sees the family's.
CLOSABLE = {
    "nursery": ("health", "behaviour"),
    "clinic": ("behaviour", "family"),
    "receiver": ("health",),
    "caregiver": ("health", "behaviour", "family"),
}


@dataclass(frozen=True)
class Place:
    """One membership: a role at an organisation, perhaps in one class."""

    role: str
    organisation_id: UUID | None
    group_id: UUID | None


@dataclass(frozen=True)
class Emergency:
    """An emergency access that is running: one child, reading only, until a moment. Its row's seal held."""

    id: UUID
    child_id: UUID
    until_at: datetime


@dataclass(frozen=True)
class ReferralLink:
    """A link of one referral as it opens pages: for that referral and nothing else. Its row's seal held."""

    id: UUID
    referral_id: UUID
    receiver_id: UUID


@dataclass(frozen=True)
class Actor:
    """The person behind a request or a job. `session_kind` is how they came in."""

    user_id: UUID
    role: str  # the role they act in now
    places: tuple[Place, ...] = ()
    session_id: UUID | None = None
    session_kind: str = "password"  # password | passkey | device (a bound phone: reading only) | job
    reauthenticated_at: datetime | None = None  # when they last gave their password or passkey
    language: str = "zh"
    large_text: bool = False
    letter_keys: bool = True  # letters and signs pressed alone are shortcuts
    link: ReferralLink | None = None  # came by a link of one referral, without an account
    has_news: bool = False  # in their inbox, since they last looked
    inbox_seen_at: datetime | None = None  # when they did
    emergency: Emergency | None = None  # 紧急查阅, in a web session only: jobs have none, so nothing is printed by it

    def places_as(self, *roles: str) -> tuple[Place, ...]:
        """Return the actor's memberships in any of these roles."""
        return tuple(place for place in self.places if place.role in roles)

    @property
    def organisation_ids(self) -> frozenset[UUID]:
        return frozenset(place.organisation_id for place in self.places if place.organisation_id)

    @property
    def receiving_ids(self) -> frozenset[UUID]:
        """The institutions for which they receive referrals."""
        places = {place.organisation_id for place in self.places_as("specialist")}
        return frozenset(places | {self.link.receiver_id} if self.link else places)

    @property
    def group_ids(self) -> frozenset[UUID]:
        return frozenset(place.group_id for place in self.places if place.group_id)


# What somebody granted runs out within a year, whatever its row says; guardianship and the clinic's care are no grants.
GRANTED_FOR = timedelta(days=366)
GRANTS = ("enrolment", "caregiver", "visit", "receiver", "reviewer", "handover", "conference")


@dataclass(frozen=True)
class Tie:
    """One relationship of a child as a plain value; only rows whose seal held become one."""

    id: UUID
    kind: str
    user_id: UUID | None
    organisation_id: UUID | None
    group_id: UUID | None
    authority: str
    from_on: date
    to_on: date | None  # the first day it no longer holds
    basis_id: UUID | None = None  # the evidence: a referral, a booked visit

    @property
    def ends_on(self) -> date | None:
        """The first day it no longer holds; None for what does not run out."""
        if self.kind not in GRANTS and not (self.kind == "care" and self.user_id):
            return self.to_on
        latest = self.from_on + GRANTED_FOR
        return min(self.to_on, latest) if self.to_on else latest

    def holds_on(self, today: date) -> bool:
        return self.from_on <= today and (self.ends_on is None or today < self.ends_on)


@dataclass(frozen=True)
class ConsentHeld:
    """One guardian's word on one purpose, in force."""

    purpose: str
    receiver_id: UUID | None
    given_by: UUID | None  # no account where it was signed on paper
    answer: str = "agreed"  # agreed | refused | lapsed: agreed to an older text that no longer covers what is done
    text_version: str = ""


@dataclass(frozen=True)
class Closed:
    """One section that a guardian has closed for a kind of reader, or for one of them."""

    section: str
    towards: str  # see CLOSABLE
    receiver_id: UUID | None = None


@dataclass(frozen=True)
class ChildSubject:
    """What the rules may know of a child: its ties, the consents in force, and today's date."""

    child_id: UUID
    today: date
    clinic_id: UUID
    ties: tuple[Tie, ...] = ()
    consents: tuple[ConsentHeld, ...] = field(default=())
    closed: tuple[Closed, ...] = ()
    ended: tuple[tuple[str, date | None], ...] = ()  # a class, and until when it is only stored; None: destroyed

    def current(self, kind: str) -> tuple[Tie, ...]:
        """Return the ties of one kind that hold today."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Tie, ...]]:
        """The ties that hold today, by kind: a page asks for them with every permission it offers something by."""
        holding = [tie for tie in self.ties if tie.holds_on(self.today)]
        return {kind: tuple(tie for tie in holding if tie.kind == kind) for kind in {tie.kind for tie in holding}}

    def has_ended(self, key_class: str) -> bool:
        """Return whether a class was destroyed, or is only stored any more: nobody reads or writes it."""
        return any(name == key_class for name, _until in self.ended)

    def has_consent(self, purpose: str, receiver_id: UUID | None = None) -> bool:
        """Return whether a purpose is consented; P3 only for the receiver it names, or for all when it names none.

        While guardians disagree nothing is shared: what one agreed to and another refuses does not count, nor does any
        sharing while they disagree about the record itself. The clinic's own record (P1) goes on.
        """
        if purpose != "P1" and (self.is_disputed(purpose) or self.is_disputed("P1")):
            return False
        return any(
            held.purpose == purpose
            and held.answer == "agreed"
            and (receiver_id is None or held.receiver_id in (None, receiver_id))
            for held in self.consents
        )

    def refusing(self, purpose: str) -> frozenset[UUID]:
        """Return the guardians who said no to a purpose; the word of one who no longer signs does not count."""
        refused = {held.given_by for held in self.consents if held.purpose == purpose and held.answer == "refused"}
        if not refused:  # nearly always
            return frozenset()
        return frozenset(tie.user_id for tie in self.current("guardian") if tie.authority == "signs") & refused

    def is_disputed(self, purpose: str) -> bool:
        """Return whether one guardian refuses what somebody else agreed to."""
        refusing = self.refusing(purpose)
        return bool(refusing) and any(
            held.purpose == purpose and held.answer == "agreed" and refusing - {held.given_by} for held in self.consents
        )

    def is_closed(self, section: str, towards: str, receiver_ids: Collection[UUID] = ()) -> bool:
        """Return whether a section is closed for all readers of a kind, or for one of these."""
        return any(
            (each.section, each.towards) == (section, towards)
            and (each.receiver_id is None or each.receiver_id in receiver_ids)
            for each in self.closed
        )


@dataclass(frozen=True)
class PlaceSubject:
    """A place as the object of a decision."""

    organisation_id: UUID


@dataclass(frozen=True)
class ReportSubject:
    """A mandatory report as the object of a decision."""

    author_id: UUID
    organisation_id: UUID | None  # where it was written
    area_ids: frozenset[UUID]  # places in whose district that lies, among those the reader watches a district from
    family_ids: frozenset[UUID]  # who may not read it whatever their office: the child's own family
