"""Passkeys on the pages: added, named, used, confirmed with, taken back; signing at L2 (S-26, S-27, S-53)."""

import re

import pytest

from mengya_health.app import create_app
from tests.authenticator import PRESENT, Device
from tests.factories import PASSWORD, PIN
from tests.web.conftest import Browser


def asked(browser: Browser, path: str, page: str, **fields) -> dict:
    """Return what a page's script is given for the browser."""
    return browser.post(path, page=page, status=200, passkey="ask", **fields).get_json()


@pytest.fixture
def phone() -> Device:
    return Device()


@pytest.fixture
def mine(browse, mother, phone) -> Browser:
    """The mother's browser; her phone holds a passkey."""
    browser = browse(mother)
    options = asked(browser, "/account/passkeys/new/options", "/account/passkeys/new")
    sent = phone.create(options)
    browser.post("/account/passkeys", page="/account/passkeys/new", passkey=sent, name="妈妈的手机")
    return browser


def test_a_passkey_is_added_named_and_taken_back(mine, phone):
    page = mine.get("/account/passkeys")
    assert "妈妈的手机" in page
    assert "自行登记" in page
    rename, revoke = re.findall(r'action="(/account/passkeys/[^"]+)"', page)
    mine.post(rename, page="/account/passkeys", name="旧手机")
    empty = mine.post(rename, page="/account/passkeys", name="", status=422)
    assert "旧手机" in empty.get_data(as_text=True)
    mine.post(revoke, page="/account/passkeys")
    assert "停用" in mine.get("/account/passkeys")
    mine.post(revoke, page="/account/passkeys", status=404)


def test_coming_in_by_passkey_leads_on_and_a_refusal_shows_the_page_again(mine, phone, installation):
    """S-27, S-53."""
    anybody = Browser(create_app(installation).test_client())
    options = asked(anybody, "/sign-in/passkey/options", "/sign-in")
    refused = anybody.post("/sign-in/passkey", page="/sign-in", passkey=phone.get(options, flags=PRESENT), status=422)
    assert "通行密钥没有通过" in refused.get_data(as_text=True)
    options = asked(anybody, "/sign-in/passkey/options", "/sign-in")
    elsewhere = anybody.post("/sign-in/passkey", page="/sign-in", passkey=phone.get(options), next="//evil.example")
    assert elsewhere.location == "/"
    assert "家" in anybody.get("/home")
    anybody.post("/sign-in/passkey/options", page="/sign-in", status=422)


@pytest.mark.parametrize("how", ["password", "passkey"])
def test_what_matters_is_confirmed_first(mine, phone, clock, how):
    """S-53: five minutes later a passkey is added only after password or passkey were given again."""
    clock.forward(minutes=6)
    away = mine.client.get("/account/passkeys/new")
    assert (away.status_code, away.location) == (302, "/account/confirm?next=/account/passkeys/new")
    page = away.location
    if how == "password":
        wrong = mine.post("/account/confirm", page=page, password="not this one", status=422)
        assert "not this one" not in wrong.get_data(as_text=True)
        answer = mine.post("/account/confirm", page=page, password=PASSWORD, next="/account/passkeys/new")
    else:
        options = asked(mine, "/account/confirm/passkey/options", page)
        sent = phone.get(options)
        answer = mine.post("/account/confirm/passkey", page=page, passkey=sent, next="/account/passkeys/new")
    assert answer.location == "/account/passkeys/new"
    assert "用这台设备添加" in mine.get(answer.location)


def test_a_plan_is_signed_on_ones_own_device(mine, phone, browse, sign_path, district, case_id, statements, clock):
    """S-26, S-27: what is asked covers exactly this page; a refusal keeps it; the level stands beside the name."""
    at_pin = f"{sign_path}?choice=agree"
    statements.seen.clear()
    page = mine.get(at_pin)
    assert len(statements.seen) <= 8
    assert "用本人设备签" in page
    said = {
        name: re.search(rf'name="{name}" value="(\w+)"', page).group(1) for name in ("version", "shown_digest", "nonce")
    }
    said["choice"] = "agree"
    options = asked(mine, f"{sign_path}/passkey", at_pin, **said)
    refused = mine.post(
        sign_path, page=at_pin, status=422, passkey=phone.get(options, origin="http://evil.example"), **said
    )
    assert "6 位签名密码" in refused.get_data(as_text=True)
    moved = said | {"shown_digest": "0" * 64}
    mine.post(f"{sign_path}/passkey", page=at_pin, status=409, passkey="ask", **moved)
    clock.forward(seconds=1)
    options = asked(mine, f"{sign_path}/passkey", at_pin, **said)
    other = said | {"nonce": "0" * 32}
    mine.post(sign_path, page=at_pin, status=422, passkey=phone.get(options), **other)
    clock.forward(seconds=1)
    options = asked(mine, f"{sign_path}/passkey", at_pin, **said)
    mine.post(sign_path, page=at_pin, passkey=phone.get(options), **said)
    assert "电子签名·本人设备密钥（自行登记）" in browse(district.doctor).get(f"/cases/{case_id}")
    child_id = re.search(r"/home/([^/]+)/", sign_path).group(1)
    assert "电子签名·本人设备密钥（自行登记）" in mine.get(f"/home/{child_id}/signed")


def test_without_a_passkey_the_pin_is_asked_and_the_way_to_one_shown(browse, mother, sign_path):
    page = browse(mother).get(f"{sign_path}?choice=agree")
    assert "用本人设备签" not in page
    assert 'href="/account/passkeys"' in page
    assert PIN not in page
