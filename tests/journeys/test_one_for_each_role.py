"""What those came for who have a smaller part in the loop, in the demo district and in a browser."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from mengya_health.operations.demo_people import PASSWORD
from mengya_health.operations.installation import begin_work
from mengya_health.people.models import Child
from tests.journeys.people import Person
from tests.sites import Site

NEW_PASSWORD = "江边的风吹过十二棵老柳树"
MOST_TAPS = 5
PHONE = {"width": 390}


@pytest.fixture
def come(demo_site: Site):
    """Somebody signs in as people do; at the end no browser has complained, of the policy or of anything else."""
    came: list[Person] = []

    def sign_in(login: str = "", **size: int) -> Person:
        came.append(demo_site.somebody(**size))
        if login:
            came[-1].sign_in(login, PASSWORD)
        return came[-1]

    yield sign_in
    assert [said for person in came for said in person.complaints] == []


def test_a_grandmother_reads_in_large_text_records_what_she_sees_and_is_not_asked_to_sign(come):
    grandmother = come("grandma", **PHONE)
    grandmother.press("大字")
    expect(grandmother.page.locator("html.text-large")).to_be_visible()
    grandmother.sees("长得怎么样", "走到哪一步了")
    assert grandmother.page.get_by_role("link", name="去签名").count() == 0
    grandmother.look("caregiver-home")
    grandmother.page.get_by_text("更多", exact=True).click()  # folded in large text
    grandmother.begin()
    grandmother.press("看一看", exact=True)
    grandmother.tap(grandmother.page.locator(".chips").first.locator("label", has_text="会了"))
    grandmother.look("caregiver-observe")
    grandmother.press("保存", exact=True)
    assert grandmother.taps <= MOST_TAPS
    grandmother.sees("已保存")
    grandmother.open("/home")
    grandmother.page.get_by_text("更多", exact=True).click()
    grandmother.press("全部记录")
    grandmother.sees("家里看到的", "会了")
    grandmother.look("caregiver-record")


def test_a_specialist_receives_a_child_and_answers_the_referral(come):
    specialist = come("specialist")
    specialist.look("specialist-referrals")
    specialist.page.keyboard.press("Enter")  # the first of the list
    specialist.sees("已有的材料", "转诊单号")
    name = specialist.page.locator("h1").inner_text()
    if specialist.page.get_by_role("button", name="接诊", exact=True).count():
        specialist.press("接诊", exact=True)
    specialist.press("发出回执")  # too early: it says what is missing
    specialist.is_led_to(".govuk-error-summary")
    specialist.choose("result", "confirmed")
    specialist.write(text="没有别的病", for_class="进餐时多陪一会儿", for_family="每餐加一点油和肉末")
    specialist.look("specialist-reply")
    specialist.press("发出回执")
    specialist.sees("已保存")
    specialist.open("/referrals")
    waiting = specialist.page.locator("[data-list] tbody tr", has_text="等回执")
    expect(waiting.filter(has_text=name)).to_have_count(0)


def test_a_reviewer_releases_what_is_missing_and_the_doctor_sees_it(come):
    reviewer = come("reviewer")
    reviewer.look("reviewer-list")
    reviewer.press("打开")
    reviewer.sees("缺的材料", "家长的同意和签名不在其中，谁都不能代替")
    name = reviewer.page.locator(".kidhead h1").inner_text()
    assert reviewer.page.locator("input:checked").count() == 0
    reviewer.choose("decision", "grant")
    reviewer.write(reason="已和园里核对过，材料下周补齐。")
    reviewer.look("reviewer-release")
    reviewer.press("保存决定")
    reviewer.sees("现在没有等您复核的")
    doctor = come("doctor")
    doctor.write(q=name)
    with doctor.page.expect_navigation():
        doctor.page.keyboard.press("Enter")
    doctor.press("打开")
    doctor.press("看这个个案")
    doctor.sees("区级复核医生已放行")


def test_a_manager_reads_figures_and_never_comes_to_a_child(come, demo_site):
    manager = come("manager")
    manager.sees("这里没有姓名、编号和出生日期", "四步走得顺不顺", "不足 5 例")
    assert manager.page.get_by_role("search").count() == 0
    manager.press("上个季度")
    manager.sees("各街镇")
    manager.look("manager-figures")
    assert "样本小" not in manager.page.content()
    with begin_work(demo_site.installation, None, writing=False) as work:
        child_id = work.session.scalars(select(Child.id)).first()
    assert manager.page.request.get(f"{manager.address}/children/{child_id}").status == 404


def test_a_security_officer_reads_the_trail_without_reading_a_record(come):
    officer = come("officer")
    officer.sees("这里只有编号和代码，没有孩子的姓名和内容")
    officer.press("审计", exact=True)
    officer.write(login="doctor")
    officer.press("查", exact=True)
    trail = officer.page.locator("tbody tr")
    expect(trail.first).to_be_visible()
    expect(officer.page.locator("tbody")).to_contain_text("看")
    assert "样本小" not in officer.page.content()
    officer.look("officer-trail")
    officer.press("紧急查阅")
    officer.press("打开")
    officer.look("officer-emergency")


def test_an_administrator_makes_an_account_and_only_its_owner_knows_the_password(come, demo_site):
    administrator, owner = come("admin"), come(**PHONE)
    administrator.press("建账号")
    administrator.press("建好，生成链接")  # nothing filled in: it says what is missing
    administrator.is_led_to(".govuk-error-summary")
    administrator.write(login="newteacher", name="样本新老师")
    administrator.select("given_role", "教师")
    administrator.page.locator("[name=organisation]").select_option(index=4)
    administrator.look("admin-new-account")
    administrator.press("建好，生成链接")
    address = urlsplit(administrator.page.locator(".secret").inner_text())
    administrator.look("admin-link")
    owner.open(address.path)
    owner.write(password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    owner.look("owner-join")
    owner.press("设好，登录")
    owner.sees("班级")
