"""S-37, S-39, S-40: every page, as everybody, against what is written here; and what somebody else's ids are worth."""

import re

import pytest
from sqlalchemy import select

from mengya_health.audit import AuditEvent
from mengya_health.people import seals
from mengya_health.people.models import Consent, Relationship
from tests.factories import a_member
from tests.web.policy import ANYONE_SIGNED_IN, ELSEWHERE, OPEN, PUBLIC
from tests.web.test_doors import VARYING, World, csrf_token, world

__all__ = ["world"]

CLOSED = (302, 403, 404, 409)
# Their answer depends on something else than who asks.
NOT_ASKED = {"static", "health.check", "papers.pdf", "papers.batch_pdf"}


def opened(world: World, client) -> set[str]:
    """Return the endpoints that open, with one id of each kind; whatever does not is one of the refusals."""
    found = set()
    for rule, path in world.paths("GET", {name: ids[:1] for name, ids in world.ids[world.child_id].items()}):
        if rule.endpoint in NOT_ASKED:
            continue
        status = client.get(path).status_code
        assert status == 200 or status in CLOSED, (path, status)
        if status == 200:
            found.add(rule.endpoint)
    return found


def change(world: World, model, *which) -> None:
    """End rows today, as a command would: sealed again."""
    with world.walk.work_as(None) as work:
        for row in work.session.scalars(select(model).where(model.child_id == world.child_id, *which)):
            row.to_on = max(work.today, row.from_on)
            seals.reseal(work, row)


def reopen(world: World, model) -> None:
    with world.walk.work_as(None) as work:
        for row in work.session.scalars(select(model).where(model.child_id == world.child_id)):
            row.to_on = None
            seals.reseal(work, row)


def test_every_page_opens_to_exactly_whom_the_policy_names(world):
    """S-37, and S-40 with it: each browser keeps its one session while relationships and consents end around it."""
    district = world.walk.district
    with world.walk.work_as(district.sysadmin) as work:
        others = {role: a_member(work, role, district.mch_institute_id) for role in ("reviewer", "manager")}
    actors = world.people | others | {f"other_{name}": actor for name, actor in world.strangers.items()}
    clients = {name: world.client(actor) for name, actor in actors.items()}
    clients["anonymous"] = world.app.test_client()

    def pages(state: str) -> dict[str, set[str]]:
        return {name: opened(world, clients[name]) for name in OPEN[state]}

    seen = {"usual": pages("usual")}
    change(world, Consent, Consent.purpose == "P1")
    seen["consent withdrawn"] = pages("consent withdrawn")
    reopen(world, Consent)
    change(world, Relationship)
    seen["relationship ended"] = pages("relationship ended")
    for state, theirs in OPEN.items():
        for name, written in theirs.items():
            anyone = PUBLIC | (ANYONE_SIGNED_IN if name != "anonymous" else set())
            assert seen[state][name] == written | anyone, (state, name)
    rules = {rule.endpoint for rule in world.app.url_map.iter_rules() if "GET" in rule.methods}
    written = set().union(
        PUBLIC, ANYONE_SIGNED_IN, ELSEWHERE, *(each for names in OPEN.values() for each in names.values())
    )
    assert rules - NOT_ASKED == written


@pytest.mark.parametrize("who", ["mother", "doctor", "teacher"])
def test_ids_of_another_family_class_or_clinic_read_like_ids_that_are_not_there(world, who):
    """S-39: section, PDF, signature, audit list; same status, body and size; what was refused is audited."""
    client = world.client(world.strangers[who])
    theirs = {name: ids[:1] for name, ids in world.ids[world.child_id].items()}
    compared = 0
    missing = {
        rule.rule: path
        for rule, path in world.paths("GET", {"purpose": ["P2"], "part": ["morning"], "key": ["SCR_ANEMIA"]})
    }
    for rule, path in world.paths("GET", theirs):
        if not {"child_id", "entry_id", "case_id", "handout_id", "referral_id", "task_id"} & set(rule.arguments):
            continue
        if who == "teacher" and rule.endpoint == "reports.write_page":
            continue  # any of the staff of a place may report about any child there
        foreign, absent = client.get(path), client.get(missing[rule.rule])
        bodies = [VARYING.sub("", answer.get_data(as_text=True)) for answer in (foreign, absent)]
        assert (foreign.status_code, len(bodies[0])) == (absent.status_code, len(bodies[1])), path
        assert bodies[0] == bodies[1], path
        assert foreign.headers["Cache-Control"] == "no-store"
        compared += foreign.status_code == 404
    assert compared > 10
    with world.walk.work_as(None, writing=False) as work:
        chosen = select(AuditEvent.reason).where(
            AuditEvent.user_id == world.strangers[who].user_id,
            AuditEvent.child_id == world.child_id,
            AuditEvent.outcome == "deny",
        )
        reasons = set(work.session.scalars(chosen))
    assert reasons & {"guardian_of", "clinic_doctor_of", "teacher_of"}


def test_a_form_sent_again_by_somebody_else_is_their_own_form(world):
    """S-39, idempotent replay: the key of somebody's form says nothing and opens nothing to another."""
    mother, stranger = world.client(world.people["mother"]), world.client(world.strangers["mother"])
    path = f"/home/{world.child_id}/concern"
    page = mother.get(path).get_data(as_text=True)
    fields = {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf_token", "idem_key")}
    assert mother.post(path, data=fields | {"text": "这两天吃得少"}).status_code == 303
    replayed = stranger.post(path, data=fields | {"text": "这两天吃得少", "csrf_token": csrf_token(stranger)})
    assert replayed.status_code == 404
