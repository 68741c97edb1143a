"""Closing a record to a guardian from the desk, and what that guardian reads then."""

import io
import re

import pytest

from mengya_health.people.invitations import open_invitations
from mengya_health.people.queries import find_child
from tests.factories import a_guardian
from tests.web.conftest import hidden_fields

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def father(installation, district, child):
    return a_guardian(installation, district, child)


def ask(browser, path: str, user_id, *, content: bytes | None = PDF, status: int = 303):
    page = browser.get(path)
    fields = hidden_fields(page) | {"what": "restrict_guardian", "user_id": str(user_id)}
    if content is not None:
        fields["document"] = (io.BytesIO(content), "裁定书.pdf")
    answer = browser.client.post(path, data=fields, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)[-2000:]
    return answer.get_data(as_text=True)


def test_two_of_the_staff_and_a_document_close_a_record_and_the_guardian_reads_neutral_words(
    browse, mother, father, child, district, statements
):
    """S-44: no document, no restriction; who asked cannot approve; the affected person is told whom to ask, no more."""
    path = f"/children/{child.id}/guardians"
    first, second = browse(district.doctor), browse(district.second_doctor)
    assert path in first.get(f"/children/{child.id}")
    assert "请先选一个文件" in ask(first, path, father.user_id, content=None, status=422)
    ask(first, path, father.user_id)
    page = first.get(path)
    assert "是您提出的" in page
    assert "看过文件，批准" not in page
    approval = re.search(rf"{path}/([0-9a-f-]+)/refuse", page).group(1)
    first.post(f"{path}/{approval}/approve", page=path, status=403)
    browse(father).get("/home")
    assert "看过文件，批准" in second.get(path)
    download = second.client.get(f"{path}/{approval}/document")
    assert (download.data, download.mimetype) == (PDF, "application/octet-stream")
    browse(mother).get(f"{path}/{approval}/document", status=403)
    second.post(f"{path}/{approval}/approve", page=path)
    second.get(f"{path}/{approval}/document", status=404)

    his = browse(father)
    page = his.get("/home")
    assert "访问受限" in page
    assert "示例社区卫生服务中心" in page
    for hidden in (child.name, "裁定", "妈妈", "法院"):
        assert hidden not in page
    for there in ("", "/record", "/family", "/consents/P1", "/sharing", "/views"):
        refused = his.get(f"/home/{child.id}{there}", status=404 if there == "" else 403)
        assert child.name not in refused
    her = browse(mother)
    assert "访问受限" not in her.get("/home")
    assert "two_persons" not in her.get(f"/home/{child.id}/views")
    statements.seen.clear()
    assert "恢复查阅" in first.get(path)
    assert len(statements.seen) <= 8, "\n\n".join(statements.seen)


def test_a_guardian_sees_nothing_of_the_other_s_phone(browse, mother, father, child, installation, district, work_as):
    """S-44: on none of the family's pages, and on no line of who looked."""
    from mengya_health.people.queries import accounts_of

    with work_as(district.doctor, writing=False) as work:
        phones = {user_id: each.phone for user_id, each in accounts_of(work, [mother.user_id, father.user_id]).items()}
    browser = browse(father)
    for there in ("", "/record", "/family", "/consents/P1", "/sharing", "/views", "/signed", "/concern"):
        page = browser.get(f"/home/{child.id}{there}")
        assert phones[mother.user_id] not in page
        assert "13800138000" not in page
    browser.post(f"/home/{child.id}/family/{mother.user_id}/remove", page=f"/home/{child.id}/family", status=404)


def test_letting_a_guardian_in_or_out_asks_for_the_password_again(browse, father, child, district, work_as, clock):
    """§10: a clinic's screen that was left open hands out no invitation and closes no record."""
    path = f"/children/{child.id}/guardians"
    first, second = browse(district.doctor), browse(district.second_doctor)
    ask(first, path, father.user_id)
    approve = re.search(rf"{path}/[0-9a-f-]+/approve", second.get(path)).group(0)
    clock.forward(minutes=6)
    second.post(approve, page=path, status=401)
    made = second.post(f"/children/{child.id}/invitation", authority="signs", status=401)
    assert "/invitations/" not in made.get_data(as_text=True)
    with work_as(district.second_doctor, writing=False) as work:
        assert open_invitations(work, find_child(work, child.id)) == []
    assert "恢复查阅" not in second.get(path)
