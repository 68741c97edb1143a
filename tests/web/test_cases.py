"""The doctor's pages of a case: once round the loop, refusals, two doctors at once, how much the database is asked."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from mengya_health.care import commands, plans
from mengya_health.care.follow_ups import sign_evaluation
from mengya_health.care.models import Case, Task
from mengya_health.care.tasks import start_task
from mengya_health.people.queries import find_child
from tests.authenticator import enrolled
from tests.care.walking import STORIES, Walk

ANAEMIA = STORIES[1]
REFUSED_TITLE = re.compile(r'role="alert"[^>]*>\s*<h2>.*?</svg>(.*?)</h2>', re.DOTALL)


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, ANAEMIA, district).prepare()


@pytest.fixture
def doctor(walk, browse):
    """The doctor's browser, signed in anew whenever the clock has gone on."""
    return lambda: browse(walk.doctor)


def version(html: str) -> str:
    return re.search(r'name="row_version" value="(\d+)"', html)[1]


def decide(browser, case_id, event: str, status: int = 303, **fields):
    path = f"/cases/{case_id}"
    row_version = fields.pop("row_version", None) or version(browser.get(path))
    return browser.post(path, status=status, event=event, row_version=row_version, **fields)


def open_by_page(walk: Walk, browser) -> None:
    answer = browser.post(
        f"/children/{walk.child.id}/cases/new", pathway_id=walk.story.pathway, reason="体检血红蛋白偏低"
    )
    walk.case_id = UUID(re.search(r"/cases/([0-9a-f-]+)", answer.location)[1])


def plan_fields(**more) -> dict:
    return {
        "goal_1_measure": "血红蛋白",
        "goal_1_target": "110 g/L 及以上",
        "tasks": ["BB02", "BB10"],
        "task_BB02_who": "guardian",
        "task_BB02_weeks": "8",
        "task_BB10_who": "guardian",
        "task_BB10_weeks": "8",
        "task_BB10_note": "按处方，每天一次",
        "summary": "血红蛋白有点低，一起吃够含铁的食物，八周后再看。",
    } | more


def send_plan(walk: Walk, browser, status: int = 303, **fields):
    path = f"/cases/{walk.case_id}/plan"
    return browser.post(path, status=status, row_version=version(browser.get(path)), **fields)


def follow_up(walk: Walk, browser, **fields):
    path = f"/cases/{walk.case_id}/follow-up"
    return browser.post(path, row_version=version(browser.get(path)), happened_on=walk_day(walk), text="随访", **fields)


def walk_day(walk: Walk) -> str:
    return walk.clock.now.date().isoformat()


def put_on_case(walk: Walk) -> None:
    """Have the case as the commands make it: found low, opened."""
    walk.screen(walk.story.low)
    walk.open()


def sign_summary_by_passkey(walk: Walk, browser, statements) -> None:
    """Write the class summary and sign it on the teacher's own device, as the page's script sends it."""
    device = enrolled(walk.work_as, replace(walk.teacher, reauthenticated_at=walk.clock.now))
    path = re.search(r'href="(/class/children/[^"]+/summaries/[^"]+)"', browser.get("/class")).group(1)
    statements.seen.clear()
    page = browser.get(path)
    assert len(statements.seen) <= 8
    assert "用本人设备签" in page
    nonce = re.search(r'name="nonce" value="(\w+)"', page).group(1)
    said = {"choice": "stable", "summary": "在班里吃得好。", "nonce": nonce}
    asked = browser.post(f"{path}/passkey", page=path, status=200, **said, passkey="ask").get_json()
    changed = said | {"summary": "在班里不吃饭。"}
    browser.post(path, status=409, **changed, passkey=device.get(asked))
    asked = browser.post(f"{path}/passkey", page=path, status=200, **said, passkey="ask").get_json()
    browser.post(path, **said, passkey=device.get(asked))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_case_goes_round_the_loop_on_the_doctors_pages(walk, doctor, browse, statements):
    walk.screen(walk.story.low)
    browser = doctor()
    open_by_page(walk, browser)
    decide(browser, walk.case_id, "flag", reason="低于 110")
    assert walk.state == "positive"
    send_plan(walk, browser, **plan_fields())
    assert (walk.state, walk.turn) == ("planning", "guardian")
    walk.agree()
    assert walk.state == "active"
    walk.do_tasks()
    browser = doctor()
    for _ in range(2):
        walk.clock.forward(days=30)
        browser = doctor()
        follow_up(walk, browser, HB="118", iron_stopped=walk_day(walk))
    walk.observe()
    path = f"/cases/{walk.case_id}/evaluation"
    evaluation = {"text": "达标", "plain_text": "孩子吃得好，指标上来了。", "checks": ["症状好转", "已按医嘱续服"]}
    browser.post(path, row_version=version(browser.get(path)), **evaluation)
    walk.sign(walk.mother, sign_evaluation, "evaluation")
    decide(browser, walk.case_id, "meet_goals", reason="达标")
    assert walk.state == "following"
    for days in walk.story.consolidation_days:
        walk.clock.forward(days=days)
        browser = doctor()
        follow_up(walk, browser, HB="119")
    for task in walk.open_tasks("care_task"):
        browser.post(f"/cases/{walk.case_id}/tasks", task_id=str(task.id), reason="already_done")
    path = f"/cases/{walk.case_id}/closing"
    closing = {
        "text": "稳定",
        "plain_text": "这一轮可以结束了。",
        "outcome": "1",
        "checks": ["疗程满（Hb正常后续服约2个月）"],
    }
    browser.post(path, row_version=version(browser.get(path)), **closing)
    assert (walk.state, walk.turn) == ("confirming", "teacher")
    sign_summary_by_passkey(walk, browse(walk.teacher), statements)
    walk.confirm_closure()
    assert walk.state == "resolved"
    page = browser.get(f"/cases/{walk.case_id}")
    assert "家长确认结案" in page
    decide(browser, walk.case_id, "reopen", reason="家长又担心")
    assert walk.state == "positive"
    assert "第 2 轮" in browser.get(f"/cases/{walk.case_id}")


