"""Messages that leave: one digest a day, nothing of any child in them, tried again, given up, reported."""

import base64
import json
import logging
import quopri
import threading
from dataclasses import replace
from email import message_from_string
from email.header import decode_header, make_header

import pytest
from sqlalchemy import func, select

from mengya_health.care import commands, concerns
from mengya_health.care.inbox import inbox
from mengya_health.config import settings_from
from mengya_health.crypto.webhook_mac import webhook_mac
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotNow, StartRefused, Unavailable
from mengya_health.operations.channels import Mail, NotSent, Webhook, channels_of
from mengya_health.operations.messages import PAUSES, make_digest, post, send_one, try_channel
from mengya_health.people import messages
from mengya_health.people.message_models import CODE, DIGEST, Message
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from mengya_health.screening.urgent_care import keep_asking
from tests.care.walking import STORIES, Walk
from tests.factories import a_guardian
from tests.operations.listening import mail_server, web_server


@pytest.fixture
def database(request) -> str:
    return getattr(request, "param", "sqlite")


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[1], district).prepare()


@pytest.fixture
def channels(walk, mail):
    """Mail goes to the server of this test, and mother and doctor have an address."""
    with_channels(walk, smtp_url=f"smtp+plain://127.0.0.1:{mail.port}", mail_from="noreply@example.com")
    for actor, email in ((walk.mother, "mother@example.com"), (walk.doctor, "doctor@example.com")):
        give(walk, actor, email=email)
    return channels_of(walk.installation.settings)


def with_channels(walk: Walk, **changed) -> None:
    settings = replace(walk.installation.settings, **changed)
    object.__setattr__(walk.installation, "settings", settings)  # it is frozen, and shared with `work_as`


def give(walk: Walk, actor, **said) -> None:
    with walk.work_as(None) as work:
        user = work.session.get(User, actor.user_id)
        messages._keep(work, user, messages.account_body(work, user) | said)


def ask_to_sign(walk: Walk) -> None:
    """The doctor writes a plan; ten minutes later the mother is asked for her signature."""
    walk.flagged()
    walk.make_plan()


def rows(walk: Walk, *which) -> list[Message]:
    with walk.work_as(None, writing=False) as work:
        return list(work.session.scalars(select(Message).where(*which).order_by(Message.created_at)))


def of(walk: Walk, actor) -> list[Message]:
    return rows(walk, Message.user_id == actor.user_id)


def words_in(mail_text: str) -> str:
    """Return the readable words of a mail, subject and body decoded."""
    message = message_from_string(mail_text[mail_text.index("From: ") :])
    body = message.get_payload()
    coding = message["Content-Transfer-Encoding"]
    decoded = base64.b64decode(body) if coding == "base64" else quopri.decodestring(body)
    return f"{make_header(decode_header(message['Subject']))}\n{decoded.decode()}"


@BOTH
def test_one_digest_a_day_says_how_many_things_wait_and_nothing_else(walk, mail, channels, clock, caplog):
    caplog.set_level(logging.DEBUG, "mengya")
    ask_to_sign(walk)
    post(walk.installation, channels)
    assert mail.came == []  # the decision may still be taken back
    assert [each.status for each in of(walk, walk.mother)] == ["nothing"]
    clock.forward(days=1)
    assert post(walk.installation, channels) == 1
    post(walk.installation, channels)
    clock.forward(hours=6)
    post(walk.installation, channels)
    assert len(mail.came) == 1
    assert "mother@example.com" in mail.came[0]
    said = words_in(mail.came[0])
    assert "童馨档案：有 1 件事等您看。请打开 http://localhost:8000/inbox" in said
    whole = "\n".join([*mail.came, *map(words_in, mail.came), caplog.text])
    with walk.work_as(walk.doctor, writing=False) as work:
        pathway = work.content.pathways[walk.story.pathway]
    hidden = ("样本甲", walk.child.number, pathway.name, pathway.plain_name, *pathway.conditions, "98", "BB02", "社区")
    assert [
        word for word in (*hidden, "血红蛋白", "贫血", "计划", "幼儿园") if word in whole.replace("localhost", "")
    ] == []
    assert "mother@example.com" not in caplog.text
    clock.forward(days=1)
    post(walk.installation, channels)
    assert len(mail.came) == 1  # nothing is new: it is told again after a week
    clock.forward(days=7)
    post(walk.installation, channels)
    assert len([each for each in mail.came if "mother@example.com" in each]) == 2


