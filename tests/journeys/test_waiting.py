"""The waiting queue of the class pages: nothing is lost without a network, nothing is sent twice or by somebody else."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mengya_health.access.actor import Actor
from mengya_health.operations.installation import begin_work
from mengya_health.people import accounts
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from tests.factories import PASSWORD, a_child, an_account
from tests.journeys.conftest import Town
from tests.journeys.people import Person

OFFLINE = re.compile("ERR_INTERNET_DISCONNECTED|status of 401|ERR_FAILED")
RAW = """() => new Promise((done) => {
  const asked = indexedDB.open("mengya-waiting", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("entry", { keyPath: "id" });
  asked.onsuccess = () => {
    const all = asked.result.transaction("entry").objectStore("entry").getAll();
    all.onsuccess = () => done(JSON.stringify(all.result.map((row) => ({
      id: row.id, owner: row.owner, names: Object.keys(row).sort(),
      text: new TextDecoder("utf-8").decode(row.sealed), bytes: row.sealed.byteLength,
    }))));
    asked.result.close();
  };
})"""
NOTE = "自己穿好了鞋"


@dataclass(frozen=True)
class Class:
    child: ChildFacts
    teacher: Actor

    @property
    def board(self) -> str:
        return f"/class/{self.child.group_id}"

    @property
    def card(self) -> str:
        return f"{self.board}/children/{self.child.id}"


@pytest.fixture(scope="module")
def group(town: Town) -> Class:
    with begin_work(town.installation, town.district.doctor) as work:
        child = a_child(work, town.district, name="样本小芽", birth_on=work.today - timedelta(days=400))
    district = town.district
    with begin_work(town.installation, district.sysadmin) as work:
        colleague = an_account(work, login="colleague")
        place, group = district.kindergarten_id, district.group_id
        accounts.add_membership(work, user_id=colleague.id, role="teacher", organisation_id=place, group_id=group)
    return Class(child, district.teacher)


@pytest.fixture
def teacher(person) -> Person:
    somebody = person(1180, 820)
    somebody.sign_in("teacher")
    return somebody


def observations(town: Town, group: Class, note: str) -> int:
    with begin_work(town.installation, group.teacher, writing=False) as work:
        found = entries_of_kind(work, find_child(work, group.child.id), "observation")
    return sum(entry.content["note"] == note for entry in found)


def is_ready(teacher: Person) -> None:
    """The page has its key; it comes while the page is read."""
    with teacher.page.expect_response(re.compile("/class/waiting$")):
        teacher.page.reload()


def offline(teacher: Person, is_off: bool = True) -> None:
    teacher.page.context.set_offline(is_off)


def stored_in(teacher: Person) -> list[dict]:
    return json.loads(teacher.page.evaluate(RAW))


def write_note(teacher: Person, group: Class, note: str) -> None:
    teacher.open(group.card)
    is_ready(teacher)
    teacher.page.locator("[name=note]").fill(note)


def queue_of(teacher: Person):
    return teacher.page.locator(".waiting")


def test_what_the_network_did_not_take_waits_in_sight_and_is_sent_once(teacher, group, town):
    write_note(teacher, group, NOTE)
    offline(teacher)
    teacher.tap(teacher.page.get_by_role("button", name="保存，记下一个"))
    expect(queue_of(teacher)).to_contain_text("待传 1 条")
    teacher.sees("没有网，已放进待传")
    (row,) = stored_in(teacher)
    assert row["names"] == ["id", "iv", "owner", "sealed"]
    assert row["bytes"] > 200
    for plain in (NOTE, "样本", "note", "/class/", "记一条", group.child.id.hex):
        assert plain not in row["text"]
    teacher.tap(queue_of(teacher).locator("summary"))
    expect(queue_of(teacher)).to_contain_text("样本小芽 · 记一条")
    teacher.look("class-waiting")
    teacher.page.get_by_role("link", name="今天记的").click()  # no page of the browser's in place of this one
    teacher.sees("现在没有网，打不开别的页")
    offline(teacher, False)
    expect(teacher.page).to_have_url(re.compile(group.board + r"\?saved=stored"))
    expect(queue_of(teacher)).to_be_hidden()
    assert stored_in(teacher) == []
    assert observations(town, group, NOTE) == 1
    assert [line for line in teacher.complaints if not OFFLINE.search(line)] == []