def test_a_refused_step_lists_everything_missing_with_whose_turn_and_what_would_help(walk, doctor):
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    walk.agree()
    page = decide(doctor(), walk.case_id, "meet_goals", status=409, reason="家长说好多了").get_data(as_text=True)
    assert REFUSED_TITLE.search(page)[1].strip() == "现在还不能“进入巩固”，差 4 件事"
    panel = page.partition('role="alert"')[2].partition("</ol>")[0]
    for wanting in ("路径的达标标准还没有满足", "近期没有老师的观察", "家里的记录还不够", "家长还没看过评估并签名"):
        assert wanting in panel
    assert f"/cases/{walk.case_id}/follow-up" in panel
    assert f"/cases/{walk.case_id}/contact" in panel
    assert "老师" in panel
    assert "家长说好多了</textarea>" in page
    assert 'value="meet_goals" id="event" checked' in page
    assert walk.state == "active"


def test_a_decision_without_a_choice_says_so_beside_the_field(walk, doctor):
    put_on_case(walk)
    page = decide(doctor(), walk.case_id, "", status=422, reason="想一想").get_data(as_text=True)
    assert "请选下一步" in page
    assert "想一想</textarea>" in page


def test_a_decision_that_needs_a_page_of_its_own_leads_there(walk, doctor):
    put_on_case(walk)
    walk.flag()
    assert decide(doctor(), walk.case_id, "plan").location.endswith(f"/cases/{walk.case_id}/plan")
    assert decide(doctor(), walk.case_id, "refer").location.endswith(f"/cases/{walk.case_id}/referrals/new")


def test_only_what_the_doctor_may_decide_is_offered(walk, doctor):
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    page = doctor().get(f"/cases/{walk.case_id}")
    assert re.findall(r'name="event" value="(\w+)"', page) == ["refer", "stop"]


def test_the_second_of_two_doctors_is_told_that_the_case_moved_on(walk, browse, clock):
    put_on_case(walk)
    first, second = browse(walk.doctor), browse(walk.district.second_doctor)
    seen = version(second.get(f"/cases/{walk.case_id}"))
    decide(first, walk.case_id, "flag")
    answer = decide(second, walk.case_id, "stop", status=409, row_version=seen, reason_code="9", not_done="other")
    assert "已经往前走了" in answer.get_data(as_text=True)
    assert walk.state == "positive"


