"""What a scanner types into the search: the code of a paper opens whom it is about, and nothing of anybody else's."""

import pytest
from sqlalchemy import select

from mengya_health.audit import AuditEvent
from mengya_health.care.referral_lists import referrals_of
from mengya_health.handouts.from_record import DOCUMENTS
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child
from tests.care.walking import STORIES, Walk
from tests.factories import client_of
from tests.web.browsing import Browser
from tests.web.test_referrals import send

OURS = "http://localhost:8000"


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[1], district).prepare().flagged()


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


def scan(desk: Browser, typed: str):
    return desk.send("/children", "/children/search", q=typed)


def test_the_code_on_a_paper_opens_the_child_for_its_clinic_alone(walk, desk, installation, district):
    with begin_work(installation, walk.doctor) as work:
        child = find_child(work, walk.child.id)
        code = DOCUMENTS["record_summary"](work, child, None).imprint.sign_in_url
    assert code == f"{OURS}/sign-in#{child.number}"
    for typed in (code, child.number, code.upper(), code.replace("/", "／").replace("#", "＃")):
        answer = scan(desk, typed)
        assert (answer.status_code, answer.location) == (303, f"/children/{child.id}"), typed
    elsewhere = scan(Browser(client_of(installation, district.other_doctor)), code)
    assert (elsewhere.status_code, "没找到" in elsewhere.text) == (200, True)
    with begin_work(installation, None, writing=False) as work:
        asked = select(AuditEvent.child_id).where(AuditEvent.action == "S", AuditEvent.record_type == "search")
        assert sorted(map(str, work.session.scalars(asked))) == sorted([*[str(child.id)] * 4, "None"])


def test_the_code_of_a_letter_leads_to_its_reply_while_it_waits_and_to_its_case_afterwards(
    walk, desk, browse, installation, district
):
    send(walk, browse(walk.doctor))
    with begin_work(installation, walk.doctor, writing=False) as work:
        letter = referrals_of(work, walk.child)[0]
    for typed in (letter.number, f"{OURS}/sign-in#{letter.number}", f"{OURS}/letter/zzz#{letter.number}"):
        assert scan(desk, typed).location == f"/referrals/{letter.id}/reply"
    for somebody in (district.other_doctor, district.specialist):
        answer = scan(Browser(client_of(installation, somebody)), letter.number)
        assert (answer.status_code, "没找到" in answer.text) == (200, True)
    desk.send(f"/referrals/{letter.id}/reply", f"/referrals/{letter.id}/no-reply", reason="declined", reason_text="")
    assert scan(desk, letter.number).location == f"/cases/{walk.case_id}"


@pytest.mark.parametrize(
    "typed", ["https://evil.example/sign-in#TX3101062026000123-1", "http://localhost:8000@evil.example/#x", "http://["]
)
def test_the_code_of_anybody_else_opens_nothing_and_says_so(desk, typed):
    answer = scan(desk, typed)
    assert answer.status_code == 422
    assert "这不是本系统纸上的码" in answer.text


def test_a_code_of_ours_without_a_number_says_which_to_scan(desk):
    answer = scan(desk, f"{OURS}/invitations/7KQ2M9XW4H")
    assert (answer.status_code, "请扫指导单或转诊单上的码" in answer.text) == (422, True)


def test_only_the_page_that_scans_may_use_a_camera(desk):
    policies = [desk.client.get(path).headers["Permissions-Policy"] for path in ("/children", "/today", "/sign-in")]
    assert ["camera=(self)" in each for each in policies] == [True, False, False]
    assert ["camera=()" in each for each in policies] == [False, True, True]
