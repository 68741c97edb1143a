"""The pages of a sign-in in two steps, of a link, of the password once more; and the administrator's pages."""

import re
from dataclasses import replace
from html import unescape

import pyotp
import pytest
from sqlalchemy import select

from mengya_health.app import create_app
from mengya_health.audit import AuditEvent
from mengya_health.operations.installation import begin_work
from mengya_health.people import account_links, accounts
from mengya_health.people.models import Membership, User
from tests.factories import PASSWORD, an_account, client_of
from tests.web.browsing import Browser

LOGIN = "newdoctor"
OWN = "院子里的石榴树结了三个果"
OPENS_NOTHING = ("/today", "/account", "/children/search", "/admin/accounts", "/home", "/")


@pytest.fixture
def strict(installation):
    """The installation as production sets it up: the staff needs a second factor."""
    return replace(installation, settings=replace(installation.settings, needs_second_factor=True))


@pytest.fixture
def browser(strict) -> Browser:
    return Browser(create_app(strict).test_client())


@pytest.fixture
def doctor_id(work_as, district):
    with work_as(district.sysadmin) as work:
        user = an_account(work, login=LOGIN)
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=district.clinic_id)
        return user.id


@pytest.fixture
def admin(strict, district):
    return Browser(client_of(strict, district.sysadmin))


def follow(browser: Browser, answer) -> str:
    """Return the page an answer leads to."""
    while answer.status_code in (302, 303):
        answer = browser.client.get(answer.location)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def secret_on(page: str) -> str:
    return re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def test_a_new_colleague_comes_in_by_link_password_app_and_code(browser, admin, district, clock, strict):
    made = admin.send(
        "/admin/accounts/new", "/admin/accounts", login="lin", name="样本林医生", given_role="doctor",
        organisation=str(district.clinic_id),
    )  # fmt: skip
    page = made.get_data(as_text=True)
    assert made.status_code == 200
    path = re.search(r"https?://[^/]+(/join/[\w-]+)<", page)[1]
    own = {"password": OWN, "password_again": OWN}
    step = follow(browser, browser.send(path, **own))
    assert "先设一个验证器" in step
    for closed in OPENS_NOTHING:  # the half-open sign-in opens nothing
        assert browser.client.get(closed).status_code == 302
    setup = follow(browser, browser.send_form(browser.form(step, "/sign-in/app"), "/sign-in/app"))
    secret = secret_on(setup)
    wrong = browser.send_form(browser.form(setup, "/sign-in/app/code"), "/sign-in/app/code", code="12345")
    assert (wrong.status_code, "验证码不对" in wrong.get_data(as_text=True)) == (422, True)
    code = pyotp.TOTP(secret).at(clock.now)
    done = browser.send_form(browser.form(setup, "/sign-in/app/code"), "/sign-in/app/code", code=code)
    codes = re.findall(r"<li>([A-Z0-9]{5}-[A-Z0-9]{5})</li>", done.get_data(as_text=True))
    assert len(codes) == 10
    assert browser.client.get("/today").status_code == 200
    browser.send("/account", "/sign-out")
    second = browser.send("/sign-in", login="lin", password=OWN, next="/cases")
    assert follow(browser, second).count("验证器上的 6 位数字")
    assert browser.client.get("/cases").location == "/sign-in?next=/cases"
    step = browser.open("/sign-in/step?next=/cases")
    spare = browser.send_form(browser.form(step, "/sign-in/code"), "/sign-in/code", code=codes[0])
    assert (spare.status_code, spare.location) == (303, "/cases")


def test_half_way_one_may_turn_back_and_come_in_as_somebody_else(browser, doctor_id):
    step = follow(browser, browser.send("/sign-in", login=LOGIN, password=PASSWORD))
    assert browser.client.get("/sign-in").location == "/sign-in/step"
    left = browser.send_form(browser.form(step, "/sign-in/leave"), "/sign-in/leave")
    assert left.location == "/sign-in"
    assert browser.client.get("/sign-in").status_code == 200
    assert browser.client.get("/sign-in/step").location.startswith("/sign-in")


def test_a_link_of_nobody_and_one_of_somebody_look_the_same(browser, work_as, district):
    """S-52: before it is used, a link tells nothing."""
    with work_as(district.sysadmin) as work:
        user = accounts.add_user(work, login="somebody", name="样本")
        accounts.add_membership(work, user_id=user.id, role="manager", organisation_id=district.clinic_id)
        path = account_links.invite_user(work, user.id).path
    varying = re.compile(r'name="(csrf_token|idem_key)" value="[^"]+"|/join/[\w-]+')
    pages = [varying.sub("", browser.open(each)) for each in (path, "/join/" + "x" * 43)]
    assert pages[0] == pages[1]
    spent = browser.send(path, password=OWN, password_again=OWN)
    assert spent.status_code == 303
    answers = []
    for each in (path, "/join/" + "x" * 43):
        answer = Browser(browser.client.application.test_client()).send(each, password=OWN, password_again=OWN)
        answers.append((answer.status_code, varying.sub("", answer.get_data(as_text=True))))
    assert answers[0] == answers[1]


def test_an_administrator_signed_in_cannot_open_somebody_elses_account_by_its_link(admin, work_as, district):
    """S-35: tried through the pages, refused, and on record."""
    with work_as(district.sysadmin) as work:
        user = accounts.add_user(work, login="somebody", name="样本")
        accounts.add_membership(work, user_id=user.id, role="manager", organisation_id=district.clinic_id)
        path = account_links.invite_user(work, user.id).path
    assert admin.send(path, password=OWN, password_again=OWN).status_code == 403
    with work_as(None, writing=False) as work:
        assert work.session.get(User, user.id).password_hash == ""
        assert work.session.scalar(select(AuditEvent.outcome).where(AuditEvent.reason == "link_of_another")) == "deny"


