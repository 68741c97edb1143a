"""What a guardian's answer sets going, guardians who disagree, and a record closed to one of them."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select

from mengya_health.access.actor import Actor
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care import consents, restrictions
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.errors import Conflict, Invalid, NotFound, NotNow, NotPermitted, Restricted
from mengya_health.history.models import HistoryEvent
from mengya_health.people import invitations
from mengya_health.people.queries import family_of, find_child, my_family
from mengya_health.record.commands import record_entry
from mengya_health.record.files import CleanFile
from mengya_health.record.queries import entries_of_kind, record_page
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import consents_of
from tests.factories import PIN, a_guardian

PAPER = CleanFile("court.pdf", "PDF", b"%PDF-1.7 sample %%EOF")


@dataclass
class Family:
    """A child in a class, its mother and father who both sign, and what each of them says."""

    work_as: object
    child_id: UUID
    mother: Actor
    father: Actor

    def agree(self, who: Actor, purpose: str) -> None:
        with self.work_as(who) as work:
            consents.agree(work, self.child_id, purpose, shown_digest=text_digest(work, purpose), pin=PIN)

    def refuse(self, who: Actor, purpose: str) -> None:
        with self.work_as(who) as work:
            consents.refuse(work, self.child_id, purpose, shown_digest=text_digest(work, purpose))

    def may(self, who: Actor, permission: Permission) -> bool:
        with self.work_as(who, writing=False) as work:
            try:
                return is_allowed(who, permission, find_child(work, self.child_id).subject)
            except NotFound:
                return False

    def tasks(self, kind: str) -> int:
        with self.work_as(None, writing=False) as work:
            chosen = select(Task.id).where(Task.kind == kind, Task.status.in_(OPEN_TASK))
            return len(work.session.scalars(chosen).all())


@pytest.fixture
def family(installation, work_as, district, register) -> Family:
    child = register(group_id=district.group_id)
    mother, father = (a_guardian(installation, district, child) for _ in range(2))
    made = Family(work_as, child.id, mother, father)
    for purpose in ("P1", "P2"):
        made.agree(mother, purpose)
    return made


def test_taking_sharing_back_closes_the_class_at_once_and_leaves_the_clinic(family, district, work_as):
    """S-45: the teacher is out on the next request, the doctor reads and writes on, and it is on record."""
    assert family.may(district.teacher, Permission.WRITE_BEHAVIOUR)
    family.refuse(family.mother, "P2")
    assert not family.may(district.teacher, Permission.READ_CHILD)
    assert family.may(district.doctor, Permission.WRITE_HEALTH)
    with work_as(family.mother, writing=False) as work:
        given = consents_of(work, find_child(work, family.child_id))
        assert [each.purpose for each in given if each.is_in_force] == ["P1"]
        of_child = select(HistoryEvent).where(HistoryEvent.child_id == family.child_id)
        ops = [row.event for row in work.session.scalars(of_child.order_by(HistoryEvent.child_seq))]
    assert b'"op":"end"' in ops[-2]
    assert b'"op":"refuse"' in ops[-1]
    assert family.mother.user_id.hex in ops[-1].decode().replace("-", "")
    assert family.tasks(consents.DISPUTED) == 0
    family.agree(family.mother, "P2")
    assert family.may(district.teacher, Permission.WRITE_BEHAVIOUR)


def test_guardians_who_disagree_stop_the_sharing_until_the_clinic_decides(family, district, work_as):
    """S-44: one refuses what the other gave: nothing is shared, the clinic goes on and decides with a reason."""
    family.refuse(family.father, "P2")
    assert not family.may(district.teacher, Permission.READ_CHILD)
    assert family.may(district.doctor, Permission.WRITE_HEALTH)
    assert family.tasks(consents.DISPUTED) == 1
    family.agree(family.father, "P3")
    family.refuse(family.mother, "P3")
    assert family.tasks(consents.DISPUTED) == 1

    def settle(actor: Actor, purpose: str, reason: str = "和两位家长都谈过，孩子在园需要老师配合。", *, is_shared=True):
        with work_as(actor) as work:
            return consents.settle_dispute(work, family.child_id, purpose, is_shared=is_shared, reason=reason)

    for actor in (family.mother, family.father):
        with pytest.raises(NotPermitted):
            settle(actor, "P2")
    with pytest.raises(NotFound):
        settle(district.teacher, "P2")
    with pytest.raises(Invalid):
        settle(district.doctor, "P2", "太短了")
    with pytest.raises(NotNow):
        settle(district.doctor, "P1")
    settle(district.doctor, "P2")
    assert family.may(district.teacher, Permission.WRITE_BEHAVIOUR)
    settle(district.doctor, "P3", is_shared=False)
    assert family.tasks(consents.DISPUTED) == 0
    for guardian in (family.mother, family.father):
        with work_as(guardian, writing=False) as work:
            child = find_child(work, family.child_id)
            assert not child.subject.has_consent("P3")
            assert {each.content["outcome"] for each in entries_of_kind(work, child, "consent_decision")} == {
                "shared", "stopped",
            }  # fmt: skip


def test_a_guardian_who_refuses_the_record_takes_their_own_words_out_of_it(family, district, work_as):
    """§9.4: what they wrote for the family only they read, and they add nothing; the clinic's record goes on."""
    for writer in (family.mother, family.father):
        with work_as(writer) as work:
            record_entry(
                work,
                find_child(work, family.child_id),
                section="family",
                kind="home_record",
                content={"note": "奶"},
                happened_on=work.today,
            )
    family.refuse(family.father, "P1")

    def authors(reader: Actor) -> set[UUID]:
        with work_as(reader, writing=False) as work:
            child = find_child(work, family.child_id)
            found = {entry.author_id for entry in entries_of_kind(work, child, "home_record")}
            page = record_page(work, child, limit=5)
            assert {entry.author_id for entry in page.newest if entry.kind == "home_record"} == found
            return found

    mother, father = family.mother.user_id, family.father.user_id
    assert authors(family.mother) == authors(district.doctor) == {mother}
    assert authors(family.father) == {mother, father}
    assert not family.may(family.father, Permission.WRITE_FAMILY)
    assert family.may(family.mother, Permission.WRITE_FAMILY)
    assert family.may(district.doctor, Permission.WRITE_HEALTH)
    assert not family.may(district.teacher, Permission.READ_CHILD)
    family.agree(family.father, "P1")
    assert authors(district.doctor) == {mother, father}