@BOTH
def test_two_workers_at_once_send_one_digest(walk, mail, channels, clock):
    ask_to_sign(walk)
    clock.forward(days=1)
    ready = threading.Barrier(2)

    def work() -> None:
        ready.wait()
        post(walk.installation, channels)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    post(walk.installation, channels)
    assert len([each for each in mail.came if "mother@example.com" in each]) == 1
    with walk.work_as(None, writing=False) as opened:
        most = select(func.count()).where(Message.kind == DIGEST).group_by(Message.user_id, Message.told_on)
        assert set(opened.session.scalars(most)) == {1}
    assert not send_one(
        walk.installation, channels, of(walk, walk.mother)[-1].id
    )  # one that read it before it was sent
    assert len([each for each in mail.came if "mother@example.com" in each]) == 1
    make_digest(walk.installation, walk.mother.user_id)  # a worker that began before the other was done
    assert len(of(walk, walk.mother)) == 1


def test_a_message_that_fails_is_tried_again_with_growing_pauses_then_counts_as_failed(walk, mail, channels, clock):
    ask_to_sign(walk)
    clock.forward(days=1)
    mail.answer = "451 later"
    post(walk.installation, channels)
    for pause in PAUSES:
        clock.forward(seconds=pause.total_seconds() - 1)
        tried = of(walk, walk.mother)[-1].attempts
        post(walk.installation, channels)
        assert of(walk, walk.mother)[-1].attempts == tried  # not yet
        clock.forward(seconds=1)
        post(walk.installation, channels)
        assert of(walk, walk.mother)[-1].attempts == tried + 1
    failed = of(walk, walk.mother)[-1]
    assert (failed.status, failed.error_code, failed.attempts) == ("failed", "recipient_refused", len(PAUSES) + 1)
    assert mail.came == []


@BOTH
def test_what_a_dead_worker_left_is_not_sent_twice(walk, mail, channels, clock):
    ask_to_sign(walk)
    clock.forward(days=1)

    class Dies:
        def send(self, *_) -> None:
            channels["mail"].send(*_)
            raise KeyboardInterrupt  # the message left, the worker did not live to write it down

    with pytest.raises(KeyboardInterrupt):
        post(walk.installation, {"mail": Dies()})
    clock.forward(minutes=11)
    post(walk.installation, channels)
    assert len(mail.came) == len(rows(walk, Message.number > 0)) == 1
    assert [each.error_code for each in rows(walk, Message.status == "failed")] == ["worker_died"]


def test_nothing_reaches_the_family_of_a_child_that_died(walk, mail, channels, clock):
    ask_to_sign(walk)
    clock.forward(days=1)
    mail.answer = "451 later"
    post(walk.installation, channels)  # the mother's waits for its second try
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code=commands.DECEASED, reason="…", not_done="deceased")
    mail.answer = ""
    for _ in range(16):
        clock.forward(hours=12)
        post(walk.installation, channels)
    assert [each for each in mail.came if "mother@example.com" in each] == []


def test_a_digest_can_be_turned_off_and_looking_at_the_inbox_ends_it(walk, mail, channels, clock):
    give(walk, walk.mother, digest=False)
    ask_to_sign(walk)
    walk.raise_concern(walk.teacher)
    clock.forward(days=1)
    with walk.work_as(walk.doctor) as work:
        messages.see_inbox(work)
    give(walk, walk.district.second_doctor, email="second@example.com")
    post(walk.installation, channels)
    assert ["second@example.com" in each for each in mail.came] == [True]  # the other doctor has seen it
    assert of(walk, walk.mother)[-1].status == "off"


