"""Mandatory reports through the pages, and a record with one beside its twin without. Security row S-76."""

import re
from dataclasses import replace
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from mengya_health.app import create_app
from mengya_health.care.concerns import raise_concern
from mengya_health.db import Base
from mengya_health.handouts import from_record
from mengya_health.operations.installation import begin_work
from mengya_health.people.queries import find_child, who_viewed
from mengya_health.record.commands import record_entry
from mengya_health.record.models import MandatoryReport
from tests.factories import a_guardian, a_member, client_of
from tests.record.pictures import picture
from tests.web.browsing import Browser
from tests.web.test_attachments import file, post
from tests.web.test_doors import VARYING, csrf_token

FACTS = "左臂有三处圆形的伤，孩子说不能讲。"
VARIES = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=name="csrf_token" value=")[^"]+|[0-9a-f]{32}'
    r"|TX[0-9]{16}-[0-9X]|139[0-9]{8}"
)
SHADE = re.compile(r" leaf-[bcd]\b")  # drawn from the child's id; one of the four has no name


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def child(register, district):
    return register("P1", "P2", group_id=district.group_id)


@pytest.fixture
def lead(work_as, district):
    with work_as(district.sysadmin) as work:
        return a_member(work, "safeguarding", district.kindergarten_id)


@pytest.fixture
def teacher(installation, district) -> Browser:
    return Browser(client_of(installation, district.teacher))


def report(teacher: Browser, child, **files) -> str:
    """Write a report about a child, two taps from the class page; return its address."""
    assert 'href="/reports/new"' in teacher.open("/class")
    page = f"/children/{child.id}/report"
    assert f'href="{page}"' in teacher.open("/reports/new")
    form = teacher.form(teacher.open(page), page) | {"signs": ["injury", "told"], "police": ["called"]}
    answer = post(teacher, page, form | {"text": [FACTS]}, **files)
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


