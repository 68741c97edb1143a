"""Ties, consents and children in one statement; only rows whose seal holds count."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from mengya_health.access.actor import ChildSubject, Closed, ConsentHeld, Tie
from mengya_health.content.consent_texts import LAPSED, consent_texts
from mengya_health.db import Id, UtcTime
from mengya_health.people import seals
from mengya_health.people.draft_models import Draft
from mengya_health.people.models import REFUSED, Child, Consent, Group, Organisation, Relationship
from mengya_health.people.sharing import SectionClosure

ATTENDING = ("enrolment", "visit")
FAMILY = ("guardian", "caregiver")
TOLD_FOR = timedelta(days=30)  # of an emergency access, on a family's first page; 谁看过档案 keeps it for good

# Each branch of the union fills its own columns; the others are typed NULLs, which PostgreSQL asks for.
_COLUMNS = {
    "id": Id(), "child_id": Id(), "kind": String(), "user_id": Id(), "organisation_id": Id(), "group_id": Id(),
    "authority": String(), "basis_id": Id(), "purpose": String(), "receiver_id": Id(), "given_by": Id(),
    "text_version": String(), "text_digest": LargeBinary(), "how": String(), "witness_id": Id(), "from_on": Date(),
    "to_on": Date(), "number": String(), "status": String(), "body": LargeBinary(), "body_version": Integer(),
    "seal": LargeBinary(), "row_version": Integer(), "group_name": String(), "section": String(), "towards": String(),
    "closed_by": Id(), "saved_at": UtcTime(),
}  # fmt: skip


def _branch(model, tag: str, **given) -> Select:
    columns = [given[name] if name in given else getattr(model, name, None) for name in _COLUMNS]
    filled = [
        (cast(null(), kind) if column is None else column).label(name)
        for column, (name, kind) in zip(columns, _COLUMNS.items(), strict=True)
    ]
    return select(literal(tag).label("tag"), *filled)


def current(model, today: date):
    """Return the condition that a row holds that day; its `to_on` is the first day it no longer does."""
    return and_(model.from_on <= today, or_(model.to_on.is_(None), model.to_on > today))


_IDS, _TODAY = bindparam("ids", type_=Id(), expanding=True), bindparam("today", type_=Date())
_ID, _ME = bindparam("id", type_=Id()), bindparam("me", type_=Id())


def _everything_about(
    is_wanted: Callable[[ColumnElement], ColumnElement], *more: Select, also: ColumnElement | None = None
) -> CompoundSelect:
    """Return the statement for the ties and consents in force and the rows of the children whose id `is_wanted`.

    The actor's own drafts about them come along: a page on which one goes on needs no statement more.

    `also` is a condition for ties that are over and wanted all the same; they grant nothing. `more` are further
    branches.
    """
    in_force = current(Relationship, _TODAY)
    ties = in_force if also is None else or_(in_force, also)
    return union_all(
        _branch(Relationship, "tie", group_name=Group.name)
        .outerjoin(Group, Group.id == Relationship.group_id)
        .where(is_wanted(Relationship.child_id), ties),
        _branch(Consent, "consent").where(is_wanted(Consent.child_id), current(Consent, _TODAY)),
        _branch(SectionClosure, "closure").where(is_wanted(SectionClosure.child_id), current(SectionClosure, _TODAY)),
        _branch(Draft, "draft").where(Draft.user_id == _ME, is_wanted(Draft.child_id)),
        _branch(Child, "child", child_id=Child.id).where(is_wanted(Child.id)),
        *more,
    )


_MODELS = {"tie": Relationship, "consent": Consent, "closure": SectionClosure, "child": Child}
_UNSEALED = ("draft", "desk")  # they grant nothing
_MINE = aliased(Relationship)
_BY_ID = _everything_about(lambda column: column.in_(_IDS))
_OF_ONE = _everything_about(lambda column: column == _ID)  # a list of one would be written into it anew each time
_MY_CHILDREN = select(_MINE.child_id).where(
    _MINE.user_id == bindparam("user_id", type_=Id()),
    _MINE.kind.in_((*FAMILY, "restricted")),
    current(_MINE, _TODAY),
)
_OF_A_FAMILY = _everything_about(
    lambda column: column.in_(_MY_CHILDREN),
    # Whom to ring: the number of the clinic's desk is nobody's secret and stands on the same page.
    _branch(Organisation, "desk", child_id=Child.id, number=Organisation.phone, group_name=Organisation.name)
    .join(Child, Child.organisation_id == Organisation.id)
    .where(Child.id.in_(_MY_CHILDREN)),
    # A family is told of emergency accesses, also of those that are over.
    also=and_(Relationship.kind == "break_glass", Relationship.from_on > bindparam("told_since", type_=Date())),
)
_CHILDREN_OF_CLASSES = select(_MINE.child_id).where(
    _MINE.group_id.in_(bindparam("group_ids", type_=Id(), expanding=True)),
    _MINE.kind.in_(ATTENDING),
    current(_MINE, _TODAY),
)
_OF_CLASSES = _everything_about(lambda column: column.in_(_CHILDREN_OF_CLASSES))


@dataclass(frozen=True)
class FoundChild:
    """A child's row and what may be believed about it."""

    row: Row
    subject: ChildSubject
    class_name: str
    group_id: UUID | None
    drafts: tuple[Row, ...]  # the actor's
    desk: tuple[str, str] = ("", "")  # name and phone of the clinic, where a family asks