def test_without_the_record_nothing_is_written_and_the_doctor_is_told(family, district, work_as):
    family.refuse(family.mother, "P1")
    assert not family.may(district.doctor, Permission.WRITE_HEALTH)
    assert not family.may(family.mother, Permission.WRITE_FAMILY)
    assert family.may(family.mother, Permission.CONSENT)
    assert family.tasks(consents.WITHDRAWN) == 1
    family.refuse(family.mother, "P1")
    assert family.tasks(consents.WITHDRAWN) == 1
    with work_as(district.doctor) as work:
        assert consents.stop_what_is_open(work, family.child_id) == 0
    assert family.tasks(consents.WITHDRAWN) == family.tasks("visit") == 0
    family.agree(family.father, "P1")
    assert family.may(district.doctor, Permission.READ_HEALTH)
    assert family.tasks("visit") == 1


def test_a_text_that_changed_after_reading_is_neither_agreed_nor_refused(family, work_as):
    """S-46: a digest of another text is refused whichever way the answer goes."""
    with work_as(family.mother, writing=False) as work:
        other = text_digest(work, "P5")
    for answer in (lambda work: consents.agree(work, family.child_id, "P4", shown_digest=other, pin=PIN),
                   lambda work: consents.refuse(work, family.child_id, "P4", shown_digest=other)):  # fmt: skip
        with pytest.raises(Conflict), work_as(family.mother) as work:
            answer(work)


