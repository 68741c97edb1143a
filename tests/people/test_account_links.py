"""S-35, S-52: the owner of an account alone chooses its password, by a link that opens nothing else."""

import inspect
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.crypto.passwords import HashCost
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted, PasswordNeeded
from mengya_health.history.models import HistoryEvent
from mengya_health.operations.sweeping import sweep_old
from mengya_health.people import account_links, accounts, sign_in
from mengya_health.people.credential_models import AccountNotice, AccountToken
from mengya_health.people.models import Membership, User
from mengya_health.people.passwords import store_password
from mengya_health.people.queries import find_child
from mengya_health.signing.pins import check_pin, set_pin
from tests.factories import PASSWORD, PIN, a_child, a_guardian, a_member, an_account
from tests.people.test_sign_in import CountingPasswords

OWN = "院子里的石榴树结了三个果"
LOGIN = "new.doctor"


@pytest.fixture
def invited(work_as, district):
    """An account whose owner has not chosen a password, and the token of its link."""
    with work_as(district.sysadmin) as work:
        user = accounts.add_user(work, login=LOGIN, name="样本新医生")
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
        return user.id, token_of(account_links.invite_user(work, user.id))


@pytest.fixture
def choose(work_as):
    def chosen(token: str, password: str = OWN, actor=None, **more):
        with work_as(actor) as work:
            return account_links.choose_first_password(work, token=token, password=password, **more)

    return chosen


@pytest.fixture
def second_admin(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "sysadmin", None)


def token_of(link: account_links.IssuedLink) -> str:
    return link.path.removeprefix("/join/")


def test_the_owner_chooses_the_password_and_comes_in(invited, choose, work_as):
    user_id, token = invited
    for password in ("", PASSWORD):
        with pytest.raises(Invalid), work_as(None) as work:
            sign_in.sign_in(work, login=LOGIN, password=password)
    with work_as(None) as work:
        assert sign_in.actor_for(work, choose(token).token).user_id == user_id
        assert sign_in.sign_in(work, login=LOGIN, password=OWN).missing == ""
        tokens = work.session.scalars(select(AccountToken)).all()
    assert all(token.encode() not in row.token_hash for row in tokens)


def test_a_link_works_once_for_a_day_and_only_as_it_was_made(invited, choose, work_as, district, clock, installation):
    user_id, token = invited
    with work_as(district.sysadmin) as work:
        again = token_of(account_links.invite_user(work, user_id))
    with pytest.raises(Invalid):
        choose(token)  # a newer link voids the older one
    with pytest.raises(Invalid):
        choose(again, "short")
    choose(again)
    with pytest.raises(Invalid):
        choose(again)
    with work_as(district.sysadmin) as work:
        late = token_of(account_links.start_reset(work, user_id))
    with installation.engine.begin() as connection:  # longer than it was made for, by SQL alone
        connection.execute(update(AccountToken.__table__).values(expires_at=clock.now.replace(year=2030)))
    with pytest.raises(Invalid):
        choose(late)
    with work_as(district.sysadmin) as work:
        reset = token_of(account_links.start_reset(work, user_id))
    clock.forward(minutes=15)
    with pytest.raises(Invalid):
        choose(reset)


def test_an_invitation_is_over_after_a_day(invited, choose, clock):
    clock.forward(hours=24)
    with pytest.raises(Invalid):
        choose(invited[1])


def test_a_link_that_is_none_costs_and_says_the_same_as_one_that_is_spent(invited, choose, work_as, clock):
    user_id, token = invited
    choose(token)
    said = []
    for each in (token, "x" * 43):
        with work_as(None) as work:
            work.passwords = CountingPasswords(HashCost(1, 8))
            with pytest.raises(Invalid) as refused:
                account_links.choose_first_password(work, token=each, password=OWN)
        said.append((refused.value.fields, work.passwords.hashes))
    assert said[0] == said[1]
    assert said[0][1] == 1


