"""What goes wrong in browsers: no scripts, two people at once, a button pressed twice, a session that ran out."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Response, expect

from mengya_health.access.actor import Actor
from mengya_health.care import commands, plans
from mengya_health.operations.installation import begin_work
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of, find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.queries import entries_of_kind
from tests.factories import PASSWORD, PIN, a_child, a_guardian
from tests.journeys.checks import fill_in_check
from tests.journeys.conftest import Town
from tests.journeys.people import Person

PATHWAY = "PW_UNDERNUTRITION"
PLAN = {
    "summary": "接下来几周，家里一起做几件小事。",
    "goals": [{"measure": "体重", "target": "回到同龄孩子的范围里"}],
    "tasks": [{"item": "BB04", "who": "guardian"}],
}


KEPT_AT = re.compile(r"草稿已存 \d\d:\d\d:\d\d，换电脑也在")


@dataclass(frozen=True)
class Family:
    child: ChildFacts
    mother: Actor
    phone: str

    @property
    def record(self) -> str:
        return f"/children/{self.child.id}"


@pytest.fixture(scope="module")
def family(town: Town) -> Family:
    """A child of the first class whose mother has an account and a PIN."""
    with begin_work(town.installation, town.district.doctor) as work:
        born_on = work.today - timedelta(days=368)
        child = a_child(work, town.district, birth_on=born_on)
    mother = a_guardian(town.installation, town.district, child)
    with begin_work(town.installation, mother) as work:
        phone = accounts_of(work, [mother.user_id])[mother.user_id].phone
    return Family(child, mother, phone)


@pytest.fixture
def asked_to_sign(town: Town, family: Family) -> Family:
    """The same family with a plan that waits for the mother."""
    with begin_work(town.installation, town.district.doctor) as work:
        case = commands.open_case(work, family.child.id, pathway_id=PATHWAY, reason="体检")
        content = {"readings": [{"code": "WAZ", "value": "-2.65"}, {"code": "WHZ", "value": "-2.84"}]}
        record_entry(work, family.child, section="health", kind="screening", content=content, happened_on=work.today)
        work.session.flush()
        commands.flag(work, case.id, reason="达到标准")
        plans.make_plan(work, case.id, plan=PLAN)
    return family


@pytest.fixture
def doctor(person) -> Person:
    somebody = person()
    somebody.sign_in("doctor")
    return somebody


def advise(doctor: Person, family: Family, text: str) -> None:
    doctor.open(f"{family.record}/advice")
    doctor.write(text=text)


def times_stored(town: Town, family: Family, text: str) -> int:
    with begin_work(town.installation, town.district.doctor, writing=False) as work:
        found = entries_of_kind(work, find_child(work, family.child.id), "advice")
    return sum(entry.content["text"] == text for entry in found)


def is_draft_of(answer: Response, text: str) -> bool:
    sent = answer.request.post_data_buffer or b""
    return b"draft_step" in sent and text.encode() in sent


def test_a_check_is_entered_without_scripts(person, family):
    doctor = person(java_script_enabled=False)
    doctor.sign_in("doctor")
    doctor.open(f"{family.record}/check")
    fill_in_check(doctor, weight="9.1", length="74.6")
    doctor.press("保存，回到今日")
    doctor.sees("今日", "已保存")
    doctor.open(family.record)
    doctor.sees("体重 9.1 kg，身长 74.6 cm")


def test_a_guardian_signs_without_scripts(person, asked_to_sign):
    mother = person(390, 844, java_script_enabled=False)
    mother.sign_in(asked_to_sign.phone)
    mother.press("看一看，去签名")
    assert mother.page.locator("input:checked").count() == 0
    mother.press("请先选一项")
    mother.sees("有 1 处要改")
    mother.choose("choice", "agree")
    mother.press("确认签名")
    mother.write(pin=PIN)
    mother.press("确认签名")
    mother.sees("已签名，医生和老师会看到", "这周在家做")


def test_two_people_who_correct_one_entry_meet_both_texts(person, doctor, family):
    advise(doctor, family, "每天出门走一走。")
    doctor.press("保存", exact=True)
    doctor.press("每天出门走一走")
    entry, colleague = doctor.path, person()
    colleague.sign_in("doctor")
    colleague.open(entry)
    for somebody, text in ((colleague, "每天出门走一小时。"), (doctor, "每天出门走两小时。")):
        somebody.write(text=text, reason="写清楚多久")
        somebody.press("保存更正")
    doctor.sees("别人刚改过", "每天出门走一走。", "每天出门走一小时。", "每天出门走两小时。")
    assert doctor.page.locator("input:checked").count() == 0
    doctor.look("conflict")
    doctor.tap(doctor.page.locator("label", has_text="用我的"))
    doctor.press("按选的保存")
    doctor.sees("每天出门走两小时。", "第 3 版")
    assert [*doctor.complaints, *colleague.complaints] == []


def test_a_button_pressed_twice_stores_once(doctor, family, town):
    advise(doctor, family, "晚饭早一点。")
    doctor.page.get_by_role("button", name="保存").dblclick()
    expect(doctor.page).to_have_url(re.compile(family.record + r"\?saved"))
    doctor.page.reload()
    assert times_stored(town, family, "晚饭早一点。") == 1


def test_what_was_typed_outlives_the_session(doctor, family, town):
    advise(doctor, family, "多喝白开水。")
    town.wait(minutes=20)
    doctor.press("保存", exact=True)
    doctor.sees("登录过期了，刚才的还没保存", "填好的都还在这一页")
    assert times_stored(town, family, "多喝白开水。") == 0
    doctor.look("signed-out")
    with doctor.page.context.expect_page() as opened:
        doctor.page.get_by_role("link", name="另开一页，用同一个账号登录").click()
    beside = Person(opened.value, town.address)
    beside.write(login="doctor", password=PASSWORD)
    beside.press("登录")
    doctor.press("回到这里，再保存一次")
    doctor.sees("已保存", "多喝白开水。")
    assert times_stored(town, family, "多喝白开水。") == 1


def test_what_is_typed_is_found_on_another_computer(person, doctor, family):
    doctor.open(f"{family.record}/check")
    said = doctor.page.locator("[data-draft]")
    doctor.write(weight="9.1")
    doctor.choose("ws_reg", "0")
    with doctor.page.expect_response(lambda answer: is_draft_of(answer, "早点睡觉")):
        doctor.write(advice="早点睡觉。")  # kept without leaving the field
    expect(said).to_have_text(KEPT_AT)
    doctor.look("draft-kept")
    elsewhere = person()
    elsewhere.sign_in("doctor")
    elsewhere.open(f"{family.record}/check")
    elsewhere.sees("没写完的草稿已经填好，还没有保存")
    for name, value in (("weight", "9.1"), ("advice", "早点睡觉。")):
        expect(elsewhere.page.locator(f"[name={name}]")).to_have_value(value)
    expect(elsewhere.page.locator("[name=ws_reg][value='0']")).to_be_checked()
    elsewhere.is_led_to("[name=advice]")
    elsewhere.look("draft-found")
    elsewhere.write(weight="9.2")
    elsewhere.page.keyboard.press("Tab")
    expect(elsewhere.page.locator("[data-draft]")).to_have_text(KEPT_AT)
    doctor.write(weight="9.3")  # the page that was left open at the first one
    doctor.page.keyboard.press("Tab")
    expect(said).to_contain_text("您在另一处存了更新的草稿")
    elsewhere.press("丢掉草稿")
    expect(elsewhere.page.locator("[name=weight]")).to_have_value("")
    assert [*doctor.complaints, *elsewhere.complaints] == []


def test_a_session_that_ends_in_the_middle_loses_nothing(doctor, family, town):
    advise(doctor, family, "多吃蔬菜，")
    field, said = doctor.page.locator("[name=text]"), doctor.page.locator("[data-draft]")
    field.blur()
    expect(said).to_have_text(KEPT_AT)
    town.wait(minutes=20)
    field.press("End")
    field.press_sequentially("少吃糖。")
    field.blur()
    expect(said).to_contain_text("登录过期了，填的都还在这一页")
    doctor.look("draft-signed-out")
    with doctor.page.context.expect_page() as opened:
        said.get_by_role("link").click()
    beside = Person(opened.value, town.address)
    beside.write(login="doctor", password=PASSWORD)
    beside.press("登录")
    expect(said).to_have_text(KEPT_AT, timeout=15_000)  # by itself, as soon as somebody is there again
    town.wait(minutes=20)  # and once more, at the same page now
    doctor.open(doctor.path)
    doctor.write(login="doctor", password=PASSWORD)
    doctor.press("登录")
    expect(field).to_have_value("多吃蔬菜，少吃糖。")
    doctor.is_led_to("[name=text]")
    doctor.press("保存", exact=True)
    assert times_stored(town, family, "多吃蔬菜，少吃糖。") == 1


def test_on_a_slow_or_broken_line_nothing_is_lost_and_nothing_comes_back(doctor, family, town):
    advise(doctor, family, "晒晒太阳。")
    field, said = doctor.page.locator("[name=text]"), doctor.page.locator("[data-draft]")
    doctor.page.context.set_offline(True)
    field.blur()
    expect(said).to_contain_text("网断了，还没存成草稿")
    doctor.page.context.set_offline(False)
    expect(said).to_have_text(KEPT_AT, timeout=15_000)
    slow = {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1}
    doctor.page.context.new_cdp_session(doctor.page).send("Network.emulateNetworkConditions", slow)
    field.fill("晒晒太阳，戴帽子。")
    doctor.press("保存", exact=True)  # the draft leaves with the field, the form right behind it
    doctor.sees("已保存")
    assert times_stored(town, family, "晒晒太阳，戴帽子。") == 1
    doctor.page.go_back()
    expect(field).to_have_value("")
    assert doctor.page.get_by_text("没写完的草稿").count() == 0


def test_a_page_that_takes_long_says_that_it_is_on_its_way(doctor, family):
    doctor.open(family.record)
    doctor.page.evaluate(
        """() => { const line = document.querySelector("[data-slow]");
        const keep = () => sessionStorage.said = line.innerText;
        new MutationObserver(keep).observe(line, { childList: true }); }"""
    )
    doctor.page.route("**/cases", lambda route: (doctor.page.wait_for_timeout(1500), route.continue_()))
    doctor.press("个案", exact=True)
    assert doctor.page.evaluate("sessionStorage.said") == "正在算…"
    doctor.page.go_back()
    expect(doctor.page.locator("[data-slow]")).to_be_empty()


def test_somebody_who_was_away_is_led_back_after_signing_in(doctor, family, town):
    town.wait(minutes=20)
    doctor.open(family.record)
    doctor.sees("登录以后回到刚才那一页")
    doctor.write(login="doctor", password=PASSWORD)
    doctor.press("登录")
    assert doctor.path == family.record


def test_what_cannot_wait_is_said_while_it_is_typed_and_without_scripts_before_it_is_stored(town, person, family):
    doctor = person()
    doctor.sign_in("doctor")
    doctor.open(f"{family.record}/measurement")
    form = doctor.page.locator("form[data-urgent]")
    form.locator("[name=hb_g_l]").fill("52")
    expect(form.get_by_role("alert")).to_contain_text("血红蛋白 52 g/L")
    doctor.choose("urgent_answer", "arranged")
    form.locator("[name=hb_g_l]").fill("51")  # another figure, and what was answered stays
    expect(form.get_by_role("alert")).to_contain_text("血红蛋白 51 g/L")
    expect(form.locator("[name=urgent_answer][value=arranged]")).to_be_checked()
    form.locator("[name=hb_g_l]").fill("120")
    expect(form.get_by_role("alert")).to_have_count(0)
    assert doctor.complaints == []
    plain = person(java_script_enabled=False)
    plain.sign_in("doctor")
    plain.open(f"{family.record}/measurement")
    plain.write(hb_g_l="52", weight_kg="91")
    plain.press("保存", exact=True)
    plain.sees("当日就诊：先告诉家长，再保存", "是不是 9.1？")
    plain.choose("urgent_answer", "called_120")
    plain.press("是 9.1", exact=True)
    plain.sees("量过两次，是对的")
    plain.choose("confirm_hb_g_l", "52")
    plain.press("保存", exact=True)
    plain.sees("已保存", "当日就诊 · 还没有结果")
