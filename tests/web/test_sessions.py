"""How long a sign-in lasts, what ends it, and what is no sign-in at all."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from mengya_health.app import create_app
from mengya_health.operations.installation import begin_work
from mengya_health.people import accounts
from mengya_health.people.models import Membership, UserSession
from tests.factories import PASSWORD, an_account, client_of
from tests.web.browsing import Browser

COOKIE = "txs"
ANOTHER_PASSWORD = "月光下的稻田里有九只青蛙"
LOGIN = "newdoctor"


@pytest.fixture
def doctor_id(work_as, district):
    with work_as(district.sysadmin) as work:
        user = an_account(work, login=LOGIN)
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
        return user.id


@pytest.fixture
def new_browser(installation):
    return lambda: Browser(create_app(installation).test_client())


@pytest.fixture
def sign_in(new_browser, doctor_id):
    def signed_in(password: str = PASSWORD) -> FlaskClient:
        browser = new_browser()
        assert browser.send("/sign-in", login=LOGIN, password=password).status_code == 303
        return browser.client

    return signed_in


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/account")
    assert answer.status_code == 200 or answer.location.startswith("/sign-in")
    return answer.status_code == 200


def token_of(client: FlaskClient) -> str:
    return client.get_cookie(COOKIE).value


def test_a_token_given_before_signing_in_is_not_the_one_after(new_browser, doctor_id):
    browser = new_browser()
    browser.client.set_cookie(COOKIE, "chosen-by-somebody-else")
    browser.send("/sign-in", login=LOGIN, password=PASSWORD)
    assert token_of(browser.client) != "chosen-by-somebody-else"
    thief = new_browser().client
    thief.set_cookie(COOKIE, "chosen-by-somebody-else")
    assert not is_in(thief)
    assert is_in(browser.client)


def test_signing_in_again_ends_the_sign_in_of_the_same_browser(sign_in, new_browser):
    client = sign_in()
    old = token_of(client)
    Browser(client).send("/sign-in", login=LOGIN, password=PASSWORD)
    thief = new_browser().client
    thief.set_cookie(COOKIE, old)
    assert token_of(client) != old
    assert not is_in(thief)


def test_signing_out_ends_it_for_whoever_kept_the_cookie(sign_in, new_browser):
    client = sign_in()
    token = token_of(client)
    answer = Browser(client).send("/account", "/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = new_browser().client
    thief.set_cookie(COOKIE, token)
    assert not is_in(thief)


def test_a_new_password_ends_the_other_sign_ins(sign_in):
    mine, elsewhere = sign_in(), sign_in()
    changed = {"old_password": PASSWORD, "password": ANOTHER_PASSWORD, "password_again": ANOTHER_PASSWORD}
    assert Browser(mine).send("/account", "/account/password", **changed).status_code == 303
    assert is_in(mine)
    assert not is_in(elsewhere)
    assert is_in(sign_in(ANOTHER_PASSWORD))


def test_a_disabled_account_is_out_at_once(sign_in, work_as, district, doctor_id):
    client = sign_in()
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, doctor_id)
    assert not is_in(client)


def test_an_ended_membership_shuts_the_record_with_the_next_click(sign_in, work_as, district, doctor_id, child, clock):
    client = sign_in()
    page = f"/children/{child.id}"
    assert client.get(page).status_code == 200
    with work_as(district.sysadmin) as work:
        held = work.session.scalars(select(Membership.id).where(Membership.user_id == doctor_id)).one()
        accounts.end_membership(work, held)
    answer = client.get(page)
    assert answer.status_code in (302, 404)
    assert child.name not in answer.get_data(as_text=True)


def test_staff_are_out_after_fifteen_minutes_without_a_click(sign_in, clock):
    client = sign_in()
    clock.forward(minutes=15)
    assert is_in(client)
    clock.forward(minutes=15, seconds=1)
    assert not is_in(client)


def test_forms_count_as_clicks(sign_in, clock):
    client = sign_in()
    page = client.get("/account").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    for _ in range(3):
        clock.forward(minutes=10)
        answer = client.post("/display", data={"csrf_token": token, "text_size": "large", "next": "/account"})
        assert answer.status_code == 303
    assert is_in(client)


def test_families_are_out_after_thirty_minutes_without_a_click(installation, mother, clock):
    client = client_of(installation, mother)
    clock.forward(minutes=30)
    assert is_in(client)
    clock.forward(minutes=30, seconds=1)
    assert not is_in(client)


@pytest.mark.parametrize(("who", "hours"), [("doctor", 10), ("mother", 12)])
def test_nobody_stays_in_all_day(installation, district, mother, clock, who, hours):
    client = client_of(installation, {"doctor": district.doctor, "mother": mother}[who])
    begun = clock.now
    while clock.now + timedelta(minutes=10) <= begun + timedelta(hours=hours):
        clock.forward(minutes=10)
        assert is_in(client)
    clock.forward(seconds=1)
    assert not is_in(client)


def test_what_is_stored_of_a_sign_in_is_no_sign_in(sign_in, new_browser, work_as, doctor_id):
    client = sign_in()
    with work_as(None, writing=False) as work:
        stored = work.session.scalars(select(UserSession).where(UserSession.user_id == doctor_id)).one()
    thief = new_browser().client
    for guess in (stored.token_hash.hex(), str(stored.id), stored.id.hex, "", "0", "' OR 1=1 --"):
        thief.set_cookie(COOKIE, guess)
        assert not is_in(thief)
    assert token_of(client).encode() not in stored.token_hash
    assert is_in(client)


def test_a_sign_in_written_by_sql_for_a_disabled_account_opens_nothing(installation, work_as, district, doctor_id):
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, doctor_id)
    with begin_work(installation, None) as work:
        user = work.session.get(accounts.User, doctor_id)
        user.status = "active"  # the seal is not made again
    assert not is_in(client_of(installation, doctor_id))


def test_a_refused_sign_in_gives_nothing_back_of_the_password(new_browser, doctor_id, caplog):
    answer = new_browser().send("/sign-in", login=LOGIN, password="not-the-password-1234")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "not-the-password-1234" not in page + caplog.text
    assert LOGIN in page


def test_after_too_many_tries_the_door_stays_shut_for_a_while(new_browser, doctor_id, clock):
    browser = new_browser()
    for _ in range(5):
        assert browser.send("/sign-in", login=LOGIN, password="not-the-password").status_code == 422
    shut = browser.send("/sign-in", login=LOGIN, password=PASSWORD)
    assert shut.status_code == 429
    assert "分钟" in shut.get_data(as_text=True)
    clock.forward(minutes=1, seconds=1)
    assert browser.send("/sign-in", login=LOGIN, password=PASSWORD).status_code == 303