def test_an_urgent_referral_is_told_at_once_and_at_night(walk, mail, channels, clock):
    from mengya_health.care import referrals

    specialist = walk.district.specialist
    give(walk, specialist, email="specialist@example.com")
    walk.flagged()
    clock.now = clock.now.replace(hour=18)  # two in the morning at the clinic
    with walk.work_as(walk.doctor) as work:
        referrals.refer_child(
            work,
            walk.case_id,
            receiver_id=walk.district.mch_institute_id,
            within="SLA_REFER_EMERG",
            reason="请马上看",
            materials=["chart"],
        )
    assert post(walk.installation, channels) == 1
    assert "要马上看的事" in words_in(mail.came[0])
    assert post(walk.installation, channels) == 0


def a_sheet(walk: Walk, key: str, **answers: str) -> None:
    with walk.work_as(walk.doctor) as work:
        sent = {"done_on": work.today.isoformat(), **answers}
        record_sheet(work, find_child(work, walk.child.id), find_sheet(work.content, key), sent)


def test_an_urgent_finding_is_told_to_the_family_at_once_and_not_to_who_wrote_it(walk, mail, channels, clock):
    father = a_guardian(walk.installation, walk.district, walk.child, authority="reads")
    give(walk, father, email="father@example.com")
    clock.now = clock.now.replace(hour=18)  # two in the morning: no digest
    said = {"urgent_seen": "A3", "urgent_answer": "arranged", "confirm_hb": "55"}
    a_sheet(walk, "SCR_ANEMIA", hb="98")
    assert post(walk.installation, channels) == 0
    a_sheet(walk, "SCR_ANEMIA", hb="55", **said)
    assert post(walk.installation, channels) == 1
    assert "mother@example.com" in mail.came[0]
    assert "要马上看的事" in words_in(mail.came[0])
    assert not [word for word in ("样本甲", "55", "贫血", "血红蛋白") if word in words_in(mail.came[0])]
    with walk.work_as(walk.mother, writing=False) as work:
        assert [(line.kind, line.is_urgent) for line in inbox(work).waiting] == [("outcome", True)]
    assert post(walk.installation, channels) == 0


def test_what_nobody_was_asked_about_is_told_to_the_clinic_too(walk, mail, channels, clock):
    clock.now = clock.now.replace(hour=18)
    with walk.work_as(walk.doctor) as work:
        child = find_child(work, walk.child.id)
        keep_asking(work, child, new_id(), {"codes": ["A3"], "answer": ""})
    assert post(walk.installation, channels) == 2
    assert sorted("doctor@example.com" in each for each in mail.came) == [False, True]


def test_the_doctor_is_told_of_a_concern_and_the_teacher_of_its_answer(walk, mail, channels, clock):
    give(walk, walk.teacher, email="teacher@example.com")
    walk.raise_concern(walk.teacher)
    post(walk.installation, channels)
    assert ["doctor@example.com" in each for each in mail.came] == [True]
    with walk.work_as(walk.doctor, writing=False) as work:
        from mengya_health.care.inbox import inbox

        found = inbox(work)
    assert [line.kind for line in found.waiting] == ["concern"]
    with walk.as_(walk.doctor) as work:
        concerns.answer_concern(work, found.waiting[0].task.id, is_accepted=False, text="不要紧，先看两周")
    clock.forward(days=1)
    post(walk.installation, channels)
    assert ["teacher@example.com" in each for each in mail.came] == [False, True]


def test_a_mail_address_counts_once_its_code_was_typed(walk, mail, channels, clock):
    with walk.work_as(walk.teacher) as work:
        messages.ask_email(work, "teacher@example.com")
    post(walk.installation, channels)
    code = words_in(mail.came[-1]).split("验证码 ")[1][:6]
    with pytest.raises(Invalid), walk.work_as(walk.teacher) as work:
        messages.confirm_email(work, "000000" if code != "000000" else "000001")
    with walk.work_as(walk.teacher) as work:
        messages.confirm_email(work, code)
    with walk.work_as(walk.teacher) as work:
        body = messages.account_body(work, work.session.get(User, walk.teacher.user_id))
        assert body["email"] == "teacher@example.com"
        assert code not in body.values()
    with pytest.raises(Invalid), walk.work_as(walk.teacher) as work:
        messages.confirm_email(work, code)  # it counts once
    for _ in range(4):
        with walk.work_as(walk.teacher) as work:
            messages.ask_email(work, "other@example.com")
    with pytest.raises(NotNow), walk.work_as(walk.teacher) as work:
        messages.ask_email(work, "other@example.com")
    assert len(rows(walk, Message.kind == CODE)) == 5


