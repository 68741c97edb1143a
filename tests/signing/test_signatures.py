"""What a signature holds on to: its version, its decision, its level; and who can make one at all."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.care import loop, plans
from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.signatures import verify_signature
from mengya_health.db import new_id
from mengya_health.errors import Conflict, IntegrityError, Invalid, NotFound, NotNow, NotPermitted, TooMany
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.signing.agreement import signing_agreement
from mengya_health.signing.commands import sign_entry, withdraw_signature
from mengya_health.signing.levels import LEVEL_LABELS
from mengya_health.signing.models import Signature
from mengya_health.signing.pins import TRIES, set_pin
from mengya_health.signing.queries import signatures_of
from tests.care.walking import SHOWN
from tests.factories import PIN, client_of
from tests.web.browsing import Forms

OTHER_PIN = "395172"
FOR_THE_GUARDIAN = {"read_version": 1, "decision": "agree", "capacity": "guardian", "shown": SHOWN}


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    """What SQL can do to a row is the same on both; the statements themselves are tested on both below."""
    return request.param


def plan_of(work, child):
    return entries_of_kind(work, child, "care_plan")[-1]


def sign(walk, actor: Actor, *, pin: str = PIN, capacity: str = "guardian", nonce: bytes | None = None, version=None):
    with walk.as_(actor) as work:
        child = find_child(work, walk.child.id)
        plan = plan_of(work, child)
        signed = sign_entry(
            work,
            child,
            plan,
            read_version=version or plan.version,
            decision="agree",
            pin=pin,
            capacity=capacity,
            shown=SHOWN,
            nonce=nonce or os.urandom(16),
        )
        return signed.id


def revise(walk, times: int = 1) -> None:
    for number in range(times):
        with walk.as_(walk.doctor) as work:
            plans.change_plan(work, walk.case_id, plan=walk.plan | {"summary": f"换了一种说法{number}。"})


def signatures(walk, actor: Actor | None = None):
    with walk.work_as(actor or walk.doctor, writing=False) as work:
        child = find_child(work, walk.child.id)
        return signatures_of(work, child, [plan_of(work, child).id])


def stored(walk) -> Signature:
    with walk.work_as(None, writing=False) as work:
        return work.session.scalar(select(Signature))


class TestVersions:
    @pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
    def test_a_signature_is_on_its_version_for_ever(self, walk):
        """S-24: signed at version 3, changed to 4: the statement of 3 still verifies, 4 carries none."""
        revise(walk, 2)
        sign(walk, walk.mother)
        revise(walk)
        ((signed,),) = signatures(walk).values()
        assert (signed.version, signed.stands) == (3, True)
        row = stored(walk)
        assert verify_signature(row.public_key, row.statement, row.signature)
        assert read_txjson(row.statement)["rec_ver"] == 3
        facts = walk.facts()
        assert facts.newest("care_plan").version == 4
        with pytest.raises(NotNow), walk.as_(walk.mother) as work:
            loop.move(work, walk.case(), "agree", facts=walk.facts(walk.mother))

    def test_what_was_changed_meanwhile_is_not_signed(self, walk):
        """S-25: opened at version 1, saved by somebody else as 2, signed: refused, nothing stored."""
        revise(walk)
        with pytest.raises(Conflict, match="刚刚改过"):
            sign(walk, walk.mother, version=1)
        assert signatures(walk) == {}

    def test_the_statement_says_what_was_seen_and_agreed_to_and_nothing_of_the_content(self, walk):
        sign(walk, walk.mother)
        said = read_txjson(stored(walk).statement)
        assert said["shown"] == SHOWN
        assert said["agreement_ver"] == signing_agreement().version
        assert said["consent_ver"]
        assert walk.plan["summary"] not in stored(walk).statement.decode()
        assert walk.child.name not in stored(walk).statement.decode()


class TestProof:
    def test_signing_takes_the_pin_typed_for_this_signature(self, walk):
        """S-26: none, a wrong one; somebody fresh at the door has no signature by that."""
        for pin, said in (("", "请输入六位签名密码"), ("000000", "还可以试 4 次")):
            with pytest.raises(Invalid) as refused:
                sign(walk, walk.mother, pin=pin)
            assert said in refused.value.fields["pin"][0]
        assert signatures(walk) == {}

    def test_five_wrong_pins_lock_signing_for_the_right_one_too(self, walk):
        """S-26."""
        for _ in range(TRIES):
            with pytest.raises((Invalid, TooMany)):
                sign(walk, walk.mother, pin="000000")
        for pin in ("000000", PIN):
            with pytest.raises(TooMany):
                sign(walk, walk.mother, pin=pin)
        assert signatures(walk) == {}

    def test_a_form_signs_once(self, walk):
        """S-26: a replayed nonce."""
        nonce = os.urandom(16)
        sign(walk, walk.mother, nonce=nonce)
        with pytest.raises(Conflict, match="已经收到"):
            sign(walk, walk.mother, nonce=nonce)

    @pytest.mark.parametrize("minutes", [0, 6])
    def test_staff_do_not_sign_by_having_signed_in(self, walk, minutes):
        """S-26: neither a re-authentication of six minutes ago nor one of this moment, one's own or another's."""
        fresh = replace(walk.doctor, reauthenticated_at=walk.clock.now - timedelta(minutes=minutes))
        with walk.work_as(None) as work:
            set_pin(work, work.session.get(User, walk.doctor.user_id), OTHER_PIN)
            set_pin(work, work.session.get(User, walk.district.second_doctor.user_id), PIN)
        for pin in ("", PIN):  # PIN is the second doctor's
            with pytest.raises(Invalid):
                sign(walk, fresh, pin=pin, capacity="doctor")
        sign(walk, fresh, pin=OTHER_PIN, capacity="doctor")

    def test_whoever_has_not_accepted_the_agreement_signs_nothing(self, walk):
        with pytest.raises(NotNow, match="使用约定"):
            sign(walk, walk.doctor, capacity="doctor")
        with walk.work_as(None) as work:
            user = work.session.get(User, walk.doctor.user_id)
            set_pin(work, user, OTHER_PIN)
            assert (user.agreement_accepted_at, user.agreement_version) == (work.now, signing_agreement().version)


class TestNobodyElse:
    @pytest.mark.parametrize(
        "who", ["doctor", "second_doctor", "teacher", "sysadmin", "security_officer", "other_doctor"]
    )
    def test_staff_cannot_sign_for_a_guardian(self, walk, who):
        """S-35: not with the guardian's PIN, not with their own; each try is in the audit."""
        actor = getattr(walk.district, who)
        with walk.work_as(None) as work:
            set_pin(work, work.session.get(User, actor.user_id), OTHER_PIN)
        for pin in (PIN, OTHER_PIN):
            plan = seen_by_doctor(walk)
            with pytest.raises((NotFound, NotPermitted)), walk.as_(actor) as work:
                sign_entry(work, walk.child, plan, pin=pin, nonce=os.urandom(16), **FOR_THE_GUARDIAN)
        assert signatures(walk) == {}

    def test_the_guardians_own_form_sent_by_the_doctor_is_refused_and_written_down(self, walk, installation):
        """S-35, through the page, with the guardian's right PIN."""
        client = client_of(installation, walk.doctor)
        path = f"/home/{walk.child.id}/sign/{walk.open_tasks('signature')[0].id}"
        form = Forms(client.get(f"{path}?choice=agree").get_data(as_text=True)).by_action[path]
        assert client.post(path, data=form | {"pin": [PIN]}).status_code == 403
        assert signatures(walk) == {}
        with walk.work_as(None, writing=False) as work:
            asked = select(AuditEvent.reason).where(AuditEvent.user_id == walk.doctor.user_id)
            assert "not_permitted" in set(work.session.scalars(asked.where(AuditEvent.outcome == "deny")))

    def test_a_grandmother_does_not_sign(self, walk):
        with pytest.raises((NotFound, NotPermitted)):
            sign(walk, Actor(new_id(), "caregiver"))


