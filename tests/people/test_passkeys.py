"""Passkeys: made after confirming who one is, used to come in and confirm, taken back, seen in person (S-27, S-53)."""

import json
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select, text, update

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted, SignInNeeded, TooMany
from mengya_health.history.models import HistoryEvent
from mengya_health.people import accounts, notices, passkey_keeping, passkeys
from mengya_health.people.challenges import OPEN_FOR
from mengya_health.people.models import User
from mengya_health.people.passkey_models import Passkey, PasskeyChallenge
from mengya_health.people.passwords import store_password
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import actor_for, open_session
from tests.authenticator import BACKED_UP, MAY_BACK_UP, PRESENT, VERIFIED, Device, enrol_on
from tests.factories import a_child, a_guardian

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def database() -> str:
    """The commands are the same on both databases; what they ask of rows and locks runs on both."""
    return "sqlite"


@pytest.fixture
def doctor(work_as, district) -> Actor:
    return in_session(work_as, district.doctor)


def in_session(work_as, actor: Actor) -> Actor:
    """Return the actor as a sign-in by password makes them."""
    with work_as(None) as work:
        token = open_session(work, actor.user_id, "password")
        return actor_for(work, token)


def come_in(work_as, device: Device, **wrong) -> Actor:
    """Sign in by passkey, without a name, and return who that is."""
    with work_as(None) as work:
        options = passkeys.sign_in_options(work)
    assert options["allowCredentials"] == []
    with work_as(None) as work:
        return actor_for(work, passkeys.sign_in_by_passkey(work, device.get(options, **wrong)))


def denied(work_as) -> list[str]:
    """Return why passkeys were refused, the last first."""
    asked = select(AuditEvent.reason).where(AuditEvent.record_type == "passkey", AuditEvent.outcome == "deny")
    with work_as(None) as work:
        return list(work.session.scalars(asked.order_by(AuditEvent.at.desc(), AuditEvent.id.desc())))


@BOTH
def test_a_passkey_is_both_factors_and_needs_no_name(work_as, doctor, clock):
    """S-53: a sign-in by passkey is a full one, and it counts as just confirmed."""
    device = Device()
    with work_as(doctor) as work:
        assert not passkeys.has_passkey(work, doctor.user_id)
    passkey = enrol_on(device, work_as, doctor)
    clock.forward(minutes=1)
    actor = come_in(work_as, device)
    assert (actor.user_id, actor.session_kind, actor.reauthenticated_at) == (doctor.user_id, "passkey", clock.now)
    with work_as(doctor) as work:
        assert passkeys.has_passkey(work, doctor.user_id)
        mine = passkey_keeping.my_passkeys(work)
        assert [(each.name, each.last_used_at, each.is_in_person) for each in mine] == [("我的手机", clock.now, False)]
        assert "passkey_added" in [each.kind for each in notices.notices_of(work, doctor.user_id)]
        stored = work.session.get(Passkey, passkey.id)
        assert (stored.sign_count, b"\xe6\x88\x91" in stored.body) == (1, False)
        told = work.session.scalars(select(HistoryEvent.rec).where(HistoryEvent.child_id == work.deployment_id))
        assert passkey.id in list(told)


def test_a_passkey_is_made_only_just_after_confirming(work_as, doctor, clock):
    """S-53: five minutes after the password, a credential changes only once it was given again."""
    device = Device()
    with work_as(doctor) as work:
        options = passkeys.enrolment_options(work, name="样本员工")
    clock.forward(minutes=5, seconds=1)
    with work_as(doctor) as work:
        with pytest.raises(SignInNeeded):
            passkeys.enrolment_options(work, name="样本员工")
        with pytest.raises(SignInNeeded):
            passkeys.enrol(work, device.create(options), name="x")
    for other in (replace(doctor, reauthenticated_at=None, session_kind="device"), replace(doctor, session_id=None)):
        with work_as(other) as work, pytest.raises((SignInNeeded, Invalid)):
            passkeys.enrol(work, device.create(options), name="x")


WRONG_WHEN_MADE = {
    "another origin": {"origin": "https://evil.example"},
    "another host": {"host": "evil.example"},
    "nobody verified": {"flags": PRESENT},
    "another challenge": {"challenge": "AAAA"},
}


def test_a_passkey_made_wrongly_is_not_stored(work_as, doctor):
    for wrong in WRONG_WHEN_MADE.values():
        with work_as(doctor) as work:
            options = passkeys.enrolment_options(work, name="样本员工")
        with pytest.raises(Invalid), work_as(doctor) as work:
            passkeys.enrol(work, Device().create(options, **wrong), name="x")
    with pytest.raises(Invalid), work_as(doctor) as work:
        passkeys.enrol(work, "[" * 7000, name="x")
    with work_as(doctor) as work:
        assert passkey_keeping.my_passkeys(work) == []
    assert len(denied(work_as)) == len(WRONG_WHEN_MADE) + 1


