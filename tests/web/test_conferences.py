"""The pages of a case conference: as the clinic, as somebody who is not told the name, as a teacher, as nobody."""

import re
from datetime import timedelta

import pytest

from tests.care.conferring import QUESTION, Table, sit_down
from tests.care.walking import STORIES, Walk
from tests.web.test_every_page import TOO_CLINICAL


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


@pytest.fixture
def table(installation, work_as, clock, district) -> Table:
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.flagged()
    return sit_down(walk)


def version(html: str) -> str:
    return re.search(r'name="row_version" value="(\d+)"', html)[1]


def called(table: Table, doctor, **changed) -> str:
    """Call a conference by its form; return its address."""
    path = f"/cases/{table.walk.case_id}/conferences/new"
    entry = re.search(r'name="findings" value="([^"]+)"', doctor.get(path))[1]
    form = {
        "held_on": table.held_on.isoformat(),
        "question": QUESTION,
        "findings": [entry],
        "readers": [str(table.invited.user_id), str(table.walk.teacher.user_id)],
        "is_family_told": "yes",
    }
    return doctor.post(path, **(form | changed)).location.partition("?")[0]


def test_a_conference_goes_from_its_call_to_its_end_on_the_pages(table, browse):
    walk = table.walk
    doctor, chair, invited = (browse(each) for each in (walk.doctor, table.chair, table.invited))
    teacher, mother = browse(walk.teacher), browse(walk.mother)
    here = called(table, doctor)
    assert walk.child.name in doctor.get(here)
    assert "门诊请了 3 位一起商量（会商）" in mother.get(f"/home/{walk.child.id}/sharing")
    assert "会商：记结论" in doctor.get("/cases?tab=mine")
    assert "请您参加的会商 1 场" in invited.get("/inbox")
    seen = chair.get(here)
    assert QUESTION in seen
    assert "身长/身高 74.0 cm，体重 6.9 kg" in seen
    for secret in (walk.child.name, walk.child.number, "2025-11-20", "示例幼儿园", "小一班", "示例社区卫生服务中心"):
        assert secret not in seen + invited.get(here) + invited.get("/conferences") + invited.get("/inbox")
    of_class = teacher.get(here)
    assert walk.child.name in of_class
    assert "6.9 kg" not in of_class
    assert not TOO_CLINICAL.search(of_class)
    due_on = (table.held_on + timedelta(days=7)).isoformat()
    point = {"sort": "blocked", "text": "专科没有号", "owner": str(table.invited.user_id), "due_on": due_on}
    chair.post(f"{here}/points", page=here, row_version=version(seen), **point)
    assert "会商的一个堵点" in doctor.get("/cases?tab=others")
    assert "会商请来的人" in doctor.get("/today")
    assert "等您的 1 条" in invited.get("/conferences")
    page = invited.get(here)
    chosen = re.search(r'name="point" value="([^"]+)"', page)[1]
    fate = {"point": chosen, "fate": "passed_on", "fate_text": ""}
    refused = invited.post(f"{here}/fate", page=here, status=422, row_version=version(page), **fate)
    assert "请写转给了谁" in refused.get_data(as_text=True)
    assert "checked" in refused.get_data(as_text=True)  # what was chosen is still there
    invited.post(f"{here}/fate", page=here, row_version=version(page), **(fate | {"fate_text": "区妇幼预约台"}))
    doctor.post(f"{here}/family", page=here, row_version=version(doctor.get(here)), for_family="先等一等专科的号。")
    assert "都有下文了" in doctor.get(f"/cases/{walk.case_id}/conferences")
    told = mother.get(f"/home/{walk.child.id}/record")
    assert "一起商量（会商）" in told
    assert "先等一等专科的号。" in told
    assert "专科没有号" not in told


def test_who_was_not_asked_and_who_was_finds_nothing_else(table, browse):
    walk = table.walk
    here = called(table, browse(walk.doctor))
    stranger, invited, mother = browse(table.stranger), browse(table.invited), browse(walk.mother)
    assert "现在没有请您参加的会商" in stranger.get("/conferences")
    for path in (here, f"/children/{walk.child.id}", f"/cases/{walk.case_id}", f"/cases/{walk.case_id}/conferences"):
        assert stranger.get(path, status=404)
        assert path == here or invited.get(path, status=404)
    assert mother.get(here, status=403)
    assert mother.get("/conferences", status=403)
    walk.clock.forward(days=15)
    invited = browse(table.invited)
    assert invited.get(here, status=404)
    assert "现在没有请您参加的会商" in invited.get("/conferences")


def test_the_pages_ask_at_most_eight_statements(table, browse, statements):
    doctor, invited = browse(table.walk.doctor), browse(table.invited)
    here = called(table, doctor)
    case = f"/cases/{table.walk.case_id}/conferences"
    pages = [(doctor, here), (doctor, case), (doctor, f"{case}/new"), (doctor, "/conferences"), (invited, here)]
    for browser, path in pages:
        browser.get("/inbox")
        statements.seen.clear()
        browser.get(path)
        assert len(statements.seen) <= 8, (path, [each[:80] for each in statements.seen])


def test_a_form_that_names_the_child_comes_back_with_everything_typed(table, browse):
    walk = table.walk
    doctor = browse(walk.doctor)
    path = f"/cases/{walk.case_id}/conferences/new"
    typed = {"held_on": "2026-11-24", "question": "小甲吃得慢", "readers": [str(table.invited.user_id)]}
    page = doctor.post(path, page=path, status=422, **typed).get_data(as_text=True)
    assert "请先告诉家长" in page
    page = doctor.post(path, page=path, status=422, is_family_told="yes", **typed).get_data(as_text=True)
    assert "这里写出了孩子的名字" in page
    assert "小甲吃得慢" in page
    assert 'value="2026-11-24"' in page


def test_the_manager_keeps_the_rota_on_a_page(table, browse):
    manager, doctor = browse(table.manager), browse(table.walk.doctor)
    assert "现在轮值" in manager.get("/rota")
    turn = {"user_id": str(table.invited.user_id), "from_on": "2026-11-24", "to_on": "2026-12-24"}
    assert "已经排了" in manager.post("/rota", status=422, **turn).get_data(as_text=True)
    ending = re.search(r'action="(/rota/[^"]+/end)"', manager.get("/rota"))[1]
    manager.post(ending, page="/rota")
    manager.post("/rota", **turn)
    assert "2026-11-24 起，到 2026-12-24 换人" in manager.get("/rota")
    assert doctor.get("/rota", status=403)