def subjects_of(work, child_ids: list[UUID]) -> dict[UUID, FoundChild]:
    """Return the children with their ties and consents in force; rows whose seal does not hold are left out."""
    if len(child_ids) == 1:
        return _found_by(work, _OF_ONE, id=child_ids[0])
    return _found_by(work, _BY_ID, ids=child_ids) if child_ids else {}


def subjects_of_classes(work, group_ids: list[UUID]) -> dict[UUID, FoundChild]:
    """Return the same of every child who is in one of these classes today."""
    return _found_by(work, _OF_CLASSES, group_ids=group_ids) if group_ids else {}


def subjects_of_family(work) -> dict[UUID, FoundChild]:
    """Return the same of every child whose guardian or caregiver the actor is, or was until that was restricted."""
    return _found_by(work, _OF_A_FAMILY, user_id=work.actor.user_id, told_since=work.today - TOLD_FOR)


def _found_by(work, statement: CompoundSelect, **asked) -> dict[UUID, FoundChild]:
    rows = {tag: defaultdict(list) for tag in (*_MODELS, *_UNSEALED)}
    asked |= {"today": work.today, "me": work.actor.user_id if work.actor else None}
    for row in work.session.execute(statement, asked).all():
        if row.tag in _UNSEALED or seals.holds(work, _MODELS[row.tag], row):
            rows[row.tag][row.child_id].append(row)
    work.keys.load(rows["child"])
    found = {
        child_id: _found(work, child, {tag: of_tag[child_id] for tag, of_tag in rows.items()})
        for child_id, (child,) in rows["child"].items()
    }
    return {child_id: child for child_id, child in found.items() if not child.subject.has_ended("identity")}


def _held(row, today: date) -> ConsentHeld:
    if row.how == REFUSED:
        answer = "refused"
    else:
        text = consent_texts().get(row.purpose)
        is_worth = text is not None and text.standing(row.text_version, today) != LAPSED
        answer = "agreed" if is_worth else "lapsed"
    return ConsentHeld(row.purpose, row.receiver_id, row.given_by, answer, row.text_version)


def _found(work, child, rows: dict[str, list]) -> FoundChild:
    ties = rows["tie"]
    # Emergency accesses that are over stay among the ties: a family is told of them. `current` leaves them out.
    held = {tie.id: tie for row in ties if (tie := _tie(row)).holds_on(work.today) or tie.kind == "break_glass"}
    subject = ChildSubject(
        child_id=child.id,
        today=work.today,
        clinic_id=child.organisation_id,
        ties=tuple(held.values()),
        consents=tuple(_held(row, work.today) for row in rows["consent"]),
        closed=tuple(Closed(row.section, row.towards, row.receiver_id) for row in rows["closure"]),
        # The keystore says it, not the data: no statement on a copy of the data opens an ended section again.
        ended=tuple((each.key_class, each.sealed_until) for each in work.keys.closed_classes(child.id)),
    )
    attended = (row for row in ties if row.kind in ATTENDING and row.id in held)
    places = sorted(attended, key=lambda row: row.kind)  # enrolment first
    place = places[0] if places else None
    class_name, group_id = ((place.group_name or ""), place.group_id) if place else ("", None)
    desk = next(((row.group_name, row.number) for row in rows["desk"]), ("", ""))
    return FoundChild(child, subject, class_name, group_id, tuple(rows["draft"]), desk)


def _tie(row) -> Tie:
    who = row.user_id, row.organisation_id, row.group_id
    return Tie(row.id, row.kind, *who, row.authority, row.from_on, row.to_on, row.basis_id)
