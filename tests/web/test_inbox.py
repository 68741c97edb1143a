"""The inbox, how somebody wants to be told, and what a sender learns about who gets no message."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from mengya_health.care.undoing import take_back_step
from mengya_health.db import new_id
from mengya_health.people import messages
from mengya_health.people.message_models import Message
from mengya_health.people.messages import new_message
from mengya_health.people.models import Consent, User
from mengya_health.people.queries import find_child
from mengya_health.signing.consents import withdraw_consent
from tests.care.walking import STORIES, Walk
from tests.web.test_cases import plan_fields, send_plan


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[1], district).prepare()


def give(walk: Walk, actor, **said) -> None:
    with walk.work_as(None) as work:
        user = work.session.get(User, actor.user_id)
        messages._keep(work, user, messages.account_body(work, user) | said)


def set_up_mail(walk: Walk) -> None:
    settings = replace(walk.installation.settings, smtp_url="smtp+plain://127.0.0.1:9", mail_from="a@example.com")
    object.__setattr__(walk.installation, "settings", settings)


def ask_to_sign(walk: Walk) -> None:
    walk.flagged()
    walk.make_plan()


def test_each_hand_finds_what_waits_and_what_happened_in_a_few_statements(walk, browse, statements, clock):
    ask_to_sign(walk)
    mother = browse(walk.mother)
    assert "看一看计划，去签名" not in mother.get("/inbox")  # the doctor may still take it back
    clock.forward(minutes=10)
    page = mother.get("/inbox")
    assert "看一看计划，去签名" in page
    assert "样本甲" in page
    walk.agree()
    walk.raise_concern(walk.teacher)
    doctor = browse(walk.doctor)
    assert "家长签了计划" not in doctor.get("/inbox")
    clock.forward(minutes=10)
    statements.seen.clear()
    page = doctor.get("/inbox")
    assert len(statements.seen) <= 8, "\n".join(each[:90] for each in statements.seen)
    assert "家长签了计划" in page
    assert "有人请医生看看" in page or "有人提出请医生看看" in page
    assert "您请医生看看" in browse(walk.teacher).get("/inbox")
    assert "新</span>" in page
    doctor.post("/inbox")
    assert "新</span>" not in doctor.get("/inbox")
    assert "样本甲" not in browse(walk.district.other_doctor).get("/inbox")


def test_a_decision_that_was_taken_back_is_told_to_nobody(walk, browse, clock):
    ask_to_sign(walk)
    with walk.as_(walk.doctor) as work:
        take_back_step(work, walk.case_id)
    clock.forward(minutes=10)
    assert "去签名" not in browse(walk.mother).get("/inbox")
    walk.make_plan()
    walk.agree()
    with walk.as_(walk.mother) as work:
        take_back_step(work, walk.case_id)
    clock.forward(minutes=10)
    assert "家长签了计划" not in browse(walk.doctor).get("/inbox")


def test_a_family_without_consent_to_the_record_finds_nothing(walk, browse, clock, work_as):

    ask_to_sign(walk)
    clock.forward(minutes=10)
    assert "去签名" in browse(walk.mother).get("/inbox")
    with work_as(walk.mother) as work:
        consent = work.session.scalar(select(Consent).where(Consent.purpose == "P1"))
        withdraw_consent(work, find_child(work, walk.child.id), consent.id)
    assert "去签名" not in browse(walk.mother).get("/inbox")


def test_the_sender_is_told_at_once_and_in_their_list_who_gets_no_message(walk, browse, statements):
    walk.flagged()
    doctor = browse(walk.doctor)
    said, on_list = "家长收不到消息：请打电话或下次来时当面说", "收不到消息，请打电话"
    assert said in doctor.get(send_plan(walk, doctor, **plan_fields()).location)
    set_up_mail(walk)
    assert on_list in doctor.get("/cases?tab=others")  # a channel, and no address of hers
    give(walk, walk.mother, email="mother@example.com")
    statements.seen.clear()
    assert on_list not in doctor.get("/cases?tab=others")
    assert len(statements.seen) <= 8, "\n".join(each[:90] for each in statements.seen)
    again = send_plan(walk, doctor, **plan_fields(summary="换一句。"))
    assert said not in doctor.get(again.location)
    with walk.work_as(None) as work:
        failed = new_message(work, walk.mother.user_id, "digest", subject_id=new_id(), number=1, status="failed")
        failed.finished_at = work.now
        work.session.add(failed)
    assert on_list in doctor.get("/cases?tab=others")


def test_who_asks_the_doctor_is_told_where_no_doctor_gets_messages(walk, browse):
    set_up_mail(walk)
    teacher = browse(walk.teacher)
    path = f"/class/{walk.district.group_id}/children/{walk.child.id}/concern"
    assert "医生收不到消息提醒" in teacher.get(teacher.post(path, text="这两周吃得很少").location)
    assert "医生收不到消息" in teacher.get("/inbox")
    give(walk, walk.doctor, email="doctor@example.com")
    assert "医生收不到消息" not in teacher.get(teacher.post(path, text="今天也是").location)
    assert "医生收不到消息" not in teacher.get("/inbox")


def test_a_new_message_shows_on_every_page_until_it_was_seen(walk, browse):
    teacher = browse(walk.teacher)
    fresh = 'class="fresh"'
    assert fresh not in teacher.get("/class")
    with walk.work_as(None) as work:
        work.session.add(new_message(work, walk.teacher.user_id, "digest", subject_id=walk.teacher.user_id, number=2))
    assert fresh in teacher.get("/class")
    teacher.post("/inbox")
    assert fresh not in teacher.get("/class")


def test_somebody_says_how_they_want_to_be_told(walk, browse):
    mother = browse(walk.mother)
    assert "还没有接通" in mother.get("/inbox/settings")
    set_up_mail(walk)
    mother.post("/inbox/settings", wanted="no")
    assert "已关掉" in mother.get("/inbox/settings")
    assert "邮箱不对" in mother.post("/inbox/email", page="/inbox/settings", status=422, email="x").get_data(
        as_text=True
    )
    mother.post("/inbox/email", page="/inbox/settings", email="mother@Example.com")
    with walk.work_as(None, writing=False) as work:
        code = messages.account_body(work, work.session.get(User, walk.mother.user_id))["email_code"]
        assert [each.kind for each in work.session.query(Message)] == ["code"]
    assert code not in mother.get("/inbox/settings")
    mother.post("/inbox/email/code", page="/inbox/settings", code=code)
    page = mother.get("/inbox/settings")
    assert "发邮件到 mother@example.com" in page
    mother.post("/inbox/email/drop", page="/inbox/settings")
    assert "mother@example.com" not in mother.get("/inbox/settings")
