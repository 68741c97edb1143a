"""The page on which a check is entered, and the page that shows what came of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html.parser import HTMLParser
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from mengya_health.access.actor import Actor
from mengya_health.care.queries import open_cases_of
from mengya_health.growth.ages import add_months
from mengya_health.operations.installation import Installation
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry
from mengya_health.screening.commands import find_check, plan_for
from mengya_health.screening.queries import checks_of
from tests.conftest import START
from tests.factories import District, a_child, client_of
from tests.screening.filling import filled_form
from tests.web.browsing import Forms

TODAY = START.date()
AGES = {"V_NB": (0, 3), "V_1M": (0, 29), "V_3M": (3, 2), "V_6M": (6, 2), "V_8M": (8, 2), "V_12M": (12, 2)}
AGES |= {f"V_{months}M": (months, 2) for months in (18, 24, 30, 36)} | {
    f"V_{years}Y": (12 * years, 2) for years in (4, 5, 6)
}


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    """Pages are the same on both databases."""
    return request.param


class Form(HTMLParser):
    """The fields of the check's form as a browser would send them: names, values, what is ticked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ticked: dict[str, str] = {}
        self.typed: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.action = ""
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("id") in ("check", "decide") or "/checks/" in given.get("action", "")
            self.action = given["action"] if self._inside else self.action
        if not self._inside or tag == "button" or "name" not in given:
            return
        self.names.add(given["name"])
        kind = given.get("type", "text")
        if kind == "hidden":
            self.hidden[given["name"]] = given["value"]
        elif kind in ("radio", "checkbox"):
            if "checked" in given:
                self.ticked[given["name"]] = given["value"]
        elif given.get("value"):
            self.typed[given["name"]] = given["value"]


@dataclass
class Desk:
    """A doctor at a browser, with children of any age."""

    installation: Installation
    work_as: Callable
    district: District
    client: FlaskClient

    def child(self, months: int, days: int = 2, **overrides) -> ChildFacts:
        born_on = add_months(TODAY, -months) - timedelta(days=days)
        with self.work_as(self.district.doctor) as work:
            return a_child(work, self.district, **{"birth_on": born_on} | overrides)

    def form(self, child: ChildFacts) -> Form:
        answer = self.client.get(f"/children/{child.id}/check")
        assert answer.status_code == 200
        return Form(answer.text)

    def fill(self, child: ChildFacts, on: date = TODAY, *, visit_id: str | None = None, **changed) -> dict:
        with self.work_as(self.district.doctor, writing=False) as work:
            found = find_child(work, child.id)
            plan = plan_for(work, found, visit_id, {"done_on": on.isoformat()}, checks_of(work, found))
        return filled_form(self.installation.content, child, plan, **changed)

    def send(self, form: Form, sent: dict, **more):
        return self.client.post(form.action, data=form.hidden | sent | more)

    def entries(self, child: ChildFacts) -> int:
        with self.work_as(self.district.doctor, writing=False) as work:
            return work.session.scalar(select(func.count()).select_from(Entry).where(Entry.child_id == child.id))


@pytest.fixture
def desk(installation, work_as, district) -> Desk:
    return Desk(installation, work_as, district, client_of(installation, district.doctor))


def id_in(location: str) -> str:
    return re.search(r"/checks/([0-9a-f-]{36})", location).group(1)


@pytest.mark.parametrize("visit_id", AGES)
def test_every_scheduled_age_has_its_page_with_nothing_preset(desk, visit_id):
    child = desk.child(*AGES[visit_id])
    form = desk.form(child)
    assert f"visit={visit_id}" in form.action
    asks_length = "length" in form.names
    assert form.ticked == ({"position": "h" if AGES[visit_id][0] >= 24 else "l"} if asks_length else {})
    assert form.typed == {"done_on": TODAY.isoformat()}
    assert {"exam", "ws_reg", "conclusion"} <= form.names


def test_the_page_asks_all_that_the_form_takes(desk):
    child = desk.child(12)
    assert set(desk.fill(child)) <= desk.form(child).names


def test_a_saved_check_leads_to_its_page_or_back_to_the_day(desk):
    first, second = desk.child(12), desk.child(18)
    stayed = desk.send(desk.form(first), desk.fill(first), then="stay")
    assert stayed.status_code == 303
    assert "/checks/" in stayed.location
    went_on = desk.send(desk.form(second), desk.fill(second), then="next")
    assert "/checks/" not in went_on.location