@BOTH
def test_attacks_on_a_sign_in_are_refused_and_audited(work_as, district, doctor, clock):
    """S-27, at the door: wrong origin, host, user verification, challenge, account, counter."""
    device, others = Device(), Device()
    enrol_on(device, work_as, doctor)
    enrol_on(others, work_as, in_session(work_as, district.second_doctor))
    come_in(work_as, device, count=7)
    attacks = {
        "origin": {"origin": "http://localhost:8001"},
        "rp_id": {"host": "evil.example"},
        "user_verification": {"flags": PRESENT},
        "challenge": {"challenge": "AAAA"},
        "not_theirs": {"user": district.second_doctor.user_id.bytes},
        "counter": {"count": 7},
        "backup": {"flags": PRESENT | VERIFIED | MAY_BACK_UP | BACKED_UP, "count": 8},
        "unknown": {"passkey": next(iter(device_of_nobody().passkeys.values()))},
    }
    for reason, wrong in attacks.items():
        with pytest.raises(Invalid):
            come_in(work_as, device, **wrong)
        clock.forward(seconds=1)
        assert denied(work_as)[0] == reason
    with pytest.raises(Invalid), work_as(None) as work:
        passkeys.sign_in_by_passkey(work, '{"id": 1}')
    assert come_in(work_as, device, count=8).user_id == doctor.user_id


def device_of_nobody() -> Device:
    """Return a device with a passkey that nobody enrolled."""
    device = Device()
    device.create({"rp": {"id": "localhost"}, "user": {"id": "AAAA"}, "challenge": "AAAA"})
    return device


def test_a_synced_passkey_stays_at_nought_and_a_counted_one_never_returns_to_it(work_as, doctor):
    """S-27; and a changed password, which ends other sign-ins, leaves passkeys alone (S-53)."""
    synced, counted = Device(counts=False), Device()
    passkey = enrol_on(synced, work_as, doctor)
    for _ in range(2):
        come_in(work_as, synced)
    with work_as(doctor) as work:
        assert work.session.get(Passkey, passkey.id).backup_state
    enrol_on(counted, work_as, doctor)
    come_in(work_as, counted)
    with pytest.raises(Invalid):
        come_in(work_as, counted, count=0)
    with work_as(doctor) as work:
        user = work.session.get(User, doctor.user_id)
        store_password(work, user, "a hash of another one")
    assert come_in(work_as, counted, count=2).user_id == doctor.user_id


@BOTH
def test_a_challenge_is_answered_once_in_time_and_by_the_sign_in_that_asked(work_as, doctor, clock):
    device = Device()
    enrol_on(device, work_as, doctor)
    confirm = partial(_confirm, work_as)
    with work_as(doctor) as work:
        options = passkeys.confirm_options(work)
    assert not confirm(in_session(work_as, doctor), device.get(options))  # another sign-in of the same person
    assert confirm(doctor, device.get(options))
    assert not confirm(doctor, device.get(options))  # used
    with work_as(doctor) as work:
        options = passkeys.confirm_options(work)
    assert not confirm(doctor, device.get(options, origin="https://evil.example"))
    assert not confirm(doctor, device.get(options))  # a refused answer used it up, too
    with work_as(doctor) as work:
        options = passkeys.confirm_options(work)
    with pytest.raises(Invalid), work_as(None) as work:
        passkeys.sign_in_by_passkey(work, device.get(options))  # asked for another purpose
    clock.forward(seconds=OPEN_FOR.total_seconds() + 1)
    assert not confirm(doctor, device.get(options))
    with work_as(doctor) as work:
        passkeys.confirm_options(work)
        assert len(work.session.scalars(select(PasskeyChallenge)).all()) == 1  # the old ones are gone


def _confirm(work_as, actor: Actor, sent: str) -> bool:
    try:
        with work_as(actor) as work:
            token = passkeys.reauthenticate_by_passkey(work, sent)
    except Invalid:
        return False
    with work_as(None) as work:
        fresh = actor_for(work, token)
        return fresh.session_kind == "passkey" and fresh.reauthenticated_at == work.now


