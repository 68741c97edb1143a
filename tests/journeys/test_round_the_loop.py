"""One child once around the loop, in a browser: doctor, parent, teacher, specialist, and the paper at the end."""

import time
from datetime import timedelta
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.factories import PASSWORD, PIN
from tests.journeys.checks import fill_in_check
from tests.journeys.conftest import Town
from tests.journeys.people import Person

CHILD = "样本小芽"
BORN = "2025-11-20"
MOTHER_PHONE = "13900139000"
MOTHER_PASSWORD = "小河边的三棵大柳树"
PATHWAY = "PW_UNDERNUTRITION"
GROWTH_CHECK = "体重增速不低于同龄中位增速"
CATCHING_UP = (("8.6", "75.0"), ("9.0", "76.0"))
MADE_WITHIN_S = 60
STEADY = (("9.4", "77.2"), ("9.7", "78.4"), ("10.0", "79.5"))


def test_a_child_goes_once_around_the_loop(person, town):
    doctor, mother, teacher, specialist = person(), person(390, 844), person(1180, 820), person()
    doctor.sign_in("doctor")
    register(doctor)
    redeem(mother, invitation(doctor))
    case = enter_check_and_open_case(doctor)
    write_plan(doctor)
    sign(mother, "支持计划", "plan")
    teacher.sign_in("teacher")
    observe(teacher)
    check_in_at_class(teacher)
    choose_pin(teacher)
    check_in_at_home(mother)
    refer(doctor, case)
    reply(specialist)
    try_too_early(doctor, case)
    support(town, doctor, mother, teacher, case)
    consolidate(town, doctor, mother, teacher, case)
    close(doctor, mother, teacher, case)
    print_closing_summary(doctor)
    reopen(doctor, case)
    for somebody in (doctor, mother, teacher, specialist):
        assert somebody.complaints == []


# --- the clinic -----------------------------------------------------------------------------------------------------


def register(doctor: Person) -> None:
    doctor.look("doctor-today-empty")
    doctor.press("儿童", exact=True)
    doctor.press("新建档案")
    doctor.write(name=CHILD, birth_on=BORN, gestational_weeks="39", gestational_days="2", birth_weight_kg="3.1")
    doctor.write(allergies="鸡蛋", contact_name="样本妈妈", contact_phone="13800138000")
    doctor.choose("sex", "F")
    doctor.select("contact_relation", "妈妈")
    doctor.select("group_id", "示例幼儿园 小一班")
    for purpose in ("P1", "P2", "P3"):
        doctor.choose(f"consent_{purpose}", "yes")
    doctor.look("doctor-child-new")
    doctor.press("建立档案")
    doctor.sees(CHILD, "还没有测量", "12月龄健康检查")
    doctor.look("doctor-record-new")


def invitation(doctor: Person) -> str:
    """Return the ten characters of an invitation for the guardian who signs."""
    doctor.press("邀请家长")
    doctor.choose("authority", "signs")
    doctor.choose("saw_document", "yes")
    doctor.press("生成邀请")
    doctor.look("doctor-invitation")
    code = doctor.page.locator(".digits").inner_text()
    doctor.press("档案", exact=True)
    return code


def redeem(mother: Person, code: str) -> None:
    mother.open("/sign-in")
    mother.press("用邀请码开通")
    mother.write(code=code, birth_on=BORN, name="样本妈妈", phone=MOTHER_PHONE)
    mother.select("relation", "妈妈")
    mother.write(password=MOTHER_PASSWORD, password_again=MOTHER_PASSWORD)
    mother.look("family-invitation")
    mother.press("开通", exact=True)
    choose_pin(mother, MOTHER_PASSWORD)
    mother.sees(CHILD, "来之前先看一看这几条")
    mother.look("family-home-new")