def test_a_refused_form_keeps_everything_typed_and_says_what_to_change(desk):
    child = desk.child(12)
    sent = desk.fill(child, weight="91", worries="夜里醒", ws_WS1202=None, guidance=["2"])
    answer = desk.send(desk.form(child), sent)
    again = Form(answer.text)
    assert answer.status_code == 422
    assert "体重" in answer.text
    assert "是不是 9.1？" in answer.text
    assert again.typed["weight"] == "91"
    assert again.typed["worries"] == "夜里醒"
    assert again.ticked["guidance"] == "2"
    assert "ws_WS1202" not in again.ticked
    assert again.ticked["ws_WS1201"] == "0"
    assert desk.entries(child) == 0


def test_an_unlikely_weight_is_asked_back_and_stored_once_confirmed(desk):
    child = desk.child(12)
    sent = desk.fill(child, weight="5.0")
    asked = desk.send(desk.form(child), sent)
    again = Form(asked.text)
    assert asked.status_code == 422
    assert "量过两次，是对的" in asked.text
    assert "重新量" in asked.text
    assert "confirm_weight" not in again.ticked
    stored = desk.send(again, sent, confirm_weight="5.0", weigh_g_whz3="0")
    assert stored.status_code == 303
    assert desk.entries(child) == 1


def test_lengths_and_days_that_cannot_be_are_asked_about_and_what_is_stored_is_what_was_typed(desk):
    """S-64: slipped points, commas, exponents, no numbers, below nought; a visit before the birth, and tomorrow."""
    child = desk.child(12)
    form, whole = desk.form(child), desk.fill(child)
    for length in ("985", "98,5", "1e2", "NaN", "-1", "Infinity", "0x10"):
        answer = desk.send(form, whole | {"length": length})
        assert (answer.status_code, "身长" in answer.text) == (422, True), length
        assert Form(answer.text).typed["length"] == length
    assert "是不是 98.5？" in desk.send(form, whole | {"length": "985"}).text
    for day, said in (
        (child.birth_on - timedelta(days=1), "不能早于出生日期"),
        (TODAY + timedelta(days=1), "不能晚于今天"),
    ):
        answer = desk.send(form, whole | {"done_on": day.isoformat()})
        assert (answer.status_code, said in answer.text) == (422, True), day
    assert desk.entries(child) == 0
    assert desk.send(form, whole | {"length": "75.5"}).status_code == 303
    with desk.work_as(desk.district.doctor, writing=False) as work:
        (check,) = checks_of(work, find_child(work, child.id))
    assert "75.5" in str(check)


def test_the_same_form_sent_twice_stores_once(desk):
    child = desk.child(12)
    form, sent = desk.form(child), desk.fill(child)
    first, second = desk.send(form, sent), desk.send(form, sent)
    assert first.location == second.location
    assert desk.entries(child) == 1


def test_a_page_for_an_early_child_says_why_it_asks_no_signs(desk):
    child = desk.child(3, gestational_days=210)
    page = desk.client.get(f"/children/{child.id}/check").text
    assert "待矫正 3 月龄补做" in page
    assert not any(name.startswith("ws_WS") for name in Form(page).names)
    assert "ws_reg" in Form(page).names


def test_what_was_missed_stands_on_the_page_with_a_word_about_it(desk):
    child = desk.child(24)
    page = desk.client.get(f"/children/{child.id}/check").text
    assert "hb" in Form(page).names
    assert "上次没有结果，这次一起做：血红蛋白" in page


def test_the_last_check_stands_beside_the_new_one(desk):
    child = desk.child(12)
    earlier = TODAY - timedelta(days=100)
    desk.send(desk.form(child), desk.fill(child, earlier, visit_id="V_12M", weight="8.1", worries="挑食"))
    page = desk.client.get(f"/children/{child.id}/check").text
    assert "8.1 kg" in page
    assert "“挑食”" in page


