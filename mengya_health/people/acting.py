"""Whom a job or a command line acts for: the same sealed rows as at a sign-in, without a session."""

from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from mengya_health.access.actor import Actor, Place
from mengya_health.errors import NotPermitted
from mengya_health.people import seals
from mengya_health.people.models import Membership, Relationship, User


def actor_of_user(work, user_id: UUID) -> Actor:
    """Return the actor a job runs as: its requester, with what they may do now. Raises NotPermitted."""
    return _actor(work, User.id == user_id)


def actor_of_login(work, login: str) -> Actor:
    """Return the actor a command is run in the name of. Raises NotPermitted for an account that is not there."""
    return _actor(work, User.login_index == work.keys.index.login(login))


def _actor(work, which) -> Actor:
    current = and_(
        Membership.user_id == User.id,
        Membership.from_on <= work.today,
        or_(Membership.to_on.is_(None), Membership.to_on > work.today),
    )
    is_guardian = exists().where(Relationship.user_id == User.id, Relationship.kind == "guardian")
    rows = work.session.execute(
        select(User, Membership, is_guardian.label("is_guardian"))
        .outerjoin(Membership, current)
        .where(which)
        .order_by(Membership.from_on, Membership.id)
    ).all()
    if not rows or rows[0].User.status != "active" or not seals.holds(work, User, rows[0].User):
        raise NotPermitted("没有这个账号，或它已停用。", "There is no such account, or it is disabled.")
    places = tuple(
        Place(row.Membership.role, row.Membership.organisation_id, row.Membership.group_id)
        for row in rows
        if row.Membership and seals.holds(work, Membership, row.Membership)
    )
    family = "guardian" if rows[0].is_guardian else "caregiver"
    return Actor(
        user_id=rows[0].User.id,
        role=places[0].role if places else family,
        places=places,
        session_kind="job",
        language=rows[0].User.language,
    )