def test_no_form_of_the_administrators_has_a_field_for_anybody_elses_secret(admin, doctor_id):
    """S-35: there is nothing to type a password, a PIN or a code into."""
    for path in ("/admin/accounts", "/admin/accounts/new", f"/admin/accounts/{doctor_id}", "/admin/places"):
        assert not re.search(r'type="password"|name="(password|pin|code_app)"', admin.open(path))


def test_after_five_minutes_a_role_is_given_only_with_the_password_once_more(strict, district, doctor_id, clock):
    """S-26, S-53: asked for once more, a new token, and then it is done; nothing typed is lost."""
    with begin_work(strict, None) as work:
        admin_user = work.session.get(User, district.sysadmin.user_id)
        admin_user.password_hash = work.passwords.hash(PASSWORD)
    admin = Browser(client_of(strict, district.sysadmin))
    form = admin.form(admin.open(f"/admin/accounts/{doctor_id}"), f"/admin/accounts/{doctor_id}/roles")
    clock.forward(minutes=5, seconds=1)
    chosen = {"given_role": "reviewer", "organisation": str(district.mch_institute_id)}
    held = admin.send_form(form, f"/admin/accounts/{doctor_id}/roles", **chosen)
    assert held.status_code == 401
    again = held.get_data(as_text=True)
    resend = admin.form(again, f"/admin/accounts/{doctor_id}/roles?")
    assert resend["given_role"] == ["reviewer"]
    before = admin.client.get_cookie("txs").value
    assert admin.send("/account/confirm", password="wrong password").status_code == 422
    assert admin.send("/account/confirm", password=PASSWORD, next="/admin/accounts").location == "/admin/accounts"
    assert admin.client.get_cookie("txs").value != before
    stolen = create_app(strict).test_client()
    stolen.set_cookie("txs", before)
    assert stolen.get("/account").status_code == 302
    assert admin.send_form(resend, f"/admin/accounts/{doctor_id}/roles").status_code == 303
    with begin_work(strict, None, writing=False) as work:
        held = work.session.scalars(select(Membership.role).where(Membership.user_id == doctor_id)).all()
    assert sorted(held) == ["doctor", "reviewer"]


def test_sysadmin_and_security_officer_exclude_each_other_on_the_page(admin, work_as, district):
    """S-47, by page: in either order the second role is refused beside the field."""
    for first, second in (("sysadmin", "security_officer"), ("security_officer", "sysadmin")):
        with work_as(district.sysadmin) as work:
            user_id = an_account(work, login=f"new-{first}").id
            accounts.add_membership(work, user_id=user_id, role=first)
        path = f"/admin/accounts/{user_id}"
        refused = admin.send(path, f"{path}/roles", given_role=second)
        assert refused.status_code == 422
        assert "不能是同一个人" in refused.get_data(as_text=True)


def test_places_and_classes_are_made_on_one_page(admin, district):
    region = {"region_code": "310199", "region_name": "新区"}
    assert admin.send("/admin/places", "/admin/places/regions", **region).status_code == 303
    taken = admin.send("/admin/places", "/admin/places/regions", **region)
    assert (taken.status_code, "已经用过" in taken.get_data(as_text=True)) == (422, True)
    page = admin.open("/admin/places")
    region_id = re.search(r'<option value="([^"]+)">新区', page)[1]
    house = {"kind": "baby_house", "name": "新宝宝屋", "code": "BB9", "region_id": region_id, "phone": ""}
    assert admin.send("/admin/places", "/admin/places/organisations", **house).status_code == 303
    house_id = re.search(r'<option value="([^"]+)">新宝宝屋', admin.open("/admin/places"))[1]
    group = {"organisation_id": house_id, "class_name": "小小班"}
    assert admin.send("/admin/places", "/admin/places/classes", **group).status_code == 303
    assert "小小班" in admin.open("/admin/places")


def test_an_account_is_closed_opened_and_helped_from_its_page(admin, doctor_id, strict):
    path = f"/admin/accounts/{doctor_id}"
    theirs = client_of(strict, doctor_id)
    assert theirs.get("/account").status_code == 200
    assert admin.send(path, f"{path}/close").status_code == 303
    assert theirs.get("/account").status_code == 302
    assert "已关闭" in admin.open(path)
    assert admin.send(path, f"{path}/open").status_code == 303
    link = admin.send(path, f"{path}/link")
    assert link.status_code == 200
    assert "/join/" in unescape(link.get_data(as_text=True))
    alone = admin.send(path, f"{path}/seen")
    assert (alone.status_code, "两位管理员" in alone.get_data(as_text=True)) == (409, True)


def test_what_happened_to_an_account_is_told_at_the_next_sign_in(installation, doctor_id):
    browser = Browser(create_app(installation).test_client())
    for _ in range(5):
        assert browser.send("/sign-in", login=LOGIN, password="not-the-password").status_code == 422
    later = replace(installation, now=lambda: installation.now().replace(hour=23))
    browser = Browser(create_app(later).test_client())
    page = follow(browser, browser.send("/sign-in", login=LOGIN, password=PASSWORD))
    assert "有人连续输错您的密码" in page
    assert browser.send("/account", "/account/notices").status_code == 303
    browser.send("/account", "/sign-out")
    assert browser.send("/sign-in", login=LOGIN, password=PASSWORD).location == "/"