def test_a_finding_is_decided_on_its_page_and_opens_a_case(desk):
    child = desk.child(12)
    saved = desk.send(desk.form(child), desk.fill(child, ws_WS1204="1"), then="next")
    page = desk.client.get(saved.location)
    assert "系统提示，由您决定" in page.text
    assert "孤独症筛查干预服务规范" in page.text
    assert "预警征象阳性条数 1 条；“不会扶物站立”" in page.text
    form = Form(page.text)
    assert form.ticked == {}
    refused = desk.send(form, {"decide_PW_DEVELOPMENT": "open", "decide_PW_ASD": "not_now"})
    assert refused.status_code == 422
    assert "暂不立案要写明理由" in refused.text
    wanted = {"decide_PW_DEVELOPMENT": "open", "decide_PW_ASD": "not_now", "reason_PW_ASD": "复筛一并看"}
    decided = desk.send(Form(refused.text), wanted)
    assert decided.status_code == 303
    with desk.work_as(desk.district.doctor, writing=False) as work:
        cases = open_cases_of(work, find_child(work, child.id))
    assert [(case.pathway_id, case.state) for case in cases] == [("PW_DEVELOPMENT", "positive")]
    after = desk.client.get(decided.location).text
    assert f"/cases/{cases[0].id}" in after
    assert "已经决定" in after


def test_what_is_not_done_or_not_judged_is_never_shown_as_normal(desk):
    child = desk.child(12)
    saved = desk.send(desk.form(child), desk.fill(child, dt=None, food_groups=None))
    page = desk.client.get(saved.location).text
    aside = page[page.index("各项筛查") :]
    oral = aside[aside.index("口腔检查与龋齿筛查") :][:400]
    assert "没做完" in oral
    assert "还缺：乳牙龋坏牙数" in oral
    assert "未见问题" not in oral[: oral.index("没做完")]


def test_growth_by_who_is_shown_on_request(desk):
    child = desk.child(12)
    saved = desk.send(desk.form(child), desk.fill(child))
    shown = f"/children/{child.id}/checks/{id_in(saved.location)}"
    assert "WHO 2006" not in desk.client.get(shown).text
    assert "WHO 2006" in desk.client.get(f"{shown}?by=who").text


def test_a_correction_starts_from_what_was_stored_and_makes_a_new_version(desk):
    child = desk.child(12)
    sent = desk.fill(child, worries="夜里醒")
    saved = desk.send(desk.form(child), sent)
    shown = f"/children/{child.id}/checks/{id_in(saved.location)}"
    form = Form(desk.client.get(f"{shown}/correction").text)
    assert form.typed["weight"] == sent["weight"]
    assert form.typed["worries"] == "夜里醒"
    assert form.ticked["ws_WS1201"] == "0"
    assert form.hidden["row_version"]
    corrected = desk.send(form, sent | {"worries": "已经好了"})
    assert corrected.status_code == 303
    with desk.work_as(desk.district.doctor, writing=False) as work:
        newest = find_check(work, find_child(work, child.id), _uuid(shown))
    assert (newest.version, newest.content["answers"]["worries"]) == (2, "已经好了")


def test_two_corrections_of_one_version_meet_on_the_page_of_two_texts(desk):
    child = desk.child(12)
    sent = desk.fill(child)
    saved = desk.send(desk.form(child), sent)
    address = f"/children/{child.id}/checks/{id_in(saved.location)}/correction"
    mine, theirs = Form(desk.client.get(address).text), Form(desk.client.get(address).text)
    assert desk.send(theirs, sent | {"advice": "多到户外"}).status_code == 303
    conflict = desk.send(mine, sent | {"advice": "早点睡觉"})
    assert conflict.status_code == 409
    assert "多到户外" in conflict.text
    assert "早点睡觉" in conflict.text


def test_two_corrections_are_compared_field_by_field_in_words(desk):
    """Also what one of them left unanswered, and what several boxes say; what is chosen is what is stored."""
    child = desk.child(12)
    sent = desk.fill(child, illness_between=["1"])
    saved = desk.send(desk.form(child), sent)
    address = f"/children/{child.id}/checks/{id_in(saved.location)}/correction"
    mine, theirs = Form(desk.client.get(address).text), Form(desk.client.get(address).text)
    colleague = sent | {"length": "74.2", "illness_between": ["2", "3"], "stool_urine": "2", "teeth": "7"}
    assert desk.send(theirs, colleague).status_code == 303
    unanswered = {name: value for name, value in sent.items() if name != "stool_urine"}
    page = desk.send(mine, unanswered | {"length": "74.6"}).text
    for told in ("把身长/身高改成 74.2", "把两次随访间患病情况改成 肺炎、腹泻", "把大小便改成 异常", "把出牙数改成 7"):
        assert f"医生 09:00 {told}" in page
    chosen = {"length": "74.2", "illness_between": "2,3", "stool_urine": "2", "teeth": "6"}
    answer = desk.client.post(address, data=Forms(page).by_action[address] | chosen)
    assert answer.status_code == 303, answer.text
    with desk.work_as(desk.district.doctor, writing=False) as work:
        newest = find_check(work, find_child(work, child.id), _uuid(address.removesuffix("/correction")))
    answers = newest.content["answers"]
    readings = {each["code"]: each["value"] for each in newest.content["readings"]}
    assert (answers["illness_between"], answers["stool_urine"]) == ([2, 3], 2)
    assert (readings["LENGTH"], readings["TEETH"]) == ("74.2", 6)


