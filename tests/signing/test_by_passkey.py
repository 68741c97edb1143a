"""Level L2: the signer's own device signs exactly the statement that was made for it (S-26, S-27, S-35)."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicNumbers
from sqlalchemy import select, text, update

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.errors import Conflict, IntegrityError, Invalid, NotFound, NotNow, NotPermitted
from mengya_health.people import passkey_keeping, passkeys
from mengya_health.people.models import User
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import actor_for, open_session
from mengya_health.record.commands import correct_entry, record_entry
from mengya_health.record.queries import find_entry
from mengya_health.signing.commands import prepare_signature, sign_entry
from mengya_health.signing.levels import level_words
from mengya_health.signing.models import Signature
from mengya_health.signing.queries import own_signatures, signatures_of
from tests.authenticator import PRESENT, Device, bytes_of, enrolled, text_of
from tests.factories import PIN, a_child, a_guardian

SHOWN = {"template": "paper", "template_ver": "1", "locale": "zh", "render_digest": "0" * 64}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def child(work_as, district):
    with work_as(district.doctor) as work:
        return a_child(work, district)


@pytest.fixture
def mother(work_as, installation, district, child) -> Actor:
    return signed_in(work_as, a_guardian(installation, district, child))


@pytest.fixture
def entry_id(work_as, district, child):
    with work_as(district.doctor) as work:
        said = {"section": "health", "kind": "advice", "content": {"text": "多晒太阳"}, "happened_on": work.today}
        return record_entry(work, find_child(work, child.id), **said).id


@pytest.fixture
def device(work_as, mother) -> Device:
    return enrolled(work_as, mother)


def signed_in(work_as, actor: Actor) -> Actor:
    with work_as(None) as work:
        return actor_for(work, open_session(work, actor.user_id, "password"))


class Desk:
    """One paper on the desk: asked for, answered, read."""

    def __init__(self, work_as, child, entry_id) -> None:
        self.work_as, self.child_id, self.entry_id = work_as, child.id, entry_id
        self.said = {"decision": "agree", "capacity": "guardian", "shown": SHOWN, "read_version": 1}

    def ask(self, actor: Actor, nonce: bytes, **other) -> dict:
        with self.work_as(actor) as work:
            return prepare_signature(work, *self._paper(work), nonce=nonce, **(self.said | other))

    def answer(self, actor: Actor, nonce: bytes, sent: str, **other) -> Signature:
        with self.work_as(actor) as work:
            return sign_entry(work, *self._paper(work), nonce=nonce, passkey=sent, **(self.said | other))

    def sign(self, actor: Actor, device: Device, **wrong) -> Signature:
        nonce = os.urandom(16)
        return self.answer(actor, nonce, device.get(self.ask(actor, nonce), **wrong))

    def read(self, actor: Actor) -> list:
        with self.work_as(actor) as work:
            child, entry = self._paper(work)
            return signatures_of(work, child, [entry.id])[entry.id]

    def _paper(self, work) -> tuple:
        child = find_child(work, self.child_id)
        return child, find_entry(work, child, self.entry_id)


@pytest.fixture
def desk(work_as, child, entry_id) -> Desk:
    return Desk(work_as, child, entry_id)


def refusals(work_as) -> list[str]:
    asked = select(AuditEvent).where(AuditEvent.action == "Sign", AuditEvent.outcome == "deny")
    with work_as(None) as work:
        return [row.reason for row in work.session.scalars(asked.order_by(AuditEvent.at, AuditEvent.id))]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_paper_is_signed_at_the_level_it_says(work_as, desk, mother, device, district, child):
    """S-27: stored, shown and never rounded up; what is stored verifies by the recipe alone, without keys of ours."""
    stored = desk.sign(mother, device)
    (facts,) = desk.read(district.doctor)
    assert (facts.level, facts.is_in_person, facts.is_synced) == ("L2", False, False)
    assert level_words(facts) == "电子签名·本人设备密钥（自行登记）"
    with work_as(mother) as work:
        mine = own_signatures(work, find_child(work, child.id))
        assert [each.level for each in mine] == ["L2"]
    _verify_by_the_recipe(stored)
    synced = enrolled(work_as, mother, counts=False)
    desk.sign(mother, synced, passkey=next(iter(synced.passkeys.values())))
    assert level_words(desk.read(mother)[-1]) == "电子签名·本人设备密钥（自行登记，可同步）"


def _verify_by_the_recipe(row: Signature) -> None:
    """Follow the docstring of `mengya_health.signing` with the columns of the row and nothing else."""
    said = json.loads(row.client_data)
    challenge = sha256(b"txda/sign/1\0" + row.statement).digest()
    assert (said["type"], said["challenge"]) == ("webauthn.get", text_of(challenge))
    assert row.authenticator_data[:32] == sha256(b"localhost").digest()
    assert row.authenticator_data[32] & 0b101 == 0b101
    x, y = row.public_key[-67:-35], row.public_key[-32:]
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    signed = row.authenticator_data + sha256(row.client_data).digest()
    numbers.public_key().verify(row.signature, signed, ec.ECDSA(hashes.SHA256()))
    statement = json.loads(row.statement)
    assert statement["passkeys"] == [sha256(row.credential_id + row.public_key).hexdigest()]
    assert (statement["level"], statement["decision"]) == ("L2", "agree")


def test_the_six_attacks_on_a_signature_are_refused_and_audited(work_as, installation, desk, mother, device, district):
    """S-27: wrong origin, wrong host, nobody verified, another statement, another's passkey, a counter going back."""
    doctors = enrolled(work_as, signed_in(work_as, district.doctor))
    desk.sign(mother, device, count=5)
    attacks = {
        "origin": {"origin": "http://localhost:8001"},
        "rp_id": {"host": "evil.example"},
        "user_verification": {"flags": PRESENT},
        "not_theirs": {"passkey": next(iter(doctors.passkeys.values()))},
        "counter": {"count": 5},
    }
    for wrong in attacks.values():
        with pytest.raises(Invalid):
            desk.sign(mother, device, **wrong)
    first, second = os.urandom(16), os.urandom(16)
    asked = desk.ask(mother, first)
    desk.ask(mother, second)
    with pytest.raises(Invalid):  # an answer to one statement, sent where another was prepared
        desk.answer(mother, second, device.get(asked, count=6))
    third = os.urandom(16)
    asked = desk.ask(mother, third)
    with pytest.raises(Invalid):  # … and for another decision than the one that was asked about
        desk.answer(mother, third, device.get(asked, count=7), decision="disagree")
    with pytest.raises(Invalid):  # … and to a statement nobody here has made
        desk.answer(mother, third, device.get(asked, count=8, challenge=text_of(os.urandom(32))))
    assert refusals(work_as) == [*attacks, "statement", "statement", "challenge"]
    assert len(desk.read(mother)) == 1


