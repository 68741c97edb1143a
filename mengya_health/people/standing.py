"""What an account is today, wherever it is asked for: its memberships, or whose family it belongs to."""

from collections.abc import Sequence

from sqlalchemy import Date, Row, Select, and_, bindparam, exists, or_

from mengya_health.access.actor import Actor, Place
from mengya_health.errors import NotNow
from mengya_health.people import seals
from mengya_health.people.message_models import DIGEST, URGENT, Message
from mengya_health.people.models import CHAIR, Membership, Relationship, User


def with_standing(users: Select) -> Select:
    """Return a SELECT of users with each membership of the day `today`, and two facts about them.

    `is_guardian`: of somebody; `has_news`: they were told, or would have been, of what they have not looked at.
    """
    today = bindparam("today", type_=Date())
    current = and_(
        Membership.user_id == User.id,
        Membership.role != CHAIR,  # a turn on the rota is nothing to act as: it opens no page
        Membership.from_on <= today,
        or_(Membership.to_on.is_(None), Membership.to_on > today),
    )
    is_guardian = exists().where(Relationship.user_id == User.id, Relationship.kind == "guardian")
    has_news = exists().where(
        Message.user_id == User.id,
        Message.kind.in_((DIGEST, URGENT)),
        Message.number > 0,
        or_(User.inbox_seen_at.is_(None), Message.created_at > User.inbox_seen_at),
    )
    chosen = users.add_columns(Membership, is_guardian.label("is_guardian"), has_news.label("has_news"))
    return chosen.outerjoin(Membership, current).order_by(Membership.from_on, Membership.id)


def is_open(work, user: User) -> bool:
    """Return whether an account is in use and its row is ours."""
    return user.status == "active" and seals.holds(work, User, user)


def require_signing_open(work, user: User) -> None:
    """Raise NotNow for a day after the staff helped somebody to get in again: whoever came in must not sign yet."""
    if user.signing_locked_until and work.now < user.signing_locked_until:
        hours = -int((work.now - user.signing_locked_until).total_seconds() // 3600)
        raise NotNow(
            f"账号刚由工作人员协助重设，签名锁定，还有 {hours} 小时。要早点签，请带证件当面办理。",
            f"The staff has just helped to reset this account: signing is locked for {hours} h more, or until you come "
            "in person.",
        )


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
        letter_keys=user.letter_keys,
        has_news=rows[0].has_news,
        inbox_seen_at=user.inbox_seen_at,
        **session,
    )
