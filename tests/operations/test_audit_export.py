"""The audit as FHIR R4 AuditEvents: every column arrives, every event has what FHIR and BALP ask for."""

import json
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from mengya_health import audit
from mengya_health.access.actor import Emergency
from mengya_health.audit import AuditEvent
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotPermitted
from mengya_health.operations.audit_export import export_audit
from mengya_health.people.accounts import add_membership
from mengya_health.people.oversight import Wanted
from mengya_health.people.queries import find_child
from tests.factories import an_account

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
# hl7.org/fhir/R4/auditevent.html: what must be there, and the codes that are required.
REQUIRED = {"resourceType", "type", "recorded", "agent", "source"}
ACTIONS, OUTCOMES = set("CRUDE"), {"0", "4", "8", "12"}


def written(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def officer_login(district, work_as) -> str:
    with work_as(district.sysadmin) as work:
        user = an_account(work, login="officer")
        add_membership(work, user_id=user.id, role="security_officer")
    return "officer"


def check(event: dict) -> None:
    """Assert what FHIR R4 and the BALP profiles require of one event."""
    assert set(event) >= REQUIRED
    assert event["resourceType"] == "AuditEvent"
    assert event["action"] in ACTIONS
    assert event["outcome"] in OUTCOMES
    assert event["recorded"].endswith("+00:00")
    assert {"system", "code"} <= set(event["type"])
    assert event["source"]["observer"]
    assert all(isinstance(agent["requestor"], bool) for agent in event["agent"])
    assert [agent["requestor"] for agent in event["agent"]].count(True) == 1
    kinds = {agent["type"]["coding"][0]["code"] for agent in event["agent"]}
    assert {"IRCP", "110152", "110153"} <= kinds
    for entity in event["entity"]:
        assert entity["what"]
        assert {"system", "code"} <= set(entity["type"])
    profiles = event.get("meta", {}).get("profile", [])
    patients = [e for e in event["entity"] if e.get("role", {}).get("code") == "1"]
    if any(profile.startswith(f"{BALP}Patient") for profile in profiles):
        assert event["outcome"] == "0"
        assert len(patients) == 1
        assert len(event["entity"]) >= 2


def test_every_action_becomes_an_event_with_what_fhir_requires(installation, work_as, district, register, tmp_path):
    child, emergency_id, out = register("P1"), new_id(), tmp_path / "audit.ndjson"
    rescuer = replace(
        district.other_doctor,
        session_id=new_id(),
        emergency=Emergency(emergency_id, child.id, installation.now() + timedelta(hours=1)),
    )
    with work_as(rescuer) as work:
        work.source = "192.0.2.0"
        for action in ("R", "C", "U", "D", "E", "P", "S", "Sign"):
            audit.note(work, action, child.id, "entry", record_id=new_id())
        audit.note(work, "S", None, "lookup", outcome="deny", reason="not_found")
    login = officer_login(district, work_as)
    count = export_audit(installation, out, login=login, wanted=Wanted())
    events = written(out)
    assert len(events) == count
    assert out.stat().st_mode & 0o077 == 0
    for event in events:
        check(event)
    mine = [
        e for e in events if e["agent"][0]["who"].get("identifier", {}).get("value") == f"urn:uuid:{rescuer.user_id}"
    ]
    profiles = {e["meta"]["profile"][0].removeprefix(BALP) for e in mine if "meta" in e}
    assert profiles == {"PatientRead", "PatientCreate", "PatientUpdate", "PatientDelete", "PatientQuery"}
    denied = next(e for e in mine if e["outcome"] == "4")
    assert denied["outcomeDesc"] == "not_found"
    read = next(e for e in mine if e.get("meta", {}).get("profile") == [f"{BALP}PatientRead"])
    assert read["purposeOfEvent"][0]["coding"][0]["code"] == "ETREAT"
    assert read["agent"][1]["network"] == {"address": "192.0.2.0", "type": "2"}
    details = {d["type"]: d["valueString"] for e in read["entity"] for d in e.get("detail", ())}
    assert details == {"session": str(rescuer.session_id), "break-glass": str(emergency_id)}
    assert child.name not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("database", ["sqlite"])
def test_an_export_is_narrowed_and_is_in_the_audit_itself(installation, work_as, district, register, clock, tmp_path):
    first, second = register("P1"), register("P1", name="样本乙")
    clock.forward(days=2)
    with work_as(district.doctor, writing=False) as work:
        find_child(work, second.id)
        audit.read(work, second.id, "child")
    login = officer_login(district, work_as)
    of_child, later = tmp_path / "child.ndjson", tmp_path / "later.ndjson"
    export_audit(installation, of_child, login=login, wanted=Wanted(), child_number=first.number)
    ids = {
        e["what"]["identifier"]["value"]
        for each in written(of_child)
        for e in each["entity"]
        if "role" in e and e["role"]["code"] == "1"
    }
    assert ids == {f"urn:uuid:{first.id}"}
    export_audit(installation, later, login=login, wanted=Wanted(from_on=clock.now.date(), to_on=clock.now.date()))
    days = {each["recorded"][:10] for each in written(later)}
    assert days == {clock.now.date().isoformat()}
    with work_as(None, writing=False) as work:
        assert len(work.session.scalars(select(AuditEvent.id).where(AuditEvent.action == "E")).all()) == 2
    with pytest.raises(Invalid):
        export_audit(installation, later, login=login, wanted=Wanted())
    with pytest.raises(NotPermitted):
        export_audit(installation, tmp_path / "never", login="sysadmin", wanted=Wanted())
    assert not (tmp_path / "never").exists()


@pytest.mark.full
@pytest.mark.parametrize("database", ["sqlite"])
def test_memory_stays_flat_however_long_the_audit_is(installation, work_as, district, tmp_path):
    row = {"request_id": new_id(), "role": "doctor", "action": "R", "record_type": "child", "purpose": "care"}
    row |= {"outcome": "allow", "at": installation.now(), "child_id": new_id()}
    login = officer_login(district, work_as)
    peaks = []
    for number in (9_000, 9_000):  # more than what is cached of ids
        with work_as(None) as work:
            work.session.execute(insert(AuditEvent), [row | {"id": new_id()} for _ in range(number)])
        tracemalloc.start()
        export_audit(installation, tmp_path / f"{len(peaks)}", login=login, wanted=Wanted())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3
