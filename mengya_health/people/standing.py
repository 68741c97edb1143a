"""What an account is today, wherever it is asked for: its memberships, or whose family it belongs to."""

from collections.abc import Sequence

from sqlalchemy import Date, Row, Select, and_, bindparam, exists, or_

from mengya_health.access.actor import Actor, Place
from mengya_health.people import seals
from mengya_health.people.models import Membership, Relationship, User


def with_standing(users: Select) -> Select:
    """Return a SELECT of users with each membership of the day `today` and whether they are somebody's guardian."""
    today = bindparam("today", type_=Date())
    current = and_(
        Membership.user_id == User.id,
        Membership.from_on <= today,
        or_(Membership.to_on.is_(None), Membership.to_on > today),
    )
    is_guardian = exists().where(Relationship.user_id == User.id, Relationship.kind == "guardian")
    chosen = users.add_columns(Membership, is_guardian.label("is_guardian"))
    return chosen.outerjoin(Membership, current).order_by(Membership.from_on, Membership.id)


def is_open(work, user: User) -> bool:
    """Return whether an account is in use and its row is ours."""
    return user.status == "active" and seals.holds(work, User, user)


def actor_of(work, rows: Sequence[Row], **session) -> Actor:
    """Return the actor these rows of one user describe; a membership whose seal does not hold gives nothing."""
    user = rows[0].User
    places = tuple(
        Place(row.Membership.role, row.Membership.organisation_id, row.Membership.group_id)
        for row in rows
        if row.Membership and seals.holds(work, Membership, row.Membership)
    )
    family = "guardian" if rows[0].is_guardian else "caregiver"
    return Actor(
        user_id=user.id,
        role=places[0].role if places else family,
        places=places,
        language=user.language,
        large_text=user.large_text,
        **session,
    )
