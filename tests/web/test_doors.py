"""Every door of every page, tried by those who may not come in and by forms that are not ours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from mengya_health.access.actor import Actor
from mengya_health.audit import AuditEvent
from mengya_health.care.disputes import raise_dispute
from mengya_health.care.models import Case, Referral, Task
from mengya_health.db import Base
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.models import Handout
from mengya_health.operations.installation import begin_work
from mengya_health.people.invitations import invite_guardian
from mengya_health.people.models import BoundPhone, Invitation, Relationship, UserSession
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.attachments import store_attachment
from mengya_health.record.commands import record_entry
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Attachment, Dispute, Entry, MandatoryReport
from mengya_health.record.queries import entries_of_kind
from mengya_health.record.reporting import write_report
from mengya_health.signing.models import Consent, Signature
from tests.authenticator import enrolled
from tests.care.walking import STORIES, Walk
from tests.factories import a_child, a_guardian, app_of
from tests.web.browsing import Forms

# What anybody may open without signing in: how one comes in, and whether the installation works.
PUBLIC = {
    "static",
    "sign_in.front",
    "sign_in.form",
    "sign_in.by_phone_page",
    "sign_in.invitation",
    "sign_in.invitation_of",
    "entering.join_page",
    "health.check",
    "receipts.script",
    "letter.opening",
}
BY_LINK = {"letter.show", "letter.file"}  # to whom a referral's link was opened: tests/web/test_referral_links.py
COOKIE = "txs"
REPORTED = dict.fromkeys(("seen_at", "police_at", "police_number", "authority", "protection"), "")
REPORTED |= {"signs": ["injury"], "text": "手臂有伤。", "seen_on": "2026-11-23", "police": "called"}
SCAN = CleanFile("scan.pdf", "PDF", b"%PDF-1.7 the words of a scan %%EOF")
ENDING = ("/account/sessions/", "/sign-out")
OF_THE_DOOR = ("csrf_token", "idem_key")
# Anyone on the staff of the place may report harm to a child of it, of another class too.
OPEN_TO_COLLEAGUES = ("reports.write_page", "reports.write")
VARYING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=name=\"csrf_token\" value=\")[^\"]+")


@dataclass
class World:
    """A child in the middle of its loop, a child that is none of the others' business, and everybody around them."""

    app: Flask
    walk: Walk
    people: dict[str, Actor]
    strangers: dict[str, Actor]
    ids: dict[UUID, dict[str, list]] = field(default_factory=dict)  # by child, then by the name in the address

    @property
    def child_id(self) -> UUID:
        return self.walk.child.id

    @property
    def other_id(self) -> UUID:
        return next(each for each in self.ids if each != self.child_id)

    def client(self, actor: Actor):
        """Return a browser in which this person is signed in."""
        with begin_work(self.walk.installation, None) as work:
            token = open_session(work, actor.user_id, "password")
        client = self.app.test_client()
        client.set_cookie(COOKIE, token)
        return client

    def paths(self, method: str, ids: dict[str, list], *, needs: str = "") -> Iterator[tuple[Rule, str]]:
        """Yield every address of a method, filled in with these ids, once with each."""
        adapter = self.app.url_map.bind("localhost")
        for rule in self.app.url_map.iter_rules():
            if method in rule.methods and needs in (*rule.arguments, "") and rule.endpoint != "static":
                names = sorted(rule.arguments)
                for values in product(*(ids.get(name, [uuid4()]) for name in names)):
                    yield rule, adapter.build(rule.endpoint, dict(zip(names, values, strict=True)), method=method)

    def stored(self) -> dict:
        """Return all that is stored, but for who looked and when a sign-in was last used."""
        left_out = {("user_session", "last_used_at")}
        with self.walk.installation.engine.connect() as connection:
            return {
                table.name: sorted(
                    map(repr, connection.execute(select(*_columns(table, left_out)))),
                )
                for table in Base.metadata.sorted_tables
                if table.name not in ("audit_event", "report_reading")
            }


def _columns(table, left_out: set) -> list:
    return [column for column in table.columns if (table.name, column.name) not in left_out]


