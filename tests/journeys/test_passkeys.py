"""A guardian and her phone's passkey: made, used to come in, seen by the clinic, and a plan signed with it (S-27)."""

from playwright.sync_api import CDPSession, expect

from mengya_health.operations.installation import begin_work
from mengya_health.people import accounts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.signing.queries import signatures_of
from tests.factories import an_account
from tests.journeys.people import Person
from tests.journeys.test_rough_roads import asked_to_sign, family

__all__ = ["asked_to_sign", "family"]


def a_phone(person: Person) -> CDPSession:
    """Give a browser a device of its own that verifies its owner and keeps passkeys, as a phone does."""
    devtools = person.page.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    kind |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    return devtools


def test_a_passkey_opens_the_door_and_signs_a_plan(person, town, asked_to_sign):
    mother = person(390, 844)
    a_phone(mother)
    mother.sign_in(asked_to_sign.phone)
    add_passkey(mother)
    sign_out_and_back_in(mother)
    for login in ("doctor", second_doctor(town)):
        see_in_person(person, login, asked_to_sign)
    mother.press("看一看，去签名")
    mother.choose("choice", "agree")
    mother.press("确认签名")
    mother.sees("用本人设备签", "电子签名·本人设备密钥", "6 位签名密码")
    mother.look("family-sign-passkey")
    mother.press("用本人设备签")
    mother.sees("已签名，医生和老师会看到")
    doctor = person()
    doctor.sign_in("doctor")
    assert [each.level for each in signatures(town, asked_to_sign)] == ["L2"]
    assert signatures(town, asked_to_sign)[0].is_in_person
    assert (mother.complaints, doctor.complaints) == ([], [])


def add_passkey(mother: Person) -> None:
    mother.press("我的账号")
    mother.look("account-with-passkeys")
    mother.press("管理通行密钥")
    mother.sees("还没有通行密钥")
    mother.press("添加一把通行密钥")
    mother.write(name="妈妈的手机")
    mother.look("passkey-new")
    mother.press("用这台设备添加")
    mother.sees("妈妈的手机", "自行登记，没有当面核对")
    mother.look("passkeys")


def sign_out_and_back_in(mother: Person) -> None:
    mother.press("退出")
    mother.look("sign-in-with-passkey")
    mother.press("用通行密钥登录")
    expect(mother.page.locator("body")).to_contain_text("看一看，去签名")


def second_doctor(town) -> str:
    """Make a colleague of the same clinic and return their login."""
    with begin_work(town.installation, town.district.sysadmin) as work:
        user = an_account(work, login="colleague")
        accounts.add_membership(work, user_id=user.id, role="doctor", organisation_id=town.district.clinic_id)
    return "colleague"


def see_in_person(person, login: str, family) -> None:
    doctor = person()
    doctor.sign_in(login)
    doctor.open(family.record)
    doctor.press("核对通行密钥")
    doctor.choose("saw_document", "yes")
    doctor.look(f"passkey-witness-{login}")
    doctor.press("记下核对")
    doctor.sees("还差一位" if login == "doctor" else "已当面核对")
    assert doctor.complaints == []


def signatures(town, family) -> list:
    with begin_work(town.installation, family.mother, writing=False) as work:
        child = find_child(work, family.child.id)
        plan = entries_of_kind(work, child, "care_plan")[-1]
        return signatures_of(work, child, [plan.id])[plan.id]


def test_where_a_browser_has_no_passkeys_the_password_and_a_hint_are_left(person):
    """In-app browsers: no button that does nothing; with scripts off not even the hint."""
    somebody = person(390, 844)
    somebody.page.add_init_script("delete window.PublicKeyCredential")
    somebody.open("/sign-in")
    somebody.sees("在浏览器里打开")
    expect(somebody.page.get_by_role("button", name="用通行密钥登录")).to_be_hidden()
    somebody.look("sign-in-in-app")
    without = person(390, 844, java_script_enabled=False)
    without.open("/sign-in")
    expect(without.page.get_by_role("button", name="用通行密钥登录")).to_be_hidden()
    expect(without.page.get_by_text("在浏览器里打开")).to_be_hidden()