def enter_check_and_open_case(doctor: Person) -> str:
    """Enter the check of 12 months, decide on what it found; return the path of the case."""
    doctor.press("录入本次")
    doctor.look("doctor-check-blank")
    fill_in_check(doctor, conclusion="screen")
    doctor.look("doctor-check-filled")
    doctor.press("保存，回到今日")
    doctor.sees("系统提示，由您决定", "低体重", "WS/T 423—2022")
    assert doctor.page.locator("#decide input:checked").count() == 0
    doctor.look("doctor-check-found")
    doctor.choose(f"decide_{PATHWAY}", "open")
    doctor.write(**{f"reason_{PATHWAY}": "体重低于同龄范围"})
    doctor.press("按这样决定")
    doctor.press("看个案")
    doctor.sees("初筛阳性待处理", "轮到医生")
    doctor.look("doctor-case-new")
    return doctor.path


def write_plan(doctor: Person) -> None:
    """Try with nothing in it, then write a plan for home and class."""
    doctor.press("写干预计划", exact=True)
    doctor.write(summary="小芽这段时间体重长得慢一些。接下来八周，家里和班里一起把饭吃好。")
    doctor.press("保存，发给家长")
    doctor.sees("现在还不能“制定干预计划”，差 2 件事", "计划还没有能衡量的目标", "计划里还没有任务")
    doctor.is_led_to(".panel-bad")
    doctor.look("doctor-plan-refused")
    doctor.sees("一起把饭吃好")
    doctor.write(goal_1_measure="体重", goal_1_target="回到同龄孩子的范围里")
    doctor.choose("tasks", "BB04", "BB05")
    doctor.choose("task_BB04_who", "guardian")
    doctor.choose("task_BB05_who", "teacher")
    doctor.look("doctor-plan-filled")
    doctor.press("保存，发给家长")
    doctor.sees("轮到家长", "已保存")
    doctor.look("doctor-case-planning")


def refer(doctor: Person, case: str) -> None:
    doctor.open(case)
    doctor.press("开转诊单")
    doctor.select("receiver_id", "示例区妇幼保健所")
    doctor.choose("within", "SLA_REFER_DX")
    doctor.choose("materials", "chart")
    doctor.write(reason="体重长得慢，请看看有没有别的原因", questions="要不要查吸收")
    doctor.look("doctor-refer")
    doctor.press("生成转诊单")
    doctor.sees("转诊待回执", "干预中")


def reply(specialist: Person) -> None:
    specialist.sign_in("specialist")
    specialist.look("specialist-list")
    specialist.press("打开")
    specialist.sees(CHILD, "体重长得慢，请看看有没有别的原因", "要不要查吸收")
    specialist.press("接诊", exact=True)
    specialist.choose("result", "confirmed")
    specialist.write(text="喂养量不够，没有别的病", for_class="进餐时多陪一会儿", for_family="每餐加一点油和肉末")
    specialist.look("specialist-reply")
    specialist.press("发出回执")
    specialist.sees("已保存")


def try_too_early(doctor: Person, case: str) -> None:
    """A refusal lists everything that is missing at once, whose turn it is and what would help."""
    doctor.open(case)
    doctor.choose("event", "meet_goals")
    doctor.write(reason="先试试")
    doctor.press("确认这个决定")
    panel = doctor.page.locator(".panel-bad")
    doctor.is_led_to(".panel-bad")
    expect(panel).to_contain_text("现在还不能“进入巩固”，差 3 件事")
    expect(panel.locator("li")).to_have_count(3)
    for item in panel.locator("li").all():
        expect(item.locator("a, .role").first).to_be_visible()
    expect(doctor.page.locator('[name="reason"]')).to_have_value("先试试")
    doctor.look("doctor-case-refused")


def follow_up(doctor: Person, case: str, weight_kg: str, lenhei_cm: str) -> None:
    doctor.sign_in("doctor")
    doctor.open(case)
    doctor.press("记随访")
    doctor.write(weight_kg=weight_kg, lenhei_cm=lenhei_cm, text="吃饭香了，体重在长")
    doctor.select("position", "躺着量")
    for tick in doctor.page.locator(f'label:has(input[value="{GROWTH_CHECK}"])').all():
        doctor.tap(tick)
    doctor.look("doctor-follow-up")
    doctor.press("保存", exact=True)
    doctor.sees(f"体重 {weight_kg} kg")


