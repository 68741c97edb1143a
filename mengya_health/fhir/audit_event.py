"""One audit row as a FHIR R4 AuditEvent, after the IHE Basic Audit Log Patterns (BALP 1.1).

| Column | AuditEvent |
|---|---|
| id, at | id, recorded |
| action | action, type, subtype; meta: BALP's PatientRead, …Create, …Update, …Delete, …Query (no child: Read …) |
| outcome, reason | outcome 0 (allow) or 4 (deny), outcomeDesc; BALP's profiles are for what succeeded only |
| user_id, role, organisation_id | agent IRCP: who, role; agent CST: who |
| source | network of the client agent |
| purpose | purposeOfEvent: TREAT, ETREAT for an emergency, HCOMPL for oversight |
| child_id | entity Person/Patient |
| record_type, record_id | entity System Object/Domain Resource |
| request_id, session_id, break_glass_id | entity of type XrequestId; session and emergency are its details |

Sources: hl7.org/fhir/R4/auditevent.html; profiles.ihe.net/ITI/BALP.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from mengya_health.audit import AuditEvent

_THO, _BALP = "http://terminology.hl7.org/CodeSystem", "https://profiles.ihe.net/ITI/BALP"
_REST, _LIFECYCLE = "http://hl7.org/fhir/restful-interaction", f"{_THO}/iso-21089-lifecycle"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_RESTFUL = (f"{_THO}/audit-event-type", "rest", "Restful Operation")
_EXPORT = (_DCM, "110106", "Export")
# Ours → FHIR action, type, subtype, BALP profile.
_ACTIONS = {
    "R": ("R", _RESTFUL, (_REST, "read", "read"), "Read"),
    "C": ("C", _RESTFUL, (_REST, "create", "create"), "Create"),
    "U": ("U", _RESTFUL, (_REST, "update", "update"), "Update"),
    "D": ("D", _RESTFUL, (_REST, "delete", "delete"), "Delete"),
    "S": ("E", _RESTFUL, (_REST, "search", "search"), "Query"),
    "P": ("R", _EXPORT, (_LIFECYCLE, "report", "Report (Output) Record Lifecycle Event"), ""),
    "E": ("R", _EXPORT, (_LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"), ""),
    "Sign": ("E", _RESTFUL, (_LIFECYCLE, "attest", "Attest Record Lifecycle Event"), ""),
}
_PURPOSES = {
    "care": ("TREAT", "treatment"),
    "emergency": ("ETREAT", "Emergency Treatment"),
    "oversight": ("HCOMPL", "health compliance"),
}
_SOURCE_ROLE, _DESTINATION_ROLE = (_DCM, "110153", "Source Role ID"), (_DCM, "110152", "Destination Role ID")


def audit_event(row: AuditEvent | Row, deployment_id: UUID) -> dict[str, Any]:
    """Return an audit row as a FHIR R4 AuditEvent: ids and codes, no name and no content."""
    action, kind, subkind, profile = _ACTIONS[row.action]
    is_allowed = row.outcome == "allow"
    event = {
        "resourceType": "AuditEvent",
        "id": str(row.id),
        "type": _coding(*kind),
        "subtype": [_coding(*subkind)],
        "action": action,
        "recorded": row.at.isoformat(timespec="milliseconds"),
        "outcome": "0" if is_allowed else "4",
        "purposeOfEvent": [_purpose(row.purpose)],
        "agent": _agents(row, deployment_id, is_reading=row.action in ("R", "P", "E")),
        "source": {
            "site": "mengya_health",
            "observer": _named(deployment_id),
            "type": [_coding(f"{_THO}/security-source-type", "4", "Application Server")],
        },
        "entity": _entities(row),
    }
    if is_allowed and profile:
        whose = "Patient" if row.child_id else ""
        event["meta"] = {"profile": [f"{_BALP}/StructureDefinition/IHE.BasicAudit.{whose}{profile}"]}
    if not is_allowed:
        event["outcomeDesc"] = row.reason or "denied"
    return event


def _agents(row: AuditEvent | Row, deployment_id: UUID, *, is_reading: bool) -> list[dict]:
    # On a read the server is where the data comes from; on everything else the client is.
    server, client = (_SOURCE_ROLE, _DESTINATION_ROLE) if is_reading else (_DESTINATION_ROLE, _SOURCE_ROLE)
    user = {
        "type": _concept(f"{_THO}/v3-ParticipationType", "IRCP", "information recipient"),
        "role": [_concept("urn:mengya:role", row.role)],
        "who": _named(row.user_id) if row.user_id else {"display": "anonymous"},
        "requestor": True,
    }
    at_client = {"type": _concept(*client), "who": {"display": "browser"}, "requestor": False}
    if row.source:
        at_client["network"] = {"address": row.source, "type": "2"}
    agents = [user, at_client, {"type": _concept(*server), "who": _named(deployment_id), "requestor": False}]
    if row.organisation_id:
        custodian = _concept(f"{_THO}/v3-ParticipationType", "CST", "custodian")
        agents.append({"type": custodian, "who": _named(row.organisation_id), "requestor": False})
    return agents


def _entities(row: AuditEvent | Row) -> list[dict]:
    details = {"session": row.session_id, "break-glass": row.break_glass_id}
    request = {
        "what": _named(row.request_id),
        "type": _coding(f"{_BALP}/CodeSystem/BasicAuditEntityType", "XrequestId"),
    }
    noted = [{"type": name, "valueString": str(value)} for name, value in details.items() if value]
    if noted:
        request["detail"] = noted
    record = {
        "what": _named(row.record_id) | {"display": row.record_type} if row.record_id else {"display": row.record_type},
        "type": _coding(f"{_THO}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{_THO}/object-role", "4", "Domain Resource"),
    }
    entities = [record, request]
    if row.child_id:
        patient = {
            "what": _named(row.child_id) | {"type": "Patient"},
            "type": _coding(f"{_THO}/audit-entity-type", "1", "Person"),
            "role": _coding(f"{_THO}/object-role", "1", "Patient"),
        }
        entities.insert(0, patient)
    return entities


def _purpose(purpose: str) -> dict:
    if purpose not in _PURPOSES:
        return {"text": purpose}
    return _concept(f"{_THO}/v3-ActReason", *_PURPOSES[purpose])


def _named(our_id: UUID) -> dict:
    return {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{our_id}"}}


def _concept(system: str, code: str, display: str = "") -> dict:
    return {"coding": [_coding(system, code, display)]}


def _coding(system: str, code: str, display: str = "") -> dict:
    return {"system": system, "code": code} | ({"display": display} if display else {})