def test_administrators_cannot_use_a_link_and_the_try_is_on_record(invited, choose, work_as, district, second_admin):
    user_id, token = invited
    for admin in (district.sysadmin, second_admin):
        with pytest.raises(NotPermitted):
            choose(token, actor=admin)
    with work_as(None) as work:
        tried = select(AuditEvent.user_id).where(
            AuditEvent.reason == "link_of_another", AuditEvent.record_id == user_id, AuditEvent.outcome == "deny"
        )
        assert set(work.session.scalars(tried)) == {district.sysadmin.user_id, second_admin.user_id}
    assert choose(token).token  # it is still good for its owner


def test_no_command_of_the_administrators_takes_a_password():
    commands = [
        command
        for module in (accounts, account_links)
        for name, command in inspect.getmembers(module, inspect.isfunction)
        if command.__module__ == module.__name__ and not name.startswith("_")
    ]
    takers = {command.__name__ for command in commands if "password" in inspect.signature(command).parameters}
    assert takers == {"choose_first_password"}


def test_a_familys_account_is_none_of_the_administrators_business(installation, work_as, district):
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    mother = a_guardian(installation, district, child)
    for forbidden in (
        account_links.invite_user,
        account_links.start_reset,
        account_links.take_off_second_factor,
        account_links.confirm_in_person,
    ):
        with pytest.raises(NotFound), work_as(district.sysadmin) as work:
            forbidden(work, mother.user_id)
    with pytest.raises(NotFound), work_as(district.sysadmin) as work:
        account_links.start_guardian_reset(work, child, mother.user_id)


def test_the_desk_resets_a_guardian_in_person_with_the_childs_birth_date(installation, work_as, district, choose):
    with work_as(district.doctor) as work:
        child = a_child(work, district)
    mother = a_guardian(installation, district, child)
    with pytest.raises(NotFound), work_as(district.other_doctor) as work:
        account_links.start_guardian_reset(work, child, mother.user_id)
    with pytest.raises(NotFound), work_as(district.doctor) as work:
        account_links.start_guardian_reset(work, find_child(work, child.id), district.teacher.user_id)
    with work_as(district.doctor) as work:
        token = token_of(account_links.start_guardian_reset(work, find_child(work, child.id), mother.user_id))
    with pytest.raises(Invalid) as refused:
        choose(token, birth_on=child.birth_on.replace(day=1))
    assert "birth_on" in refused.value.fields
    assert choose(token, birth_on=child.birth_on).token
    with pytest.raises(NotNow), work_as(mother) as work:
        check_pin(work, PIN)  # whoever came in with the staff's help signs nothing for a day


def test_after_a_reset_signing_is_locked_for_a_day_or_until_seen_by_another(
    invited, choose, work_as, district, second_admin, clock
):
    user_id, token = invited
    choose(token)
    with work_as(None) as work:
        set_pin(work, work.session.get(User, user_id), PIN)
    actor = Actor(user_id, "doctor")
    with work_as(actor) as work:
        assert check_pin(work, PIN)
    with work_as(district.sysadmin) as work:
        account_links.start_reset(work, user_id)
    with pytest.raises(NotNow), work_as(actor) as work:
        check_pin(work, PIN)
    with pytest.raises(NotNow), work_as(district.sysadmin) as work:
        account_links.confirm_in_person(work, user_id)
    with work_as(second_admin) as work:
        account_links.confirm_in_person(work, user_id)
    with work_as(actor) as work:
        assert check_pin(work, PIN)
        told = set(work.session.scalars(select(AccountNotice.kind).where(AccountNotice.user_id == user_id)))
    assert told >= {"reset_started", "signing_locked", "signing_open"}
    with work_as(district.sysadmin) as work:
        account_links.start_reset(work, user_id)
    clock.forward(hours=24)
    with work_as(actor) as work:
        assert check_pin(work, PIN)