def support(town: Town, doctor: Person, mother: Person, teacher: Person, case: str) -> None:
    """Eight weeks: the family's records, two follow-ups, the class, the evaluation, on to consolidation."""
    town.wait(days=8)
    mother.sign_in(MOTHER_PHONE, MOTHER_PASSWORD)
    for days_ago in range(5, -1, -1):
        check_in_at_home(mother, (town.now - timedelta(days=days_ago)).date().isoformat())
    for weight_kg, lenhei_cm in CATCHING_UP:
        town.wait(days=30)
        follow_up(doctor, case, weight_kg, lenhei_cm)
    teacher.sign_in("teacher")
    observe(teacher)
    doctor.press("写评估")
    doctor.write(text="连续两次回到同龄范围", plain_text="孩子这段时间长得不错，吃饭也香了。")
    doctor.choose("checks", GROWTH_CHECK)
    doctor.look("doctor-evaluation")
    doctor.press("保存", exact=False)
    mother.sign_in(MOTHER_PHONE, MOTHER_PASSWORD)
    sign(mother, "阶段评估", "evaluation")
    doctor.open(case)
    doctor.sees("条件都满足")
    doctor.choose("event", "meet_goals")
    doctor.write(reason="体重连续两次回到同龄范围")
    doctor.press("确认这个决定")
    doctor.sees("巩固随访", "已进入下一步")
    doctor.look("doctor-case-following")


def consolidate(town: Town, doctor: Person, mother: Person, teacher: Person, case: str) -> None:
    for weight_kg, lenhei_cm in STEADY:
        town.wait(days=31)
        follow_up(doctor, case, weight_kg, lenhei_cm)
    doctor.look("doctor-case-steady")


def close(doctor: Person, mother: Person, teacher: Person, case: str) -> None:
    """Three hands: the doctor proposes, the teacher signs what the class saw, the guardian signs the summary."""
    for _ in range(2):
        end_task(doctor)
    doctor.press("提出结案")
    doctor.tap(doctor.page.locator("label", has_text="一般情况好"))
    doctor.choose("outcome", "1")
    doctor.write(text="三次随访平稳", plain_text="孩子长得稳了，这一次的关注可以结束了。", advice="照常做健康检查。")
    doctor.look("doctor-closing")
    doctor.press("请老师和家长确认")
    doctor.sees("三方确认结案", "轮到老师")
    sign_class_summary(teacher)
    mother.sign_in(MOTHER_PHONE, MOTHER_PASSWORD)
    sign(mother, "结案小结", "closing")
    doctor.open(case)
    doctor.sees("已结案")
    doctor.look("doctor-case-closed")


def end_task(doctor: Person) -> None:
    doctor.press("结束一项任务")
    doctor.tap(doctor.page.locator('label:has(input[name="task_id"])').first)
    doctor.select("reason", "已在别处完成")
    doctor.look("doctor-end-task")
    doctor.press("结束这一项")
    doctor.sees("已保存")


# --- the class ------------------------------------------------------------------------------------------------------


def observe(teacher: Person) -> None:
    """Child, domain, answer, save: four taps at most."""
    teacher.open("/class")
    teacher.look("class-board")
    teacher.begin()
    teacher.press(CHILD)
    teacher.press("吃饭", exact=True)
    teacher.tap(teacher.page.locator(".chip", has_text="吃了一半"))
    teacher.look("class-observe")
    teacher.press("保存，记下一个")
    teacher.sees("已保存")
    assert teacher.taps <= 4