def seen_by_doctor(walk):
    with walk.work_as(walk.doctor, writing=False) as work:
        return plan_of(work, find_child(work, walk.child.id))


class TestTampering:
    @pytest.mark.parametrize(
        "change",
        [
            {"decision": "disagree"},
            {"version": 2},
            {"level": "L0"},
            {"capacity": "doctor"},
            {"signed_at": "2026-11-29 01:00:00.000000"},
            {"signature": b"\0" * 64},
            {"withdrawn_at": "2026-11-23 02:00:00.000000"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_row_that_sql_changed_is_not_shown(self, walk, change):
        sign(walk, walk.mother)
        with walk.installation.engine.begin() as connection:
            (name,) = change
            connection.execute(text(f"UPDATE signature SET {name} = :value"), {"value": change[name]})  # noqa: S608
        with pytest.raises(IntegrityError):
            signatures(walk)

    def test_a_row_swapped_for_one_signed_with_another_key_is_not_shown(self, walk):
        """The history tells which signature was made, so a whole row that verifies by itself is not enough."""
        sign(walk, walk.mother)
        with walk.as_(walk.mother) as work:
            row = work.session.scalar(select(Signature))
            public, private = work.keys.new_signing_key(walk.mother.user_id)
            forged = row.statement.replace(b'"consent_ver":"2', b'"consent_ver":"1')
            assert forged != row.statement
            work.session.execute(
                update(Signature).values(
                    statement=forged, public_key=public, signature=work.keys.sign(walk.mother.user_id, private, forged)
                )
            )
        with pytest.raises(IntegrityError):
            signatures(walk)

    def test_a_withdrawal_cannot_be_erased(self, walk):
        signature_id = sign(walk, walk.mother)
        with walk.as_(walk.mother) as work:
            withdraw_signature(work, walk.child, signature_id)
        ((taken_back,),) = signatures(walk).values()
        assert not taken_back.stands
        with walk.installation.engine.begin() as connection:
            connection.execute(text("UPDATE signature SET withdrawn_at = NULL"))
        with pytest.raises(IntegrityError):
            signatures(walk)

    def test_it_is_taken_back_once_by_its_signer_within_a_day(self, walk):
        signature_id = sign(walk, walk.mother)
        for actor in (walk.doctor, walk.teacher):
            with pytest.raises(NotPermitted), walk.as_(actor) as work:
                withdraw_signature(work, walk.child, signature_id)
        with walk.as_(walk.mother) as work:
            withdraw_signature(work, walk.child, signature_id)
        with pytest.raises(NotNow, match="已经撤回"), walk.as_(walk.mother) as work:
            withdraw_signature(work, walk.child, signature_id)
        late = sign(walk, walk.mother)
        walk.clock.forward(hours=25)
        with pytest.raises(NotPermitted), walk.as_(walk.mother) as work:
            withdraw_signature(work, walk.child, late)


def test_levels_are_called_by_their_names():
    """§6.3: what pages and papers print; nothing is rounded up."""
    assert LEVEL_LABELS == {
        "L0": "已阅（非签名）",
        "L1": "电子签名·系统代管密钥",
        "L2": "电子签名·本人设备密钥",
        "L3": "可靠电子签名",
        "paper": "纸质签名·当面见证",
    }
