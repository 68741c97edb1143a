"""Look for a child by 童馨档案号, name, initials, 身份证号 or phone; only children the actor may see are found."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, distinct, func, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.access.refusals import only_for
from mengya_health.audit import AuditEvent
from mengya_health.crypto.blind_index import initials_of, normal_initials, normal_name
from mengya_health.errors import Invalid, TooMany
from mengya_health.fields import as_typed, is_id_number, is_phone
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, ChildIndex
from mengya_health.people.queries import find_children, visible_child_ids

MOST_FOUND = 50
LOOKUPS_AN_HOUR = 30  # of one person; by 身份证号 or phone, which answer "is there such a person"
LOOKUPS_A_DAY = 300  # of one place


def search_children(work, text: str) -> list[ChildFacts]:
    """Return the children found, by name and birth date. What was searched for is audited nowhere, that it was is.

    Raises NotPermitted for the family and for who serves no child, TooMany beyond the limits of look-ups, Invalid for
    nothing to search by.
    """
    require_searcher(work)
    typed = as_typed(text).upper()
    if not typed:
        raise Invalid(fields={"q": ["请输入编号、姓名或姓名首字母。 Type a number, a name or its initials."]})
    if typed.startswith("TX"):
        return _found(work, Child.id, Child.number == typed)
    unspaced = "".join(typed.split())
    if is_id_number(unspaced) or is_phone(unspaced):
        return _look_up(work, unspaced)
    if typed.isascii() and typed.isalpha():
        return _found(
            work, *_indexed(work, "initials", work.keys.index.typed_initials, typed), fits=_has_initials(typed)
        )
    return _found(work, *_indexed(work, "name", work.keys.index.name, text.strip()), fits=_is_named(text))


def require_searcher(work) -> None:
    """Raise NotPermitted for the family, and for who serves no child."""
    here = [PlaceSubject(organisation_id) for organisation_id in work.actor.organisation_ids]
    if not any(is_allowed(work.actor, Permission.LIST_CHILDREN, place) for place in here):
        raise only_for("staff_here")


def require_lookups_left(work) -> None:
    """Raise TooMany when this person, or their place, looked up too many people by 身份证号 or phone."""
    actor, event = work.actor, AuditEvent
    in_the_hour = case(
        ((event.user_id == actor.user_id) & (event.at > work.now - timedelta(hours=1)), event.request_id)
    )
    mine, ours = work.session.execute(
        select(func.count(distinct(in_the_hour)), func.count(distinct(event.request_id))).where(
            event.organisation_id.in_(actor.organisation_ids),
            event.action == "S",
            event.record_type == "lookup",
            event.at > work.now - timedelta(days=1),
        )
    ).one()
    if mine >= LOOKUPS_AN_HOUR or ours >= LOOKUPS_A_DAY:
        raise TooMany(
            "按证件或电话查人的次数用完了，请一小时后再试，或用编号、姓名查。",
            "No more look-ups by ID number or phone for now; search by number or name instead.",
            retry_after_s=3600,
        )


def _look_up(work, typed: str) -> list[ChildFacts]:
    require_lookups_left(work)
    if is_id_number(typed):
        is_theirs = ChildIndex.unique_value == work.keys.index.id_number(typed)
        return _found(work, ChildIndex.child_id, is_theirs, record_type="lookup")
    return _found(work, *_indexed(work, "phone", work.keys.index.phone, typed), record_type="lookup")


def _indexed(work, kind: str, tag: Callable[[str, UUID], bytes], text: str) -> tuple[ColumnElement, ColumnElement]:
    """Return the column to take ids from, and the condition: the tags of a text within each of the actor's places."""
    tags = [tag(text, organisation_id) for organisation_id in work.actor.organisation_ids]
    return ChildIndex.child_id, (ChildIndex.kind == kind) & ChildIndex.value.in_(tags)


def _found(
    work,
    column: ColumnElement,
    condition: ColumnElement,
    *,
    fits: Callable[[ChildFacts], bool] = lambda child: True,
    record_type: str = "search",
) -> list[ChildFacts]:
    ids = work.session.scalars(select(column).where(condition, column.in_(visible_child_ids(work))).distinct())
    children = [child for child in find_children(work, ids).values() if fits(child)]
    children.sort(key=lambda child: (child.name, child.birth_on, child.id))
    # A miss is audited too: asking whether somebody is here is asking something.
    audit.note(work, "S", [child.id for child in children] or None, record_type)
    return children[:MOST_FOUND]


def _has_initials(letters: str) -> Callable[[ChildFacts], bool]:
    return lambda child: normal_initials(letters) in initials_of(child.name)


def _is_named(text: str) -> Callable[[ChildFacts], bool]:
    return lambda child: normal_name(child.name) == normal_name(text)
