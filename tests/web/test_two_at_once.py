"""The same form many times at once, and two people at one entry."""

import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import func, select

from mengya_health.app import create_app
from mengya_health.audit import AuditEvent
from mengya_health.history.models import HistoryEvent
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry, Revision
from mengya_health.record.queries import find_entry
from tests.factories import client_of
from tests.web.browsing import Browser
from tests.web.test_children import SHEET

COOKIE = "txs"
TIMES = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


@pytest.fixture
def advice(work_as, district, child) -> UUID:
    with work_as(district.doctor) as work:
        content = {"text": "多晒太阳"}
        found = find_child(work, child.id)
        return record_entry(work, found, section="health", kind="advice", content=content, happened_on=work.today).id


def at_once(installation, client, path: str, form: dict) -> list:
    """Send one form from many tabs of one browser at the same moment."""
    app = create_app(installation)
    cookies = {cookie.key: cookie.value for cookie in client._cookies.values()}

    def send(_number: int):
        tab = app.test_client()
        for name, value in cookies.items():
            tab.set_cookie(name, value)
        return tab.post(path, data=form)

    with ThreadPoolExecutor(TIMES) as tabs:
        return list(tabs.map(send, range(TIMES)))


def count(work, model, *conditions) -> int:
    return work.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_one_form_sent_twenty_times_at_once_is_stored_once(installation, desk, child, work_as, district):
    """S-67."""
    path = f"/children/{child.id}/advice"
    form = desk.form(desk.open(path), path) | {"text": ["每天户外两小时"]}
    with work_as(district.doctor, writing=False) as work:
        before = count(work, HistoryEvent), count(work, AuditEvent, AuditEvent.action == "C")
    answers = at_once(installation, desk.client, path, form)
    saved = (303, f"/children/{child.id}?saved=stored")
    assert {(answer.status_code, answer.location) for answer in answers} == {saved}
    with work_as(district.doctor, writing=False) as work:
        assert (count(work, Entry), count(work, Revision)) == (1, 1)
        after = count(work, HistoryEvent), count(work, AuditEvent, AuditEvent.action == "C")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


def test_a_correction_sent_twenty_times_at_once_is_one_correction(installation, desk, child, advice, work_as, district):
    path = f"/children/{child.id}/entries/{advice}"
    form = desk.form(desk.open(path), path) | {"text": ["每天户外两小时"], "reason": ["写错了"]}
    answers = at_once(installation, desk.client, path, form)
    assert {answer.status_code for answer in answers} == {303}
    with work_as(district.doctor, writing=False) as work:
        assert find_entry(work, find_child(work, child.id), advice).version == 2


def test_a_new_child_sent_twenty_times_at_once_is_one_child(installation, desk, work_as, district):
    form = desk.form(desk.open("/children/new"), "/children") | {name: [value] for name, value in SHEET.items()}
    answers = at_once(installation, desk.client, "/children", form)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1


def test_a_key_is_not_taken_for_another_content_or_another_form(desk, child, work_as, district):
    """S-67: 422."""
    path = f"/children/{child.id}/advice"
    form = desk.form(desk.open(path), path)
    assert desk.send_form(form, path, text="每天户外两小时").status_code == 303
    other = desk.send_form(form, path, text="另一句话")
    assert other.status_code == 422
    assert "另一句话" in other.get_data(as_text=True)
    with work_as(district.doctor, writing=False) as work:
        assert count(work, Entry) == 1


def test_a_key_of_somebody_else_is_a_new_key(installation, desk, child, work_as, district):
    path = f"/children/{child.id}/advice"
    key = desk.form(desk.open(path), path)["idem_key"]
    colleague = Browser(client_of(installation, district.second_doctor))
    for browser in (desk, colleague):
        form = browser.form(browser.open(path), path) | {"idem_key": key}
        assert browser.send_form(form, path, text="每天户外两小时").status_code == 303
    with work_as(district.doctor, writing=False) as work:
        assert count(work, Entry) == 2