def test_nobody_signs_what_is_not_theirs_or_has_moved_on(work_as, desk, mother, device, district, child, clock):
    """S-26, S-35: neither an administrator nor a stranger nor a bound phone; no old version, nothing twice or late."""
    nonce = os.urandom(16)
    asked = desk.ask(mother, nonce)
    admin, doctor = (signed_in(work_as, each) for each in (district.sysadmin, district.doctor))
    for other, refusal in (
        (admin, NotFound),
        (doctor, NotPermitted),
        (replace(mother, session_kind="device"), NotPermitted),
    ):
        with pytest.raises(refusal):
            desk.ask(other, os.urandom(16))
        with pytest.raises(refusal):
            desk.answer(other, nonce, device.get(asked))
    with pytest.raises(Invalid), work_as(mother) as work:  # a signature is no confirmation
        passkeys.reauthenticate_by_passkey(work, device.get(asked))
    clock.forward(minutes=5, seconds=1)
    with pytest.raises(Invalid):
        desk.answer(mother, nonce, device.get(asked))
    sent = device.get(desk.ask(mother, nonce))
    desk.answer(mother, nonce, sent)
    with pytest.raises(Conflict):
        desk.answer(mother, nonce, sent)
    with pytest.raises(Invalid):
        desk.answer(mother, os.urandom(16), sent)
    asked = desk.ask(mother, nonce := os.urandom(16))
    with work_as(district.doctor) as work:
        correct_entry(work, find_child(work, child.id), desk.entry_id, content={"text": "少晒太阳"}, row_version=1)
    with pytest.raises(Conflict):
        desk.answer(mother, nonce, device.get(asked))
    with pytest.raises(Invalid):
        desk.answer(mother, nonce, device.get(asked), read_version=2)


