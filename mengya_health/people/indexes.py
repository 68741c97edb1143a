"""The blind indexes of a child: what it can be found by, at each place that serves it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select

from mengya_health.crypto.blind_index import BlindIndex
from mengya_health.db import new_id
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, ChildIndex


def write_indexes(work, child: Child, identity: dict, organisation_ids: Iterable[UUID]) -> None:
    """Put a child's blind indexes in place of the ones it had."""
    index = work.keys.index
    work.session.execute(delete(ChildIndex).where(ChildIndex.child_id == child.id))
    rows = [_index_row(work, child.id, *found) for place in organisation_ids for found in _tags(index, identity, place)]
    unique = {"id_no": index.id_number(identity["id_no"])} if identity["id_no"] else {}
    if identity["clinic_no"]:
        unique["clinic_no"] = index.clinic_number(identity["clinic_no"], child.organisation_id)
    rows += [_index_row(work, child.id, kind, tag, unique_value=tag) for kind, tag in unique.items()]
    work.session.add_all(rows)


def index_at(work, child: ChildFacts, organisation_id: UUID) -> None:
    """Make a child findable at one more place, by the names and phones within that place."""
    row = work.session.get(Child, child.id)
    identity = work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)
    had = work.session.execute(select(ChildIndex.kind, ChildIndex.value).where(ChildIndex.child_id == child.id))
    known = {(kind, value) for kind, value in had}
    new = set(_tags(work.keys.index, identity, organisation_id)) - known
    work.session.add_all(_index_row(work, child.id, kind, value) for kind, value in sorted(new))


def _tags(index: BlindIndex, identity: dict, organisation_id: UUID) -> list[tuple[str, bytes]]:
    name, phones = identity["name"], {contact["phone"] for contact in identity["contacts"]}
    return [
        ("name", index.name(name, organisation_id)),
        *(("initials", tag) for tag in index.initials(name, organisation_id)),
        *(("phone", index.phone(phone, organisation_id)) for phone in sorted(phones)),
    ]


def _index_row(work, child_id: UUID, kind: str, value: bytes, *, unique_value: bytes | None = None) -> ChildIndex:
    return ChildIndex(
        id=new_id(),
        child_id=child_id,
        kind=kind,
        value=value,
        unique_value=unique_value,
        bidx_version=work.keys.index.version,
    )
