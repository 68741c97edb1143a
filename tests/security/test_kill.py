"""S-69: the server is killed while people save. What was acknowledged is there, once, and nothing is half there."""

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from mengya_health.crypto.passwords import Passwords
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.operations.verifying import verify_files
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.attachments import open_attachment
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Attachment, AttachmentSegment
from mengya_health.record.queries import entries_of_kind
from tests.conftest import CHEAP_HASHES
from tests.factories import a_child, a_district
from tests.serving import Server, eventually
from tests.web.browsing import Forms

WRITERS = 3
SCAN = b"%PDF-1.7 " + bytes(range(256)) * 600 + b" %%EOF"  # three segments


@dataclass
class Writer:
    """Somebody at a browser who saves one thing after the other; what got no answer is sent again, as it was.

    Every fifth answer is lost on the way to them.
    """

    port: int
    cookies: str
    path: str
    form: dict[str, str]
    is_file: bool = False
    sent: list[str] = field(default_factory=list)  # texts, or file names
    saved: list[str] = field(default_factory=list)
    answers: Iterator[int] = field(default_factory=count)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopped.is_set():
            name = f"{len(self.sent)}-{uuid4()}"
            self.sent.append(name)
            body, kind = self._body(name)
            while not self._is_saved(body, kind):
                time.sleep(0.05)
            self.saved.append(name)

    def _is_saved(self, body: bytes, kind: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.path, body, {"Cookie": self.cookies, "Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False  # nobody answered: saved or not, they cannot know
        finally:
            connection.close()
        assert answer.status in (303, 503), answer.status
        return answer.status == 303 and next(self.answers) % 5 > 0

    def _body(self, name: str) -> tuple[bytes, str]:
        form = self.form | {"idem_key": str(uuid4())}
        if not self.is_file:
            return urlencode(form | {"text": name}).encode(), "application/x-www-form-urlencoded"
        edge = uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{form[key]}\r\n' for key in form]
        start = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}.pdf"\r\n'
        head = "".join(parts) + start + "Content-Type: application/pdf\r\n\r\n"
        return head.encode() + SCAN + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def is_up(server: Server) -> bool:
    return all(json.loads(server.open("/healthz")[1]).values())


def form_at(server: Server, cookie: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the cookies a browser has after opening a page, and the fields of the form on it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    fields = Forms(answer.read().decode()).by_action[path]
    token = answer.getheader("Set-Cookie").partition(";")[0]
    connection.close()
    return f"{cookie}; {token}", {"csrf_token": fields["csrf_token"][0]}


@pytest.fixture
def place(settings, content):
    opened = open_installation(settings, passwords=Passwords(CHEAP_HASHES), content=content, environ={})
    yield opened
    opened.close()


def killed_while_saving(settings, place, folder, *, times: int) -> None:
    chance = random.Random(20261124)  # noqa: S311 when to kill
    district = a_district(place)
    with begin_work(place, district.doctor) as work:
        child = a_child(work, district)
        content = {"text": "扫描件放在这一条"}
        entry = record_entry(work, child, section="health", kind="follow_up", content=content, happened_on=work.today)
        cookie = f"txs={open_session(work, district.doctor.user_id, 'password')}"
    server = Server(settings, folder)
    eventually(lambda: is_up(server))
    advice, files = f"/children/{child.id}/advice", f"/children/{child.id}/entries/{entry.id}/attachments"
    writers = [
        Writer(server.port, *_from(server, cookie, path), path == files) for path in [advice] * WRITERS + [files]
    ]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    try:
        for thread in threads:
            thread.start()
        for _ in range(times):
            before = sum(len(writer.saved) for writer in writers)
            eventually(lambda before=before: sum(len(writer.saved) for writer in writers) > before + 2)
            time.sleep(chance.uniform(0, 0.2))
            server.kill_all()
            server = Server(settings, folder, server.port)
            eventually(lambda server=server: is_up(server))
        for writer in writers:
            writer.stopped.set()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        for writer in writers:
            writer.stopped.set()
        server.kill_all()
    for writer in writers:
        assert writer.saved == writer.sent  # whatever got no answer was sent again until it did
    with begin_work(place, district.doctor) as work:
        found = find_child(work, child.id)
        stored = [each.content["text"] for each in entries_of_kind(work, found, "advice")]
        assert sorted(stored) == sorted(name for writer in writers if not writer.is_file for name in writer.saved)
        ids = list(work.session.scalars(select(Attachment.id)))
        opened = [open_attachment(work, found, id) for id in ids]
        assert sorted(file.name for file in opened) == sorted(f"{name}.pdf" for name in writers[-1].saved)
        assert {file.content for file in opened} == {SCAN}
        segments = work.session.scalar(select(func.count()).select_from(AttachmentSegment))
        assert segments == work.session.scalar(select(func.sum(Attachment.segments)))
    report = verify_files(place.engine, settings, keystore=place.keystore)
    assert report.faults == []
    assert report.counts["opened"] == len(stored) + 1


def _from(server: Server, cookie: str, path: str) -> tuple[str, str, dict[str, str]]:
    cookies, form = form_at(server, cookie, path)
    return cookies, path, form


def test_a_server_killed_while_people_save_loses_and_doubles_nothing(settings, place, tmp_path):
    killed_while_saving(settings, place, tmp_path, times=2)


@pytest.mark.full
def test_a_server_killed_a_hundred_times_loses_and_doubles_nothing(settings, place, tmp_path):
    killed_while_saving(settings, place, tmp_path, times=100)
