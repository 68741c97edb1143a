"""A receiver without an account: one link, one browser, one referral, and whatever else somebody may try with it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mengya_health.app import create_app
from mengya_health.audit import AuditEvent
from mengya_health.care import commands
from mengya_health.care.models import Referral, ReferralLink
from mengya_health.care.referral_lists import referrals_of
from mengya_health.care.referrals import end_referral
from mengya_health.handouts.from_record import DOCUMENTS
from mengya_health.handouts.render import render_document
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.signing.consents import consents_of, withdraw_consent
from tests.care.walking import STORIES, Walk
from tests.handouts.test_render import text_of
from tests.web.conftest import Browser, hidden_fields


@pytest.fixture
def walk(installation, work_as, clock, district) -> Walk:
    return Walk(installation, work_as, clock, STORIES[1], district).prepare().flagged()


@pytest.fixture
def stranger(installation):
    """Browsers in which nobody ever signed in."""
    app = create_app(installation)
    return lambda: Browser(app.test_client())


def link_of(walk: Walk, browse, referral_id) -> str:
    """Return the path of a new link, as the clinic is shown it once."""
    doctor, here = browse(walk.doctor), f"/referrals/{referral_id}"
    page = doctor.post(f"{here}/link", page=f"{here}/reply", status=200).get_data(as_text=True)
    return re.search(r"/letter/[\w-]{43}", page)[0]


def enter(walk: Walk, browser: Browser, path: str, *, birth_on: str = "", status: int = 303):
    return browser.post(path, page="/sign-in", birth_on=birth_on or walk.child.birth_on.isoformat(), status=status)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_link_opens_one_referral_in_one_browser_and_takes_the_reply(walk, browse, stranger, statements):
    path = link_of(walk, browse, walk.refer())
    hospital, other = stranger(), stranger()
    hospital.get("/letter", status=403)
    assert walk.child.name not in hospital.get(path)
    enter(walk, hospital, path)
    statements.seen.clear()
    page = hospital.get("/letter")
    assert len(statements.seen) <= 8, "\n".join(each[:100] for each in statements.seen)
    assert walk.child.name in page
    assert "请进一步评估" in page
    assert hospital.client.get(path).status_code == 302  # this browser comes back to it
    assert "这个链接已经打开过" in other.get(path)
    assert "再要一个链接" in enter(walk, other, path, status=409).get_data(as_text=True)
    other.get("/letter", status=403)
    for closed in (f"/children/{walk.child.id}", f"/cases/{walk.case_id}", "/referrals", "/account"):
        assert hospital.client.get(closed).status_code == 302, closed  # to the sign-in: this is no account
    hospital.post("/letter/received", page="/letter")
    hospital.post("/letter/visited", page="/letter", visited_on=walk.facts().today.isoformat())
    reply = {"happened_on": walk.facts().today.isoformat(), "result": "confirmed", "text": "缺铁"}
    assert "请写您的姓名" in hospital.post("/letter/feedback", page="/letter", status=422, **reply).get_data(
        as_text=True
    )
    hospital.post("/letter/feedback", page="/letter", replied_by="样本医生", **reply)
    assert (walk.state, walk.turn) == ("referred", "doctor")
    assert "缺铁" in hospital.get("/letter")
    facts = walk.facts()
    feedback = facts.newest("referral_feedback")
    assert (feedback.author_role, feedback.content["from_paper"]) == ("receiver_link", False)
    page = browse(walk.doctor).get(f"/children/{walk.child.id}/entries/{feedback.id}")
    assert "样本医生" in page
    assert "凭链接" in page
    with walk.work_as(walk.doctor, writing=False) as work:
        link = work.session.scalars(select(ReferralLink)).one()
        assert work.session.get(User, link.user_id).status == "link"
        chosen = select(AuditEvent.record_type).where(AuditEvent.user_id == link.user_id)
        seen = chosen.where(AuditEvent.role == "receiver_link", AuditEvent.outcome == "allow")
        assert {"referral", "referral_link", "entry", "referral_feedback"} <= set(work.session.scalars(seen))
    walk.clock.forward(days=14)
    hospital.get("/letter", status=403)


def test_the_letter_is_printed_with_the_link_until_somebody_opened_it(walk, browse, stranger, settings):
    referral_id = walk.refer()
    assert printed(walk, referral_id).open_url == ""
    first = link_of(walk, browse, referral_id)
    path = link_of(walk, browse, referral_id)
    letter = printed(walk, referral_id)
    shown, _, number = letter.open_url.partition("#")  # the number is for a clinic's scanner; no phone sends it
    assert shown == f"http://localhost:8000{path}" != f"http://localhost:8000{first}"
    assert number == letter.imprint.number
    assert printed(walk, referral_id).open_url == letter.open_url  # whoever prints it again does not make it void
    paper = render_document("referral_letter", letter)
    assert "扫码打开，填孩子出生日期" in text_of(paper)
    assert paper.pages == 1
    for file in settings.data_dir.iterdir():
        assert path.removeprefix("/letter/").encode() not in file.read_bytes(), file.name
    enter(walk, stranger(), first, status=422)
    assert printed(walk, referral_id).open_url == letter.open_url
    enter(walk, stranger(), path)
    again = printed(walk, referral_id)
    assert again.open_url == ""
    assert "有账号的扫码登录" in text_of(render_document("referral_letter", again))
    link_of(walk, browse, referral_id)
    assert printed(walk, referral_id).open_url not in ("", letter.open_url)
    with walk.work_as(walk.doctor) as work:
        end_referral(work, referral_id, reason="declined")
    assert printed(walk, referral_id).open_url == ""


def test_the_page_of_a_link_asks_for_the_letter(walk, browse):
    referral_id = walk.refer()
    doctor, here = browse(walk.doctor), f"/referrals/{referral_id}"
    page = doctor.post(f"{here}/link", page=f"{here}/reply", status=200).get_data(as_text=True)
    (address,) = re.findall(r'action="(/children/[^"]+/papers)"', page)
    asked = {name: re.search(f'name="{name}" value="([^"]+)"', page)[1] for name in ("document", "subject_id")}
    assert asked == {"document": "referral_letter", "subject_id": str(referral_id)}
    doctor.post(address, page=f"{here}/reply", status=303, **asked)


def printed(walk: Walk, referral_id):
    """Return what the letter says, as its clinic prints it."""
    with walk.work_as(walk.doctor, writing=False) as work:
        return DOCUMENTS["referral_letter"](work, find_child(work, walk.child.id), referral_id)


def test_a_guessed_spent_or_old_link_opens_nothing(walk, browse, stranger, installation):
    referral_id = walk.refer()
    first = link_of(walk, browse, referral_id)
    second = link_of(walk, browse, referral_id)
    for void in ("/letter/" + "A" * 43, first):
        said = enter(walk, stranger(), void, status=422).get_data(as_text=True)
        assert "这个链接不对、已经作废或过期了" in said
    hospital = stranger()
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in enter(walk, hospital, second, birth_on="2020-01-01", status=422).get_data(
            as_text=True
        )
    assert "作废" in enter(walk, hospital, second, birth_on="2020-01-01", status=422).get_data(as_text=True)
    assert "作废" in enter(walk, hospital, second, status=422).get_data(as_text=True)
    third = link_of(walk, browse, referral_id)
    with walk.work_as(None) as work:  # somebody at the database lets it live for ever
        link = work.session.scalars(select(ReferralLink).where(ReferralLink.ended_at.is_(None))).one()
        was = link.expires_at
        work.session.execute(update(ReferralLink).values(expires_at=was + timedelta(days=999)))
    enter(walk, stranger(), third, status=422)
    with walk.work_as(None) as work:
        work.session.execute(update(ReferralLink).values(expires_at=was))
    walk.clock.now = was
    enter(walk, stranger(), third, status=422)


@pytest.mark.parametrize("how", ["withdrawn", "stopped", "ended"])
def test_an_open_letter_closes_at_once(walk, browse, stranger, how):
    referral_id = walk.refer()
    hospital = stranger()
    enter(walk, hospital, link_of(walk, browse, referral_id))
    unopened = link_of(walk, browse, walk.refer())
    if how == "withdrawn":
        with walk.as_(walk.doctor) as work:
            given = next(each for each in consents_of(work, walk.child) if each.purpose == "P3")
            withdraw_consent(work, walk.child, given.id)
    elif how == "stopped":
        with walk.as_(walk.doctor) as work:
            commands.stop_case(work, walk.case_id, reason_code="5", not_done="moved_away")
    else:
        for each in (referral_id, *[row.id for row in _waiting(walk)]):
            here = f"/referrals/{each}"
            browse(walk.doctor).post(f"{here}/no-reply", page=f"{here}/reply", reason="declined")
            if each == referral_id:
                hospital.get("/letter", status=403)
                break
    hospital.get("/letter", status=403)
    if how != "ended":
        enter(walk, stranger(), unopened, status=422)
    token = hidden_fields(hospital.get("/sign-in"))["csrf_token"]
    answer = hospital.client.post("/letter/received", data={"csrf_token": token})
    assert answer.status_code == 404
    assert hospital.client.post("/letter/received").status_code == 400  # no token of the form


def _waiting(walk: Walk) -> list:
    with walk.work_as(walk.doctor) as work:
        return [each for each in referrals_of(work, walk.child) if not each.is_settled]


def test_a_letter_of_one_referral_does_not_open_another_of_the_same_child(walk, browse, stranger, work_as):
    first, second = walk.refer(), walk.refer()
    hospital = stranger()
    enter(walk, hospital, link_of(walk, browse, first))
    with walk.work_as(walk.doctor) as work:
        number = work.session.get(Referral, second).number
    assert number not in hospital.get("/letter")
    specialist = browse(walk.district.specialist)
    here = f"/referrals/{first}"
    browse(walk.doctor).post(f"{here}/no-reply", page=f"{here}/reply", reason="declined")
    specialist.get(here, status=404)
    specialist.get(f"/referrals/{second}")