def test_a_correction_goes_on_from_the_version_it_was_begun_on_whether_refused_or_drafted(desk):
    """Else the second try would overwrite a colleague's correction that nobody has seen."""
    child = desk.child(12)
    sent = desk.fill(child)
    saved = desk.send(desk.form(child), sent)
    address = f"/children/{child.id}/checks/{id_in(saved.location)}/correction"
    mine, drafted = (Form(desk.client.get(address).text) for _ in range(2))
    typed = sent | {"advice": "早点睡觉"}
    kept = desk.send(drafted, typed | {"draft_step": "keep", "draft_seen": "0"})
    assert kept.status_code == 200
    colleague = replace(desk, client=_client(desk, desk.district.second_doctor))
    assert colleague.send(Form(colleague.client.get(address).text), sent | {"advice": "多到户外"}).status_code == 303
    refused = desk.send(mine, typed | {"weight": "九"})
    assert refused.status_code == 422
    for page in (refused.text, desk.client.get(address).text):
        again = Form(page)
        assert again.hidden["row_version"] == mine.hidden["row_version"]
        conflict = desk.send(again, typed)
        assert conflict.status_code == 409
        assert "多到户外" in conflict.text
        assert "早点睡觉" in conflict.text


def test_nobody_without_a_relation_sees_that_there_is_such_a_child(desk):
    child = desk.child(12)
    assert _client(desk, desk.district.other_doctor).get(f"/children/{child.id}/check").status_code == 404
    assert _client(desk, desk.district.teacher).get(f"/children/{child.id}/check").status_code == 403


def test_a_visit_that_the_schedule_does_not_know_is_no_page(desk):
    child = desk.child(12)
    assert desk.client.get(f"/children/{child.id}/check?visit=V_99").status_code == 404


def test_the_entry_page_asks_the_databases_at_most_eight_times(desk):
    child = desk.child(12)
    for days in (200, 150, 100, 50):
        on = TODAY - timedelta(days=days)
        desk.send(desk.form(child), desk.fill(child, on, visit_id="V_12M"))
    desk.client.get(f"/children/{child.id}/check")
    assert desk.entries(child) == 4
    seen = _statements(desk, f"/children/{child.id}/check")
    assert len(seen) <= 8, seen


def _statements(desk: Desk, address: str) -> list[str]:
    seen: list[str] = []

    def count(connection, cursor, statement, parameters, context, many) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "SET")):
            seen.append(statement)

    engines = (desk.installation.engine, desk.installation.keystore._engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", count)
    desk.client.get(address)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", count)
    return seen


def _client(desk: Desk, actor: Actor) -> FlaskClient:
    return client_of(desk.installation, actor)


def _uuid(shown: str):
    return UUID(shown.rpartition("/")[2])


def test_the_check_of_a_child_not_yet_at_term_names_its_standard_and_grades_nothing(desk):
    child = desk.child(1, gestational_days=210)
    saved = desk.send(desk.form(child), desk.fill(child, weight="2.20", length="44.0", headc="32.0"))
    page = desk.client.get(saved.headers["Location"]).text
    assert "INTERGROWTH-21st" in page
    assert "足月前不评级" in page
    assert "还没到预产期，不作评级" in page
    assert "这个月龄不判定" in page
    assert not re.search("低体重|生长迟缓|消瘦", page)


def test_the_newborn_check_says_how_the_birth_weight_compares(desk):
    child = desk.child(0, days=5, sex="M")
    saved = desk.send(desk.form(child), desk.fill(child, bw_g="2200", ga_weeks="39"))
    assert "孕 39 周：小于胎龄（&lt;P3）" in desk.client.get(saved.headers["Location"]).text