def test_a_passkey_that_was_taken_back_or_whose_account_is_closed_opens_nothing(work_as, district, doctor):
    """S-53."""
    device, other = Device(), Device()
    passkey = enrol_on(device, work_as, doctor)
    colleague = in_session(work_as, district.second_doctor)
    enrol_on(other, work_as, colleague)
    with work_as(colleague) as work, pytest.raises(NotFound):
        passkey_keeping.revoke_passkey(work, passkey.id)
    with work_as(doctor) as work:
        passkey_keeping.revoke_passkey(work, passkey.id)
        assert not passkeys.has_passkey(work, doctor.user_id)
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, colleague.user_id)
    for each in (device, other):
        with pytest.raises(Invalid):
            come_in(work_as, each)
    assert {"revoked", "account"} <= set(denied(work_as))


def test_an_administrator_takes_a_passkey_back_and_can_do_no_more_with_it(work_as, district, doctor):
    """S-35: nobody enrols, names or answers for another; the administrator only revokes."""
    device = Device()
    passkey = enrol_on(device, work_as, doctor)
    admin = in_session(work_as, district.sysadmin)
    with work_as(doctor) as work:
        options = passkeys.enrolment_options(work, name="样本员工")
    with pytest.raises(Invalid), work_as(admin) as work:
        passkeys.enrol(work, Device().create(options), name="x")
    with work_as(admin) as work:
        with pytest.raises(NotFound):
            passkey_keeping.rename_passkey(work, passkey.id, "别人的")
        options = passkeys.confirm_options(work)
    with pytest.raises(Invalid), work_as(admin) as work:
        passkeys.reauthenticate_by_passkey(work, device.get(options))
    assert {"challenge", "not_theirs"} <= set(denied(work_as))
    with work_as(admin) as work:
        passkey_keeping.revoke_passkey(work, passkey.id)
    with pytest.raises(Invalid):
        come_in(work_as, device)


def test_a_row_that_was_changed_in_the_database_opens_nothing(work_as, installation, doctor, district):
    """S-27: neither a counter set back, nor a key or an owner exchanged, nor a revocation taken out."""
    device = Device()
    passkey = enrol_on(device, work_as, doctor)
    come_in(work_as, device, count=9)
    changes = {
        "sign_count": 0,
        "user_id": district.second_doctor.user_id,
        "witnessed_at": doctor.reauthenticated_at,
    }
    for column, forged in changes.items():
        with work_as(None) as work:
            honest = getattr(work.session.get(Passkey, passkey.id), column)
        with installation.engine.begin() as connection:
            connection.execute(update(Passkey).values({column: forged}))
        with pytest.raises(Invalid):
            come_in(work_as, device)
        with installation.engine.begin() as connection:
            connection.execute(update(Passkey).values({column: honest}))
    with work_as(doctor) as work:
        passkey_keeping.revoke_passkey(work, passkey.id)
    with installation.engine.begin() as connection:
        connection.execute(text("UPDATE passkey SET revoked_at = NULL"))
    with pytest.raises(Invalid):
        come_in(work_as, device)


def test_many_wrong_answers_shut_the_door_of_an_address(work_as, doctor):
    device = Device()
    enrol_on(device, work_as, doctor)
    for _ in range(20):
        with pytest.raises(Invalid), work_as(None) as work:
            passkeys.sign_in_by_passkey(work, "{}")
    with pytest.raises(TooMany):
        come_in(work_as, device)


def test_two_of_the_staff_make_a_passkey_one_that_was_seen_in_person(work_as, installation, district, clock):
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    mother = in_session(work_as, a_guardian(installation, district, child))
    passkey = enrol_on(Device(), work_as, mother)
    first, second = (in_session(work_as, each) for each in (district.doctor, district.second_doctor))

    def witness(actor: Actor) -> None:
        with work_as(actor) as work:
            passkey_keeping.witness_passkey(work, find_child(work, child.id), passkey.id)

    with pytest.raises(NotFound):
        witness(in_session(work_as, district.other_doctor))
    with pytest.raises(NotPermitted):
        witness(mother)
    witness(first)
    with pytest.raises(NotNow):
        witness(first)
    with work_as(mother) as work:
        assert not passkey_keeping.my_passkeys(work)[0].is_in_person
    clock.forward(minutes=6)
    with pytest.raises(SignInNeeded):
        witness(second)
    witness(in_session(work_as, district.second_doctor))
    with work_as(mother) as work:
        assert passkey_keeping.my_passkeys(work)[0].is_in_person


def test_an_account_keeps_at_most_ten(work_as, doctor):
    device = Device()
    for _ in range(passkeys.MOST):
        enrol_on(device, work_as, doctor)
    with work_as(doctor) as work, pytest.raises(NotNow):
        passkeys.enrolment_options(work, name="样本员工")
    with work_as(doctor) as work:
        asked = passkeys.confirm_options(work)
    assert len({each["id"] for each in asked["allowCredentials"]}) == passkeys.MOST
    assert json.dumps(asked)
