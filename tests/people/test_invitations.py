"""Invitations: handed out at the desk, redeemed once, by whoever knows the child's birth date."""

from datetime import date

import pytest
from sqlalchemy import select, update

from mengya_health.access.actor import Actor
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.errors import Invalid, NotFound, NotPermitted
from mengya_health.people import invitations, queries, sign_in
from mengya_health.people.models import Invitation, Organisation
from mengya_health.people.queries import find_child
from tests.factories import BIRTH_ON

FORM = {
    "name": "样本甲的妈妈",
    "phone": "13800138000",
    "relation": "mother",
    "password": "小溪流过青石桥边",
}


@pytest.fixture
def child(register):
    return register("P1")


@pytest.fixture
def invite(work_as, district, child):
    def invited(**how) -> invitations.IssuedInvitation:
        with work_as(district.doctor) as work:
            return invitations.invite_guardian(work, find_child(work, child.id), **how)

    return invited


@pytest.fixture
def redeem(work_as):
    def redeemed(code: str, birth_on: date = BIRTH_ON, **changed) -> invitations.Redeemed:
        with work_as(None) as work:
            return invitations.redeem_invitation(work, code=code, birth_on=birth_on, **FORM | changed)

    return redeemed


def test_a_guardian_who_redeems_an_invitation_is_signed_in_and_may_sign(invite, redeem, work_as, child):
    redeemed = redeem(invite().code)
    with work_as(None, writing=False) as work:
        actor = sign_in.actor_for(work, redeemed.token)
    assert (actor.role, actor.session_kind) == ("guardian", "password")
    with work_as(actor, writing=False) as work:
        assert is_allowed(actor, Permission.SIGN, find_child(work, child.id).subject)
        family = queries.family_of(work, find_child(work, child.id))
    assert [(member.name, member.relation, member.authority) for member in family] == [
        ("样本甲的妈妈", "mother", "signs")
    ]
    with work_as(None) as work:
        assert sign_in.sign_in(work, login=FORM["phone"], password=FORM["password"])


@pytest.mark.parametrize("typed", ["{}", "  {}  ", "lower"])
def test_a_code_is_taken_as_people_type_it(invite, redeem, typed):
    code = invite().code
    assert len(code.replace("-", "")) == 10
    assert redeem(code.lower().replace("-", " ") if typed == "lower" else typed.format(code))


def test_only_the_keyed_hash_of_a_code_is_stored(invite, work_as):
    issued = invite()
    with work_as(None, writing=False) as work:
        row = work.session.scalars(select(Invitation)).one()
    assert issued.code.replace("-", "").encode() not in row.code_hash
    assert issued.code not in repr(issued)


def test_an_invitation_works_once(invite, redeem):
    code = invite().code
    redeem(code)
    with pytest.raises(Invalid) as refused:
        redeem(code, phone="13900139000")
    assert "code" in refused.value.fields


def test_five_wrong_birth_dates_void_an_invitation(invite, redeem, clock):
    code = invite().code
    for left in (4, 3, 2, 1):
        with pytest.raises(Invalid) as refused:
            redeem(code, date(2025, 11, 21))
        assert str(left) in refused.value.fields["birth_on"][0]
    with pytest.raises(Invalid):
        redeem(code, date(2025, 11, 21))
    clock.forward(minutes=16)
    with pytest.raises(Invalid) as refused:
        redeem(code)
    assert "code" in refused.value.fields


def test_an_invitation_is_void_after_seven_days_and_when_it_was_revoked(
    invite, redeem, work_as, district, child, clock
):
    old, revoked = invite(), invite()
    with work_as(district.doctor) as work:
        invitations.revoke_invitation(work, find_child(work, child.id), revoked.id)
        assert [row.id for row in invitations.open_invitations(work, find_child(work, child.id))] == [old.id]
    with pytest.raises(Invalid):
        redeem(revoked.code)
    with work_as(district.doctor) as work:
        work.session.get(Organisation, district.clinic_id).phone = "021-00000000"
    clock.forward(days=7, seconds=1)
    with pytest.raises(Invalid) as late:
        redeem(old.code)
    (said,) = late.value.fields["code"]
    assert "请门诊再发一次" in said
    assert said.count("021-00000000") == 2  # in Chinese and in English: whom to ring
    with pytest.raises(Invalid) as unknown:
        redeem("AAAAAAAAAA")
    assert "021" not in unknown.value.fields["code"][0]


def test_an_invitation_changed_by_sql_grants_nothing(invite, redeem, owner):
    code = invite(authority="reads").code
    with owner.begin() as connection:
        connection.execute(update(Invitation.__table__).values(authority="signs"))
    with pytest.raises(Invalid):
        redeem(code)


def test_guessing_codes_shuts_the_address(invite, redeem):
    code = invite().code
    for number in range(20):
        with pytest.raises(Invalid):
            redeem(f"AAAAA{number:05d}")
    with pytest.raises(Exception, match="次数太多"):
        redeem(code)


def test_a_weak_password_or_taken_login_leaves_the_invitation_open(invite, redeem):
    first, second = invite().code, invite().code
    with pytest.raises(Invalid) as refused:
        redeem(first, password="12345678")
    assert "password" in refused.value.fields
    redeem(first)
    with pytest.raises(Invalid) as refused:
        redeem(second)
    assert "login" in refused.value.fields
    assert redeem(second, login="second.parent")


def test_somebody_signed_in_already_takes_a_second_child_with_the_same_account(
    invite, redeem, register, work_as, district
):
    parent = Actor(redeem(invite().code).user.id, "guardian")
    sibling = register("P1", name="样本乙", birth_on=date(2023, 5, 1), gestational_days=None)
    with work_as(district.doctor) as work:
        code = invitations.invite_guardian(work, find_child(work, sibling.id)).code
    with work_as(parent) as work:
        assert invitations.accept_invitation(work, code=code, birth_on=date(2023, 5, 1)) == sibling.id
        assert [child.name for child in queries.my_children(work)] == ["样本乙", "样本甲"]


def test_a_guardian_lets_a_caregiver_in_who_never_signs_and_takes_it_back(invite, redeem, work_as, child):
    mother = Actor(redeem(invite().code).user.id, "guardian")
    with work_as(mother) as work:
        code = invitations.invite_caregiver(work, find_child(work, child.id)).code
    grandmother = Actor(redeem(code, phone="13900139000", relation="grandparent").user.id, "caregiver")
    with work_as(grandmother, writing=False) as work:
        subject = find_child(work, child.id).subject
    assert is_allowed(grandmother, Permission.WRITE_FAMILY, subject)
    assert not is_allowed(grandmother, Permission.SIGN, subject)
    with pytest.raises(NotPermitted), work_as(grandmother) as work:
        invitations.invite_caregiver(work, find_child(work, child.id))
    with work_as(mother) as work:
        invitations.remove_caregiver(work, find_child(work, child.id), grandmother.user_id)
    with pytest.raises(NotFound), work_as(grandmother, writing=False) as work:
        find_child(work, child.id)


def test_only_the_childs_own_clinic_invites_guardians(work_as, district, child):
    with work_as(district.doctor, writing=False) as work:
        facts = find_child(work, child.id)
    with pytest.raises(NotFound), work_as(district.other_doctor) as work:
        invitations.invite_guardian(work, facts)
    with pytest.raises(Invalid), work_as(district.doctor) as work:
        invitations.invite_guardian(work, facts, authority="records")
