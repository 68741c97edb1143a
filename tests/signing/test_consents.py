"""Consents: each purpose by itself, read before it is answered, taken back at once."""

import pytest
from sqlalchemy import update

from mengya_health.access.actor import Actor
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotFound, NotPermitted, StartRefused
from mengya_health.people import commands
from mengya_health.people.accounts import new_account
from mengya_health.people.models import Consent, User
from mengya_health.people.queries import find_child
from mengya_health.signing.consent_texts import PURPOSES, consent_texts, read_consent_texts, text_digest
from mengya_health.signing.consents import consents_of, give_consent, withdraw_consent
from mengya_health.signing.pins import set_pin

PIN = "928415"


@pytest.fixture
def child(register, district):
    return register(group_id=district.group_id)


@pytest.fixture
def mother(work_as, child) -> Actor:
    with work_as(None) as work:
        user = new_account(work, login="mother", name="样本家长", phone="13800138000")
        commands.tie_child(work, child.id, kind="guardian", user_id=user.id, authority="signs", by=user.id)
        set_pin(work, user, PIN)
        return Actor(user.id, "guardian")


@pytest.fixture
def give(work_as, child):
    def given(actor: Actor, purpose: str, **how) -> Consent:
        with work_as(actor) as work:
            digest = how.pop("shown_digest", None) or text_digest(work, purpose)
            return give_consent(work, find_child(work, child.id), purpose, shown_digest=digest, **how)

    return given


def allows(work_as, find, actor: Actor, child, permission: Permission) -> bool:
    return is_allowed(actor, permission, find(actor, child.id).subject)


def test_nothing_may_be_written_before_the_record_is_consented(give, work_as, find, child, district, mother):
    assert not allows(work_as, find, district.doctor, child, Permission.WRITE_HEALTH)
    consent = give(mother, "P1", pin=PIN)
    assert (consent.given_by, consent.how, consent.witness_id) == (mother.user_id, "pin", None)
    assert allows(work_as, find, district.doctor, child, Permission.WRITE_HEALTH)


def test_each_purpose_stands_alone_and_is_taken_back_at_once(give, work_as, find, child, district, mother):
    give(mother, "P1", pin=PIN)
    with pytest.raises(NotFound):
        find(district.teacher, child.id)
    shared = give(mother, "P2", pin=PIN)
    assert find(district.teacher, child.id)
    with work_as(mother) as work:
        withdraw_consent(work, find_child(work, child.id), shared.id)
    with pytest.raises(NotFound):
        find(district.teacher, child.id)
    assert allows(work_as, find, district.doctor, child, Permission.WRITE_HEALTH)
    with work_as(mother) as work:
        told = {(row.purpose, row.is_in_force) for row in consents_of(work, find_child(work, child.id))}
        assert told == {("P1", True), ("P2", False)}
        with pytest.raises(NotFound):
            withdraw_consent(work, find_child(work, child.id), shared.id)


def test_a_wrong_pin_gives_no_consent_and_is_counted(give, work_as, find, child, mother):
    for _ in range(2):
        with pytest.raises(Invalid):
            give(mother, "P1", pin="918273")
    with work_as(mother, writing=False) as work:
        assert work.session.get(User, mother.user_id).pin_failures == 2
        assert consents_of(work, find_child(work, child.id)) == []


def test_a_consent_on_paper_names_the_staff_who_saw_it(give, district, child, work_as, find):
    consent = give(district.doctor, "P1", how="paper")
    assert (consent.given_by, consent.witness_id) == (None, district.doctor.user_id)
    assert find(district.doctor, child.id).subject.has_consent("P1")


def test_staff_do_not_consent_for_a_guardian_nor_a_teacher_on_paper(give, district, mother):
    with pytest.raises(NotPermitted):
        give(district.doctor, "P1", pin=PIN)
    with pytest.raises(NotPermitted):
        give(mother, "P2", how="paper")
    with pytest.raises(NotFound):
        give(district.other_doctor, "P1", how="paper")
    with pytest.raises(NotPermitted):
        give(Actor(mother.user_id, "guardian", session_kind="device"), "P1", pin=PIN)


def test_nobody_agrees_to_a_text_they_did_not_read(give, mother, work_as):
    with work_as(mother, writing=False) as work:
        other = text_digest(work, "P2")
    with pytest.raises(Conflict):
        give(mother, "P1", pin=PIN, shown_digest=other)


def test_a_referral_is_consented_for_one_receiver(give, find, district, child, mother):
    hospital, another = new_id(), new_id()
    give(mother, "P3", receiver_id=hospital, pin=PIN)
    subject = find(district.doctor, child.id).subject
    assert subject.has_consent("P3", hospital)
    assert not subject.has_consent("P3", another)
    with pytest.raises(Invalid):
        give(mother, "P4", receiver_id=hospital, pin=PIN)


def test_consenting_once_more_leaves_one_in_force(give, work_as, child, mother):
    give(mother, "P1", pin=PIN)
    give(mother, "P1", pin=PIN)
    with work_as(mother, writing=False) as work:
        told = consents_of(work, find_child(work, child.id))
    assert [row.is_in_force for row in told].count(True) == 1
    assert len(told) == 2


@pytest.mark.parametrize("changed", [{"purpose": "P2"}, {"receiver_id": new_id()}, {"row_version": 3}])
def test_a_consent_changed_by_sql_does_not_count(give, find, district, child, mother, owner, changed):
    give(mother, "P1", pin=PIN)
    with owner.begin() as connection:
        connection.execute(update(Consent.__table__).values(**changed))
    assert find(district.doctor, child.id).subject.consents == ()


def test_there_is_a_text_for_every_purpose_and_each_reads_differently(work_as):
    texts = consent_texts()
    assert tuple(texts) == PURPOSES
    with work_as(None, writing=False) as work:
        assert len({text_digest(work, purpose) for purpose in PURPOSES}) == 5


@pytest.mark.parametrize("written", ["meta: {id: x}\n", "a: [\n", ""])
def test_a_broken_file_of_texts_stops_the_start(tmp_path, written):
    (tmp_path / "consent_texts.v1.yaml").write_text(written)
    with pytest.raises(StartRefused):
        read_consent_texts(tmp_path)
