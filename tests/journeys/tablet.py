"""The tablet of a class: what its browser keeps of a waiting queue, and a network that comes and goes."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Route

from tests.journeys.people import Person

NO_NETWORK = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of 401")
STORE = """() => new Promise((done) => {
  const asked = indexedDB.open("mengya-waiting", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("entry", { keyPath: "id" });
  asked.onsuccess = () => {
    const all = asked.result.transaction("entry").objectStore("entry").getAll();
    all.onsuccess = () => done(JSON.stringify(all.result.map((row) => ({
      names: Object.keys(row).sort(), bytes: row.sealed.byteLength,
      text: row.id + row.owner + new TextDecoder().decode(row.sealed),
    }))));
    asked.result.close();
  };
})"""


def stored_in(teacher: Person) -> list[dict]:
    return json.loads(teacher.page.evaluate(STORE))


def queue_of(teacher: Person) -> Locator:
    return teacher.page.locator(".waiting")


def go(teacher: Person, path: str) -> None:
    """Open a page and wait for the key of its queue."""
    with teacher.page.expect_response(re.compile("/class/waiting$")):
        teacher.open(path)


def save(teacher: Person, name: str = "保存，记下一个") -> None:
    teacher.tap(teacher.page.get_by_role("button", name=name))


@contextmanager
def no_network(teacher: Person) -> Iterator[None]:
    teacher.page.context.set_offline(True)
    yield
    teacher.page.context.set_offline(False)


def is_sent(teacher: Person):
    """What waits is sent meanwhile."""
    return teacher.page.expect_response(lambda answer: answer.request.headers.get("mengya-queue") and answer.ok)


@contextmanager
def nothing_arrives(teacher: Person, path: str) -> Iterator[None]:
    """Pages open, but what is sent to this one gets lost on its way."""

    def lose(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    teacher.page.context.route(re.compile(path + "$"), lose)
    yield
    teacher.page.context.unroute_all()