# --- a record closed to a guardian -------------------------------------------------------------------------------


def ask(work_as, actor: Actor, family: Family, user_id: UUID, what: str = restrictions.RESTRICT) -> UUID:
    with work_as(actor) as work:
        return restrictions.ask_restriction(work, family.child_id, what=what, user_id=user_id, file=PAPER).id


def decide(work_as, actor: Actor, family: Family, approval_id: UUID) -> None:
    with work_as(actor) as work:
        restrictions.approve_restriction(work, family.child_id, approval_id)


def test_a_guardian_is_restricted_by_two_of_the_staff_and_a_document_and_by_nobody_else(
    family, district, work_as, installation
):
    """S-44: one approver is not enough, the family cannot do it, and whoever is restricted learns no more than that."""
    mother, father = family.mother.user_id, family.father.user_id
    for actor in (family.mother, family.father):
        with pytest.raises(NotPermitted):
            ask(work_as, actor, family, father)
        with pytest.raises(NotFound), work_as(actor) as work:
            invitations.remove_caregiver(work, find_child(work, family.child_id), father)
    for actor in (district.teacher, district.other_doctor):
        with pytest.raises((NotFound, NotPermitted)):
            ask(work_as, actor, family, father)
    with work_as(family.father) as work:
        code = invitations.invite_caregiver(work, find_child(work, family.child_id)).code
    asked = ask(work_as, district.doctor, family, father)
    assert family.tasks(restrictions.TASK) == 1
    with pytest.raises(NotNow):
        ask(work_as, district.second_doctor, family, father)
    for actor in (district.doctor, family.mother):
        with pytest.raises(NotPermitted):
            decide(work_as, actor, family, asked)
    with work_as(district.second_doctor) as work:
        assert restrictions.open_document(work, family.child_id, asked).content == PAPER.content
    assert family.may(family.father, Permission.READ_HEALTH)

    decide(work_as, district.second_doctor, family, asked)
    with pytest.raises(Restricted) as told, work_as(family.father, writing=False) as work:
        find_child(work, family.child_id)
    assert "访问受限" in told.value.zh
    with work_as(family.father, writing=False) as work:
        mine = my_family(work)
        assert (mine.children, mine.closed_at) == ([], frozenset({district.clinic_id}))
    with work_as(family.mother, writing=False) as work:
        child = find_child(work, family.child_id)
        assert [each.user_id for each in family_of(work, child)] == [mother]
        events = [row.event for row in work.session.scalars(select(HistoryEvent))]
    assert sum(b'"rec_type":"approval"' in event for event in events) == 3
    assert family.tasks(restrictions.TASK) == 0
    # What he had granted ends with it, and no invitation brings him back.
    with pytest.raises(Invalid), work_as(family.mother) as work:
        invitations.accept_invitation(work, code=code, birth_on=child.birth_on)
    with work_as(district.doctor) as work:
        again = invitations.invite_guardian(work, find_child(work, family.child_id)).code
    with pytest.raises(Restricted), work_as(family.father) as work:
        invitations.accept_invitation(work, code=again, birth_on=child.birth_on)

    lifted = ask(work_as, district.second_doctor, family, father, restrictions.LIFT)
    with pytest.raises(NotPermitted):
        decide(work_as, district.second_doctor, family, lifted)
    decide(work_as, district.doctor, family, lifted)
    assert family.may(family.father, Permission.SIGN)


def test_a_restriction_that_is_refused_changes_nothing(family, district, work_as):
    asked = ask(work_as, district.doctor, family, family.father.user_id)
    with work_as(district.second_doctor) as work:
        restrictions.refuse_restriction(work, family.child_id, asked)
    with pytest.raises(NotFound):
        decide(work_as, district.second_doctor, family, asked)
    assert family.may(family.father, Permission.SIGN)