@pytest.fixture
def world(installation, work_as, clock, district) -> World:
    walk = Walk(installation, work_as, clock, STORIES[0], district).prepare()
    walk.screen(STORIES[0].low)
    walk.open()
    walk.flag()
    walk.make_plan()
    walk.agree()
    walk.do_tasks(1)
    walk.observe()
    walk.raise_concern(walk.mother)
    walk.refer()
    with work_as(walk.mother) as work:
        plan = entries_of_kind(work, find_child(work, walk.child.id), "care_plan")[-1]
        raise_dispute(work, walk.child.id, plan.id, version=plan.version, text="目标太高了")
    district = walk.district
    with work_as(district.doctor) as work:
        ask_for(work, find_child(work, walk.child.id), "record_summary")
        invite_guardian(work, find_child(work, walk.child.id))
        other_class = {"name": "样本丁", "group_id": district.other_group_id, "birth_on": walk.child.birth_on}
        other = a_child(work, district, **other_class)
        advice = {"kind": "advice", "content": {"text": "多晒太阳"}, "happened_on": work.today}
        for each in (find_child(work, walk.child.id), other):
            entry = record_entry(work, each, section="health", **advice)
            store_attachment(work, each, section="health", file=SCAN, subject_id=entry.id)
            write_report(work, each, content=REPORTED)
    enrolled(work_as, replace(walk.mother, reauthenticated_at=clock.now))
    people = {
        "doctor": district.doctor,
        "teacher": district.teacher,
        "mother": walk.mother,
        "specialist": district.specialist,
        "sysadmin": district.sysadmin,
    }
    strangers = {
        "doctor": district.other_doctor,
        "teacher": district.other_teacher,
        "carer": district.carer,
        "security_officer": district.security_officer,
        "mother": a_guardian(installation, district, other),
    }
    made = World(app_of(installation), walk, people, strangers)
    with work_as(district.doctor, writing=False) as work:
        made.ids = {child_id: _ids_of(work, child_id, district) for child_id in (walk.child.id, other.id)}
    return made


def _ids_of(work, child_id: UUID, district) -> dict[str, list]:
    def ids(model, *kinds) -> list[UUID]:
        """One id of each kind of a child's rows."""
        rows = work.session.execute(select(model.id, *kinds).where(model.child_id == child_id))
        return list({tuple(kind): row_id for row_id, *kind in rows}.values())

    group_id = district.group_id if ids(Case) else district.other_group_id
    guardians = select(Relationship.user_id).where(Relationship.child_id == child_id, Relationship.kind == "guardian")
    user_ids = list(work.session.scalars(guardians))
    return {
        "child_id": [child_id],
        "entry_id": ids(Entry, Entry.kind),
        "case_id": ids(Case),
        "task_id": ids(Task, Task.kind, Task.whose_turn),
        "referral_id": ids(Referral),
        "handout_id": ids(Handout),
        "attachment_id": ids(Attachment),
        "report_id": ids(MandatoryReport),
        "invitation_id": ids(Invitation),
        "note_id": list(work.session.scalars(select(Dispute.note_id).where(Dispute.child_id == child_id))),
        "signature_id": ids(Signature, Signature.capacity),
        "consent_id": ids(Consent),
        "group_id": [group_id],
        "user_id": user_ids,
        "session_id": list(work.session.scalars(select(UserSession.id).where(UserSession.user_id.in_(user_ids)))),
        "phone_id": list(work.session.scalars(select(BoundPhone.id))),
        "passkey_id": list(work.session.scalars(select(Passkey.id).where(Passkey.user_id.in_(user_ids)))),
        "purpose": ["P2"],
        "part": ["morning"],
        "key": ["SCR_ANEMIA", "MCHATR"],
        "code": ["AAAAA-AAAAA"],
    }


def csrf_token(client) -> str:
    """Return a form token of this browser."""
    page = client.get("/sign-in").get_data(as_text=True)
    return re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)


def forms_of(page: str) -> list[tuple[str, dict[str, list[str]]]]:
    """Return the POST forms of a page one by one, each with its action and its untouched fields."""
    pieces = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
    return [pair for piece in pieces for pair in Forms(piece).by_action.items()]


# --- nobody ----------------------------------------------------------------------------------------------------------


def test_without_signing_in_only_the_doors_themselves_open(world):
    anybody = world.app.test_client()
    for rule, path in world.paths("GET", world.ids[world.child_id]):
        answer = anybody.get(path)
        if rule.endpoint in BY_LINK:
            assert answer.status_code == 403
        elif rule.endpoint not in PUBLIC:
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in"), path
        assert world.walk.child.name not in answer.get_data(as_text=True)


def test_without_signing_in_no_form_is_taken(world):
    """S-55: without a token, and with one."""
    anybody = world.app.test_client()
    token = csrf_token(anybody)
    before = world.stored()
    for rule, path in world.paths("POST", world.ids[world.child_id]):
        answer = anybody.post(path, data={"csrf_token": token})
        is_public = world.app.view_functions[rule.endpoint].door == "public"
        expected = (302, 303, 400, 403, 422, 429) if is_public else (302,)
        assert answer.status_code in expected, (path, answer.status_code)
    assert world.stored() == before


def test_what_is_not_there_is_not_there_for_anybody(world):
    anybody = world.app.test_client()
    for path in ("/nothing", "/children/1", "/children/../etc/passwd", "/static/../app.py", "/static/%2e%2e/app.py"):
        assert anybody.get(path).status_code == 404
    for method in ("put", "patch", "delete", "trace"):
        assert getattr(anybody, method)("/sign-in").status_code == 405


