"""Nobody judges their own: staff who are family of a child, and a guardian who is two things at once. Row S-44."""

import pytest

from mengya_health.care import consents, restrictions
from mengya_health.errors import NotPermitted, Restricted
from mengya_health.operations import erasing
from mengya_health.people.invitations import accept_invitation, invite_caregiver, invite_guardian
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.record.files import CleanFile
from mengya_health.signing.consent_texts import text_digest
from mengya_health.signing.consents import give_consent, refuse_consent
from mengya_health.signing.pins import set_pin
from tests.factories import PIN, a_guardian

RULING = CleanFile("裁定书.pdf", "PDF", b"%PDF-1.7 %%EOF")


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


@pytest.fixture
def child(register):
    return register("P1")


@pytest.fixture
def mother(installation, district, child):
    return a_guardian(installation, district, child)


def ask(work_as, actor, child, user_id, what=restrictions.RESTRICT):
    with work_as(actor) as work:
        return restrictions.ask_restriction(work, child.id, what=what, user_id=user_id, file=RULING).id


def become_guardian(work_as, district, child, actor) -> None:
    with work_as(district.second_doctor) as work:
        code = invite_guardian(work, find_child(work, child.id)).code
    with work_as(actor) as work:
        accept_invitation(work, code=code, birth_on=child.birth_on)


def test_a_doctor_decides_nothing_between_the_guardians_of_their_own_child(work_as, district, child, mother):
    become_guardian(work_as, district, child, district.doctor)
    with pytest.raises(NotPermitted):
        ask(work_as, district.doctor, child, mother.user_id)
    asked = ask(work_as, district.second_doctor, child, mother.user_id)
    for act in (restrictions.approve_restriction, restrictions.refuse_restriction, restrictions.open_document):
        with pytest.raises(NotPermitted), work_as(district.doctor) as work:
            act(work, child.id, asked)
    with work_as(mother) as work:
        given = {"shown_digest": text_digest(work, "P2"), "pin": PIN}
        give_consent(work, find_child(work, child.id), "P2", **given)
    with work_as(district.doctor) as work:
        refuse_consent(work, find_child(work, child.id), "P2", shown_digest=text_digest(work, "P2"))
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        consents.settle_dispute(work, child.id, "P2", is_shared=False, reason="我是孩子的父亲，我不同意。")


def test_a_wish_to_delete_is_not_decided_by_who_asked_for_it(work_as, district, child):
    officer = district.security_officer
    for actor in (district.doctor, officer):
        become_guardian(work_as, district, child, actor)
    with work_as(officer) as work:
        set_pin(work, work.session.get(User, officer.user_id), PIN)
    with work_as(officer) as work:
        asked = erasing.ask_erasure(work, find_child(work, child.id), scope="family", pin=PIN).id
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        erasing.propose_erasure(work, find_child(work, child.id))
    with work_as(district.second_doctor) as work:
        erasing.propose_erasure(work, find_child(work, child.id))
    with pytest.raises(NotPermitted), work_as(officer) as work:
        erasing.approve_erasure(work, asked)


def test_a_restricted_guardian_does_not_go_on_as_a_caregiver(work_as, installation, district, child, mother):
    """The other guardian's code, meant for a grandmother, redeemed by the one the record is closed to."""
    father = a_guardian(installation, district, child)
    with work_as(mother) as work:
        codes = [invite_caregiver(work, find_child(work, child.id)).code for _ in range(2)]
    with work_as(father) as work:
        accept_invitation(work, code=codes[0], birth_on=child.birth_on)
    asked = ask(work_as, district.doctor, child, father.user_id)
    with work_as(district.second_doctor) as work:
        restrictions.approve_restriction(work, child.id, asked)
    with pytest.raises(Restricted), work_as(father, writing=False) as work:
        find_child(work, child.id)
    with pytest.raises(Restricted), work_as(father) as work:
        accept_invitation(work, code=codes[1], birth_on=child.birth_on)
