"""Signing in, sessions, bound phones, and doors that shut after too many tries."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from mengya_health.access.actor import Actor
from mengya_health.crypto.passwords import HashCost, Passwords
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, NotPermitted, SignInNeeded, TooMany
from mengya_health.people import accounts, sign_in
from mengya_health.people.models import Membership, User, UserSession
from tests.factories import PASSWORD, an_account

LOGIN = "doctor.one"


@pytest.fixture
def account(work_as, district):
    with work_as(district.sysadmin) as work:
        user = an_account(work, login=LOGIN)
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
        return user.id


@pytest.fixture
def parent(work_as, district):
    with work_as(district.sysadmin) as work:
        password_hash = work.passwords.hash("小溪流过青石桥边")
        parent = {"login": "parent.one", "name": "样本家长", "phone": "13800138000"}
        return accounts.new_account(work, **parent, password_hash=password_hash).id


@pytest.fixture
def enter(work_as):
    """Sign in, in a unit of work of its own."""

    def entered(login: str = LOGIN, password: str = PASSWORD, address: str = "192.0.2.1") -> str:
        with work_as(None) as work:
            work.address = address
            return sign_in.sign_in(work, login=login, password=password).token

    return entered


@pytest.fixture
def who(work_as):
    """Say who a token stands for, and do what the door does afterwards."""

    def asked(token: str | None) -> Actor | None:
        with work_as(None) as work:
            actor = sign_in.actor_for(work, token)
            for act in work.after_answer:
                act(work.session)
            return actor

    return asked


def test_the_right_password_opens_a_session_of_that_person_at_their_places(account, enter, who, district):
    actor = who(enter(" Doctor.One "))  # any case, blanks around it
    assert (actor.user_id, actor.role, actor.session_kind) == (account, "doctor", "password")
    assert [place.organisation_id for place in actor.places] == [district.clinic_id]


def test_only_the_hash_of_a_token_is_stored(account, enter, who, work_as):
    token = enter()
    with work_as(None, writing=False) as work:
        row = work.session.scalars(select(UserSession)).one()
    assert token.encode() not in row.token_hash
    assert who(row.token_hash.hex()) is None
    assert who("") is None
    assert who(None) is None


def test_wrong_password_unknown_login_and_closed_account_get_the_same_answer(account, enter, work_as, district):
    answers = []
    for login, password in ((LOGIN, "x" * 12), ("nobody", PASSWORD)):
        with pytest.raises(Invalid) as refused:
            enter(login, password)
        answers.append(refused.value.fields)
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, account)
    with pytest.raises(Invalid) as refused:
        enter()
    assert answers == [refused.value.fields] * 2


class CountingPasswords(Passwords):
    """The real thing; it also counts how many hashes were worked out."""

    hashes = 0

    def _one_at_a_time(self):
        self.hashes += 1
        return super()._one_at_a_time()


def test_an_unknown_login_costs_as_many_hashes_as_a_known_one(account, work_as):
    counted = []
    for login in (LOGIN, "nobody"):
        with work_as(None) as work:
            work.passwords = CountingPasswords(HashCost(1, 8))
            with pytest.raises(Invalid):
                sign_in.sign_in(work, login=login, password="y" * 12)
        counted.append(work.passwords.hashes)
    assert counted == [1, 1]


def test_five_failures_shut_an_account_for_longer_and_longer_but_never_for_good(account, enter, clock):
    for place in range(5):
        with pytest.raises(Invalid):
            enter(password="z" * 12, address=f"192.0.2.{place}")
    waits = []
    for _ in range(6):
        with pytest.raises(TooMany) as shut:
            enter()  # the right password does not help now
        waits.append(shut.value.retry_after_s // 60)
        clock.forward(seconds=shut.value.retry_after_s)
        with pytest.raises(Invalid):
            enter(password="z" * 12, address="198.51.100.7")
    assert waits == [1, 2, 4, 8, 15, 15]
    clock.forward(minutes=16)
    assert enter()


def test_a_right_password_forgets_the_failures_before_it(account, enter):
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Invalid):
                enter(password="z" * 12)
        assert enter()


def test_twenty_failures_from_one_address_shut_it_for_every_account(account, enter, clock):
    for number in range(20):
        with pytest.raises(Invalid):
            enter(login=f"guess{number}")
    with pytest.raises(TooMany):
        enter()
    assert enter(address="192.0.2.2")
    clock.forward(minutes=15, seconds=1)
    assert enter()


def test_a_session_ends_when_idle_when_old_and_when_signed_out(account, enter, who, work_as, clock):
    idle = enter()
    clock.forward(minutes=15, seconds=1)
    assert who(idle) is None
    used = enter()
    for _ in range(60):
        clock.forward(minutes=10)
        assert who(used)
    clock.forward(seconds=1)
    assert who(used) is None  # ten hours after signing in
    left = enter()
    with work_as(who(left)) as work:
        sign_in.sign_out(work)
    assert who(left) is None


def test_last_use_is_written_at_most_once_a_minute(account, enter, work_as, clock):
    token = enter()
    with work_as(None) as work:
        sign_in.actor_for(work, token)
        assert work.after_answer == []
    clock.forward(minutes=1)
    with work_as(None) as work:
        sign_in.actor_for(work, token)
        assert len(work.after_answer) == 1


def test_who_a_token_stands_for_takes_one_statement(account, enter, work_as, statements):
    token = enter()
    with work_as(None, writing=False) as work:
        statements.seen.clear()
        assert sign_in.actor_for(work, token)
        assert len(statements.seen) == 1


def test_the_fourth_session_ends_the_one_unused_for_longest(account, enter, who, clock):
    tokens = []
    for _ in range(4):
        tokens.append(enter())
        clock.forward(seconds=1)
    assert [who(token) is not None for token in tokens] == [False, True, True, True]


def test_closing_an_account_ends_its_sessions_at_once(account, enter, who, work_as, district):
    token = enter()
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, account)
    assert who(token) is None


def test_a_session_written_or_turned_by_sql_signs_nobody_in(account, enter, who, owner, work_as):
    """S-53: neither a row with the hash of a token of one's own, nor one's own row turned to somebody else."""
    token, forged = enter(), "a token that a thief made up"
    with work_as(None, writing=False) as work:
        own = work.session.scalar(select(UserSession))
        hashed = work.keys.session_hash(forged)
    row = {column.name: getattr(own, column.name) for column in UserSession.__table__.columns}
    with owner.begin() as connection:
        connection.execute(insert(UserSession.__table__), row | {"id": new_id(), "token_hash": hashed})
    assert who(forged) is None
    assert who(token) is not None
    with owner.begin() as connection:
        connection.execute(update(UserSession.__table__).values(reauthenticated_at=own.created_at + timedelta(hours=1)))
    assert who(token) is None


@pytest.mark.parametrize("changed", [{"status": "active", "row_version": 9}, {"seal": bytes(32)}])
def test_an_account_whose_seal_does_not_hold_opens_nothing(account, enter, who, owner, changed):
    token = enter()
    with owner.begin() as connection:
        connection.execute(update(User.__table__).values(**changed))
    assert who(token) is None


def test_a_membership_written_by_sql_alone_gives_no_role(account, enter, who, owner, work_as, district):
    token = enter()
    forged = {
        "id": new_id(),
        "user_id": account,
        "role": "sysadmin",
        "from_on": work_today(work_as),
        "seal": bytes(32),
        "row_version": 1,
    }
    with owner.begin() as connection:
        connection.execute(insert(Membership.__table__), forged)
        connection.execute(
            update(Membership.__table__)
            .where(Membership.user_id == account, Membership.role == "doctor")
            .values(organisation_id=district.other_clinic_id)
        )
    assert who(token).places == ()


def work_today(work_as):
    with work_as(None, writing=False) as work:
        return work.today


def test_an_ended_membership_gives_no_role_from_that_day_on(account, enter, who, work_as, district):
    token = enter()
    with work_as(district.sysadmin) as work:
        membership = work.session.scalar(select(Membership.id).where(Membership.user_id == account))
        accounts.end_membership(work, membership)
    assert who(token).places == ()


def test_administrator_and_security_officer_exclude_each_other(account, work_as, district):
    for first, second in (("sysadmin", "security_officer"), ("security_officer", "sysadmin")):
        with work_as(district.sysadmin) as work:
            user = an_account(work, login=f"new-{first}")
            accounts.add_membership(work, user_id=user.id, role=first)
        with pytest.raises(Invalid), work_as(district.sysadmin) as work:
            accounts.add_membership(work, user_id=user.id, role=second)


def test_accounts_are_made_by_administrators_only(district, work_as, account):
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        accounts.add_user(work, login="new.one", name="样本")
    with pytest.raises(NotPermitted), work_as(district.doctor) as work:
        accounts.add_membership(work, user_id=account, role="sysadmin")
    with pytest.raises(Invalid), work_as(district.sysadmin) as work:
        accounts.add_user(work, login=LOGIN.upper(), name="样本")


def test_giving_the_password_once_more_renews_token_and_time(account, enter, who, work_as, clock):
    old = enter()
    clock.forward(minutes=6)
    actor = who(old)
    with work_as(actor) as work:
        assert not sign_in.is_fresh(work)
        new = sign_in.reauthenticate(work, password=PASSWORD)
    assert who(old) is None
    with work_as(who(new)) as work:
        assert sign_in.is_fresh(work)
    with pytest.raises(Invalid), work_as(actor) as work:
        sign_in.reauthenticate(work, password="not this one")


def test_a_new_password_ends_the_other_sessions_and_needs_the_old_one(account, enter, who, work_as):
    other, mine = enter(), enter()
    actor = who(mine)
    with pytest.raises(Invalid) as refused, work_as(actor) as work:
        sign_in.change_password(work, old_password="wrong one", password="春天的花开在山坡上真好看")
    assert "old_password" in refused.value.fields
    with pytest.raises(Invalid), work_as(actor) as work:
        sign_in.change_password(work, old_password=PASSWORD, password="short")
    with work_as(actor) as work:
        sign_in.change_password(work, old_password=PASSWORD, password="春天的花开在山坡上真好看")
    assert who(other) is None
    assert who(mine)
    with pytest.raises(Invalid):
        enter()
    assert enter(password="春天的花开在山坡上真好看")


def test_a_bound_phone_opens_reading_only_until_it_is_revoked(parent, enter, who, work_as, clock):
    actor = who(enter("parent.one", "小溪流过青石桥边"))
    with work_as(actor) as work:
        phone = sign_in.bind_phone(work)
    clock.forward(days=80)
    with work_as(None) as work:
        token = sign_in.open_by_phone(work, phone)
    assert (who(token).user_id, who(token).session_kind) == (parent, "device")
    with work_as(actor) as work:
        sign_in.revoke_phone(work, sign_in.phones_of(work)[0].id)
    assert who(token) is None
    with pytest.raises(SignInNeeded), work_as(None) as work:
        sign_in.open_by_phone(work, phone)


def test_a_phone_unused_for_ninety_days_is_no_longer_bound(parent, enter, who, work_as, clock):
    with work_as(who(enter("parent.one", "小溪流过青石桥边"))) as work:
        phone = sign_in.bind_phone(work)
    clock.forward(days=90, seconds=1)
    for token in (phone, "another", None):
        with pytest.raises(SignInNeeded), work_as(None) as work:
            sign_in.open_by_phone(work, token)


def test_binding_a_phone_is_for_families_who_just_gave_their_password(account, parent, enter, who, work_as, clock):
    with pytest.raises(NotPermitted), work_as(who(enter())) as work:
        sign_in.bind_phone(work)
    actor = who(enter("parent.one", "小溪流过青石桥边"))
    clock.forward(minutes=6)
    with pytest.raises(SignInNeeded), work_as(actor) as work:
        sign_in.bind_phone(work)


def test_one_ends_only_ones_own_sessions(account, parent, enter, who, work_as):
    mine, theirs = who(enter()), who(enter("parent.one", "小溪流过青石桥边"))
    with work_as(mine) as work:
        assert [row.id for row in sign_in.sessions_of(work)] == [mine.session_id]
        with pytest.raises(NotFound):
            sign_in.revoke_session(work, theirs.session_id)
        sign_in.revoke_session(work, mine.session_id)
    with work_as(None, writing=False) as work:
        still_open = select(func.count()).select_from(UserSession).where(UserSession.ended_at.is_(None))
        assert work.session.scalar(still_open) == 1


def test_the_demo_has_no_cap_on_sessions(account, enter, who, work_as):
    tokens = [enter()]
    for _ in range(4):
        with work_as(None) as work:
            work.settings = replace(work.settings, session_cap=None)
            tokens.append(sign_in.sign_in(work, login=LOGIN, password=PASSWORD).token)
    assert all(who(token) for token in tokens)
