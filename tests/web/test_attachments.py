"""Files through the pages: added, listed, taken away; what is refused; and nothing in the clear on the way."""

import io
import os
import re
import sys
from urllib.parse import unquote
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from mengya_health.app import create_app
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Attachment, AttachmentSegment
from mengya_health.web.papers import PDF_POLICY
from tests.factories import a_guardian, client_of
from tests.record.pictures import GPS, pdf, photo_with_place
from tests.web.browsing import Browser
from tests.web.test_headers import ALWAYS, around

LARGE = pdf(bytes(range(256)) * 8000)  # two megabytes
_opened_for_writing: list[str] | None = None


@pytest.fixture
def database() -> str:
    return "sqlite"


def _watch(event: str, arguments: tuple) -> None:
    if event == "open" and _opened_for_writing is not None:
        path, _mode, flags = arguments
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            _opened_for_writing.append(str(path))


sys.addaudithook(_watch)


@pytest.fixture
def child(register, district):
    return register("P1", "P2", group_id=district.group_id)


@pytest.fixture
def desk(installation, district) -> Browser:
    return Browser(client_of(installation, district.doctor))


def an_entry(installation, actor, child, section="health", kind="advice", **content) -> str:
    """Write an entry; return the address of its files."""
    with begin_work(installation, actor) as work:
        found = find_child(work, child.id)
        said = content or {"text": "多晒太阳"}
        entry = record_entry(work, found, section=section, kind=kind, content=said, happened_on=work.today)
    return f"/children/{child.id}/entries/{entry.id}/attachments"