def test_a_decision_is_taken_back_within_ten_minutes_and_not_later(walk, doctor):
    put_on_case(walk)
    browser = doctor()
    decide(browser, walk.case_id, "flag")
    walk.clock.forward(minutes=3)
    page = browser.get(f"/cases/{walk.case_id}?saved=moved")
    assert "撤回刚才的决定" in page
    assert "还有 7 分钟" in page
    assert page.count(f'action="/cases/{walk.case_id}/take-back"') == 2  # in the line that says it is saved, too
    browser.post(f"/cases/{walk.case_id}/take-back", page=f"/cases/{walk.case_id}")
    assert walk.state == "watching"
    decide(browser, walk.case_id, "flag")
    walk.clock.forward(minutes=11)
    assert "撤回刚才的决定" not in browser.get(f"/cases/{walk.case_id}")
    page = browser.post(f"/cases/{walk.case_id}/take-back", page=f"/cases/{walk.case_id}", status=409)
    assert "已经不能撤回" in page.get_data(as_text=True)


def test_a_case_is_stopped_with_a_typed_reason_for_everything_left(walk, doctor):
    put_on_case(walk)
    walk.flag()
    walk.refer()
    browser = doctor()
    page = decide(browser, walk.case_id, "stop", status=409, reason_code="5").get_data(as_text=True)
    assert "没做完的任务和转诊还没有写原因" in page
    assert 'href="#not_done"' in page
    decide(browser, walk.case_id, "stop", reason_code="5", not_done="moved_away")
    assert walk.state == "stopped"
    assert "没有回执：已搬走" in browser.get(f"/cases/{walk.case_id}")


def test_a_plan_that_is_not_complete_comes_back_with_everything_typed(walk, doctor):
    put_on_case(walk)
    walk.flag()
    browser = doctor()
    wanting = plan_fields(task_BB10_note="", goal_1_target="")
    page = send_plan(walk, browser, status=409, **wanting).get_data(as_text=True)
    assert "计划还没有能衡量的目标" in page
    assert "有任务要医生写明剂量或交代" in page
    assert 'value="血红蛋白"' in page
    assert re.findall(r'name="tasks" value="(\w+)" checked', page) == ["BB02", "BB10"]
    page = send_plan(walk, browser, status=422, **plan_fields(summary="疑似贫血")).get_data(as_text=True)
    assert "请换成白话" in page
    assert "疑似贫血</textarea>" in page
    assert walk.state == "positive"


def test_too_many_tasks_for_the_family_are_refused_with_the_limit(walk, doctor):
    put_on_case(walk)
    walk.flag()
    browser = doctor()
    assert "还能派给家长 3 项（最多 3）" in browser.get(f"/cases/{walk.case_id}/plan")
    with walk.as_(walk.doctor) as work:
        other = commands.open_case(work, walk.child.id, pathway_id="PW_UNDERNUTRITION", reason="体重").id
        walk_tasks(work, walk, other)
    page = send_plan(walk, doctor(), status=409, **plan_fields()).get_data(as_text=True)
    assert "同一个人手上的任务超过了上限" in page
    assert "家长 4/3" in page


def walk_tasks(work, walk: Walk, case_id) -> None:
    """Give the family two tasks of another case."""
    child = find_child(work, walk.child.id)
    case = work.session.get(Case, case_id)
    for item in ("BB01", "BB06"):
        task = work.content.tasks[item]
        body = {"title": task.title, "item": item, "weeks": 1, "frequency": task.frequency, "log": []}
        start_task(work, child, kind="care_task", whose_turn="guardian", due_on=work.today, body=body, case=case)


def test_a_plan_under_support_is_revised_with_a_reason_and_signed_anew(walk, doctor):
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    walk.agree()
    browser = doctor()
    page = browser.get(f"/cases/{walk.case_id}/plan")
    assert "接下来几周，家里和班里一起做几件小事。</textarea>" in page
    refused = send_plan(walk, browser, status=409, **plan_fields()).get_data(as_text=True)
    assert "还没有写理由" in refused
    send_plan(walk, browser, **plan_fields(reason="换成少一点的任务"))
    assert (walk.state, walk.turn) == ("planning", "guardian")
    page = browser.get(f"/cases/{walk.case_id}")
    assert "第 2 版还没有签" in page


def test_a_question_of_the_family_is_answered_in_plain_words(walk, doctor):
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    with walk.as_(walk.mother) as work:
        plans.ask_first(work, walk.case_id, question="铁剂要吃多久？")
    browser = doctor()
    assert "铁剂要吃多久？" in browser.get("/cases")
    (task,) = walk.open_tasks("question")
    assert f"/questions/{task.id}" in browser.get(f"/cases/{walk.case_id}")
    browser.post(f"/questions/{task.id}", text="先吃八周，再查一次。")
    assert walk.turn == "guardian"
    browser.get(f"/questions/{task.id}", status=404)


