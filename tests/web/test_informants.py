"""Looking first on the family's phone, the class's tablet and the doctor's page; side by side; the re-screen."""

import re

import pytest

from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.commands import plan_first_visits, plan_for
from mengya_health.screening.informants import ANSWERS
from mengya_health.screening.queries import checks_of
from tests.screening.filling import filled_form
from tests.web.browsing import without_tokens
from tests.web.conftest import Browser, hidden_fields

NOTHING = dict.fromkeys(("ws_WS1201", "ws_WS1202", "ws_WS1203", "ws_WS1204", "ws_reg"), "0")
CALM = re.compile("阳性|疑似|异常|筛查|预警|诊断|SD|高危")
HOSTILE = '<script>alert(1)</script>{{ 7*7 }}"; DROP TABLE entry; --'


@pytest.fixture
def due(work_as, district, child):
    """The check of twelve months is near."""
    with work_as(district.doctor) as work:
        plan_first_visits(work, find_child(work, child.id))
    return child


@pytest.fixture
def pages(district, due) -> dict[str, str]:
    return {
        "home": f"/home/{due.id}/look-first",
        "class": f"/class/{district.group_id}/children/{due.id}/look-first",
        "check": f"/children/{due.id}/check",
        "now": f"/children/{due.id}/look-first",
    }


def record_a_check(browser: Browser, work_as, district, child) -> str:
    """Fill in the check with nothing found and return the path of its page."""
    path = f"/children/{child.id}/check"
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        sent = filled_form(work.content, found, plan_for(work, found, None, {}, checks_of(work, found)))
    answer = browser.client.post(f"{path}?visit=V_12M", data=hidden_fields(browser.get(path)) | sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"].partition("?")[0]


def test_home_page_class_page_check_page_and_back(browse, mother, district, due, pages, work_as, statements):
    parent, teacher, doctor = browse(mother), browse(district.teacher), browse(district.doctor)
    first = parent.get("/home")
    assert first.count("btn-xl") == 1
    assert "来之前先看一看这几条" in first
    assert pages["home"] in first
    form = parent.get(pages["home"])
    assert "checked" not in form
    assert "呼唤名字无反应" in form
    assert not CALM.search(without_tokens(form))
    parent.post(pages["home"], **NOTHING | {"ws_WS1201": "1", "note": HOSTILE})
    assert pages["home"] not in parent.get("/home")
    assert "有：“呼唤名字无反应”" in parent.get(f"/home/{due.id}/record")

    board = teacher.get("/class")
    assert "请看 1 条" in board
    assert "先看" not in board
    assert pages["class"] in teacher.get(f"/class/{district.group_id}/children/{due.id}")
    form = teacher.get(pages["class"])
    assert not CALM.search(without_tokens(form))
    assert "checked" not in form
    assert "alert(1)" not in form  # the family's word is not the class's to read
    teacher.post(pages["class"], **NOTHING)
    assert "请看 1 条" not in teacher.get("/class")

    statements.seen.clear()
    page = doctor.get(pages["check"])
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)
    assert re.search(r"呼唤名字无反应.*?家长：.*?有</span>.*?老师：没有</span>", page, re.DOTALL)
    assert "说法不一致 1 条" in page
    assert "checked" not in re.search(r'id="s4".*?id="s5"', page, re.DOTALL)[0]  # the doctor answers every line
    assert "&lt;script&gt;alert(1)" in doctor.get(pages["now"])

    shown = record_a_check(doctor, work_as, district, due)
    page = doctor.get(shown)
    assert "家长、老师和医生说的不一样" in page
    assert "呼唤名字无反应（家长：有 · 老师：没有 · 医生：没有）" in page
    side = f"{shown}/side-by-side"
    statements.seen.clear()
    page = doctor.get(side)
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)
    assert "系统提示，由您决定" in page
    assert 'name="due_on" type="date" autocomplete="off" spellcheck="false" value="2026-12-23"' in page
    refused = doctor.post(side, status=422, row_version="1", decide="not_now", due_on="", reason=" ")
    assert "不安排复筛要写明理由" in refused.get_data(as_text=True)
    doctor.post(side, row_version="1", decide="rescreen", due_on="2026-12-10")
    assert "复筛：2026-12-10 前" in doctor.get(side)
    assert "复筛预警征" in doctor.get(f"/children/{due.id}")
    record = doctor.get(f"/children/{due.id}")
    assert "1 条说法不一致" in record
    entry_id = shown.rpartition("/")[2]
    entry = doctor.get(f"/children/{due.id}/entries/{entry_id}")
    assert "呼唤名字无反应（家长：有 · 老师：没有 · 医生：没有）" in entry
    assert not re.search("阳性|疑似|异常", parent.get("/home") + parent.get(f"/home/{due.id}/record"))


@pytest.mark.parametrize("place", ["home", "class"])
def test_a_line_left_out_is_asked_for_and_what_was_tapped_stays(browse, mother, district, due, pages, place, work_as):
    actor = {"home": mother, "class": district.teacher}[place]
    sent = {name: value for name, value in NOTHING.items() if name != "ws_WS1203"} | {"ws_WS1202": "9", "note": HOSTILE}
    refused = browse(actor).post(pages[place], status=422, **sent).get_data(as_text=True)
    assert refused.count(" checked") == 4
    assert re.search(r'name="ws_WS1202" value="9" checked', refused)
    assert "&lt;script&gt;" in refused
    assert 'href="#ws_WS1203"' in refused
    with work_as(actor, writing=False) as work:
        assert entries_of_kind(work, find_child(work, due.id), ANSWERS) == []


def test_the_doctor_asks_and_both_see_it(browse, mother, district, child):
    doctor = browse(district.doctor)
    path = f"/children/{child.id}/look-first"
    assert "先看一看" not in browse(mother).get("/home")
    assert path in doctor.get(f"/children/{child.id}/check")
    doctor.post(path)
    assert "轮到家长" in doctor.get(path)
    assert "医生请您看一看" in browse(mother).get("/home")
    assert "请看 1 条" in browse(district.teacher).get("/class")


def test_the_pages_of_two_hands_ask_at_most_eight_statements(browse, mother, district, due, pages, statements):
    for actor, paths in (
        (mother, ("/home", pages["home"])),
        (district.teacher, ("/class", pages["class"], f"/class/{district.group_id}/children/{due.id}")),
        (district.doctor, (pages["now"], pages["check"])),
    ):
        browser = browse(actor)
        browser.get(paths[0])
        for path in paths:
            statements.seen.clear()
            browser.get(path)
            assert len(statements.seen) <= 8, path + "\n\n".join(statements.seen)


def test_what_is_said_at_home_is_told_to_the_doctor_in_the_family_s_words(browse, mother, district, due, pages):
    browse(mother).post(pages["home"], **NOTHING | {"ws_reg": "1"})
    waiting = browse(district.doctor).get("/cases")
    assert "说话方面有困难，或者原来会、后来不会了" in waiting
    told = browse(mother).get(f"/home/{due.id}/record")
    assert not CALM.search(without_tokens(re.search(r"<main.*</main>", told, re.DOTALL)[0]))


def test_a_class_opens_only_its_own_children(browse, district, due, pages):
    browse(district.other_teacher).get(pages["class"], status=404)
    browse(district.teacher).get(pages["home"], status=403)
    browse(district.doctor).get(pages["home"], status=403)
    browse(district.teacher).get(pages["now"], status=403)
    browse(district.other_doctor).get(pages["now"], status=404)