def file(name: str, content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def post(browser: Browser, path: str, form: dict, **files):
    """Send a form with files; the body is put together in memory, where the test client would spool it to a disk."""
    boundary, body = encode_multipart(form | {name: [each] for name, each in files.items()})
    return browser.client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def send(browser: Browser, page: str, **files):
    """Open a page, choose files in its form, and send it."""
    return post(browser, page, browser.form(browser.open(page), page), **files)


def stored(installation, model=Attachment) -> int:
    with begin_work(installation, None, writing=False) as work:
        return work.session.scalar(select(func.count()).select_from(model))


def test_a_scan_is_added_listed_with_its_size_and_taken_away_as_it_was(installation, district, child, desk, statements):
    """S-58, S-60: nothing shows, sniffs, runs or keeps a download."""
    page = an_entry(installation, district.doctor, child)
    assert send(desk, page, file=file("回执 第1页.pdf", LARGE)).status_code == 303
    statements.seen.clear()
    shown = desk.open(page)
    assert len(statements.seen) <= 8, statements.seen
    assert "回执 第1页.pdf" in shown
    assert "2.0 MB" in shown
    assert "回执 第1页.pdf" in desk.open(page.removesuffix("/attachments"))
    (address,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', shown)
    statements.seen.clear()
    answer = desk.client.get(address)
    assert len(statements.seen) <= 8, statements.seen
    assert answer.data == LARGE
    assert around(answer) == ALWAYS | {"Content-Security-Policy": PDF_POLICY}
    assert answer.mimetype == "application/octet-stream"
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; filename=\"file.pdf\"; filename*=UTF-8''")
    assert said.isascii()
    assert unquote(said.partition("''")[2]) == "回执 第1页.pdf"


def test_a_photo_of_a_child_waits_for_its_consent_and_is_then_kept_without_its_place(
    installation, district, register, child
):
    """S-60."""
    mother = a_guardian(installation, district, child)
    home = {"section": "family", "kind": "home_record", "milk": "usual", "note": ""}
    page = an_entry(installation, mother, child, **home)
    family = Browser(client_of(installation, mother))
    assert "监护人先同意" in family.open(page)
    refused = send(family, page, file=file("IMG_1.jpg", photo_with_place()))
    assert refused.status_code == 409
    assert "请监护人" in refused.text
    assert stored(installation) == 0

    photographed = register("P1", "P2", "P5", name="样本乙", contacts=[])
    mother = a_guardian(installation, district, photographed)
    page = an_entry(installation, mother, photographed, **home)
    family = Browser(client_of(installation, mother))
    assert send(family, page, file=file("../../IMG_1.jpg", photo_with_place())).status_code == 303
    shown = family.open(page)
    assert "IMG_1.jpg" in shown
    assert ".." not in shown
    assert "1 个文件" in family.open(f"/home/{photographed.id}/record")
    (address,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', shown)
    kept = family.client.get(address).data
    assert GPS not in kept
    assert Image.open(io.BytesIO(kept)).size == (30, 40)


def test_what_cannot_be_kept_is_told_beside_the_field_and_nothing_is_stored(installation, district, child, desk):
    """S-60: 20 MB + 1, and everything else that is not taken."""
    page = an_entry(installation, district.doctor, child)
    one_too_many = pdf(bytes(20 * 2**20 - len(pdf(b"")) + 1))
    for sent, words in (
        (file("x.pdf", one_too_many), "最多 20 MB"),
        (file("x.svg", b"<svg/>"), "只收 JPEG、PNG 照片和 PDF"),
        (None, "请先选一个文件"),
    ):
        answer = send(desk, page, file=sent) if sent else send(desk, page)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'href="#file"' in answer.text
    form = desk.form(desk.open(page), page)
    answer = post(desk, page, form, file=file("x.pdf", bytes(26 * 2**20)))
    assert (answer.status_code, "20 MB" in answer.text) == (413, True)
    assert stored(installation) == stored(installation, AttachmentSegment) == 0


def test_files_nobody_asked_for_are_not_taken(installation, district, child, desk):
    page = an_entry(installation, district.doctor, child)
    form = desk.form(desk.open(page), page)
    for sent in (
        {"file": [file("x.pdf", pdf()), file("y.pdf", pdf())]},
        {"file": [file("x.pdf", pdf())], "photo": [file("y.pdf", pdf())]},
        {"file": [file("x.pdf", pdf())], "section": ["special"]},
    ):
        assert post(desk, page, form | sent).status_code == 400
    advice = f"/children/{child.id}/advice"
    form = desk.form(desk.open(advice), advice) | {"text": ["早睡"]}
    assert post(desk, advice, form, file=file("x.pdf", pdf())).status_code == 400
    assert stored(installation) == 0


def test_a_file_sent_twice_is_kept_once_and_another_under_the_same_key_is_not(installation, district, child, desk):
    """S-62, for files: the body of a form includes what its files hold."""
    page = an_entry(installation, district.doctor, child)
    form = desk.form(desk.open(page), page)

    wanted = (("x.pdf", pdf()), ("x.pdf", pdf()), ("x.pdf", pdf(b"another")), ("y.pdf", pdf()))
    answers = [post(desk, page, form, file=file(*each)) for each in wanted]
    assert [answer.status_code for answer in answers] == [303, 303, 422, 422]
    assert stored(installation) == 1


def test_no_file_is_written_in_the_clear_on_the_way(installation, district, child, desk, settings):
    """S-08: a form with a large file would be spooled to a temporary file."""
    global _opened_for_writing
    page = an_entry(installation, district.doctor, child)
    form = desk.form(desk.open(page), page)
    _opened_for_writing = []
    try:
        assert post(desk, page, form, file=file("x.pdf", LARGE)).status_code == 303
        written, _opened_for_writing = _opened_for_writing, None
    finally:
        _opened_for_writing = None
    assert [path for path in written if path != os.devnull and not path.startswith(str(settings.data_dir))] == []


def test_only_who_is_signed_in_may_send_much(installation, child):
    anybody = Browser(create_app(installation).test_client())
    form = anybody.form(anybody.open("/sign-in"), "/sign-in")
    assert post(anybody, "/sign-in", form, file=file("x.pdf", LARGE)).status_code == 413
    assert post(anybody, "/sign-in", form, file=file("x.pdf", pdf())).status_code in (400, 422)


def test_of_a_file_that_was_tampered_with_no_byte_is_sent(installation, district, child, desk):
    """S-16: no partial bytes."""
    page = an_entry(installation, district.doctor, child)
    send(desk, page, file=file("x.pdf", LARGE))
    (address,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', desk.open(page))
    with installation.engine.begin() as connection:
        last = '(SELECT max("index") FROM attachment_segment)'
        connection.execute(text(f'DELETE FROM attachment_segment WHERE "index" = {last}'))  # noqa: S608
    answer = desk.client.get(address)
    assert answer.status_code == 500
    assert "记录完整性校验失败" in answer.text
    assert LARGE[:64] not in answer.data


def test_a_file_the_history_does_not_know_is_not_handed_out(installation, district, child, desk):
    page = an_entry(installation, district.doctor, child)
    send(desk, page, file=file("x.pdf", LARGE))
    (address,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', desk.open(page))
    with installation.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER history_event_no_delete"))
        connection.execute(
            text("DELETE FROM history_event WHERE rec = :rec"), {"rec": UUID(address.rpartition("/")[2]).bytes}
        )
    answer = desk.client.get(address)
    assert (answer.status_code, LARGE[:64] in answer.data) == (500, False)