def test_a_stale_save_shows_both_texts_and_after_it_nothing_is_lost(
    installation, desk, child, advice, work_as, district
):
    """S-68."""
    colleague = Browser(client_of(installation, district.second_doctor))
    path = f"/children/{child.id}/entries/{advice}"
    mine, theirs = (browser.form(browser.open(path), path) for browser in (desk, colleague))
    assert colleague.send_form(theirs, path, text="同事写的", reason="补充").status_code == 303
    stale = desk.send_form(mine, path, text="我写的", reason="补充")
    page = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert all(said in page for said in ("我写的", "同事写的"))
    merged = desk.send_form(desk.form(page, path), path, text="同事写的；我写的", reason="合并")
    assert merged.status_code == 303
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        said = [find_entry(work, found, advice, version=number).content["text"] for number in (1, 2, 3)]
    assert said == ["多晒太阳", "同事写的", "同事写的；我写的"]


def test_two_stale_saves_at_the_same_moment_lose_neither_text(installation, desk, child, advice, work_as, district):
    colleague = Browser(client_of(installation, district.second_doctor))
    path = f"/children/{child.id}/entries/{advice}"
    browsers = {"我写的": desk, "同事写的": colleague}
    forms = {said: browser.form(browser.open(path), path) for said, browser in browsers.items()}

    def save(said: str):
        return browsers[said].send_form(forms[said], path, text=said, reason="补充")

    with ThreadPoolExecutor(2) as hands:
        answers = dict(zip(browsers, hands.map(save, browsers), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    refused = next(answer for answer in answers.values() if answer.status_code == 409).get_data(as_text=True)
    assert all(said in refused for said in browsers)


def test_two_at_once_at_a_childs_sheet_lose_neither(installation, desk, child, work_as, district):
    colleague = Browser(client_of(installation, district.second_doctor))
    path = f"/children/{child.id}/edit"
    browsers = {"花生": desk, "牛奶": colleague}
    forms = {said: browser.form(browser.open(path), path) for said, browser in browsers.items()}

    def save(said: str):
        return browsers[said].send_form(forms[said], path, allergies=said)

    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(save, browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).get_data(as_text=True)
    assert all(said in refused for said in browsers)


def let_in_between(monkeypatch, place: str, moment: str, colleague_saves) -> None:
    """Let a colleague save just before or after the first look at what is stored, in the middle of our own save."""
    module, _, name = place.rpartition(".")
    looked = getattr(sys.modules[module], name)
    looks = []

    def look(*arguments, **more):
        is_first = not looks
        looks.append(name)
        if is_first and moment == "before":
            colleague_saves()
        found = looked(*arguments, **more)
        if is_first and moment == "after":
            colleague_saves()
        return found

    monkeypatch.setattr(place, look)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize(
    ("page", "place", "field"),
    [
        ("entries/{}", "mengya_health.record.commands.find_entry", "text"),
        ("edit", "mengya_health.people.commands.find_child", "allergies"),
    ],
)
def test_whatever_the_moment_both_texts_are_shown(
    installation, desk, child, advice, district, monkeypatch, moment, page, place, field
):
    colleague = Browser(client_of(installation, district.second_doctor))
    path = f"/children/{child.id}/{page.format(advice)}"
    mine, theirs = (browser.form(browser.open(path), path) for browser in (desk, colleague))
    more = {"reason": "补充"} if field == "text" else {}
    saved = []

    def colleague_saves() -> None:
        saved.append(colleague.send_form(theirs, path, **{field: "同事写的"}, **more).status_code)

    let_in_between(monkeypatch, place, moment, colleague_saves)
    refused = desk.send_form(mine, path, **{field: "我写的"}, **more)
    assert (saved, refused.status_code) == ([303], 409)
    assert all(said in refused.get_data(as_text=True) for said in ("我写的", "同事写的"))