# --- somebody else's child ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["doctor", "teacher", "carer", "security_officer", "mother"])
def test_a_child_of_others_is_as_if_it_were_not_there(world, who):
    client = world.client(world.strangers[who])
    token, before = csrf_token(client), world.stored()
    missing = {name: [uuid4()] for name in world.ids[world.child_id]} | {
        "purpose": ["P2"],
        "part": ["morning"],
        "key": ["SCR_ANEMIA"],
    }
    theirs = {name: values[:1] for name, values in world.ids[world.child_id].items()}
    for method, body in (("get", None), ("post", {"csrf_token": token})):
        absent = {rule.rule: path for rule, path in world.paths(method.upper(), missing)}
        for rule, path in world.paths(method.upper(), theirs):
            if rule.endpoint in BY_LINK or set(rule.arguments) <= {
                "code",
                "token",
                "session_id",
                "phone_id",
                "passkey_id",
            }:
                continue
            if who == "teacher" and rule.endpoint in OPEN_TO_COLLEAGUES:
                continue
            answers = [client.open(each, method=method, data=body) for each in (path, absent[rule.rule])]
            to_its_home = rule.endpoint == "children.show" and answers[0].location == "/home"
            assert answers[0].status_code in (403, 404) or to_its_home, (path, answers[0].status_code)
            assert answers[0].status_code == answers[1].status_code, path
            seen = [VARYING.sub("", answer.get_data(as_text=True)) for answer in answers]
            assert seen[0] == seen[1]
    assert world.stored() == before
    with begin_work(world.walk.installation, None, writing=False) as work:
        asked = select(AuditEvent.outcome).where(
            AuditEvent.child_id == world.child_id, AuditEvent.user_id == world.strangers[who].user_id
        )
        assert set(work.session.scalars(asked)) == {"deny"}


@pytest.mark.parametrize("who", ["doctor", "teacher", "mother"])
def test_a_part_of_another_child_does_not_open_under_ones_own(world, who):
    client = world.client(world.people[who])
    token, before = csrf_token(client), world.stored()
    mixed = {name: values for name, values in world.ids[world.other_id].items() if name != "child_id"}
    mixed |= {"child_id": [world.child_id], "group_id": world.ids[world.child_id]["group_id"]}
    for method, body in (("get", None), ("post", {"csrf_token": token})):
        for rule, path in world.paths(method.upper(), mixed, needs="child_id"):
            if set(rule.arguments) <= {"child_id", "group_id", "purpose", "part", "key"}:
                continue
            answer = client.open(path, method=method, data=body)
            assert answer.status_code in (403, 404), (path, answer.status_code)
    assert world.stored() == before


# --- pages and forms of those who may -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["doctor", "teacher", "mother", "specialist", "sysadmin"])
def test_opening_pages_changes_nothing_and_no_form_is_taken_but_as_its_page_sent_it(world, who):
    """S-41, S-55: fields that are not on the form, foreign tokens, other sites, state changed by GET."""
    client = world.client(world.people[who])
    foreign = csrf_token(world.client(world.people[who]))
    before, forms = world.stored(), {}
    for _rule, path in world.paths("GET", world.ids[world.child_id]):
        page = client.get(path)
        assert page.status_code in (200, 302, 403, 404, 409), (path, page.status_code)
        if page.status_code == 200 and page.mimetype == "text/html":
            forms |= dict(forms_of(page.get_data(as_text=True)))
    assert forms
    assert world.stored() == before
    for action, untouched in forms.items():
        other = {name: values for name, values in untouched.items() if name != "csrf_token"}
        wrong = {
            "no token": (other, {}),
            "a foreign token": (other | {"csrf_token": [foreign]}, {}),
            "another site": (untouched, {"Sec-Fetch-Site": "cross-site"}),
            "another origin": (untouched, {"Origin": "https://evil.example"}),
            "an unknown field": (untouched | {"role": ["sysadmin"]}, {}),
        }
        for name in [name for name, values in other.items() if name not in OF_THE_DOOR and len(values) == 1][:1]:
            wrong["a doubled field"] = (untouched | {name: other[name] * 2}, {})
        for what, (sent, headers) in wrong.items():
            answer = client.post(action, data=sent, headers=headers)
            assert answer.status_code == 400, (action, what, answer.status_code)
    assert world.stored() == before
    for action, untouched in sorted(forms.items(), key=lambda form: form[0].startswith(ENDING)):
        status = client.post(action, data=untouched).status_code
        fits = status in (200, 302, 303, 403, 404, 409, 422)
        assert fits or action.startswith(ENDING), (action, status)