def test_without_the_agreement_or_a_passkey_only_the_pin_is_left(work_as, desk, mother, installation):
    """S-26."""
    with pytest.raises(NotNow):
        desk.ask(mother, os.urandom(16))
    with work_as(mother) as work:
        sign_entry(work, *desk._paper(work), nonce=os.urandom(16), pin=PIN, **desk.said)
    enrolled(work_as, mother)
    with installation.engine.begin() as connection:
        connection.execute(text('UPDATE "user" SET agreement_accepted_at = NULL'))
    with pytest.raises(NotNow):
        desk.ask(mother, os.urandom(16))
    with pytest.raises(Invalid), work_as(mother) as work:
        sign_entry(work, *desk._paper(work), nonce=os.urandom(16), **desk.said)


def test_after_a_reset_by_the_staff_no_passkey_signs_for_a_day(work_as, desk, mother, device, clock):
    """S-26: whoever was helped to get in again might be somebody else."""
    nonce = os.urandom(16)
    asked = desk.ask(mother, nonce)
    with work_as(None) as work:
        work.session.get(User, mother.user_id).signing_locked_until = work.now + timedelta(hours=24)
    with pytest.raises(NotNow):
        desk.ask(mother, os.urandom(16))
    with pytest.raises(NotNow):
        desk.answer(mother, nonce, device.get(asked))
    clock.forward(hours=24)
    assert desk.sign(mother, device).level == "L2"


def test_what_was_signed_stays_and_what_is_forged_shows(work_as, installation, desk, mother, device, district):
    """S-27: revoking invalidates nothing before it; a row changed by SQL, or claimed for another key, is none."""
    desk.sign(mother, device)
    with work_as(mother) as work:
        sign_entry(work, *desk._paper(work), nonce=os.urandom(16), pin=PIN, **desk.said)
        (mine,) = passkey_keeping.my_passkeys(work)
        passkey_keeping.revoke_passkey(work, mine.id)
    assert [each.level for each in desk.read(mother)] == ["L2", "L1"]
    other = enrolled(work_as, mother)
    with work_as(mother) as work:
        l2 = work.session.scalar(select(Signature).where(Signature.level == "L2"))
        newest = work.session.scalar(select(Passkey).where(Passkey.credential_id == next(iter(other.passkeys))))
        keys = {"public_key": newest.public_key, "credential_id": newest.credential_id}
        later = {"signed_at": work.now.replace(year=work.now.year + 1)}
        honest = {
            name: getattr(l2, name) for name in ("level", "decision", "client_data", "authenticator_data", "statement")
        }
        honest |= {name: getattr(l2, name) for name in (*keys, *later)}
    answered_by_another = json.loads(
        other.get({"challenge": text_of(sha256(b"txda/sign/1\0" + l2.statement).digest())})
    )
    response = answered_by_another["response"]
    claimed = keys | {
        "signature": bytes_of(response["signature"]),
        "client_data": bytes_of(response["clientDataJSON"]),
        "authenticator_data": bytes_of(response["authenticatorData"]),
    }
    honest |= {"signature": l2.signature}
    unverified = bytearray(l2.authenticator_data)
    unverified[32] = PRESENT
    forgeries = [
        {"level": "L3"},
        {"decision": "disagree"},
        {"client_data": l2.client_data.replace(b"webauthn.get", b"webauthn.create")},
        {"authenticator_data": bytes(unverified)},
        {"statement": l2.statement.replace(b'"agree"', b'"disagree"')},
        keys,
        later,
        claimed,
        {"credential_id": None},
    ]
    for forged in forgeries:
        with installation.engine.begin() as connection:
            connection.execute(update(Signature).where(Signature.id == l2.id).values(forged))
        with pytest.raises(IntegrityError):
            desk.read(district.doctor)
        with installation.engine.begin() as connection:
            connection.execute(update(Signature).where(Signature.id == l2.id).values(honest))
    assert len(desk.read(mother)) == 2