# --- channels ---------------------------------------------------------------------------------------------------------


def test_mail_without_tls_is_not_sent_where_tls_was_asked_for(mail):
    with pytest.raises(NotSent):
        Mail(f"smtp://127.0.0.1:{mail.port}", "a@example.com").send("b@example.com", "subject", "text")
    assert mail.came == []


def test_a_webhook_fills_its_template_and_signs_what_it_sends(tmp_path):
    secret, template = tmp_path / "secret", tmp_path / "template"
    secret.write_bytes(b"geheim\n")
    template.write_text(
        json.dumps({"msgtype": "text", "text": {"content": "${text}", "mentioned_mobile_list": ["${address}"]}})
    )
    with web_server() as web:
        environ = {
            "MENGYA_ENV": "test",
            "MENGYA_WEBHOOK_URL": f"http://127.0.0.1:{web.port}/robot?key=k",
            "MENGYA_WEBHOOK_TEMPLATE": str(template),
            "MENGYA_WEBHOOK_SECRET_FILE": str(secret),
        }
        settings = settings_from(environ, data_dir=tmp_path)
        webhook = channels_of(settings)["webhook"]
        webhook.send("13800138000", "有事", '他说"看"\n${address}')
        sent, headers = web.came[0], web.headers[0]
        web.reply = b'{"errcode": 93000}'
        with pytest.raises(NotSent, match="answered_93000"):
            webhook.send("13800138000", "s", "t")
        web.status, web.location = 302, f"http://127.0.0.1:{web.port}/elsewhere"
        with pytest.raises(NotSent, match="http_302"):
            webhook.send("13800138000", "s", "t")
    assert len(web.came) == 3  # the redirect was not followed
    text = {"content": '他说"看"\n${address}', "mentioned_mobile_list": ["13800138000"]}
    assert json.loads(sent) == {"msgtype": "text", "text": text}
    mac = webhook_mac(b"geheim", int(headers["X-Mengya-Timestamp"]), sent.encode())
    assert headers["X-Mengya-Signature"] == f"sha256={mac}"
    assert "geheim" not in repr(webhook)
    assert "key=k" not in repr(webhook) + repr(settings)


def test_a_gateway_that_is_away_is_an_error_with_a_short_reason():
    with pytest.raises(NotSent, match="ConnectionRefusedErr"):
        Webhook("http://127.0.0.1:9/").send("13800138000", "s", "t")


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ("production", "MENGYA_SMTP_URL", "smtp+plain://mail"),
        ("production", "MENGYA_WEBHOOK_URL", "http://gateway/"),
        ("test", "MENGYA_SMTP_URL", "smtps://user:geheim@mail"),
        ("test", "MENGYA_WEBHOOK_URL", "file:///etc/passwd"),
        ("test", "MENGYA_DIGEST_HOUR", "3"),
    ],
)
def test_a_channel_that_is_not_safe_stops_the_start(tmp_path, environment, name, value):
    environ = {"MENGYA_ENV": environment, "MENGYA_MAIL_FROM": "a@example.com", name: value}
    with pytest.raises(StartRefused, match=name) as refused:
        settings_from(environ, data_dir=tmp_path)
    assert "geheim" not in str(refused.value)


def test_whoever_sets_a_channel_up_tries_it(tmp_path, mail):
    environ = {"MENGYA_ENV": "test", "MENGYA_MAIL_FROM": "noreply@example.com"}
    url = f"smtp+plain://127.0.0.1:{mail.port}"
    settings = settings_from(environ | {"MENGYA_SMTP_URL": url}, data_dir=tmp_path)
    try_channel(settings, "me@example.com")
    assert "有 1 件事等您看" in words_in(mail.came[0])
    mail.answer = "550 nobody"
    with pytest.raises(Unavailable, match="recipient_refused"):
        try_channel(settings, "me@example.com")
    with pytest.raises(Unavailable, match="MENGYA_WEBHOOK_URL"):
        try_channel(settings, "13800138000")
