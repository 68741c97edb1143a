"""A guardian's copy of the whole record of their child (个人信息保护法 第四十五条), as JSON for any other program.

What the guardian may read, with every version, its author and its signatures. No contacts of anybody, nothing that is
kept apart (class special, mandatory reports). Files are listed; each is taken from the page of its entry.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.care.queries import CaseLine, cases_of
from mengya_health.care.referral_lists import referrals_of
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.people.sessions import require_fresh
from mengya_health.record.attachments import attachments_of
from mengya_health.record.queries import OpenEntry
from mengya_health.record.versions import Version, every_version
from mengya_health.screening.measurements import READING_KINDS, measurements_in
from mengya_health.signing.consents import consents_of
from mengya_health.signing.queries import SignatureFacts, signatures_of

FORM = "mengya/copy/1"


def whole_copy(work, child: ChildFacts) -> bytes:
    """Return the copy as UTF-8 JSON, for a guardian who proved just now who they are; it is kept nowhere.

    Raises NotPermitted, PasswordNeeded, IntegrityError where a part does not hold: then nothing leaves.
    """
    require(work.actor, Permission.TAKE_COPY, child.subject)
    require_fresh(work)
    noted = len(work.audit_rows)
    content = json.dumps(_fields(work, child), ensure_ascii=False, indent=1, default=str)
    # One line in 谁看过档案, which covers whatever was read for it.
    del work.audit_rows[noted:]
    audit.note(work, "E", child.id, "record", purpose="export")
    return content.encode()


def _fields(work, child: ChildFacts) -> dict:
    versions = every_version(work, child)
    entry_ids = list(dict.fromkeys(version.entry.id for version in versions))
    signatures, files = signatures_of(work, child, entry_ids), attachments_of(work, child, entry_ids)
    places = {each.id: each.name for each in work.session.execute(select(Organisation.id, Organisation.name))}
    newest = [next(group).entry for _id, group in groupby(versions, key=lambda each: each.entry.id)]
    has_health = not child.subject.has_ended("health")
    return {
        "form": FORM,
        "made_at": work.now,
        "child": _child(child, places),
        "ended": dict(child.subject.ended),  # class: until when it is only stored; null: destroyed
        "entries": [_entry(entry, versions, signatures, files, work.actor.user_id, places) for entry in newest],
        "measurements": [asdict(each) for each in measurements_in(_of_kinds(newest, READING_KINDS))],
        "cases": [_case(each) for each in cases_of(work, child)] if has_health else [],
        "referrals": [_referral(each, places) for each in referrals_of(work, child)] if has_health else [],
        "consents": _consents(work, child, places),
    }


def _child(child: ChildFacts, places: dict[UUID, str]) -> dict:
    """Return who the child is; whom to call is not the child's own record, and parents may live apart."""
    told = ("number", "name", "sex", "birth_on", "gestational_days", "birth_weight_kg", "allergies", "class_name")
    return {name: getattr(child, name) for name in told} | {"clinic": places.get(child.clinic_id, "")}


def _of_kinds(entries: Iterable[OpenEntry], kinds: Iterable[str]) -> list[OpenEntry]:
    return sorted((each for each in entries if each.kind in kinds), key=lambda each: each.happened_on)


def _entry(entry: OpenEntry, versions: list[Version], signatures: dict, files: dict, me: UUID, places: dict) -> dict:
    told = ("id", "section", "kind", "status", "case_id", "happened_on", "is_disputed")
    return {name: getattr(entry, name) for name in told} | {
        "organisation": places.get(entry.organisation_id, ""),
        "versions": [_version(each) for each in versions if each.entry.id == entry.id],
        "signatures": [_signature(each, me) for each in signatures.get(entry.id, ())],
        "files": [
            {"id": each.id, "name": each.name, "kind": each.kind, "bytes": each.size}
            for each in files.get(entry.id, ())
        ],
    }


def _version(version: Version) -> dict:
    entry = version.entry
    return {
        "version": entry.version,
        "author": version.author,
        "author_role": entry.author_role,
        "recorded_at": entry.recorded_at,
        "content": entry.content,
        "commitment": entry.commit.hex(),
    }


def _signature(signature: SignatureFacts, me: UUID) -> dict:
    told = ("id", "version", "capacity", "decision", "level", "signed_at", "withdrawn_at", "is_in_person", "is_synced")
    return {name: getattr(signature, name) for name in told} | {"is_mine": signature.signer_id == me}


def _case(case: CaseLine) -> dict:
    told = ("id", "number", "plain_name", "plain_state", "round", "opened_on", "closed_on")
    return {name: getattr(case, name) for name in told}


def _referral(referral, places: dict[UUID, str]) -> dict:
    told = ("id", "number", "status", "sent_on", "reply_due_on", "entry_id", "feedback_entry_id", "not_done")
    return {name: getattr(referral, name) for name in told} | {"receiver": places.get(referral.receiver_id, "")}


def _consents(work, child: ChildFacts, places: dict[UUID, str]) -> list[dict]:
    told = ("purpose", "how", "text_version", "given_at", "to_on", "is_in_force")
    return [
        {name: getattr(each, name) for name in told}
        | {"receiver": places.get(each.receiver_id, ""), "is_mine": each.given_by == work.actor.user_id}
        for each in consents_of(work, child)
    ]