def test_it_is_written_in_two_taps_and_says_first_what_to_do_now(teacher, child, statements):
    page = teacher.open(f"/children/{child.id}/report")
    assert page.index("现在就打 110") < page.index("enctype=")
    for words in ("不等任何人", "不用家长同意", "先不要向家长"):
        assert words in page
    assert f'href="/children/{child.id}/report"' in teacher.open(f"/class/{child.group_id}/children/{child.id}")
    nothing = teacher.send(f"/children/{child.id}/report")
    assert (nothing.status_code, "点一项" in nothing.text) == (422, True)
    address = report(teacher, child, file=file("IMG_3.jpg", picture()))
    for path in ("/reports", "/reports/new", f"/children/{child.id}/report", address):
        statements.seen.clear()
        shown = teacher.open(path)
        assert len(statements.seen) <= 8, (path, statements.seen)
    assert all(words in shown for words in (FACTS, "孩子自己说了", "已经报了 110", "IMG_3.jpg"))
    (photo,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', shown)
    assert teacher.client.get(photo).data.startswith(b"\xff\xd8\xff")


def test_a_photo_that_cannot_be_kept_loses_nothing_typed(teacher, child, installation):
    page = f"/children/{child.id}/report"
    form = teacher.form(teacher.open(page), page)
    answer = post(teacher, page, form | {"text": [FACTS], "signs": ["injury"]}, file=file("x.gif", b"GIF89a"))
    assert answer.status_code == 422
    assert FACTS in answer.text
    assert "只收 JPEG" in answer.text
    with begin_work(installation, None, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(MandatoryReport)) == 0


def test_the_lead_reads_it_and_says_how_far_it_has_come(installation, teacher, child, lead, statements):
    address = report(teacher, child)
    desk = Browser(client_of(installation, lead))
    assert desk.client.get("/").location == "/reports"
    assert child.name in desk.open("/reports")
    assert desk.send(address, f"{address}/notes", status="in-progress", text="已联系街道").status_code == 303
    statements.seen.clear()
    shown = desk.open(address)
    assert len(statements.seen) <= 8, statements.seen
    assert "正在跟进" in shown
    assert "已联系街道" in teacher.open(address)
    assert "进展到哪一步" not in teacher.open(address)


def test_for_everybody_else_it_is_not_there(installation, work_as, district, register, child, teacher, lead):
    """S-76: 404, the same page as for an id that never was."""
    address = report(teacher, child, file=file("IMG_3.jpg", picture()))
    (photo,) = re.findall(r'href="([^"]+/attachments/[0-9a-f-]{36})"', teacher.open(address))
    missing = f"/reports/{uuid4()}"
    with work_as(district.sysadmin) as work:
        manager = a_member(work, "manager", district.mch_institute_id)
        other_lead = a_member(work, "safeguarding", district.clinic_id)
    mother = a_guardian(installation, district, child)
    for actor in (district.other_teacher, district.doctor, district.security_officer, manager, other_lead, mother):
        client = client_of(installation, actor)
        token = {"csrf_token": csrf_token(client), "text": "看看"}
        pairs = [
            [client.get(address), client.get(missing)],
            [client.get(photo), client.get(photo.replace(address, missing))],
            [client.post(f"{address}/notes", data=token), client.post(f"{missing}/notes", data=token)],
            [
                client.get(f"/children/{child.id}/attachments/{photo[-36:]}"),
                client.get(f"/children/{child.id}/attachments/{uuid4()}"),
            ],
        ]
        for there, nowhere in pairs:
            assert there.status_code == nowhere.status_code == 404
            assert VARYING.sub("", there.text) == VARYING.sub("", nowhere.text)
            assert len(there.data) == len(nowhere.data)
    for path in ("/reports", "/reports/new", f"/children/{child.id}/report"):
        assert client_of(installation, mother).get(path).status_code == 404


def test_a_reading_that_cannot_be_noted_apart_is_not_shown(installation, teacher, child):
    address = report(teacher, child)
    with installation.engine.begin() as connection:
        connection.execute(text("ALTER TABLE report_reading RENAME TO gone"))
    answer = teacher.client.get(address)
    assert (answer.status_code, FACTS in answer.text) == (503, False)
    before = teacher.client.get(f"/children/{child.id}/report")
    assert (before.status_code, child.name in before.text) == (503, False)


# --- a record with a report, and its twin without ---------------------------------------------------------------------


def a_life(installation, district, work_as, child):
    """Let three hands write about a child; return its mother."""
    mother = a_guardian(installation, district, child)
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        record_entry(work, found, section="health", kind="advice", content={"text": "多晒太阳"}, happened_on=work.today)
    with work_as(district.teacher) as work:
        said = {"domain": "eat", "items": [], "logs": [], "note": "吃得少", "setting": "class"}
        found = find_child(work, child.id)
        record_entry(work, found, section="behaviour", kind="observation", content=said, happened_on=work.today)
    with work_as(mother) as work:
        raise_concern(work, child.id, text="睡不好")
    return mother


def ids_of(installation, child, mother) -> dict[str, list]:
    with begin_work(installation, None, writing=False) as work:

        def ids(table):
            rows = text(f"SELECT id FROM {table} WHERE child_id = :id ORDER BY id")  # noqa: S608
            return [UUID(bytes=row.id) for row in work.session.execute(rows, {"id": child.id.bytes})]

        return {
            "child_id": [child.id], "entry_id": ids("entry"), "task_id": ids("task"), "consent_id": ids("consent"),
            "invitation_id": ids("invitation"), "user_id": [mother.user_id], "purpose": ["P2"],
        }  # fmt: skip


def every_page(app, client, ids: dict[str, list]) -> dict[str, tuple]:
    """Return status and text of every page there is for these ids, without what differs between any two children."""
    adapter, seen = app.url_map.bind("localhost"), {}
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not set(rule.arguments) <= set(ids) or rule.endpoint == "static":
            continue
        names = sorted(rule.arguments)
        for number, values in enumerate(product(*(ids[name] for name in names))):
            answer = client.get(adapter.build(rule.endpoint, dict(zip(names, values, strict=True))))
            plain = VARIES.sub("·", SHADE.sub("", answer.text))
            seen[f"{rule.endpoint} {number}"] = (answer.status_code, plain, VARIES.sub("", answer.location or ""))
    return seen


def test_a_family_and_everybody_else_find_no_difference_to_a_twin_without_one(
    installation, work_as, district, register, child, teacher, lead
):
    """S-76: every page, print, 谁看过档案, size and count."""
    twin = register("P1", "P2", group_id=district.group_id)
    mothers = {each.id: a_life(installation, district, work_as, each) for each in (child, twin)}
    address = report(teacher, child, file=file("IMG_3.jpg", picture()))
    desk = Browser(client_of(installation, lead))
    desk.open(address)
    desk.send(address, f"{address}/notes", status="received", text="看到了")

    app = create_app(installation)
    ids = {each.id: ids_of(installation, each, mothers[each.id]) for each in (child, twin)}
    assert {name: len(found) for name, found in ids[child.id].items()} == {
        name: len(found) for name, found in ids[twin.id].items()
    }
    readers = {"mother": mothers, "doctor": dict.fromkeys(ids, district.doctor)}
    readers |= {"second_doctor": dict.fromkeys(ids, district.second_doctor)}
    for who, actors in readers.items():
        pages = [every_page(app, client_of(installation, actors[each]), ids[each]) for each in (child.id, twin.id)]
        assert len([page for page in pages[0].values() if page[0] == 200]) > 8
        for name, page in pages[0].items():
            # A doctor's own pages, sessions for one, are not about either child.
            assert page == pages[1][name] or (who != "mother" and "account" in name), (who, name)
    for act in (
        lambda work, each: [replace(view, at=None) for view in who_viewed(work, find_child(work, each.id))],
        lambda work, each: VARIES.sub(
            "·", repr(from_record.DOCUMENTS["record_summary"](work, find_child(work, each.id), None))
        ),
        lambda work, each: stored_sizes(work, each),
    ):
        told = []
        for each in (child, twin):
            with work_as(mothers[each.id], writing=False) as work:
                told.append(act(work, each))
        assert told[0] == told[1]
        assert told[0]


def stored_sizes(work, child) -> dict[str, tuple]:
    """Return how many rows a child has in each table, and how many events in its chain; reports are kept apart."""
    apart = {"mandatory_report", "report_note", "report_reading", "attachment", "attachment_segment"}
    return {
        table.name: work.session.scalar(select(func.count()).where(table.c.child_id == child.id))
        for table in Base.metadata.sorted_tables
        if "child_id" in table.c and table.name not in apart
    }