def check_in_at_class(teacher: Person) -> None:
    """What the doctor asked for is said to be done in three taps at most; more can be written."""
    teacher.begin()
    teacher.press(CHILD)
    teacher.press("做到了")
    teacher.sees("记好了，够了就不用再记")
    assert teacher.taps <= 3
    teacher.press(CHILD)
    teacher.press("顺应喂养四步")
    teacher.choose("done", "done")
    teacher.look("class-task")
    teacher.press("保存", exact=True)
    teacher.sees("记好了，够了就不用再记")


def sign_class_summary(teacher: Person) -> None:
    teacher.sign_in("teacher")
    teacher.look("class-asked")
    teacher.press("班级小结")
    assert teacher.page.locator("input:checked").count() == 0
    teacher.choose("choice", "stable")
    teacher.write(summary="在班里吃得好，愿意和大家一起吃。", pin=PIN)
    teacher.look("class-summary")
    teacher.press("确认签名")
    teacher.sees("已签名")


# --- the family -----------------------------------------------------------------------------------------------------


def choose_pin(somebody: Person, password: str = PASSWORD) -> None:
    """Accept the agreement on signing and choose the PIN."""
    if "agreement" not in somebody.path:
        somebody.press("我的账号")
        somebody.press("设签名密码")
    somebody.choose("accept", "yes")
    somebody.write(pin=PIN, pin_again=PIN, password=password)
    somebody.look("agreement")
    somebody.press("同意并设好密码")


def sign(mother: Person, title: str, name: str) -> None:
    """Read, choose (nothing preselected), confirm: three taps, then the PIN."""
    mother.open("/home")
    mother.look(f"family-home-{name}")
    mother.begin()
    mother.press("看一看，去签名")
    assert mother.page.locator("input:checked").count() == 0
    expect(mother.page.get_by_role("button", name="请先选一项")).to_be_visible()
    mother.look(f"family-sign-{name}")
    mother.choose("choice", "agree")
    mother.press("确认签名")
    assert mother.taps <= 3
    mother.sees(title, "电子签名·系统代管密钥")
    mother.look(f"family-pin-{name}")
    mother.write(pin=PIN)
    mother.press("确认签名")
    mother.sees("已签名，医生和老师会看到")


def check_in_at_home(mother: Person, on: str = "") -> None:
    mother.open("/home")
    mother.begin()
    if not on:  # today's in one tap
        mother.press("做到了")
        mother.sees("记好了，够了就不用再记")
        assert mother.taps == 1
        return
    mother.press("写一写")
    mother.choose("done", "done")
    mother.page.locator("summary", has_text="不是今天的").click()
    mother.write(on=on)
    mother.look("family-task")
    mother.press("保存", exact=True)
    mother.sees("记好了，够了就不用再记")
    assert mother.taps <= 3


# --- the paper ------------------------------------------------------------------------------------------------------


def print_closing_summary(doctor: Person) -> None:
    """Ask for the closing summary on the page of the case, wait for the worker, open the PDF and read it."""
    doctor.press("打印", inside=".kidhead")
    doctor.look("doctor-papers")
    doctor.press("打印", inside="li:has-text('结案小结')")
    ready = doctor.page.get_by_role("link", name="打开")
    until = time.monotonic() + MADE_WITHIN_S
    while not ready.count() and time.monotonic() < until:
        doctor.page.wait_for_timeout(500)
        doctor.press("看看好了没有")
    doctor.look("doctor-print-queue")
    answer = doctor.page.request.get(doctor.address + ready.first.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(BytesIO(answer.body())).pages
    text = "".join(page.extract_text() for page in pages).replace("\n", "")
    assert len(pages) == 1
    for said in (CHILD, "结案小结", "痊愈", "照常做健康检查", "在班里吃得好", "电子签名·系统代管密钥"):
        assert said in text


def reopen(doctor: Person, case: str) -> None:
    doctor.open(case)
    doctor.choose("event", "reopen")
    doctor.write(reason="家长又有点担心")
    doctor.press("确认这个决定")
    doctor.sees("第 2 轮", "初筛阳性待处理", "轮到医生")
    doctor.look("doctor-case-second-round")