def test_an_accepted_concern_opens_a_case_and_goes_on_to_screening(walk, doctor):
    walk.raise_concern(walk.teacher)
    browser = doctor()
    assert "这两周吃得很少" in browser.get("/cases")
    with walk.work_as(walk.doctor) as work:
        task_id = work.session.scalar(select(Task.id).where(Task.kind == "concern"))
    path = f"/concerns/{task_id}"
    page = browser.post(path, status=422, how="accepted", text="我们来查一查").get_data(as_text=True)
    assert "请选一条路径" in page
    assert "我们来查一查</textarea>" in page
    answer = browser.post(path, how="accepted", text="我们来查一查", pathway_id="PW_ANEMIA")
    walk.case_id = UUID(re.search(r"/cases/([0-9a-f-]+)", answer.location)[1])
    assert walk.state == "positive"


def test_two_doctors_close_a_case_that_nobody_confirms(walk, browse, doctor):
    walk_to_consolidation(walk)
    walk.consolidate()
    walk.propose_closure()
    walk.clock.forward(days=15)
    for _ in range(3):
        path = f"/cases/{walk.case_id}/contact"
        doctor().post(path, way="phone", reached="0", happened_on=walk_day(walk))
    doctor().post(f"/cases/{walk.case_id}/second-doctor", reason="联系不上")
    refused = decide(doctor(), walk.case_id, "close_unconfirmed", status=409).get_data(as_text=True)
    assert "请没有提出的那位医生来决定" in refused
    decide(browse(walk.district.second_doctor), walk.case_id, "close_unconfirmed", reason="同意")
    assert walk.state == "resolved"


def walk_to_consolidation(walk: Walk) -> None:
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    walk.agree()
    walk.support()


def test_lists_show_what_waits_for_the_doctor_for_others_and_all_cases(walk, doctor):
    put_on_case(walk)
    walk.flag()
    browser = doctor()
    assert "告知家长，决定复筛或转诊" in browser.get("/cases")
    walk.make_plan()
    assert "看一看计划，去签名" in browser.get("/cases?tab=others")
    assert "待家长签署" in browser.get("/cases?tab=open")
    assert "这里没有个案" in browser.get("/cases?tab=closed")
    decide(browser, walk.case_id, "stop", reason_code="9", not_done="already_done")
    assert "已中止" in browser.get("/cases?tab=closed")


def test_only_doctors_of_the_clinic_reach_a_case(walk, browse):
    put_on_case(walk)
    browse(walk.district.other_doctor).get(f"/cases/{walk.case_id}", status=404)
    browse(walk.mother).get(f"/cases/{walk.case_id}", status=403)
    browse(walk.teacher).get(f"/cases/{walk.case_id}", status=403)
    browse(walk.teacher).get("/cases", status=403)


def test_the_page_of_a_case_asks_at_most_eight_statements_however_long_its_story(walk, doctor, statements):
    walk_to_consolidation(walk)
    browser = doctor()
    browser.get(f"/cases/{walk.case_id}")
    counts = []
    for _ in range(2):
        statements.seen.clear()
        browser.get(f"/cases/{walk.case_id}")
        counts.append(len(statements.seen))
        walk.consolidate()
        walk.screen(walk.story.well)
        browser = doctor()
        browser.get("/cases")
    assert counts[0] == counts[1]
    assert counts[0] <= 8, "\n".join(statements.seen)


@pytest.mark.parametrize(
    "page", ["plan", "follow-up", "evaluation", "referrals/new", "contact", "tasks", "closing", "second-doctor"]
)
def test_the_other_pages_of_a_case_ask_at_most_eight_statements(walk, doctor, statements, page):
    put_on_case(walk)
    walk.flag()
    walk.make_plan()
    walk.agree()
    browser = doctor()
    browser.get("/cases")
    statements.seen.clear()
    browser.get(f"/cases/{walk.case_id}/{page}")
    assert len(statements.seen) <= 8, "\n".join(each[:100] for each in statements.seen)


@pytest.mark.parametrize("path", ["/cases", "/cases?tab=others", "/cases?tab=open", "/cases?tab=closed"])
def test_the_lists_ask_at_most_eight_statements(walk, doctor, statements, path):
    put_on_case(walk)
    browser = doctor()
    browser.get("/cases")
    statements.seen.clear()
    browser.get(path)
    assert len(statements.seen) <= 8, "\n".join(each[:100] for each in statements.seen)
