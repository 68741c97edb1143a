"""How a child of the demo comes to the clinic, the class and the baby house, and its family to an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from mengya_health.access.actor import Actor
from mengya_health.operations.demo_children import BABY_HOUSE, BEAN, DANDELION, SampleChild
from mengya_health.operations.demo_people import PASSWORD, PIN
from mengya_health.operations.demo_stage import Event, Stage
from mengya_health.people.acting import actor_of_user
from mengya_health.people.commands import book_visit, enrol_child, register_child
from mengya_health.people.invitations import invite_caregiver, invite_guardian, redeem_invitation
from mengya_health.people.queries import find_child
from mengya_health.people.renewals import approve_anew, endings
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent
from mengya_health.signing.pins import set_pin

CONSENTS = ("P1", "P2", "P3", "P4")


@dataclass
class Arrival:
    """A child who comes to the clinic, with its family: what was planned of it, and what that has led to."""

    stage: Stage
    sample: SampleChild
    events: list[Event]
    login: str = ""  # of its guardian's account, where it has one
    child_id: UUID | None = None
    guardian: Actor | None = None

    def on(self, days_ago: int, at: time, act: Callable, **how) -> None:
        """Plan something; what would lie today or later has not happened yet."""
        if days_ago > 0:
            event = Event(self.stage.ago(days_ago), at, len(self.events), lambda on, at: act(on, at, **how))
            self.events.append(event)

    @property
    def doctor(self) -> Actor:
        return self.stage.staff["doctor"]

    @property
    def teacher(self) -> Actor:
        return self.stage.staff[{BEAN: "teacher", DANDELION: "teacher2"}[self.sample.plot.place]]

    @property
    def is_in_class(self) -> bool:
        return self.sample.plot.place in (BEAN, DANDELION)

    def register(self, on: date, at: time, *, is_consented: bool = True) -> None:
        sample = self.sample
        contact = {"name": f"{sample.name}的家长", "phone": sample.phone, "relation": "mother"}
        with self.stage.work(self.doctor, on, at) as work:
            child = register_child(
                work,
                clinic_id=self.stage.places["clinic"],
                name=sample.name,
                sex=sample.sex,
                birth_on=sample.birth_on,
                gestational_days=sample.gestational_days,
                birth_weight_kg=sample.birth_weight_kg,
                contacts=[contact],
            )
            for purpose in CONSENTS if is_consented else ():
                give_consent(work, child, purpose, how="paper", shown_digest=text_digest(work, purpose))
            self.child_id = child.id

    def enrol(self, on: date, at: time) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            enrol_child(work, find_child(work, self.child_id), self.stage.groups[self.sample.plot.place])

    def approve_enrolment(self, on: date, at: time) -> None:
        clinic_id = self.stage.places["clinic"]
        with self.stage.work(self.doctor, on, at) as work:
            approve_anew(work, clinic_id, [each.tie_id for each in endings(work, clinic_id)])

    def book(self, on: date, at: time, *, for_on: date) -> None:
        with self.stage.work(self.doctor, on, at) as work:
            child, place = find_child(work, self.child_id), BABY_HOUSE
            book_visit(
                work, child, organisation_id=self.stage.places[place], on=for_on, group_id=self.stage.groups[place]
            )

    def invite(self, on: date, at: time) -> None:
        """The guardian gets a code at the desk and makes the account there and then."""
        with self.stage.work(self.doctor, on, at) as work:
            code = invite_guardian(work, find_child(work, self.child_id)).code
        user_id = self._redeem(code, on, at, login=self.login, relation="mother")
        with self.stage.work(None, on, at) as work:
            self.guardian = actor_of_user(work, user_id)

    def let_in_grandmother(self, on: date, at: time, *, login: str) -> None:
        with self.stage.work(self.guardian, on, at) as work:
            code = invite_caregiver(work, find_child(work, self.child_id)).code
        self._redeem(code, on, at, login=login, relation="grandparent")

    def _redeem(self, code: str, on: date, at: time, *, login: str, relation: str) -> UUID:
        family = {"mother": "妈妈", "grandparent": "外婆"}[relation]
        with self.stage.work(None, on, at) as work:
            redeemed = redeem_invitation(
                work,
                code=code,
                birth_on=self.sample.birth_on,
                name=f"{self.sample.name}{family}",
                phone=self.sample.phone,
                relation=relation,
                password=PASSWORD,
                login=login,
            )
            set_pin(work, redeemed.user, PIN)
            return redeemed.user.id
