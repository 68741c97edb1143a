"""Take children into care, correct their sheets, and say who may reach them."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotFound, Unavailable
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.indexes import index_at, write_indexes
from mengya_health.people.models import Child, ChildIndex, Group, Organisation, Region, Relationship
from mengya_health.people.numbers import new_number
from mengya_health.people.queries import find_child, identity_of
from mengya_health.people.schemas import require_possible_birth
from mengya_health.people.search import require_lookups_left
from mengya_health.people.subjects import ATTENDING

ENROLLED_FOR = timedelta(days=365)
_DRAWS = 50  # of a free number, before saying that a year's million numbers are nearly used up


def register_child(
    work,
    *,
    clinic_id: UUID,
    name: str,
    sex: str,
    birth_on: date,
    gestational_days: int | None = None,
    birth_weight_kg: str | None = None,
    id_no: str | None = None,
    allergies: str = "",
    contacts: list[dict] | tuple = (),
    clinic_no: str = "",
    group_id: UUID | None = None,
    child_id: UUID | None = None,
) -> ChildFacts:
    """Take a child into a clinic's care: keys, row, indexes, care relationship, and its class where it has one.

    The keys are committed before anything else; consents are given afterwards (`signing.consents`), and until P1 is
    there nothing can be written. `contacts` are dicts of name, phone and relation; `clinic_no` is the number the clinic
    itself gave the child. `child_id` comes with its keys made already: an import makes those of many children at once.
    Raises NotPermitted, Invalid for an impossible birth date or a 身份证号 that has a record already.
    """
    require(work.actor, Permission.REGISTER_CHILD, PlaceSubject(clinic_id))
    require_possible_birth(birth_on, work.today)
    identity = _identity(name, sex, birth_on, gestational_days, birth_weight_kg, id_no, allergies, contacts, clinic_no)
    _require_new_id_number(work, id_no, None)
    child = Child(
        id=child_id or new_id(),
        number=_free_number(work, clinic_id),
        organisation_id=clinic_id,
        status="active",
        created_at=work.now,
        body_version=1,
        row_version=1,
    )
    if child_id is None:
        work.keys.create_child_keys([child.id])
    _put_identity(work, child, identity)
    seals.seal(work, child)
    work.session.add(child)
    work.session.flush()
    write_indexes(work, child, identity, [clinic_id])
    note_identity(work, child, "create")
    tie_child(work, child.id, kind="care", organisation_id=clinic_id)
    audit.changed(work, child.id, "child", child.id, action="C")
    if group_id:
        enrol_child(work, find_child(work, child.id), group_id)
    return find_child(work, child.id)


def correct_child(work, child_id: UUID, *, row_version: int, **identity) -> ChildFacts:
    """Correct who a child is; takes what `register_child` takes, without clinic and class.

    Raises Conflict with what a colleague stored since `row_version`, NotFound, NotPermitted, Invalid.
    """
    # Loaded before it is compared, so that storing it notices whoever comes in between.
    child = work.session.get(Child, child_id)
    facts = find_child(work, child_id, Permission.KEEP_CHILD)
    if facts.row_version != row_version:
        work.session.refresh(child)
        raise Conflict(theirs=identity_of(work, facts), row_version=facts.row_version)
    require_possible_birth(identity["birth_on"], work.today)
    _require_new_id_number(work, identity.get("id_no"), child_id)
    kept = identity_of(work, facts)["clinic_no"]
    child.body_version += 1
    corrected = _identity(**identity) | {"clinic_no": kept}
    _put_identity(work, child, corrected)
    seals.reseal(work, child)
    work.session.flush()
    places = {facts.clinic_id, *(tie.organisation_id for kind in ATTENDING for tie in facts.subject.current(kind))}
    write_indexes(work, child, corrected, places)
    note_identity(work, child, "correct")
    audit.changed(work, child_id, "child", child_id)
    return find_child(work, child_id)


def enrol_child(work, child: ChildFacts, group_id: UUID, *, from_on: date | None = None) -> Relationship:
    """Put a child into a class for a year; the class it was in until then lets go of it the same day.

    Before the year is over the clinic approves it anew (`people.renewals`).

    Raises NotFound for a class that is not there, Invalid when the child is in it already, NotPermitted.
    """
    require(work.actor, Permission.KEEP_CHILD, child.subject)
    group = work.session.get(Group, group_id)
    if group is None:
        raise NotFound
    begins_on = from_on or work.today
    for tie in child.subject.current("enrolment"):
        if tie.group_id == group_id:
            message = "孩子已经在这个班里了。 The child is in this class already."
            raise Invalid(fields={"group_id": [message]})
        end_tie(work, child, tie.id, on=begins_on)
    index_at(work, child, group.organisation_id)
    return tie_child(
        work,
        child.id,
        kind="enrolment",
        organisation_id=group.organisation_id,
        group_id=group_id,
        from_on=begins_on,
        to_on=begins_on + ENROLLED_FOR,
    )


def end_enrolment(work, child: ChildFacts, *, on: date | None = None) -> None:
    """Take a child out of its class from a day on, today by default: that day its teachers no longer reach it."""
    require(work.actor, Permission.LEAVE_CLASS, child.subject)
    for tie in child.subject.current("enrolment"):
        end_tie(work, child, tie.id, on=on)


def book_visit(
    work, child: ChildFacts, *, organisation_id: UUID, on: date, group_id: UUID | None = None
) -> Relationship:
    """Book one day at a baby house (宝宝屋); its staff reach the child on that day only.

    Raises Invalid for a day gone by or a place that is no baby house, NotPermitted.
    """
    require(work.actor, Permission.BOOK_VISIT, child.subject)
    place = work.session.get(Organisation, organisation_id)
    if place is None or place.kind != "baby_house":
        raise Invalid(fields={"organisation_id": ["请选一家宝宝屋。 Please choose a baby house."]})
    if on < work.today:
        raise Invalid(fields={"on": ["请选今天或以后的日子。 Choose today or a later day."]})
    index_at(work, child, organisation_id)
    return tie_child(
        work,
        child.id,
        kind="visit",
        organisation_id=organisation_id,
        group_id=group_id,
        from_on=on,
        to_on=on + timedelta(days=1),
    )


def tie_child(
    work,
    child_id: UUID,
    *,
    kind: str,
    user_id: UUID | None = None,
    organisation_id: UUID | None = None,
    group_id: UUID | None = None,
    authority: str = "",
    basis_id: UUID | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    by: UUID | None = None,
) -> Relationship:
    """Store one sealed relationship, from today unless said; `to_on` is the first day it no longer holds.

    A building block of commands that have asked for their own permission. `by` names who acts where nobody is signed
    in yet: whoever redeems an invitation.
    """
    tie = Relationship(
        id=new_id(),
        child_id=child_id,
        kind=kind,
        user_id=user_id,
        organisation_id=organisation_id,
        group_id=group_id,
        authority=authority,
        basis_id=basis_id,
        from_on=from_on or work.today,
        to_on=to_on,
        row_version=1,
    )
    seals.seal(work, tie)
    work.session.add(tie)
    work.session.flush()
    chain.note_row(work, tie, "create", by=by)
    audit.changed(work, child_id, "relationship", tie.id, action="C")
    return tie


def end_tie(work, child: ChildFacts, tie_id: UUID, *, on: date | None = None) -> Relationship:
    """End one relationship from a day on, today by default. A building block, as `tie_child` is. Raises NotFound."""
    tie = work.session.get(Relationship, tie_id)
    if tie is None or tie.child_id != child.id or not seals.holds(work, Relationship, tie):
        raise NotFound
    tie.to_on = max(on or work.today, tie.from_on)
    seals.reseal(work, tie)
    work.session.flush()
    chain.note_row(work, tie, "end")
    audit.changed(work, child.id, "relationship", tie.id)
    return tie


def note_identity(work, child: Child, op: str) -> None:
    """Write into the history what has just happened to who a child is. A building block, as `tie_child` is."""
    commit = work.keys.digest(child.body)
    about = {"rec": child.id, "rec_type": "child", "rec_ver": child.body_version}
    chain.note_event(work, child_id=child.id, **about, op=op, commit=commit)


# --- inside -----------------------------------------------------------------------------------------------------------


def _identity(
    name: str,
    sex: str,
    birth_on: date,
    gestational_days: int | None = None,
    birth_weight_kg: str | None = None,
    id_no: str | None = None,
    allergies: str = "",
    contacts: list[dict] | tuple = (),
    clinic_no: str = "",
) -> dict:
    """Return the sealed body of a child."""
    return {
        "name": name,
        "sex": sex,
        "birth_on": birth_on.isoformat(),
        "gestational_days": gestational_days,
        "birth_weight_kg": birth_weight_kg,
        "id_no": id_no,
        "allergies": allergies,
        "contacts": [dict(contact) for contact in contacts],
        "clinic_no": clinic_no,
    }


def _put_identity(work, child: Child, identity: dict) -> None:
    child.birth_ym = identity["birth_on"][:7]
    child.body = work.keys.seal_body("child", child.id, child.id, "identity", identity, child.body_version)


def _free_number(work, clinic_id: UUID) -> str:
    in_the_region = select(Region.code).join(Organisation, Organisation.region_id == Region.id)
    region_code = work.session.scalar(in_the_region.where(Organisation.id == clinic_id))
    if region_code is None:
        raise NotFound
    for _ in range(_DRAWS):
        number = new_number(region_code, work.today.year)
        if not work.session.scalar(select(Child.id).where(Child.number == number)):
            return number
    raise Unavailable("今年的档案号快用完了，请联系系统管理员。", "This year's record numbers are nearly used up.")


def _require_new_id_number(work, id_no: str | None, child_id: UUID | None) -> None:
    if not id_no:
        return
    tag = work.keys.index.id_number(id_no)
    known = work.session.scalar(select(ChildIndex.child_id).where(ChildIndex.unique_value == tag))
    if known is None or known == child_id:
        return
    # The answer says that somebody is known here, so it counts as a look-up.
    require_lookups_left(work)
    audit.note(work, "S", None, "lookup", outcome="deny", reason="id_no_known")
    message = "这个身份证号已经建过档，请查对号码。 This ID number has a record already; check the number."
    raise Invalid(fields={"id_no": [message]})
