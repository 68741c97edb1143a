"""S-54: an authenticator app beside the password, its codes taken once, spare codes for when it is lost."""

import re
from dataclasses import dataclass, replace

import pyotp
import pytest
from sqlalchemy import select, update

from mengya_health.errors import Invalid, NotNow, SignInNeeded, TooMany
from mengya_health.people import account_links, accounts, entering, second_factor, sign_in
from mengya_health.people.credential_models import AccountNotice, SpareCode, Totp
from mengya_health.people.entering import CODE, SET_UP
from mengya_health.people.models import User, UserSession
from tests.factories import PASSWORD, an_account

LOGIN = "doctor.app"


@dataclass
class Owner:
    """Somebody with an account and a phone, coming in step by step, each in a unit of work of its own."""

    work_as: object
    clock: object
    user_id: object
    needs: bool = True
    secret: str = ""
    spare: tuple[str, ...] = ()

    def work(self):
        return self.work_as(None)

    def _in(self, work):
        work.settings = replace(work.settings, needs_second_factor=self.needs)
        return work

    def password(self, password: str = PASSWORD) -> entering.Entrance:
        with self.work() as work:
            return sign_in.sign_in(self._in(work), login=LOGIN, password=password)

    def code(self, entrance, code: str) -> entering.Entrance:
        with self.work() as work:
            return entering.give_code(self._in(work), entrance.token, code)

    def set_up(self, entrance) -> entering.Entrance:
        with self.work() as work:
            entering.start_app(self._in(work), entrance.token)
            self.secret = second_factor.setup_of(work, work.session.get(User, self.user_id)).secret
        with self.work() as work:
            entered, codes = entering.confirm_app(self._in(work), entrance.token, self.shown())
        self.spare = tuple(codes)
        return entered

    def shown(self, steps: int = 0) -> str:
        """Return what the app shows now, or so many steps from now."""
        return pyotp.TOTP(self.secret).at(self.clock.now, counter_offset=steps)

    def who(self, token: str):
        with self.work() as work:
            return sign_in.actor_for(work, token)


@pytest.fixture
def owner(work_as, district, clock) -> Owner:
    with work_as(district.sysadmin) as work:
        user = an_account(work, login=LOGIN)
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
    return Owner(work_as, clock, user.id)


def test_who_works_with_children_sets_up_an_app_before_anything_opens(owner):
    entrance = owner.password()
    assert entrance.missing == SET_UP
    assert owner.who(entrance.token) is None
    with pytest.raises(NotNow):  # and cannot go round it by a code of nothing
        owner.code(entrance, "000000")
    entered = owner.set_up(entrance)
    assert (entered.missing, owner.who(entered.token).user_id) == ("", owner.user_id)
    assert owner.who(entrance.token) is None  # what was half open is void
    assert len(set(owner.spare)) == 10


def test_a_code_is_taken_once_and_only_those_of_half_a_minute_around(owner):
    owner.set_up(owner.password())
    owner.clock.forward(minutes=5)
    entrance = owner.password()
    assert entrance.missing == CODE
    for steps in (-2, 2):
        with pytest.raises(Invalid):
            owner.code(entrance, owner.shown(steps))
    assert owner.who(owner.code(entrance, owner.shown(-1)).token)  # a phone that is half a minute slow
    again = owner.password()
    with pytest.raises(Invalid):
        owner.code(again, owner.shown(-1))
    assert owner.who(owner.code(again, owner.shown()).token)
    with pytest.raises(Invalid):
        owner.code(owner.password(), owner.shown(-1))  # one before the newest taken is too late


def test_of_two_processes_that_got_the_same_code_one_takes_it(owner, installation):
    owner.set_up(owner.password())
    owner.clock.forward(minutes=5)
    entrance, code = owner.password(), owner.shown()
    with installation.engine.begin() as connection:  # what the other process has just stored
        step = int(owner.clock.now.timestamp()) // 30
        connection.execute(update(Totp.__table__).values(last_step=step))
    with pytest.raises(Invalid):
        owner.code(entrance, code)


