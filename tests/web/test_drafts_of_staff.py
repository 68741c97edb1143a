"""Drafts of decisions, corrections, conferences, answers and steps: each kept by its writer, found by them alone."""

import re

import pytest
from sqlalchemy import select

from mengya_health.care import commands
from mengya_health.care.disputes import raise_dispute
from mengya_health.operations.installation import begin_work
from mengya_health.people.draft_models import Draft
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from tests.care.conferring import sit_down
from tests.care.walking import STORIES, Walk
from tests.factories import a_member, client_of
from tests.web.browsing import Browser
from tests.web.test_conferences import called
from tests.web.test_daily_checks import path_of
from tests.web.test_drafts import NOTICE, drafts_kept, keep


@pytest.fixture
def at_a_desk(installation):
    """Somebody at a computer of their own."""
    return lambda actor: Browser(client_of(installation, actor))


@pytest.fixture
def advice(work_as, district, child):
    with work_as(district.doctor) as work:
        found, said = find_child(work, child.id), {"text": "多晒太阳"}
        return record_entry(work, found, section="health", kind="advice", content=said, happened_on=work.today).id


def kept_and_found(at_a_desk, actor, path: str, action: str | None = None, **typed) -> None:
    """Keep what somebody typed into a form of a page; another computer of theirs shows it."""
    answer = keep(at_a_desk(actor), path, action, **typed)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    desk = at_a_desk(actor)
    page = desk.open(path)
    form = desk.form(page, action or path)
    assert {name: form[name][0] for name in typed} == typed
    assert NOTICE in page


def test_decisions_corrections_and_the_childs_sheet(installation, district, child, advice, at_a_desk, work_as):
    with work_as(district.doctor) as work:
        case = commands.open_case(work, child.id, pathway_id="PW_UNDERNUTRITION", reason="体检").id
    doctor, path = district.doctor, f"/cases/{case}"
    kept_and_found(at_a_desk, doctor, path, reason="等营养师看过再定")
    kept_and_found(at_a_desk, doctor, f"/children/{child.id}/cases/new", reason="连着两次不长")
    kept_and_found(at_a_desk, doctor, f"/children/{child.id}/edit", allergies="鸡蛋", contact_phone="13900139000")
    kept_and_found(at_a_desk, doctor, f"/children/{child.id}/entries/{advice}", text="每天两小时", reason="写漏了")
    with begin_work(installation, None, writing=False) as work:
        classes = sorted(draft.section for draft in work.session.scalars(select(Draft)))
    assert classes == ["health", "health", "health", "identity"]
    assert "鸡蛋" not in at_a_desk(district.second_doctor).open(f"/children/{child.id}/edit")
    desk = at_a_desk(doctor)
    answer = desk.send_form(desk.form(desk.open(path), path), path, event="flag")
    assert answer.status_code == 409  # nothing is on file yet: the reason waits
    assert "等营养师看过再定" in at_a_desk(doctor).open(path)


def test_what_is_written_in_a_conference(installation, district, work_as, clock, browse, at_a_desk):
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare().flagged()
    table = sit_down(walk)
    kept_and_found(at_a_desk, walk.doctor, f"/cases/{walk.case_id}/conferences/new", question="要不要转到营养科")
    here = called(table, browse(walk.doctor))
    assert drafts_kept(installation) == 0  # it was called
    kept_and_found(at_a_desk, walk.doctor, here, f"{here}/cancel", reason="医生病了")
    clock.forward(days=(table.held_on - clock().date()).days)
    kept_and_found(at_a_desk, table.chair, here, f"{here}/points", text="专科没有号")
    assert "专科没有号" not in at_a_desk(table.invited).open(here)
    stranger = at_a_desk(table.stranger)
    token = re.search(r'csrf_token" value="([^"]+)', stranger.open("/account"))[1]
    sent = {"csrf_token": token, "draft_step": "keep", "text": "让我看看"}
    assert stranger.client.post(f"{here}/points", data=sent).status_code in (403, 404)
    assert drafts_kept(installation) == 2


def test_an_answer_to_an_objection(installation, district, child, mother, advice, at_a_desk, work_as):
    with work_as(mother) as work:
        note = raise_dispute(work, child.id, advice, version=1, text="孩子对阳光过敏").id
    path = f"/children/{child.id}/disputes/{note}"
    kept_and_found(at_a_desk, district.doctor, path, text="换成室内活动")
    assert keep(at_a_desk(district.doctor), path, text="另一台电脑上").status_code == 409  # it goes on from no version
    desk = at_a_desk(district.doctor)
    assert desk.send(path).status_code == 303
    assert drafts_kept(installation) == 0


def test_the_steps_of_the_health_staff(installation, district, child, at_a_desk, work_as, browse):
    with work_as(district.sysadmin) as work:
        staff = a_member(work, "health_staff", district.kindergarten_id)
    seen = {"presence": "here", "card": "红", "seen": ["皮疹/疱疹"]}
    browse(staff).post(f"{path_of(district)}/{child.id}", **seen)
    (matter,) = set(re.findall(r'href="(/class/follow-ups/[0-9a-f-]+)"', at_a_desk(staff).open("/class/follow-ups")))
    kept_and_found(at_a_desk, staff, matter, step="notified", text="妈妈，8:40")
    kept_and_found(at_a_desk, staff, matter, f"{matter}/exclusion", disease="HFMD")
    desk = at_a_desk(staff)
    form = desk.form(desk.open(matter), matter)
    assert (form["step"], form["text"]) == (["notified"], ["妈妈，8:40"])  # each form has its own
    assert desk.send_form(form, matter, way="电话").status_code == 303
    assert drafts_kept(installation) == 1