def test_one_administrator_alone_lets_nobody_in(invited, choose, work_as, district, second_admin, clock, installation):
    user_id, token = invited
    choose(token)
    with work_as(district.sysadmin) as work:
        account_links.start_reset(work, user_id)
    with pytest.raises(NotNow), work_as(district.sysadmin) as work:
        account_links.take_off_second_factor(work, user_id)
    with work_as(second_admin) as work:
        account_links.take_off_second_factor(work, user_id)
    with pytest.raises(NotNow), work_as(second_admin) as work:
        account_links.start_reset(work, user_id)
    clock.forward(days=9)  # a password of one's own choice would still be there
    sweep_old(installation)
    with pytest.raises(NotNow), work_as(replace(district.sysadmin, session_kind="job")) as work:
        account_links.take_off_second_factor(work, user_id)


def test_roles_hold_for_a_year_at_most_and_need_the_password_just_given(work_as, district, clock):
    """S-26: what asks for the password once more is refused after five minutes, and on somebody else's word."""
    with work_as(district.sysadmin) as work:
        admin, other = a_member(work, "sysadmin", None), a_member(work, "sysadmin", None)
        user_id = an_account(work, login="somebody").id
    clock.forward(minutes=5, seconds=1)
    with work_as(None) as work:  # the other one gives their password just now: that is theirs alone
        other_login = work.session.get(User, other.user_id)
        store_password(work, other_login, work.passwords.hash(OWN))
    for act in (
        lambda work: accounts.add_membership(work, user_id=user_id, role="manager", organisation_id=district.clinic_id),
        lambda work: accounts.add_user(work, login="another", name="样本"),
        lambda work: accounts.disable_user(work, user_id),
        lambda work: account_links.start_reset(work, other.user_id),
    ):
        with pytest.raises(PasswordNeeded), work_as(admin) as work:
            act(work)
    with work_as(district.sysadmin) as work:
        held = accounts.add_membership(work, user_id=user_id, role="manager", organisation_id=district.clinic_id)
        assert (held.to_on - held.from_on).days in (365, 366)
        too_late = {"to_on": held.to_on.replace(year=held.to_on.year + 1)}
        with pytest.raises(Invalid):
            accounts.add_membership(
                work, user_id=user_id, role="doctor", organisation_id=district.clinic_id, **too_late
            )
        clock.forward(days=300)
        work.now = clock.now
        assert (accounts.renew_membership(work, held.id).to_on - work.today).days in (365, 366)


def test_a_role_fits_its_place_and_excludes_what_it_must(work_as, district):
    with work_as(district.sysadmin) as work:
        user_id = an_account(work, login="somebody").id
    wrong = (
        {"role": "emperor"},
        {"role": "doctor"},
        {"role": "doctor", "organisation_id": district.kindergarten_id, "group_id": district.group_id},
        {"role": "teacher", "organisation_id": district.clinic_id, "group_id": district.group_id},
    )
    for each in wrong:
        with pytest.raises(Invalid), work_as(district.sysadmin) as work:
            accounts.add_membership(work, user_id=user_id, **each)


def test_every_change_of_an_account_is_audited_and_in_the_deployments_chain(invited, choose, work_as, district):
    user_id, token = invited
    choose(token)
    with work_as(district.sysadmin) as work:
        held = work.session.scalar(select(Membership.id).where(Membership.user_id == user_id))
        accounts.end_membership(work, held)
        accounts.disable_user(work, user_id)
        accounts.enable_user(work, user_id)
    with work_as(None, writing=False) as work:
        events = work.session.scalars(
            select(HistoryEvent.event)
            .where(HistoryEvent.child_id == work.deployment_id, HistoryEvent.rec == user_id)
            .order_by(HistoryEvent.child_seq)
        )
        done = [event.decode().split('"op":"')[1].split('"')[0] for event in events]
        noted = select(AuditEvent).where(AuditEvent.record_type == "account", AuditEvent.record_id == user_id)
        rows = work.session.scalars(noted).all()
    assert done == ["create", "role_grant", "invite", "password", "role_end", "disabled", "active"]
    assert [row.action for row in rows].count("C") == 1
    assert len(rows) == len(done)
    assert {row.child_id for row in rows} == {None}
