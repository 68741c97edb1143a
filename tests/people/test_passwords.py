"""Passwords and PINs somebody chooses: the two profiles, and nobody waits for us while they are hashed."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import update

from mengya_health import db
from mengya_health.access.actor import Actor
from mengya_health.crypto.passwords import HashCost, Passwords, check_password
from mengya_health.errors import Invalid
from mengya_health.people import account_links, accounts, entering, sign_in
from mengya_health.people.entering import NEW_PASSWORD
from mengya_health.people.invitations import invite_guardian, redeem_invitation
from mengya_health.people.models import Deployment, User
from mengya_health.people.queries import find_child
from mengya_health.signing.pins import hash_of_pin
from tests.conftest import CHEAP_HASHES
from tests.factories import PASSWORD, PIN, a_child, an_account

LOGIN = "doctor.one"
MIXED = "Stone-Bridge 7 willows"


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def doctor(work_as, district) -> Actor:
    with work_as(district.sysadmin) as work:
        user = an_account(work, login=LOGIN)
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
    with work_as(None) as work:
        return sign_in.actor_for(work, sign_in.sign_in(work, login=LOGIN, password=PASSWORD).token)


@pytest.mark.parametrize("few_kinds", ["onlysmallletters", "smalland7numbers", PASSWORD, "1234-5678-9012-34"])
def test_dengbao3_asks_for_three_kinds_of_characters_and_the_default_for_none(few_kinds):
    check_password("stone bridge seven willows", is_staff=True)
    with pytest.raises(Invalid, match="改"):
        check_password(few_kinds, is_staff=True, profile="dengbao3")
    for mixed in (MIXED, "Shitouqiao7柳树的春天"):
        check_password(mixed, is_staff=True, profile="dengbao3")


def test_dengbao3_asks_the_staff_for_another_password_every_ninety_days(doctor, work_as, clock, district):
    @contextmanager
    def strictly():
        with work_as(None) as work:
            work.settings = replace(work.settings, password_profile="dengbao3")
            yield work

    def come(password: str = PASSWORD) -> entering.Entrance:
        with strictly() as work:
            return sign_in.sign_in(work, login=LOGIN, password=password)

    clock.forward(days=90)
    assert come().missing == ""
    clock.forward(seconds=1)
    with work_as(None) as work:  # by the default profile a password does not wear out
        assert sign_in.sign_in(work, login=LOGIN, password=PASSWORD).missing == ""
    entrance = come()
    assert entrance.missing == NEW_PASSWORD
    with work_as(None) as work:
        assert sign_in.actor_for(work, entrance.token) is None
    for refused in (PASSWORD, "onlysmallletters"):
        with pytest.raises(Invalid), strictly() as work:
            entering.choose_password(work, entrance.token, refused)
    with strictly() as work:
        entered = entering.choose_password(work, entrance.token, MIXED)
    with work_as(None) as work:
        assert sign_in.actor_for(work, entered.token).user_id == doctor.user_id
    assert come(MIXED).missing == ""


class WaitsForNobody(Passwords):
    """The real thing; while it works, somebody else must be able to write."""

    def __init__(self, engine) -> None:
        super().__init__(CHEAP_HASHES)
        self.engine, self.written = engine, 0

    def _one_at_a_time(self):
        with db.open_session(self.engine, writing=True) as session:
            session.connection().exec_driver_sql("PRAGMA busy_timeout=0")
            session.execute(update(Deployment).values(is_demo=False))
            session.commit()
            self.written += 1
        return super()._one_at_a_time()


def test_nobody_waits_to_write_while_a_password_or_pin_is_hashed(installation, work_as, district, doctor):
    passwords = WaitsForNobody(installation.engine)
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    with work_as(district.doctor) as work:
        code = invite_guardian(work, find_child(work, child.id)).code
    with work_as(district.sysadmin) as work:
        token = account_links.start_reset(work, doctor.user_id).path.removeprefix("/join/")
    guardian = {"name": "样本", "phone": "13800138111", "relation": "mother", "password": PASSWORD}

    def costlier(work) -> None:  # the stored hash is of another cost: one to verify, one to make it anew
        work.passwords = WaitsForNobody(installation.engine)
        work.passwords._hasher = Passwords(HashCost(2, 16))._hasher
        sign_in.sign_in(work, login=LOGIN, password=PASSWORD)
        passwords.written += work.passwords.written

    acts = (
        (None, lambda work: sign_in.sign_in(work, login=LOGIN, password=PASSWORD), 1),
        (None, costlier, 2),
        (doctor, lambda work: sign_in.reauthenticate(work, password=PASSWORD), 2),  # back to the usual cost
        (doctor, lambda work: sign_in.change_password(work, old_password=PASSWORD, password=MIXED), 2),
        (doctor, lambda work: hash_of_pin(work, PIN), 1),
        (None, lambda work: account_links.choose_first_password(work, token=token, password=PASSWORD), 1),
        (None, lambda work: redeem_invitation(work, code=code, birth_on=child.birth_on, **guardian), 1),
    )
    for actor, act, hashes in acts:
        passwords.written = 0
        with work_as(actor) as work:
            work.passwords = passwords
            act(work)
        assert passwords.written == hashes
    with work_as(None, writing=False) as work:
        assert work.session.get(User, doctor.user_id).password_set_at == work.now