def test_a_spare_code_opens_once_and_its_owner_is_told(owner):
    owner.set_up(owner.password())
    spare = owner.spare[3].lower().replace("-", " ")
    assert owner.who(owner.code(owner.password(), spare).token)
    with pytest.raises(Invalid):
        owner.code(owner.password(), spare)
    with owner.work() as work:
        told = set(work.session.scalars(select(AccountNotice.kind)))
        stored = {bytes(row) for row in work.session.scalars(select(SpareCode.code_hash))}
    assert "spare_code_spent" in told
    assert not any(code.replace("-", "").encode() in stored for code in owner.spare)


def test_wrong_codes_shut_the_second_page_and_a_right_password_does_not_open_it_again(owner):
    owner.set_up(owner.password())
    owner.clock.forward(minutes=5)
    for _ in range(5):
        with pytest.raises(Invalid):
            owner.code(owner.password(), "000000")
    with pytest.raises(TooMany):
        owner.code(owner.password(), owner.shown())
    owner.clock.forward(minutes=1, seconds=1)
    assert owner.who(owner.code(owner.password(), owner.shown()).token)


def test_a_half_open_sign_in_lasts_ten_minutes_and_is_none_of_ones_sessions(owner):
    owner.set_up(owner.password())
    for _ in range(3):
        half = owner.password()
    with owner.work() as work:
        whole = work.session.scalars(select(UserSession).where(UserSession.kind == "password")).all()
        assert [row.ended_at for row in whole] == [None]  # three passwords alone pushed nobody out
    owner.clock.forward(minutes=10, seconds=1)
    with pytest.raises(SignInNeeded):
        owner.code(half, owner.shown())


def test_a_reset_does_not_pass_by_the_second_factor(owner, work_as, district):
    entered = owner.set_up(owner.password())
    with work_as(district.sysadmin) as work:
        link = account_links.start_reset(work, owner.user_id)
    with owner.work() as work:
        entrance = account_links.choose_first_password(
            work, token=link.path.removeprefix("/join/"), password="高高的山上有一棵老松树呢"
        )
    assert entrance.missing == CODE
    assert owner.who(entrance.token) is None
    assert owner.who(entered.token) is None  # the sign-ins of before are over
    owner.clock.forward(minutes=1)
    assert owner.who(owner.code(entrance, owner.shown()).token)


def test_the_password_once_more_asks_for_the_code_once_more(owner):
    token = owner.set_up(owner.password()).token
    owner.clock.forward(minutes=6)
    actor = owner.who(token)
    with pytest.raises(Invalid) as refused, owner.work_as(actor) as work:
        sign_in.reauthenticate(work, password=PASSWORD)
    assert set(refused.value.fields) == {"code"}
    with owner.work_as(actor) as work:
        renewed = sign_in.reauthenticate(work, password=PASSWORD, code=owner.shown())
    assert owner.who(token) is None  # S-53: a new token, and the old one is void
    assert owner.who(renewed).reauthenticated_at == owner.clock.now


def test_an_app_in_use_stays_so_until_the_new_one_is_confirmed(owner):
    owner.set_up(owner.password())
    with owner.work() as work:
        second_factor.start_app(work, work.session.get(User, owner.user_id))
    owner.clock.forward(minutes=1)
    entrance = owner.password()
    assert entrance.missing == CODE
    assert owner.who(owner.code(entrance, owner.shown()).token)


def test_the_secret_lies_sealed_and_nowhere_else(owner, installation):
    owner.set_up(owner.password())
    with installation.engine.connect() as connection:
        row = connection.execute(select(Totp.__table__)).one()
    assert owner.secret.encode() not in row.secret
    assert row.next_secret is None
    assert re.fullmatch(r"[A-Z2-7]{32}", owner.secret)


def test_families_and_the_demo_come_in_by_password_alone(owner, work_as):
    owner.needs = False
    assert owner.who(owner.password().token).user_id == owner.user_id
    owner.needs = True
    with work_as(None) as work:
        password_hash = work.passwords.hash(PASSWORD)
        parent = {"login": "parent.one", "name": "样本家长", "phone": "13800138000"}
        accounts.new_account(work, **parent, password_hash=password_hash)
    with owner.work() as work:
        assert sign_in.sign_in(owner._in(work), login="parent.one", password=PASSWORD).missing == ""
